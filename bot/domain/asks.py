"""Asks: the customers behind a request, and how much each of them needs it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum, StrEnum

from bot.domain.ids import AccountId, RequestNumber, UserId


class Importance(IntEnum):
    """How much a customer needs it."""

    NICE = 1  #: nice to have
    BLOCKS = 2  #: blocks expansion
    MUST = 3  #: will churn, or not buy, without it


class Aim(StrEnum):
    """What it does for us: keep what they pay, or win what they don't pay yet."""

    PROTECT = "protect"
    GROW = "grow"


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One customer's wish behind a request."""

    id: int = 0  #: 0 until it is stored
    number: RequestNumber  #: the request it was brought for, and stays with
    behind: RequestNumber  #: the request it counts for: the same, or the one that took it in
    account: AccountId
    by: UserId | None
    at: datetime
    importance: Importance | None = None  #: None: nobody has said
    aim: Aim | None = None
    permalink: str | None = None
    contact: str | None = None  #: whom to talk to there
    may_talk: bool | None = None  #: whether product may; None while nobody was asked


def together(asks: Iterable[Ask]) -> list[Ask]:
    """Each customer once, where requests were joined: as first asked, with what was only said later.

    It needs it as much as in its strongest ask. Oldest first.
    """
    once: dict[AccountId, Ask] = {}
    for ask in sorted(asks, key=lambda one: one.id):
        known = once.get(ask.account)
        once[ask.account] = _fuller(known, ask) if known else ask
    return list(once.values())


def _fuller(known: Ask, other: Ask) -> Ask:
    both = (known, other)
    return replace(
        known,
        importance=max((one.importance for one in both if one.importance), default=None),
        aim=max((one.aim for one in both if one.aim), default=None),  # to keep comes before to win
        contact=known.contact or other.contact,
        may_talk=other.may_talk if known.may_talk is None else known.may_talk,
    )
