"""What is suggested of a request, by what is known of who waits; on both databases."""

from datetime import date, timedelta
from typing import Any

import pytest

from bot.domain.accounts import Account, Stage
from bot.domain.acts import Act
from bot.domain.asks import Aim, Ask, Importance
from bot.domain.deals import Deal, DealState
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.money import Money
from bot.domain.requests import Customer, Request, Sizing, Status
from bot.domain.suggestions import Closing, Hanging, Known, SuggestedTime, SuggestedValue, Suggestions, Sum
from bot.domain.wsjf import Factor
from bot.services import board, intake, ranking, suggestions
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BORIS, MONDAY, TANYA, a_draft, an_act, move_in

ONE = RequestNumber(1)
TODAY = MONDAY.date()


def eur(major: int) -> Money:
    return Money(minor=major * 100, currency="EUR")


def accounts(store: Store, many: int, **more: Any) -> None:
    """Customers c-1, c-2 ... and what each of them pays."""
    these = [Account(id=AccountId(f"c-{n}"), name=f"Customer {n:03}", **more) for n in range(1, many + 1)]
    store.accounts.put(these, MONDAY)


def file(store: Store, waiting: int, **figures: Any) -> None:
    """Alice's request, for which the first customers wait."""
    customers = tuple(Customer(id=AccountId(f"c-{n}")) for n in range(1, min(waiting, 25) + 1))
    intake.file(store, an_act(), a_draft(customers=customers, **figures))


def deal(store: Store, customer: int, closes: date | None, **more: Any) -> Deal:
    values: dict[str, Any] = {"size": eur(1_000), "by": ALICE, "at": MONDAY}
    return store.deals.add(Deal(account=AccountId(f"c-{customer}"), closes=closes, **{**values, **more}))


def needs(store: Store, customer: int, importance: Importance | None, **more: Any) -> None:
    [ask] = [a for a in store.accounts.asks(ONE) if a.account == f"c-{customer}"]
    store.accounts.change_ask(Ask(**{**vars(ask), "importance": importance, **more}))


def counted(store: Store) -> None:
    suggestions.keep(store, an_act(None), suggestions.count(store))


def suggest(store: Store, act: Act | None = None) -> Suggestions:
    return suggestions.suggest(store, act or an_act(BORIS), board.the(store, ONE))


def suggested_value(store: Store, by: str = BORIS) -> SuggestedValue:
    found = suggest(store, an_act(by)).value
    assert found is not None
    return found


def suggested_time(store: Store) -> SuggestedTime | None:
    return suggest(store).time_criticality


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


# ---- value --------------------------------------------------------------------------------------


async def test_before_the_first_count_reach_and_money_are_left_out(db: Database) -> None:
    await move_in(db)

    def play(store: Store) -> None:
        accounts(store, 60, arr=eur(1_000))
        file(store, 6)
        found = suggested_value(store)
        assert (found.figure, found.percent, found.more) == (5, None, False)
        counted(store)
        found = suggested_value(store)
        assert (found.figure, found.percent, found.known, found.more) == (20, 10.0, 60, True)
        assert found.by_reach

    await db.write(play)


async def test_nobody_named_suggests_nothing(db: Database) -> None:
    await move_in(db)

    def play(store: Store) -> None:
        file(store, 0)
        counted(store)
        assert suggest(store) == Suggestions()

    await db.write(play)


async def test_money_behind_it_is_one_step_more_and_hidden_from_who_may_not_see_it(db: Database) -> None:
    await move_in(db)

    def play(store: Store) -> None:
        accounts(store, 200, arr=eur(1_000), stage=Stage.CUSTOMER)
        store.accounts.put([Account(id=AccountId("c-1"), name="Customer 001", arr=eur(20_000))], MONDAY)
        file(store, 2)
        counted(store)
        found = suggested_value(store)
        assert (found.figure, found.more) == (3, True)
        assert found.hanging == Hanging(money=eur(21_000), of=Aim.PROTECT, percent=9.5)
        hidden = suggested_value(store, TANYA)
        assert (hidden.figure, hidden.more, hidden.hanging) == (3, True, None)

    await db.write(play)


