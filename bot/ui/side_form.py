"""The form for the other side's words on what is before the strategy channel."""

from bot.domain.escalations import Saying, SideAsked
from bot.ui import cases, decided, entries, inputs, parts
from bot.ui.memory import Memory
from bot.ui.parts import View

CALLBACK = "side_form"
OPEN = entries.SIDE
_LABEL_SHOWN = 150


def form(asked: SideAsked, memory: Memory) -> View:
    one = asked.escalation
    said = f" {decided.both(asked)[0]}"
    element = parts.text_input("words", value=one.other_words or "", multiline=True)
    blocks = [
        parts.rich([parts.words(decided.title(asked), bold=True), parts.words(said)]),
        parts.field(
            "words",
            parts.shorten(cases.question(asked), _LABEL_SHOWN),
            {**element, "focus_on_load": True},
            hint="It stands beside theirs in the strategy channel.",
        ),
    ]
    title = f"{parts.capital(decided.WHOSE[one.side.other])} side"
    return parts.modal(CALLBACK, title, blocks, memory=memory.to_json(), submit="Say it")


def read(view: View) -> Saying:
    """What was typed. Raises Refused beside the field."""
    fields = inputs.states(view)
    return inputs.checked(Saying, words=lambda: inputs.text(fields.get("words")))


def receipt() -> View:
    first = parts.words("Thanks, it stands in the case.", bold=True)
    return parts.done("Said", parts.rich([first, parts.words(" I'll tell you what is decided.")]))
