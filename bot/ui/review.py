"""The weekly review, one request at a time, and its minutes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

from bot.domain.blockers import Blocked
from bot.domain.changes import Logged
from bot.domain.digest import Because, Waiting
from bot.domain.errors import Refused
from bot.domain.ids import ChannelId, UserId
from bot.domain.requests import Request
from bot.domain.reviews import DECISION, Begun, Decided, Minutes, Review, ReviewSaid
from bot.domain.text import one_line
from bot.ui import blocked, card, decision_form, digest, entries, history, parts
from bot.ui import figures as show
from bot.ui.parts import Block, Element, Message, View

NEXT = "review_next"  #: the value is "review:position", of both
END = "review_end"

TEXT_SHOWN = 700  #: escaped, it fits the 4,000 characters of a message's text
BLOCKERS_SHOWN = 3
NAMES_SHOWN = 3
CAME_SHOWN = 6  #: lines of what has come of the request looked at, the newest
WORDS_SHOWN = 200  #: of each, and of a blocker
LESS = ((20, 500), (20, 250), (10, 120), (5, 80), (2, 60))  #: lines an item and their length, until all fit

_STEP = re.compile(r"(\d{1,15}):(\d{1,3})", re.ASCII)


# ---- the review ---------------------------------------------------------------------------------


def message(saying: ReviewSaid) -> Message:
    """The request looked at, and what can be done about it; or that the review is over."""
    if saying.request is None:
        return _told(_over(saying))
    lines = [[parts.words(_where(saying.review), bold=True)], _what(saying, saying.request)]
    lines += [[parts.words(line)] for line in (_why(saying), *_came(saying)) if line]
    return Message(text=_sentence(lines), blocks=[parts.rich(*lines), _buttons(saying, saying.request)])


def _over(saying: ReviewSaid) -> str:
    """Say "Review over: 6 looked at, 4 decided."."""
    review = saying.review
    looked_at, all_items = len(review.looked_at), len(review.items)
    looked = f"{looked_at}" if looked_at == all_items else f"{looked_at} of {all_items}"
    return f"Review over: {looked} looked at, {len(saying.decided) or 'nothing'} decided."


def _where(review: Review) -> str:
    return f"Review · {review.position + 1} of {len(review.items)}"


def _what(saying: ReviewSaid, request: Request) -> list[Element]:
    """Say "savings reports (R-7) · in progress, aimed at 20 November · #3"."""
    place = saying.standing.place if saying.standing and request.status.is_open else None
    rank = f" · {show.rank(place)}" if place else ""
    return [parts.words(request.title, bold=True), parts.words(f" ({request.name}) · {card.status(request)}{rank}")]


def _why(saying: ReviewSaid) -> str:
    """Say "Its date has passed (Boris). Blocked for 4 days: “waits for the legal text” (Olga)."."""
    reasons = [_reason(one) for one in saying.waiting if one.because is not Because.BLOCKED or not saying.blockers]
    return " ".join([*reasons, *_blocked(saying.blockers)])


def _reason(one: Waiting) -> str:
    why = "its date has passed" if one.because is Because.LATE else digest.why(one)
    whose = f" ({parts.listed(one.whose, room=NAMES_SHOWN)})" if one.whose else ""
    return f"{parts.capital(why)}{whose}."


def _blocked(blockers: tuple[Blocked, ...]) -> Iterator[str]:
    for one in blockers[:BLOCKERS_SHOWN]:
        yield f"Blocked {blocked.how_long(one.days)}: {blocked.quote(one, WORDS_SHOWN)} ({blocked.owner(one)})."
    more = len(blockers) - BLOCKERS_SHOWN
    if more > 0:
        yield f"And {more} more {'blocker' if more == 1 else 'blockers'}."


def _came(saying: ReviewSaid) -> list[str]:
    """What has come of it in this review so far; what is in the way stands above it."""
    settled = (replace(one, lines=tuple(filter(_is_settled, one.lines))) for one in saying.decided)
    lines = [line for one in settled for line in _told_of(one, saying.names, WORDS_SHOWN)]
    return [f"✓ {line}" for line in lines[-CAME_SHOWN:]]


def _is_settled(line: Logged) -> bool:
    return line.field != "blocker" or line.new is None


def _buttons(saying: ReviewSaid, request: Request) -> Block:
    step = f"{saying.review.id}:{saying.review.position}"
    steps = [parts.button("Next", NEXT, step, primary=True), parts.button("End", END, step)]
    if not request.status.is_open:
        return parts.buttons(*steps)
    return parts.buttons(
        entries.move(request.number, "New date or move"),
        entries.unblock(saying.blockers[0].blocker.id) if saying.blockers else entries.block(request.number),
        parts.button("Decision", decision_form.OPEN, str(request.number)),
        *steps,
    )


def step_of(button: Mapping[str, Any]) -> tuple[int, int]:
    """The review a pressed button belongs to, and where it stood then. Raises Refused when it says neither."""
    found = _STEP.fullmatch(button.get("value") or "")
    if not found:
        raise Refused("This button is from an older Tandem. /coordination review shows where the review is.")
    return int(found[1]), int(found[2])


# ---- what was decided ---------------------------------------------------------------------------


def minutes(saying: Minutes) -> Message:
    """What each request came to, as much of it as there is room for."""
    drawn = (_drawn(saying, *less) for less in LESS)
    blocks = next((blocks for blocks in drawn if digest.length(blocks) <= digest.ROOM), _drawn(saying, *LESS[-1]))
    lead = f"The review decided about {_titles([one.request for one in saying.decided])}."
    return Message(text=parts.escape(parts.shorten(lead, TEXT_SHOWN)), blocks=blocks)


def _drawn(saying: Minutes, most: int, length: int) -> list[Block]:
    items = [_item(one, saying.names, most, length) for one in saying.decided]
    return [parts.rich([parts.words("Minutes", bold=True)]), *items, *_rest(saying)]


def _item(one: Decided, names: Mapping[UserId, str], most: int, length: int) -> Block:
    told = list(_told_of(one, names, length))
    more = [f"and {len(told) - most} more, in its history"] if len(told) > most else []
    items = [_section(parts.words(line)) for line in [*told[:most], *more]]
    heading = _section(parts.words(one.request.title, bold=True), parts.words(f" ({one.request.name})"))
    return {
        "type": "rich_text",
        "elements": [heading, {"type": "rich_text_list", "style": "bullet", "elements": items}],
    }


def _section(*pieces: Element) -> Element:
    return {"type": "rich_text_section", "elements": list(pieces)}


def _rest(saying: Minutes) -> list[Block]:
    """One line for what stays as it was."""
    left = len(saying.review.items) - len(saying.review.looked_at)
    said = [f"Nothing decided about {_titles(saying.untouched)}."] if saying.untouched else []
    said += [f"{show.requests(left)} not looked at."] if left else []
    return [parts.small(" ".join(said))] if said else []


def _titles(requests: Sequence[Request]) -> str:
    return parts.listed([parts.shorten(one.title, digest.TITLE) for one in requests], room=2 * NAMES_SHOWN)


def _told_of(one: Decided, names: Mapping[UserId, str], length: int) -> Iterator[str]:
    """Say "Boris: aimed at 12 December (was 20 November)", "Decision, Marek: ship without SSO first."."""
    for _, act in groupby(one.lines, key=_speaker):
        lines = list(act)
        who = names.get(lines[0].by, "somebody") if lines[0].by else "Tandem"
        if lines[0].field in _EVENTS:
            yield from (parts.shorten(_event(line, who), length) for line in lines)
        elif said := [words for line in lines if (words := _change(line, names))]:
            why = f" Why: {one_line(lines[-1].why)}" if lines[-1].why else ""
            yield parts.shorten(f"{who}: {'; '.join(said)}.{why}", length)


def _speaker(line: Logged) -> tuple[object, ...]:
    """What is told in one line: what somebody did at once."""
    return line.by, line.trace, line.field in _EVENTS


_EVENTS = {DECISION, "blocker"}


def _event(line: Logged, who: str) -> str:
    """People's own words, as they wrote them."""
    if line.field == DECISION:
        return f"Decision, {who}: {one_line(line.new)}"
    if line.new is None:
        return f"Blocker resolved by {who}: {one_line(line.why or line.old or '')}"
    return f"Blocker, from {who}: {one_line(line.new)}"


