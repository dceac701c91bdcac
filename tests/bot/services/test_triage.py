"""New requests sorted, and the same ask made one, on both databases."""

from collections.abc import Sequence
from typing import Any

import pytest

from bot.domain.errors import Refused
from bot.domain.ids import RequestNumber, UserId
from bot.domain.requests import Customer, Request, Status
from bot.domain.triage import Sorted, Triage
from bot.services import intake, triage
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BORIS, TANYA, a_draft, an_act, move_in

DAY = 24 * 60


def file(store: Store, /, title: str, *customers: str, by: str = ALICE, minutes: float = 0, **more: Any) -> None:
    draft = a_draft(title, customers=[Customer(name=name) for name in customers], **more)
    intake.file(store, an_act(by, key=f"request:{title}", minutes=minutes), draft)


def sort(store: Store, /, number: int, by: str = BORIS, *, minutes: float = 60, **wish: Any) -> Sorted:
    act = an_act(by, key=f"triage:{number}", minutes=minutes, trace=f"triage{number}")
    return triage.sort(store, act, RequestNumber(number), Triage(**wish))


def get(store: Store, /, number: int) -> Request:
    found = store.requests.get(RequestNumber(number))
    assert found
    return found


def fields(store: Store, /, number: int) -> Sequence[str]:
    return [line.field for line in store.changes.of(f"request:{number}") if line.trace.startswith("triage")]


# ---- what waits ---------------------------------------------------------------------------------


async def test_what_waits_is_listed_with_how_long_and_what_it_is_like(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, "Kubernetes connector"))
    await db.write(lambda s: file(s, "Connector for Kubernetes", minutes=7 * DAY))
    new = await db.read(triage.waiting, an_act(BORIS, minutes=9 * DAY))
    assert [(one.request.number, one.days, one.is_late, one.asked_by) for one in new.shown] == [
        (1, 7, True, "Alice"),
        (2, 2, False, "Alice"),
    ]
    assert [one.like.number if one.like else None for one in new.shown] == [None, 1]
    assert (new.more, new.may_sort) == (0, True)
    assert not (await db.read(triage.waiting, an_act(ALICE))).may_sort


async def test_of_many_the_oldest_are_shown_and_the_others_counted(db: Database) -> None:
    await move_in(db)
    for n in range(13):
        await db.write(file, f"Wish {n}")
    new = await db.read(triage.waiting, an_act(BORIS))
    assert ([one.request.number for one in new.shown], new.more) == (list(range(1, 11)), 3)


# ---- sorting ------------------------------------------------------------------------------------


async def test_an_owner_is_a_first_answer(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, "One"))
    done = await db.write(lambda s: sort(s, 1, owner=BORIS, direction="Cost", tracker="https://x.test/1"))
    kept = await db.read(lambda s: get(s, 1))
    assert (done.owner, kept.owner, kept.direction, kept.tracker) == ("Boris", BORIS, "Cost", "https://x.test/1")
    assert kept.answered_at == an_act(minutes=60).at
    assert kept.version == 2
    assert await db.read(lambda s: fields(s, 1)) == ["owner", "direction", "tracker"]
    assert not (await db.read(triage.waiting, an_act(BORIS))).shown

    again = await db.write(lambda s: sort(s, 1, owner=BORIS, direction="Cost", tracker="https://x.test/1"))
    assert (again.is_changed, (await db.read(lambda s: get(s, 1))).version) == (False, 2)
    await db.write(lambda s: sort(s, 1, owner=TANYA, minutes=120))
    kept = await db.read(lambda s: get(s, 1))
    assert (kept.owner, kept.direction, kept.answered_at) == (TANYA, None, an_act(minutes=60).at)


async def test_a_direction_keeps_its_spelling(db: Database) -> None:
    await move_in(db)
    figures: dict[str, Any] = {"value": 5, "time_criticality": 5, "risk_reduction": 5, "job_size": 5}
    for title in ("One", "Two"):
        await db.write(file, title, **figures)
    await db.write(lambda s: sort(s, 1, direction="Cost visibility"))
    await db.write(lambda s: sort(s, 2, direction="cost Visibility"))
    assert (await db.read(lambda s: get(s, 2))).direction == "Cost visibility"


@pytest.mark.parametrize("by", [ALICE, TANYA])
async def test_sales_and_tech_do_not_sort(db: Database, by: str) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, "One"))
    with pytest.raises(Refused, match="Only product and leadership"):
        await db.read(triage.open_form, an_act(by), RequestNumber(1))
    with pytest.raises(Refused, match="Only product and leadership"):
        await db.write(lambda s: sort(s, 1, by=by, owner=by))
    assert (await db.read(lambda s: get(s, 1))).owner is None


