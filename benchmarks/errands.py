"""What people do about a board, each as a handler would ask: through the door, for somebody, about any request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Self
from uuid import uuid4

from sqlalchemy import select

from benchmarks.fill import BUSIEST, CROWDED, CUSTOMERS
from benchmarks.sizes import Doing
from bot.domain.acts import Act, Actor, Via
from bot.domain.ids import AccountId, RequestNumber, TeamId, UserId
from bot.domain.requests import Customer, Draft, Join, Sizing, Status
from bot.domain.wsjf import SCALE
from bot.services import asks, intake, outbox, page, ranking, reasons, suggestions
from storage.database import Database
from storage.store import Store
from storage.tables import request

FLOOR = "primary key (floor)"


@dataclass(kw_only=True)
class Errands:
    """Somebody who has much to do."""

    user: UserId
    team: TeamId
    open: list[RequestNumber]  #: requests that may be estimated and joined
    chance: Random = field(default_factory=lambda: Random(7))

    @classmethod
    async def of(cls, db: Database, user: UserId, team: TeamId) -> Self:
        return cls(user=user, team=team, open=await db.read(_open))

    def act(self) -> Act:
        return act(self.user, self.team)

    def some(self) -> RequestNumber:
        """One of those that were there at first."""
        return self.chance.choice(self.open)

    def customer(self) -> AccountId:
        return AccountId(f"acc-{self.chance.randrange(CUSTOMERS)}")

    # ---- reading ----

    async def look_up(self, db: Database, size: int) -> object:
        return await db.read(_title, self.some())

    async def read_top(self, db: Database, size: int) -> object:
        return await db.read(_top)

    async def show_board(self, db: Database, size: int) -> object:
        return await db.read(ranking.show_board, self.act())

    async def stand(self, db: Database, size: int) -> object:
        return await db.read(_standing, self.some())

    async def draw_card(self, db: Database, size: int) -> object:
        return await db.read(ranking.card, self.some())

    async def open_form(self, db: Database, size: int) -> object:
        return await db.read(intake.open_form, self.act(), "connector for audit report")

    async def find(self, db: Database, size: int) -> object:
        return await db.read(ranking.show_board, self.act(), "connector report")

    async def find_customer(self, db: Database, size: int) -> object:
        return await db.read(ranking.show_board, self.act(), f"Customer {BUSIEST.removeprefix('acc-')}")

    async def choose_customer(self, db: Database, size: int) -> object:
        return await db.read(intake.suggest_accounts, self.act(), f"tomer {self.chance.randrange(100)}")

    async def open_page(self, db: Database, size: int) -> object:
        return await db.read(page.open_page, self.act(), self.some())

    async def open_crowded_page(self, db: Database, size: int) -> object:
        return await db.read(page.open_page, self.act(), RequestNumber(CROWDED))

    async def ask_why(self, db: Database, size: int) -> object:
        return await db.read(reasons.why, self.act(), self.some())

    async def open_sizing(self, db: Database, size: int) -> object:
        return await db.read(ranking.open_sizing, self.act(), self.some())

    async def look_for_work(self, db: Database, size: int) -> object:
        return await db.read(outbox.has_work, self.act())

    # ---- writing ----

    async def file(self, db: Database, size: int) -> object:
        this = self.act()
        return await db.write_then_read(intake.file, partial(asks.after_filing, act=this), this, self._draft())

    async def join(self, db: Database, size: int) -> object:
        this, wish = self.act(), Join(customers=(Customer(id=self.customer()),))
        return await db.write_then_read(intake.join, partial(asks.after_joining, act=this), this, self.some(), wish)

    async def estimate(self, db: Database, size: int) -> object:
        sizing = Sizing(job_size=self.chance.choice(SCALE), value=self.chance.choice(SCALE))
        return await db.write_then_read(ranking.estimate, ranking.standing_now, self.act(), self.some(), sizing)

    def _draft(self) -> Draft:
        return Draft(
            title=f"{uuid4().hex[:8]} connector",
            problem="They can't see what each team costs, so finance has stopped the rollout.",
            customers=(Customer(id=self.customer()),),
            value=8,
            time_criticality=2,
            risk_reduction=3,
            job_size=13,
        )

    # ---- all of it ----

    @property
    def of_growth(self) -> Mapping[str, Doing]:
        """What might cost more on a larger board."""
        return {
            FLOOR: self.look_up,
            "store.requests.top(20)": self.read_top,
            "/board": self.show_board,
            "standing of one request": self.stand,
            "card of one request": self.draw_card,
            "look for notices to post": self.look_for_work,
            **self.of_people,
        }

    @property
    def of_people(self) -> Mapping[str, Doing]:
        """What people wait for."""
        return {
            FLOOR: self.look_up,
            "file a request": self.file,
            "join a request": self.join,
            "re-estimate a request": self.estimate,
            "form with look-alikes": self.open_form,
            "/board connector report": self.find,
            "/board, a busy customer": self.find_customer,
            "choose a customer": self.choose_customer,
            "open a request": self.open_page,
            "open one with 500 customers": self.open_crowded_page,
            "why this place?": self.ask_why,
            "Estimate form": self.open_sizing,
        }


async def count_customers(db: Database, this: Act) -> None:
    """What Tandem does once in a while, so that it can suggest figures."""
    await db.write(suggestions.keep, this, await db.read(suggestions.count))


def act(user: UserId, team: TeamId) -> Act:
    now, key = datetime.now(UTC), uuid4().hex
    return Act(by=Actor(user=user, team=team), at=now, wall=now, key=key, via=Via.SLACK, trace=key[:8])


def _open(store: Store) -> list[RequestNumber]:
    numbers = select(request.c.number).where(request.c.status == Status.BACKLOG).order_by(request.c.number)
    return list(store.connection.scalars(numbers))


def _title(store: Store, number: RequestNumber) -> str | None:
    return store.connection.scalar(select(request.c.title).where(request.c.number == number))


def _top(store: Store) -> object:
    return store.requests.top(ranking.SHOWN)


def _standing(store: Store, number: RequestNumber) -> object:
    found = store.requests.get(number)
    assert found
    return ranking.standing(store, found)
