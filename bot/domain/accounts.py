"""Customer companies, prospects too."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.ids import AccountId
from bot.domain.money import Money
from bot.domain.text import fold


class Stage(StrEnum):
    FREE = "free"
    TRIAL = "trial"
    CUSTOMER = "customer"
    CHURNED = "churned"


@dataclass(frozen=True, kw_only=True)
class Account:
    id: AccountId
    name: str
    domain: str | None = None
    owner_email: str | None = None
    employees: int | None = None
    arr: Money | None = None
    stage: Stage | None = None


def is_named_by(name: str, words: str) -> bool:
    """Whether somebody who types these words means this customer: its name, or a part that begins a word of it.

    Scripts without capitals write words without gaps, so there any place begins one.
    """
    known, typed = fold(name), fold(words.strip())
    if known == typed or not _is_enough(typed):
        return known == typed
    ends = (known[:at] for at in range(len(known)) if known.startswith(typed, at))
    return any(not (before and _joins(before[-1])) for before in ends)


def _is_enough(typed: str) -> bool:
    """One letter of an alphabet begins the name of nearly everybody."""
    return len(typed) > 1 or (bool(typed) and not _joins(typed))


def _joins(character: str) -> bool:
    """Whether what follows it goes on with the same word."""
    return character.isdigit() or character.upper() != character.lower()