def _change(line: Logged, names: Mapping[UserId, str]) -> str:
    if line.field == "blocker_owner":
        return f"{names.get(line.new, 'somebody')} gets the blocker out of the way"
    was = f" (was {show.day(date.fromisoformat(line.old))})" if line.field == "target" and line.old else ""
    return f"{history.change(line, names)}{was}"


# ---- to whoever begins it -----------------------------------------------------------------------


def begun(done: Begun) -> Message:
    """Where the review is, for whoever asked for it alone."""
    if done.review is None:
        return _told("Nothing waits for a decision.")
    if done.is_new:
        count = len(done.review.items)
        what = f"{parts.capital(show.in_words(count))} {'request waits' if count == 1 else 'requests wait'}"
        return _marked(f"*The review begins in {_channel(done.review.channel)}.* {what} for a decision.")
    link = f" <{done.link}|See it>" if done.link else ""
    return _marked(f"*A review is under way in {_channel(done.review.channel)}.*{link}")


def begun_page(done: Begun) -> View:
    return parts.done("Review", *begun(done).blocks)


def _channel(channel: ChannelId) -> str:
    return f"<#{channel}>" if channel.isalnum() else parts.escape(channel)


def _told(sentence: str) -> Message:
    return Message(text=parts.escape(sentence), blocks=[parts.rich([parts.words(sentence, bold=True)])])


def _marked(text: str) -> Message:
    return Message(text=text.replace("*", ""), blocks=[parts.section(text)])


def _sentence(lines: list[list[Element]]) -> str:
    """The notification: all of it in a row."""
    said = " · ".join("".join(piece["text"] for piece in pieces) for pieces in lines)
    return parts.escape(parts.shorten(said, TEXT_SHOWN))
