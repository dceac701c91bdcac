"""How a release is said to be used, and what entered or left the first five; Slack takes whatever people wrote."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.changes import Change
from bot.domain.news import RankMoved
from bot.domain.outcomes import CHECKS, EVENT_LIMIT, Adoption, Aimed, AimForm, Figure
from bot.domain.requests import Request, Status
from bot.domain.wsjf import Factor
from bot.ui import aim_form, news, outcome
from bot.ui.memory import Memory
from bot.ui.parts import Message
from tests.bot.ui.test_limits import NAMED, REQUESTS, opened, taken, up_to
from tests.builders import GENERATED, a_request, a_standing, the_founding_request

MEMORY = Memory(key="0" * 32)


def an_adoption(percent: float | None = 46, day: int = 30, *, target: int = 40, **more: Any) -> Adoption:
    request = a_request(adoption_target=target, adoption_event=more.pop("event", None), status=Status.RELEASED)
    return Adoption(request=request, day=day, percent=percent, **{"looks": "Boris", **more})


def test_whoever_is_asked_reads_what_to_enter() -> None:
    asked = outcome.message(an_adoption(None, is_asked=True, event="connector_synced"))
    assert asked.text == (
        "k8s-connector was released 30 days ago. How many active accounts use it? Target 40 %. "
        "“connector_synced” shows it."
    )
    assert buttons(asked) == ["Enter the figure"]


@pytest.mark.parametrize(
    ("said", "rest"),
    [
        (an_adoption(46), ""),
        (an_adoption(40), ""),
        (an_adoption(51, 60, earlier=((30, 46.0),)), " 30 days: 46 %, 60 days: 51 %."),
        (
            an_adoption(22),
            " Boris looks into what keeps the others from it. I ask again 60 days after its release.",
        ),
        (
            an_adoption(22, looks=None),
            " Product looks into what keeps the others from it. I ask again 60 days after its release.",
        ),
        (
            an_adoption(4.5, 90, earlier=((30, 22.0), (60, 12.25)), is_asked=True),
            (
                " 30 days: 22 %, 60 days: 12.2 %, 90 days: 4.5 %. Please look into what keeps the others from it."
                " What fewer than 5 % use is a candidate to retire."
            ),
        ),
        (an_adoption(5, 90), " Boris looks into what keeps the others from it."),
    ],
)
def test_the_figure_comes_first_then_the_way_there_then_what_follows(said: Adoption, rest: str) -> None:
    lead = (
        f"k8s-connector is used by {said.percent:g} % of active accounts {said.day} days after its release; "
        "the target was 40 %."
    )
    assert outcome.message(said).text == lead + rest


def test_only_who_is_asked_may_change_the_figure() -> None:
    assert buttons(outcome.message(an_adoption(46, is_asked=True))) == ["Change the figure"]
    assert buttons(outcome.message(an_adoption(46))) == []


def test_the_form_asks_for_the_figure_once_it_is_released() -> None:
    figure = Figure(first=date(2026, 12, 23), last=date(2026, 12, 23), percent=46)
    before = aim_form.form(AimForm(request=a_request(), latest=None), MEMORY)
    after = aim_form.form(AimForm(request=a_request(status=Status.RELEASED), latest=figure), MEMORY)
    assert [b["block_id"] for b in before["blocks"] if b["type"] == "input"] == ["target", "event"]
    assert [b["block_id"] for b in after["blocks"] if b["type"] == "input"] == ["percent", "target", "event"]
    assert after["blocks"][1]["hint"]["text"] == "23 December: 46 %. Leave empty to keep it."


# ---- the first five -----------------------------------------------------------------------------


def a_move(*, entered: bool, request: Request | None = None, **more: Any) -> RankMoved:
    request = request or the_founding_request()
    return RankMoved(request=request, standing=a_standing(request, [9999]), entered=entered, was=None, **more)


@pytest.mark.parametrize(
    ("moved", "said"),
    [
        (a_move(entered=True), "k8s-connector is among the first five now: #2 of 2."),
        (
            a_move(entered=True, cause=Change(field=Factor.JOB_SIZE, old=13, new=5)),
            "k8s-connector is among the first five now: #2 of 2. Size 13 → 5 moved it.",
        ),
        (
            a_move(entered=True, cause=Change(field=Factor.JOB_SIZE, old=None, new=5)),
            "k8s-connector is among the first five now: #2 of 2. Size 5 gave it its place.",
        ),
        (
            a_move(entered=False, passed=True),
            "k8s-connector left the first five: #2 of 2. Nothing about it changed; others passed it.",
        ),
        (
            a_move(entered=False, request=a_request(value=8, time_criticality=2, risk_reduction=3)),
            "k8s-connector left the first five. It needs a size to have a place.",
        ),
    ],
)
def test_a_move_says_where_it_stands_and_what_moved_it(moved: RankMoved, said: str) -> None:
    assert news.rank_moved(moved).text == said


# ---- whatever people wrote ----------------------------------------------------------------------

PERCENTS = st.none() | st.floats(0, 100)
FIGURES = st.builds(Figure, first=st.dates(), last=st.dates(), percent=st.floats(0, 100))


def aimed_at(request: Request, target: int, event: str | None) -> Request:
    return Request(**{**vars(request), "adoption_target": target, "adoption_event": event})


AIMED = st.builds(aimed_at, REQUESTS, st.integers(1, 100), st.none() | up_to(EVENT_LIMIT))


@GENERATED
@given(st.builds(Adoption, request=AIMED, day=st.sampled_from(CHECKS), percent=PERCENTS, is_asked=st.booleans()))
def test_every_outcome_is_taken(said: Adoption) -> None:
    taken(outcome.message(said))


@GENERATED
@given(st.builds(AimForm, request=AIMED, latest=st.none() | FIGURES))
def test_every_form_is_taken(blank: AimForm) -> None:
    opened(aim_form.form(blank, MEMORY))


@GENERATED
@given(st.builds(Aimed, request=AIMED, percent=PERCENTS, told=st.lists(NAMED, max_size=2).map(tuple)))
def test_every_receipt_is_taken(aimed: Aimed) -> None:
    opened(aim_form.receipt(aimed))


@GENERATED
@given(REQUESTS, st.booleans(), st.booleans())
def test_every_move_is_taken(request: Request, entered: bool, passed: bool) -> None:
    taken(news.rank_moved(a_move(entered=entered, request=request, passed=passed)))


def buttons(message: Message) -> list[str]:
    return [e["text"]["text"] for b in message.blocks if b["type"] == "actions" for e in b["elements"]]
