"""A request taken to the strategy level, as each of those concerned sees it."""

from collections.abc import Mapping
from typing import Any

from bot.domain.board import Row
from bot.domain.errors import Refused
from bot.domain.escalations import Case, Decided, Picture, SideAsked, Taken, Verdict
from bot.domain.text import one_line
from bot.ui import decided as ruling
from bot.ui import entries, parts, weights
from bot.ui import figures as show
from bot.ui.parts import Block, Element, Message
from bot.ui.vocabulary import STATUSES

FEWER = "Fewer of these? Choose under preferences, on Home."
_TEXT_SHOWN = 700  #: escaped, it fits the 4,000 characters of a message's text
_ID_LENGTH = 15


# ---- before the strategy channel ----------------------------------------------------------------


def message(saying: Case) -> Message:
    """The case; once it is decided, the decision above both sides' words."""
    head, *rest = _decided(saying) if saying.decided_on else _open(saying)
    lines = [[parts.words(head, bold=True), *(parts.words(words) for words in rest[:1])]]
    lines += [[parts.words(words)] for words in rest[1:]]
    buttons = _to_decide(saying) if saying.picture else _to_go_on(saying)
    return Message(text=_sentence(f"{head}{rest[0]}"), blocks=[parts.rich(*lines), parts.buttons(*buttons)])


def _open(saying: Case) -> list[str]:
    name = saying.request.name
    if saying.picture is None:
        head = f"{ruling.title(saying)} was {STATUSES[saying.request.status]} before it was decided."
        return [head, f" {name}", *ruling.both(saying)]
    picture = saying.picture
    head = f"Does {ruling.title(saying)} go first?"
    return [
        head,
        f" {name} · {weights.place(picture.what)}",
        *ruling.both(saying),
        at_stake(picture),
        *means(picture),
    ]


def _decided(saying: Case) -> list[str]:
    by = ruling.name(saying, saying.escalation.decided_by)
    day = f" on {show.day(saying.decided_on)}" if saying.decided_on else ""
    said = f" {by} decided{day}: {ruling.why(saying)}{ruling.price(saying)}"
    return [ruling.outcome(saying), said, *ruling.both(saying)]


def _to_decide(saying: Case) -> list[Element]:
    one = saying.escalation
    say = [entries.say_side(one.id, f"Say {ruling.WHOSE[one.side.other]} side")] if one.other_words is None else []
    return [entries.decide(one.id), *say, entries.page(one.number, "Open")]


def _to_go_on(saying: Case) -> list[Element]:
    goes = saying.escalation.verdict is Verdict.FIRST and saying.request.status.is_open
    number = saying.escalation.number
    return [*([entries.move(number)] if goes else []), entries.page(number, "Open")]


# ---- what it means ------------------------------------------------------------------------------


def at_stake(picture: Picture) -> str:
    """Say "At stake: 2 companies, €136k a year; Acme Bank decides on 12 December."."""
    what = picture.what
    closing = weights.closing(what)
    sums = ", ".join(filter(None, [weights.companies(what.companies), weights.money(what)]))
    return f"At stake: {sums}{f'; {closing}' if closing else ''}."


def means(picture: Picture) -> list[str]:
    """What going first would push aside, a line a request that would have to wait."""
    lines = [f"If it goes first: {_above(picture)}{_one_waits(picture)}"]
    return [*lines, *(f"• {weights.named(one)}: {weights.waiting(one)}" for one in picture.could_wait)]


def _above(picture: Picture) -> str:
    count = picture.how_many_above
    if count == 0:
        return "nothing stands above it."
    stands = "one request stands" if count == 1 else f"{show.in_words(count)} requests stand"
    return f"{stands} above it{_names(picture)}."


def _names(picture: Picture) -> str:
    if not picture.above:
        return ""
    some = "the first are " if picture.how_many_above > len(picture.above) else ""
    return f", {some}{parts.listed([_scored(row) for row in picture.above])}"


def _scored(row: Row) -> str:
    score = f" {show.score(row.score)}" if row.score is not None else ""
    return f"{parts.shorten(row.title, weights.TITLE_SHOWN)}{score}"


def _one_waits(picture: Picture) -> str:
    if not picture.could_wait:
        return " Nothing is in work or planned that would have to wait."
    return " This would have to wait:" if len(picture.could_wait) == 1 else " One of these would have to wait:"


