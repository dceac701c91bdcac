"""A request's card in the board channel."""

from collections.abc import Mapping

from bot.domain.facts import Card
from bot.domain.ids import UserId
from bot.domain.requests import Estimate, Request, Status
from bot.domain.text import one_line
from bot.domain.wsjf import Factor
from bot.ui import decided, entries, estimate_form, parts, standing
from bot.ui import figures as show
from bot.ui.parts import Block, Element, Message
from bot.ui.vocabulary import ROLES, SHORT, STATUSES

PROBLEM_SHOWN = 300
BLOCKER_SHOWN = 100


def message(card: Card, *, plain: bool = False) -> Message:
    """The card as posted; `plain` leaves out what Slack could refuse."""
    blocks = [parts.section(_plain(card))] if plain else _body(card)
    return Message(text=sentence(card), blocks=[*blocks, *_buttons(card)])


def sentence(card: Card) -> str:
    """The card in a sentence, for notifications and screen readers."""
    request = card.request
    what = f"{parts.shorten(request.title, 120)}: {headline(card)}"
    asked = [f"Asked by {card.asked_by}"] if card.asked_by else []
    return parts.escape(f"{'. '.join([what, *_waits(request), *asked])}.")


def _waits(request: Request) -> list[str]:
    """Nothing for what is the same as another: its customers wait for that one."""
    return [] if request.same_as else [parts.capital(show.companies(request.companies))]


def headline(card: Card) -> str:
    """Say "WSJF 1.0, #3 of 12, in progress", or how it ended."""
    request = card.request
    if not request.status.is_open:
        return status(request)
    return standing.headline(card.standing) + _progress(request).replace(" · ", ", ")


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
        parts.context(f"{_people(card)}\n{figures(card.request, card.names)}{_notes(card)}"),
    ]


def _problem(request: Request) -> Element:
    return parts.words(parts.shorten(one_line(request.problem), PROBLEM_SHOWN), italic=True)


def _where(card: Card) -> str:
    now, request = card.standing, card.request
    if not request.status.is_open:
        return f" · {status(request)}"
    if now.score is None or now.place is None:
        return f" · no place yet: it needs {standing.missing(now)}{_progress(request)}"
    return f" · {show.rank(now.place)} · WSJF {show.score(now.score)}{_progress(request)}"


def _progress(request: Request) -> str:
    """Nothing for what waits in the backlog, as nearly all do."""
    return "" if request.status is Status.BACKLOG else f" · {status(request)}"


def status(request: Request) -> str:
    """Say "in progress, aimed at 12 December", or "the same as R-3"."""
    if request.same_as:
        return f"the same as R-{request.same_as}"
    words = STATUSES[request.status]
    aims = request.target is not None and request.status.is_open
    return f"{words}, aimed at {show.day(request.target)}" if aims and request.target else words


def _people(card: Card) -> str:
    role = f" ({ROLES[card.role]})" if card.role else ""
    asked = [f"asked by {parts.escape(card.asked_by)}{role}"] if card.asked_by else []
    return " · ".join([*_waits(card.request), *asked, card.request.name])


def figures(request: Request, names: Mapping[UserId, str]) -> str:
    """Say "Size 5 · Alice guesses value 8, time 2": a guess is called one until it is confirmed."""
    known = {f: e for f in Factor if (e := request.estimates.get(f)) is not None}
    decided = [f"{SHORT[f]} {e.figure}" for f, e in known.items() if not e.is_guess]
    guessers = dict.fromkeys(e.proposed_by for e in known.values() if e.is_guess)
    said = [*decided, *(_guesses(known, guesser, names) for guesser in guessers)]
    return parts.escape(" · ".join(said)) or "No estimate yet"


def _guesses(known: Mapping[Factor, Estimate], guesser: UserId | None, names: Mapping[UserId, str]) -> str:
    theirs = {f: e for f, e in known.items() if e.is_guess and e.proposed_by == guesser}
    guessed = [f"{SHORT[f].lower()} {e.figure}" for f, e in theirs.items()]
    return f"{estimate_form.name(guesser, names)} guesses {', '.join(guessed)}"


def _notes(card: Card) -> str:
    return f"{_blocked(card)}{decided.on_card(card)}{_adoption(card)}"


def _adoption(card: Card) -> str:
    """How much a released request is used, once a figure is known."""
    if card.adoption is None:
        return ""
    return f"\n{parts.capital(show.adoption(card.adoption, card.request.adoption_target))}"


def _blocked(card: Card) -> str:
    """Say "Blocked: waits for the legal text, and 1 more"."""
    if not card.blocked:
        return ""
    first, *others = card.blocked
    more = f", and {len(others)} more" if others else ""
    return f"\n*Blocked:* {parts.escape(parts.shorten(one_line(first), BLOCKER_SHOWN))}{more}"


def _buttons(card: Card) -> list[Block]:
    number, more = card.request.number, entries.page(card.request.number)
    if not card.request.status.is_open:
        return [{"type": "actions", "elements": [more]}]
    place = card.standing.place
    third = entries.why(number, place) if place else entries.ask(number, card.asked_by)
    return [{"type": "actions", "elements": [entries.estimate(number), entries.join(number), third, more]}]


def _plain(card: Card) -> str:
    return f"*{parts.escape(card.request.title)}*{_where(card)}"
