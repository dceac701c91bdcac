"""The form that says what is in the way of a request, and who gets it out of there."""

from collections.abc import Iterator

from bot.domain.blockers import BlockerForm, Raised, Raising
from bot.domain.ids import UserId
from bot.ui import blocked, inputs, parts
from bot.ui.memory import Memory
from bot.ui.parts import Block, View

CALLBACK = "blocker_form"
KNOWN_SHOWN = 3
_PREFILLED = 3000  #: characters Slack takes; more than are kept, so that nothing typed is lost in silence


def form(blank: BlockerForm, memory: Memory) -> View:
    request = blank.request
    typed = parts.text_input("words", "It waits for the legal text.", value=parts.shorten(blank.words, _PREFILLED))
    blocks = [
        parts.rich([parts.words(request.title, bold=True), parts.words(f" · {request.name}")]),
        parts.field("words", "What is in the way?", {**typed, "focus_on_load": True}),
        owner_field(blank.owner),
        *_known(blank),
    ]
    return parts.modal(CALLBACK, "Blocked?", blocks, memory=memory.to_json(), submit="Say so")


def owner_field(chosen: UserId | None = None) -> Block:
    element = parts.person_input("owner", "A colleague", chosen)
    hint = "They hear of it in their working hours, then every two working days until they answer."
    return parts.field("owner", "Who gets it out of the way?", element, hint=hint)


def _known(blank: BlockerForm) -> Iterator[Block]:
    for one in blank.known[:KNOWN_SHOWN]:
        said = f"In the way {blocked.how_long(one.days)}: {blocked.quote(one)} · {blocked.owner(one)}"
        yield parts.small(said)
    more = len(blank.known) - KNOWN_SHOWN
    if more > 0:
        yield parts.small(f"And {more} more.")


def read(view: View) -> Raising:
    """What was typed. Raises Refused with the words for every field at fault."""
    fields = inputs.states(view)
    return inputs.checked(
        Raising,
        words=lambda: inputs.text(fields.get("words")),
        owner=lambda: inputs.person(fields.get("owner")),
    )


def receipt(raised: Raised) -> View:
    one = raised.blocked
    first = parts.words(f"{blocked.title(one)} is blocked: {blocked.quote(one)}.", bold=True)
    return parts.done("Blocked", parts.rich([first, parts.words(f" {blocked.who_is_told(raised)}")]))
