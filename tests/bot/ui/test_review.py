"""How a review and its minutes read; Slack takes whatever people wrote, however much was decided."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.blockers import WORDS_LIMIT as BLOCKER_LIMIT
from bot.domain.blockers import Blocked, Blocker
from bot.domain.changes import Logged
from bot.domain.digest import Because, Waiting
from bot.domain.errors import Refused
from bot.domain.flow import WHY_LIMIT
from bot.domain.ids import ChannelId, RequestNumber, UserId
from bot.domain.requests import Request, Status
from bot.domain.reviews import (
    DECISION,
    ITEMS,
    WORDS_LIMIT,
    Begun,
    Decided,
    Decision,
    Minutes,
    Recorded,
    Review,
    ReviewSaid,
    came_to,
)
from bot.ui import decision_form, history, review
from bot.ui.memory import Memory
from bot.ui.parts import Message
from sandbox.reading import Reader, read_blocks
from tests.bot.ui.test_limits import NAMED, REQUESTS, ROSTERS, ROWS, opened, taken, up_to
from tests.builders import ALICE, BORIS, GENERATED, MONDAY, NAMES, TANYA, a_request, a_row, a_standing, filled

MEMORY = Memory(key="0" * 32, number=RequestNumber(14))


def a_line(field: str, new: Any, old: Any = None, *, by: str | None = BORIS, key: int = 1, **more: Any) -> Logged:
    values: dict[str, Any] = {"why": None, "via": "slack", "trace": f"{by}{key}", **more}
    actor = UserId(by) if by else None
    return Logged(id=key, subject="request:14", field=field, old=old, new=new, by=actor, at=MONDAY, **values)


def a_review(items: int = 6, position: int = 1, **more: Any) -> Review:
    numbers = tuple(RequestNumber(14 + n) for n in range(items))
    values: dict[str, Any] = {"channel": ChannelId("C2"), "version": 3, "by": BORIS, "at": MONDAY, **more}
    return Review(id=1, items=numbers, position=position, **values)


def said(request: Request | None = None, **more: Any) -> ReviewSaid:
    request = request or a_request(title="savings reports", status=Status.IN_PROGRESS, target=date(2026, 11, 20))
    values: dict[str, Any] = {"review": a_review(), "standing": a_standing(request), "names": NAMES, **more}
    return ReviewSaid(request=request, **values)


def a_wait(because: Because, **more: Any) -> Waiting:
    return Waiting(row=a_row(), because=because, since=date(2026, 11, 16), **more)


def a_blocker(days: int = 4) -> Blocked:
    blocker = Blocker(
        id=7, number=RequestNumber(14), words="waits for the legal text", owner=TANYA, by=ALICE, at=MONDAY
    )
    return Blocked(blocker=blocker, request=a_request(), names=NAMES, since=date(2026, 11, 19), days=days)


def lines(message: Message) -> list[str]:
    return read_blocks([block for block in message.blocks if block["type"] != "actions"], Reader()).splitlines()


def buttons(message: Message) -> list[tuple[str, str]]:
    elements = [e for block in message.blocks if block["type"] == "actions" for e in block["elements"]]
    return [(e["text"]["text"], e["value"]) for e in elements]


# ---- the request looked at ----------------------------------------------------------------------


def test_it_says_where_we_are_what_it_is_and_why_it_is_looked_at() -> None:
    message = review.message(said(waiting=(a_wait(Because.LATE, whose=("Boris",)),), blockers=(a_blocker(),)))
    assert lines(message) == [
        "Review · 2 of 6",
        "savings reports (R-14) · in progress, aimed at 20 November",
        "Its date has passed (Boris). Blocked for 4 days: “waits for the legal text” (Tanya).",
    ]
    assert buttons(message) == [
        ("New date or move", "14"),
        ("Resolve", "7"),
        ("Decision", "14"),
        ("Next", "1:1"),
        ("End", "1:1"),
    ]
    assert message.blocks[-1]["elements"][3]["style"] == "primary"


@pytest.mark.parametrize(
    ("because", "words"),
    [
        (Because.LATE, "Its date has passed."),
        (Because.BLOCKED, "Blocked since 16 November."),
        (Because.STILL, "In work, but nothing has moved since 16 November."),
        (Because.WANTED, "Somebody wants to start it, and it has no estimate."),
        (Because.UNPLANNED, "High on the board, and nobody has planned it."),
        (Because.UNANSWERED, "No answer from product since 16 November."),
    ],
)
def test_every_reason_is_a_sentence(because: Because, words: str) -> None:
    message = review.message(said(waiting=(a_wait(because),)))
    assert lines(message)[2] == words
    assert buttons(message)[1] == ("Blocked?", "14")


def test_a_blocker_is_said_once() -> None:
    came = Decided(request=a_request(), lines=(a_line("blocker", "waits for the legal text"),))
    message = review.message(said(waiting=(a_wait(Because.BLOCKED),), blockers=(a_blocker(0),), decided=(came,)))
    assert lines(message)[2:] == ["Blocked since today: “waits for the legal text” (Tanya)."]


@pytest.mark.parametrize(("status", "words"), [(Status.RELEASED, "released"), (Status.DECLINED, "declined")])
def test_what_is_closed_meanwhile_can_only_be_passed(status: Status, words: str) -> None:
    message = review.message(said(a_request(status=status)))
    assert lines(message)[1] == f"k8s-connector (R-14) · {words}"
    assert [text for text, _ in buttons(message)] == ["Next", "End"]


@pytest.mark.parametrize(
    ("position", "decided", "words"),
    [
        (6, 4, "Review over: 6 looked at, 4 decided."),
        (5, 0, "Review over: 6 looked at, nothing decided."),
        (1, 1, "Review over: 2 of 6 looked at, 1 decided."),
    ],
)
def test_once_it_is_over_it_says_what_came_of_it(position: int, decided: int, words: str) -> None:
    over = a_review(position=position, ended_at=MONDAY)
    one = Decided(request=a_request(), lines=(a_line(DECISION, "Go."),))
    message = review.message(
        ReviewSaid(review=over, request=None, standing=None, decided=(one,) * decided, names={})
    )
    assert (message.text, lines(message), buttons(message)) == (words, [words], [])


# ---- what was decided ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (a_line("target", "2026-12-12", "2026-11-20"), "Boris: aimed at 12 December (was 20 November)."),
        (a_line("target", "2026-12-12"), "Boris: aimed at 12 December."),
        (
            a_line("target", None, "2026-11-20", why="Nobody asks."),
            "Boris: no date any more (was 20 November). Why: Nobody asks.",
        ),
        (a_line("status", "planned", by=None), "Tandem: planned."),
        (a_line("owner", TANYA), "Boris: Tanya answers for it."),
        (a_line("job_size", {"confirmed": 5}, {"proposed": 13}, by=TANYA), "Tanya: size 13 → 5."),
        (a_line("blocker", "waits for legal", by=ALICE), "Blocker, from Alice: waits for legal"),
        (
            a_line("blocker", None, "waits for legal", by="UX", why="Signed."),
            "Blocker resolved by somebody: Signed.",
        ),
        (a_line("blocker_owner", TANYA, ALICE), "Boris: Tanya gets the blocker out of the way."),
        (a_line(DECISION, "Ship without\nSSO first.", by=ALICE), "Decision, Alice: Ship without SSO first."),
    ],
)
def test_minutes_name_who_and_what(line: Logged, words: str) -> None:
    message = review.minutes(a_record([Decided(request=a_request(), lines=(line,))]))
    assert lines(message) == ["Minutes", "k8s-connector (R-14)", f"• {words}", "4 requests not looked at."]


def test_what_somebody_did_at_once_is_one_line() -> None:
    both = (a_line("status", "planned", key=1, trace="t"), a_line("target", "2026-12-12", key=2, trace="t"))
    message = review.minutes(a_record([Decided(request=a_request(), lines=both)]))
    assert lines(message)[2] == "• Boris: planned; aimed at 12 December."


def test_what_stays_as_it_was_is_one_line() -> None:
    untouched = (a_request(title="Bulk edit"), a_request(title="SAML"))
    one = Decided(request=a_request(), lines=(a_line(DECISION, "Go."),))
    message = review.minutes(replace(a_record([one], position=5), untouched=untouched))
    assert lines(message)[-1] == "Nothing decided about Bulk edit and SAML."


def a_record(decided: list[Decided], position: int = 1) -> Minutes:
    over = a_review(position=position, ended_at=MONDAY)
    return Minutes(review=over, decided=tuple(decided), untouched=(), names=NAMES)


def test_a_field_is_told_as_it_ended_and_each_decision_by_itself() -> None:
    log = [
        a_line("target", "2026-12-01", "2026-11-20", key=1),
        a_line("ask", "acme", key=2),
        a_line(DECISION, "One.", key=3),
        a_line("target", "2026-12-12", "2026-12-01", by=TANYA, key=4),
        a_line(DECISION, "Two.", key=5),
        a_line("status", "planned", "backlog", key=6),
        a_line("status", "backlog", "planned", key=7),
        a_line("title", "New name", "Old name", key=8),
    ]
    told = [(line.field, line.old, line.new, line.by) for line in came_to(log)]
    assert told == [
        (DECISION, None, "One.", BORIS),
        ("target", "2026-11-20", "2026-12-12", TANYA),
        (DECISION, None, "Two.", BORIS),
    ]


def test_the_history_of_a_request_shows_decisions() -> None:
    shown = history.lines([a_line(DECISION, "Ship without SSO first.")], NAMES, MONDAY.tzinfo)  # type: ignore[arg-type]
    assert shown == ["23 November, Boris: decided: “Ship without SSO first.”."]


# ---- whoever begins it --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("done", "words"),
    [
        (Begun(review=None), "Nothing waits for a decision."),
        (
            Begun(review=a_review(1, 0), is_new=True),
            "The review begins in <#C2>. One request waits for a decision.",
        ),
        (
            Begun(review=a_review(), link="https://x.test/p1"),
            "A review is under way in <#C2>. <https://x.test/p1|See it>",
        ),
    ],
)
def test_whoever_begins_it_reads_where_it_is(done: Begun, words: str) -> None:
    assert review.begun(done).text == words
    opened(review.begun_page(done)) if not done.link else None


# ---- whatever people wrote ----------------------------------------------------------------------

WORDS = up_to(WORDS_LIMIT)
WHYS = st.none() | up_to(WHY_LIMIT)
BY = st.sampled_from([*NAMES, UserId("U404"), None])
LINES = st.one_of(
    st.builds(a_line, st.just(DECISION), WORDS, by=BY, key=st.integers(1, 99)),
    st.builds(a_line, st.just("target"), st.none() | st.just("2026-12-12"), st.just("2026-11-20"), by=BY, why=WHYS),
    st.builds(a_line, st.just("blocker"), up_to(BLOCKER_LIMIT), by=BY),
    st.builds(a_line, st.just("blocker"), st.none(), up_to(BLOCKER_LIMIT), by=BY, why=up_to(BLOCKER_LIMIT)),
    st.builds(a_line, st.sampled_from(["direction", "reason"]), up_to(WHY_LIMIT), by=BY, why=WHYS),
)
DECIDED = st.builds(Decided, request=REQUESTS, lines=st.lists(LINES, min_size=1, max_size=8).map(tuple))
WAITING = st.builds(
    Waiting,
    row=ROWS,
    because=st.sampled_from(Because),
    since=st.just(date(2026, 11, 16)),
    whose=st.lists(NAMED, max_size=4).map(tuple),
    words=st.none() | up_to(BLOCKER_LIMIT),
)
BLOCKERS = st.builds(
    lambda words, request, names: replace(
        a_blocker(), blocker=replace(a_blocker().blocker, words=words), request=request, names=names
    ),
    up_to(BLOCKER_LIMIT),
    REQUESTS,
    ROSTERS,
)
LONGEST = Decided(request=a_request(title="&" * 120), lines=(a_line(DECISION, "&" * WORDS_LIMIT),) * 30)


@GENERATED
@given(
    REQUESTS,
    st.lists(WAITING, max_size=2).map(tuple),
    st.lists(BLOCKERS, max_size=5).map(tuple),
    st.lists(DECIDED, max_size=1).map(tuple),
    ROSTERS,
)
def test_every_review_is_taken(request: Request, waiting: Any, blockers: Any, decided: Any, names: Any) -> None:
    taken(review.message(said(request, waiting=waiting, blockers=blockers, decided=decided, names=names)))


@GENERATED
@given(st.lists(DECIDED, min_size=1, max_size=ITEMS), st.lists(REQUESTS, max_size=ITEMS), ROSTERS)
@example([LONGEST] * ITEMS, [], {})
def test_every_record_of_it_is_taken(decided: list[Decided], untouched: list[Request], names: Any) -> None:
    taken(review.minutes(replace(a_record(decided), untouched=tuple(untouched), names=names)))


@GENERATED
@given(REQUESTS, st.booleans())
def test_every_decision_form_is_taken(request: Request, is_shown: bool) -> None:
    opened(decision_form.form(request, MEMORY))
    receipt = decision_form.receipt(Recorded(request=request, is_shown=is_shown))
    assert (receipt is None) == is_shown
    opened(receipt or decision_form.form(request, MEMORY))


def test_a_decision_is_read_as_written_and_refused_beside_its_field() -> None:
    form = decision_form.form(a_request(), MEMORY)
    assert decision_form.read(filled(form, words=" Go.\n")) == Decision(words="Go.")
    for typed in ("", "\u200b", "x" * (WORDS_LIMIT + 1)):
        with pytest.raises(Refused) as wrong:
            decision_form.read(filled(form, words=typed))
        assert wrong.value.fields.keys() == {"words"}
