"""What is asked and shown of the customers behind a request: short, and Slack takes it whatever they are called."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.asks import Aim, Importance
from bot.domain.board import Standing
from bot.domain.budgets import Behind, Brings
from bot.domain.changes import Logged
from bot.domain.errors import Refused
from bot.domain.facts import Filed, Joined, Outcome
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.merging import Joins
from bot.domain.money import Money, read_money
from bot.domain.needs import AT_ONCE, Asking, Bid, DetailsForm, Kept, Need
from bot.domain.pages import Page, Waiting
from bot.domain.requests import Customer, Join, Request
from bot.domain.roles import Doing
from bot.ui import details_form, figures, history, join_form, needs_form, request_form, waiting, worth
from bot.ui.memory import Memory, recall
from sandbox import rules
from tests.bot.ui.test_limits import ANY_REQUEST, NAMED, PLACED
from tests.bot.ui.test_wording import seen
from tests.builders import ALICE, GENERATED, MONDAY, NAMES, a_card, filled, the_founding_request

ACME = AccountId("acme-bank")
KEY = "0" * 32
DECEMBER = date(2026, 12, 18)


def eur(major: int) -> Money:
    return Money(minor=major * 100, currency="EUR")


def a_customer(name: str = "Acme Bank", **more: Any) -> Brings:
    return Brings(**{"account": ACME, "name": name, "asks": 3, **more})


def an_asking(name: str = "Acme Bank", *, aims: bool = False, bids: bool = False, **shown: Any) -> Asking:
    brings = a_customer(name, revenue=eur(180_000))
    return Asking(brings=brings, shown=Need(**{"account": ACME, **shown}), aims=aims, bids=bids)


def remembering(*asking: Asking) -> Memory:
    return Memory(key=KEY, number=RequestNumber(14), needs=tuple(one.shown for one in asking))


def state(view: dict[str, Any]) -> dict[str, Any]:
    return filled(view)


# ---- money in words -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("customer", "said"),
    [
        (
            a_customer(revenue=eur(180_000), deals=(eur(120_000),)),
            "Acme Bank · €180k a year, €120k in open deals, behind 3 asks",
        ),
        (a_customer(revenue=eur(180_000), asks=1), "Acme Bank · €180k a year, behind 1 ask"),
        (
            a_customer(deals=(eur(120_000), Money(minor=5, currency="JPY"))),
            "Acme Bank · €120k and ¥5 in open deals, behind 3 asks",
        ),
        (a_customer(), "Acme Bank · behind 3 asks"),
        (a_customer(asks=1_200), "Acme Bank · behind 1,200 asks"),
        (a_customer(asks=0), "Acme Bank"),
    ],
)
def test_a_customer_in_a_line(customer: Brings, said: str) -> None:
    assert worth.about(customer) == said


@pytest.mark.parametrize(
    ("money", "said"),
    [
        (
            Behind(protect=(eur(60_000),), grow=(eur(120_000),), customers=3),
            "Behind this: €60k a year to protect, €120k in open deals, of 3 customers.",
        ),
        (Behind(protect=(), grow=(eur(1),), customers=1), "Behind this: €1 in open deals, of 1 customer."),
        (
            Behind(protect=(eur(1), Money(minor=100, currency="USD")), grow=(), customers=112, among=200),
            "Behind this: €1 and $1 a year to protect, of 112 customers, among the newest 200.",
        ),
    ],
)
def test_the_money_behind_a_request(money: Behind, said: str) -> None:
    assert worth.behind(money) == said


@given(st.integers(0, 10**15), st.sampled_from(["EUR", "USD", "JPY", "KWD", "PLN", "GBP", "RUB"]))
def test_an_amount_in_a_form_is_read_as_it_is(minor: int, currency: str) -> None:
    amount = Money(minor=minor, currency=currency)
    assert read_money(figures.exact(amount), default="CHF", field="deal_size") == amount


# ---- the step -----------------------------------------------------------------------------------


def test_one_customer_is_asked_for_one_thing() -> None:
    one = an_asking()
    view = needs_form.step("On the board", [], [one], 1, remembering(one))
    assert (view["submit"]["text"], view["close"]["text"]) == ("Save", "Done")
    assert seen(view["blocks"]) == "---\nAcme Bank · €180k a year, behind 3 asks\nHow much do they need it?"


def test_each_of_several_is_asked_by_name() -> None:
    acme, globex = an_asking(aims=True, bids=True, deals=(Bid(),)), an_asking("Globex", bids=True, deals=(Bid(),))
    view = needs_form.step("On the board", [], [acme, globex], 12, remembering(acme, globex))
    assert seen(view["blocks"]).splitlines()[1:] == [
        "Acme Bank · €180k a year, behind 3 asks",
        "Acme Bank: how much do they need it?",
        "Acme Bank: what is it for?",
        "Acme Bank: deal size",
        "Acme Bank: close date",
        "Globex · €180k a year, behind 3 asks",
        "Globex: how much do they need it?",
        "Globex: deal size",
        "Globex: close date",
        "2 more customers: see *More* on the card.",
    ]


AMOUNTS = st.none() | st.builds(
    Money, minor=st.sampled_from([0, 1, 10**15]), currency=st.sampled_from(["EUR", "JPY", "KWD"])
)
BIDS = st.builds(Bid, id=st.none() | st.just(2**53 - 1), size=AMOUNTS, closes=st.none() | st.just(DECEMBER))


@st.composite
def _asking(draw: st.DrawFn) -> Asking:
    brings = Brings(
        account=AccountId(draw(st.text("ab-я", min_size=1, max_size=75))),
        name=draw(NAMED),
        asks=draw(st.sampled_from([0, 1, 10**6])),
        revenue=draw(AMOUNTS),
        deals=tuple(one for one in draw(st.lists(AMOUNTS, max_size=4)) if one),
    )
    shown = Need(
        account=brings.account,
        importance=draw(st.none() | st.sampled_from(Importance)),
        aim=draw(st.sampled_from(Aim)),
        deals=tuple(draw(st.lists(BIDS, min_size=1, max_size=4))),
    )
    return Asking(brings=brings, shown=shown, aims=draw(st.booleans()), bids=draw(st.booleans()))


ASKING = _asking()


@GENERATED
@given(PLACED, st.lists(ASKING, max_size=AT_ONCE), st.sampled_from(Outcome))
def test_the_step_after_filing_is_taken_and_read_as_shown(
    placed: tuple[Request, Standing], asking: list[Asking], outcome: Outcome
) -> None:
    asking = [one_bid(one) for one in asking]
    request, standing = placed
    filed = Filed(request=request, outcome=outcome, board=None, accounts=(ACME,) * 25)
    view = request_form.receipt(filed, standing, asking, remembering(*asking))
    rules.check_view(view)
    read_back(view, asking)


def one_bid(one: Asking) -> Asking:
    """The step shows one deal of each customer."""
    return replace(one, shown=one.shown.model_copy(update={"deals": one.shown.deals[:1]}))


def read_back(view: dict[str, Any], asking: Sequence[Asking]) -> None:
    """What was left as it was shown is read as what was shown; what isn't asked for says nothing."""
    if not asking:
        assert "submit" not in view
        return
    form = recall(view)
    written = needs_form.read(state(view), "CHF", form.needs)
    for one, was in zip(written, asking, strict=True):
        bids = was.shown.deals if was.bids else tuple(Bid(id=bid.id) for bid in was.shown.deals)
        assert one == was.shown.model_copy(update={"deals": bids})


