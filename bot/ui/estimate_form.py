"""The Estimate form: four figures, a preview, and what came of it."""

from collections.abc import Mapping

from bot.domain.board import Standing
from bot.domain.facts import Sized, SizingForm
from bot.domain.ids import UserId
from bot.domain.requests import Estimate, Request, Sizing
from bot.domain.text import is_blank, one_line
from bot.domain.wsjf import Factor, Figures
from bot.ui import figures as show
from bot.ui import inputs, parts, standing, suggested
from bot.ui.memory import Memory, recall
from bot.ui.parts import Block, View
from bot.ui.request_form import figure_field
from bot.ui.vocabulary import DECIDERS, LABELS

CALLBACK = "estimate_form"
OPEN = "estimate"  #: the button on the card
PREVIEW = "estimate_figure"
WHY_LIMIT = 500


def form(blank: SizingForm, memory: Memory, *, figures: Figures | None = None) -> View:
    """The form. Drawn again with the same ids, Slack keeps what was chosen."""
    request = blank.request
    blocks = [
        parts.rich(
            [parts.words(request.title, bold=True), parts.words(f"\n{parts.shorten(request.problem, 600)}")]
        ),
        *(block for f in Factor for block in _figure(blank, memory, f)),
        parts.context(f"{standing.preview(blank.standing, figures or request.figures)}\n{show.WSJF_MEANS}"),
        _why(),
    ]
    return parts.modal(CALLBACK, f"Estimate {request.name}", blocks, memory=memory.to_json(), submit="Save")


def _figure(blank: SizingForm, memory: Memory, factor: Factor) -> list[Block]:
    """The field, and under it what is suggested instead."""
    estimate = blank.request.estimates.get(factor, Estimate())
    chosen = memory.taken.get(factor, estimate.figure)
    field = figure_field(factor, PREVIEW, hint=_hint(blank, factor, estimate), chosen=chosen)
    field["block_id"] = inputs.again(factor, memory.editions.get(factor, 1))
    return [field, *suggested.offer(blank.suggestions, factor, estimate.figure)]


def refilled(blank: SizingForm, memory: Memory, figures: Figures, factor: Factor, figure: int) -> View:
    """The form with a suggested figure in its field; all else stays as it was chosen.

    What is no longer suggested isn't taken: the form shows what is.
    """
    now = blank.suggestions.of(factor)
    if now is None or now.figure != figure:
        return form(blank, memory, figures=figures)
    taken = {**memory.taken, factor: figure}
    editions = memory.editions
    if figures.get(factor) != figure:
        editions = {**editions, factor: editions.get(factor, 1) + 1}
    memory = memory.model_copy(update={"taken": taken, "editions": editions})
    return form(blank, memory, figures={**figures, factor: figure})


def _why() -> Block:
    return parts.field(
        "why",
        "Why",
        parts.text_input("why", "The law comes a year later."),
        hint="Only if you change a figure somebody else set.",
        optional=True,
    )


def _hint(blank: SizingForm, factor: Factor, estimate: Estimate) -> str:
    decides = (
        "You decide this one." if factor in blank.owned else f"{DECIDERS[factor]} decides; yours is a suggestion."
    )
    if estimate.figure is None:
        return decides
    return f"{decides} Now {estimate.figure}, {whose(estimate, blank.names)}."


def whose(estimate: Estimate, names: Mapping[UserId, str]) -> str:
    """Say "Alice's guess", "confirmed by Tanya" or "from the imported backlog"."""
    if estimate.is_guess:
        return f"{name(estimate.proposed_by, names)}'s guess"
    if estimate.confirmed_by is None:
        return "from the imported backlog"
    return f"confirmed by {name(estimate.confirmed_by, names)}"


def read(view: View) -> Sizing:
    """The figures that were changed. Raises Refused with the words for every field at fault."""
    sizing = inputs.checked(Sizing, **inputs.each_figure(inputs.states(view)))
    changed = sizing.figures.items() - recall(view).shown.items()
    return Sizing(**{str(factor): figure for factor, figure in changed})


def why(view: View) -> str | None:
    """Why a figure was changed, where that is said."""
    said = one_line(inputs.text(inputs.states(view).get("why")))
    return None if is_blank(said) else parts.shorten(said, WHY_LIMIT)


def so_far(view: View) -> Figures:
    return inputs.figures(inputs.states(view))


def receipt(sized: Sized, now: Standing) -> View:
    """What came of it."""
    request = sized.request
    lines = [f"{show.arithmetic(request.figures)}."] if now.score is not None else []
    lines += _suggestions(sized, request)
    first = parts.words(f"{request.title}: {_move(sized, now)}.", bold=True)
    return parts.done("Estimate saved", parts.rich([first, *(parts.words(f"\n{line}") for line in lines)]))


def _move(sized: Sized, now: Standing) -> str:
    if now.score is None or sized.was in (None, now.score) or now.place is None:
        return standing.headline(now)
    was = show.score(sized.was) if sized.was is not None else ""
    return f"WSJF {was} → {show.score(now.score)}, now {show.rank_of(now.place)}"


def _suggestions(sized: Sized, request: Request) -> list[str]:
    return [
        f"{LABELS[f]} stays {request.figures[f]} until {DECIDERS[f].lower()} agrees; your suggestion is kept."
        for f in sized.suggested
    ]


def name(user: UserId | None, names: Mapping[UserId, str]) -> str:
    return names.get(user, "somebody") if user else "somebody"
