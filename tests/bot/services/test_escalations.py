"""What is taken to the strategy level: who may say what, what is kept, and who hears of it. On both databases."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.domain.accounts import Account, Stage
from bot.domain.acts import Act
from bot.domain.asks import Ask
from bot.domain.deals import Deal
from bot.domain.errors import Refused
from bot.domain.escalations import (
    Decision,
    DecisionForm,
    Escalation,
    Price,
    Side,
    Taken,
    Taking,
    TakingForm,
    Verdict,
)
from bot.domain.ids import AccountId, ChannelId, GroupId, RequestNumber, UserId
from bot.domain.money import Money
from bot.domain.notices import NothingToSay, Notice, Topic
from bot.domain.people import Group
from bot.domain.requests import Customer, Status
from bot.domain.roles import Role
from bot.services import board, escalations, flow, house, intake, page, ranking
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BORIS, MONDAY, TANYA, a_draft, a_person, an_act, move_in

ONE, TWO, THREE, FOUR = map(RequestNumber, (1, 2, 3, 4))
OLGA, VERA, MAREK, GUEST, INES = map(UserId, ("UOLGA", "UVERA", "UMAREK", "UGUEST", "UINES"))
STRATEGY = ChannelId("C9")
WISH = Taking(words="Five prospects hold back for it.", other=BORIS)
EUR = {minor: Money(minor=minor * 100, currency="EUR") for minor in (1000, 5000, 50_000)}


def at(by: str | None = ALICE, minute: float = 60, **more: Any) -> Act:
    return an_act(by, key=f"{by}:{minute}", minutes=minute, **more)


def a_decision(verdict: Verdict = Verdict.FIRST, displaced: int | None = 1, why: str = "Two renewals.") -> Decision:
    return Decision(verdict=verdict, displaced=displaced, why=why)


async def a_company(db: Database) -> None:
    """R-1 is in progress, R-2 planned, R-3 waits in the backlog below both: Alice's, for Acme and Borealis."""
    await move_in(db)
    await db.write(furnish)


def furnish(store: Store) -> None:
    act = an_act(None, key="furnish")
    people = [a_person(user) for user in (OLGA, VERA, MAREK, INES)]
    house.keep_people(store, act, [*people, a_person(GUEST, is_guest=True)])
    groups = {
        Role.SALES: {ALICE, MAREK, GUEST},
        Role.PRODUCT: {BORIS},
        Role.TECH: {TANYA},
        Role.LEADERSHIP: {OLGA, VERA},
        Role.SUPPORT: {INES},
    }
    known = {role: GroupId(f"S{role.upper()}") for role in groups}
    house.keep_groups(
        store, act, [Group(id=known[r], handle=r, members=frozenset(users)) for r, users in groups.items()]
    )
    store.house.decide("roles", {role: [group] for role, group in known.items()}, act)
    store.house.decide("channels", {"strategy": STRATEGY}, act)
    store.channels.put(STRATEGY, "strategy", is_shared=False, at=MONDAY)
    store.accounts.put(
        [
            Account(id=AccountId("acme"), name="Acme", arr=EUR[50_000], stage=Stage.CUSTOMER),
            Account(id=AccountId("borealis"), name="Borealis", stage=Stage.TRIAL),
            Account(id=AccountId("cobalt"), name="Cobalt", arr=EUR[1000], stage=Stage.CUSTOMER),
        ],
        MONDAY,
    )
    for account, closes in (("borealis", date(2026, 12, 12)), ("acme", date(2026, 11, 1))):
        store.deals.add(Deal(account=AccountId(account), size=EUR[5000], closes=closes, by=ALICE, at=MONDAY))
    begin(store, "SSO", MAREK, ["cobalt"], value=13, status=Status.IN_PROGRESS, owner=BORIS)
    begin(store, "Audit log", MAREK, [], value=8, status=Status.PLANNED)
    begin(store, "Savings reports", ALICE, ["acme", "borealis"], value=5)


def begin(store: Store, title: str, by: UserId, accounts: list[str], *, value: int, **more: Any) -> None:
    customers = tuple(Customer(id=AccountId(one)) for one in accounts)
    figures = {"time_criticality": 1, "risk_reduction": 1, "job_size": 13}
    act = an_act(by, key=f"file:{title}")
    filed = intake.file(store, act, a_draft(title, customers=customers, value=value, **figures))
    if more:
        board.save(store, act, filed.request, replace(filed.request, **more))