@GENERATED
@given(ANY_REQUEST, st.lists(ASKING, min_size=1, max_size=AT_ONCE))
def test_the_step_after_joining_is_taken(request: Request, asking: list[Asking]) -> None:
    joined = Joined(request=request, added=("Acme",), accounts=(ACME,) * len(asking))
    wish = Join(customers=(Customer(name="Acme"),))
    view = join_form.receipt(joined, wish, [one_bid(one) for one in asking], remembering(*map(one_bid, asking)))
    rules.check_view(view)


@GENERATED
@given(ANY_REQUEST, ASKING, st.booleans())
def test_the_form_about_one_customer_is_taken_and_read_as_shown(request: Request, one: Asking, may: bool) -> None:
    one = replace(one, bids=True, aims=True)
    blank = DetailsForm(request=request, asking=one, may_remove=may)
    view = details_form.form(blank, remembering(one))
    rules.check_view(view)
    shown = details_form.shown(recall(view))
    details = details_form.read(state(view), "CHF", shown)
    assert (details.need, details.is_another, details.remove) == (shown, False, False)


def test_the_form_about_one_customer() -> None:
    known = an_asking(aims=True, bids=True, deals=(Bid(id=7, size=eur(99)),))
    view = details_form.form(
        DetailsForm(request=the_founding_request(), asking=known, may_remove=True), remembering(known)
    )
    assert seen(view["blocks"]) == (
        "*Acme Bank · €180k a year, behind 3 asks*\nk8s-connector\n"
        "How much do they need it?\n"
        "What is it for?\n"
        "Deal size\n"
        "Close date\n"
        "Another size? — Else it corrects the one we know.\n"
        "The deal of €99 [How did it end?]\n"
        "Remove"
    )


