"""What people write about a request, and whose word counts on its figures."""

from typing import Any

import pytest
from pydantic import ValidationError

from bot.domain.errors import Refused
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.money import Money
from bot.domain.requests import (
    CUSTOMERS_AT_ONCE,
    PROBLEM_LIMIT,
    TITLE_LIMIT,
    Customer,
    Estimate,
    Join,
    Source,
    Status,
)
from bot.domain.roles import CONFIRMS, DEFAULTS, Role
from bot.domain.wsjf import SCALE, Factor
from tests.builders import (
    ALICE,
    BORIS,
    MONDAY,
    a_draft,
    a_member,
    a_request,
    an_estimate,
    the_founding_request,
)

ACME = Customer(id=AccountId("acme"))
GLOBEX = Customer(name="Globex")
DEAL = Money(minor=12_000_000, currency="USD")


def words(wrong: ValidationError) -> dict[str, str]:
    return {str(e["loc"][0]): e["msg"].removeprefix("Value error, ") for e in wrong.errors()}


# ---- what people write --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("title", "", "Give it a title: a few words people will search for."),
        ("title", " \n\t\x00 ", "Give it a title: a few words people will search for."),
        (
            "title",
            "x" * 121,
            "That's 121 characters; a title has room for 120. Put the rest in the problem.",
        ),
        ("problem", "  ", "Say what the customer can't do today, and what it costs them."),
        ("problem", "x" * 3001, "That's 3001 characters; keep it under 3000."),
        ("value", 4, "Choose 1, 2, 3, 5, 8, 13 or 20."),
        ("time_criticality", 0, "Choose 1, 2, 3, 5, 8, 13 or 20."),
        ("risk_reduction", -1, "Choose 1, 2, 3, 5, 8, 13 or 20."),
        ("job_size", 21, "Choose 1, 2, 3, 5, 8, 13 or 20."),
    ],
)
def test_each_field_says_in_words_what_it_wants(field: str, typed: Any, said: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        a_draft(**{field: typed})
    assert words(wrong.value) == {field: said}


def test_every_field_at_fault_is_named_at_once() -> None:
    with pytest.raises(ValidationError) as wrong:
        a_draft(title="", problem="", job_size=7)
    assert words(wrong.value).keys() == {"title", "problem", "job_size"}


def test_what_fits_is_taken_to_the_last_character() -> None:
    draft = a_draft(title="т" * TITLE_LIMIT, problem="🚀" * PROBLEM_LIMIT)
    assert len(draft.title) == TITLE_LIMIT
    assert len(draft.problem) == PROBLEM_LIMIT


def test_a_title_is_one_clean_line_and_a_problem_keeps_its_lines() -> None:
    draft = a_draft(title=" k8s\n\tconnector\u202e ", problem=" one\r\n two \x07")
    assert draft.title == "k8s connector"
    assert draft.problem == "one\n two"


def test_a_draft_says_nothing_of_what_was_left_empty() -> None:
    draft = a_draft()
    assert (draft.customers, draft.deal_size, draft.close_date, draft.figures) == ((), None, None, {})
    assert draft.source is Source.SALES_CUSTOMER


@pytest.mark.parametrize(
    ("customers", "deal", "said"),
    [
        (
            (ACME, GLOBEX),
            DEAL,
            "A deal belongs to one customer. Leave size and date empty: the next step asks for each customer's.",
        ),
        ((), DEAL, "Whose deal is it? Choose the customer, or leave size and date empty."),
        ((ACME,) * 26, None, "Choose at most 25 customers at once."),
    ],
)
def test_a_deal_and_its_customers_must_agree(
    customers: tuple[Customer, ...], deal: Money | None, said: str
) -> None:
    for build in (Join, a_draft):
        with pytest.raises(Refused) as refused:
            build(customers=customers, deal_size=deal)
        assert refused.value.fields == {"customers": said}


def test_a_close_date_belongs_to_one_customer_too() -> None:
    with pytest.raises(Refused, match="A deal belongs to one customer"):
        Join(customers=(ACME, GLOBEX), close_date=MONDAY.date())


def test_a_close_date_without_a_customer_is_not_taken_and_lost() -> None:
    with pytest.raises(Refused):
        a_draft(close_date=MONDAY.date())


@pytest.mark.parametrize("title", ["\u200b", "\u2060\ufeff", "\u200e \u00a0"])
def test_a_title_nobody_can_see_is_no_title(title: str) -> None:
    with pytest.raises(ValidationError):
        a_draft(title=title)


def test_as_many_customers_as_are_allowed_may_be_chosen_at_once() -> None:
    assert len(Join(customers=(ACME,) * CUSTOMERS_AT_ONCE).customers) == CUSTOMERS_AT_ONCE
    assert Join(customers=(ACME,), deal_size=DEAL, close_date=MONDAY.date()).deal_size == DEAL


@pytest.mark.parametrize("values", [{}, {"id": "acme", "name": "Acme"}])
def test_a_customer_is_known_or_named_never_both(values: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="Choose a customer from the list, or type a new name"):
        Customer.model_validate(values)


@pytest.mark.parametrize("name", ["", "  \n", "x" * 72])
def test_a_customers_name_has_a_length(name: str) -> None:
    with pytest.raises(ValidationError, match="A customer's name has 1 to 71 characters"):
        Customer(name=name)


def test_a_field_nobody_asked_for_is_refused() -> None:
    with pytest.raises(ValidationError):
        a_draft(status="released")


# ---- whose word counts --------------------------------------------------------------------------

GUESS_5 = Estimate(proposed=5, proposed_by=BORIS)
DECIDED_5 = Estimate(confirmed=5, confirmed_by=BORIS)
BOTH = Estimate(proposed=3, proposed_by=ALICE, confirmed=5, confirmed_by=BORIS)

OWNER = a_member(Role.TECH)
OTHER = a_member(Role.SALES)
ANYBODY = a_member(in_use=False)


@pytest.mark.parametrize(
    ("before", "who", "confirming", "figure", "after"),
    [
        # nothing known yet
        (None, OWNER, True, 8, Estimate(confirmed=8, confirmed_by=ALICE)),
        (None, OWNER, False, 8, Estimate(proposed=8, proposed_by=ALICE)),
        (None, OTHER, True, 8, Estimate(proposed=8, proposed_by=ALICE)),
        (None, OTHER, False, 8, Estimate(proposed=8, proposed_by=ALICE)),
        (None, ANYBODY, True, 8, Estimate(confirmed=8, confirmed_by=ALICE)),
        (None, ANYBODY, False, 8, Estimate(proposed=8, proposed_by=ALICE)),
        # a guess
        (GUESS_5, OWNER, True, 8, Estimate(proposed=5, proposed_by=BORIS, confirmed=8, confirmed_by=ALICE)),
        (GUESS_5, OWNER, True, 5, Estimate(proposed=5, proposed_by=BORIS, confirmed=5, confirmed_by=ALICE)),
        (GUESS_5, OWNER, False, 8, Estimate(proposed=8, proposed_by=ALICE)),
        (GUESS_5, OTHER, True, 8, Estimate(proposed=8, proposed_by=ALICE)),
        (GUESS_5, OTHER, True, 5, GUESS_5),
        (GUESS_5, OTHER, False, 5, GUESS_5),
        (GUESS_5, ANYBODY, True, 5, Estimate(proposed=5, proposed_by=BORIS, confirmed=5, confirmed_by=ALICE)),
        # a decision
        (DECIDED_5, OWNER, True, 8, Estimate(confirmed=8, confirmed_by=ALICE)),
        (DECIDED_5, OWNER, True, 5, DECIDED_5),
        (DECIDED_5, OWNER, False, 8, Estimate(proposed=8, proposed_by=ALICE, confirmed=5, confirmed_by=BORIS)),
        (DECIDED_5, OTHER, True, 8, Estimate(proposed=8, proposed_by=ALICE, confirmed=5, confirmed_by=BORIS)),
        (DECIDED_5, OTHER, True, 5, DECIDED_5),
        (DECIDED_5, ANYBODY, True, 8, Estimate(confirmed=8, confirmed_by=ALICE)),
        # both
        (BOTH, OTHER, True, 3, BOTH),
        (BOTH, OTHER, True, 5, BOTH),
        (BOTH, OWNER, True, 3, Estimate(proposed=3, proposed_by=ALICE, confirmed=3, confirmed_by=ALICE)),
    ],
)
def test_a_figure_is_proposed_by_anyone_and_confirmed_by_whoever_owns_it(
    before: Estimate | None, who: Any, confirming: bool, figure: int, after: Estimate
) -> None:
    request = a_request(estimates={Factor.JOB_SIZE: before} if before else {})
    weighed = request.weighed({Factor.JOB_SIZE: figure}, who, confirming=confirming)
    assert weighed.estimates == {Factor.JOB_SIZE: after}


@pytest.mark.parametrize("factor", Factor)
@pytest.mark.parametrize("role", Role)
def test_roles_own_the_figures_the_company_gave_them(role: Role, factor: Factor) -> None:
    assert a_member(role).owns(factor) == (role in DEFAULTS[CONFIRMS[factor]])
    assert a_member(role, in_use=False).owns(factor)
    assert not a_member().owns(factor)


def test_a_confirmed_figure_counts_before_a_proposed_one() -> None:
    assert BOTH.figure == 5
    assert not BOTH.is_guess
    assert GUESS_5.is_guess
    assert Estimate().figure is None
    assert not Estimate().is_guess


@pytest.mark.parametrize("figure", SCALE)
def test_saying_the_same_again_changes_nothing(figure: int) -> None:
    for decides in (True, False):
        once = an_estimate(5).with_figure(figure, ALICE, decides=decides)
        assert once.with_figure(figure, ALICE, decides=decides) == once


def test_weighing_leaves_the_other_figures_alone() -> None:
    before = the_founding_request()
    after = before.weighed({Factor.JOB_SIZE: 5}, OWNER, confirming=True)
    assert {f: e for f, e in after.estimates.items() if f is not Factor.JOB_SIZE} == {
        f: e for f, e in before.estimates.items() if f is not Factor.JOB_SIZE
    }
    assert before == the_founding_request(), "the request before is a value of its own"


# ---- its life -----------------------------------------------------------------------------------


def test_one_that_another_stands_for_says_which() -> None:
    joined = a_request(status=Status.DECLINED, same_as=RequestNumber(5), survivor=RequestNumber(3))
    with pytest.raises(Refused) as refused:
        joined.check_open()
    assert refused.value.text == "R-14 is the same as R-3, so its estimate is closed. Go on with that one."


@pytest.mark.parametrize("status", Status)
def test_only_an_open_request_may_be_estimated_and_asked_for(status: Status) -> None:
    request = a_request(status=status)
    if status.is_open:
        request.check_open()
        return
    with pytest.raises(Refused) as refused:
        request.check_open()
    assert refused.value.text == (
        f"This request is already {status}, so its estimate is closed. "
        "If the need is new, file it as its own request."
    )


def test_released_and_declined_are_closed() -> None:
    assert [s for s in Status if not s.is_open] == [Status.RELEASED, Status.DECLINED]


def test_a_request_is_called_by_its_number() -> None:
    assert (a_request().name, a_request().subject) == ("R-14", "request:14")
