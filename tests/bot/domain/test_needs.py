"""What forms show of customers, and what of it was said anew."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.domain.asks import Aim, Ask, Importance
from bot.domain.budgets import Purse, Wish
from bot.domain.deals import Deal
from bot.domain.errors import Refused
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.money import Money
from bot.domain.needs import Bid, Details, Need, corrected, offered, said
from tests.builders import ALICE, MONDAY

ACME, ONE = AccountId("acme"), RequestNumber(1)
SMALL, LARGE = Money(minor=5_000_00, currency="EUR"), Money(minor=9_000_00, currency="EUR")
DECEMBER, JANUARY = date(2026, 12, 18), date(2027, 1, 15)
PROTECT, GROW = Aim.PROTECT, Aim.GROW
BLOCKS, MUST = Importance.BLOCKS, Importance.MUST


def a_purse(*, pays: bool, deals: bool, aim: Aim | None = None) -> Purse:
    wish = Wish(number=ONE, importance=None, aim=aim)
    return Purse(
        account=ACME,
        name="Acme",
        revenue=LARGE if pays else None,
        deals=(SMALL,) if deals else (),
        wishes=(wish,),
    )


@pytest.mark.parametrize(
    ("purse", "aim"),
    [
        (a_purse(pays=True, deals=False), PROTECT),
        (a_purse(pays=True, deals=True), GROW),
        (a_purse(pays=False, deals=True), GROW),
        (a_purse(pays=False, deals=False), GROW),
        (a_purse(pays=True, deals=True, aim=PROTECT), PROTECT),
        (a_purse(pays=True, deals=False, aim=GROW), GROW),
    ],
)
def test_the_aim_offered(purse: Purse, aim: Aim) -> None:
    assert offered(purse, ONE) is aim


def a_need(**more: Any) -> Need:
    return Need(account=ACME, **more)


@pytest.mark.parametrize(
    ("known", "shown", "written", "counts", "after"),
    [
        ((None, None), (None, PROTECT), (BLOCKS, PROTECT), PROTECT, (BLOCKS, None)),  # what counts anyway
        ((None, None), (None, GROW), (BLOCKS, GROW), PROTECT, (BLOCKS, GROW)),  # agreed to what is offered
        ((None, None), (None, PROTECT), (None, GROW), PROTECT, (None, GROW)),
        ((None, None), (None, GROW), (None, PROTECT), PROTECT, (None, PROTECT)),  # or not agreed
        ((BLOCKS, GROW), (BLOCKS, GROW), (BLOCKS, GROW), GROW, (BLOCKS, GROW)),
        ((MUST, PROTECT), (BLOCKS, GROW), (BLOCKS, GROW), PROTECT, (MUST, PROTECT)),  # others went on meanwhile
        ((BLOCKS, GROW), (BLOCKS, GROW), (None, GROW), GROW, (None, GROW)),  # taken back
        ((BLOCKS, GROW), (BLOCKS, GROW), (BLOCKS, None), GROW, (BLOCKS, None)),
        ((BLOCKS, GROW), (BLOCKS, GROW), (BLOCKS, PROTECT), GROW, (BLOCKS, PROTECT)),
    ],
)
def test_what_is_left_as_shown_is_nobodys_word(
    known: tuple[Importance | None, Aim | None],
    shown: tuple[Importance | None, Aim | None],
    written: tuple[Importance | None, Aim | None],
    counts: Aim,
    after: tuple[Importance | None, Aim | None],
) -> None:
    ask = Ask(number=ONE, behind=ONE, account=ACME, by=ALICE, at=MONDAY, importance=known[0], aim=known[1])
    before, now = (a_need(importance=importance, aim=aim) for importance, aim in (shown, written))
    assert said(ask, before, now, counts) == replace(ask, importance=after[0], aim=after[1])


@pytest.mark.parametrize(
    ("shown", "written", "after"),
    [
        ((SMALL, DECEMBER), (LARGE, DECEMBER), (LARGE, JANUARY)),  # the date moved meanwhile
        ((SMALL, DECEMBER), (SMALL, DECEMBER), (SMALL, JANUARY)),
        ((None, None), (LARGE, None), (LARGE, JANUARY)),  # a size they couldn't see
        ((SMALL, DECEMBER), (None, None), (SMALL, JANUARY)),  # left empty stays
    ],
)
def test_a_deal_is_corrected_in_what_was_written_anew(
    shown: tuple[Money | None, date | None],
    written: tuple[Money | None, date | None],
    after: tuple[Money | None, date | None],
) -> None:
    deal = Deal(id=7, account=ACME, size=SMALL, closes=JANUARY, by=ALICE, at=MONDAY)
    was, now = (Bid(id=7, size=size, closes=closes) for size, closes in (shown, written))
    assert corrected(deal, was, now) == replace(deal, size=after[0], closes=after[1])


def test_a_second_deal_stands_beside_the_first() -> None:
    known = Bid(id=7, size=SMALL, closes=DECEMBER)
    shown = a_need(deals=(known,))
    written = Details(need=a_need(deals=(Bid(id=7, size=LARGE, closes=DECEMBER),)), is_another=True)
    assert written.settled(shown).deals == (known, Bid(size=LARGE))
    later = Details(need=a_need(deals=(Bid(id=7, size=LARGE, closes=JANUARY),)), is_another=True)
    assert later.settled(shown).deals == (known, Bid(size=LARGE, closes=JANUARY))


@pytest.mark.parametrize("size", [SMALL, None])
def test_a_second_deal_wants_a_size_of_its_own(size: Money | None) -> None:
    shown = a_need(deals=(Bid(id=7, size=SMALL),))
    written = Details(need=a_need(deals=(Bid(id=7, size=size),)), is_another=True)
    with pytest.raises(Refused, match="Write the other deal's size") as refused:
        written.settled(shown)
    assert refused.value.fields.keys() == {"deal_size:0"}