async def test_only_the_part_that_hangs_on_this_request_counts(db: Database) -> None:
    """The same customer waits for three other things, so a quarter of what it pays hangs on this one."""
    await move_in(db)

    def play(store: Store) -> None:
        accounts(store, 200, arr=eur(1_000))
        store.accounts.put([Account(id=AccountId("c-1"), name="Customer 001", arr=eur(20_000))], MONDAY)
        file(store, 1)
        counted(store)
        assert suggested_value(store).more
        for title in ("saml", "audit-log", "dark-mode"):
            acting = an_act(key=f"request:{title}")
            intake.file(store, acting, a_draft(title, customers=(Customer(id=AccountId("c-1")),)))
        assert not suggested_value(store).more

    await db.write(play)


# ---- time criticality ---------------------------------------------------------------------------


async def test_the_nearest_open_deal_of_who_needs_it_suggests_time_criticality(db: Database) -> None:
    await move_in(db)

    def play(store: Store) -> None:
        accounts(store, 5)
        file(store, 4)
        needs(store, 1, Importance.MUST)
        needs(store, 2, Importance.NICE)
        needs(store, 3, Importance.BLOCKS)
        deal(store, 2, in_days(1))  # to them it would be nice to have
        deal(store, 3, in_days(-1))
        deal(store, 4, in_days(3), state=DealState.LOST)
        deal(store, 5, in_days(3))  # who doesn't wait for it
        assert suggested_time(store) is None
        for days in (60, 21, 90):
            deal(store, 1, in_days(days))
        closing = Closing(customer="Customer 001", closes=in_days(21), importance=Importance.MUST)
        assert suggested_time(store) == SuggestedTime(figure=8, closing=closing, days=21)
        deal(store, 4, in_days(13))  # nobody has said how much they need it
        closing = Closing(customer="Customer 004", closes=in_days(13), importance=None)
        assert suggested_time(store) == SuggestedTime(figure=8, closing=closing, days=13)
        deal(store, 3, in_days(14))
        found = suggested_time(store)
        assert found is not None
        assert found.closing.customer == "Customer 004"

    await db.write(play)


async def test_a_customer_of_joined_requests_needs_it_as_much_as_in_its_strongest_ask(db: Database) -> None:
    await move_in(db)

    def play(store: Store) -> None:
        accounts(store, 1)
        file(store, 1)
        needs(store, 1, Importance.NICE)
        other = intake.file(
            store, an_act(key="request:2"), a_draft("saml", customers=(Customer(id=AccountId("c-1")),))
        ).request
        [ask] = store.accounts.asks(other.number)
        store.accounts.change_ask(Ask(**{**vars(ask), "importance": Importance.MUST}))
        deal(store, 1, in_days(10))
        assert suggested_time(store) is None
        store.accounts.count_behind([other.number], ONE)
        found = suggested_time(store)
        assert found is not None
        assert (found.figure, found.closing.importance) == (13, Importance.MUST)

    await db.write(play)


async def test_what_is_closed_has_no_time_to_suggest(db: Database) -> None:
    await move_in(db)

    def play(store: Store) -> None:
        accounts(store, 1)
        file(store, 1)
        deal(store, 1, in_days(10))
        request = board.the(store, ONE)
        closed = Request(**{**vars(request), "status": Status.RELEASED})
        assert suggestions.time_criticality(store, an_act(BORIS), request) is not None
        assert suggestions.time_criticality(store, an_act(BORIS), closed) is None

    await db.write(play)


async def test_a_date_draws_near_and_nothing_is_set_by_it(db: Database) -> None:
    await move_in(db)

    def play(store: Store) -> None:
        accounts(store, 1)
        file(store, 1, value=8, time_criticality=2, risk_reduction=3, job_size=13)
        needs(store, 1, Importance.MUST)
        deal(store, 1, in_days(40))
        before = board.the(store, ONE)
        figures = []
        for day in (0, 15, 30, 40, 41):
            found = suggest(store, an_act(BORIS, minutes=day * 24 * 60)).time_criticality
            figures.append(found and found.figure)
        assert figures == [5, 8, 13, 13, None]
        assert board.the(store, ONE) == before

    await db.write(play)


