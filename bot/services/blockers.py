"""What keeps requests from going on, and whoever gets it out of the way."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo
from itertools import count, takewhile

from bot.domain.acts import Act
from bot.domain.blockers import (
    NUDGES,
    Blocked,
    Blocker,
    BlockerForm,
    InTheWay,
    Nudge,
    Raised,
    Raising,
    Resolved,
    next_nudge,
)
from bot.domain.changes import Change
from bot.domain.errors import Refused
from bot.domain.ids import RequestNumber, Slug, UserId
from bot.domain.notices import NothingToSay, Notice, Topic
from bot.domain.people import Person
from bot.domain.requests import Request
from bot.domain.roles import Doing
from bot.services import access, board, questions, redraws
from storage.store import Store

SHOWN = 10
_COUNTED = 200  #: more are not counted
_AT_ONCE = 200  #: looked at in one ring of the clock
_DAY = timedelta(days=1)  #: nobody is told again sooner
_NOTHING = "nothing is in its way any more"
_THERE = "say there what is in the way"


# ---- something is in the way --------------------------------------------------------------------


def open_form(store: Store, act: Act, key: RequestNumber | Slug, words: str = "") -> BlockerForm:
    """What the form for a new blocker shows at first. Raises Refused when the request is closed or gone."""
    who = access.allowed(store, act, Doing.BLOCK)
    request = board.the(store, key)
    board.check_open(store, request, _NOTHING, instead=_THERE)
    owner = access.served(store, request.owner) or who
    return BlockerForm(
        request=request,
        owner=owner.person.id,
        known=open_of(store, request.number, act.at),
        words=words,
    )


def report(store: Store, act: Act, number: RequestNumber, wish: Raising) -> Raised:
    """Keep what is in the way and tell whoever gets it out of there. The same key again gives the first one."""
    who = access.allowed(store, act, Doing.BLOCK)
    request = board.the(store, number)
    if known := store.blockers.by_key(act.key):
        return _raised(store, act, known)
    board.check_open(store, request, _NOTHING, instead=_THERE)
    questions.colleague(store, wish.owner, field="owner")
    new = Blocker(id=0, number=number, words=wish.words, owner=wish.owner, by=who.person.id, at=act.at)
    blocker = store.blockers.add(new, act.key)
    _log(store, act, request, Change(field="blocker", old=None, new=blocker.words))
    return _entrusted(store, act, blocker)


def hand_over(store: Store, act: Act, key: int, owner: UserId) -> Raised:
    """Somebody else gets it out of the way from now on. Sent again, it changes nothing."""
    access.allowed(store, act, Doing.BLOCK)
    before, request = _open_one(store, key)
    if not store.house.claim_period("hand_over", act.key, act):
        return _raised(store, act, before)
    if owner == before.owner:
        raise Refused("That's who has it now. Choose somebody else.", field="owner")
    questions.colleague(store, owner, field="owner")
    after = before.handed_to(owner, act.at)
    store.blockers.save(after)
    _redraw_told(store, act, before)
    _log(store, act, request, Change(field="blocker_owner", old=before.owner, new=owner))
    return _entrusted(store, act, after)


def _entrusted(store: Store, act: Act, blocker: Blocker) -> Raised:
    """Tell its owner, unless they know because they said so."""
    if blocker.owner != act.by.user:
        _tell(store, act, blocker)
    return _raised(store, act, blocker)


def _raised(store: Store, act: Act, blocker: Blocker) -> Raised:
    hours, here = store.policy.company.hours, _zone(store, act.by.user)
    is_told = blocker.owner != act.by.user
    there = _zone(store, blocker.owner)
    on = hours.next_open(act.at, there) if is_told else next_nudge(blocker, hours, there)
    return Raised(
        blocked=_seen(store, blocker, act.at),
        is_told=is_told,
        today=act.at.astimezone(here).date(),
        on=on.astimezone(here).date(),
        is_now=on <= act.at,
    )


# ---- and out of it ------------------------------------------------------------------------------


def open_one(store: Store, act: Act, key: int) -> Blocked:
    """What a form about a blocker shows at first; one that is resolved too. Raises Refused when it is gone."""
    access.allowed(store, act, Doing.BLOCK)
    blocker = _the(store, key)
    if blocker.is_open:
        board.check_open(store, board.the(store, blocker.number), _NOTHING, instead=_THERE)
    return _seen(store, blocker, act.at)


def resolve(store: Store, act: Act, key: int, note: str) -> Resolved:
    """It is out of the way. Of those who say so the first one counts."""
    who = access.allowed(store, act, Doing.BLOCK)
    blocker = _the(store, key)
    if not blocker.is_open:
        is_same = (blocker.resolved_by, blocker.note) == (who.person.id, note)
        return _resolved(store, act, blocker, is_first=is_same)
    blocker, request = _open_one(store, key)
    after = blocker.resolved(note, who.person.id, act.at)
    store.blockers.save(after)
    _log(store, act, request, Change(field="blocker", old=blocker.words, new=None), note)
    _redraw_told(store, act, after)
    return _resolved(store, act, after)


def _resolved(store: Store, act: Act, blocker: Blocker, *, is_first: bool = True) -> Resolved:
    left = len(store.blockers.open_of([blocker.number]))
    return Resolved(blocked=_seen(store, blocker, act.at), left=left, is_first=is_first)


def open_answer(store: Store, act: Act, key: int) -> Blocked:
    """Raises Refused for anybody but its owner."""
    seen = open_one(store, act, key)
    _check_owner(act, seen)
    return seen


def answer(store: Store, act: Act, key: int, words: str) -> Blocked:
    """Its owner says how it goes; nobody is nudged after that. Said again in the same words, it changes nothing."""
    access.allowed(store, act, Doing.BLOCK)
    before, request = _open_one(store, key)
    _check_owner(act, _seen(store, before, act.at))
    if before.answer == words:
        return _seen(store, before, act.at)
    after = before.answered(words, act.at)
    store.blockers.save(after)
    _redraw_told(store, act, after)
    redraws.of_review(store, act, request.number)
    return _seen(store, after, act.at)


def _check_owner(act: Act, seen: Blocked) -> None:
    if seen.blocker.is_open and seen.blocker.owner != act.by.user:
        name = seen.names.get(seen.blocker.owner, "Somebody else")
        raise Refused(f"{name} gets it out of the way now, so that's for {name} to say. Anybody can resolve it.")


# ---- what is in the way -------------------------------------------------------------------------


def open_of(store: Store, number: RequestNumber, now: datetime | None = None) -> tuple[Blocked, ...]:
    """What is in the way of a request now, oldest first."""
    return tuple(_seen(store, blocker, now) for blocker in store.blockers.open_of([number]))


def in_the_way(store: Store, act: Act) -> InTheWay:
    """What is in the way of anything, the reader's own first. Everyone may look."""
    reader = access.member(store, act).person.id
    known = sorted(store.blockers.open(_COUNTED), key=lambda blocker: blocker.owner != reader)
    shown = tuple(_seen(store, blocker, act.at) for blocker in known[:SHOWN])
    return InTheWay(shown=shown, more=len(known) - len(shown), reader=reader)


