"""The form that says how a blocker got out of the way."""

from bot.domain.blockers import Blocked, Resolved, Resolving
from bot.ui import blocked, entries, hand_over_form, inputs, parts
from bot.ui import figures as show
from bot.ui.memory import Memory
from bot.ui.parts import View

CALLBACK = "resolve_form"
OPEN = entries.UNBLOCK


def form(one: Blocked, memory: Memory) -> View:
    if not one.blocker.is_open:
        return blocked.was_resolved(one)
    note = {**parts.text_input("note", "Legal signed on Tuesday."), "focus_on_load": True}
    blocks = [
        blocked.about(one),
        parts.field("note", "How was it resolved?", note),
        parts.actions("instead", hand_over_form.button(one.blocker.id)),
    ]
    return parts.modal(CALLBACK, "Out of the way?", blocks, memory=memory.to_json(), submit="Resolve")


def read(view: View) -> Resolving:
    """What was typed. Raises Refused beside the field."""
    fields = inputs.states(view)
    return inputs.checked(Resolving, note=lambda: inputs.text(fields.get("note")))


def receipt(done: Resolved) -> View:
    one = done.blocked
    if not done.is_first:
        return blocked.was_resolved(one)
    first = f"{blocked.title(one)}: {blocked.quote(one)} is out of the way."
    left = f"{parts.capital(show.in_words(done.left))} more {'is' if done.left == 1 else 'are'} in its way."
    rest = left if done.left else "Nothing else is in its way."
    return parts.done("Resolved", parts.rich([parts.words(first, bold=True), parts.words(f" {rest}")]))
