"""What a week came to, on both databases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.domain.accounts import Account, Stage
from bot.domain.acts import Act, Via
from bot.domain.asks import Ask
from bot.domain.blockers import Blocker
from bot.domain.board import Filter
from bot.domain.changes import Change
from bot.domain.digest import Because, Digest, Kept, State, Waiting
from bot.domain.flow import Move
from bot.domain.ids import AccountId, ChannelId, RequestNumber, UserId
from bot.domain.imports import RequestRow
from bot.domain.money import Money
from bot.domain.notices import NothingToSay, Notice, Topic
from bot.domain.periods import Weekly
from bot.domain.reasons import Cause
from bot.domain.requests import Customer, Join, Request, Sizing, Status
from bot.domain.subscriptions import COMPANY, Subscription
from bot.domain.talks import Kind
from bot.services import board, deals, digest, imports, intake, moves, outcomes, promises, questions, ranking
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BORIS, MONDAY, TANYA, a_draft, a_person, an_act, move_in

CHANNEL = ChannelId("C9")
DAY = 24 * 60
WEEKLY = Weekly.read("mon 10:00", UTC)
OURS = Subscription(id=COMPANY, channel=CHANNEL, weekly=WEEKLY, by=ALICE, at=MONDAY)
THIS, NEXT = "2026-W49", "2026-W50"
SIZED: dict[str, Any] = {"value": 8, "time_criticality": 2, "risk_reduction": 3, "job_size": 13}


def at(day: float, by: str | None = BORIS, **more: Any) -> Act:
    return an_act(by, key=f"{by}:{day}:{more}", minutes=day * DAY, **more)


def moment(day: float) -> datetime:
    return MONDAY + timedelta(days=day)


def number(n: int) -> RequestNumber:
    return RequestNumber(n)


def file(store: Store, *titles: str, day: float = 0, by: str = ALICE, **more: Any) -> None:
    for n, title in enumerate(titles):
        act = an_act(by, key=f"file:{title}", minutes=day * DAY + n / 60)
        intake.file(store, act, a_draft(title, **{**SIZED, **more}))


def move(store: Store, n: int, day: float, status: Status, target: str | None = None, **more: Any) -> None:
    wish = Move(status=status, target=date.fromisoformat(target) if target else None, why=more.pop("why", None))
    moves.move(store, replace(at(day, **more), key=f"move:{n}:{day}"), number(n), wish)


def change(store: Store, n: int, day: float = 0, **fields: Any) -> Request:
    before = board.the(store, number(n))
    return board.save(store, at(day), before, replace(before, **fields))


def block(store: Store, n: int, day: float, words: str, owner: str) -> None:
    new = Blocker(id=0, number=number(n), words=words, owner=UserId(owner), by=ALICE, at=moment(day))
    store.blockers.add(new, f"blocker:{n}:{words}")


def composed(
    store: Store, /, *, until: float = 7, of: Subscription = OURS, period: str = THIS, **more: Any
) -> Digest:
    return digest.compose(store, of, period, moment(until), **more)


def post(store: Store, until: float = 7, period: str = THIS, of: Subscription = OURS) -> Kept:
    """What the clock keeps of a digest it posts."""
    made = composed(store, until=until, period=period, of=of)
    kept = Kept(
        subscription=of.id,
        period=period,
        channel=of.channel,
        state=State.POSTED,
        since=digest.since(store, of, period, moment(until)),
        until=moment(until),
        top=dict(made.places),
        told=sorted(made.told),
        filed=made.filed,
        shipped=made.shipped.count,
        at=moment(until),
    )
    store.digests.put(kept)
    return kept


def corrected(store: Store, period: str = THIS) -> Digest:
    kept = store.digests.get(OURS.id, period)
    assert kept
    assert kept.until
    return digest.compose(store, OURS, period, kept.until, kept)


def titles(entries: Sequence[Any]) -> list[str]:
    return [one.row.title for one in entries]


def reasons(entries: Sequence[Waiting]) -> list[tuple[str, Because]]:
    return [(one.row.title, one.because) for one in entries]


def private(store: Store) -> None:
    store.channels.put(CHANNEL, "coordination", is_shared=False, at=MONDAY)


# ---- what moved ---------------------------------------------------------------------------------


async def test_a_week_tells_what_shipped_what_began_and_what_got_another_date(db: Database) -> None:
    await move_in(db)

    def live(store: Store) -> None:
        file(store, "saml", "k8s", "reports", "quiet", day=-20)
        move(store, 3, -10, Status.PLANNED, "2026-12-05")
        move(store, 1, 1, Status.RELEASED)
        move(store, 2, 2, Status.IN_PROGRESS, "2026-12-12", by=TANYA)
        move(store, 3, 3, Status.PLANNED, "2026-12-20", why="Two of us are ill.")
        file(store, "new", day=4)

    await db.write(live)
    made = await db.read(composed)
    assert titles(made.shipped.shown) == ["saml"]
    (began,) = made.started.shown
    assert (began.row.title, began.row.target, began.by) == ("k8s", date(2026, 12, 12), "Tanya")
    (slipped,) = made.redated.shown
    assert (slipped.row.title, slipped.was, slipped.row.target) == (
        "reports",
        date(2026, 12, 5),
        date(2026, 12, 20),
    )
    assert slipped.why == "Two of us are ill."
    assert (made.filed, made.came[0].title, made.is_quiet) == (1, "new", False)
    assert (made.since, made.until, made.week) == (date(2026, 11, 23), date(2026, 11, 30), 49)
    assert made.told == {1, 2, 3}
    assert [(w.name, w.filed, w.shipped) for w in made.weeks] == [(THIS, 1, 1)]


async def test_what_went_there_and_back_and_what_was_imported_is_not_told(db: Database) -> None:
    await move_in(db)

    def live(store: Store) -> None:
        file(store, "saml", day=-20)
        move(store, 1, 1, Status.IN_PROGRESS)
        move(store, 1, 2, Status.BACKLOG)
        row = RequestRow.model_validate(
            {
                "title": "old",
                "problem": "They wait.",
                "requester_email": "",
                "source": "support",
                "status": "released",
            }
        )
        imports.requests(store, at(3, None, via=Via.IMPORT), [row])

    await db.write(live)
    made = await db.read(composed)
    assert made.is_quiet
    assert (made.filed, made.told) == (0, frozenset())


def an_ask(n: int, account: str, by: UserId = ALICE) -> Ask:
    return Ask(number=number(n), behind=number(n), account=AccountId(account), by=by, at=MONDAY)


async def test_thanks_go_to_whoever_answers_for_it_asked_for_it_or_brought_a_customer_once(db: Database) -> None:
    await move_in(db)

    def live(store: Store) -> None:
        file(store, "saml", day=-20, customers=(Customer(name="Acme"),))
        intake.join(store, at(-19, TANYA), number(1), Join(customers=(Customer(name="Bolt"),)))
        store.accounts.put([Account(id=AccountId("c"), name="Cora")], MONDAY)
        store.accounts.add_asks([an_ask(1, "c", UserId("UGONE"))])
        change(store, 1, -10, owner=BORIS)
        move(store, 1, 1, Status.RELEASED)

    await db.write(live)
    (shipped,) = (await db.read(composed)).shipped.shown
    assert shipped.thanks == ("Boris", "Alice", "Tanya")


async def test_customers_who_heard_the_old_date_are_named_only_where_nobody_else_reads(db: Database) -> None:
    await move_in(db)

    def live(store: Store) -> None:
        file(
            store, "saml", day=-20, customers=(Customer(name="Acme"), Customer(name="Bolt"), Customer(name="Cora"))
        )
        acme, bolt, _ = (ask.account for ask in store.accounts.asks(number(1)))
        move(store, 1, -10, Status.PLANNED, "2026-12-05")
        promises.say(store, at(-9), number(1), "We expect it on 5 December.")
        promises.tell(store, at(-8, ALICE), number(1), [acme, bolt])
        move(store, 1, 3, Status.PLANNED, "2026-12-20")
        promises.say(store, at(4), number(1), "We expect it on 20 December.")
        promises.tell(store, at(5, ALICE), number(1), [bolt])

    await db.write(live)
    (unknown,) = (await db.read(composed)).redated.shown
    assert unknown.heard == ()
    await db.write(private)
    (known,) = (await db.read(composed)).redated.shown
    assert known.heard == ("Acme",)
    await db.write(lambda s: s.channels.put(CHANNEL, "with-acme", is_shared=True, at=MONDAY))
    (shared,) = (await db.read(composed)).redated.shown
    assert shared.heard == ()


async def test_outcomes_of_the_week_say_how_much_is_used(db: Database) -> None:
    await move_in(db)

    def live(store: Store) -> None:
        file(store, "saml", day=-40)
        move(store, 1, -35, Status.RELEASED)
        outcomes.aim(store, at(-34), number(1), 40, None)
        outcomes.measure(store, at(2), number(1), 46.5)

    await db.write(live)
    (used,) = (await db.read(composed)).outcomes.shown
    assert (used.row.title, used.percent, used.target) == ("saml", 46.5, 40)


async def test_two_hundred_moves_make_a_short_digest_that_counts_them_all(db: Database) -> None:
    await move_in(db)

    def live(store: Store) -> None:
        file(store, *(f"r{n}" for n in range(200)), day=-20)
        for n in range(1, 201):
            status = (Status.RELEASED, Status.IN_PROGRESS, Status.PLANNED, Status.PLANNED)[n % 4]
            target = "2026-11-01" if n % 4 == 3 else "2026-12-12"
            act = at(n / 40)
            after = change(store, n, n / 40, status=status, target=date.fromisoformat(target), companies=n)
            store.blockers.add(
                Blocker(id=0, number=after.number, words="w", owner=BORIS, by=ALICE, at=act.at), f"b:{n}"
            ) if n % 4 == 2 else None

    await db.write(live)
    made = await db.read(composed)
    parts = (made.shipped, made.started, made.redated, made.stuck, made.decisions)
    assert [len(part.shown) for part in parts] == [8] * 5
    assert [part.count for part in parts] == [50, 50, 100, 100, 100]
    assert len(made.top) == 5
    assert len(made.told) == 24


# ---- the first five -----------------------------------------------------------------------------


async def test_the_first_five_say_how_they_got_there(db: Database) -> None:
    await move_in(db)

    def first(store: Store) -> None:
        for n, value in enumerate((20, 13, 8, 5, 3, 2), 1):
            file(store, f"r{n}", day=-20, value=value)

    def then(store: Store) -> None:
        ranking.estimate(store, at(8, TANYA), number(6), Sizing(job_size=1))
        move(store, 2, 9, Status.RELEASED)

    await db.write(first)
    before = await db.read(composed)
    assert [(p.row.title, p.was, p.is_first) for p in before.top] == [(f"r{n}", None, True) for n in range(1, 6)]
    await db.write(post)
    await db.write(then)
    made = await db.read(lambda s: composed(s, until=14, period=NEXT))
    size = Change(field="job_size", old=13, new=1)
    assert [(p.row.title, p.was, p.causes) for p in made.top] == [
        ("r6", 6, (Cause(climbs=5, is_own=True, figure=size, by=TANYA),)),
        ("r1", 1, (Cause(climbs=-1, is_own=False),)),
        ("r3", 3, ()),
        ("r4", 4, ()),
        ("r5", 5, ()),
    ]
    assert not made.is_tied
    assert [week.name for week in made.weeks] == [THIS, NEXT]


async def test_it_says_so_when_others_stand_level_with_the_fifth(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, *(f"r{n}" for n in range(7))))
    made = await db.read(composed)
    assert len(made.top) == 5
    assert made.is_tied


# ---- what is stuck ------------------------------------------------------------------------------


async def test_stuck_is_what_is_late_blocked_or_has_not_moved_for_two_weeks(db: Database) -> None:
    await move_in(db)

    def live(store: Store) -> None:
        file(store, "late", "blocked", "still", "both", "fine", "talked", "owned", day=-40)
        for n, target in ((1, "2026-11-20"), (4, "2026-11-25"), (5, "2026-12-20")):
            change(store, n, -20, status=Status.PLANNED, target=date.fromisoformat(target))
        for n in (3, 6, 7):
            move(store, n, -20, Status.IN_PROGRESS, by=TANYA)
        change(store, 7, -15, owner=BORIS)
        block(store, 2, -3, "legal says no", TANYA)
        block(store, 2, -1, "and so does finance", BORIS)
        block(store, 4, -3, "no cluster", TANYA)
        promises.keep(store, at(5), board.the(store, number(6)), "We are at it.")

    await db.write(live)
    stuck = (await db.read(composed)).stuck.shown
    assert [(one.row.title, one.because, one.since, one.whose, one.words) for one in stuck] == [
        ("late", Because.LATE, date(2026, 11, 20), ("Boris",), None),
        ("both", Because.LATE, date(2026, 11, 25), ("Boris",), "no cluster"),
        ("blocked", Because.BLOCKED, date(2026, 11, 20), ("Tanya",), "legal says no"),
        ("still", Because.STILL, date(2026, 11, 3), ("Tanya",), None),
        ("owned", Because.STILL, date(2026, 11, 8), ("Boris",), None),
    ]


async def test_ten_working_days_without_a_move_are_two_weeks(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, "still", day=-40))
    await db.write(lambda s: move(s, 1, 0, Status.IN_PROGRESS))
    assert not (await db.read(lambda s: composed(s, until=13.5))).stuck
    assert (await db.read(lambda s: composed(s, until=14))).stuck


async def test_what_is_closed_is_not_stuck(db: Database) -> None:
    await move_in(db)

    def live(store: Store) -> None:
        file(store, "done", day=-40)
        block(store, 1, -30, "legal", TANYA)
        move(store, 1, 1, Status.RELEASED)

    await db.write(live)
    made = await db.read(composed)
    assert not made.stuck
    assert not made.decisions


# ---- what needs a size --------------------------------------------------------------------------


async def test_what_needs_a_size_says_whose_it_is_and_what_they_need(db: Database) -> None:
    await move_in(db)

    def live(store: Store) -> None:
        file(store, "many", day=1, job_size=None, customers=(Customer(name="Acme"), Customer(name="Bolt")))
        file(store, "asked", day=2, job_size=None)
        file(store, "valueless", day=3, value=None)
        file(store, "sized", day=4)
        questions.ask(store, at(5, TANYA), number(2), to=ALICE, words="Which clouds first?", kind=Kind.SIZE)

    await db.write(live)
    made = await db.read(composed)
    assert [(one.row.title, one.whose, one.needs) for one in made.unsized.shown] == [
        ("many", ("Tanya",), None),
        ("valueless", ("Boris",), None),
        ("asked", ("Alice",), "Which clouds first?"),
    ]


async def test_of_many_people_their_role_is_named_and_nobody_while_roles_are_not_in_use(db: Database) -> None:
    await move_in(db, roles=False)
    await db.write(lambda s: file(s, *(f"r{n}" for n in range(7)), job_size=None))
    made = await db.read(composed)
    assert ([one.whose for one in made.unsized.shown], made.unsized.more) == ([()] * 5, 2)

    def hire(store: Store) -> None:
        team = [f"UTECH{n}" for n in range(4)]
        store.people.put([a_person(user) for user in team], MONDAY)
        store.house.decide("roles", {"tech": team}, at(0))

    await db.write(hire)
    assert {one.whose for one in (await db.read(composed)).unsized.shown} == {("tech",)}


# ---- what waits for a decision ------------------------------------------------------------------


async def test_decisions_come_in_the_order_in_which_they_press(db: Database) -> None:
    await move_in(db)

    def live(store: Store) -> None:
        file(store, "top", day=-40, value=20)
        file(store, "unanswered", day=-40, value=1)
        file(store, "wanted", day=-40, job_size=None)
        file(store, "blocked", "late", "still", day=-40)
        file(store, "young", day=-0.9, value=1)
        for n in (1, 3, 4, 5, 6):
            change(store, n, -39, answered_at=moment(-39))
        change(store, 3, -2, wanted_by=BORIS)
        change(store, 5, -20, status=Status.PLANNED, target=date(2026, 11, 20))
        change(store, 6, -20, status=Status.IN_PROGRESS)
        block(store, 4, -3, "legal", TANYA)

    await db.write(live)
    found = await db.read(lambda s: digest.decisions(s, moment(7), Filter(), 10))
    assert [(one.row.title, one.because, one.since, one.whose) for one in found.shown] == [
        ("late", Because.LATE, date(2026, 11, 20), ("Boris",)),
        ("blocked", Because.BLOCKED, date(2026, 11, 20), ("Tanya",)),
        ("wanted", Because.WANTED, date(2026, 11, 21), ("Tanya",)),
        ("top", Because.UNPLANNED, date(2026, 10, 14), ("Boris",)),
        ("unanswered", Because.UNANSWERED, date(2026, 10, 14), ("Boris",)),
    ]
    assert found.shown[3].row.place
    assert found.shown[3].row.place.rank == 1
    few = await db.read(lambda s: digest.decisions(s, moment(7), Filter(), 2))
    assert (len(few.shown), few.more) == (2, 3)


async def test_product_has_five_working_days_for_its_first_answer(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, *"abcd", value=20))
    for day, waits in ((7.3, 0), (8, 1)):
        found = await db.read(lambda s: digest.decisions(s, moment(day), Filter(), 10))  # noqa: B023
        assert sum(one.because is Because.UNANSWERED for one in found.shown) == waits


# ---- a part of the board ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "part", [{"direction": "cost"}, {"owner": BORIS}, {"source": "support"}, {"direction": "cost", "owner": BORIS}]
)
async def test_a_channels_own_digest_speaks_of_its_part_only(db: Database, part: dict[str, Any]) -> None:
    await move_in(db)
    theirs = {"direction": "cost", "owner": BORIS, "source": "support"}

    def live(store: Store) -> None:
        for prefix, day in (("other", -40.0), ("ours", -39.0)):
            file(store, *(f"{prefix} {what}" for what in ("shipped", "began", "late", "blocked")), day=day)
            file(store, f"{prefix} unsized", day=day, job_size=None)
        for n in range(1, 11):
            change(store, n, -38, **(theirs if n > 5 else {}), answered_at=moment(-38))
        for first in (1, 6):
            move(store, first, 1, Status.RELEASED)
            move(store, first + 1, 2, Status.IN_PROGRESS)
            change(store, first + 2, 3, status=Status.PLANNED, target=date(2026, 11, 26))
            block(store, first + 3, 3, "legal", TANYA)
            change(store, first + 4, 3, wanted_by=BORIS)

    await db.write(live)
    made = await db.read(lambda s: composed(s, of=replace(OURS, **part)))
    told: list[Any] = [
        *made.shipped.shown,
        *made.started.shown,
        *made.redated.shown,
        *made.stuck.shown,
        *made.decisions.shown,
    ]
    said = {one.row.title for one in (*told, *made.unsized.shown, *made.top)}
    assert said == {f"ours {what}" for what in ("shipped", "began", "late", "blocked", "unsized")}
    assert made.whose == ("Boris" if "owner" in part else None)


# ---- what is at stake ---------------------------------------------------------------------------


async def test_what_is_at_stake_is_told_only_where_nobody_else_reads(db: Database) -> None:
    await move_in(db)

    def live(store: Store) -> None:
        rich = [
            Account(id=AccountId("acme"), name="Acme", stage=Stage.CUSTOMER, arr=Money(minor=500, currency="EUR")),
            Account(id=AccountId("bolt"), name="Bolt", stage=Stage.TRIAL, arr=Money(minor=900, currency="EUR")),
        ]
        store.accounts.put(rich, MONDAY)
        file(store, "late", "blocked", day=-40)
        change(store, 1, -20, status=Status.PLANNED, target=date(2026, 11, 20))
        block(store, 2, -3, "legal", TANYA)
        store.accounts.add_asks([an_ask(1, "acme"), an_ask(2, "acme"), an_ask(2, "bolt")])
        for account, size in (("acme", 90), ("bolt", 40)):
            deals.report(store, at(-1), AccountId(account), Money(minor=size, currency="EUR"), None)

    await db.write(live)
    assert (await db.read(composed)).at_stake is None
    await db.write(private)
    stake = (await db.read(composed)).at_stake
    assert stake
    assert [amount.minor for amount in (*stake.at_risk, *stake.deals)] == [500, 130]
    assert stake.accounts == 2


# ---- corrected ----------------------------------------------------------------------------------


async def test_a_date_corrected_an_hour_later_shows_right_and_next_week_leaves_it_out(db: Database) -> None:
    await move_in(db)

    def live(store: Store) -> None:
        file(store, "reports", "other", day=-20)
        move(store, 1, -10, Status.PLANNED, "2026-12-05")
        move(store, 2, -10, Status.PLANNED, "2026-12-05")
        move(store, 1, 3, Status.PLANNED, "2026-12-12")
        post(store)
        move(store, 1, 7.04, Status.PLANNED, "2026-12-20")
        move(store, 2, 7.05, Status.PLANNED, "2026-12-24")

    await db.write(live)
    (right,) = (await db.read(corrected)).redated.shown
    assert (right.row.title, right.was, right.row.target) == ("reports", date(2026, 12, 5), date(2026, 12, 20))
    (later,) = (await db.read(lambda s: composed(s, until=14, period=NEXT))).redated.shown
    assert (later.row.title, later.was, later.row.target) == ("other", date(2026, 12, 5), date(2026, 12, 24))


async def test_what_happens_after_a_day_is_told_next_week_and_not_in_the_old_digest(db: Database) -> None:
    await move_in(db)

    def live(store: Store) -> None:
        file(store, "reports", day=-20)
        move(store, 1, -10, Status.PLANNED, "2026-12-05")
        move(store, 1, 3, Status.PLANNED, "2026-12-12")
        post(store)
        move(store, 1, 7.5, Status.PLANNED, "2026-12-15")
        move(store, 1, 9, Status.IN_PROGRESS, "2026-12-24")

    await db.write(live)
    old = await db.read(corrected)
    assert [(one.was, one.row.target) for one in old.redated.shown] == [(date(2026, 12, 5), date(2026, 12, 15))]
    assert not old.started
    new = await db.read(lambda s: composed(s, until=14, period=NEXT))
    assert [(one.was, one.row.target) for one in new.redated.shown] == [(date(2026, 12, 15), date(2026, 12, 24))]
    assert titles(new.started.shown) == ["reports"]


async def test_what_was_taken_back_at_once_is_gone_from_the_digest_and_never_told_again(db: Database) -> None:
    await move_in(db)

    def live(store: Store) -> None:
        file(store, "saml", day=-20)
        move(store, 1, 3, Status.RELEASED)
        post(store)
        move(store, 1, 7.1, Status.BACKLOG)

    await db.write(live)
    old = await db.read(corrected)
    assert old.is_quiet
    assert old.told == {1}
    assert (await db.read(lambda s: composed(s, until=14, period=NEXT))).is_quiet


async def test_a_week_that_was_skipped_is_told_by_the_next_digest(db: Database) -> None:
    await move_in(db)

    def live(store: Store) -> None:
        file(store, "saml", day=-20)
        post(store, 0, "2026-W48")
        move(store, 1, 3, Status.RELEASED)
        skipped = post(store)
        store.digests.put(replace(skipped, state=State.SKIPPED, until=None))

    await db.write(live)
    made = await db.read(lambda s: composed(s, until=14, period=NEXT))
    assert (titles(made.shipped.shown), made.since) == (["saml"], date(2026, 11, 23))


async def test_the_facilitators_words_are_in_it(db: Database) -> None:
    await move_in(db)
    kept = Kept(
        subscription=COMPANY,
        period=THIS,
        channel=CHANNEL,
        state=State.COMING,
        since=MONDAY,
        sentence="Thank you all.",
        sentence_by=ALICE,
        at=MONDAY,
    )
    made = await db.read(lambda s: composed(s, kept=kept))
    assert (made.sentence, made.sentence_by) == ("Thank you all.", "Alice")


# ---- said ---------------------------------------------------------------------------------------


def notice(of: str = COMPANY) -> Notice:
    payload = {"subscription": of, "period": THIS, "version": 3}
    return Notice(topic=Topic.DIGEST, key="k", line=CHANNEL, payload=payload, due_at=moment(7))


async def test_what_is_said_is_what_was_kept_and_a_digest_that_was_given_up_says_nothing(db: Database) -> None:
    await move_in(db)

    def live(store: Store) -> None:
        store.house.decide("channels", {"coordination": CHANNEL}, at(0))
        file(store, "saml", day=-20)
        move(store, 1, 3, Status.RELEASED)

    await db.write(live)
    with pytest.raises(NothingToSay):
        await db.read(digest.headline, notice())
    kept = await db.write(post)
    said = await db.read(digest.headline, notice())
    assert (said.version, titles(said.digest.shipped.shown)) == (3, ["saml"])
    assert (await db.read(digest.details, notice())).digest == said.digest
    for of in ("s7", "s", "nonsense"):
        with pytest.raises(NothingToSay):
            await db.read(digest.headline, notice(of))
    await db.write(lambda s: s.digests.put(replace(kept, state=State.SKIPPED)))
    with pytest.raises(NothingToSay):
        await db.read(digest.headline, notice())


async def test_the_north_star_is_its_newest_twelve_figures_in_order_of_their_periods(db: Database) -> None:
    await move_in(db)
    star = {
        "metric": "activation",
        "name": "Activation",
        "definition": "New users active within 30 days",
        "unit": "%",
        "target": 65,
    }

    def live(store: Store) -> None:
        store.house.decide("north_star", star, at(0))
        store.metrics.put("activation", "2026", 1, at(0))
        for week in range(40, 53):
            store.metrics.put("activation", f"2026-W{week}", week, at(0))

    assert (await db.read(composed)).star is None
    await db.write(live)
    found = (await db.read(composed)).star
    assert found
    assert (len(found.figures), found.figures[0][0], found.value, found.before) == (12, "2026-W42", 1, 52)
    assert found.star.name == "Activation"
