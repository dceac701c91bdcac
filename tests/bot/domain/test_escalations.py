"""Whose side somebody speaks for, what may be written, and what is left out for whom."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from bot.domain.board import Place
from bot.domain.escalations import (
    WORDS_LIMIT,
    Closing,
    Decision,
    Picture,
    Price,
    Saying,
    Side,
    Taking,
    Verdict,
    Weight,
    side_of,
)
from bot.domain.ids import RequestNumber
from bot.domain.money import Money
from bot.domain.requests import Status
from bot.domain.roles import Role
from bot.domain.wsjf import Score

EUROS = Money(minor=5_000_000, currency="EUR")


def a_weight(number: int = 3, **more: Any) -> Weight:
    values: dict[str, Any] = {
        "number": RequestNumber(number),
        "title": "Savings reports",
        "status": Status.PLANNED,
        "place": Place(rank=3, tied=False, of=9),
        "score": Score(1440),
        "companies": 2,
        "target": date(2026, 12, 12),
        "protect": (EUROS,),
        "grow": (EUROS,),
        "closing": (Closing(on=date(2026, 12, 18), customer="Acme"),),
    }
    return Weight(**{**values, **more})


@pytest.mark.parametrize(
    ("roles", "side"),
    [
        ({Role.SALES}, Side.SALES),
        ({Role.SUPPORT, Role.MARKETING}, Side.SALES),
        ({Role.PRODUCT}, Side.PRODUCT),
        ({Role.TECH, Role.LEADERSHIP}, Side.PRODUCT),
        ({Role.SALES, Role.LEADERSHIP}, None),
        (set(), None),
    ],
)
def test_the_side_somebody_speaks_for(roles: set[Role], side: Side | None) -> None:
    assert side_of(frozenset(roles)) is side


def test_every_role_is_of_a_side() -> None:
    assert all(side_of(frozenset({role})) for role in Role)
    assert (Side.SALES.other, Side.PRODUCT.other) == (Side.PRODUCT, Side.SALES)


def test_a_price_comes_back_from_the_memory_as_it_was() -> None:
    price = Price(what=a_weight(), waits=a_weight(2, place=None, score=None, target=None))
    assert Price.model_validate(price.model_dump(mode="json")) == price


def test_who_may_not_see_amounts_sees_counts_and_dates() -> None:
    bare = a_weight(protect=(), grow=(), closing=(Closing(on=date(2026, 12, 18), customer=None),))
    price = Price(what=a_weight(), waits=a_weight(2))
    assert price.without_amounts() == Price(what=bare, waits=bare.model_copy(update={"number": 2}))
    assert a_picture().without_amounts().could_wait == (bare.model_copy(update={"number": 2}),)


def test_where_anybody_may_read_along_there_is_nothing_of_deals() -> None:
    bare = a_weight(protect=(), grow=(), closing=())
    assert Price(what=a_weight()).without_deals() == Price(what=bare)
    assert a_picture().without_deals().what == bare


def a_picture() -> Picture:
    return Picture(what=a_weight(), above=(), how_many_above=2, could_wait=(a_weight(2),))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Say it in a few words."),
        (" \u200b ", "Say it in a few words."),
        ("x" * (WORDS_LIMIT + 1), "That's 1,001 characters; keep it under 1,000."),
    ],
)
def test_words_are_some_and_not_too_many(typed: str, words: str) -> None:
    for build in (Taking, Saying):
        with pytest.raises(ValidationError, match=words):
            build(words=typed)
    with pytest.raises(ValidationError, match=words):
        Decision(verdict=Verdict.PLACE, why=typed)
    assert Saying(words=" as typed \n").words == "as typed"


@pytest.mark.parametrize("displaced", [-1, 10**9, "x"])
def test_what_waits_is_a_request(displaced: Any) -> None:
    with pytest.raises(ValidationError):
        Decision(verdict=Verdict.FIRST, displaced=displaced, why="It pays.")
