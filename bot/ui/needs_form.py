"""How much customers need a request: the second step after it is filed or joined, and the fields of such forms."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from bot.domain.asks import Aim, Importance
from bot.domain.errors import Refused
from bot.domain.needs import AT_ONCE, Asking, Bid, Kept, Need
from bot.ui import figures as show
from bot.ui import inputs, parts, worth
from bot.ui.memory import Memory
from bot.ui.parts import Block, View
from bot.ui.vocabulary import AIMS, NEEDS

T = TypeVar("T")
CALLBACK = "needs_form"
NAMES_SHOWN = 6

_NAME_SHOWN = 60
Fields = Mapping[str, Mapping[str, Any]]
Reads = dict[str, Callable[[], Any]]


# ---- the step -----------------------------------------------------------------------------------


def step(
    heading: str, receipt: Sequence[Block], asking: Sequence[Asking], chosen: int, memory: Memory | None
) -> View:
    """A receipt on top, and below what may be said of the customers; to close it loses nothing."""
    if not asking or memory is None:
        return parts.done(heading, *receipt)
    name = (lambda one: one.brings.name) if len(asking) > 1 else (lambda _: None)
    fields = [
        block
        for place, one in enumerate(asking)
        for block in (parts.said(worth.about(one.brings)), *customer_fields(one, str(place), name(one)))
    ]
    rest = chosen - AT_ONCE
    more = [parts.context(f"{rest} more customers: see *More* on the card.")] if rest > 0 else []
    blocks = [*receipt, parts.divider(), *fields, *more]
    return parts.modal(CALLBACK, heading, blocks, memory=memory.to_json(), submit="Save", close="Done")


def read(view: View, currency: str, shown: Sequence[Need]) -> list[Need]:
    """What was written. Raises Refused with the words for every field at fault."""
    fields = inputs.states(view)
    reads: Reads = {}
    for place, one in enumerate(shown):
        reads |= customer_reads(fields, currency, one, str(place))
    return inputs.checked(lambda **values: [written(values, one, str(n)) for n, one in enumerate(shown)], **reads)


# ---- one customer's fields ----------------------------------------------------------------------


def customer_fields(one: Asking, place: str, name: str | None = None) -> list[Block]:
    """`name`: whose they are, where the form asks about several."""
    return [
        _importance(one.shown, place, name),
        *([_aim(one.shown, place, name)] if one.aims else []),
        *(block for n, bid in enumerate(one.shown.deals) if one.bids for block in _deal(bid, place, n, name)),
    ]


def _importance(shown: Need, place: str, name: str | None) -> Block:
    options = [parts.option(f"{step} · {meaning}", str(int(step))) for step, meaning in NEEDS.items()]
    chosen = str(int(shown.importance)) if shown.importance else None
    element = parts.select("importance", options, "Choose", chosen)
    return parts.field(f"importance:{place}", _label("How much do they need it?", name), element, optional=True)


def _aim(shown: Need, place: str, name: str | None) -> Block:
    options = [parts.option(words, aim) for aim, words in AIMS.items()]
    element = parts.select("aim", options, "Choose", shown.aim)
    return parts.field(f"aim:{place}", _label("What is it for?", name), element, optional=True)


def _deal(bid: Bid, place: str, position: int, name: str | None) -> list[Block]:
    size = parts.text_input("deal_size", "120k", value=show.exact(bid.size) if bid.size else "")
    closes = parts.date_input("close_date", "Choose a day", bid.closes)
    which = "Another deal's" if bid.id is None and position else ""
    return [
        parts.field(
            deal_field("deal_size", place, position),
            _label(f"{which} size".strip().capitalize() if which else "Deal size", name),
            size,
            optional=True,
        ),
        parts.field(
            deal_field("close_date", place, position),
            _label(f"{which} close date" if which else "Close date", name),
            closes,
            optional=True,
        ),
    ]


def deal_field(kind: str, place: str, position: int) -> str:
    """The first deal's field is the customer's: "deal_size:0"; the others are counted: "deal_size:0:1"."""
    return f"{kind}:{place}:{position}" if position else f"{kind}:{place}"


def _label(words: str, name: str | None) -> str:
    """Say "How much do they need it?"; of several customers, "Acme Bank: how much do they need it?"."""
    return f"{parts.shorten(name, _NAME_SHOWN)}: {words[:1].lower()}{words[1:]}" if name else words


# ---- reading them -------------------------------------------------------------------------------


def customer_reads(fields: Fields, currency: str, shown: Need, place: str) -> Reads:
    """How to read one customer's fields, for `inputs.checked`."""
    reads: Reads = {
        f"importance:{place}": partial(_step, fields.get(f"importance:{place}")),
        f"aim:{place}": partial(_purpose, fields, f"aim:{place}", shown),
    }
    for n in range(len(shown.deals)):
        size, closes = deal_field("deal_size", place, n), deal_field("close_date", place, n)
        reads[size] = partial(inputs.amount, fields.get(size), currency, size)
        reads[closes] = partial(inputs.day, fields.get(closes))
    return reads


def written(values: Mapping[str, Any], shown: Need, place: str) -> Need:
    """Of what could be read."""
    return Need(
        account=shown.account,
        importance=values.get(f"importance:{place}"),
        aim=values.get(f"aim:{place}"),
        deals=tuple(
            Bid(
                id=bid.id,
                size=values.get(deal_field("deal_size", place, n)),
                closes=values.get(deal_field("close_date", place, n)),
            )
            for n, bid in enumerate(shown.deals)
        ),
    )


def _step(state: Mapping[str, Any] | None) -> Importance | None:
    picked = inputs.chosen(state)
    known = {str(int(step)): step for step in Importance}
    return _known(known, picked)


def _purpose(fields: Fields, field: str, shown: Need) -> Aim | None:
    """Where it wasn't asked, it is as it was."""
    return _known({str(aim): aim for aim in Aim}, inputs.chosen(fields[field])) if field in fields else shown.aim


def _known(known: Mapping[str, T], picked: str | None) -> T | None:
    if picked is not None and picked not in known:
        raise Refused("Please choose this one again.")
    return known[picked] if picked else None


# ---- what came of it ----------------------------------------------------------------------------


def receipt(kept: Kept) -> View:
    if not kept.is_changed:
        return parts.done("Nothing new", parts.rich([parts.words("Nothing new was said, so all stays as it is.")]))
    if kept.removed:
        words = f"{kept.removed} doesn't wait for {kept.request.title} any more."
        return parts.done("Removed", parts.rich([parts.words(words, bold=True)]))
    return parts.done("Saved", parts.rich([parts.words("\n".join(_lines(kept)))]))


def _lines(kept: Kept) -> list[str]:
    dealt = parts.listed(kept.deals, room=NAMES_SHOWN) if kept.deals else ""
    return [
        *(_weighed(name, step) for name, step in kept.needs),
        *(_aimed(name, aim) for name, aim in kept.aims),
        *([f"Deals up to date: {dealt}."] if dealt else []),
    ]


def _weighed(name: str, step: Importance | None) -> str:
    return f"{name} needs it: {NEEDS[step]}." if step else f"How much {name} needs it is open."


def _aimed(name: str, aim: Aim | None) -> str:
    return f"For {name} it's to {AIMS[aim].lower()}." if aim else f"What {name} wants it for is open."
