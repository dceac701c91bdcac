"""How deals end: who is asked, how often, and what their word changes, on both databases."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.domain.accounts import Account, Stage
from bot.domain.acts import Act
from bot.domain.asks import Importance
from bot.domain.deals import A_DAY, Deal, DealDue, DealSeen, DealState, Ending, Moved
from bot.domain.errors import Refused
from bot.domain.flow import Move
from bot.domain.ids import AccountId, ChannelId, MessageTs, RequestNumber, UserId
from bot.domain.money import Money
from bot.domain.notices import NothingToSay, Notice, Topic
from bot.domain.requests import Customer, Join, Request, Status
from bot.domain.roles import Role
from bot.services import access, board, deals, house, intake, moves
from storage.database import Database
from storage.messages import Message
from storage.store import Store
from storage.tables import notice
from tests.builders import ALICE, BORIS, TANYA, a_draft, a_person, an_act, move_in

ONE, TWO = RequestNumber(1), RequestNumber(2)
ACME = AccountId("acme")
CLOSES = date(2026, 11, 25)  # a Wednesday; the acts begin on the Monday before
DAY = 24 * 60
EUR = "EUR"
FIGURES: dict[str, Any] = {"value": 8, "time_criticality": 2, "risk_reduction": 3, "job_size": 13}


def at(day: float, by: str | None = ALICE, key: str = "") -> Act:
    return an_act(by, key=key or f"{by}:{day}", minutes=day * DAY)


def eur(thousands: int) -> Money:
    return Money(minor=thousands * 100_000, currency=EUR)


def acme(store: Store, /, **more: Any) -> None:
    """Acme pays 180k a year, Alice looks after it, and it waits for R-1."""
    values = {"name": "Acme Bank", "owner_email": "Alice@Tandem.test", "arr": eur(180), "stage": Stage.CUSTOMER}
    store.accounts.put([Account(id=ACME, **{**values, **more})], at(0).at)
    intake.file(store, at(0, BORIS, "one"), a_draft(customers=[Customer(id=ACME)], **FIGURES))


def a_deal(store: Store, size: int | None = 120, closes: date | None = CLOSES, by: str = BORIS) -> int:
    """Boris brought it."""
    amount = eur(size) if size else None
    return store.deals.add(Deal(account=ACME, size=amount, closes=closes, by=UserId(by), at=at(0).at)).id


def begin(store: Store, /, *, by: str = BORIS, **more: Any) -> int:
    acme(store, **more)
    return a_deal(store, by=by)


def ring(store: Store, day: float) -> list[tuple[str, str]]:
    """The clock rings; who was asked something new, and its key."""
    before = set(asked(store))
    for key in deals.overdue(store, at(day, None)):
        deals.ask(store, at(day, None, f"ring:{day}:{key}"), key)
    return sorted(set(asked(store)) - before)


def asked(store: Store) -> Sequence[tuple[str, str]]:
    days = [CLOSES + timedelta(days=n) for n in range(60)]
    keys = [f"deal:{number}:{day}" for number in range(1, 10) for day in days]
    return [(line, key) for key in keys if (line := store.outbox.line(key))]


def heard(store: Store, day: float, user: str = ALICE, closes: date = CLOSES, deal: int = 1) -> DealDue | None:
    payload = {"deal": deal, "closes": closes.isoformat(), "at": at(day).at.isoformat()}
    said = Notice(topic=Topic.DEAL, key="k", line=UserId(user), payload=payload, due_at=at(day).at)
    try:
        return deals.due(store, said)
    except NothingToSay:
        return None


def posted(store: Store, closes: date = CLOSES) -> None:
    """The question stands in a direct message."""
    store.messages.put(
        Message(
            channel=ChannelId("D1"),
            ts=MessageTs("1.1"),
            subject=f"deal:1:{closes}",
            purpose=Topic.DEAL,
            permalink=None,
            drawn_from=1,
            at=at(0).at,
        )
    )


def lost(store: Store, act: Act, because: RequestNumber | None = ONE) -> DealSeen:
    return deals.end(store, act, 1, DealState.LOST, Ending(because=because))


def won(store: Store, act: Act, because: RequestNumber | None = ONE, pays: Money | None = None) -> DealSeen:
    return deals.end(store, act, 1, DealState.WON, Ending(because=because, pays=pays))


def lines(store: Store, subject: str) -> list[tuple[str, Any, Any]]:
    known = ("deal_won", "deal_lost", "deal_closes", "stage", "revenue")
    return [(line.field, line.old, line.new) for line in store.changes.of(subject) if line.field in known]


def the_account(store: Store) -> Account:
    found = store.accounts.get(ACME)
    assert found
    return found


def the_deal(store: Store) -> Deal:
    found = store.deals.get(1)
    assert found
    return found


# ---- the clock ----------------------------------------------------------------------------------


async def test_its_account_executive_is_asked_once_after_the_date(db: Database) -> None:
    await move_in(db)
    await db.write(begin)
    said = {day: await db.write(ring, day) for day in (0, 1, 2, 3, 3.2, 4, 30)}
    assert said == {**{day: [] for day in said}, 3: [(ALICE, "deal:1:2026-11-25")]}


async def test_a_day_begins_when_it_begins_in_the_company(db: Database) -> None:
    await move_in(db)
    await db.write(begin)  # at 10:00
    assert await db.write(ring, 3 - 10.1 / 24) == []
    assert len(await db.write(ring, 3 - 9.9 / 24)) == 1


async def test_replicas_that_ring_at_once_ask_once(db: Database, database_url: str) -> None:
    await move_in(db)
    await db.write(begin)
    seen = [await db.read(deals.overdue, at(3, None)) for _ in range(2)]
    assert seen == [[1], [1]]
    async with Database.open(database_url) as other:
        each = [(db, "a"), (other, "b"), (db, "c"), (other, "d")]
        await asyncio.gather(*(door.write(deals.ask, at(3, None, f"turn:{turn}"), 1) for door, turn in each))
    assert await db.read(asked) == [(ALICE, "deal:1:2026-11-25")]
    assert await db.read(lambda s: s.outbox.counts()) == {"waiting": 1}
    assert (await db.read(lambda s: s.house.mark(f"deals:{ALICE}"))) == {"day": "2026-11-26", "count": 1}


async def test_a_deal_that_moved_to_a_later_date_is_asked_about_again(db: Database) -> None:
    await move_in(db)
    await db.write(begin)
    await db.write(ring, 3)
    await db.write(lambda s: deals.postpone(s, at(3), 1, Moved(closes=date(2026, 12, 9))))
    said = {day: await db.write(ring, day) for day in (4, 16, 17, 18)}
    assert said == {4: [], 16: [], 17: [(ALICE, "deal:1:2026-12-09")], 18: []}


async def test_a_date_that_somebody_corrects_elsewhere_counts_as_well(db: Database) -> None:
    await move_in(db)
    await db.write(begin)
    await db.write(ring, 3)
    await db.write(lambda s: deals.report(s, at(3, BORIS), ACME, None, date(2026, 12, 9)))
    assert await db.write(ring, 4) == []
    await db.write(posted)
    moved = await db.read(heard, 4)
    assert moved
    assert (moved.is_moved, moved.seen.deal.closes) == (True, date(2026, 12, 9))
    assert await db.write(ring, 17) == [(ALICE, "deal:1:2026-12-09")]


@pytest.mark.parametrize(
    ("owner", "by", "whom"),
    [
        ("alice@tandem.test", BORIS, ALICE),
        (None, BORIS, BORIS),
        ("nobody@tandem.test", BORIS, BORIS),
        ("gone@tandem.test", BORIS, BORIS),
        ("guest@tandem.test", BORIS, BORIS),
        ("gone@tandem.test", "UGONE", None),
        (None, "UNEVER", None),
    ],
)
async def test_who_looks_after_it_is_asked_else_who_brought_it(
    db: Database, owner: str | None, by: str, whom: str | None
) -> None:
    await move_in(db)
    away = [a_person("UGONE", is_deleted=True), a_person("UGUEST", is_guest=True)]
    await db.write(lambda s: house.keep_people(s, at(0), away))
    await db.write(lambda s: begin(s, by=by, owner_email=owner))
    assert [user for user, _ in await db.write(ring, 3)] == ([whom] if whom else [])


async def test_who_comes_to_look_after_it_later_is_asked_then(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: begin(s, by="UNEVER", owner_email=None))
    assert await db.write(ring, 3) == []
    await db.write(lambda s: s.accounts.put([replace(the_account(s), owner_email="boris@tandem.test")], at(4).at))
    assert await db.write(ring, 4) == [(BORIS, "deal:1:2026-11-25")]


def _decline(store: Store) -> None:
    no = Move(status=Status.DECLINED, why="Nobody asked.", sentence="We won't build it.")
    moves.move(store, at(1, BORIS), ONE, no)


def _release(store: Store) -> None:
    moves.move(store, at(1, BORIS), ONE, Move(status=Status.RELEASED))


def _leave(store: Store) -> None:
    store.accounts.remove_asks(ONE, [ACME])


@pytest.mark.parametrize(
    ("does", "day", "is_asked"),
    [(_decline, 3, False), (_leave, 3, False), (_release, 3, True), (_release, 365, True), (_release, 367, False)],
)
async def test_nobody_is_asked_where_nothing_could_have_been_the_reason(
    db: Database, does: Callable[[Store], None], day: int, is_asked: bool
) -> None:
    await move_in(db)
    await db.write(begin)
    await db.write(does)
    assert bool(await db.write(ring, day)) is is_asked


async def test_one_person_is_asked_about_three_a_working_day_and_others_at_once(db: Database) -> None:
    await move_in(db)

    def many(store: Store) -> None:
        acme(store)
        for _ in range(A_DAY + 2):
            a_deal(store)
        store.accounts.put([Account(id=AccountId("globex"), name="Globex")], at(0).at)
        intake.join(store, at(0), ONE, Join(customers=[Customer(id=AccountId("globex"))]))
        store.deals.add(Deal(account=AccountId("globex"), size=None, closes=CLOSES, by=TANYA, at=at(0).at))

    await db.write(many)
    said = {day: [user for user, _ in await db.write(ring, day)] for day in (4, 4.1, 5, 6, 7.1, 8)}
    # Friday; at the weekend it is put for Monday, as many as for one day
    assert said == {4: [ALICE] * 3 + [TANYA], 4.1: [], 5: [ALICE] * 2, 6: [], 7.1: [], 8: []}


async def test_one_that_ended_before_it_was_said_is_not_said(db: Database) -> None:
    await move_in(db)
    await db.write(begin)
    seen = await db.read(deals.overdue, at(3, None))
    await db.write(lambda s: lost(s, at(3)))
    await db.write(lambda s: deals.ask(s, at(3, None), seen[0]))
    assert await db.read(asked) == []
    assert await db.read(heard, 3) is None


# ---- what is asked ------------------------------------------------------------------------------


async def test_the_question_names_what_they_asked_for_the_most_important_first(db: Database) -> None:
    await move_in(db)

    def wishes(store: Store) -> None:
        begin(store)
        for title, weight in (("audit-log", 1), ("saml", 3), ("dark-mode", None), ("csv", 2)):
            filed = intake.file(store, at(0, BORIS, title), a_draft(title, customers=[Customer(id=ACME)])).request
            [ask] = store.accounts.asks(filed.number)
            store.accounts.change_ask(replace(ask, importance=Importance(weight) if weight else None))

    await db.write(wishes)
    said = await db.read(heard, 3)
    assert said
    assert said.waits == ("saml", "csv", "audit-log")


@pytest.mark.parametrize(("user", "sees"), [(ALICE, True), (BORIS, True), (TANYA, False)])
async def test_the_size_is_told_only_to_who_may_see_it_or_brought_it(db: Database, user: str, sees: bool) -> None:
    await move_in(db)
    await db.write(begin)
    said = await db.read(heard, 3, user)
    assert said
    assert said.seen.deal.size == (eur(120) if sees else None)
    await db.write(lambda s: s.deals.save(replace(the_deal(s), by=TANYA)))
    own = await db.read(heard, 3, TANYA)
    assert own
    assert own.seen.deal.size == eur(120)


# ---- how it ended -------------------------------------------------------------------------------


async def test_a_lost_deal_counts_no_more_and_the_request_keeps_it_for_ever(db: Database) -> None:
    await move_in(db)
    await db.write(begin)
    assert (await db.read(lambda s: s.accounts.purses([ACME])))[0].deals == (eur(120),)
    seen = await db.write(lambda s: lost(s, at(3)))
    assert (seen.because, seen.says, seen.may_change) == ("k8s-connector", "Alice", True)
    assert (await db.read(lambda s: s.accounts.purses([ACME])))[0].deals == ()
    about = {"deal": 1, "account": ACME}
    for subject in ("request:1", "account:acme"):
        assert await db.read(lines, subject) == [("deal_lost", None, about)]
    for user, sums in ((ALICE, (eur(120),)), (TANYA, ())):
        said = await db.read(_said, user)
        assert said.lost
        assert (said.lost.count, said.lost.sums, said.lost.customers, said.won) == (1, sums, ("Acme Bank",), None)


def _said(store: Store, user: str, number: RequestNumber = ONE) -> Any:
    return deals.said_of(store, access.member(store, at(9, user)), number)


async def test_a_win_moves_the_money_from_what_to_win_to_what_to_keep(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: begin(s, stage=Stage.TRIAL, arr=None))
    blank = await db.read(deals.open_form, at(3), 1)
    assert (blank.pays, blank.expected, [one.title for one in blank.wished]) == (None, eur(120), ["k8s-connector"])
    await db.write(lambda s: won(s, at(3), pays=eur(100)))
    [purse] = await db.read(lambda s: s.accounts.purses([ACME]))
    assert (purse.deals, purse.revenue, purse.is_customer) == ((), eur(100), True)
    assert ("stage", "trial", "customer") in await db.read(lines, "account:acme")


async def test_a_win_of_which_nobody_says_what_they_pay_keeps_what_they_paid(db: Database) -> None:
    await move_in(db)
    await db.write(begin)
    await db.write(lambda s: won(s, at(3), because=None))
    account = await db.read(the_account)
    assert (account.arr, account.stage) == (eur(180), Stage.CUSTOMER)
    assert await db.read(lines, "request:1") == []


async def test_what_a_customer_paid_before_it_left_does_not_come_back_by_itself(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: begin(s, stage=Stage.CHURNED))
    await db.write(lambda s: won(s, at(3)))
    account = await db.read(the_account)
    assert (account.arr, account.stage) == (None, Stage.CUSTOMER)


async def test_a_deal_counts_on_the_request_that_took_in_its_reason(db: Database) -> None:
    await move_in(db)
    await db.write(begin)
    await db.write(lambda s: intake.file(s, at(0, BORIS, "two"), a_draft("kubernetes")))
    await db.write(lambda s: lost(s, at(3)))
    await db.write(_join)
    for number in (ONE, TWO):
        said = await db.read(_said, ALICE, number)
        assert said.lost
        assert said.lost.count == 1


async def test_a_reason_that_was_joined_meanwhile_is_the_one_that_took_it_in(db: Database) -> None:
    await move_in(db)
    await db.write(begin)
    await db.write(lambda s: intake.file(s, at(0, BORIS, "two"), a_draft("kubernetes")))
    await db.write(_join)
    await db.write(lambda s: lost(s, at(3)))
    assert (await db.read(the_deal)).because == TWO


def _join(store: Store) -> None:
    """R-1 asks for the same as R-2."""
    before = board.the(store, ONE)
    store.accounts.count_behind([ONE], TWO)
    joined = {"same_as": TWO, "survivor": TWO, "status": Status.DECLINED}
    board.save(store, at(2, BORIS), before, Request(**{**vars(before), **joined}))


# ---- once, and taken back -----------------------------------------------------------------------


async def test_the_same_form_again_changes_nothing_even_after_it_was_taken_back(db: Database) -> None:
    await move_in(db)
    await db.write(begin)
    for _ in range(2):
        await db.write(lambda s: lost(s, at(3, key="deal:form")))
    assert len(await db.read(lines, "request:1")) == 1
    for _ in range(2):
        await db.write(lambda s: deals.reopen(s, at(3.1), 1))
    assert (await db.write(lambda s: lost(s, at(3, key="deal:form")))).deal.is_open
    assert [new for _, _, new in await db.read(lines, "request:1")] == [{"deal": 1, "account": ACME}, None]


async def test_of_two_who_say_how_it_ended_the_first_one_counts(db: Database) -> None:
    await move_in(db)
    await db.write(begin)
    await db.write(lambda s: lost(s, at(3)))
    with pytest.raises(Refused, match="Alice has said already that it is lost"):
        await db.write(lambda s: won(s, at(3, BORIS)))
    with pytest.raises(Refused, match="Alice has said already"):
        await db.read(deals.open_form, at(3, BORIS), 1)
    with pytest.raises(Refused, match="Alice has said already"):
        await db.write(lambda s: deals.postpone(s, at(3, BORIS), 1, Moved(closes=date(2027, 1, 1))))


async def test_what_was_said_is_taken_back_whole_within_a_day(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: begin(s, stage=Stage.TRIAL, arr=eur(1)))
    account, deal = await db.read(the_account), await db.read(the_deal)
    await db.write(lambda s: won(s, at(3), pays=eur(121)))
    with pytest.raises(Refused, match="over a day ago"):
        await db.write(lambda s: deals.reopen(s, at(4.01), 1))
    await db.write(lambda s: deals.reopen(s, at(3.9), 1))
    assert await db.read(the_account) == account
    assert await db.read(the_deal) == deal
    assert (await db.read(_said, ALICE)).won is None


async def test_taking_back_a_win_leaves_what_was_changed_since(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: begin(s, stage=Stage.TRIAL, arr=None))
    await db.write(lambda s: won(s, at(3), pays=eur(100)))
    await db.write(lambda s: s.accounts.put([replace(the_account(s), arr=eur(90))], at(3).at))
    await db.write(lambda s: deals.reopen(s, at(3.5), 1))
    account = await db.read(the_account)
    assert (account.arr, account.stage) == (eur(90), Stage.TRIAL)


async def test_the_message_is_drawn_anew_at_once_and_when_a_day_is_over(db: Database) -> None:
    await move_in(db)
    await db.write(begin)
    await db.write(ring, 3)
    await db.write(posted)
    await db.write(lambda s: lost(s, at(3.1)))
    redrawn = await db.read(_redraws)
    assert redrawn == [at(3.1).at, at(4.1).at]
    for day, may in ((3.2, True), (4.1, False)):
        said = await db.read(heard, day)
        assert said
        assert (said.seen.deal.state, said.seen.may_change, said.waits) == ("lost", may, ())


def _redraws(store: Store) -> list[datetime]:
    """When the question is drawn anew."""
    redrawn = select(notice.c.due_at).where(notice.c.after == "deal:1:2026-11-25").order_by(notice.c.due_at)
    return list(store.connection.scalars(redrawn))


# ---- who may, and what can't be -----------------------------------------------------------------


async def test_only_who_looks_after_it_or_may_see_amounts_says_how_it_ended(db: Database) -> None:
    await move_in(db)
    await db.write(begin)
    refused = "for those to say who look after Acme Bank, or may see amounts. Ask Alice."
    for does in (
        lambda s, act: deals.see(s, act, 1),
        lambda s, act: deals.open_form(s, act, 1),
        lost,
        won,
        lambda s, act: deals.postpone(s, act, 1, Moved(closes=date(2027, 1, 1))),
        lambda s, act: deals.reopen(s, act, 1),
    ):
        with pytest.raises(Refused, match=refused):
            await db.write(does, at(3, TANYA))
    await db.write(lambda s: s.deals.save(replace(the_deal(s), by=TANYA)))
    assert (await db.read(deals.open_form, at(3, TANYA), 1)).sees_amounts is False
    with pytest.raises(Refused, match="may see what customers pay"):
        await db.write(lambda s: won(s, at(3, TANYA), pays=eur(1)))
    assert (await db.write(lambda s: won(s, at(3, TANYA)))).says == "Tanya"


@pytest.mark.parametrize("number", [2, 3, 999])
async def test_only_what_the_customer_asked_for_can_be_the_reason(db: Database, number: int) -> None:
    await move_in(db)
    await db.write(begin)
    await db.write(lambda s: intake.file(s, at(0, BORIS, "two"), a_draft("somebody else's")))
    with pytest.raises(Refused) as refused:
        await db.write(lambda s: lost(s, at(3), because=RequestNumber(number)))
    assert refused.value.fields == {"because": "This one can't be chosen any more. Choose again."}
    assert (await db.read(the_deal)).is_open


async def test_an_open_deal_closes_today_or_later(db: Database) -> None:
    await move_in(db)
    await db.write(begin)
    with pytest.raises(Refused, match="That day has passed") as refused:
        await db.write(lambda s: deals.postpone(s, at(3), 1, Moved(closes=CLOSES)))
    assert "closes" in refused.value.fields
    seen = await db.write(lambda s: deals.postpone(s, at(3), 1, Moved(closes=date(2026, 11, 26))))
    assert seen.deal.closes == date(2026, 11, 26)
    assert await db.read(lines, "account:acme") == [("deal_closes", "2026-11-25", "2026-11-26")]


async def test_a_deal_nobody_knows_is_refused(db: Database) -> None:
    await move_in(db)
    with pytest.raises(Refused, match="can't find this deal"):
        await db.read(deals.see, at(3), 7)
    assert await db.write(ring, 3) == []


async def test_a_role_taken_away_meanwhile_counts(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: begin(s, owner_email=None))
    assert (await db.read(deals.open_form, at(3), 1)).sees_amounts
    await db.write(lambda s: s.house.decide("roles", {Role.TECH: ["S1"], Role.SALES: ["S2"]}, at(3)))
    with pytest.raises(Refused, match="for those to say"):
        await db.write(lambda s: lost(s, at(3)))
