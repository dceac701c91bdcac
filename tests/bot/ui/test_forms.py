"""What is typed into a form is what the form reads."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.accounts import Account
from bot.domain.errors import Refused
from bot.domain.facts import BlankForm, SizingForm
from bot.domain.ids import AccountId, RequestNumber, UserId
from bot.domain.money import Money
from bot.domain.requests import CUSTOMER_LIMIT, Customer, Sizing, Source
from bot.domain.text import clean, is_blank, one_line
from bot.domain.wsjf import SCALE, Factor
from bot.ui import customers, estimate_form, inputs, join_form, parts, request_form
from bot.ui.memory import STALE, Memory, recall
from tests.builders import GENERATED, NAMES, a_request, a_standing, an_origin, filled, the_founding_request

MEMORY = Memory(key="0" * 32, number=RequestNumber(14))
FROM_A_MESSAGE = Memory(key="0" * 32, origin=an_origin(permalink="https://home.slack.com/p1"))
FOUNDING = {"value": 8, "time_criticality": 2, "risk_reduction": 3, "job_size": 13}
TYPED = {"title": "k8s-connector", "problem": "They can't see what their clusters cost."}
ACME = {"text": parts.plain("Acme"), "value": "acme"}


def a_form(memory: Memory = MEMORY, **more: Any) -> parts.View:
    return request_form.form(BlankForm(source=Source.SALES_CUSTOMER), memory, **more)


def an_estimate_form(**figures: int) -> parts.View:
    request = a_request(**figures)
    blank = SizingForm(request=request, standing=a_standing(request), owned=frozenset(), names=NAMES)
    return estimate_form.form(blank, MEMORY)


def refused(fields: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Refused) as wrong:
        request_form.read(filled(a_form(), **fields), "USD")
    return dict(wrong.value.fields)


# ---- the request form ---------------------------------------------------------------------------


def test_a_whole_form_is_read_as_it_was_filled_in() -> None:
    view = filled(
        a_form(FROM_A_MESSAGE),
        **TYPED,
        source="support",
        customers=[ACME],
        deal_size="€120 000",
        close_date="2026-12-31",
        **FOUNDING,
    )
    draft = request_form.read(view, "USD")
    assert (draft.title, draft.problem, draft.source) == (*TYPED.values(), Source.SUPPORT)
    assert draft.customers == (Customer(id=AccountId("acme")),)
    assert (draft.deal_size, draft.close_date) == (Money(minor=12_000_000, currency="EUR"), date(2026, 12, 31))
    assert draft.figures == {Factor(f): n for f, n in FOUNDING.items()}
    assert draft.origin == FROM_A_MESSAGE.origin


def test_what_was_prefilled_and_left_alone_is_read_too() -> None:
    form = request_form.form(
        BlankForm(source=Source.MARKET_ANALYSIS), MEMORY, title="k8s-connector", problem="They can't."
    )
    draft = request_form.read(filled(form), "USD")
    assert (draft.title, draft.problem, draft.source) == ("k8s-connector", "They can't.", Source.MARKET_ANALYSIS)
    assert (draft.customers, draft.deal_size, draft.figures) == ((), None, {})


def test_an_amount_without_a_currency_is_in_the_companys() -> None:
    draft = request_form.read(filled(a_form(), **TYPED, customers=[ACME], deal_size="120k"), "PLN")
    assert draft.deal_size == Money(minor=12_000_000, currency="PLN")


TEXTS = st.text(st.characters(codec=None), min_size=1, max_size=120)


@GENERATED
@given(
    TEXTS.filter(lambda t: not is_blank(clean(t))),
    TEXTS.filter(lambda t: not is_blank(clean(t))),
    st.sampled_from(Source),
    st.fixed_dictionaries({str(f): st.none() | st.sampled_from(SCALE) for f in Factor}),
)
def test_every_form_reads_back(title: str, problem: str, source: Source, figures: dict[str, int | None]) -> None:
    view = filled(a_form(), title=title, problem=problem, source=source, **figures)
    draft = request_form.read(view, "USD")
    assert (draft.title, draft.problem, draft.source) == (one_line(clean(title)), clean(problem), source)
    assert draft.figures == {Factor(f): n for f, n in figures.items() if n is not None}
    assert request_form.so_far(view) == (clean(title), draft.figures)


def test_a_field_prefilled_anew_is_read_instead_of_the_one_before() -> None:
    view = filled(a_form(), **TYPED, value=8)
    values = view["state"]["values"]
    values["title~2"] = {"request_title": {"type": "plain_text_input", "value": "second"}}
    values["title~10"] = {"request_title": {"type": "plain_text_input", "value": "tenth"}}
    values["value~2"] = {"request_figure": {"type": "static_select", "selected_option": {"value": "13"}}}
    for names in (list(values), list(reversed(values))):
        view["state"]["values"] = {name: values[name] for name in names}
        draft = request_form.read(view, "USD")
        assert (draft.title, draft.value) == ("tenth", 13)


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        (
            {},
            {
                "title": "Give it a title: a few words people will search for.",
                "problem": "Say what the customer can't do today, and what it costs them.",
            },
        ),
        (
            {**TYPED, "title": "x" * 121},
            {"title": "That's 121 characters; a title has room for 120. Put the rest in the problem."},
        ),
        (
            {**TYPED, "customers": [ACME], "deal_size": "lots"},
            {"deal_size": "Write an amount like 120k, 1.5m or €120 000."},
        ),
        (
            {**TYPED, "deal_size": "120k"},
            {"customers": "Whose deal is it? Choose the customer, or leave size and date empty."},
        ),
        (
            {"title": "", "problem": "x", "deal_size": "lots"},
            {
                "title": "Give it a title: a few words people will search for.",
                "deal_size": "Write an amount like 120k, 1.5m or €120 000.",
            },
        ),
    ],
)
def test_everything_at_fault_is_told_at_once_beside_its_field(typed: dict[str, Any], wrong: dict[str, str]) -> None:
    assert refused(typed) == wrong


@pytest.mark.parametrize("value", ["4", "x", "", "8.0", "٨"])
def test_a_figure_the_form_never_offered_is_refused(value: str) -> None:
    view = filled(a_form(), **TYPED)
    view["state"]["values"]["job_size"]["request_figure"]["selected_option"] = {"value": value}
    with pytest.raises(Refused) as wrong:
        request_form.read(view, "USD")
    assert wrong.value.fields == {"job_size": "Choose 1, 2, 3, 5, 8, 13 or 20."}


@pytest.mark.parametrize("memory", ["", "{}", "not json", '{"key": "mine"}', '{"key": 1, "evil": 2}'])
def test_a_form_that_forgot_what_it_was_for_is_refused(memory: str) -> None:
    with pytest.raises(Refused, match=STALE):
        request_form.read({**filled(a_form(), **TYPED), "private_metadata": memory}, "USD")


@pytest.mark.parametrize("memory", [MEMORY, FROM_A_MESSAGE])
def test_a_form_remembers_what_it_was_opened_for(memory: Memory) -> None:
    assert recall(a_form(memory)) == memory


def test_a_form_about_no_request_is_refused() -> None:
    with pytest.raises(Refused, match=STALE):
        FROM_A_MESSAGE.about()
    assert MEMORY.about() == 14


@pytest.mark.parametrize(("length", "kept"), [(120, 0), (121, 121), (3000, 3000), (4000, 3000)])
def test_what_is_too_long_for_a_title_is_offered_as_the_problem(length: int, kept: int) -> None:
    assert len(request_form.problem_of("x" * length)) == kept


def test_a_message_is_quoted_as_people_read_it() -> None:
    text = "Hi <@UALICE>, <https://x.test|the docs> &amp; <#C1|sales> &lt;3 <!here> <mailto:a@b.test|a@b.test>"
    said = request_form.quoted(text, {UserId("UALICE"): "Alice"})
    assert said == "Hi @Alice, the docs & #sales <3 @here a@b.test"
    assert request_form.mentioned(text) == ["UALICE"]


# ---- customers ----------------------------------------------------------------------------------


def offered(names: dict[str, str], typed: str) -> list[tuple[str, str]]:
    accounts = [Account(id=AccountId(key), name=name) for key, name in names.items()]
    return [(o["text"]["text"], o["value"]) for o in customers.options(accounts, typed)]


@pytest.mark.parametrize(
    ("typed", "offer"),
    [
        ("acme", [("Acme", "acme")]),
        (" ACME ", [("Acme", "acme")]),
        ("acm", [("Acme", "acme"), ("acm", "new:acm")]),
        ("Acme  Bank", [("Acme", "acme"), ("Acme Bank", "new:Acme Bank")]),
        ("", [("Acme", "acme")]),
    ],
)
def test_a_name_that_is_not_in_the_list_can_be_added(typed: str, offer: list[tuple[str, str]]) -> None:
    assert offered({"acme": "Acme"}, typed) == offer


def test_a_name_chosen_as_new_is_read_as_typed() -> None:
    [option] = customers.options([], "Straße & Söhne <AG>")
    wish = join_form.read(filled(join_form.form(a_request(), MEMORY), customers=[option, ACME]), "USD")
    assert wish.customers == (Customer(name="Straße & Söhne <AG>"), Customer(id=AccountId("acme")))


def test_the_longest_name_is_added_whole() -> None:
    longest = "x" * CUSTOMER_LIMIT
    [option] = customers.options([], longest)
    wish = join_form.read(filled(join_form.form(a_request(), MEMORY), customers=[option]), "USD")
    assert wish.customers == (Customer(name=longest),)
    assert customers.options([], longest + "x") == []


def test_joining_reads_customers_deal_and_date() -> None:
    form = join_form.form(the_founding_request(), MEMORY)
    wish = join_form.read(filled(form, customers=[ACME], deal_size="1.5m", close_date="2026-12-31"), "EUR")
    assert (wish.deal_size, wish.close_date) == (Money(minor=150_000_000, currency="EUR"), date(2026, 12, 31))


# ---- estimating ---------------------------------------------------------------------------------


def test_the_estimate_form_shows_the_figures_there_are_and_reads_them_back() -> None:
    assert estimate_form.read(filled(an_estimate_form(**FOUNDING))) == Sizing(**FOUNDING)
    assert estimate_form.read(filled(an_estimate_form(value=8))) == Sizing(value=8)
    assert estimate_form.read(filled(an_estimate_form())) == Sizing()


@pytest.mark.parametrize("step", SCALE)
@pytest.mark.parametrize("factor", Factor)
def test_every_step_can_be_chosen_and_begins_with_its_number(factor: Factor, step: int) -> None:
    view = filled(an_estimate_form(**FOUNDING), **{factor: step})
    assert estimate_form.read(view).figures[factor] == step
    [state] = view["state"]["values"][factor].values()
    assert state["selected_option"]["text"]["text"].startswith(f"{step} · ")


def test_a_figure_can_be_cleared() -> None:
    view = filled(an_estimate_form(**FOUNDING))
    view["state"]["values"]["job_size"]["estimate_figure"]["selected_option"] = None
    assert estimate_form.so_far(view) == {Factor(f): n for f, n in FOUNDING.items() if f != "job_size"}


# ---- buttons ------------------------------------------------------------------------------------


def test_a_button_says_which_request_it_is_about() -> None:
    assert inputs.request_of({"value": "14"}) == 14


@pytest.mark.parametrize("value", [None, "", "k8s-connector", "home"])
def test_a_button_about_nothing_is_refused(value: str | None) -> None:
    with pytest.raises(Refused, match="older Tandem"):
        inputs.request_of({"value": value})
