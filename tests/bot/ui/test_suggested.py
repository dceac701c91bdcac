"""Suggested figures in words, in the Estimate form and on the opened page."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.asks import Aim, Importance
from bot.domain.errors import Refused
from bot.domain.facts import SizingForm
from bot.domain.ids import RequestNumber
from bot.domain.merging import Joins
from bot.domain.money import Money
from bot.domain.pages import Page
from bot.domain.requests import Sizing
from bot.domain.roles import Doing
from bot.domain.suggestions import Closing, Hanging, SuggestedTime, SuggestedValue, Suggestions
from bot.domain.wsjf import SCALE, Factor
from bot.ui import estimate_form, parts, suggested
from bot.ui.memory import Memory, recall
from sandbox import rules
from tests.builders import BORIS, NAMES, a_card, a_request, a_standing, filled, the_founding_request

MEMORY = Memory(key="0" * 32, number=RequestNumber(14))
EUROS = Hanging(money=Money(minor=24_000_000, currency="EUR"), of=Aim.PROTECT, percent=6.0)
ZLOTY = Hanging(money=Money(minor=34_000_000, currency="PLN"), of=Aim.GROW, percent=12.5)


def a_value(figure: int = 8, **more: Any) -> SuggestedValue:
    values: dict[str, Any] = {"waiting": 12, "percent": 3.0, "known": 400, "by_reach": False, **more}
    return SuggestedValue(figure=figure, **values)


def a_time(figure: int = 8, days: int = 19, importance: Importance | None = Importance.MUST) -> SuggestedTime:
    closing = Closing(customer="Acme Bank", closes=date(2026, 12, 12), importance=importance)
    return SuggestedTime(figure=figure, closing=closing, days=days)


TWELVE = "Suggested 13: 12 companies wait, 3 % of the 400 we know."


# ---- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (a_value(), "Suggested 8: 12 companies wait, 3 % of the 400 we know."),
        (a_value(1, waiting=1, percent=None, known=None), "Suggested 1: 1 company waits."),
        (
            a_value(20, waiting=1_200, percent=30.0, known=4_000, by_reach=True),
            "Suggested 20: 1,200 of the 4,000 customers we know wait for it, 30 %.",
        ),
        (
            a_value(13, more=True, hanging=EUROS),
            f"{TWELVE} One step more for money: €240k, 6 % of what all pay in EUR.",
        ),
        (
            a_value(13, more=True, hanging=ZLOTY),
            f"{TWELVE} One step more for money: PLN 340k, 12.5 % of all open deals in PLN.",
        ),
        (
            a_value(13, more=True),
            f"{TWELVE} One step more for the money behind it.",
        ),
    ],
)
def test_why_a_value_is_suggested(value: SuggestedValue, said: str) -> None:
    assert suggested.words(value) == said


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (a_time(), "Suggested 8: Acme Bank decides on 12 December (in 19 days) and won't buy without it."),
        (
            a_time(5, 1, Importance.BLOCKS),
            "Suggested 5: Acme Bank decides on 12 December (tomorrow); without it they won't buy more.",
        ),
        (
            a_time(8, 0, None),
            "Suggested 8: Acme Bank decides on 12 December (today); nobody has said how much they need it.",
        ),
    ],
)
def test_why_a_time_criticality_is_suggested(time: SuggestedTime, said: str) -> None:
    assert suggested.words(time) == said


# ---- in the Estimate form -----------------------------------------------------------------------

BOTH = Suggestions(value=a_value(13), time_criticality=a_time())


def a_blank(suggestions: Suggestions = BOTH) -> SizingForm:
    request = the_founding_request()
    standing = a_standing(request)
    return SizingForm(request=request, standing=standing, owned=frozenset(), names=NAMES, suggestions=suggestions)


def fields(view: parts.View) -> dict[str, str | None]:
    """The figures a form shows, by block_id."""
    inputs = [block for block in view["blocks"] if block["type"] == "input" and block["block_id"] != "why"]
    return {b["block_id"]: b["element"].get("initial_option", {}).get("value") for b in inputs}


def offers(view: parts.View) -> list[str]:
    return [block["accessory"]["text"]["text"] for block in view["blocks"] if "accessory" in block]


def refilled(view: parts.View, factor: Factor, figure: int, **typed: Any) -> parts.View:
    """The form after a button was pressed in it, with this typed before."""
    sent = filled(view, **typed)
    return estimate_form.refilled(a_blank(), recall(sent), estimate_form.so_far(sent), factor, figure)


def test_a_line_stands_under_each_figure_that_differs_from_what_is_suggested() -> None:
    view = estimate_form.form(a_blank(), MEMORY)
    assert [block["type"] for block in view["blocks"][1:7]] == [
        "input",
        "section",
        "input",
        "section",
        "input",
        "input",
    ]
    assert offers(view) == ["Take 13", "Take 8"]
    assert offers(estimate_form.form(a_blank(Suggestions(value=a_value(8))), MEMORY)) == []
    assert offers(estimate_form.form(a_blank(Suggestions()), MEMORY)) == []


def test_taking_prefills_that_field_anew_and_no_other() -> None:
    first = estimate_form.form(a_blank(), MEMORY)
    second = refilled(first, Factor.TIME_CRITICALITY, 8)
    assert fields(second) == {"value": "8", "time_criticality~2": "8", "risk_reduction": "3", "job_size": "13"}
    third = refilled(second, Factor.VALUE, 13)
    assert fields(third) == {"value~2": "13", "time_criticality~2": "8", "risk_reduction": "3", "job_size": "13"}
    assert estimate_form.read(filled(third)) == Sizing(value=13, time_criticality=8, risk_reduction=3, job_size=13)


def test_taking_again_fills_the_field_again_only_where_it_was_changed() -> None:
    second = refilled(estimate_form.form(a_blank(), MEMORY), Factor.VALUE, 13)
    assert refilled(second, Factor.VALUE, 13) == second
    third = refilled(second, Factor.VALUE, 13, **{"value~2": 3})
    assert fields(third)["value~3"] == "13"


def test_a_preview_keeps_the_field_that_was_filled() -> None:
    taken = refilled(estimate_form.form(a_blank(), MEMORY), Factor.VALUE, 13)
    assert fields(estimate_form.form(a_blank(), recall(taken), figures={})) == fields(taken)


def test_what_is_no_longer_suggested_is_not_taken() -> None:
    view = estimate_form.form(a_blank(), MEMORY)
    assert refilled(view, Factor.VALUE, 20) == view
    assert refilled(view, Factor.JOB_SIZE, 8) == view


@pytest.mark.parametrize("value", [None, "", "value", "value:4", "job_size:5", "value:8:8", "VALUE:8", "８"])
def test_a_button_that_is_none_of_ours_is_refused(value: str | None) -> None:
    with pytest.raises(Refused) as refused:
        suggested.taken({"value": value} if value is not None else {})
    assert refused.value.text == "This button is from an older Tandem. Close the form and open it again."


STEPS = st.sampled_from(SCALE)
NAMED = st.text(min_size=1, max_size=300)
AMOUNTS = st.builds(
    Hanging,
    money=st.builds(Money, minor=st.integers(0, 10**18), currency=st.sampled_from(["EUR", "JPY", "BHD", "PLN"])),
    of=st.sampled_from(Aim),
    percent=st.floats(5, 100),
)
VALUES = st.builds(
    SuggestedValue,
    figure=STEPS,
    waiting=st.integers(1, 10**9),
    percent=st.floats(0, 100),
    known=st.integers(1, 10**9),
    by_reach=st.booleans(),
    more=st.booleans(),
    hanging=st.none() | AMOUNTS,
)
NEEDED = st.sampled_from([None, Importance.BLOCKS, Importance.MUST])
CLOSINGS = st.builds(Closing, customer=NAMED, closes=st.dates(), importance=NEEDED)
TIMES = st.builds(SuggestedTime, figure=STEPS, closing=CLOSINGS, days=st.integers(0, 10**6))


@given(VALUES, TIMES)
def test_slack_takes_every_suggestion(value: SuggestedValue, time: SuggestedTime) -> None:
    blank = a_blank(Suggestions(value=value, time_criticality=time))
    view = estimate_form.form(blank, MEMORY)
    rules.check_view(view)
    for button in [block["accessory"] for block in view["blocks"] if "accessory" in block]:
        factor, figure = suggested.taken(button)
        rules.check_view(estimate_form.refilled(blank, MEMORY, blank.request.figures, factor, figure))


# ---- on the opened page -------------------------------------------------------------------------


def line(time: SuggestedTime | None, now: int | None, *may: Doing) -> str:
    request = a_request(time_criticality=now)
    page = Page(
        card=a_card(request),
        reader=BORIS,
        may=frozenset(may),
        watches=False,
        sentence=None,
        waiting=(),
        questions=(),
        history=(),
        names={},
        joins=Joins(),
        suggested=time,
    )
    return "".join(block["elements"][0]["text"] for block in suggested.on_page(page))


def test_the_page_says_that_a_close_date_presses_more_than_the_figure() -> None:
    may = Doing.CONFIRM_TIME_CRITICALITY
    assert line(a_time(), 2, may) == "Time criticality 2; a close date suggests 8."
    assert line(a_time(), None, may) == "No time criticality yet; a close date suggests 8."
    assert line(a_time(), 8, may) == line(a_time(), 13, may) == line(None, 2, may) == ""
    assert line(a_time(), 2, Doing.CONFIRM_VALUE) == ""


def test_an_unread_edition_of_a_field_gives_way_to_the_newest() -> None:
    view = filled(refilled(estimate_form.form(a_blank(), MEMORY), Factor.VALUE, 13))
    old = {"value": {"x": {"type": "static_select", "selected_option": {"value": "1"}}}}
    both = {**view, "state": {"values": {**view["state"]["values"], **old}}}
    assert estimate_form.read(both).value == 13


def test_a_form_remembers_what_was_taken_and_nothing_that_is_no_figure() -> None:
    remembered = MEMORY.model_copy(update={"taken": {Factor.VALUE: 13}, "editions": {Factor.VALUE: 2}}).to_json()
    assert recall({"private_metadata": remembered}).taken == {Factor.VALUE: 13}
    for forged in (remembered.replace('{"value":13}', '{"values":13}'), remembered.replace(":2}", ":1}")):
        assert forged != remembered
        with pytest.raises(Refused):
            recall({"private_metadata": forged})
