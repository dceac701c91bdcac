"""The weekly review: through what waits, one request at a time, in one message that is drawn anew."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from zlib import crc32

from bot.domain.acts import Act
from bot.domain.board import Filter
from bot.domain.changes import Change, Logged
from bot.domain.digest import Waiting
from bot.domain.errors import Refused
from bot.domain.ids import ChannelId, RequestNumber, UserId
from bot.domain.notices import NothingToSay, Notice, State, Topic
from bot.domain.people import Member
from bot.domain.requests import Request
from bot.domain.reviews import (
    ABANDONED,
    DECISION,
    ITEMS,
    Begun,
    Decided,
    Decision,
    Minutes,
    Recorded,
    Review,
    ReviewSaid,
    came_to,
)
from bot.domain.roles import Doing
from bot.services import access, blockers, board, digest, ranking, redraws
from storage.store import Store

HISTORY = 100  #: lines of a request's log in which what a review changed is looked for
_NEVER_SAID = (State.DEAD, State.DROPPED, State.UNSURE)


# ---- the walk -----------------------------------------------------------------------------------


def start(store: Store, act: Act) -> Begun:
    """Begin a review in the coordination channel. One that is under way there is not begun a second time."""
    who = access.allowed(store, act, Doing.COORDINATE)
    channel = _channel(store)
    under_way = store.reviews.open_in(channel)
    if under_way and not _is_lost(store, under_way):
        return Begun(review=_keep(store, act, under_way), link=_link(store, under_way))
    items = _what_waits(store, act)
    if not items:
        return Begun(review=None)
    if under_way:
        store.reviews.save(replace(under_way, ended_at=act.at, ended_by=act.by.user))
    return Begun(review=_begin(store, act, who, channel, items), is_new=True)


def go_on(store: Store, act: Act, key: int, position: int) -> Review:
    """Look at the item after this position. Pressed twice, or by two people, it goes on once."""
    access.allowed(store, act, Doing.COORDINATE)
    review = _the(store, key)
    if review.is_over or review.position != position:
        return review
    review = replace(review, position=position + 1)
    return _keep(store, act, review) if review.item else _close(store, act, review)


def end(store: Store, act: Act, key: int) -> Review:
    """End a review wherever it is; its minutes follow. Once."""
    access.allowed(store, act, Doing.COORDINATE)
    review = _the(store, key)
    return review if review.is_over else _close(store, act, review)


def _channel(store: Store) -> ChannelId:
    channel = store.policy.channels.coordination
    if channel is None:
        raise access.no_channel(store, "coordination")
    return channel


def _what_waits(store: Store, act: Act) -> tuple[RequestNumber, ...]:
    waiting = digest.decisions(store, act.at, Filter(), ITEMS)
    return tuple(dict.fromkeys(one.row.number for one in waiting.shown))


def _begin(store: Store, act: Act, who: Member, channel: ChannelId, items: tuple[RequestNumber, ...]) -> Review:
    new = Review(id=0, channel=channel, items=items, position=0, version=1, by=who.person.id, at=act.at)
    review = store.reviews.add(new, f"review:{act.key}")
    notice = Notice(
        topic=Topic.REVIEW,
        key=review.subject,
        line=channel,
        payload={"review": review.id, "at": act.at.isoformat()},
        due_at=act.at,
    )
    store.outbox.put(notice, act.at)
    return _touch(store, act, review)


def _keep(store: Store, act: Act, review: Review) -> Review:
    review = replace(review, version=review.version + 1)
    store.reviews.save(review)
    redraws.draw_review(store, act, review)
    return _touch(store, act, review)


def _close(store: Store, act: Act, review: Review) -> Review:
    """Its message says so, and its thread what was decided."""
    review = _keep(store, act, replace(review, ended_at=act.at, ended_by=act.by.user))
    notice = Notice(
        topic=Topic.MINUTES,
        key=f"{review.subject}:minutes",
        line=review.channel,
        payload={"review": review.id},
        due_at=act.at,
        after=review.subject,
    )
    store.outbox.put(notice, act.at)
    return review


def _the(store: Store, key: int) -> Review:
    review = store.reviews.get(key)
    if review is None:
        raise Refused("There is no such review. /coordination review begins one.")
    return review


def _is_lost(store: Store, review: Review) -> bool:
    """Whether its message never came, or was deleted in Slack."""
    state = store.outbox.state(review.subject)
    return state in _NEVER_SAID or (state == State.POSTED and _is_gone(store, review))


def _is_gone(store: Store, review: Review) -> bool:
    return store.messages.find(review.subject, Topic.REVIEW) is None


def _link(store: Store, review: Review) -> str | None:
    found = store.messages.find(review.subject, Topic.REVIEW)
    return found.permalink if found else None


# ---- what is decided ----------------------------------------------------------------------------


def open_decision(store: Store, act: Act, number: RequestNumber) -> Request:
    """The request somebody is about to record a decision on."""
    access.allowed(store, act, Doing.COORDINATE)
    return board.the(store, number)


def decide(store: Store, act: Act, number: RequestNumber, decision: Decision) -> Recorded:
    """Record a decision on a request, which doesn't change it otherwise. The same form and words: once."""
    access.allowed(store, act, Doing.COORDINATE)
    request = board.the(store, number)
    written = crc32(decision.words.encode())
    if not store.house.claim_period(DECISION, f"{act.key}:{written:08x}", act):
        return Recorded(request=request, is_shown=True)
    store.changes.add(request.subject, [Change(field=DECISION, old=None, new=decision.words)], act)
    review = redraws.of_review(store, act, number)
    if review:
        _touch(store, act, review)
    return Recorded(request=request, is_shown=review is not None)