# ---- counting -----------------------------------------------------------------------------------


async def test_all_customers_and_what_they_bring_are_counted_by_currency(db: Database) -> None:
    await move_in(db)

    def play(store: Store) -> None:
        assert suggestions.count(store) == Known(customers=0)
        accounts(store, 3, arr=eur(1_000))
        others = [
            Account(id=AccountId("usd"), name="Dollar", arr=Money(minor=7, currency="USD"), stage=Stage.CUSTOMER),
            Account(id=AccountId("gone"), name="Gone", arr=eur(9_000), stage=Stage.CHURNED),
            Account(id=AccountId("tries"), name="Tries", arr=eur(9_000), stage=Stage.TRIAL),
            Account(id=AccountId("free"), name="Free"),
        ]
        store.accounts.put(others, MONDAY)
        deal(store, 1, None)
        deal(store, 2, in_days(3), size=eur(500))
        deal(store, 2, in_days(3), size=None)
        deal(store, 3, in_days(3), state=DealState.WON)
        assert suggestions.count(store) == Known(
            customers=7,
            revenue=(Sum(money=eur(3_000), count=3), Sum(money=Money(minor=7, currency="USD"), count=1)),
            deals=(Sum(money=eur(1_500), count=2),),
        )

    await db.write(play)


async def test_what_was_counted_is_kept_until_it_differs(db: Database) -> None:
    await move_in(db)

    def play(store: Store) -> None:
        accounts(store, 60, arr=eur(1_000))
        file(store, 3)
        for _ in range(2):
            counted(store)
        assert suggested_value(store).known == 60
        accounts(store, 300)
        assert suggested_value(store).known == 60
        counted(store)
        assert suggested_value(store).known == 300

    await db.write(play)


# ---- taken in the Estimate form -----------------------------------------------------------------


def estimate(store: Store, by: str, taken: dict[Factor, int], why: str | None = None, **figures: int) -> None:
    act = an_act(by, key=f"estimate:{by}:{sorted(figures.items())}")
    ranking.estimate(store, act, ONE, Sizing(**figures), {}, why, taken)


def took(store: Store) -> list[tuple[Any, str | None]]:
    return [(line.new, line.why) for line in store.changes.of("request:1") if line.field == "suggestion"]


@pytest.mark.parametrize("by", [BORIS, TANYA])
async def test_the_log_knows_that_a_suggestion_was_taken(db: Database, by: str) -> None:
    await move_in(db)

    def play(store: Store) -> None:
        accounts(store, 10)
        file(store, 10, value=2)
        estimate(store, by, {Factor.VALUE: 8}, "Ten asked.", value=8, job_size=5)
        assert took(store) == [({"factor": "value", "figure": 8}, "Ten asked.")]
        estimate(store, by, {Factor.VALUE: 8}, value=8)
        assert len(took(store)) == 1

    await db.write(play)


async def test_what_was_changed_after_it_was_taken_is_a_persons_own(db: Database) -> None:
    await move_in(db)

    def play(store: Store) -> None:
        accounts(store, 10)
        file(store, 10, value=2)
        estimate(store, BORIS, {Factor.VALUE: 8, Factor.TIME_CRITICALITY: 8}, value=13)
        assert took(store) == []

    await db.write(play)


async def test_a_suggestion_is_taken_only_while_it_is_one(db: Database) -> None:
    await move_in(db)

    def play(store: Store) -> None:
        accounts(store, 10)
        file(store, 10, value=1, time_criticality=1, risk_reduction=1, job_size=1)
        began = board.the(store, ONE).figures
        taken = ranking.take(store, an_act(BORIS), ONE, began, Factor.VALUE, 8)
        assert taken.standing == ranking.preview(store, an_act(BORIS), {**began, Factor.VALUE: 8}, ONE)
        stale = ranking.take(store, an_act(BORIS), ONE, began, Factor.VALUE, 13)
        assert stale.standing == ranking.preview(store, an_act(BORIS), began, ONE)
        assert board.the(store, ONE).figures == began

    await db.write(play)
