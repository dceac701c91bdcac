"""The form behind `/request`: its ids, how it is drawn, read and answered."""

from collections.abc import Mapping, Sequence

from bot.domain.board import Row, Standing
from bot.domain.facts import BlankForm, Filed, Outcome
from bot.domain.ids import UserId
from bot.domain.needs import Asking
from bot.domain.requests import PROBLEM_LIMIT, TITLE_LIMIT, Draft, Source
from bot.domain.text import clean, one_line
from bot.domain.wsjf import Factor, Figures
from bot.ui import figures as show
from bot.ui import inputs, needs_form, parts, standing
from bot.ui.memory import Memory, recall
from bot.ui.parts import Block, View
from bot.ui.vocabulary import HINTS, LABELS, SOURCES, steps

CALLBACK = "request_form"
LOOK_ALIKES = "request_title"  #: Enter in the title asks for requests like it
PREVIEW = "request_figure"  #: choosing a figure asks where it would stand
CUSTOMERS = "customers"  #: asks for customers while one types; shared with the form for joining
JOIN = "join_from_form"

_TITLE_SHOWN = 3000


# ---- drawing ------------------------------------------------------------------------------------


def form(
    blank: BlankForm,
    memory: Memory,
    *,
    title: str = "",
    problem: str = "",
    preview: Standing | None = None,
    figures: Figures | None = None,
) -> View:
    """The form. Drawn again with the same ids, Slack keeps what was typed."""
    blocks = [
        *_similar(blank.similar),
        _title(title),
        _problem(problem),
        _source(blank.source),
        *deal_fields(),
        parts.divider(),
        parts.section("*Only if you know.* Product and tech fill in the rest."),
        *(figure_field(f, PREVIEW, hint=HINTS[f]) for f in Factor),
    ]
    if preview:
        blocks.append(parts.context(standing.preview(preview, figures or {})))
    return parts.modal(CALLBACK, "New request", blocks, memory=memory.to_json(), submit="Put on the board")


def deal_fields() -> list[Block]:
    """Who waits, and the deal of the one who does."""
    return [
        parts.field(
            "customers",
            "Customers",
            parts.searched(CUSTOMERS, "Acme"),
            hint="Who is waiting? Leave empty if it's a market trend.",
            optional=True,
        ),
        parts.field(
            "deal_size",
            "Deal size",
            parts.text_input("deal_size", "120k"),
            hint="Open deal. Skip if none.",
            optional=True,
        ),
        parts.field(
            "close_date",
            "Close date",
            parts.date_input("close_date", "Choose a day"),
            hint="When they decide.",
            optional=True,
        ),
    ]


def figure_field(factor: Factor, action: str, *, hint: str, chosen: int | None = None) -> Block:
    element = parts.select(action, steps(factor), "Choose", None if chosen is None else str(chosen))
    return parts.field(factor, LABELS[factor], element, hint=hint, optional=True, tells=True)


def problem_of(title: str) -> str:
    """What `/request` was given, kept as the problem when it is too long for a title."""
    return title[:PROBLEM_LIMIT] if len(title) > TITLE_LIMIT else ""


def mentioned(text: str) -> list[UserId]:
    """People whose names `quoted` will want."""
    return parts.mentioned(text)


def quoted(text: str, names: Mapping[UserId, str]) -> str:
    """A Slack message's text as people read it, short enough for the problem field."""
    return clean(parts.unescape(text, names))[:PROBLEM_LIMIT]


def _title(title: str) -> Block:
    element = parts.text_input(LOOK_ALIKES, "k8s-connector", value=title[:_TITLE_SHOWN], on_enter=True)
    return parts.field("title", "Title", element, hint="A few words people will search for.", tells=True)


def _problem(problem: str) -> Block:
    placeholder = "They can't see what their clusters cost, so finance blocks the rollout."
    element = parts.text_input("problem", placeholder, value=problem, multiline=True)
    hint = "What can't the customer do today, and what does it cost them? The solution can wait."
    return parts.field("problem", "Business problem", element, hint=hint)


