"""The form that takes a request to the strategy level."""

from bot.domain.escalations import Begun, Side, Taken, Taking, TakingForm
from bot.ui import cases, decided, entries, inputs, parts, weights
from bot.ui import figures as show
from bot.ui.memory import Memory
from bot.ui.parts import Block, View

CALLBACK = "case_form"
OPEN = entries.ESCALATE
_SIDES = {Side.SALES: "Sales, support or marketing", Side.PRODUCT: "Product, tech or leadership"}
_EXAMPLE = "Five prospects hold back for it, and the quarter ends in three weeks."


def form(blank: TakingForm, memory: Memory) -> View:
    words = {**parts.text_input("words", _EXAMPLE, multiline=True), "focus_on_load": True}
    blocks = [
        _preview(blank),
        parts.field("words", "What speaks for it now?", words),
        *([] if blank.side else [_side()]),
        _other(blank),
    ]
    return parts.modal(CALLBACK, "Take it to strategy", blocks, memory=memory.to_json(), submit="Take it there")


def _preview(blank: TakingForm) -> Block:
    request, picture = blank.request, blank.picture
    where = parts.words(f" · {request.name} · {weights.place(picture.what)}")
    lines = [cases.at_stake(picture), *cases.means(picture)]
    return parts.rich([parts.words(request.title, bold=True), where], *([parts.words(line)] for line in lines))


def _side() -> Block:
    options = [parts.option(words, side) for side, words in _SIDES.items()]
    return parts.field("side", "Which side do you speak for?", parts.select("side", options, "Choose"))


def _other(blank: TakingForm) -> Block:
    whose = decided.WHOSE[blank.side.other] if blank.side else "the other"
    hint = f"I ask them once for {whose} side. Leave empty if nobody can."
    element = parts.person_input("other", "A colleague", blank.other)
    return parts.field("other", "Who can say the other side?", element, hint=hint, optional=True)


def read(view: View) -> Taking:
    """What was typed. Raises Refused with the words for every field at fault."""
    fields = inputs.states(view)
    return inputs.checked(
        Taking,
        words=lambda: inputs.text(fields.get("words")),
        side=lambda: inputs.chosen(fields.get("side")),
        other=lambda: inputs.person(fields.get("other")),
    )


def receipt(begun: Begun) -> View:
    if not begun.is_new:
        return under_way(begun.taken)
    one = begun.taken
    first = parts.words(f"{decided.title(one)} is before the strategy channel.", bold=True)
    asked = one.escalation.other
    side = (
        f" {decided.name(one, asked)} is asked for {decided.WHOSE[one.escalation.side.other]} side."
        if asked
        else ""
    )
    return parts.done(
        "Taken to strategy", parts.rich([first, parts.words(f"{side} I'll tell you what is decided.")])
    )


def under_way(one: Taken) -> View:
    """Instead of the form, while a case is open."""
    head = f"{decided.title(one)} is with strategy since {show.day(one.since)}."
    lines = [[parts.words(line)] for line in decided.both(one)]
    link = [[parts.link(one.link, "See the case")]] if one.link else []
    return parts.done("Under way", parts.rich([parts.words(head, bold=True)], *lines, *link))