def took(store: Store, by: str = ALICE, number: RequestNumber = THREE, wish: Taking = WISH) -> Escalation:
    return escalations.take(store, at(by), number, wish).taken.escalation


def kept(store: Store) -> Escalation:
    (one,) = store.escalations.of(THREE)
    return one


def told(store: Store, key: int = 1) -> dict[str, int]:
    """Which of the two requests each of those told hears of it for."""
    users = (ALICE, BORIS, TANYA, OLGA, VERA, MAREK, GUEST, INES)
    return {user: store.outbox.state(f"decided:{key}:{user}") is not None for user in users}


def hears(store: Store, user: str, topic: Topic = Topic.DECIDED, about: int = 3, after: str | None = None) -> Any:
    payload = {"escalation": 1, "about": about, "at": MONDAY.isoformat()}
    notice = Notice(topic=topic, key="k", line=UserId(user), payload=payload, due_at=MONDAY, after=after)
    says: Mapping[Topic, Callable[[Store, Notice], object]] = {
        Topic.DECIDED: escalations.decided,
        Topic.SIDE: escalations.side_asked,
        Topic.CASE: escalations.case,
    }
    try:
        return says[topic](store, notice)
    except NothingToSay:
        return None


# ---- taking it there ----------------------------------------------------------------------------


async def test_the_form_shows_what_hangs_on_it_and_what_would_have_to_wait(db: Database) -> None:
    await a_company(db)
    blank = await db.read(escalations.open_form, at(ALICE), THREE)
    assert isinstance(blank, TakingForm)
    picture = blank.picture
    assert (picture.what.place and picture.what.place.rank, picture.how_many_above) == (3, 2)
    assert [row.number for row in picture.above] == [ONE, TWO]
    assert [one.number for one in picture.could_wait] == [TWO, ONE]
    assert (picture.what.protect, picture.what.grow) == ((EUR[50_000],), (Money(minor=1_000_000, currency="EUR"),))
    assert [(one.on, one.customer) for one in picture.what.closing] == [(date(2026, 12, 12), "Borealis")]
    assert (blank.side, blank.other) == (Side.SALES, BORIS)


async def test_who_may_not_see_amounts_sees_dates_and_counts(db: Database) -> None:
    await a_company(db)
    blank = await db.read(escalations.open_form, at(TANYA), THREE)
    assert isinstance(blank, TakingForm)
    what = blank.picture.what
    assert (what.protect, what.grow, what.companies) == ((), (), 2)
    assert [(one.on, one.customer) for one in what.closing] == [(date(2026, 12, 12), None)]
    assert [one.protect for one in blank.picture.could_wait] == [(), ()]


@pytest.mark.parametrize(
    ("by", "side", "owner", "sized_by", "other"),
    [
        (ALICE, Side.SALES, BORIS, TANYA, BORIS),
        (ALICE, Side.SALES, None, TANYA, TANYA),
        (ALICE, Side.SALES, None, MAREK, BORIS),
        (INES, Side.SALES, None, None, BORIS),
        (BORIS, Side.PRODUCT, TANYA, TANYA, ALICE),
        (OLGA, Side.PRODUCT, None, None, ALICE),
    ],
)
async def test_who_can_likely_say_the_other_side_is_chosen_already(
    db: Database, by: str, side: Side, owner: str | None, sized_by: str | None, other: str
) -> None:
    await a_company(db)

    def weigh(store: Store) -> None:
        before = board.the(store, THREE)
        board.save(store, at(BORIS, 10), before, replace(before, owner=UserId(owner) if owner else None))
        if sized_by:
            ranking.estimate(store, at(sized_by, 20), THREE, a_draft(job_size=8))

    await db.write(weigh)
    blank = await db.read(escalations.open_form, at(by), THREE)
    assert isinstance(blank, TakingForm)
    assert (blank.side, blank.other) == (side, other)


async def test_while_nobody_holds_roles_the_side_is_asked_for(db: Database) -> None:
    await a_company(db)
    await db.write(lambda s: s.house.decide("roles", {}, at(None)))
    blank = await db.read(escalations.open_form, at(ALICE), THREE)
    assert isinstance(blank, TakingForm)
    assert blank.side is None
    with pytest.raises(Refused, match="which side") as refused:
        await db.write(took)
    assert list(refused.value.fields) == ["side"]
    taken = await db.write(took, wish=Taking(words="It pays.", side=Side.PRODUCT, other=BORIS))
    assert taken.side is Side.PRODUCT
    assert (await db.write(escalations.say, at(TANYA), taken.id, "It costs.")).escalation.other_by == TANYA


