"""A daily message is drawn anew once its reader has done something about what it says."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.acts import Act
from bot.domain.ids import RequestNumber, UserId
from bot.domain.notices import Notice, Topic
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
