"""Customer companies, prospects too."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.ids import AccountId
from bot.domain.money import Money


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
