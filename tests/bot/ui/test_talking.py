"""Triage and questions: whatever people write, Slack takes what we draw of it, and none of it is markup."""

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.board import Row
from bot.domain.ids import AccountId, UserId
from bot.domain.merging import Merged
from bot.domain.requests import Request
from bot.domain.talks import CONTACT_LIMIT, WORDS_LIMIT, Answered, Asked, AskForm, Catch, Heard, Kind, Question
from bot.domain.triage import DIRECTION_LIMIT, NewRequests, Sorted, TriageForm, Untriaged
from bot.ui import answer_form, ask_form, question, triage_form, triage_list
from sandbox import rules
from tests.bot.ui.test_limits import (
    ANY_REQUEST,
    COUNTS,
    MEMORY,
    NAMED,
    NUMBERS,
    ROSTERS,
    ROWS,
    answered,
    opened,
    taken,
    up_to,
)
from tests.builders import ALICE, BORIS, GENERATED, MONDAY, NAMES

USERS = st.sampled_from([*NAMES, UserId("U404")])
QUESTIONS = st.builds(
    Question,
    id=st.sampled_from([1, 10**9]),
    number=NUMBERS,
    kind=st.sampled_from(Kind),
    words=up_to(WORDS_LIMIT),
    by=USERS,
    to=USERS,
    at=st.just(MONDAY),
    answer=st.none() | up_to(10_000),
    answered_by=st.none() | USERS,
    answered_at=st.sampled_from([None, MONDAY]),
)
ACCOUNT_NAMES = st.none() | NAMED
ASKED = st.builds(Asked, question=QUESTIONS, request=ANY_REQUEST, names=ROSTERS, account=ACCOUNT_NAMES)
UNTRIAGED = st.builds(
    Untriaged,
    request=ANY_REQUEST,
    asked_by=ACCOUNT_NAMES,
    days=st.sampled_from([0, 1, 5, 6, 1000]),
    like=st.none() | ROWS,
)
FORMS = st.builds(
    TriageForm,
    request=ANY_REQUEST,
    owner=st.sampled_from([BORIS, ALICE]),
    asked_by=ACCOUNT_NAMES,
    like=st.none() | ROWS,
)
DONE = st.builds(
    Sorted,
    request=ANY_REQUEST,
    owner=ACCOUNT_NAMES,
    is_changed=st.booleans(),
    merged=st.none()
    | st.builds(
        Merged,
        joined=ANY_REQUEST,
        survivor=ANY_REQUEST,
        is_further=st.booleans(),
        is_undoable=st.booleans(),
        moved=st.lists(NAMED, max_size=30).map(tuple),
        follows=ACCOUNT_NAMES,
    ),
)


@GENERATED
@given(ASKED)
def test_every_question_and_answer_is_taken(one: Asked) -> None:
    taken(question.asked(one))
    taken(question.answered(Answered(**vars(one))))
    taken(question.reply(Heard(catch=Catch.ANSWERED, asked=(one,))))
    taken(question.reply(Heard(catch=Catch.UNCLEAR, asked=(one,) * 5)))


@GENERATED
@given(ASKED)
def test_every_form_for_an_answer_is_taken(one: Asked) -> None:
    form = answer_form.form(one, MEMORY)
    opened(form)
    answered(answer_form.receipt(one), form)


@GENERATED
@given(ANY_REQUEST, st.none() | NAMED, QUESTIONS, ROSTERS)
def test_every_form_for_a_question_is_taken(
    request: Request, account: str | None, one: Question, names: Mapping[UserId, str]
) -> None:
    blank = AskForm(
        request=request,
        to=ALICE if account else None,
        account=AccountId("acme") if account else None,
        account_name=account,
    )
    form = ask_form.form(blank, MEMORY)
    opened(form)
    answered(ask_form.receipt(one, names), form)


@GENERATED
@given(st.lists(UNTRIAGED, max_size=10).map(tuple), COUNTS, st.booleans())
def test_every_list_of_new_requests_is_taken(shown: tuple[Untriaged, ...], more: int, may_sort: bool) -> None:
    taken(triage_list.message(NewRequests(shown=shown, more=more, reader=BORIS, may_sort=may_sort)))


@GENERATED
@given(FORMS, DONE, st.none() | up_to(DIRECTION_LIMIT), st.lists(ROWS, max_size=20))
def test_every_triage_form_is_taken(
    blank: TriageForm, done: Sorted, direction: str | None, rows: list[Row]
) -> None:
    sorted_before = replace(blank.request, direction=direction, tracker="https://x.test/" + "x" * 400)
    form = triage_form.form(replace(blank, request=sorted_before), MEMORY)
    opened(form)
    answered(triage_form.receipt(done), form)
    rules.check_options_reply({"options": triage_form.options(rows)})


def test_a_contact_fits_its_permission() -> None:
    longest = "x" * CONTACT_LIMIT
    values = {"may_talk": {"a": {"selected_option": {"value": "yes"}}}, "contact": {"a": {"value": longest}}}
    words, permission = answer_form.read({"state": {"values": values}})
    assert permission
    assert (words, permission.contact) == (f"Yes. Talk to {longest}", longest)
