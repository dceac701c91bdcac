"""What people read of what is in the way; whatever was written, Slack takes it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.blockers import (
    NUDGES,
    WORDS_LIMIT,
    Blocked,
    Blocker,
    BlockerForm,
    InTheWay,
    Nudge,
    Raised,
    Resolved,
)
from bot.domain.errors import Refused
from bot.domain.ids import UserId
from bot.domain.requests import Request
from bot.ui import blocked, blocker_form, blockers, card, hand_over_form, resolve_form, still_form
from bot.ui.memory import Memory
from tests.bot.ui.test_limits import ANY_REQUEST, NAMED, answered, opened, taken, up_to
from tests.bot.ui.test_wording import seen
from tests.builders import ALICE, BORIS, GENERATED, MONDAY, NAMES, TANYA, a_card, the_founding_request

TODAY = date(2026, 11, 23)
MEMORY = Memory(key="0" * 32)
WORDS = "waits for the legal text"


def a_blocked(request: Request | None = None, *, days: int = 0, names: Any = NAMES, **more: Any) -> Blocked:
    """What Alice said on Monday that Boris gets out of the way, so many days later."""
    request = request or the_founding_request()
    values = {"id": 7, "number": request.number, "words": WORDS, "owner": BORIS, "by": ALICE, "at": MONDAY, **more}
    blocker = Blocker(**values)
    dates = {
        "answered": TODAY if blocker.answer else None,
        "resolved": TODAY if blocker.resolved_at else None,
    }
    return Blocked(blocker=blocker, request=request, names=names, since=TODAY, days=days, **dates)


def a_nudge(one: Blocked, count: int = 1, *, reader: UserId = BORIS, days: int = 0) -> Nudge:
    return Nudge(blocked=one, count=count, reader=reader, subject="key", today=TODAY + timedelta(days=days))


def bare(blocks: Any) -> str:
    """What is read, bold or not."""
    return seen(blocks).replace("*", "")


# ---- to whoever can help ------------------------------------------------------------------------

LAST = "I won't ask again; the weekly digest still shows it."
RESOLVED: Any = {"resolved_at": MONDAY, "resolved_by": TANYA, "note": "Legal signed"}


@pytest.mark.parametrize(
    ("more", "count", "days", "words"),
    [
        ({}, 1, 0, f"k8s-connector waits for you: “{WORDS}”. Alice said so today."),
        ({}, 1, 1, f"k8s-connector waits for you: “{WORDS}”. Alice said so yesterday."),
        ({}, 2, 2, f"k8s-connector still waits for you: “{WORDS}”. Alice said so on Monday."),
        ({"by": BORIS}, 1, 2, f"k8s-connector still waits for you: “{WORDS}”. You said so on Monday."),
        (
            {},
            NUDGES,
            10,
            f"k8s-connector still waits for you: “{WORDS}”. Alice said so on 23 November. {LAST}",
        ),
        (
            {"answer": "Thursday"},
            1,
            0,
            f"k8s-connector waits for you: “{WORDS}”. You said: “Thursday”. I won't ask again.",
        ),
        (RESOLVED, 1, 0, f"k8s-connector: “{WORDS}” is out of the way. Tanya: “Legal signed”"),
        ({"owner": TANYA}, 1, 0, f"k8s-connector: “{WORDS}” is with Tanya now. You needn't do anything."),
    ],
)
def test_who_can_help_reads_what_waits_or_what_became_of_it(
    more: Mapping[str, Any], count: int, days: int, words: str
) -> None:
    message = blockers.nudge(a_nudge(a_blocked(**more), count, days=days))
    assert message.text == words
    assert bare(message.blocks[:1]) == words
    assert seen(message.blocks[:1]).startswith("*k8s-connector")
    assert len(message.blocks) == (1 if "resolved_at" in more or "owner" in more else 2)


# ---- receipts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"is_now": True}, "Boris is told now."),
        ({}, "Boris is told later today, when their day begins."),
        ({"on": TODAY + timedelta(days=1)}, "Boris is told tomorrow, when their day begins."),
        ({"on": TODAY + timedelta(days=5)}, "Boris is told on Saturday, when their day begins."),
        ({"on": TODAY + timedelta(days=19)}, "Boris is told on 12 December, when their day begins."),
        ({"is_told": False, "on": TODAY + timedelta(days=2)}, "It's yours now; I'll ask how it goes on Wednesday."),
    ],
)
def test_whoever_says_so_reads_when_it_is_told(more: Mapping[str, Any], words: str) -> None:
    raised = Raised(**{"blocked": a_blocked(), "is_told": True, "today": TODAY, "on": TODAY, **more})
    assert bare(blocker_form.receipt(raised)["blocks"]) == f"k8s-connector is blocked: “{WORDS}”. {words}"
    handed = bare(hand_over_form.receipt(raised)["blocks"])
    assert handed == f"k8s-connector: “{WORDS}” is with Boris now. {words}"


def test_whoever_resolves_it_reads_what_is_left_or_who_was_first() -> None:
    done = Resolved(blocked=a_blocked(**RESOLVED), left=0)
    out = f"k8s-connector: “{WORDS}” is out of the way."
    said = {left: bare(resolve_form.receipt(replace(done, left=left))["blocks"]) for left in (0, 1, 2)}
    assert said == {
        0: f"{out} Nothing else is in its way.",
        1: f"{out} One more is in its way.",
        2: f"{out} Two more are in its way.",
    }
    late = bare(resolve_form.receipt(replace(done, is_first=False))["blocks"])
    assert late == f"{out} It was resolved by Tanya on 23 November: “Legal signed”"


# ---- lists --------------------------------------------------------------------------------------


def test_the_list_says_whose_and_for_how_long() -> None:
    one = a_blocked(days=4, answer="Thursday")
    mine, more = a_blocked(owner=TANYA), InTheWay(shown=(one,), more=1_000, reader=TANYA)
    assert seen(blockers.message(InTheWay(shown=(mine, one), more=0, reader=TANYA)).blocks).splitlines() == [
        "*Two things are in the way.*",
        f"*k8s-connector* · {WORDS} · yours, since today [Resolve]",
        f"*k8s-connector* · {WORDS} · Boris, for 4 days",
        "Boris, 23 November: “Thursday” [Resolve]",
    ]
    assert blockers.message(more).text == "1,000+ things are in the way."
    assert blockers.message(InTheWay(shown=(), more=0, reader=TANYA)).text == "Nothing is in the way of anything."


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((WORDS,), f"*Blocked:* {WORDS}"),
        ((WORDS, "x", "y"), f"*Blocked:* {WORDS}, and 2 more"),
        (("a\nb <!here>",), "*Blocked:* a b &lt;!here&gt;"),
        (("x" * 300,), f"*Blocked:* {'x' * 99}…"),
    ],
)
def test_the_card_says_it_in_one_short_line(words: tuple[str, ...], line: str) -> None:
    assert seen(card.message(a_card(blocked=words)).blocks[1:2]).splitlines()[-1] == line


# ---- whatever was written -----------------------------------------------------------------------

WORDY = up_to(WORDS_LIMIT)
ANY_BLOCKED = st.builds(
    lambda request, words, answer, note, names, days: a_blocked(
        request,
        words=words,
        days=days,
        names=names,
        **({"answer": answer} if answer else {}),
        **({"note": note, "resolved_at": MONDAY, "resolved_by": TANYA} if note else {}),
    ),
    ANY_REQUEST,
    WORDY,
    st.none() | WORDY,
    st.none() | WORDY,
    st.fixed_dictionaries(dict.fromkeys((ALICE, BORIS, TANYA), NAMED)),
    st.integers(0, 400),
)


@given(ANY_BLOCKED, st.integers(1, NUDGES), st.sampled_from([ALICE, BORIS]), st.integers(0, 400))
@GENERATED
def test_messages_and_lists_fit(one: Blocked, count: int, reader: UserId, days: int) -> None:
    taken(blockers.nudge(a_nudge(one, count, reader=reader, days=days)))
    all_ = InTheWay(shown=(one,) * 10, more=days, reader=reader)
    taken(blockers.message(all_))
    opened(blockers.view(all_))


@given(ANY_BLOCKED, st.text(max_size=4000).filter(str.strip))
@GENERATED
def test_forms_and_receipts_fit(one: Blocked, typed: str) -> None:
    raised = Raised(blocked=one, is_told=True, today=TODAY, on=TODAY)
    form = blocker_form.form(BlockerForm(request=one.request, owner=BORIS, known=(one,) * 5, words=typed), MEMORY)
    forms = (
        (form, blocker_form.receipt(raised)),
        (resolve_form.form(one, MEMORY), resolve_form.receipt(Resolved(blocked=one, left=3))),
        (hand_over_form.form(one, MEMORY), hand_over_form.receipt(raised)),
        (still_form.form(one, MEMORY), still_form.receipt(one)),
    )
    for view, receipt in forms:
        opened(view)
        if "submit" in view:
            answered(receipt, view)


@pytest.mark.parametrize("value", [None, "", "x", "-1", "²", "1.5", "9" * 16])
def test_a_button_that_is_none_of_ours_is_refused(value: str | None) -> None:
    with pytest.raises(Refused, match="older Tandem"):
        blocked.blocker_of({"value": value})