def _source(source: Source) -> Block:
    options = [parts.option(name, value) for value, name in SOURCES.items()]
    return parts.field("source", "Source", parts.select("source", options, "Choose", source))


def _similar(rows: tuple[Row, ...]) -> list[Block]:
    if not rows:
        return []
    lines = [
        parts.said(
            f"{one_line(row.title)} · {_where(row)} · {show.companies(row.companies)}",
            accessory=parts.button("Add my customer", f"{JOIN}:{row.number}", str(row.number)),
        )
        for row in rows
    ]
    return [parts.context("*Is it one of these?* Then add your customer to it."), *lines, parts.divider()]


def _where(row: Row) -> str:
    return show.rank(row.place) if row.place else "no place yet"


# ---- reading ------------------------------------------------------------------------------------


def read(view: View, currency: str) -> Draft:
    """What was typed. Raises Refused with the words for every field at fault."""
    fields = inputs.states(view)
    origin = recall(view).origin
    return inputs.checked(
        Draft,
        title=lambda: inputs.text(fields.get("title")),
        problem=lambda: inputs.text(fields.get("problem")),
        source=lambda: inputs.chosen(fields.get("source")) or Source.SALES_CUSTOMER,
        customers=lambda: inputs.customers(fields.get("customers")),
        deal_size=lambda: inputs.amount(fields.get("deal_size"), currency, "deal_size"),
        close_date=lambda: inputs.day(fields.get("close_date")),
        origin=lambda: origin,
        **inputs.each_figure(fields),
    )


def so_far(view: View) -> tuple[str, Figures]:
    """Title and figures of a form that is still being filled in."""
    fields = inputs.states(view)
    return inputs.text(fields.get("title")), inputs.figures(fields)


# ---- answering ----------------------------------------------------------------------------------


def receipt(filed: Filed, now: Standing, asking: Sequence[Asking] = (), memory: Memory | None = None) -> View:
    """What came of it: score, place, what would change it, and what happens next; then what its customers need."""
    first, rest = _came_of_it(filed, now)
    came_of_it = parts.rich([parts.words(first, bold=True), parts.words(rest)])
    blocks = [came_of_it, parts.context(f"{_next(filed)}\n{show.WSJF_MEANS}")]
    return needs_form.step("On the board", blocks, asking, len(filed.accounts), memory)


def _came_of_it(filed: Filed, now: Standing) -> tuple[str, str]:
    """The point, and what it rests on."""
    request = filed.request
    if now.score is None:
        places = standing.range_of_places(now)
        needs = f" It needs {standing.missing(now)} before it gets a place{f': {places}' if places else ''}."
        return _GOT_IT[filed.outcome].format(name=request.name), needs
    first = f"{_SCORED[filed.outcome].format(title=request.title)}: {standing.headline(now)}."
    return first, f"\n{show.arithmetic(request.figures)}.{_guess(filed, now)}"


_GOT_IT = {
    Outcome.NEW: "Got it, {name} is on the board.",
    Outcome.SAME: "Got it already: {name} is on the board, once.",
    Outcome.EDITED: "Changed: {name} now says what you sent last.",
}
_SCORED = {
    Outcome.NEW: "{title} is on the board",
    Outcome.SAME: "{title} was on the board already, once",
    Outcome.EDITED: "{title} is changed to what you sent last",
}


def _guess(filed: Filed, now: Standing) -> str:
    size = filed.request.estimates[Factor.JOB_SIZE]
    if not size.is_guess:
        return ""
    change = standing.what_would_change_it(now)
    return f" Tech hasn't confirmed the size yet{f'; {change}' if change else ''}."


def _next(filed: Filed) -> str:
    name = filed.request.name
    if filed.board is None:
        return (
            f"{name}. Nobody else has been told: no board channel is set yet. "
            "An admin chooses it with `/tandem setup`."
        )
    return f"{name}. Its card goes to <#{filed.board}>, where anyone can estimate it or add a customer."
