"""The form about one customer behind a request: how much it needs it, what for, and its deals."""

from bot.domain.errors import Refused
from bot.domain.needs import Bid, Details, DetailsForm, Need
from bot.ui import entries, inputs, needs_form, parts, worth
from bot.ui import figures as show
from bot.ui.memory import STALE, Memory
from bot.ui.parts import Block, View

CALLBACK = "details_form"
OPEN = entries.ASK
_PLACE = "0"


def form(blank: DetailsForm, memory: Memory) -> View:
    one = blank.asking
    name = parts.shorten(one.brings.name, worth.NAME_SHOWN)
    about = parts.rich([parts.words(worth.about(one.brings), bold=True), parts.words(f"\n{blank.request.title}")])
    blocks = [about, *needs_form.customer_fields(one, _PLACE), *_another(one.shown), *_ends(one.shown)]
    if blank.may_remove:
        box = parts.box("remove", f"{parts.shorten(name, 40)} doesn't wait for it any more")
        blocks.append(parts.field("remove", "Remove", box, optional=True))
    return parts.modal(CALLBACK, "Who waits", blocks, memory=memory.to_json(), submit="Save")


def _another(shown: Need) -> list[Block]:
    """A customer has one deal until somebody says there are two."""
    if len(shown.deals) != 1 or shown.deals[0].id is None:
        return []
    box = parts.box("another", "It's a second deal")
    return [parts.field("another", "Another size?", box, hint="Else it corrects the one we know.", optional=True)]


def _ends(shown: Need) -> list[Block]:
    """Each open deal can be said to have ended."""
    return [parts.said(_known(bid), accessory=entries.deal(bid.id)) for bid in shown.deals if bid.id]


def _known(bid: Bid) -> str:
    """Say "The deal of €120k, until 12 December"."""
    size = f" of {show.money(bid.size)}" if bid.size else ""
    return f"The deal{size}{f', until {show.day(bid.closes)}' if bid.closes else ''}"


def shown(memory: Memory) -> Need:
    """What the form showed. Raises Refused when it says nothing of it."""
    if len(memory.needs) != 1:
        raise Refused(STALE)
    return memory.needs[0]


def read(view: View, currency: str, was: Need) -> Details:
    """What was written. Raises Refused with the words for every field at fault."""
    fields = inputs.states(view)
    reads = needs_form.customer_reads(fields, currency, was, _PLACE)
    another, remove = inputs.is_ticked(fields.get("another")), inputs.is_ticked(fields.get("remove"))
    return inputs.checked(
        lambda **values: Details(
            need=needs_form.written(values, was, _PLACE), is_another=another and len(was.deals) == 1, remove=remove
        ),
        **reads,
    )
