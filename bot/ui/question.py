"""A question to a person, and the answer to it."""

from collections.abc import Mapping
from typing import Any

from bot.domain.errors import Refused
from bot.domain.ids import UserId
from bot.domain.talks import Answered, Asked, Heard, Kind
from bot.ui import ask_form, parts
from bot.ui.parts import Block, Element, Message

ANSWER = "answer"  #: the button under a question
_TITLE_SHOWN = 120
_QUOTED = 300
_SHOWN = 2500
_SENTENCE = 600
_ID_LENGTH = 15


def asked(saying: Asked) -> Message:
    """The question, or what was answered."""
    question = saying.question
    pieces = [*_asks(saying), *_goes_where(saying)] if question.is_open else _has_answered(saying)
    label = "Answer" if question.is_open else "Change"
    blocks = [parts.rich(pieces), *([] if question.is_open else [parts.small(_reminder(saying))])]
    return Message(text=_sentence(pieces), blocks=[*blocks, _button(saying, label)])


def answered(saying: Answered) -> Message:
    """For whoever asked."""
    question = saying.question
    who = _name(saying, question.answered_by)
    lead = f"{who} answered on {_title(saying)}:"
    pieces = [parts.words(lead, bold=True), parts.words(f" “{_answer(saying)}”")]
    is_named = saying.account is None or saying.account in question.words
    about = "" if is_named else f"About {saying.account}: "
    reminder = parts.small(f"{about}“{parts.shorten(question.words, _QUOTED)}”")
    return Message(text=_sentence(pieces), blocks=[parts.rich(pieces), reminder])


def line(saying: Asked) -> list[Element]:
    """The question in one paragraph of a rich text, for lists."""
    return _asks(saying)


def reply(heard: Heard) -> Message:
    """What a person reads who wrote to Tandem, where the question's own message doesn't show it."""
    if len(heard.asked) == 1:
        one = heard.asked[0]
        pieces = [parts.words("Your answer is on "), parts.words(_title(one), bold=True), parts.words(".")]
        return Message(text=_sentence(pieces), blocks=[parts.rich(pieces), _button(one, "Change")])
    text = "Which question is this for? Answer in its thread, or here with the button."
    blocks: list[Block] = [parts.section(text)]
    for one in heard.asked:
        blocks += [parts.rich(_asks(one)), _button(one, "Answer")]
    return Message(text=text, blocks=blocks)


def question_of(button: Mapping[str, Any]) -> int:
    """The question a pressed button is about. Raises Refused when it says none."""
    value = str(button.get("value") or "")
    if not (value.isdecimal() and len(value) <= _ID_LENGTH):
        raise Refused("This button is from an older Tandem. Find the request with /board and look there.")
    return int(value)


# ---- how it is said -----------------------------------------------------------------------------


def _asks(saying: Asked) -> list[Element]:
    question = saying.question
    by, title = _name(saying, question.by), parts.words(_title(saying), bold=True)
    quote = f"“{question.words}”"
    match question.kind:
        case Kind.QUESTION:
            return [parts.words(f"{by} has a question on "), title, parts.words(f": {quote}")]
        case Kind.SIZE:
            return [parts.words(f"{by} can't size "), title, parts.words(f" yet, and needs: {quote}")]
        case Kind.TALK:
            more = "" if question.words == ask_form.may_we_talk(saying.account) else f" {quote}"
            wish = f"{by} would like to talk to {saying.account or 'a customer'} about "
            return [parts.words(wish), title, parts.words(f". May they?{more}")]


def _goes_where(saying: Asked) -> list[Element]:
    return [parts.words(" Your answer goes on the request.")] if saying.question.kind is Kind.QUESTION else []


def _has_answered(saying: Asked) -> list[Element]:
    question = saying.question
    who = "You" if question.answered_by == question.to else _name(saying, question.answered_by)
    return [parts.words(f"{who} answered: “{_answer(saying)}”")]


def _reminder(saying: Asked) -> str:
    return parts.shorten("".join(piece["text"] for piece in _asks(saying)), _QUOTED)


def _button(saying: Asked, label: str) -> Block:
    """No block_id: Slack gives new ones on every update, as it wants for messages."""
    button = parts.button(label, ANSWER, str(saying.question.id))
    return {"type": "actions", "elements": [button]}


def _sentence(pieces: list[Element]) -> str:
    return parts.escape(parts.shorten("".join(piece["text"] for piece in pieces), _SENTENCE))


def _title(saying: Asked | Answered) -> str:
    return parts.shorten(saying.request.title, _TITLE_SHOWN)


def _answer(saying: Asked | Answered) -> str:
    return parts.shorten(saying.question.answer or "", _SHOWN)


def _name(saying: Asked | Answered, user: UserId | None) -> str:
    return saying.names.get(user, "Somebody") if user else "Somebody"