@pytest.mark.parametrize(
    ("other", "words"),
    [(ALICE, "That's you."), (GUEST, "full members only"), ("UNOBODY", "full members only")],
)
async def test_the_other_side_is_a_colleague(db: Database, other: str, words: str) -> None:
    await a_company(db)
    with pytest.raises(Refused, match=words) as refused:
        await db.write(took, wish=Taking(words="It pays.", other=UserId(other)))
    assert list(refused.value.fields) == ["other"]
    assert await db.read(lambda s: s.escalations.of(THREE)) == []


async def test_without_a_channel_nothing_is_kept(db: Database) -> None:
    await a_company(db)
    await db.write(lambda s: s.house.decide("channels", {}, at(None)))
    for does in (lambda s: escalations.open_form(s, at(), THREE), took):
        with pytest.raises(
            Refused, match=r"There is no strategy channel yet\. .* can choose one with /tandem setup"
        ):
            await db.write(does)
    assert await db.read(lambda s: s.escalations.of(THREE)) == []


async def test_the_same_form_twice_is_one_case_and_another_finds_it_under_way(db: Database) -> None:
    await a_company(db)
    first, again = [await db.write(escalations.take, at(), THREE, WISH) for _ in range(2)]
    other = await db.write(escalations.take, at(MAREK), THREE, Taking(words="Me too."))
    assert (first.is_new, again.is_new, other.is_new) == (True, True, False)
    assert first.taken.escalation == again.taken.escalation == other.taken.escalation
    assert isinstance(await db.read(escalations.open_form, at(MAREK), THREE), Taken)
    lines = await db.read(lambda s: s.changes.of("request:3"))
    assert [line.new for line in lines if line.field == "strategy"] == [{"escalation": 1}]
    assert await db.read(lambda s: s.outbox.state("escalation:1")) == "waiting"
    assert await db.read(lambda s: s.outbox.state("side:1")) == "waiting"


# ---- the other side -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "may"), [(BORIS, True), (TANYA, True), (OLGA, True), (ALICE, False), (MAREK, False), (INES, False)]
)
async def test_whoever_is_asked_or_of_that_side_may_say_it(db: Database, user: str, may: bool) -> None:
    await a_company(db)
    await db.write(took)
    for does in (
        lambda s: escalations.open_side(s, at(user), 1),
        lambda s: escalations.say(s, at(user), 1, "It costs three weeks."),
    ):
        if may:
            await db.write(does)
        else:
            with pytest.raises(Refused, match=r"This is for product to say\. Boris was asked\."):
                await db.write(does)
    assert ((await db.read(kept)).other_by == user) == may


async def test_whoever_was_asked_may_answer_whatever_their_role(db: Database) -> None:
    await a_company(db)
    await db.write(took, wish=Taking(words="It pays.", other=MAREK))
    await db.write(escalations.say, at(MAREK), 1, "We sold something else.")
    with pytest.raises(Refused, match="has said it already"):
        await db.write(escalations.say, at(BORIS), 1, "And me.")
    said = await db.write(escalations.say, at(MAREK, 61), 1, "We sold two.")
    assert said.escalation.other_words == "We sold two."


async def test_the_same_words_again_change_nothing(db: Database) -> None:
    await a_company(db)
    await db.write(took)
    first = await db.write(escalations.say, at(BORIS), 1, "It costs.")
    again = await db.write(escalations.say, at(BORIS, 70), 1, "It costs.")
    assert first.escalation == again.escalation


async def test_who_is_asked_hears_nothing_of_what_is_over(db: Database) -> None:
    await a_company(db)
    await db.write(took)
    assert await db.read(hears, BORIS, Topic.SIDE)
    await db.write(escalations.say, at(TANYA), 1, "It costs.")
    assert await db.read(hears, BORIS, Topic.SIDE) is None


# ---- the decision -------------------------------------------------------------------------------


async def test_what_it_cost_is_kept_as_it_was_then(db: Database) -> None:
    await a_company(db)
    await db.write(took)
    await db.write(escalations.decide, at(OLGA), 1, a_decision())
    before = (await db.read(kept)).price

    def go_on(store: Store) -> None:
        ranking.estimate(store, at(TANYA, 90), THREE, a_draft(job_size=1))
        store.accounts.put([Account(id=AccountId("acme"), name="Acme", arr=EUR[1000])], MONDAY)

    await db.write(go_on)
    one = await db.read(kept)
    assert one.price == before
    assert (one.verdict, one.displaced, one.decided_by, one.why) == (Verdict.FIRST, ONE, OLGA, "Two renewals.")
    price = Price.model_validate(one.price)
    assert price.waits
    assert (price.what.place and price.what.place.rank, price.what.protect) == (3, (EUR[50_000],))
    assert (price.waits.number, price.waits.place and price.waits.place.rank) == (ONE, 1)
    assert (price.waits.companies, price.waits.protect, price.waits.score) == (1, (EUR[1000],), 1800)


