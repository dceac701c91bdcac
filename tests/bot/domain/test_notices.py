"""What follows from one attempt to say something."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ids import ChannelId, MessageTs, NoticeId
from bot.domain.notices import (
    Again,
    Attempt,
    Block,
    End,
    Gone,
    NotSent,
    Outcome,
    Patience,
    Permanent,
    Posted,
    Repost,
    Say,
    State,
    Step,
    Throttled,
    Unknown,
    Unsure,
    next_step,
)

BEGAN = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
NOW = BEGAN + timedelta(seconds=2)
PATIENCE = Patience(call=10.0, backoff_cap=600.0, give_up_after=86_400.0, attempts=12)
POSTED = Posted(channel=ChannelId("C1"), ts=MessageTs("1.000001"))
DAY = timedelta(days=1)
LOST = Unknown(error="no answer in time")
REFUSED_BLOCKS = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long")


def attempt(count: int = 1, *, plain: bool = False, age: timedelta = timedelta()) -> Attempt:
    return Attempt(id=NoticeId(1), count=count, began=BEGAN, first=BEGAN - age, plain=plain)


def after(seconds: float, since: datetime = NOW) -> datetime:
    return since + timedelta(seconds=seconds)


# ---- the table ----------------------------------------------------------------------------------

EITHER_WAY: list[tuple[Outcome, Step]] = [
    (POSTED, Say(posted=POSTED)),
    (Throttled(retry_after=30.0), Block(at=after(30))),
    (Throttled(retry_after=0.0), Block(at=NOW)),
    (Throttled(retry_after=-5.0), Block(at=NOW)),
    (Gone(), Repost()),
    (Unsure(error="missing_scope"), End(state=State.UNSURE, error="missing_scope")),
    (Permanent(error="not_in_channel"), End(state=State.DEAD, error="not_in_channel")),
    (Permanent(error="is_archived"), End(state=State.DEAD, error="is_archived")),
]


@pytest.mark.parametrize("plain", [False, True], ids=["in full", "plain"])
@pytest.mark.parametrize("count", [1, 12, 13], ids=["first", "last", "beyond"])
@pytest.mark.parametrize("age", [timedelta(), 2 * DAY], ids=["young", "old"])
@pytest.mark.parametrize(("outcome", "step"), EITHER_WAY, ids=lambda x: type(x).__name__)
def test_what_is_certain_does_not_depend_on_how_often_it_was_tried(
    outcome: Outcome, step: Step, plain: bool, count: int, age: timedelta
) -> None:
    assert next_step(attempt(count, plain=plain, age=age), outcome, PATIENCE, NOW) == step


@pytest.mark.parametrize("error", REFUSED_BLOCKS)
def test_refused_blocks_are_drawn_plainly_once_and_at_once(error: str) -> None:
    once = next_step(attempt(), Permanent(error=error), PATIENCE, NOW)
    assert once == Again(at=NOW, plain=True, error=error)
    assert next_step(attempt(2, plain=True), Permanent(error=error), PATIENCE, NOW) == End(
        state=State.DEAD, error=error
    )


@pytest.mark.parametrize("plain", [False, True], ids=["in full", "plain"])
@pytest.mark.parametrize(
    ("count", "pause"), [(1, 1), (2, 2), (3, 4), (4, 8), (9, 256), (10, 512), (11, 600)], ids=str
)
def test_what_was_not_sent_waits_twice_as_long_each_time_up_to_the_cap(count: int, pause: int, plain: bool) -> None:
    step = next_step(attempt(count, plain=plain), NotSent(error="refused"), PATIENCE, NOW)
    assert step == Again(at=after(pause), plain=plain, error="refused")


def test_a_very_long_backoff_does_not_overflow() -> None:
    patient = replace(PATIENCE, attempts=10**6, give_up_after=10.0**9)
    assert next_step(attempt(5000), NotSent(error="refused"), patient, NOW) == Again(at=after(600), error="refused")


@pytest.mark.parametrize("plain", [False, True], ids=["in full", "plain"])
@pytest.mark.parametrize("count", [1, 2, 11], ids=str)
def test_what_may_have_been_said_is_looked_up_once_slack_must_be_done_with_it(count: int, plain: bool) -> None:
    step = next_step(attempt(count, plain=plain), LOST, PATIENCE, NOW)
    assert step == Again(at=after(15, since=BEGAN), look=True, plain=plain, error="no answer in time")


def test_slack_gets_the_same_time_for_a_call_that_began_late() -> None:
    sent = BEGAN + timedelta(seconds=9)
    lost = Unknown(error="no answer in time", sent=sent)
    step = next_step(attempt(2), lost, PATIENCE, sent + timedelta(seconds=10))
    assert step == Again(at=after(15, since=sent), look=True, error="no answer in time")


def test_a_look_that_is_due_already_is_not_put_off() -> None:
    late = BEGAN + timedelta(seconds=40)
    step = next_step(attempt(), LOST, PATIENCE, late)
    assert step == Again(at=late, look=True, error="no answer in time")


WORN_OUT = [
    (NotSent(error="refused"), End(state=State.DEAD, error="refused")),
    (LOST, End(state=State.UNSURE, error="no answer in time")),
]


@pytest.mark.parametrize(("outcome", "end"), WORN_OUT, ids=["not sent", "unknown"])
def test_the_last_attempt_ends_it(outcome: Outcome, end: End) -> None:
    assert isinstance(next_step(attempt(11), outcome, PATIENCE, NOW), Again)
    assert next_step(attempt(12), outcome, PATIENCE, NOW) == end
    assert next_step(attempt(13), outcome, PATIENCE, NOW) == end


@pytest.mark.parametrize(("outcome", "end"), WORN_OUT, ids=["not sent", "unknown"])
def test_a_day_after_the_first_attempt_it_ends(outcome: Outcome, end: End) -> None:
    again = next_step(attempt(2), outcome, PATIENCE, NOW)
    assert isinstance(again, Again)
    limit = again.at - BEGAN
    exactly = replace(PATIENCE, give_up_after=limit.total_seconds())
    assert next_step(attempt(2), outcome, exactly, NOW) == again
    just_over = attempt(2, age=timedelta(microseconds=1))
    assert next_step(just_over, outcome, exactly, NOW) == end


@pytest.mark.parametrize(("call", "lease", "look"), [(10.0, 40.0, 15.0), (0.2, 2.0, 0.3), (60.0, 240.0, 90.0)])
def test_a_lease_outlives_a_look_and_a_post(call: float, lease: float, look: float) -> None:
    patience = Patience(call=call)
    assert patience.lease == lease
    assert patience.look_after == pytest.approx(look)
    assert patience.lease > patience.look_after + call


# ---- any life -----------------------------------------------------------------------------------

counted = st.one_of(
    st.builds(NotSent, error=st.just("refused")),
    st.builds(Unknown, error=st.just("timeout")),
    st.builds(Permanent, error=st.sampled_from(REFUSED_BLOCKS)),
)
throttled = st.builds(Throttled, retry_after=st.floats(0, 3600))
lives = st.lists(st.tuples(st.one_of(counted, throttled), st.floats(0, 30)), min_size=120, max_size=120)


@given(lives)
def test_no_notice_is_tried_for_ever_and_throttling_never_counts(life: list[tuple[Outcome, float]]) -> None:
    now, tried, current = BEGAN, 0, attempt()
    for outcome, seconds in life:
        now += timedelta(seconds=seconds)
        step = next_step(current, outcome, PATIENCE, now)
        if isinstance(step, End):
            assert tried + 1 == current.count
            assert (step.state is State.UNSURE) == isinstance(outcome, Unknown)
            return
        if isinstance(step, Block):
            assert step.at >= now
            now = step.at
            current = replace(current, began=now)
            continue
        assert isinstance(step, Again)
        assert step.at >= now
        assert step.look == isinstance(outcome, Unknown)
        assert step.plain >= current.plain
        tried += 1
        now = step.at
        current = replace(current, count=current.count + 1, began=now, plain=step.plain)
    assert tried < PATIENCE.attempts, "it goes on after its last attempt"


@given(st.lists(counted, min_size=13, max_size=13))
def test_thirteen_attempts_are_never_survived(outcomes: list[Outcome]) -> None:
    """Twelve, and the plain drawing that may come on top."""
    current, now = attempt(), BEGAN
    for outcome in outcomes:
        step = next_step(current, outcome, PATIENCE, now)
        if isinstance(step, End):
            return
        assert isinstance(step, Again)
        now = step.at
        current = replace(current, count=current.count + 1, began=now, plain=step.plain)
    pytest.fail("still alive")
