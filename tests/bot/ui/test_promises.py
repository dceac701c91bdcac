"""What customers may hear: drafts, the form, the notes of a release; whatever people wrote, Slack takes it."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import Refused
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.promises import SENTENCE_LIMIT, Heard, Listener, Overtaken, Promise, Ready, Saved, Sentence, Telling
from bot.domain.requests import Status
from bot.ui import promise_form, ready
from bot.ui.drafts import draft
from bot.ui.memory import Memory
from tests.bot.ui.test_limits import NAMED, REQUESTS, answered, opened, taken, up_to
from tests.builders import ALICE, BORIS, GENERATED, MONDAY, NAMES, a_request

TODAY = date(2026, 11, 23)
MEMORY = Memory(key="0" * 32, number=RequestNumber(14), version=3)

# ---- drafts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "target", "said"),
    [
        (Status.BACKLOG, None, "We've heard it and are weighing it against what others ask for; no date yet."),
        (Status.PLANNED, date(2026, 12, 3), "We plan it for December."),
        (Status.PLANNED, date(2026, 11, 2), "We plan it for November."),
        (Status.PLANNED, date(2027, 1, 20), "We plan it for January 2027."),
        (Status.PLANNED, date(2026, 10, 30), "We plan to build it; no date yet."),
        (Status.PLANNED, None, "We plan to build it; no date yet."),
        (Status.IN_PROGRESS, date(2026, 12, 3), "We're building it now; we expect it in December."),
        (Status.IN_PROGRESS, None, "We're building it now; no date yet."),
        (Status.TESTING, date(2026, 12, 3), "It's built and being tested; we expect it in December."),
        (Status.TESTING, date(2025, 12, 3), "It's built and being tested; no date yet."),
        (Status.RELEASED, date(2026, 12, 3), "It's there: you can use it now."),
        (Status.DECLINED, date(2026, 12, 3), ""),
    ],
)
def test_a_draft_promises_no_more_than_is_known(status: Status, target: date | None, said: str) -> None:
    assert draft(status, target, TODAY) == said


# ---- the form -----------------------------------------------------------------------------------


def a_sentence(words: str = "We plan it for December.", **more: Any) -> Sentence:
    values: dict[str, Any] = {"number": RequestNumber(14), "version": 3, "by": BORIS, "at": MONDAY, "target": None}
    return Sentence(words=words, **{**values, **more})


def a_heard(**more: Any) -> Heard:
    values: dict[str, Any] = {"words": "We plan it.", "by": "Alice", "by_me": False, "on": TODAY, "is_latest": True}
    return Heard(**{**values, **more})


def a_listener(name: str, heard: Heard | None = None, *, is_mine: bool = False) -> Listener:
    return Listener(account=AccountId(name.lower()), name=name, is_mine=is_mine, heard=heard)


def a_promise(*listeners: Listener, **more: Any) -> Promise:
    values: dict[str, Any] = {
        "request": a_request(),
        "sentence": a_sentence(),
        "author": "Boris",
        "written": TODAY,
        "overtaken": None,
        "ask": "Boris",
        "may_promise": False,
        "today": TODAY,
    }
    return Promise(listeners=listeners, **{**values, **more})


def fields(promise: Promise) -> dict[str, Any]:
    blocks = promise_form.form(promise, MEMORY)["blocks"]
    return {block["block_id"]: block for block in blocks if block["type"] == "input"}


def words(promise: Promise) -> str:
    return repr(promise_form.form(promise, MEMORY)["blocks"])


def test_at_most_ten_are_ticked_at_once() -> None:
    told = fields(a_promise(*(a_listener(f"Customer {n}") for n in range(25))))["told"]
    assert [o["text"]["text"] for o in told["element"]["options"]] == [f"Customer {n}" for n in range(10)]
    assert told["hint"]["text"] == "15 more once these are saved."


def test_only_who_has_not_heard_these_words_is_offered() -> None:
    earlier = a_heard(words="We think of it.", is_latest=False)
    told = fields(a_promise(a_listener("Acme", a_heard()), a_listener("Globex", earlier)))["told"]
    assert [o["value"] for o in told["element"]["options"]] == ["globex"]


def test_a_long_list_of_customers_is_counted() -> None:
    told = [a_listener(f"Told {n}", a_heard()) for n in range(300)]
    untold = [a_listener(f"Untold {n}") for n in range(300)]
    shown = words(a_promise(*told, *untold))
    assert "Told 19" in shown
    assert "Told 20'" not in shown
    assert "and 280 more heard something" in shown
    assert "Untold 4 and 295 more" in shown


def test_without_a_sentence_there_is_nothing_to_note_and_nothing_to_save() -> None:
    view = promise_form.form(a_promise(a_listener("Acme"), sentence=None, author=None, written=None), MEMORY)
    assert "submit" not in view
    assert "Nothing yet. Ask Boris before you promise anything." in repr(view)


@pytest.mark.parametrize(
    ("what", "prefilled"),
    [
        (None, "We plan it for December."),
        (Overtaken.DATE, "We plan it for January 2027."),
        (Overtaken.DECLINED, None),
    ],
)
def test_who_may_write_it_begins_with_the_sentence_or_a_draft(
    what: Overtaken | None, prefilled: str | None
) -> None:
    status = Status.DECLINED if what is Overtaken.DECLINED else Status.PLANNED
    moved = a_request(status=status, target=date(2027, 1, 20))
    field = fields(a_promise(request=moved, overtaken=what, may_promise=True))["sentence"]
    assert field["element"].get("initial_value") == prefilled


def test_an_endless_sentence_is_refused_in_the_form() -> None:
    view = promise_form.form(a_promise(may_promise=True), MEMORY)
    typed = {"value": "x" * (SENTENCE_LIMIT + 1)}
    with pytest.raises(Refused, match="That's 601 characters") as refused:
        promise_form.read({**view, "state": {"values": {"sentence": {"sentence": typed}}}})
    assert list(refused.value.fields) == ["sentence"]


def test_what_is_written_is_one_paragraph() -> None:
    typed = {"sentence": {"sentence": {"value": "We plan it\n\n for December. "}}, "told": {"told": {}}}
    assert promise_form.read({"state": {"values": typed}}) == Telling(sentence="We plan it for December.")


# ---- whatever people wrote ----------------------------------------------------------------------

SENTENCES = st.builds(
    Sentence,
    number=st.just(RequestNumber(14)),
    version=st.just(1),
    words=up_to(SENTENCE_LIMIT),
    by=st.sampled_from([*NAMES]),
    at=st.just(MONDAY),
    target=st.none(),
)
HEARD = st.builds(
    Heard,
    words=up_to(SENTENCE_LIMIT),
    by=NAMED,
    by_me=st.booleans(),
    on=st.just(TODAY),
    is_latest=st.booleans(),
)
KEYS = st.integers(0, 10**6).map(lambda n: AccountId(f"account-{n}"))
LISTENERS = st.builds(Listener, account=KEYS, name=NAMED, is_mine=st.booleans(), heard=st.none() | HEARD)
PROMISES = st.builds(
    Promise,
    request=REQUESTS,
    sentence=st.none() | SENTENCES,
    author=st.none() | NAMED,
    written=st.just(TODAY),
    overtaken=st.none() | st.sampled_from(Overtaken),
    ask=st.none() | NAMED,
    may_promise=st.booleans(),
    listeners=st.lists(LISTENERS, max_size=25, unique_by=lambda one: one.account).map(tuple),
    today=st.just(TODAY),
)


@st.composite
def _ready(draw: st.DrawFn) -> Ready:
    waiting = draw(st.dictionaries(KEYS, NAMED, min_size=1, max_size=25))
    told = draw(st.sets(st.sampled_from(sorted(waiting))))
    return Ready(
        request=draw(REQUESTS),
        reader=ALICE,
        sentence=draw(st.none() | SENTENCES),
        waiting=waiting,
        told={account: draw(HEARD) for account in told},
    )


@GENERATED
@given(PROMISES)
def test_every_form_is_taken(promise: Promise) -> None:
    opened(promise_form.form(promise, MEMORY))


@GENERATED
@given(_ready())
def test_every_ready_note_is_taken(saying: Ready) -> None:
    taken(ready.message(saying))


@GENERATED
@given(
    st.lists(NAMED, max_size=25).map(tuple),
    st.none() | SENTENCES,
    st.lists(NAMED, max_size=25).map(tuple),
    REQUESTS,
)
def test_every_receipt_is_taken(
    told: tuple[str, ...], sentence: Sentence | None, followers: tuple[str, ...], request: Any
) -> None:
    saved = Saved(request=request, told=told, sentence=sentence, now=followers, daily=followers)
    answered(promise_form.receipt(saved), promise_form.form(a_promise(may_promise=True), MEMORY))


# ---- ready notes --------------------------------------------------------------------------------


def notes(count: int, told: int = 0) -> Ready:
    names = {AccountId(f"c{n}"): f"Customer {n}" for n in range(count)}
    heard = {account: a_heard(by_me=True) for account in list(names)[:told]}
    return Ready(request=a_request(), reader=ALICE, sentence=None, waiting=names, told=heard)


@pytest.mark.parametrize(
    ("count", "told", "said"),
    [
        (1, 0, "One of your customers waits for it."),
        (3, 0, "Three of your customers wait for it."),
        (12, 0, "12 of your customers wait for it."),
        (3, 1, "Two of your customers wait for it."),
        (3, 3, "All your customers know."),
    ],
)
def test_a_release_says_how_many_wait(count: int, told: int, said: str) -> None:
    assert ready.message(notes(count, told)).text == f"k8s-connector is released. {said}"


def test_at_most_ten_notes_and_the_rest_counted() -> None:
    drawn = ready.message(notes(25, told=3))
    assert len([block for block in drawn.blocks if "accessory" in block]) == 10
    assert "and 12 more, once these are told" in repr(drawn.blocks)
    assert "You told Customer 2 on 23 November" in repr(drawn.blocks)


@pytest.mark.parametrize("value", [None, "", "x", "14", "14:acme", "14:0:", "x:0:acme", ":0:acme", "14:²:acme"])
def test_a_forged_button_is_refused(value: str | None) -> None:
    with pytest.raises(Refused, match="older Tandem"):
        ready.read({"value": value})


def test_a_button_says_which_customer_even_with_a_strange_id() -> None:
    assert ready.read({"value": "14:3:acme:2"}) == (14, "acme:2", 3)
