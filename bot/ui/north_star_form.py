"""The form that says which metric everybody steers by, and how it stands."""

from collections.abc import Iterable

from bot.domain.digest import NorthStar
from bot.domain.north_star import PERCENT, StarForm, StarKept, StarWish
from bot.ui import figures as show
from bot.ui import inputs, parts
from bot.ui.memory import Memory
from bot.ui.parts import Block, Element, View

CALLBACK = "north_star_form"

_NO_UNIT = "none"
_OWN = "own"  #: a metric of its own
_IMPORTED = "of:"  #: one that has figures


def form(blank: StarForm, memory: Memory) -> View:
    star = blank.now.star if blank.now else None
    name = parts.text_input("name", "Activation", value=star.name if star else "")
    definition = parts.text_input(
        "definition", "New users active within 30 days of sign-up", value=star.definition if star else ""
    )
    blocks = [
        parts.field("name", "The one metric everybody steers by", {**name, "focus_on_load": star is None}),
        parts.field("definition", "What it counts", definition, hint="One sentence, so that all count the same."),
        parts.field("unit", "Unit", _unit(blank)),
        _figure(blank),
        parts.field("target", "Target", _target(blank), optional=True),
        *_metric(blank),
    ]
    return parts.modal(CALLBACK, "North star", blocks, memory=memory.to_json(), submit="Save")


def _unit(blank: StarForm) -> Element:
    chosen = blank.now.star.unit if blank.now else PERCENT
    units = dict.fromkeys([PERCENT, "", blank.currency, chosen])
    options = [parts.option(unit or "A number", unit or _NO_UNIT) for unit in units]
    return parts.select("unit", options, "Choose", chosen or _NO_UNIT)


def _figure(blank: StarForm) -> Block:
    known = _said(blank.now) if blank.now else ""
    hint = f"Now {known}. Leave empty to keep it." if known else ""
    label = f"This week's figure (week {int(blank.week[-2:])})"
    return parts.field("figure", label, parts.text_input("figure", "54"), hint=hint, optional=True)


def _target(blank: StarForm) -> Element:
    target = blank.now.star.target if blank.now else None
    return parts.text_input("target", "65", value="" if target is None else _typed(target))


def _typed(value: float) -> str:
    """As somebody would type it: 65, not 65.0."""
    return f"{value:f}".rstrip("0").removesuffix(".")


def _metric(blank: StarForm) -> list[Block]:
    """Not asked for while there is nothing to choose from."""
    chosen = blank.now.star.metric if blank.now else None
    names = dict.fromkeys([*([chosen] if chosen else []), *blank.metrics])
    if not names:
        return []
    options = [*_imported(names), parts.option("A metric of its own", _OWN)]
    element = parts.select("metric", options, "Choose", f"{_IMPORTED}{chosen}" if chosen else _OWN)
    return [parts.field("metric", "Figures", element, hint="Imported under this name, or entered here.")]


def _imported(names: Iterable[str]) -> list[Element]:
    return [parts.option(name, f"{_IMPORTED}{name}") for name in names]


def read(view: View) -> StarWish:
    """What was written. Raises Refused with the words for every field at fault."""
    fields = inputs.states(view)
    metric, unit = inputs.chosen(fields.get("metric")) or _OWN, inputs.chosen(fields.get("unit")) or PERCENT
    return inputs.checked(
        StarWish,
        name=lambda: inputs.text(fields.get("name")),
        definition=lambda: inputs.text(fields.get("definition")),
        unit=lambda: "" if unit == _NO_UNIT else unit,
        target=lambda: inputs.text(fields.get("target")),
        figure=lambda: inputs.text(fields.get("figure")),
        metric=lambda: metric.removeprefix(_IMPORTED) if metric.startswith(_IMPORTED) else None,
    )


def receipt(kept: StarKept) -> View:
    """Where it stands, and where people meet it."""
    star = kept.now.star
    stands = [f"{known} now"] if (known := _said(kept.now)) else []
    stands += [] if star.target is None else [f"target {show.measure(star.target, star.unit)}"]
    first = f"{star.name} is the north star{': ' if stands else ''}{', '.join(stands)}."
    rest = f" It is the first line of every weekly digest.{_missing(kept)}"
    pieces = [parts.words(first, bold=True), parts.words(rest)]
    return parts.done("Saved" if kept.is_changed else "Nothing changed", parts.rich(pieces))


def _missing(kept: StarKept) -> str:
    if kept.now.value is not None:
        return ""
    return f" It has no figure yet: enter this week's, or import a CSV with metric “{kept.now.star.metric}”."


def _said(now: NorthStar) -> str:
    return "" if now.value is None else show.measure(now.value, now.star.unit)
