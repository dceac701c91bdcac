"""The form that moves a request, and what came of it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.domain.board import Standing
from bot.domain.errors import Refused
from bot.domain.flow import Audience, Held, Move, Moved, MoveForm, Shown, Watching
from bot.domain.notices import Mode
from bot.domain.promises import Heard, Listener
from bot.domain.requests import Request, Status
from bot.domain.text import clean
from bot.domain.wsjf import Factor
from bot.ui import entries, inputs, news, parts, standing
from bot.ui import figures as show
from bot.ui.drafts import draft
from bot.ui.memory import Memory, recall
from bot.ui.parts import Block, View
from bot.ui.vocabulary import STATUSES

CALLBACK = "move_form"
OPEN = entries.MOVE
REDRAFT = "move_to"  #: a new status or date suggests new words for customers
HEARD_SHOWN = 5
NAMES_SHOWN = 6
WORDS_SHOWN = 200
_SAID = "sentence"  #: the field for the customer, with what is said so far
_DRAFTED = "sentence~2"  #: and with a draft; one more each time it is drafted anew


# ---- the form -----------------------------------------------------------------------------------


def form(blank: MoveForm, memory: Memory, *, status: Status | None = None) -> View:
    """With `status` already chosen, words for it are suggested."""
    request = blank.request
    if status in blank.statuses and status is not request.status:
        return _drawn(blank, memory, status, request.target, _DRAFTED, _suggested(blank, status, request.target))
    return _drawn(blank, memory, request.status, request.target, _SAID, _said(blank))


def redrawn(blank: MoveForm, memory: Memory, view: View) -> View:
    """The form after a choice: words for customers are suggested anew, unless somebody wrote their own."""
    fields = inputs.states(view)
    status, target = _status(fields), inputs.day(fields.get("target"))
    field, prefilled = _first_words(view, _SAID)
    words = _suggested(blank, status, target)
    is_untouched = inputs.text(fields.get("sentence")) == prefilled
    if is_untouched and (words != prefilled or field == _SAID):
        return _drawn(blank, memory, status, target, _next(field), words)
    return _drawn(blank, memory, status, target, field, prefilled)


def memory_of(blank: MoveForm, key: str) -> Memory:
    """What the form remembers: which request, and how it was shown."""
    request = blank.request
    return Memory(key=key, number=request.number, status=request.status, target=request.target)


def start(action: Mapping[str, Any]) -> Status | None:
    """The status a button chooses beforehand."""
    named = str(action.get("action_id", "")).partition(":")[2]
    return next((status for status in Status if status.value == named), None)


def _drawn(blank: MoveForm, memory: Memory, status: Status, target: date | None, field: str, words: str) -> View:
    request = blank.request
    blocks = [
        parts.rich([parts.words(request.title, bold=True), parts.words(f" {news.state(request)}")]),
        _to(blank, status),
        _target(target),
        _why(request),
        *([_sentence(blank, field, words, _EXAMPLES.get(status, _EXAMPLE))] if blank.may_write else []),
    ]
    return parts.modal(CALLBACK, f"Move {request.name}", blocks, memory=memory.to_json(), submit="Move")


def _to(blank: MoveForm, status: Status) -> Block:
    options = [parts.option(STATUSES[one].capitalize(), one) for one in blank.statuses]
    element = parts.select(f"{REDRAFT}:status", options, "Choose", status)
    return parts.field("status", "Move to", element, tells=blank.may_write)


def _target(target: date | None) -> Block:
    element = parts.date_input(f"{REDRAFT}:target", "Choose a day", target)
    hint = "When it should be released. Needed to plan it."
    return parts.field("target", "Target date", element, hint=hint, optional=True, tells=True)


def _why(request: Request) -> Block:
    element = parts.text_input("why", value=request.reason or "", multiline=True)
    hint = "Whoever follows it reads this. Needed to decline."
    return parts.field("why", "Why", element, hint=hint, optional=True)


def _sentence(blank: MoveForm, field: str, words: str, example: str) -> Block:
    element = parts.text_input("sentence", example, value=words, multiline=True)
    now = _said(blank)
    so_far = f" So far: “{now}”" if now and words != now else ""
    hint = f"One sentence a customer may hear. Needed to decline.{so_far}"
    return parts.field(field, "For the customer", element, hint=hint, optional=True)


_EXAMPLE = "We're building it now; we expect it in December."
_EXAMPLES = {Status.DECLINED: "We looked into it and won't build it this year."}


def _said(blank: MoveForm) -> str:
    return blank.sentence.words if blank.sentence else ""


def _suggested(blank: MoveForm, status: Status, target: date | None) -> str:
    """What is said already while nothing moves; else a draft. A no needs a person's own words."""
    request = blank.request
    if (status, target) == (request.status, request.target):
        return _said(blank)
    return draft(status, target, blank.today)


def _first_words(view: View, field: str) -> tuple[str, str]:
    """A field's block and what it began with; it has another block each time it was prefilled anew."""
    for block in view["blocks"]:
        name = str(block.get("block_id", ""))
        if name.partition("~")[0] == field:
            return name, clean(str(block["element"].get("initial_value", "")))
    return field, ""


def _next(field: str) -> str:
    again = field.partition("~")[2]
    return f"{_SAID}~{int(again) + 1}" if again.isdecimal() else _DRAFTED


# ---- reading ------------------------------------------------------------------------------------