def _seen(store: Store, blocker: Blocker, now: datetime | None = None) -> Blocked:
    since = _day(store, blocker.at)
    return Blocked(
        blocker=blocker,
        request=board.the(store, blocker.number),
        names=store.people.names([blocker.owner, blocker.by, blocker.resolved_by]),
        since=since,
        days=(_day(store, now) - since).days if now else 0,
        answered=_day(store, blocker.answered_at) if blocker.answered_at else None,
        resolved=_day(store, blocker.resolved_at) if blocker.resolved_at else None,
    )


# ---- the clock ----------------------------------------------------------------------------------


def due(store: Store, act: Act) -> list[int]:
    """Blockers whose owners are told again now. A look, so that an idle clock never writes."""
    quiet = store.blockers.quiet_since(act.at - _DAY, _AT_ONCE)
    return [blocker.id for blocker in quiet if _is_due(store, act, blocker)]


def ask_again(store: Store, act: Act, key: int) -> None:
    """Tell its owner once more, if that is still due."""
    blocker = store.blockers.get(key)
    if blocker and _waits(store, blocker) and _is_due(store, act, blocker):
        _tell(store, act, blocker)


def _is_due(store: Store, act: Act, blocker: Blocker) -> bool:
    if not blocker.is_nudged:
        return False
    return next_nudge(blocker, store.policy.company.hours, _zone(store, blocker.owner)) <= act.at


