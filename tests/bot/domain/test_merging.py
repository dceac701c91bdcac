"""Which of two requests stands for both, who hangs on whom, and how long that can be taken back."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from bot.domain.changes import Logged, differences
from bot.domain.errors import Refused
from bot.domain.ids import RequestNumber
from bot.domain.merging import Link, apart, beneath, survivor
from bot.domain.requests import Request, Status
from tests.builders import ALICE, BORIS, MONDAY, a_request

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def numbered(number: int, status: Status = Status.BACKLOG, hours: float = 0) -> Request:
    return a_request(number=RequestNumber(number), status=status, at=MONDAY + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (numbered(2, Status.TESTING), numbered(1, Status.IN_PROGRESS)),
        (numbered(2, Status.IN_PROGRESS), numbered(1, Status.PLANNED)),
        (numbered(2, Status.PLANNED), numbered(1)),
        (numbered(2), numbered(1, hours=1)),
        (numbered(1), numbered(2)),
    ],
    ids=[
        "testing before in work",
        "in work before planned",
        "planned before backlog",
        "older",
        "lower number",
    ],
)
def test_the_one_furthest_along_stands_else_the_oldest(one: Request, other: Request) -> None:
    assert survivor(one, other) == survivor(other, one) == one


def test_in_whatever_order_the_same_one_stands_for_all() -> None:
    three = [numbered(1, hours=2), numbered(2, Status.PLANNED), numbered(3, Status.PLANNED, hours=-1)]
    stand = {survivor(survivor(a, b), c).number for a, b, c in permutations(three)}
    assert stand == {3}


def links(*pairs: tuple[int, int]) -> list[Link]:
    return [Link(number=RequestNumber(n), same_as=RequestNumber(to), by=ALICE) for n, to in pairs]


@pytest.mark.parametrize(
    ("number", "hang"),
    [(1, {2, 3, 4, 5}), (2, {3, 4}), (3, {4}), (4, set()), (9, set())],
)
def test_what_hangs_on_a_request_directly_and_by_way_of_others(number: int, hang: set[int]) -> None:
    forest = links((2, 1), (3, 2), (4, 3), (5, 1))
    assert {link.number for link in beneath(RequestNumber(number), forest)} == hang


def test_a_long_chain_is_walked_to_its_end() -> None:
    assert len(beneath(RequestNumber(1), links(*((n + 1, n) for n in range(1, 5000))))) == 4999


# ---- taking it back -----------------------------------------------------------------------------


def joined(before: Request) -> Request:
    return replace(
        before,
        status=Status.DECLINED,
        reason="It's the same as R-3 Savings.",
        wanted_by=None,
        same_as=RequestNumber(3),
        survivor=RequestNumber(1),
        answered_at=before.answered_at or MONDAY,
    )


def logged(before: Request, after: Request) -> Iterable[Logged]:
    for n, change in enumerate(differences(before, after)):
        yield Logged(
            id=n, subject=after.subject, **vars(change), by=BORIS, at=MONDAY, why=None, via="slack", trace="abc"
        )


@pytest.mark.parametrize(
    "before",
    [
        a_request(),
        a_request(status=Status.PLANNED, target=MONDAY.date(), wanted_by=BORIS, answered_at=MONDAY - DAY),
    ],
    ids=["new", "planned, and somebody wants to start it"],
)
def test_within_a_day_it_is_as_it_was(before: Request) -> None:
    after = joined(before)
    assert apart(after, logged(before, after), MONDAY + DAY) == before


def test_after_a_day_it_stays() -> None:
    before = a_request()
    with pytest.raises(Refused) as refused:
        apart(joined(before), logged(before, joined(before)), MONDAY + DAY + SECOND)
    assert refused.value.text == (
        "R-14 has been the same as R-3 for more than a day, so it stays. "
        "If the needs differ, file this one as its own request."
    )


@pytest.mark.parametrize("moved_on", [{"reason": "Too dear."}, {"status": Status.PLANNED}, {"wanted_by": ALICE}])
def test_what_changed_since_stays(moved_on: dict[str, Any]) -> None:
    before = a_request(wanted_by=BORIS)
    after = joined(before)
    with pytest.raises(Refused, match="R-14 has changed since it became the same as R-3, so it stays"):
        apart(replace(after, **moved_on), logged(before, after), MONDAY)
