"""The form in which the facilitator says something at the top of a digest."""

from bot.domain.digest import SENTENCE_LIMIT, Foreword
from bot.ui import inputs, parts
from bot.ui.memory import Memory
from bot.ui.parts import View

CALLBACK = "sentence_form"


def form(sentence: str | None, week: int, memory: Memory) -> View:
    """What was said so far, to change; `memory` knows the digest."""
    element = parts.text_input(
        "sentence", "This week is about Acme's go-live.", value=sentence or "", multiline=True
    )
    label = "One or two sentences for the top"
    hint = f"At most {SENTENCE_LIMIT} characters. Leave empty to say nothing."
    focused = {**element, "focus_on_load": True}
    blocks = [parts.field("sentence", label, focused, hint=hint, optional=True)]
    return parts.modal(CALLBACK, f"Digest of week {week}", blocks, memory=memory.to_json(), submit="Save")


def read(view: View) -> Foreword:
    """What was typed. Raises Refused with the words for it."""
    fields = inputs.states(view)
    return inputs.checked(Foreword, sentence=lambda: inputs.text(fields.get("sentence")))


def receipt(sentence: str | None, week: int) -> View:
    """What stands at the top now."""
    if not sentence:
        return parts.done("Saved", parts.said(f"The digest of week {week} goes without a sentence of yours."))
    pieces = [parts.words(f"At the top of week {week}:", bold=True), parts.words(f" “{sentence}”")]
    return parts.done("Saved", parts.rich(pieces))