@pytest.mark.parametrize(
    ("field", "choice", "said"),
    [
        ("importance:0", {"selected_option": {"value": "9"}}, "Please choose this one again."),
        ("importance:0", {"selected_option": {"value": "'; --"}}, "Please choose this one again."),
        ("aim:0", {"selected_option": {"value": "win"}}, "Please choose this one again."),
        ("deal_size:0", {"value": "a lot"}, "Write an amount like 120k, 1.5m or €120 000."),
        ("close_date:0", {"selected_date": "soon"}, "Please choose this one again."),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(field: str, choice: dict[str, Any], said: str) -> None:
    one = an_asking(aims=True, bids=True, deals=(Bid(),))
    view = state(needs_form.step("On the board", [], [one], 1, remembering(one)))
    view["state"]["values"][field] = {"typed": choice}
    with pytest.raises(Refused) as refused:
        needs_form.read(view, "EUR", recall(view).needs)
    assert refused.value.fields == {field: said}


# ---- what came of it ----------------------------------------------------------------------------

KEPT = Kept(request=the_founding_request())


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (KEPT, "Nothing new was said, so all stays as it is."),
        (replace(KEPT, needs=(("Acme", Importance.BLOCKS),)), "Acme needs it: blocks expansion."),
        (replace(KEPT, needs=(("Acme", None),)), "How much Acme needs it is open."),
        (replace(KEPT, aims=(("Acme", Aim.GROW),)), "For Acme it's to win what they don't pay yet."),
        (replace(KEPT, aims=(("Acme", None),)), "What Acme wants it for is open."),
        (replace(KEPT, deals=("Acme", "Globex")), "Deals up to date: Acme and Globex."),
        (replace(KEPT, removed="Acme"), "*Acme doesn't wait for k8s-connector any more.*"),
    ],
)
def test_what_came_of_it(kept: Kept, said: str) -> None:
    assert seen(needs_form.receipt(kept)["blocks"]) == said


@GENERATED
@given(ANY_REQUEST, st.lists(NAMED, min_size=1, max_size=AT_ONCE))
def test_every_receipt_is_taken(request: Request, names: list[str]) -> None:
    kept = Kept(
        request=request,
        needs=tuple((name, Importance.MUST) for name in names),
        aims=tuple((name, Aim.GROW) for name in names),
        deals=tuple(names),
    )
    rules.check_view(needs_form.receipt(kept))
    rules.check_view(needs_form.receipt(replace(kept, removed=names[0])))


# ---- on the opened request ----------------------------------------------------------------------


def a_page(*who: Waiting, may: frozenset[Doing] = frozenset(), **more: Any) -> Page:
    values: dict[str, Any] = {
        "card": a_card(),
        "reader": ALICE,
        "may": may,
        "watches": False,
        "sentence": None,
        "waiting": who,
        "questions": (),
        "history": (),
        "names": NAMES,
        "joins": Joins(),
        **more,
    }
    return Page(**values)


def waits(**more: Any) -> Waiting:
    values: dict[str, Any] = {
        "account": ACME,
        "name": "Acme Bank",
        "by": "Alice",
        "importance": None,
        "contact": None,
        "may_talk": None,
        "brings": a_customer(revenue=eur(180_000)),
    }
    return Waiting(**{**values, **more})


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (waits(), "Acme Bank · €180k a year, behind 3 asks · from Alice"),
        (
            waits(importance=Importance.BLOCKS, may_talk=True, contact="Ines", by=None),
            "Acme Bank · €180k a year, behind 3 asks · blocks expansion · talk to Ines",
        ),
        (waits(may_talk=True), "Acme Bank · €180k a year, behind 3 asks · from Alice · product may talk to them"),
        (
            waits(may_talk=False, brings=a_customer()),
            "Acme Bank · behind 3 asks · from Alice · not to be talked to now",
        ),
    ],
)
def test_a_customer_on_the_opened_request(one: Waiting, line: str) -> None:
    assert line in seen(waiting.customers(a_page(one)))


def test_the_customers_of_a_request() -> None:
    money = Behind(protect=(eur(60_000),), grow=(), customers=3)
    blocks = waiting.customers(a_page(waits(), behind=money))
    assert seen(blocks).splitlines()[:3] == [
        "*3 companies wait*",
        "Behind this: €60k a year to protect, of 3 customers.",
        "Each customer's money is counted once, split over what it asks for by how much it needs it.",
    ]
    assert seen(blocks).splitlines()[-1] == "2 more brought earlier."
    assert waiting.customers(a_page()) == []


def test_one_button_stands_beside_the_line_and_two_beneath() -> None:
    beside = waiting.customers(a_page(waits()))[1]
    assert beside["accessory"]["value"] == "14:acme-bank"
    line, beneath = waiting.customers(a_page(waits(), may=frozenset({Doing.TRIAGE})))[1:3]
    assert "accessory" not in line
    assert [one["text"]["text"] for one in beneath["elements"]] == ["Edit", "May we talk?"]


# ---- what happened ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("importance", 2, "Acme Bank needs it: blocks expansion"),
        ("importance", None, "unsaid how much Acme Bank needs it"),
        ("aim", "grow", "for Acme Bank it's to win what they don't pay yet"),
        ("aim", None, ""),
    ],
)
def test_what_is_said_of_customers_in_the_history(field: str, value: object, said: str) -> None:
    new = {"account": "acme-bank", "name": "Acme Bank", "value": value}
    line = Logged(
        id=1,
        subject="request:14",
        field=field,
        old=None,
        new=new,
        by=ALICE,
        at=MONDAY,
        why=None,
        via="slack",
        trace="t",
    )
    assert history.change(line, NAMES) == said
