"""The form that sorts a new request."""

from collections.abc import Sequence

from bot.domain.board import Row
from bot.domain.ids import RequestNumber
from bot.domain.text import one_line
from bot.domain.triage import Sorted, Triage, TriageForm
from bot.ui import entries, inputs, joined, parts
from bot.ui.memory import Memory
from bot.ui.parts import Block, Element, View

CALLBACK = "triage_form"
OPEN = entries.TRIAGE
SAME_AS = "same_as"  #: asks for requests while one types
_PROBLEM_SHOWN = 600


def form(blank: TriageForm, memory: Memory) -> View:
    request = blank.request
    blocks = [
        parts.rich(
            [
                parts.words(request.title, bold=True),
                parts.words(f"\n{parts.shorten(request.problem, _PROBLEM_SHOWN)}"),
            ]
        ),
        *_likeness(blank.like),
        parts.actions("instead", *_instead(blank)),
        parts.field(
            "owner", "Owner", parts.person_input("owner", "Who answers for it?", blank.owner), optional=True
        ),
        parts.field(
            "direction",
            "Direction",
            parts.text_input("direction", "Cost visibility", value=request.direction or ""),
            hint="The product direction it belongs to.",
            optional=True,
        ),
        parts.field(
            "tracker",
            "Tracker link",
            parts.url_input("tracker", "https://linear.app/…", request.tracker),
            optional=True,
        ),
        parts.field(
            SAME_AS,
            "Same as",
            parts.found(SAME_AS, "R-3, or words of its title"),
            hint="If it asks for what another asks for. The one further along stays, else the older.",
            optional=True,
        ),
    ]
    return parts.modal(CALLBACK, f"Sort {request.name}", blocks, memory=memory.to_json(), submit="Save")


def _likeness(like: Row | None) -> list[Block]:
    return [parts.small(looks_like(like))] if like else []


def looks_like(like: Row) -> str:
    return f"Looks like {named(like)}"


def named(row: Row) -> str:
    return f"R-{row.number} {one_line(row.title)}"


def _instead(blank: TriageForm) -> list[Element]:
    number = blank.request.number
    return [entries.ask(number, blank.asked_by), entries.move(number, "Move or decline")]


def options(rows: Sequence[Row]) -> list[Element]:
    return [parts.option(named(row), str(row.number)) for row in rows]


def read(view: View) -> Triage:
    """What was chosen. Raises Refused with the words for every field at fault."""
    fields = inputs.states(view)
    return inputs.checked(
        Triage,
        owner=lambda: inputs.person(fields.get("owner")),
        direction=lambda: inputs.text(fields.get("direction")),
        tracker=lambda: inputs.text(fields.get("tracker")),
        same_as=lambda: _number(inputs.chosen(fields.get(SAME_AS))),
    )


def _number(value: str | None) -> RequestNumber | None:
    return inputs.request_of({"value": value}) if value else None


def receipt(done: Sorted) -> View:
    """What came of it."""
    if done.merged:
        return joined.merged(done.merged, done.owner)
    first, rest = _came_of_it(done)
    return parts.done("Sorted", parts.rich([parts.words(first, bold=True), parts.words(f" {rest}")]))


def _came_of_it(done: Sorted) -> tuple[str, str]:
    request = done.request
    if not done.is_changed:
        return f"{request.title} stays as it was.", _still(request.answered_at is None)
    if done.owner:
        return f"{done.owner} answers for {request.title}.", "That's its first answer; the rest can follow."
    return f"{request.title} is sorted.", "Nobody answers for it yet."


def _still(waits: bool) -> str:
    return "It still waits for a first answer: an owner, a question or a no." if waits else "Nothing to save."