async def test_a_closed_request_is_not_sorted(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, "One"))
    await db.write(lambda s: s.connection.exec_driver_sql("UPDATE request SET status = 'released'"))
    for service in (
        lambda s: sort(s, 1, owner=BORIS),
        lambda s: triage.open_form(s, an_act(BORIS), RequestNumber(1)),
    ):
        with pytest.raises(Refused, match="already released, so there is nothing to sort"):
            await db.write(service)


async def test_an_owner_is_a_colleague(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, "One"))
    with pytest.raises(Refused) as refused:
        await db.write(lambda s: sort(s, 1, owner=UserId("UNOBODY")))
    assert list(refused.value.fields) == ["owner"]


# ---- the same as another ------------------------------------------------------------------------


async def test_the_same_ask_becomes_one_whichever_is_sorted(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: file(s, "First", "Acme Bank", by=BORIS))
    await db.write(lambda s: file(s, "Second", "Acme Bank", "Borealis", minutes=10))
    done = await db.write(lambda s: sort(s, 1, same_as=2, owner=BORIS, direction="Costs"))
    assert done.merged
    assert (done.merged.joined.number, done.merged.survivor.number, done.merged.moved) == (2, 1, ("Borealis",))
    gone, kept = await db.read(lambda s: (get(s, 2), get(s, 1)))
    assert (gone.status, gone.same_as, gone.reason) == (Status.DECLINED, 1, "It's the same as R-1 First.")
    assert gone.answered_at
    assert (kept.companies, kept.owner, kept.direction) == (2, BORIS, "Costs"), (
        "the form was about the one that stays"
    )
    assert done.merged.survivor == kept
    assert await db.read(lambda s: fields(s, 2)) == ["status", "reason", "same_as"]
    assert await db.read(lambda s: fields(s, 1)) == ["merged", "owner", "direction"]

    again = await db.write(lambda s: sort(s, 1, same_as=2, owner=BORIS, direction="Costs"))
    assert (again.merged and again.merged.survivor, again.is_changed) == (kept, False)
    assert (await db.read(lambda s: get(s, 1))).version == kept.version


async def test_what_the_form_leaves_empty_stays_with_the_one_that_stands(db: Database) -> None:
    await move_in(db)
    for title in ("One", "Two"):
        await db.write(file, title)
    await db.write(lambda s: sort(s, 1, owner=TANYA, direction="Ease", tracker="https://x.test/1"))
    await db.write(lambda s: sort(s, 1, same_as=2))
    kept = await db.read(lambda s: get(s, 1))
    assert (kept.owner, kept.direction, kept.tracker) == (TANYA, "Ease", "https://x.test/1")


async def test_one_that_became_the_same_meanwhile_is_sorted_where_it_went(db: Database) -> None:
    await move_in(db)
    for title in ("One", "Two"):
        await db.write(file, title)
    await db.write(lambda s: sort(s, 2, same_as=1))
    with pytest.raises(Refused, match=r"It's the same as R-1 One; sort that one\."):
        await db.read(triage.open_form, an_act(BORIS), RequestNumber(2))
    with pytest.raises(Refused, match=r"It's the same as R-1 One; sort that one\."):
        await db.write(lambda s: sort(s, 2, owner=BORIS))


@pytest.mark.parametrize(
    ("same_as", "said"),
    [
        (1, "That's this request itself."),
        (3, "R-3 is released already."),
        (9, "There is no R-9 on the board."),
    ],
)
async def test_what_it_cannot_be_the_same_as(db: Database, same_as: int, said: str) -> None:
    await move_in(db)
    for title in ("One", "Two", "Three"):
        await db.write(file, title)
    await db.write(
        lambda s: s.connection.exec_driver_sql("UPDATE request SET status = 'released' WHERE number = 3")
    )
    with pytest.raises(Refused) as refused:
        await db.write(lambda s: sort(s, 1, same_as=same_as))
    assert refused.value.fields["same_as"].startswith(said)
    assert (await db.read(lambda s: get(s, 1))).status is Status.BACKLOG


async def test_requests_are_found_to_be_the_same_as_by_words_and_by_number(db: Database) -> None:
    await move_in(db)
    for title in ("Audit log", "Audit trail", "Audit of invoices"):
        await db.write(file, title)
    await db.write(
        lambda s: s.connection.exec_driver_sql("UPDATE request SET status = 'declined' WHERE number = 3")
    )

    async def found(words: str) -> list[int]:
        rows = await db.read(triage.suggest_same, an_act(BORIS), RequestNumber(1), words)
        return [row.number for row in rows]

    assert await found("audit") == [2]
    assert await found("R-2") == [2]
    assert await found("audit-trail") == [2]
    assert await found("R-1") == []
    assert await found("") == []

    await db.write(file, "Paper trail")
    await db.write(lambda s: sort(s, 4, same_as=2))
    assert await found("paper") == await found("R-4") == [2], "what stands for it is offered"
