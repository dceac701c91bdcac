"""What is said already is drawn anew: a daily message once its reader did something, a review as things change."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.acts import Act
from bot.domain.escalations import Escalation, Verdict
from bot.domain.ids import ChannelId, RequestNumber, UserId
from bot.domain.notices import Notice, Topic
from bot.domain.requests import Request
from bot.domain.reviews import Review
from bot.domain.rounds import Last
from storage.store import Store

_SOON = timedelta(seconds=1)
_KEPT = 20  #: things done that a message still speaks of


def last(store: Store, user: UserId) -> Last | None:
    """What this person was told last in a daily message."""
    kept = store.house.mark(_mark(user))
    if kept is None:
        return None
    return Last(
        key=kept["key"],
        day=kept["day"],
        at=datetime.fromisoformat(kept["at"]),
        seen=frozenset(kept["seen"]),
        about=frozenset(kept["about"]),
        done=tuple(kept["done"]),
    )


def remember(store: Store, act: Act, user: UserId, told: Last) -> None:
    kept = {"key": told.key, "day": told.day, "at": told.at.isoformat(), "done": list(told.done)}
    store.house.set_mark(_mark(user), {**kept, "seen": sorted(told.seen), "about": sorted(told.about)}, act)


def after(store: Store, act: Act, number: RequestNumber, *, pressed: str | None = None) -> None:
    """Somebody did something about a request: the daily message that asked them for it shows it.

    `pressed` is the daily message they did it in, whatever it was about.
    """
    told = last(store, act.by.user) if act.by.user else None
    if told and (number in told.about or pressed):
        done = (number, *(n for n in told.done if n != number))[:_KEPT]
        assert act.by.user is not None
        remember(store, act, act.by.user, replace(told, done=done))
        for key in {told.key, pressed or told.key}:
            _redraw(store, act, key)


def of_review(store: Store, act: Act, number: RequestNumber) -> Review | None:
    """Something about a request is new: the review that looks at it now shows it. That review, if there is one."""
    channel = store.policy.channels.coordination
    review = store.reviews.open_in(channel) if channel else None
    if review is None or review.item != number:
        return None
    review = replace(review, version=review.version + 1)
    store.reviews.save(review)
    draw_review(store, act, review)
    return review


def draw_review(store: Store, act: Act, review: Review) -> None:
    """Have the review's one message say how it stands."""
    notice = Notice(
        topic=Topic.REVIEW,
        key=f"{review.subject}:{review.version}",
        line=review.channel,
        payload={"review": review.id, "at": act.at.isoformat()},
        due_at=act.at,
        after=review.subject,  # the first of them, which was posted
    )
    store.outbox.put(notice, act.at, merges=f"redraw:{review.subject}")


def of_case(store: Store, act: Act, request: Request) -> None:
    """Something about a request is new: its case before the strategy channel shows it."""
    for one in store.escalations.of(request.number)[-1:]:
        if one.is_open or one.verdict is Verdict.FIRST:
            after = case(store, act, one)
            if not request.status.is_open:
                side(store, act, after)


def case(store: Store, act: Act, changed: Escalation) -> Escalation:
    """Keep a changed case and have its one message say how it stands."""
    after = replace(changed, version=changed.version + 1)
    store.escalations.save(after)
    channel = store.policy.channels.strategy
    if channel:
        _say_again(store, act, after, Topic.CASE, after.subject, channel)
    return after


def side(store: Store, act: Act, changed: Escalation) -> None:
    """Have the message to who was asked for the other side's words say what became of it."""
    if changed.other:
        _say_again(store, act, changed, Topic.SIDE, side_key(changed), changed.other)


def side_key(one: Escalation) -> str:
    return f"side:{one.id}"


def _say_again(store: Store, act: Act, one: Escalation, topic: Topic, first: str, line: ChannelId | UserId) -> None:
    notice = Notice(
        topic=topic,
        key=f"{first}:{one.version}",
        line=line,
        payload={"escalation": one.id, "at": act.at.isoformat()},
        due_at=act.at,
        after=first,
    )
    store.outbox.put(notice, act.at, merges=f"redraw:{first}")


def _redraw(store: Store, act: Act, key: str) -> None:
    _, user, day = key.split(":")
    notice = Notice(
        topic=Topic.ROUND,
        key=f"{key}:{act.key}",
        line=UserId(user),
        payload={"key": key, "day": day},
        due_at=act.at + _SOON,
        after=key,  # whoever is quick presses before we know where it was said
    )
    store.outbox.put(notice, act.at, merges=f"redraw:{key}")


def _mark(user: UserId) -> str:
    return f"round:{user}"