async def test_a_decision_moves_nothing_on_the_board(db: Database) -> None:
    await a_company(db)
    await db.write(took)
    before = await db.read(lambda s: s.requests.top(5))
    await db.write(escalations.decide, at(OLGA), 1, a_decision())
    assert await db.read(lambda s: s.requests.top(5)) == before
    lines = await db.read(lambda s: {n: s.changes.newest(f"request:{n}", 1)[0] for n in (ONE, THREE)})
    assert {n: (line.field, line.new, line.why) for n, line in lines.items()} == {
        ONE: ("displaced", 3, "Two renewals."),
        THREE: ("strategy", {"escalation": 1, "verdict": "first"}, "Two renewals."),
    }


async def test_of_two_who_decide_the_first_counts(db: Database) -> None:
    await a_company(db)
    await db.write(took)
    form = await db.read(escalations.open_decision, at(VERA), 1)
    assert isinstance(form, DecisionForm)
    first = await db.write(escalations.decide, at(OLGA), 1, a_decision())
    again = await db.write(escalations.decide, at(OLGA), 1, a_decision())
    second = await db.write(escalations.decide, at(VERA), 1, a_decision(Verdict.NOT_NOW, None, "Later."))
    assert (first.is_first, again.is_first, second.is_first) == (True, True, False)
    assert first.told == again.told
    assert second.taken.escalation.decided_by == OLGA
    late = await db.read(escalations.open_decision, at(VERA), 1)
    assert not isinstance(late, DecisionForm)
    lines = await db.read(lambda s: s.changes.of("request:3"))
    assert [line.why for line in lines if line.field == "strategy"] == [None, "Two renewals."]


@pytest.mark.parametrize("user", [ALICE, BORIS, TANYA, INES])
async def test_only_leadership_decides(db: Database, user: str) -> None:
    await a_company(db)
    await db.write(took)
    for does in (
        lambda s: escalations.open_decision(s, at(user), 1),
        lambda s: escalations.decide(s, at(user), 1, a_decision()),
    ):
        with pytest.raises(Refused, match="Only leadership may decide at the strategy level"):
            await db.write(does)


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (a_decision(displaced=None), "What has to wait for it"),
        (a_decision(displaced=3), "isn't in work or planned any more"),
        (a_decision(displaced=99), "isn't in work or planned any more"),
    ],
)
async def test_what_goes_first_says_what_waits(db: Database, decision: Decision, words: str) -> None:
    await a_company(db)
    await db.write(took)
    with pytest.raises(Refused, match=words) as refused:
        await db.write(escalations.decide, at(OLGA), 1, decision)
    assert list(refused.value.fields) == ["displaced"]
    assert (await db.read(kept)).is_open


@pytest.mark.parametrize(
    "decision",
    [a_decision(displaced=0), a_decision(Verdict.PLACE, 1), a_decision(Verdict.NOT_NOW, None)],
)
async def test_nothing_waits_unless_somebody_says_so(db: Database, decision: Decision) -> None:
    await a_company(db)
    await db.write(took)
    ruled = await db.write(escalations.decide, at(OLGA), 1, decision)
    assert ruled.taken.escalation.displaced is None
    assert ruled.taken.price
    assert ruled.taken.price.waits is None


async def test_where_nothing_is_in_work_nothing_has_to_be_named(db: Database) -> None:
    await a_company(db)
    await db.write(took)

    def finish(store: Store) -> None:
        for number in (ONE, TWO):
            before = board.the(store, number)
            board.save(store, at(BORIS, 62), before, replace(before, status=Status.BACKLOG))

    await db.write(finish)
    ruled = await db.write(escalations.decide, at(OLGA), 1, a_decision(displaced=None))
    assert ruled.is_first