def read(view: View) -> Move:
    """What was written. Raises Refused with the words for every field at fault."""
    fields = inputs.states(view)
    return inputs.checked(
        Move,
        status=lambda: _status(fields),
        target=lambda: inputs.day(fields.get("target")),
        why=lambda: _reason(view, _status(fields), inputs.text(fields.get("why"))),
        sentence=lambda: _written(view, inputs.text(fields.get("sentence"))),
    )


def shown(memory: Memory) -> Shown | None:
    """How the form showed the request."""
    return Shown(status=memory.status, target=memory.target) if memory.status else None


def _reason(view: View, status: Status, why: str) -> str:
    """The reason of a no says nothing about another move."""
    is_of_before = status is not Status.DECLINED and why == _first_words(view, "why")[1]
    return "" if is_of_before else why


def _written(view: View, sentence: str) -> str | None:
    """None for words of before that were left alone: saying them again would be nobody's word."""
    is_of_before = _first_words(view, _SAID) == (_SAID, sentence) and recall(view).status is not Status.DECLINED
    return None if is_of_before else sentence


def _status(fields: Mapping[str, Mapping[str, Any]]) -> Status:
    try:
        return Status(inputs.chosen(fields.get("status")) or "")
    except ValueError:
        raise Refused("Please choose this one again.", field="status") from None


# ---- what came of it ----------------------------------------------------------------------------


def receipt(done: Moved | Held) -> View:
    return _held(done) if isinstance(done, Held) else _moved(done)


def _moved(done: Moved) -> View:
    first = f"{done.request.title} {news.state(done.request)}."
    if not done.is_changed:
        return parts.done("Nothing changed", _lines(first, ["Nothing changed, so nobody is told."]))
    lines = [*_hear(done.audience), *(_heard(one) for one in done.heard[:HEARD_SHOWN])]
    more = len(done.heard) - HEARD_SHOWN
    lines += [f"and {more} more heard something from before."] if more > 0 else []
    blocks = [_lines(first, lines)]
    if done.is_overtaken:
        blocks.append(parts.said("What customers may hear is from before this. Say it anew:"))
        blocks.append(parts.actions("then", entries.promise(done.request.number)))
    return parts.done("Moved", *blocks)


def _lines(first: str, rest: list[str]) -> Block:
    return parts.rich([parts.words(first, bold=True)], *([parts.words(line)] for line in rest))


def _hear(audience: Audience) -> list[str]:
    """Say "Alice hears of it in five minutes, within working hours"."""
    lines = []
    if audience.now:
        lines.append(f"{_named(audience.now)} {_s(audience.now)} of it in five minutes, within working hours.")
    if audience.daily:
        lines.append(f"{_named(audience.daily)} {_s(audience.daily)} of it in the daily message.")
    return lines or ["Nobody else follows it."]


def _named(names: tuple[str, ...]) -> str:
    return parts.listed(names, room=NAMES_SHOWN)


def _s(names: tuple[str, ...]) -> str:
    return "hears" if len(names) == 1 else "hear"


def _heard(one: Listener) -> str:
    heard = one.heard
    assert isinstance(heard, Heard)
    who = "you" if heard.by_me else heard.by
    return f"{one.name} heard “{parts.shorten(heard.words, WORDS_SHOWN)}” from {who} on {show.day(heard.on)}."


# ---- not yet ------------------------------------------------------------------------------------


def _held(held: Held) -> View:
    """On the tech lead's behalf: what is missing, and who is asked for it."""
    number = held.request.number
    button = [parts.actions("then", entries.estimate(number))] if held.yours else []
    return parts.done("Not yet", _lines(_not_yet(held.request), _what_next(held)), *button)


def _not_yet(request: Request) -> str:
    if _lacks_only_a_size(request):
        return f"Not yet: tech hasn't sized {request.title}."
    return f"Not yet: {request.title} needs {_needs(request.missing)}."


def _what_next(held: Held) -> list[str]:
    lines = []
    if held.yours:
        lines.append(f"{_needs(held.yours).capitalize()}: that's yours to say.")
    if held.asked:
        lines.append(f"I've asked {_named(held.asked)} now and tell you when it has {_waited_for(held.request)}.")
    if held.unheld:
        roles = parts.listed(held.unheld, "or")
        lines.append(
            f"Nobody holds the {roles} role here, so nobody could be asked. "
            f"{parts.listed(held.admins, 'or') if held.admins else 'An admin'} can name somebody in /tandem setup."
        )
    return lines


def _waited_for(request: Request) -> str:
    return "a size" if _lacks_only_a_size(request) else "its estimate"


def _lacks_only_a_size(request: Request) -> bool:
    return request.missing == (Factor.JOB_SIZE,)


def _needs(factors: tuple[Factor, ...]) -> str:
    return standing.missing(Standing(score=None, place=None, missing=factors))


# ---- watching -----------------------------------------------------------------------------------


def watching(now: Watching) -> View:
    """Whether they hear of it, and how."""
    title = "Watching" if now.on else "Not watching"
    return parts.done(title, _lines(now.request.title, [_how(now)]))


def _how(now: Watching) -> str:
    if now.anyway:
        return "You hear when it moves in any case: you asked for it, or told a customer about it."
    if not now.on:
        return "You won't hear of it any more."
    return _HOW[Mode(now.mode)]


_HOW = {
    Mode.NOW: "You'll hear when it moves.",
    Mode.DAILY: "You'll hear when it moves, in your daily message. Home has your preferences.",
    Mode.NEVER: "You watch it, but you chose never to hear of what you watch. Home has your preferences.",
}
