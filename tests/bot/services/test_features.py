"""What accounts come to on a day, and which of them a new day changes."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import count
from random import Random

import pytest

from bot.domain.features import BEFORE, LAST_FOUR_WEEKS, LAST_WEEK, Count, Features, Sign, Window
from bot.domain.ids import AccountId
from bot.domain.usage import Event, Kind, PersonId, Signal, SourceId, day_number, day_of
from bot.services import usage
from storage.database import Database
from storage.store import Store
from tests.bot.services.naive_usage import Rollups
from tests.bot.services.test_usage import kept, marked
from tests.builders import MONDAY, an_act

TODAY = day_number(MONDAY)
ACCOUNTS = tuple(AccountId(f"a{n}") for n in range(8))
NAMES = ("Report made", "Export", "Invite")


MESSAGES = count()


def used(account: str | None, person: str, *, ago: float, name: str = "Export", **more: object) -> Event:
    at = MONDAY - timedelta(days=ago)
    values: dict[str, object] = {
        "source": SourceId("s"),
        "message": f"m-{next(MESSAGES)}",
        "kind": Kind.TRACK,
        "person": PersonId(person),
        "account": account,
        "at": at,
        "received_at": at,
        "name": name,
        **more,
    }
    return Event(**values)  # type: ignore[arg-type]


def a_page(account: str, person: str, path: str, *, ago: float) -> Event:
    return used(account, person, ago=ago, kind=Kind.PAGE, name="", path=path)


async def record(db: Database, *events: Event) -> None:
    await db.write(usage.record, an_act(), events)


async def features_of(db: Database, account: str, day: int = TODAY) -> Features:
    found = await db.read(usage.features, [AccountId(account)], day)
    return found[AccountId(account)]


async def test_people_are_counted_once_in_each_window(db: Database) -> None:
    await record(
        db,
        used("acme", "ines", ago=0),
        used("acme", "ines", ago=0, name="Report made"),
        used("acme", "jon", ago=6),
        used("acme", "jon", ago=7),
        used("acme", "kim", ago=13),
        used("acme", "lea", ago=27),
        used("acme", "max", ago=28),
        used("globex", "ola", ago=1),
    )
    found = await features_of(db, "acme")
    assert (found.week, found.before) == (Count(people=2, events=3), Count(people=2, events=2))
    assert found.four_weeks == Count(people=4, events=6)
    assert (found.new_people, found.breadth) == (1, 2), "Jon was there the week before"


async def test_a_browser_that_turns_out_to_be_somebody_counts_as_them(db: Database) -> None:
    await record(db, used("acme", "anon", ago=2), used("acme", "ines", ago=9))
    assert (await features_of(db, "acme")).new_people == 1
    await record(db, used("acme", "ines", ago=1, kind=Kind.IDENTIFY, name="", also=PersonId("anon")))
    found = await features_of(db, "acme")
    assert (found.week.people, found.four_weeks.people, found.new_people) == (1, 1, 0)


async def test_a_signal_is_shown_by_itself_and_is_no_use(db: Database) -> None:
    await record(
        db,
        a_page("acme", "ines", "/pricing", ago=3),
        a_page("acme", "jon", "/plans/big", ago=5),
        a_page("acme", "jon", "/terms", ago=40),
    )
    found = await features_of(db, "acme")
    assert found.signs == {Signal.PRICING: Sign(people=2, last=TODAY - 3)}
    assert (found.week, found.breadth) == (Count(people=2, events=2), 0)


async def test_an_account_of_which_there_is_nothing_comes_to_nothing(db: Database) -> None:
    assert await features_of(db, "acme") == Features(account=AccountId("acme"), day=TODAY)


# ---- held against the rows ----------------------------------------------------------------------


def naive(rollups: Rollups, account: AccountId, today: int) -> Features:
    own = [(day, who, feature, n) for (of, day, who, feature), n in rollups.items() if of == account]
    use = [(day, who, feature, n) for day, who, feature, n in own if not feature.startswith("~")]

    def within(window: Window) -> list[tuple[int, str, str, int]]:
        return [row for row in use if window.newest <= today - row[0] <= window.oldest]

    def counted(window: Window) -> Count:
        rows = within(window)
        return Count(people=len({who for _, who, _, _ in rows}), events=sum(n for *_, n in rows))

    earlier = {who for day, who, _, _ in use if day < today - 6}
    signs = {
        signal: [(day, who) for day, who, feature, _ in own if feature == signal.feature and 0 <= today - day <= 27]
        for signal in Signal
    }
    return Features(
        account=account,
        day=today,
        week=counted(LAST_WEEK),
        before=counted(BEFORE),
        four_weeks=counted(LAST_FOUR_WEEKS),
        new_people=len({who for _, who, _, _ in within(LAST_WEEK)} - earlier),
        breadth=len({feature for _, _, feature, _ in within(LAST_FOUR_WEEKS)} - {""}),
        signs={
            signal: Sign(people=len({who for _, who in shown}), last=max(day for day, _ in shown))
            for signal, shown in signs.items()
            if shown
        },
    )


def some_use(chance: Random, events: int) -> list[Event]:
    return [_something(chance, str(n)) for n in range(events)]


def _something(chance: Random, message: str) -> Event:
    account, person = chance.choice(ACCOUNTS), PersonId(chance.choice(("ines", "jon", "kim", "lea")))
    ago = chance.choice([chance.randrange(45), *range(5, 9), *range(12, 16), *range(26, 30), -1])
    event = used(account, person, ago=ago, message=message, name=chance.choice(NAMES))
    return (
        event
        if chance.random() < 0.7
        else used(
            account,
            person,
            ago=ago,
            message=message,
            kind=Kind.PAGE,
            name="",
            path=chance.choice(["/pricing", "/home", "/security"]),
            also=PersonId("anon") if chance.random() < 0.1 else None,
        )
    )


@pytest.mark.parametrize("seed", range(6))
async def test_a_new_day_marks_the_accounts_it_changes_and_no_other_changes(db: Database, seed: int) -> None:
    chance = Random(seed)
    await record(db, *some_use(chance, 30))
    await slide_all(db, TODAY - 1)
    before, today = await all_features(db, TODAY - 1), TODAY - 1
    for step in (1, 1, 3, 1, 1, 20, 1, 60):
        today += step
        await db.write(marked)
        await slide_all(db, today, limit=chance.randrange(1, 5))
        after = await all_features(db, today)
        rollups = await db.read(kept)
        assert after == {one: naive(rollups, one, today) for one in ACCOUNTS}
        changed = {one for one in ACCOUNTS if _of_no_day(before[one]) != _of_no_day(after[one])}
        found = await db.write(marked)
        assert changed <= found, f"seed {seed}, {day_of(today)}"
        assert found <= crossed(rollups, today, step), f"seed {seed}, {day_of(today)}"
        before = after


def crossed(rollups: Rollups, today: int, days: int) -> set[str]:
    """Accounts with a row that entered or left a window since so many days ago."""
    windows = (LAST_WEEK, BEFORE, LAST_FOUR_WEEKS)

    def changes(day: int) -> bool:
        ages = range(today - day - days, today - day + 1)
        return any(len({w.newest <= age <= w.oldest for age in ages}) > 1 for w in windows)

    return {account for account, day, _, _ in rollups if changes(day)}


async def slide_all(db: Database, today: int, limit: int = 500) -> None:
    while await db.write(usage.slide, an_act(), today, limit):
        pass


async def all_features(db: Database, day: int) -> Mapping[AccountId, Features]:
    return await db.read(usage.features, ACCOUNTS, day)


def _of_no_day(found: Features) -> dict[str, object]:
    return {name: value for name, value in vars(found).items() if name != "day"}


async def test_a_day_slides_once(db: Database) -> None:
    await record(db, used("acme", "ines", ago=7))
    await slide_all(db, TODAY)
    assert await db.write(marked) == {"acme"}
    await slide_all(db, TODAY)
    assert await db.write(marked) == set()


# ---- looking at what changed --------------------------------------------------------------------


async def test_what_changes_while_one_looks_stays_to_be_looked_at(db: Database) -> None:
    await record(db, used("acme", "ines", ago=0), used("globex", "jon", ago=0))
    seen = await db.read(usage.changed, 10)
    assert seen.keys() == {"acme", "globex"}
    await record(db, used("acme", "kim", ago=0))
    await db.write(usage.settled, seen)
    assert (await db.read(usage.changed, 10)).keys() == {"acme"}


async def test_the_longest_waiting_account_is_looked_at_first(db: Database) -> None:
    for minute, account in enumerate(("zeta", "acme", "globex")):
        await db.write(usage.record, an_act(minutes=minute), [used(account, "ines", ago=0)])
    assert list(await db.read(usage.changed, 2)) == ["zeta", "acme"]


# ---- signals as people set them -----------------------------------------------------------------


def set_signals(store: Store, events: Mapping[str, Iterable[str]], paths: Mapping[str, Iterable[str]]) -> None:
    kept = {"events": {k: list(v) for k, v in events.items()}, "paths": {k: list(v) for k, v in paths.items()}}
    store.house.decide(usage.SIGNALS, kept, an_act())


async def test_signals_go_by_the_names_and_paths_people_set(db: Database) -> None:
    await record(db, a_page("acme", "ines", "/pricing", ago=2))
    await db.write(set_signals, {"contact": ["Call Me"]}, {"pricing": ["preise/"], "legal": []})
    await record(
        db,
        a_page("acme", "jon", "/Preise/2027", ago=1),
        a_page("acme", "kim", "/pricing", ago=1),
        a_page("acme", "kim", "/terms", ago=1),
        used("acme", "lea", ago=1, name="call me"),
    )
    signs = (await features_of(db, "acme")).signs
    assert signs[Signal.PRICING] == Sign(people=2, last=TODAY - 1), "what was taken in before stays as it was"
    assert signs[Signal.CONTACT] == Sign(people=1, last=TODAY - 1)
    assert signs.keys() == {Signal.PRICING, Signal.CONTACT}