# ---- the other side -----------------------------------------------------------------------------


def side_asked(saying: SideAsked) -> Message:
    """The question, or what became of it."""
    pieces = [piece for piece in (_asks(saying) if _waits(saying) else _became(saying)) if piece["text"]]
    text = _sentence("".join(piece["text"] for piece in pieces))
    return Message(text=text, blocks=[parts.rich(pieces), *_side_buttons(saying)])


def _waits(saying: SideAsked) -> bool:
    one = saying.escalation
    return one.is_open and not saying.is_moot and one.other_words is None


def _asks(saying: SideAsked) -> list[Element]:
    one = saying.escalation
    return [
        parts.words(f"{parts.capital(ruling.name(saying, one.by))} takes "),
        parts.words(ruling.title(saying), bold=True),
        parts.words(f" to the strategy level: “{one.words}” {question(saying)}"),
    ]


def question(saying: SideAsked) -> str:
    """Say "What should Olga know from your side?"."""
    names = [parts.shorten(name, 40) for name in saying.deciders]
    return f"What should {parts.listed(names, 'or') if names else 'leadership'} know from your side?"


def _became(saying: SideAsked) -> list[Element]:
    one, title = saying.escalation, ruling.title(saying)
    if one.decided_at is not None:
        by = parts.capital(ruling.name(saying, one.decided_by))
        said = f" {by} decided: {ruling.why(saying)}{_your_words(saying)}"
        return [parts.words(ruling.outcome(saying), bold=True), parts.words(said)]
    if saying.is_moot:
        head = f"{title} was {STATUSES[saying.request.status]} before it was decided."
        return [parts.words(head, bold=True), parts.words(_your_words(saying))]
    by = "You" if one.other_by == saying.reader else ruling.name(saying, one.other_by)
    return [parts.words(f"{by} said on "), parts.words(title, bold=True), parts.words(f": “{one.other_words}”")]


def _your_words(saying: SideAsked) -> str:
    one = saying.escalation
    return f" You said: “{one.other_words}”" if one.other_words and one.other_by == saying.reader else ""


def _side_buttons(saying: SideAsked) -> list[Block]:
    one, page = saying.escalation, entries.page(saying.escalation.number, "Open")
    if _waits(saying):
        return [parts.buttons(entries.say_side(one.id, "Say it"), page)]
    is_theirs = one.is_open and not saying.is_moot and one.other_by == saying.reader
    return [parts.buttons(*([entries.say_side(one.id, "Change")] if is_theirs else []), page)]


# ---- what was decided ---------------------------------------------------------------------------


def decided(saying: Decided) -> Message:
    one = saying.escalation
    by = parts.capital(ruling.name(saying, one.decided_by))
    said = f" {by} decided: {ruling.why(saying)}{ruling.price(saying)}"
    head = _lead(saying)
    blocks = [
        parts.rich([parts.words(head, bold=True), parts.words(said)]),
        parts.buttons(entries.page(one.displaced if saying.waits and one.displaced else one.number, "Open")),
        parts.context(FEWER),
    ]
    return Message(text=_sentence(head + said), blocks=blocks)


def _lead(saying: Decided) -> str:
    """Whose request waits reads of that one first."""
    if saying.waits and saying.price and saying.price.waits:
        waits = parts.shorten(saying.price.waits.title, ruling.TITLE_SHOWN)
        return f"{waits} waits: {ruling.outcome(saying)}"
    return ruling.outcome(saying)


# ---- shared by the forms ------------------------------------------------------------------------


def settled(one: Taken) -> list[Element]:
    """What somebody else has decided, in a form's place."""
    by = parts.capital(ruling.name(one, one.escalation.decided_by))
    day = f" on {show.day(one.decided_on)}" if one.decided_on else ""
    said = f" {by} decided{day}: {ruling.why(one)}{ruling.price(one)}"
    return [parts.words(ruling.outcome(one), bold=True), parts.words(said)]


def case_of(button: Mapping[str, Any]) -> int:
    """The case a pressed button is about. Raises Refused when it says none."""
    value = str(button.get("value") or "")
    if not (value.isascii() and value.isdecimal() and len(value) <= _ID_LENGTH):
        raise Refused("This button is from an older Tandem. Find the request with /board and look there.")
    return int(value)


def _sentence(text: str) -> str:
    return parts.escape(parts.shorten(one_line(text), _TEXT_SHOWN))
