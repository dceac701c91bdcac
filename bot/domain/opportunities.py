"""Opportunities: deals as the CRM knows them, brought in as a file."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from bot.domain.deals import Deal, DealState, meant
from bot.domain.ids import AccountId
from bot.domain.imports import Row
from bot.domain.money import Money, exponent

_WON = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class OpportunityRow(Row):
    """A line of the file. What it leaves empty stays as it is known; only an empty `is_won` says: still open."""

    opportunity_id: Annotated[str, Field(min_length=1, max_length=75)]
    account_id: Annotated[str, Field(min_length=1, max_length=200)]
    name: str | None = None  #: for who reads the file; a deal has none
    amount: Annotated[Decimal | None, Field(ge=0, lt=10**12)] = None
    currency: Annotated[str | None, Field(pattern="^[A-Z]{3}$")] = None
    stage: Annotated[str | None, Field(max_length=75)] = None
    opened: date | None = None
    closes: date | None = None
    is_won: bool | None = None  #: None: still open

    @field_validator("opened", "closes", mode="before")
    @classmethod
    def _day_of_a_moment(cls, value: Any) -> Any:
        return value[:10] if isinstance(value, str) and value[10:11] in ("T", " ") else value

    @field_validator("is_won", mode="before")
    @classmethod
    def _won_or_lost(cls, value: Any) -> Any:
        found = _WON.get(value.casefold()) if isinstance(value, str) else value
        if not isinstance(found, bool):
            raise ValueError("write true or false, or nothing while it is open")
        return found

    @model_validator(mode="after")
    def _amount_fits_its_currency(self) -> Self:
        if self.currency:
            self.size(self.currency)
        return self

    def size(self, default_currency: str) -> Money | None:
        """Raises ValueError when the amount has more decimals than its currency."""
        if self.amount is None:
            return None
        currency = self.currency or default_currency
        minor = self.amount.scaleb(exponent(currency))
        if minor != minor.to_integral_value():
            raise ValueError(f"amount: {self.amount} has more decimals than {currency} knows")
        return Money(minor=int(minor), currency=currency)

    @property
    def state(self) -> DealState:
        if self.is_won is None:
            return DealState.OPEN
        return DealState.WON if self.is_won else DealState.LOST


def taken_over(row: OpportunityRow, size: Money | None, deals: Sequence[Deal]) -> Deal | None:
    """Which of a customer's open deals, reported by people, this opportunity is; None: one we don't know yet.

    The one of the same amount; of an open opportunity, also the only one there is. What the CRM ended before
    people reported it is another.
    """
    free = [deal for deal in deals if deal.external is None]
    same = [deal for deal in free if size is not None and deal.size == size and not _was_over(row, deal)]
    if same or row.state is not DealState.OPEN or len(deals) > 1:
        return next(iter(same), None)
    return meant(free, size, None)


def _was_over(row: OpportunityRow, deal: Deal) -> bool:
    return row.state is not DealState.OPEN and row.closes is not None and row.closes < deal.at.date()


def brought_up_to_date(
    deal: Deal, row: OpportunityRow, account: AccountId, size: Money | None, now: datetime
) -> Deal:
    """The deal as the CRM knows it."""
    known = replace(
        deal,
        external=row.opportunity_id,
        account=account,
        size=size or deal.size,
        stage=row.stage or deal.stage,
        opened=row.opened or deal.opened,
        closes=row.closes or deal.closes,
    )
    return _ended(known, row, now)


def _ended(deal: Deal, row: OpportunityRow, now: datetime) -> Deal:
    """What somebody said of its end counts until the CRM says of one, too."""
    if deal.state is row.state or (row.state is DealState.OPEN and deal.ended_by):
        return deal
    ended = None if row.state is DealState.OPEN else _end(row, now)
    return replace(deal, state=row.state, ended_at=ended, ended_by=None, because=None)


def _end(row: OpportunityRow, now: datetime) -> datetime:
    """The day it closed, where the file says so."""
    return min(datetime.combine(row.closes, time(), UTC), now) if row.closes else now
