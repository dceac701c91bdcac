"""The form that gives a blocker to somebody else."""

from bot.domain.blockers import Blocked, Handing, Raised
from bot.ui import blocked, blocker_form, inputs, parts
from bot.ui.memory import Memory
from bot.ui.parts import Element, View

CALLBACK = "hand_over_form"
OPEN = "hand_over"


def button(blocker: int) -> Element:
    return parts.button("Hand over", OPEN, str(blocker))


def form(one: Blocked, memory: Memory) -> View:
    if not one.blocker.is_open:
        return blocked.was_resolved(one)
    blocks = [blocked.about(one), blocker_form.owner_field()]
    return parts.modal(CALLBACK, "Hand over", blocks, memory=memory.to_json(), submit="Hand over")


def read(view: View) -> Handing:
    """Who was chosen. Raises Refused beside the field."""
    fields = inputs.states(view)
    return inputs.checked(Handing, owner=lambda: inputs.person(fields.get("owner")))


def receipt(raised: Raised) -> View:
    one = raised.blocked
    first = f"{blocked.title(one)}: {blocked.quote(one)} is with {blocked.owner(one)} now."
    return parts.done(
        "Handed over", parts.rich([parts.words(first, bold=True), parts.words(f" {blocked.who_is_told(raised)}")])
    )
