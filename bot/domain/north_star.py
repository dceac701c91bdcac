"""The north star, as people set it."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationInfo, field_validator

from bot.domain.digest import NorthStar, Star
from bot.domain.money import SIGNS, read_number
from bot.domain.outcomes import request_in
from bot.domain.text import clean, is_blank, one_line, slug_of

NAME_LIMIT = 60
DEFINITION_LIMIT = 200
METRIC_LIMIT = 120
PERCENT = "%"
_MOST = 10**15  #: an imported figure has no more, either


def unit_of(currency: str) -> str:
    """How amounts of a currency are written: "€", else its code."""
    return next((sign for sign, code in SIGNS.items() if code == currency), currency)


def _line(text: object) -> str:
    line = one_line(clean(str(text or "")))
    return "" if is_blank(line) else line


def _name(name: str) -> str:
    if not name:
        raise ValueError("Give it a name, like Activation.")
    if len(name) > NAME_LIMIT:
        raise ValueError(f"That's {len(name)} characters; a name has room for {NAME_LIMIT}.")
    return name


def _definition(words: str) -> str:
    if not words:
        raise ValueError("Say in one sentence what it counts, so that everybody counts the same.")
    if len(words) > DEFINITION_LIMIT:
        raise ValueError(f"That's {len(words)} characters; keep it under {DEFINITION_LIMIT}.")
    return words


def _metric(name: str | None) -> str | None:
    if name is not None and (len(name) > METRIC_LIMIT or request_in(name) is not None):
        raise ValueError("Please choose this one again.")
    return name or None


def _unit(unit: str) -> str:
    if unit and unit != PERCENT and unit not in SIGNS and not (len(unit) == 3 and unit.isalpha()):
        raise ValueError("Please choose this one again.")
    return unit


class StarWish(BaseModel):
    """The north star as written in the form, and this week's figure of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: Annotated[str, BeforeValidator(_line), AfterValidator(_name)]
    definition: Annotated[str, BeforeValidator(_line), AfterValidator(_definition)]
    unit: Annotated[str, AfterValidator(_unit)] = PERCENT
    target: float | None = None
    figure: float | None = None
    metric: Annotated[str | None, AfterValidator(_metric)] = None  #: None: one of its own, named after it

    @field_validator("target", "figure", mode="before")
    @classmethod
    def _as_written(cls, typed: object, info: ValidationInfo) -> float | None:
        unit = info.data.get("unit", PERCENT)
        written = clean(str(typed or ""))
        return _number(written.removeprefix(unit).removesuffix(unit).strip(), unit) if written else None

    @property
    def star(self) -> Star:
        return Star(
            metric=self.metric or slug_of(self.name),
            name=self.name,
            definition=self.definition,
            unit=self.unit,
            target=self.target,
        )


def _number(written: str, unit: str) -> float:
    """Of a percentage, a full stop is always a point. With two decimals it is read again as it was."""
    number = read_number(written, decimals=3 if unit == PERCENT else 2)
    if number is None or abs(number) >= _MOST:
        example = "54 or 54.5" if unit == PERCENT else "1 200 or 1.2m"
        raise ValueError(f"Write a number like {example}.")
    return float(round(number, 2))


@dataclass(frozen=True, kw_only=True)
class StarForm:
    """What the form knows before a person writes."""

    now: NorthStar | None
    metrics: tuple[str, ...]  #: that have figures
    currency: str  #: how amounts are written here
    week: str  #: 2026-W48


@dataclass(frozen=True, kw_only=True)
class StarKept:
    """What came of the form."""

    now: NorthStar
    is_changed: bool
