"""Rows of the CSV files that `tandem import` takes, as docs/import.md describes them."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import cached_property
from itertools import zip_longest
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bot.domain.accounts import Stage
from bot.domain.asks import Importance
from bot.domain.ids import Slug, read_key
from bot.domain.money import exponent
from bot.domain.outcomes import request_in, span_of
from bot.domain.requests import CustomerName, Problem, Sizing, Source, Status, Title
from bot.domain.text import clean, words_in
from bot.domain.triage import Direction


def _source(value: str) -> str:
    """The value, or the label people see in the form: "Sales: customer"."""
    words = value.strip().casefold().replace(":", "").replace("/", " ").split()
    return _LABELS.get(" ".join(words), "_".join(words))


_LABELS = {
    "sales market intelligence": Source.SALES_MARKET,
    "cs support": Source.SUPPORT,
    "cs": Source.SUPPORT,
}

_FITS_A_COLUMN = 2**31 - 1
_SLUG_LIMIT = 80
SEVERAL = "|"  #: between the accounts of a request


#: What a line of an import may hold without saying anything: why it was left aside.
WHY = "why"


class Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    derived: ClassVar[frozenset[str]] = frozenset({WHY})  #: columns that may be there and are passed over

    @property
    def weight(self) -> int:
        """About how many lines of the database it becomes."""
        return 8

    @model_validator(mode="before")
    @classmethod
    def _leave_out_what_is_empty(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        cells = {k: clean(v) if isinstance(v, str) else v for k, v in values.items()}
        return {k: v for k, v in cells.items() if v not in (None, "")}


class AccountRow(Row):
    account_id: Annotated[str, Field(min_length=1, max_length=75)]
    name: CustomerName
    domain: str | None = None
    owner_email: str | None = None
    employees: Annotated[int | None, Field(ge=0, le=_FITS_A_COLUMN)] = None
    arr: Annotated[Decimal | None, Field(ge=0, lt=10**12)] = None
    currency: Annotated[str | None, Field(pattern="^[A-Z]{3}$")] = None
    stage: Stage | None = None

    @model_validator(mode="after")
    def _arr_fits_its_currency(self) -> Self:
        if self.currency:
            self.arr_minor(self.currency)
        return self

    def arr_minor(self, default_currency: str) -> int | None:
        """ARR in minor units. Raises ValueError when it has more digits than its currency."""
        if self.arr is None:
            return None
        minor = self.arr.scaleb(exponent(self.currency or default_currency))
        if minor != minor.to_integral_value():
            raise ValueError(f"arr: {self.arr} has more decimals than {self.currency or default_currency} knows")
        return int(minor)


class RequestRow(Row, Sizing):
    title: Title
    problem: Problem
    source: Annotated[Source, BeforeValidator(_source)] = Source.SALES_CUSTOMER
    requester_email: str | None = None
    accounts: tuple[CustomerName, ...] = ()
    status: Status = Status.BACKLOG
    created_at: datetime | None = None
    importance: tuple[Importance | None, ...] = ()  #: of each of the accounts, in their order
    slug: Slug | None = None
    owner: str | None = None  #: an email address
    direction: Direction | None = None
    target: date | None = None
    released_at: datetime | None = None

    derived: ClassVar[frozenset[str]] = frozenset(
        {WHY, "number", "rank", "wsjf", "companies", "revenue", "open_deals", "same_as"}
    )

    @field_validator("accounts", "importance", mode="before")
    @classmethod
    def _several(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, str):
            return value
        parts = [part.strip() for part in value.split(SEVERAL)]
        return (
            tuple(part or None for part in parts) if info.field_name == "importance" else tuple(filter(None, parts))
        )

    @field_validator("created_at", "released_at", mode="before")
    @classmethod
    def _day_or_moment(cls, value: Any) -> Any:
        if isinstance(value, str) and len(value.strip()) == len("2026-11-23"):
            return datetime.combine(date.fromisoformat(value.strip()), time(), UTC)
        return value

    @field_validator("created_at", "released_at")
    @classmethod
    def _with_a_zone(cls, value: datetime | None) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)

    @field_validator("created_at", "released_at")
    @classmethod
    def _in_the_calendar(cls, value: datetime | None) -> datetime | None:
        try:
            _ = value and value.astimezone(UTC)
        except OverflowError:
            raise ValueError("no calendar knows this moment in UTC") from None
        return value

    @field_validator("slug")
    @classmethod
    def _is_a_slug(cls, value: Slug | None) -> Slug | None:
        if value is not None and (read_key(value) != value or len(value.split()) > 1 or len(value) > _SLUG_LIMIT):
            raise ValueError("write it like k8s-connector, or leave it empty")
        return value

    @model_validator(mode="after")
    def _each_importance_has_its_account(self) -> Self:
        said, accounts = len(self.importance), len(self.accounts)
        if said and said != accounts:
            raise ValueError(
                f"importance: {said} for {accounts} accounts; write one for each, or nothing between two |"
            )
        return self

    @property
    def customers(self) -> Iterable[tuple[str, Importance | None]]:
        """Each account as it is written, and how much it needs this."""
        return zip_longest(self.accounts, self.importance)

    @cached_property
    def words(self) -> Mapping[str, bool]:
        """The words to find it by; of each, whether the title has it."""
        return words_in(self.title, self.problem)

    @property
    def weight(self) -> int:
        return 16 + len(self.words) + 3 * len(self.accounts)

    @cached_property
    def key(self) -> str:
        """The same row is the same request, however often it is imported."""
        said = self.model_dump(mode="json")
        told = {name: value for name, value in said.items() if name not in _LATER or value}
        text = json.dumps(told, sort_keys=True)
        return f"import:{hashlib.sha256(text.encode()).hexdigest()[:24]}"


#: Columns that came later: a row that leaves them empty has the key it always had.
_LATER = frozenset({"importance", "slug", "owner", "direction", "target", "released_at"})


class MetricRow(Row):
    """A figure of a metric: that of `adoption:k8s-connector` is percent of active accounts."""

    metric: Annotated[str, Field(min_length=1, max_length=120)]
    period: str
    value: Annotated[Decimal, Field(gt=-(10**15), lt=10**15)]

    @field_validator("value", mode="before")
    @classmethod
    def _is_a_number(cls, value: Any) -> Any:
        try:
            return Decimal(value)
        except (InvalidOperation, TypeError):
            raise ValueError("write a number like 51.5") from None

    @field_validator("period")
    @classmethod
    def _is_a_period(cls, value: str) -> str:
        span_of(value)
        return value

    @model_validator(mode="after")
    def _adoption_is_a_percentage(self) -> Self:
        if request_in(self.metric) is not None and not 0 <= self.value <= 100:
            raise ValueError("value: write a percentage from 0 to 100")
        return self
