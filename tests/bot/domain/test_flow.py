"""How requests move, and what of it is news."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from bot.domain.changes import Logged
from bot.domain.errors import Refused
from bot.domain.flow import (
    WHY_LIMIT,
    Move,
    MoveForm,
    Shown,
    check,
    is_worth_saying,
    moved,
    must_wait,
    news_of,
    rebased,
)
from bot.domain.requests import Status
from bot.domain.roles import Doing
from tests.builders import BORIS, MONDAY, a_request, the_founding_request

TODAY = date(2026, 11, 23)
DECEMBER = date(2026, 12, 12)
NO = {"why": "2 of 340 accounts asked.", "sentence": "We won't build it."}
LATER = MONDAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("status", "given", "wrong"),
    [
        (Status.BACKLOG, {}, set()),
        (Status.PLANNED, {}, {"target"}),
        (Status.PLANNED, {"target": DECEMBER}, set()),
        (Status.IN_PROGRESS, {}, set()),
        (Status.DECLINED, {}, {"why", "sentence"}),
        (Status.DECLINED, {"why": " \u200b\n"}, {"why", "sentence"}),
        (Status.DECLINED, {"why": "No."}, {"sentence"}),
        (Status.DECLINED, {"sentence": "No."}, {"why"}),
        (Status.DECLINED, NO, set()),
    ],
)
def test_a_move_says_what_it_needs_beside_every_field(status: Status, given: Any, wrong: set[str]) -> None:
    assert faults(lambda: Move(status=status, **given)) == wrong


def faults(do: Callable[[], object]) -> set[str]:
    try:
        do()
    except Refused as refused:
        return set(refused.fields)
    return set()


@pytest.mark.parametrize("field", [{"why": "x" * (WHY_LIMIT + 1)}, {"sentence": "x" * 601}])
def test_words_have_room_and_an_end(field: Any) -> None:
    with pytest.raises(ValueError, match="eep it under"):
        Move(status=Status.BACKLOG, **field)


@pytest.mark.parametrize(
    ("was", "had", "to", "day", "refused"),
    [
        (Status.BACKLOG, None, Status.PLANNED, -1, True),
        (Status.BACKLOG, None, Status.PLANNED, 0, False),
        (Status.PLANNED, 5, Status.PLANNED, -1, True),
        (Status.PLANNED, -1, Status.PLANNED, -1, False),
        (Status.PLANNED, -1, Status.IN_PROGRESS, -1, False),
        (Status.IN_PROGRESS, -1, Status.PLANNED, -1, True),
        (Status.RELEASED, -1, Status.BACKLOG, -1, False),
    ],
)
def test_a_new_date_has_not_passed_but_one_that_stands_may(
    was: Status, had: int | None, to: Status, day: int, refused: bool
) -> None:
    before = a_request(status=was, target=None if had is None else TODAY + timedelta(days=had))
    move = Move(status=to, target=TODAY + timedelta(days=day))
    assert faults(lambda: check(move, before, TODAY)) == ({"target"} if refused else set())


@pytest.mark.parametrize("status", list(Status))
def test_nothing_goes_into_work_unestimated(status: Status) -> None:
    waits = status in (Status.IN_PROGRESS, Status.TESTING, Status.RELEASED)
    assert must_wait(a_request(), status) == waits
    assert not must_wait(the_founding_request(), status)
    assert not must_wait(a_request(status=status), status)


def test_what_belongs_to_a_status_comes_and_goes_with_it() -> None:
    planned = moved(the_founding_request(), Move(status=Status.PLANNED, target=DECEMBER), MONDAY, answers=True)
    assert (planned.target, planned.answered_at, planned.released_at) == (DECEMBER, MONDAY, None)
    released = moved(planned, Move(status=Status.RELEASED, target=DECEMBER), LATER, answers=True)
    assert (released.target, released.answered_at, released.released_at) == (DECEMBER, MONDAY, LATER)
    again = moved(released, Move(status=Status.RELEASED), LATER + timedelta(days=1), answers=True)
    assert again.released_at == LATER
    declined = moved(released, Move(status=Status.DECLINED, target=DECEMBER, **NO), LATER, answers=True)
    assert (declined.target, declined.released_at, declined.reason) == (None, None, NO["why"])
    reopened = moved(declined, Move(status=Status.BACKLOG, why="A big one asks."), LATER, answers=True)
    assert (reopened.reason, reopened.target) == (None, None)


def test_only_who_speaks_for_product_answers_and_a_move_to_where_it_is_answers_nothing() -> None:
    before = a_request()
    assert moved(before, Move(status=Status.PLANNED, target=DECEMBER), MONDAY, answers=False).answered_at is None
    assert moved(before, Move(status=Status.BACKLOG), MONDAY, answers=True) == before


@pytest.mark.parametrize(
    ("to", "waits"), [(Status.PLANNED, True), (Status.IN_PROGRESS, False), (Status.DECLINED, False)]
)
def test_who_wants_to_start_it_waits_until_it_starts_or_is_declined(to: Status, waits: bool) -> None:
    before = the_founding_request(wanted_by=BORIS)
    after = moved(before, Move(status=to, target=DECEMBER, **NO), MONDAY, answers=True)
    assert (after.wanted_by is not None) == waits


def test_what_a_form_left_alone_stays_as_it_is_now() -> None:
    shown = Shown(status=Status.BACKLOG, target=None)
    now = a_request(status=Status.PLANNED, target=DECEMBER)
    only_words = rebased(Move(status=Status.BACKLOG, sentence="Soon."), shown, now)
    assert (only_words.status, only_words.target, only_words.sentence) == (Status.PLANNED, DECEMBER, "Soon.")
    moved_on = rebased(Move(status=Status.IN_PROGRESS), shown, now)
    assert (moved_on.status, moved_on.target) == (Status.IN_PROGRESS, DECEMBER)
    assert rebased(Move(status=Status.BACKLOG), Shown(status=Status.PLANNED, target=DECEMBER), now).target is None


# ---- what is news -------------------------------------------------------------------------------


def lines(*changes: tuple[str, Any, Any]) -> list[Logged]:
    return [
        Logged(
            id=n,
            subject="request:14",
            field=field,
            old=old,
            new=new,
            by=BORIS,
            at=MONDAY,
            why=None,
            via="slack",
            trace="t",
        )
        for n, (field, old, new) in enumerate(changes)
    ]


PLANNED = ("status", "backlog", "planned")
BACK = ("status", "planned", "backlog")
WORDS = ("sentence", None, "We plan it.")


@pytest.mark.parametrize(
    ("log", "stands", "said"),
    [
        ([PLANNED], False, True),
        ([PLANNED, BACK], False, False),
        ([WORDS], True, True),
        ([WORDS], False, False),
        ([PLANNED, WORDS, BACK], True, False),
        ([PLANNED, WORDS, BACK], False, False),
        ([PLANNED, BACK, WORDS], True, True),
        ([WORDS, ("sentence", "We plan it.", None)], True, False),
        ([("owner", None, "UBORIS"), ("value", None, {})], True, False),
        ([], True, False),
    ],
)
def test_what_goes_there_and_back_is_not_said(log: Any, stands: bool, said: bool) -> None:
    logged = lines(*log)
    assert is_worth_saying(news_of(logged), logged, stands=stands) == said


@pytest.mark.parametrize(
    ("may", "statuses", "writes"),
    [
        ({Doing.MOVE}, set(Status) - {Status.DECLINED}, False),
        ({Doing.DECLINE}, {Status.BACKLOG, Status.DECLINED}, True),
        ({Doing.MOVE, Doing.DECLINE, Doing.PROMISE}, set(Status), True),
    ],
)
def test_the_form_offers_what_its_reader_may(may: Any, statuses: set[Status], writes: bool) -> None:
    form = MoveForm(request=a_request(), sentence=None, may=frozenset(may), today=TODAY)
    assert set(form.statuses) == statuses
    assert form.may_write == writes
