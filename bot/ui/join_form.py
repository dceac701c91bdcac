"""The form that adds customers to a request on the board."""

from collections.abc import Sequence

from bot.domain.facts import Joined
from bot.domain.needs import Asking
from bot.domain.requests import Join, Request
from bot.ui import figures as show
from bot.ui import inputs, needs_form, parts
from bot.ui.memory import Memory
from bot.ui.parts import Block, View
from bot.ui.request_form import deal_fields

CALLBACK = "join_form"
OPEN = "join"  #: the button on the card
NAMES_SHOWN = 6


def form(request: Request, memory: Memory) -> View:
    waiting = f" · {show.companies(request.companies)}"
    title = parts.rich([parts.words(request.title, bold=True), parts.words(waiting)])
    blocks = [title, *deal_fields()]
    blocks[1] = {**blocks[1], "optional": False}
    return parts.modal(CALLBACK, "Add my customer", blocks, memory=memory.to_json(), submit="Add")


def read(view: View, currency: str) -> Join:
    """What was typed. Raises Refused with the words for every field at fault."""
    fields = inputs.states(view)
    return inputs.checked(
        Join,
        customers=lambda: inputs.customers(fields.get("customers")),
        deal_size=lambda: inputs.amount(fields.get("deal_size"), currency, "deal_size"),
        close_date=lambda: inputs.day(fields.get("close_date")),
    )


def receipt(joined: Joined, wish: Join, asking: Sequence[Asking] = (), memory: Memory | None = None) -> View:
    """Who is added, who waited already, and that nobody counts twice; then what they need."""
    heading, said = _came_of_it(joined, wish)
    return needs_form.step(heading, [said], asking, len(joined.accounts), memory)


def _came_of_it(joined: Joined, wish: Join) -> tuple[str, Block]:
    title = joined.request.title
    if joined.added:
        first = f"Done: {_names(joined.added)} {_wait(joined.added)} for {title}."
        rest = f"{_already(joined)}Now {show.companies(joined.request.companies)}."
        return _done("Customer added", first, rest)
    first = f"{_names(joined.waited_already)} {_wait(joined.waited_already)} for {title} already."
    if wish.deal_size or wish.close_date:
        return _done("Deal updated", first, "The deal is brought up to date; nobody counts twice.")
    return _done("Nothing to add", first, "Nothing to add; nobody counts twice.")


def _done(heading: str, first: str, rest: str) -> tuple[str, Block]:
    return heading, parts.rich([parts.words(first, bold=True), parts.words(f" {rest}")])


def _already(joined: Joined) -> str:
    some = joined.waited_already
    return f"{_names(some)} waited already. " if some else ""


def _names(names: Sequence[str]) -> str:
    return parts.listed(names, room=NAMES_SHOWN)


def _wait(names: Sequence[str]) -> str:
    return "waits" if len(names) == 1 else "wait"
