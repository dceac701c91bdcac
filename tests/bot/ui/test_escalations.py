"""What people read of a case and of a decision; and whatever is in it, Slack takes it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.escalations import (
    Begun,
    Case,
    Closing,
    Decided,
    DecisionForm,
    Escalation,
    Picture,
    Price,
    Ruled,
    Side,
    SideAsked,
    Taken,
    TakingForm,
    Verdict,
    Weight,
)
from bot.domain.ids import RequestNumber
from bot.domain.money import Money
from bot.domain.requests import Status
from bot.ui import case_form, cases, decide_form, decided, side_form
from tests.bot.domain.test_escalations import EUROS, a_weight
from tests.bot.ui.test_limits import (
    COUNTS,
    MEMORY,
    NAMED,
    PLACES,
    REQUESTS,
    ROSTERS,
    ROWS,
    SCORES,
    TITLES,
    opened,
    taken,
    up_to,
)
from tests.bot.ui.test_limits import answered as replied
from tests.bot.ui.test_wording import seen
from tests.builders import ALICE, BORIS, GENERATED, MONDAY, NAMES, TANYA, a_card, a_request

DAY = date(2026, 11, 23)
AUDIT = a_weight(2, title="Audit log", protect=(), grow=(), target=date(2026, 12, 12))


def an_escalation(**more: Any) -> Escalation:
    values: dict[str, Any] = {"id": 7, "number": RequestNumber(14), "by": ALICE, "at": MONDAY, "side": Side.SALES}
    return Escalation(**{**values, "words": "Five prospects wait.", "other": BORIS, **more})


def a_ruling(verdict: Verdict = Verdict.FIRST, waits: Weight | None = AUDIT, **more: Any) -> dict[str, Any]:
    escalation = an_escalation(verdict=verdict, decided_by=TANYA, decided_at=MONDAY, why="It pays.", **more)
    return {
        "escalation": escalation,
        "request": a_request(),
        "names": NAMES,
        "since": DAY,
        "decided_on": date(2026, 12, 3),
        "price": Price(what=a_weight(), waits=waits),
    }


# ---- word for word ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "waits", "said"),
    [
        (
            Verdict.FIRST,
            AUDIT,
            (
                "*k8s-connector goes first.* Tanya decided: “It pays.” "
                "Its price: Audit log (#3) waits; 2 companies, aimed at 12 December."
            ),
        ),
        (
            Verdict.FIRST,
            None,
            "*k8s-connector goes first.* Tanya decided: “It pays.” Its price: nothing has to wait.",
        ),
        (
            Verdict.PLACE,
            None,
            (
                "*k8s-connector keeps its place.* Tanya decided: “It pays.” Its price: 2 companies go on waiting, "
                "with €50k a year and €50k in open deals; Acme decides on 18 December."
            ),
        ),
        (
            Verdict.NOT_NOW,
            None,
            (
                "*k8s-connector: not now.* Tanya decided: “It pays.” Its price: 2 companies go on waiting, "
                "with €50k a year and €50k in open deals; Acme decides on 18 December."
            ),
        ),
    ],
)
def test_a_decision_shows_its_price(verdict: Verdict, waits: Weight | None, said: str) -> None:
    drawn = cases.decided(Decided(**a_ruling(verdict, waits), reader=ALICE))
    assert seen(drawn.blocks) == f"{said}\n[Open]\n{cases.FEWER}"


def test_whose_request_waits_reads_of_it_first_and_opens_it() -> None:
    drawn = cases.decided(Decided(**a_ruling(displaced=RequestNumber(2)), reader=BORIS, waits=True))
    assert drawn.text.startswith("Audit log waits: k8s-connector goes first. Tanya decided")
    assert drawn.blocks[1]["elements"][0]["value"] == "2"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "With strategy since 23 November"),
        (a_ruling(), "Goes first*, decided by Tanya on 3 December"),
        (a_ruling(Verdict.PLACE), "Keeps its place*, decided by Tanya on 3 December"),
        (a_ruling(Verdict.NOT_NOW), "Not now*, decided by Tanya on 3 December"),
    ],
)
def test_the_card_says_where_it_stands_without_amounts_or_words(more: dict[str, Any], said: str) -> None:
    base = {"escalation": an_escalation(), "request": a_request(), "names": NAMES, "since": DAY}
    card = a_card(strategy=Taken(**{**base, **more}))
    assert said in decided.on_card(card)
    assert not [words for words in ("€", "pays", "Audit") if words in decided.on_card(card)]
    assert decided.on_card(replace(card, request=a_request(status=Status.RELEASED))) == ""


def test_dates_without_names_for_who_may_not_see_them() -> None:
    nameless = a_weight(closing=tuple(Closing(on=date(2026, 12, day), customer=None) for day in (18, 20)))
    assert decided.cost(nameless.without_amounts()) == (
        "2 companies go on waiting; a customer decides on 18 December, another on 20 December"
    )


def test_a_case_with_nothing_above_it_and_nothing_in_work() -> None:
    picture = Picture(what=a_weight(companies=0), above=(), how_many_above=0, could_wait=())
    assert cases.means(picture) == [
        "If it goes first: nothing stands above it. Nothing is in work or planned that would have to wait."
    ]
    assert cases.at_stake(picture).startswith("At stake: no customer named, €50k a year")


# ---- whatever is in it --------------------------------------------------------------------------

WORDS = up_to(1000)
DATES = st.none() | st.just(date(2026, 12, 12))
MONEY = st.lists(
    st.sampled_from([EUROS, Money(minor=10**17, currency="USD"), Money(minor=1, currency="XAF")]), max_size=5
).map(tuple)
WEIGHTS = st.builds(
    Weight,
    number=st.sampled_from([1, 10**9 - 1]).map(RequestNumber),
    title=TITLES,
    status=st.sampled_from(Status),
    place=st.none() | PLACES,
    score=st.none() | SCORES,
    companies=COUNTS,
    target=DATES,
    protect=MONEY,
    grow=MONEY,
    closing=st.lists(st.builds(Closing, on=st.just(DAY), customer=st.none() | NAMED), max_size=3).map(tuple),
)
SEVERAL = st.lists(WEIGHTS, max_size=3, unique_by=lambda one: one.number).map(tuple)
PICTURES = st.builds(
    Picture, what=WEIGHTS, above=st.lists(ROWS, max_size=3).map(tuple), how_many_above=COUNTS, could_wait=SEVERAL
)
ESCALATIONS = st.builds(
    an_escalation,
    words=WORDS,
    side=st.sampled_from(Side),
    other=st.sampled_from([None, BORIS]),
    other_words=st.none() | WORDS,
    other_by=st.just(TANYA),
)
DECIDED = st.builds(
    lambda one, verdict, why: replace(one, verdict=verdict, why=why, decided_by=TANYA, decided_at=MONDAY),
    ESCALATIONS,
    st.sampled_from(Verdict),
    WORDS,
)
PRICES = st.builds(Price, what=WEIGHTS, waits=st.none() | WEIGHTS)


@st.composite
def _facts(draw: st.DrawFn) -> dict[str, Any]:
    is_decided = draw(st.booleans())
    return {
        "escalation": draw(DECIDED if is_decided else ESCALATIONS),
        "request": draw(REQUESTS),
        "names": draw(ROSTERS),
        "since": DAY,
        "decided_on": DAY if is_decided else None,
        "price": draw(PRICES) if is_decided else None,
        "link": draw(st.sampled_from([None, "https://x.slack.com/archives/C1/p1"])),
    }


@GENERATED
@given(_facts(), PICTURES, st.lists(NAMED, max_size=3).map(tuple))
def test_every_message_is_taken(facts: dict[str, Any], picture: Picture, deciders: tuple[str, ...]) -> None:
    is_open = facts["decided_on"] is None and facts["request"].status.is_open
    taken(cases.message(Case(**facts, picture=picture if is_open else None)))
    taken(cases.side_asked(SideAsked(**facts, reader=TANYA, deciders=deciders)))
    if facts["decided_on"]:
        taken(cases.decided(Decided(**facts, reader=ALICE)))
        taken(cases.decided(Decided(**facts, reader=ALICE, waits=True)))


@GENERATED
@given(_facts(), PICTURES, st.none() | st.sampled_from(Side), st.lists(NAMED, max_size=30).map(tuple))
def test_every_form_and_receipt_is_taken(
    facts: dict[str, Any], picture: Picture, side: Side | None, names: tuple[str, ...]
) -> None:
    one = Taken(**facts)
    form = case_form.form(TakingForm(request=one.request, picture=picture, side=side, other=BORIS), MEMORY)
    opened(form)
    replied(case_form.receipt(Begun(taken=one, is_new=True)), form)
    replied(case_form.receipt(Begun(taken=one, is_new=False)), form)
    words = side_form.form(SideAsked(**facts, reader=TANYA, deciders=names[:3]), MEMORY)
    opened(words)
    replied(side_form.receipt(), words)
    choice = decide_form.form(DecisionForm(**facts, picture=picture), MEMORY)
    opened(choice)
    replied(decide_form.receipt(Ruled(taken=one, is_first=True, told=names)), choice)
    replied(decide_form.receipt(Ruled(taken=one, is_first=False)), choice)
