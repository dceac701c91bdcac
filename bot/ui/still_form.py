"""The form in which whoever is asked says how it goes: it is still in the way."""

from bot.domain.blockers import Answering, Blocked
from bot.ui import blocked, inputs, parts
from bot.ui.memory import Memory
from bot.ui.parts import Element, View

CALLBACK = "still_form"
OPEN = "still_blocked"


def button(one: Blocked) -> Element:
    label = "Still in the way" if one.blocker.answer is None else "Say it otherwise"
    return parts.button(label, OPEN, str(one.blocker.id))


def form(one: Blocked, memory: Memory) -> View:
    if not one.blocker.is_open:
        return blocked.was_resolved(one)
    said = parts.text_input("words", "Legal promised it for Thursday.", value=one.blocker.answer or "")
    hint = "It stands with the request, and I won't ask you again."
    field = parts.field("words", "How does it look?", {**said, "focus_on_load": True}, hint=hint)
    return parts.modal(
        CALLBACK, "Still in the way", [blocked.about(one), field], memory=memory.to_json(), submit="Say so"
    )


def read(view: View) -> Answering:
    """What was typed. Raises Refused beside the field."""
    fields = inputs.states(view)
    return inputs.checked(Answering, words=lambda: inputs.text(fields.get("words")))


def receipt(one: Blocked) -> View:
    first = parts.words(f"Thanks, it stands with {blocked.title(one)}.", bold=True)
    rest = parts.words(" I won't ask you again. Resolve it once it is out of the way.")
    return parts.done("Thanks", parts.rich([first, rest]))
