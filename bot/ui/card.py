"""A request's card in the board channel."""

from bot.domain.facts import Card
from bot.domain.requests import Request
from bot.domain.text import one_line
from bot.domain.wsjf import Factor
from bot.ui import estimate_form, join_form, parts, standing
from bot.ui import figures as show
from bot.ui.parts import Block, Element, Message
from bot.ui.vocabulary import ROLES, SHORT, STATUSES

PROBLEM_SHOWN = 300


def message(card: Card, *, plain: bool = False) -> Message:
    """The card as posted; `plain` leaves out what Slack could refuse."""
    blocks = [parts.section(_plain(card))] if plain else _body(card)
    return Message(text=sentence(card), blocks=[*blocks, *_buttons(card.request)])


def sentence(card: Card) -> str:
    """The card in a sentence, for notifications and screen readers."""
    request = card.request
    asked = f" Asked by {card.asked_by}." if card.asked_by else ""
    now = standing.headline(card.standing) if request.status.is_open else STATUSES[request.status]
    what = f"{parts.shorten(request.title, 120)}: {now}"
    return parts.escape(f"{what}. {_capital(show.companies(request.companies))}.{asked}")


def _body(card: Card) -> list[Block]:
    """No block_ids: Slack gives new ones on every update, as it wants for messages."""
    request = card.request
    return [
        parts.rich(
            [
                parts.words(request.title, bold=True),
                parts.words(_where(card)),
                parts.words("\n"),
                _problem(request),
            ],
        ),
        parts.context(f"{_people(card)}\n{_figures(card)}"),
    ]


def _problem(request: Request) -> Element:
    return parts.words(parts.shorten(one_line(request.problem), PROBLEM_SHOWN), italic=True)


def _where(card: Card) -> str:
    now, status = card.standing, card.request.status
    if not status.is_open:
        return f" · {STATUSES[status]}"
    if now.score is None or now.place is None:
        return f" · no place yet: it needs {standing.missing(now)}"
    return f" · {show.rank(now.place)} · WSJF {show.score(now.score)}"


def _people(card: Card) -> str:
    role = f" ({ROLES[card.role]})" if card.role else ""
    asked = f" · asked by {parts.escape(card.asked_by)}{role}" if card.asked_by else ""
    return f"{_capital(show.companies(card.request.companies))}{asked} · {card.request.name}"


def _figures(card: Card) -> str:
    shown = [f"{parts.escape(SHORT[f])} {_figure(card, f)}" for f in Factor if f in card.request.estimates]
    return " · ".join(shown) or "No estimate yet"


def _figure(card: Card, factor: Factor) -> str:
    estimate = card.request.estimates[factor]
    is_anothers_guess = estimate.is_guess and factor is Factor.JOB_SIZE
    guess = f" ({parts.escape(estimate_form.whose(estimate, card.names))})" if is_anothers_guess else ""
    return f"{estimate.figure}{guess}"


def _buttons(request: Request) -> list[Block]:
    if not request.status.is_open:
        return []
    number = str(request.number)
    return [
        {
            "type": "actions",
            "elements": [
                parts.button("Estimate", estimate_form.OPEN, number),
                parts.button("Add my customer", join_form.OPEN, number),
            ],
        }
    ]


def _plain(card: Card) -> str:
    return f"*{parts.escape(card.request.title)}*{_where(card)}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
