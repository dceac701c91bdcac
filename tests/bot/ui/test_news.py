"""What people read when a request moves; whatever was written, Slack takes it."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.changes import Change
from bot.domain.flow import Audience, Held, Moved, MoveForm, Watching
from bot.domain.ids import RequestNumber
from bot.domain.news import Burning, Following, News
from bot.domain.notices import Mode
from bot.domain.promises import Heard, Listener, Sentence
from bot.domain.requests import Request, Status
from bot.domain.roles import Doing
from bot.domain.wsjf import UNIT, Factor
from bot.ui import move_form, news
from tests.bot.ui import test_wording
from tests.bot.ui.test_limits import ANY_REQUEST, NAMED, answered, opened, taken, up_to
from tests.builders import (
    ALICE,
    BORIS,
    GENERATED,
    MONDAY,
    NAMES,
    TANYA,
    a_request,
    a_standing,
    filled,
    the_founding_request,
)

TODAY = date(2026, 11, 23)
DECEMBER = date(2026, 12, 12)
FOOT = "You asked for R-14. Fewer of these? Choose under preferences, on Home."
STARTED = {"status": ("planned", "in_progress")}


def seen(blocks: Iterable[Any]) -> str:
    """The text a person sees: each paragraph on a line of its own."""
    return test_wording.seen(part for block in blocks for part in _paragraphs(block))


def _paragraphs(block: Any) -> Iterable[Any]:
    return [{**block, "elements": [one]} for one in block["elements"]] if block["type"] == "rich_text" else [block]


def a_sentence(words: str = "We're building it now; we expect it in December.") -> Sentence:
    return Sentence(number=RequestNumber(14), version=2, words=words, by=BORIS, at=MONDAY, target=DECEMBER)


def some_news(changes: dict[str, tuple[Any, Any]], request: Request | None = None, **more: Any) -> News:
    values: dict[str, Any] = {
        "following": Following.ASKED,
        "by": "Boris",
        "why": None,
        "sentence": None,
        "heard": {},
        "names": NAMES,
        "ask": "Boris",
    }
    return News(
        request=request or a_request(status=Status.IN_PROGRESS, target=DECEMBER),
        changes={f: Change(field=f, old=old, new=new) for f, (old, new) in changes.items()},
        **{**values, **more},
    )


def said(changes: dict[str, tuple[Any, Any]], request: Request | None = None, **more: Any) -> str:
    return seen(news.news(some_news(changes, request, **more)).blocks)


@pytest.mark.parametrize(
    ("status", "target", "changes", "words"),
    [
        (Status.PLANNED, DECEMBER, {"status": ("backlog", "planned")}, "is planned for 12 December"),
        (Status.IN_PROGRESS, DECEMBER, STARTED, "is in progress, aimed at 12 December"),
        (Status.IN_PROGRESS, None, STARTED, "is in progress"),
        (
            Status.IN_PROGRESS,
            DECEMBER,
            {**STARTED, "target": ("2026-12-01", "2026-12-12")},
            "is in progress, aimed at 12 December (was 1 December)",
        ),
        (Status.TESTING, DECEMBER, {"status": ("", "testing")}, "is in testing, aimed at 12 December"),
        (Status.RELEASED, DECEMBER, {"status": ("", "released")}, "is released"),
        (Status.DECLINED, None, {"status": ("", "declined")}, "won't be built"),
        (
            Status.BACKLOG,
            None,
            {"status": ("", "backlog"), "target": ("2026-12-01", None)},
            "is back in the backlog",
        ),
        (
            Status.PLANNED,
            DECEMBER,
            {"target": ("2026-12-01", "2026-12-12")},
            "slips to 12 December (was 1 December)",
        ),
        (
            Status.PLANNED,
            DECEMBER,
            {"target": ("2026-12-20", "2026-12-12")},
            "comes sooner, on 12 December (was 20 December)",
        ),
        (Status.TESTING, DECEMBER, {"target": (None, "2026-12-12")}, "is aimed at 12 December"),
        (Status.TESTING, None, {"target": ("2026-12-01", None)}, "has no date any more (was 1 December)"),
    ],
)
def test_what_changed_comes_first(status: Status, target: date | None, changes: Any, words: str) -> None:
    first, *_ = said(changes, a_request(status=status, target=target)).splitlines()
    assert first == f"*k8s-connector {words}.*"


def test_into_work() -> None:
    assert said(STARTED, sentence=a_sentence(), customers=("Acme",)) == (
        "*k8s-connector is in progress, aimed at 12 December.*\n"
        "You may tell Acme: “We're building it now; we expect it in December.”\n"
        f"{FOOT}"
    )


def test_a_slip_says_who_heard_what_and_what_to_say_now() -> None:
    slip = {"target": ("2026-12-12", "2026-12-20")}
    request = a_request(status=Status.PLANNED, target=date(2026, 12, 20))
    heard = {"Acme": "Before Christmas.", "Ajax": "Soon.", "Globex": "Before Christmas."}
    now = a_sentence("In the new year.")
    assert said(slip, request, why="SSO goes first", heard=heard, sentence=now, customers=("Acme",)) == (
        "*k8s-connector slips to 20 December (was 12 December).* Why, from Boris: SSO goes first.\n"
        "Acme and Globex heard “Before Christmas.” from you.\n"
        "Ajax heard “Soon.” from you.\n"
        "You may now say: “In the new year.”\n"
        f"{FOOT}"
    )
    assert said(slip, request, heard={"Acme": "Before Christmas."}) == (
        "*k8s-connector slips to 20 December (was 12 December).*\n"
        "Acme heard “Before Christmas.” from you.\n"
        "Ask Boris before you say more.\n"
        "[Ask Boris]\n"
        f"{FOOT}"
    )


def test_a_no() -> None:
    request = a_request(status=Status.DECLINED, title="dark-mode", reason="2 of 340 accounts asked.")
    no = {"status": ("backlog", "declined")}
    assert said(no, request, why=request.reason, sentence=a_sentence("We won't build it.")) == (
        "*dark-mode won't be built.* Why, from Boris: 2 of 340 accounts asked.\n"
        "For the customer: “We won't build it.”\n"
        "[Ask Boris]\n"
        f"{FOOT}"
    )


def test_the_same_as_another_goes_on_there() -> None:
    why = "It's the same as R-3 Savings reports."
    request = a_request(status=Status.DECLINED, reason=why, same_as=RequestNumber(3))
    assert said({"status": ("backlog", "declined")}, request, why=why, heard={"Acme": "Soon."}) == (
        f"*k8s-connector is closed.* {why} Its customers wait for that one now.\n{FOOT}"
    )


def test_new_words_alone() -> None:
    words = {"sentence": (None, "x")}
    assert said(words, sentence=a_sentence("Ask us in June.")) == (
        f"*What you may say about k8s-connector is new.*\nYou may tell customers: “Ask us in June.”\n{FOOT}"
    )


def test_why_one_hears_of_it_and_where_it_is() -> None:
    foot = said(STARTED, following=Following.WATCHES, card="https://x.slack.com/p1").splitlines()[-1]
    assert foot == ("You watch <https://x.slack.com/p1|R-14>. Fewer of these? Choose under preferences, on Home.")


def test_by_way_of_what_one_hears_of_it() -> None:
    foot = said(STARTED, card="https://x.slack.com/p1", by_way_of=RequestNumber(15)).splitlines()[-1]
    assert foot.startswith("You asked for R-15, which is the same as <https://x.slack.com/p1|R-14>. Fewer")


def test_in_the_thread_it_is_shorter() -> None:
    drawn = news.news(some_news(STARTED, following=Following.THREAD, sentence=a_sentence("Soon."), why="Why not"))
    assert seen(drawn.blocks) == (
        "Boris: *it is in progress, aimed at 12 December.* Why: Why not. Customers may hear: “Soon.”"
    )
    assert drawn.text.startswith("k8s-connector. Boris: it is in progress")


def test_it_can_start() -> None:
    request = the_founding_request()
    ready = some_news({}, request, following=Following.WANTS, standing=a_standing(request, [4 * UNIT]))
    assert seen(news.news(ready).blocks) == (
        "*k8s-connector has its estimate: WSJF 1.0, #2 of 2.* You can start it now.\n"
        "[Move it]\nYou wanted to start R-14."
    )


def burns(request: Request, *factors: Factor) -> str:
    asked = Burning(request=request, wanted_by="Boris", reader=TANYA, names=NAMES, factors=factors)
    return news.burning(asked).text


def test_the_burning_path_asks_and_then_says_that_it_is_over() -> None:
    unsized = a_request(value=8, time_criticality=2, risk_reduction=3, wanted_by=BORIS)
    assert burns(unsized, Factor.JOB_SIZE) == (
        "Boris wants to start k8s-connector; it needs a size first. Rough is fine, you can change it any time."
    )
    assert burns(the_founding_request()) == "k8s-connector has its estimate, WSJF 1.0. Boris can start it."
    assert burns(unsized) == "Thank you. k8s-connector still needs a size; others are asked for that."
    assert burns(a_request(status=Status.DECLINED)) == ("k8s-connector is declined: nothing to estimate any more.")
    assert burns(a_request()) == "Nobody waits to start k8s-connector any more."


# ---- the form and its receipts ------------------------------------------------------------------

EVERYTHING = frozenset({Doing.MOVE, Doing.DECLINE, Doing.PROMISE})


def a_form(request: Request | None = None, sentence: Sentence | None = None, may: Any = EVERYTHING) -> Any:
    blank = MoveForm(request=request or a_request(), sentence=sentence, may=may, today=TODAY)
    return blank, move_form.memory_of(blank, "0" * 32)


def test_the_form() -> None:
    assert seen(move_form.form(*a_form())["blocks"]) == (
        "*k8s-connector* is in the backlog\n"
        "Move to\n"
        "Target date — When it should be released. Needed to plan it.\n"
        "Why — Whoever follows it reads this. Needed to decline.\n"
        "For the customer — One sentence a customer may hear. Needed to decline."
    )


def test_words_of_before_left_alone_are_not_said_again() -> None:
    blank, memory = a_form(sentence=a_sentence("Soon."))
    view = filled(move_form.form(blank, memory), status="in_progress")
    assert move_form.read(view).sentence is None
    assert move_form.read(filled(move_form.form(blank, memory), sentence="Now.")).sentence == "Now."


def test_a_draft_left_alone_is_said() -> None:
    blank, memory = a_form(sentence=a_sentence("Soon."))
    chosen = filled(move_form.form(blank, memory), status="in_progress", target="2026-12-12")
    drafted = move_form.redrawn(blank, memory, chosen)
    assert drafted["blocks"][-1]["block_id"] == "sentence~2"
    assert "So far: “Soon.”" in drafted["blocks"][-1]["hint"]["text"]
    sent = filled(drafted, status="in_progress", target="2026-12-12")
    assert move_form.read(sent).sentence == "We're building it now; we expect it in December."
    again = move_form.redrawn(blank, memory, filled(drafted, status="testing", target="2026-12-12"))
    assert again["blocks"][-1]["block_id"] == "sentence~3"


def test_own_words_stay_whatever_is_chosen() -> None:
    blank, memory = a_form(sentence=a_sentence("Soon."))
    view = filled(move_form.form(blank, memory), status="in_progress", sentence="Mine.")
    assert move_form.redrawn(blank, memory, view)["blocks"][-1]["block_id"] == "sentence"


def test_the_reason_of_a_no_is_not_given_for_another_move() -> None:
    declined = a_request(status=Status.DECLINED, reason="2 of 340 asked.")
    view = move_form.form(*a_form(declined, a_sentence("No.")))
    assert move_form.read(filled(view)).why == "2 of 340 asked."
    assert move_form.read(filled(view)).sentence == "No."
    assert move_form.read(filled(view, status="backlog")).why is None


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (
            {"asked": ("Ravi", "Tanya")},
            "I've asked Ravi and Tanya now and tell you when it has a size.",
        ),
        (
            {"yours": (Factor.JOB_SIZE,)},
            "A size: that's yours to say.\n[Estimate]",
        ),
        (
            {"unheld": ("tech",), "admins": ("Olga",)},
            "Nobody holds the tech role here, so nobody could be asked. Olga can name somebody in /tandem setup.",
        ),
    ],
)
def test_not_yet(held: Any, words: str) -> None:
    request = a_request(value=8, time_criticality=2, risk_reduction=3)
    values = {"asked": (), "yours": (), "unheld": (), "admins": ()}
    assert seen(move_form.receipt(Held(request=request, **{**values, **held}))["blocks"]) == (
        f"*Not yet: tech hasn't sized k8s-connector.*\n{words}"
    )


@pytest.mark.parametrize("mode", list(Mode))
def test_watching(mode: Mode) -> None:
    now = Watching(request=a_request(), on=True, anyway=False, mode=mode)
    assert "hear" in seen(move_form.watching(now)["blocks"])


# ---- whatever was written -----------------------------------------------------------------------

WHY, WORDS = up_to(1000), up_to(600)
CHANGES = st.dictionaries(
    st.sampled_from(["status", "target", "sentence"]),
    st.just(("2026-12-01", "2026-12-12")),
    min_size=1,
)


@GENERATED
@given(st.data())
def test_slack_takes_all_news(data: st.DataObject) -> None:
    request = data.draw(ANY_REQUEST)
    dated = {"target": data.draw(st.sampled_from([None, DECEMBER])), "reason": data.draw(st.none() | WHY)}
    saying = some_news(
        data.draw(CHANGES),
        Request(**{**vars(request), **dated}),
        following=data.draw(st.sampled_from([f for f in Following if f is not Following.WANTS])),
        why=data.draw(st.none() | WHY),
        sentence=data.draw(st.none() | WORDS.map(a_sentence)),
        heard=data.draw(st.dictionaries(NAMED, WORDS, max_size=6)),
        customers=data.draw(st.lists(NAMED, max_size=25).map(tuple)),
        by=data.draw(st.none() | NAMED),
        ask=data.draw(st.none() | NAMED),
    )
    taken(news.news(saying))


@GENERATED
@given(st.data())
def test_slack_takes_the_burning_question(data: st.DataObject) -> None:
    request = data.draw(ANY_REQUEST)
    taken(
        news.burning(
            Burning(
                request=request,
                wanted_by=data.draw(NAMED),
                reader=ALICE,
                names=NAMES,
                factors=data.draw(st.sets(st.sampled_from(Factor)).map(tuple)),
            )
        )
    )


@GENERATED
@given(st.data())
def test_slack_takes_the_form_and_its_receipts(data: st.DataObject) -> None:
    request = Request(**{**vars(data.draw(ANY_REQUEST)), "reason": data.draw(st.none() | WHY)})
    may = data.draw(st.sampled_from([EVERYTHING, frozenset({Doing.MOVE}), frozenset({Doing.DECLINE})]))
    blank, memory = a_form(request, data.draw(st.none() | WORDS.map(a_sentence)), may)
    form = move_form.form(blank, memory, status=data.draw(st.none() | st.sampled_from(Status)))
    opened(form)
    opened(move_form.redrawn(blank, memory, filled(form)))
    heard = Heard(words=data.draw(WORDS), by=data.draw(NAMED), by_me=False, on=TODAY, is_latest=False)
    listeners = [Listener(account=name, name=name, is_mine=False, heard=heard) for name in data.draw(NAMES_OF_25)]  # type: ignore[arg-type]
    names = data.draw(NAMES_OF_25)
    done = Moved(
        request=request,
        is_changed=data.draw(st.booleans()),
        audience=Audience(now=names, daily=names),
        heard=tuple(listeners),
        is_overtaken=data.draw(st.booleans()),
    )
    answered(move_form.receipt(done), form)
    unsized = request if request.missing else a_request(title=request.title)
    held = Held(request=unsized, asked=names, yours=tuple(Factor), unheld=("tech",), admins=names)
    answered(move_form.receipt(held), form)
    opened(move_form.watching(Watching(request=request, on=True, anyway=False, mode=Mode.NOW)))


NAMES_OF_25 = st.lists(NAMED, max_size=25).map(tuple)
