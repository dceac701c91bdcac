"""The form that decides what was taken to the strategy level."""

from bot.domain.errors import Refused
from bot.domain.escalations import NOTHING, Decision, DecisionForm, Ruled, Taken, Verdict
from bot.ui import cases, decided, entries, inputs, parts, weights
from bot.ui import figures as show
from bot.ui.memory import Memory
from bot.ui.parts import Block, Element, View

CALLBACK = "decide_form"
OPEN = entries.DECIDE
NAMES_SHOWN = 6
_VERDICTS = {Verdict.FIRST: "It goes first", Verdict.PLACE: "It keeps its place", Verdict.NOT_NOW: "Not now"}
_DIGITS = 9


def form(blank: DecisionForm, memory: Memory) -> View:
    verdicts = [parts.option(words, verdict) for verdict, words in _VERDICTS.items()]
    why = parts.text_input("why", "Two renewals hang on it; the audit log can wait three weeks.", multiline=True)
    blocks = [
        _case(blank),
        parts.field("verdict", "What do you decide?", parts.select("verdict", verdicts, "Choose")),
        *_displaced(blank),
        parts.field("why", "Why?", why, hint="Everybody involved reads this, and the request keeps it."),
    ]
    return parts.modal(CALLBACK, "Decide", blocks, memory=memory.to_json(), submit="Decide")


def _case(blank: DecisionForm) -> Block:
    """Both sides' words, then what each verdict costs."""
    what = blank.picture.what
    place = f", {show.rank(what.place)}," if what.place else ""
    head = [parts.words(decided.title(blank), bold=True), parts.words(f" · {weights.place(what)}")]
    return parts.rich(
        head,
        *([parts.words(line)] for line in decided.both(blank)),
        _cost("It goes first", _first(blank)),
        _cost(f"It keeps its place{place} or not now", decided.cost(what)),
    )


def _cost(verdict: str, cost: str) -> list[Element]:
    return [parts.words(f"{verdict}: ", bold=True), parts.words(f"{cost}.")]


def _first(blank: DecisionForm) -> str:
    others = [f"{weights.named(one)}, {weights.waiting(one)}" for one in blank.picture.could_wait]
    if not others:
        return "nothing is in work or planned that would have to wait"
    return f"{'; or '.join(others)} would have to wait"


def _displaced(blank: DecisionForm) -> list[Block]:
    if not blank.picture.could_wait:
        return []
    options = [parts.option(weights.named(one), str(one.number)) for one in blank.picture.could_wait]
    element = parts.select("displaced", [*options, parts.option("Nothing", str(NOTHING))], "Choose")
    return [parts.field("displaced", "What waits for it?", element, hint="Only if it goes first.", optional=True)]


def read(view: View) -> Decision:
    """What was chosen and typed. Raises Refused with the words for every field at fault."""
    fields = inputs.states(view)
    return inputs.checked(
        Decision,
        verdict=lambda: inputs.chosen(fields.get("verdict")),
        displaced=lambda: _number(inputs.chosen(fields.get("displaced"))),
        why=lambda: inputs.text(fields.get("why")),
    )


def _number(chosen: str | None) -> int | None:
    if chosen is None:
        return None
    if not (chosen.isascii() and chosen.isdecimal() and len(chosen) <= _DIGITS):
        raise Refused("Please choose this one again.")
    return int(chosen)


def receipt(ruled: Ruled) -> View:
    if not ruled.is_first:
        return decided_already(ruled.taken)
    one = ruled.taken
    rest = f"{decided.price(one)} {_hear(ruled)}"
    blocks = [parts.rich([parts.words(decided.outcome(one), bold=True), parts.words(rest)])]
    if one.escalation.verdict is Verdict.FIRST:
        blocks.append(
            parts.context("The board's order stays as its figures say. Whoever moves requests moves it next.")
        )
    return parts.done("Decided", *blocks)


def _hear(ruled: Ruled) -> str:
    if not ruled.told:
        return "Nobody else has to hear of it."
    return f"{parts.listed(ruled.told, room=NAMES_SHOWN)} {'hears' if len(ruled.told) == 1 else 'hear'} of it."


def decided_already(one: Taken) -> View:
    """For whoever was second."""
    return parts.done("Decided already", parts.rich(cases.settled(one)))