def _waits(store: Store, blocker: Blocker) -> bool:
    """Whether its owner still has to hear of it."""
    is_open = blocker.is_open and board.the(store, blocker.number).status.is_open
    return is_open and blocker.answer is None and access.served(store, blocker.owner) is not None


# ---- what is said -------------------------------------------------------------------------------


def _tell(store: Store, act: Act, blocker: Blocker) -> None:
    nth = blocker.nudges + 1
    key = next(key for key in _keys(blocker, nth) if store.outbox.state(key) is None)
    opens = store.policy.company.hours.next_open(act.at, _zone(store, blocker.owner))
    notice = Notice(
        topic=Topic.BLOCKER,
        key=key,
        line=blocker.owner,
        payload={"id": blocker.id, "count": nth, "key": key, "at": opens.isoformat()},
        due_at=act.at,
        patient=True,
    )
    store.outbox.put(notice, act.at, merges=f"{blocker.subject}:{blocker.owner}")
    store.blockers.nudged(blocker.id, act)


def _redraw_told(store: Store, act: Act, blocker: Blocker) -> None:
    """What was said of it to its owner shows what became of it."""
    for nth in range(1, NUDGES + 1):
        for key in takewhile(store.outbox.state, _keys(blocker, nth)):
            if store.messages.find(key, Topic.BLOCKER):
                notice = Notice(
                    topic=Topic.BLOCKER,
                    key=f"{key}:{act.key}",
                    line=blocker.owner,
                    payload={"id": blocker.id, "count": nth, "key": key, "at": act.at.isoformat()},
                    due_at=act.at,
                )
                store.outbox.put(notice, act.at, merges=f"redraw:{key}")


def _keys(blocker: Blocker, nth: int) -> Iterator[str]:
    """Once-only keys of the nth message to its owner; a further one for each time it comes back to them."""
    first = f"{blocker.subject}:{blocker.owner}:{nth}"
    return (first if turn == 1 else f"{first}:{turn}" for turn in count(1))


def nudge(store: Store, notice: Notice) -> Nudge:
    """Raises NothingToSay when it was resolved, answered or handed over before it was said."""
    blocker = _the(store, notice.payload["id"])
    key = notice.payload["key"]
    is_wanted = _waits(store, blocker) and blocker.owner == notice.line
    if not is_wanted and store.messages.find(key, Topic.BLOCKER) is None:
        raise NothingToSay
    reader, said_at = UserId(notice.line), datetime.fromisoformat(notice.payload["at"])
    return Nudge(
        blocked=_seen(store, blocker, said_at),
        count=notice.payload["count"],
        reader=reader,
        subject=key,
        today=said_at.astimezone(_zone(store, reader)).date(),
    )


# ---- how it is done -----------------------------------------------------------------------------


def _the(store: Store, key: int) -> Blocker:
    found = store.blockers.get(key)
    if found is None:
        raise Refused("I can't find what was in the way. /coordination blockers lists what is now.")
    return found


def _open_one(store: Store, key: int) -> tuple[Blocker, Request]:
    """Raises Refused when it is resolved, or its request closed."""
    blocker = _the(store, key)
    request = board.the(store, blocker.number)
    if not blocker.is_open:
        by = blocker.resolved_by
        name = store.people.names([by]).get(by, "somebody") if by else "somebody"
        raise Refused(f"It was resolved by {name} meanwhile, so there is nothing left to do.")
    board.check_open(store, request, _NOTHING, instead=_THERE)
    return blocker, request


def _log(store: Store, act: Act, request: Request, change: Change, why: str | None = None) -> None:
    """Keep what happened, and have whatever shows the request show it."""
    store.changes.add(request.subject, [change], act, why)
    board.draw_card(store, act, request, again=act.key)
    redraws.of_review(store, act, request.number)


def _zone(store: Store, user: UserId | None) -> tzinfo:
    company = store.policy.company.zone
    person: Person | None = store.people.get(user) if user else None
    return person.zone(company) if person else company


def _day(store: Store, moment: datetime) -> date:
    return moment.astimezone(store.policy.company.zone).date()
