"""A review goes through what waits, keeps what is decided and says it once, on both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.acts import Act
from bot.domain.errors import Refused
from bot.domain.flow import Move
from bot.domain.ids import ChannelId, MessageTs, RequestNumber
from bot.domain.notices import End, NothingToSay, Notice, State, Topic
from bot.domain.requests import Sizing, Status
from bot.domain.reviews import DECISION, Begun, Decision, Minutes, Review, ReviewSaid
from bot.services import board, house, intake, moves, ranking, reviews
from storage.database import Database
from storage.messages import Message
from storage.store import Store
from tests.builders import ALICE, BORIS, MONDAY, TANYA, a_draft, a_person, an_act, move_in

ONE, TWO, THREE = (RequestNumber(n) for n in (1, 2, 3))
CHANNEL = ChannelId("C2")
HOUR, DAY = 60, 24 * 60
DUE = (MONDAY + timedelta(days=2)).date()
SSO = Decision(words="Ship without SSO first.")


def at(minute: float = 0, by: str | None = BORIS, *, day: float = 7, key: str = "") -> Act:
    """Minutes into the review, which is a week later."""
    return an_act(by, key=key or f"{by}:{day}:{minute}", minutes=day * DAY + minute)


async def a_week_passes(db: Database, count: int = 3) -> None:
    """These requests are in work, and their date has passed."""
    await move_in(db)
    await db.write(lambda s: s.house.decide("channels", {"coordination": CHANNEL}, at(day=0)))
    for number in range(1, count + 1):
        await db.write(late, RequestNumber(number))


def late(store: Store, number: RequestNumber) -> None:
    figures: dict[str, Any] = {"value": 8, "time_criticality": 2, "risk_reduction": 3, "job_size": 13}
    intake.file(store, at(number, ALICE, day=0, key=f"request:{number}"), a_draft(f"Late {number}", **figures))
    moves.move(store, at(number, day=0), number, Move(status=Status.IN_PROGRESS, target=DUE))


def start(store: Store, minute: float = 0, by: str | None = BORIS) -> Begun:
    return reviews.start(store, at(minute, by))


def begun(store: Store) -> Review:
    review = start(store).review
    assert review
    posted(store, review.subject)
    return review


def posted(store: Store, key: str) -> None:
    """As delivery would: it is registered."""
    store.messages.put(
        Message(
            channel=CHANNEL,
            ts=MessageTs("1.1"),
            subject=key,
            purpose=Topic.REVIEW,
            permalink="https://home.slack.com/1",
            drawn_from=1,
            at=MONDAY,
        )
    )


def notice(topic: Topic, key: str = "review:1:9") -> Notice:
    due = at().at
    return Notice(topic=topic, key=key, line=CHANNEL, payload={"review": 1, "at": due.isoformat()}, due_at=due)


def shown(store: Store) -> ReviewSaid:
    return reviews.said(store, notice(Topic.REVIEW))


def told(store: Store) -> Minutes | None:
    try:
        return reviews.minutes(store, notice(Topic.MINUTES))
    except NothingToSay:
        return None


def put(store: Store) -> list[str]:
    """Keys of what was put for the first review."""
    keys = ["review:1", "review:1:minutes", *(f"review:1:{version}" for version in range(1, 20))]
    return [key for key in keys if store.outbox.state(key)]


def drawn(store: Store) -> None:
    """As if every redraw so far had been said: the next one merges with none of them."""
    for head in store.outbox.heads(at(day=20).at, at(day=20).wall, 100):
        store.outbox.end(head, End(state=State.POSTED, error=""))


def move_on(store: Store, act: Act, number: RequestNumber, days: int = 19) -> None:
    moves.move(store, act, number, Move(status=Status.IN_PROGRESS, target=DUE + timedelta(days=days)))


# ---- the walk -----------------------------------------------------------------------------------


async def test_a_review_begins_with_what_waits_and_is_said_once(db: Database) -> None:
    await a_week_passes(db)
    first = await db.write(start)
    assert first.is_new
    assert first.review
    assert (first.review.items, first.review.position, first.review.channel) == ((ONE, TWO, THREE), 0, CHANNEL)
    again = await db.write(start, 1, ALICE)
    assert not again.is_new
    assert again.review
    assert again.review.id == first.review.id
    assert [key for key in await db.read(put) if key == "review:1"] == ["review:1"]
    assert await db.read(lambda s: s.outbox.state("review:2")) is None


async def test_when_nothing_waits_nothing_is_said(db: Database) -> None:
    await a_week_passes(db, count=0)
    assert await db.write(start) == Begun(review=None)
    assert await db.read(put) == []


async def test_one_under_way_is_shown_where_it_is(db: Database) -> None:
    await a_week_passes(db)
    await db.write(begun)
    assert (await db.write(start, 1)).link == "https://home.slack.com/1"


async def test_without_a_channel_it_says_what_is_missing(db: Database) -> None:
    await move_in(db)
    with pytest.raises(Refused, match="There is no coordination channel yet"):
        await db.write(start)


async def test_next_goes_on_once_however_often_it_is_pressed(db: Database) -> None:
    await a_week_passes(db)
    await db.write(begun)
    positions = []
    for minute, (by, position) in enumerate([(BORIS, 0), (BORIS, 0), (ALICE, 0), (TANYA, 1), (TANYA, 1)]):
        review = await db.write(reviews.go_on, at(minute, by), 1, position)
        positions.append(review.position)
    assert positions == [1, 1, 1, 2, 2]


async def test_next_after_the_last_ends_it_and_nothing_moves_after_that(db: Database) -> None:
    await a_week_passes(db)
    await db.write(begun)
    for position in range(3):
        await db.write(reviews.go_on, at(position), 1, position)
    over = await db.read(lambda s: s.reviews.get(1))
    assert over
    assert (over.is_over, over.ended_by, len(over.looked_at)) == (True, BORIS, 3)
    before = await db.read(put)
    for does in (lambda s: reviews.go_on(s, at(9), 1, 3), lambda s: reviews.end(s, at(9), 1)):
        assert await db.write(does) == over
    assert await db.read(put) == before
    assert "review:1:minutes" in before


async def test_ended_early_it_has_looked_at_no_more_than_it_had(db: Database) -> None:
    await a_week_passes(db)
    await db.write(begun)
    await db.write(reviews.go_on, at(1), 1, 0)
    over = await db.write(reviews.end, at(2, ALICE), 1)
    assert (over.is_over, over.looked_at) == (True, (ONE, TWO))


async def test_after_one_is_over_another_begins(db: Database) -> None:
    await a_week_passes(db)
    await db.write(begun)
    await db.write(reviews.end, at(1), 1)
    second = await db.write(start, 2)
    assert second.is_new
    assert second.review
    assert second.review.id == 2


async def test_one_whose_message_was_deleted_makes_room_for_another(db: Database) -> None:
    await a_week_passes(db)
    await db.write(start)
    await db.write(drawn)
    with pytest.raises(NothingToSay):
        await db.read(shown)
    second = await db.write(start, 2)
    assert second.is_new
    assert second.review
    assert second.review.id == 2


# ---- what it shows ------------------------------------------------------------------------------


async def test_it_shows_whatever_becomes_of_its_item_and_of_no_other(db: Database) -> None:
    await a_week_passes(db)
    await db.write(begun)
    await db.write(move_on, at(1), TWO)
    assert await db.read(put) == ["review:1"]
    await db.write(move_on, at(2), ONE)
    assert await db.read(put) == ["review:1", "review:1:2"]
    said = await db.read(shown)
    assert said.request
    assert (said.request.number, said.request.target) == (ONE, DUE + timedelta(days=19))
    assert [(line.field, line.old, line.by) for one in said.decided for line in one.lines] == [
        ("target", DUE.isoformat(), BORIS)
    ]
    await db.write(drawn)
    await db.write(lambda s: ranking.estimate(s, at(3, TANYA), ONE, Sizing(job_size=5)))
    assert "review:1:3" in await db.read(put)


async def test_changes_that_come_together_are_drawn_together(db: Database) -> None:
    await a_week_passes(db)
    await db.write(begun)
    for days in (19, 20, 21):
        await db.write(move_on, at(days), ONE, days)
    assert await db.read(put) == ["review:1", "review:1:2"]


async def test_what_is_released_meanwhile_waits_for_nothing(db: Database) -> None:
    await a_week_passes(db)
    await db.write(begun)
    await db.write(lambda s: moves.move(s, at(1), ONE, Move(status=Status.RELEASED)))
    said = await db.read(shown)
    assert said.request
    assert (said.request.status, said.waiting) == (Status.RELEASED, ())


# ---- decisions and minutes ----------------------------------------------------------------------


async def test_a_decision_is_kept_with_its_author_and_changes_nothing_else(db: Database) -> None:
    await a_week_passes(db)
    await db.write(begun)
    before = await db.read(board.the, ONE)
    for _ in range(2):
        recorded = await db.write(reviews.decide, at(1, ALICE, key="decision:1"), ONE, SSO)
        assert recorded.is_shown
    assert await db.read(board.the, ONE) == before
    lines = await db.read(lambda s: [line for line in s.changes.of("request:1") if line.field == DECISION])
    assert [(line.old, line.new, line.by) for line in lines] == [(None, SSO.words, ALICE)]
    assert await db.read(put) == ["review:1", "review:1:2"]


async def test_several_decisions_may_be_taken_of_one_request(db: Database) -> None:
    await a_week_passes(db)
    await db.write(begun)
    await db.write(reviews.decide, at(1, ALICE, key="decision:1"), ONE, SSO)
    await db.write(reviews.decide, at(2, BORIS, key="decision:2"), ONE, Decision(words="Ask legal."))
    said = await db.read(shown)
    assert [line.new for one in said.decided for line in one.lines] == [SSO.words, "Ask legal."]


async def test_a_decision_on_what_no_review_looks_at_is_kept_all_the_same(db: Database) -> None:
    await a_week_passes(db)
    recorded = await db.write(reviews.decide, at(1), TWO, SSO)
    assert not recorded.is_shown


async def test_minutes_hold_what_each_came_to_by_whoever_did_it(db: Database) -> None:
    await a_week_passes(db)
    await db.write(begun)
    for days in (5, 19):
        await db.write(move_on, at(days), ONE, days)
    await db.write(reviews.go_on, at(20), 1, 0)
    await db.write(lambda s: ranking.estimate(s, at(21, TANYA), TWO, Sizing(job_size=5)))
    await db.write(reviews.decide, at(22, ALICE), TWO, SSO)
    await db.write(reviews.go_on, at(23), 1, 1)
    await db.write(reviews.go_on, at(24), 1, 2)
    await db.write(reviews.decide, at(25, ALICE), THREE, SSO)
    said = await db.read(told)
    assert said
    assert [one.request.number for one in said.decided] == [ONE, TWO]
    assert [one.number for one in said.untouched] == [THREE]
    assert [(line.field, line.old, line.new, line.by) for line in said.decided[0].lines] == [
        ("target", DUE.isoformat(), (DUE + timedelta(days=19)).isoformat(), BORIS)
    ]
    assert [(line.field, line.by) for line in said.decided[1].lines] == [("job_size", TANYA), (DECISION, ALICE)]
    assert said.names == {ALICE: "Alice", BORIS: "Boris", TANYA: "Tanya"}


async def test_there_and_back_is_no_decision_and_without_any_there_are_no_minutes(db: Database) -> None:
    await a_week_passes(db)
    await db.write(begun)
    for minute, status in ((1, Status.TESTING), (2, Status.IN_PROGRESS)):
        await db.write(moves.move, at(minute), ONE, Move(status=status, target=DUE))
    await db.write(reviews.end, at(3), 1)
    assert (await db.read(shown)).decided == ()
    assert await db.read(told) is None


# ---- left alone ---------------------------------------------------------------------------------


async def test_a_review_nobody_goes_on_with_ends_after_twelve_hours(db: Database) -> None:
    await a_week_passes(db)
    await db.write(begun)
    await db.write(reviews.go_on, at(HOUR), 1, 0)
    ended = [await db.write(ring, minute) for minute in (12 * HOUR, 13 * HOUR - 1, 13 * HOUR, 13 * HOUR)]
    assert ended == [False, False, True, True]
    over = await db.read(lambda s: s.reviews.get(1))
    assert over
    assert (over.ended_by, over.looked_at) == (None, (ONE, TWO))
    assert [key for key in await db.read(put) if "minutes" in key] == ["review:1:minutes"]


def ring(store: Store, minute: float) -> bool:
    for key in reviews.abandoned(store, at(minute, None)):
        reviews.close_abandoned(store, at(minute, None), key)
    review = store.reviews.get(1)
    return review is not None and review.is_over


async def test_two_clocks_that_see_it_abandoned_end_it_once(db: Database) -> None:
    await a_week_passes(db)
    await db.write(begun)
    for minute in (12 * HOUR, 12 * HOUR + 1):
        await db.write(reviews.close_abandoned, at(minute, None), 1)
    over = await db.read(lambda s: s.reviews.get(1))
    assert over
    assert over.ended_at == at(12 * HOUR).at


# ---- who may ------------------------------------------------------------------------------------

DOES: list[Callable[[Store, Act], object]] = [
    reviews.start,
    lambda s, act: reviews.go_on(s, act, 1, 0),
    lambda s, act: reviews.end(s, act, 1),
    lambda s, act: reviews.open_decision(s, act, ONE),
    lambda s, act: reviews.decide(s, act, ONE, SSO),
]


@pytest.mark.parametrize("does", DOES)
async def test_who_has_no_such_role_or_is_a_guest_coordinates_nothing(
    db: Database, does: Callable[[Store, Act], object]
) -> None:
    await a_week_passes(db)
    await db.write(begun)
    people = [a_person("UINES"), replace(a_person("UGUEST"), is_guest=True)]
    await db.write(lambda s: house.keep_people(s, at(), people))
    before = await db.read(lambda s: s.reviews.get(1))
    for user, words in [
        ("UINES", "may run the weekly coordination"),
        ("UGUEST", "full members"),
        ("UX", "find you"),
    ]:
        with pytest.raises(Refused, match=words):
            await db.write(does, at(1, user))
    assert await db.read(lambda s: s.reviews.get(1)) == before


async def test_what_isnt_there_is_refused_in_words(db: Database) -> None:
    await a_week_passes(db)
    for does in (lambda s: reviews.go_on(s, at(), 7, 0), lambda s: reviews.end(s, at(), 7)):
        with pytest.raises(Refused, match="There is no such review"):
            await db.write(does)
    with pytest.raises(Refused, match="There is no R-99 on the board"):
        await db.write(reviews.decide, at(), RequestNumber(99), SSO)