async def test_what_is_closed_is_not_decided_and_the_next_case_is_a_new_one(db: Database) -> None:
    await a_company(db)
    await db.write(took)
    await db.write(escalations.decide, at(OLGA), 1, a_decision(Verdict.NOT_NOW, None))
    assert (await db.write(took, MAREK)).id == 2

    def close(store: Store) -> None:
        before = board.the(store, THREE)
        board.save(store, at(BORIS, 80), before, replace(before, status=Status.RELEASED))

    await db.write(close)
    for does in (
        lambda s: escalations.decide(s, at(OLGA, 90), 2, a_decision()),
        lambda s: escalations.say(s, at(BORIS, 90), 2, "It costs."),
        lambda s: escalations.open_form(s, at(ALICE), THREE),
    ):
        with pytest.raises(Refused, match="already released, so there is nothing left to decide"):
            await db.write(does)
    moot = await db.read(hears, STRATEGY, Topic.CASE)
    assert moot.picture is None


# ---- who hears of it ----------------------------------------------------------------------------


async def test_everybody_involved_hears_once_and_nobody_else(db: Database) -> None:
    await a_company(db)

    def involve(store: Store) -> None:
        flow.watch(store, at(INES), THREE, True)
        ask = Ask(number=ONE, behind=ONE, account=AccountId("borealis"), by=GUEST, at=MONDAY)
        store.accounts.add_asks([ask])
        ranking.estimate(store, at(TANYA, 20), THREE, a_draft(job_size=13))

    await db.write(involve)
    await db.write(took, wish=Taking(words="It pays.", other=VERA))
    await db.write(escalations.say, at(VERA), 1, "It costs.")
    ruled = await db.write(escalations.decide, at(OLGA), 1, a_decision())
    assert await db.read(told) == {
        ALICE: True,  # asked for it
        BORIS: True,  # answers for what waits
        TANYA: True,  # sized it
        OLGA: False,  # decided
        VERA: True,  # said the other side
        MAREK: True,  # asked for what waits
        GUEST: False,
        INES: True,  # watches it
    }
    assert ruled.told == ("Alice", "Boris", "Ines", "Marek", "Tanya", "Vera")


@pytest.mark.parametrize(("user", "sees"), [(ALICE, True), (TANYA, False)])
async def test_amounts_are_for_who_may_see_them(db: Database, user: str, sees: bool) -> None:
    await a_company(db)
    await db.write(took)
    await db.write(escalations.decide, at(OLGA), 1, a_decision(Verdict.NOT_NOW, None))
    said = await db.read(hears, user)
    seen = await db.read(page.open_page, at(user), THREE)
    for price in (said.price, seen.strategy[0].price):
        assert price
        assert bool(price.what.protect) == bool(price.what.grow) == sees
        assert (price.what.closing[0].customer is not None) == sees


@pytest.mark.parametrize("is_shared", [True, False, None])
async def test_a_channel_shows_amounts_only_where_it_is_certain_to_be_ours(
    db: Database, is_shared: bool | None
) -> None:
    await a_company(db)
    if is_shared is None:
        await db.write(lambda s: s.house.decide("channels", {"strategy": "C404"}, at(None)))
    else:
        await db.write(lambda s: s.channels.put(STRATEGY, "strategy", is_shared=is_shared, at=MONDAY))
    line = "C404" if is_shared is None else STRATEGY
    await db.write(took)
    seen = (await db.read(hears, line, Topic.CASE)).picture.what
    assert bool(seen.protect) == bool(seen.grow) == bool(seen.closing) == (is_shared is False)
    await db.write(escalations.decide, at(OLGA), 1, a_decision(Verdict.PLACE, None))
    price = (await db.read(hears, line, Topic.CASE)).price
    assert bool(price.what.protect) == bool(price.what.closing) == (is_shared is False)


async def test_a_case_somebody_deleted_is_not_said_anew(db: Database) -> None:
    await a_company(db)
    await db.write(took)
    assert await db.read(hears, STRATEGY, Topic.CASE)
    assert await db.read(lambda s: hears(s, STRATEGY, Topic.CASE, after="escalation:1")) is None


async def test_a_change_of_the_request_redraws_its_case(db: Database) -> None:
    await a_company(db)
    await db.write(took)
    await db.write(lambda s: ranking.estimate(s, at(TANYA, 70), THREE, a_draft(job_size=1)))
    assert (await db.read(kept)).version == 2
    assert await db.read(lambda s: s.outbox.state("escalation:1:2")) == "waiting"
    await db.write(escalations.decide, at(OLGA), 1, a_decision(Verdict.PLACE, None))
    await db.write(lambda s: ranking.estimate(s, at(TANYA, 80), THREE, a_draft(job_size=2)))
    assert (await db.read(kept)).version == 3