# ---- the clock ----------------------------------------------------------------------------------


def abandoned(store: Store, act: Act) -> list[int]:
    """Reviews nobody goes on with. A look, so that an idle clock never writes."""
    return [review.id for review in store.reviews.under_way() if _is_abandoned(store, act, review)]


def close_abandoned(store: Store, act: Act, key: int) -> None:
    """End a review nobody goes on with; its minutes follow."""
    review = _the(store, key)
    if not review.is_over and _is_abandoned(store, act, review):
        _close(store, act, review)


def _is_abandoned(store: Store, act: Act, review: Review) -> bool:
    pressed = store.house.mark(_mark(review))
    return act.at - (datetime.fromisoformat(pressed) if pressed else review.at) >= ABANDONED


def _touch(store: Store, act: Act, review: Review) -> Review:
    """Somebody goes on with it."""
    store.house.set_mark(_mark(review), act.at.isoformat(), act)
    return review


def _mark(review: Review) -> str:
    return f"review:{review.channel}"


# ---- what is said -------------------------------------------------------------------------------


def said(store: Store, notice: Notice) -> ReviewSaid:
    """The review as it stands. A message that was deleted in Slack isn't posted anew."""
    review = _the(store, notice.payload["review"])
    if notice.key != review.subject and _is_gone(store, review):
        raise NothingToSay
    if review.item is None:
        decided = _all_decided(store, review)
        return ReviewSaid(review=review, request=None, standing=None, decided=decided, names={})
    return _looked_at(store, review, review.item, datetime.fromisoformat(notice.payload["at"]))


def minutes(store: Store, notice: Notice) -> Minutes:
    """What a review decided; a review that decided nothing has none."""
    review = _the(store, notice.payload["review"])
    decided = _all_decided(store, review)
    if not decided:
        raise NothingToSay
    known = {one.request.number for one in decided}
    untouched = tuple(board.the(store, number) for number in review.looked_at if number not in known)
    return Minutes(review=review, decided=decided, untouched=untouched, names=_names(store, decided))


def _looked_at(store: Store, review: Review, number: RequestNumber, now: datetime) -> ReviewSaid:
    request = board.the(store, number)
    decided = _decided(store, review, [number])
    blocked = blockers.open_of(store, number, now)
    return ReviewSaid(
        review=review,
        request=request,
        standing=ranking.standing(store, request),
        waiting=_why(store, number, now) if request.status.is_open else (),
        blockers=blocked,
        decided=decided,
        names={**_names(store, decided), **{user: name for one in blocked for user, name in one.names.items()}},
    )


def _why(store: Store, number: RequestNumber, now: datetime) -> tuple[Waiting, ...]:
    waiting = digest.decisions(store, now, Filter(), ITEMS)
    return tuple(one for one in waiting.shown if one.row.number == number)


def _all_decided(store: Store, review: Review) -> tuple[Decided, ...]:
    return _decided(store, review, review.looked_at)


def _decided(store: Store, review: Review, numbers: Iterable[RequestNumber]) -> tuple[Decided, ...]:
    """Items about which something was decided since the review began."""
    requests = (board.the(store, number) for number in numbers)
    found = (Decided(request=one, lines=came_to(_since(store, review, one))) for one in requests)
    return tuple(one for one in found if one.lines)


def _since(store: Store, review: Review, request: Request) -> list[Logged]:
    newest = store.changes.newest(request.subject, HISTORY)
    until = review.ended_at
    return [line for line in reversed(newest) if line.at >= review.at and (until is None or line.at <= until)]


def _names(store: Store, decided: Sequence[Decided]) -> dict[UserId, str]:
    return store.people.names(user for one in decided for line in one.lines for user in _people(line))


def _people(line: Logged) -> Iterable[UserId | None]:
    yield line.by
    if line.field in ("owner", "blocker_owner"):
        yield line.new
