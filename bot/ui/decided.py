"""What the strategy level decided, as the request shows it for ever."""

from collections.abc import Mapping
from typing import Any

from bot.domain.escalations import Price, Side, Taken, Verdict, Weight
from bot.domain.facts import Card
from bot.domain.ids import UserId
from bot.domain.pages import Page
from bot.ui import figures as show
from bot.ui import parts, weights
from bot.ui.parts import Block, Element

SHOWN = 3
TITLE_SHOWN = 120
WHOSE = {Side.SALES: "sales'", Side.PRODUCT: "product's"}
_SAYS = {
    Verdict.FIRST: "it goes first",
    Verdict.PLACE: "it keeps its place",
    Verdict.NOT_NOW: "not now",
}


# ---- on the card --------------------------------------------------------------------------------


def on_card(card: Card) -> str:
    """A line of the card's context, while the request is open."""
    one = card.strategy
    if one is None or not card.request.status.is_open:
        return ""
    if one.decided_on is None:
        return f"\n*With strategy since {show.day(one.since)}*"
    by = parts.escape(name(one, one.escalation.decided_by))
    return f"\n*{parts.capital(_bare(one))}*, decided by {by} on {show.day(one.decided_on)}"


# ---- on its page --------------------------------------------------------------------------------


def of_request(page: Page) -> list[Block]:
    shown = [parts.rich(_entry(one)) for one in page.strategy[:SHOWN]]
    more = len(page.strategy) - SHOWN
    times = "once" if more == 1 else f"{show.in_words(more)} times"
    return [*shown, *([parts.context(f"It was with strategy {times} before.")] if more > 0 else [])]


def _entry(one: Taken) -> list[Element]:
    if one.decided_on is None:
        is_it = "Taken to strategy" if one.is_moot else "With strategy since"
        head = f"{is_it} {'on ' if one.is_moot else ''}{show.day(one.since)}."
        return [parts.words(head, bold=True), parts.words("\n" + "\n".join(both(one)))]
    by = name(one, one.escalation.decided_by)
    head = f"Decided on {show.day(one.decided_on)} by {by}: {verdict(one)}."
    return [parts.words(head, bold=True), parts.words(f" {why(one)}{price(one, 'Price then')}")]


# ---- in words -----------------------------------------------------------------------------------


def name(one: Taken, user: UserId | None) -> str:
    return one.names.get(user, "somebody") if user else "somebody"


def title(one: Taken) -> str:
    return parts.shorten(one.request.title, TITLE_SHOWN)


def verdict(one: Taken) -> str:
    """Say "it goes first"."""
    return _SAYS[one.escalation.verdict] if one.escalation.verdict else "undecided"


def told(logged: Mapping[str, Any]) -> str:
    """A line of the change log: "taken to strategy", "decided: it goes first"."""
    said = logged.get("verdict")
    return f"decided: {_SAYS[Verdict(said)]}" if said else "taken to strategy"


def _bare(one: Taken) -> str:
    return verdict(one).removeprefix("it ")


def outcome(one: Taken) -> str:
    """Say "savings-reports goes first."."""
    separator = ":" if one.escalation.verdict is Verdict.NOT_NOW else ""
    return f"{title(one)}{separator} {_bare(one)}."


def why(one: Taken) -> str:
    return f"“{one.escalation.why}”"


def both(one: Taken) -> list[str]:
    """Both sides' words, each in a line: "Alice, for sales: “...”"."""
    escalation = one.escalation
    other = escalation.side.other
    first = f"{parts.capital(name(one, escalation.by))}, for {escalation.side}: “{escalation.words}”"
    if escalation.other_words is not None:
        by = parts.capital(name(one, escalation.other_by))
        return [first, f"{by}, for {other}: “{escalation.other_words}”"]
    if not escalation.is_open or one.is_moot:
        return [first]
    asked = f"{name(one, escalation.other)} is asked" if escalation.other else "nobody is asked"
    return [first, f"{parts.capital(WHOSE[other])} side: {asked}."]


def price(one: Taken, lead: str = "Its price") -> str:
    """Say " Its price: Audit log (#2) waits; 2 companies, aimed at 12 December."."""
    return f" {lead}: {_price(one, one.price)}." if one.price else ""


def _price(one: Taken, price: Price) -> str:
    if one.escalation.verdict is not Verdict.FIRST:
        return cost(price.what)
    if price.waits is None:
        return "nothing has to wait"
    return f"{weights.named(price.waits)} waits; {weights.waiting(price.waits)}"


def cost(what: Weight) -> str:
    """What it costs to let a request wait: "2 companies go on waiting, with €136k a year; Acme decides on ..."."""
    goes = "goes" if what.companies == 1 else "go"
    money = weights.money(what)
    pays = f", with {money}" if money else ""
    closing = weights.closing(what)
    return f"{weights.companies(what.companies)} {goes} on waiting{pays}{f'; {closing}' if closing else ''}"
