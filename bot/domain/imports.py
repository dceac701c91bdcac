"""Rows of the CSV files that `tandem import` takes, as docs/import.md describes them."""

import hashlib
import json
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from bot.domain.accounts import Stage
from bot.domain.money import exponent
from bot.domain.outcomes import request_in, span_of
from bot.domain.requests import CustomerName, Problem, Sizing, Source, Status, Title
from bot.domain.text import clean


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


class Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

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

    @field_validator("accounts", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        return tuple(filter(None, map(str.strip, value.split("|")))) if isinstance(value, str) else value

    @field_validator("created_at", mode="before")
    @classmethod
    def _day_or_moment(cls, value: Any) -> Any:
        if isinstance(value, str) and len(value.strip()) == len("2026-11-23"):
            return datetime.combine(date.fromisoformat(value.strip()), time(), UTC)
        return value

    @field_validator("created_at")
    @classmethod
    def _with_a_zone(cls, value: datetime | None) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)

    @field_validator("created_at")
    @classmethod
    def _in_the_calendar(cls, value: datetime | None) -> datetime | None:
        try:
            _ = value and value.astimezone(UTC)
        except OverflowError:
            raise ValueError("no calendar knows this moment in UTC") from None
        return value

    @property
    def key(self) -> str:
        """The same row is the same request, however often it is imported."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return f"import:{hashlib.sha256(text.encode()).hexdigest()[:24]}"


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
