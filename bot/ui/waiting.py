"""The customers who wait for a request, and the money behind it, each customer's counted once."""

from bot.domain.asks import Importance
from bot.domain.pages import Page, Waiting
from bot.domain.roles import Doing
from bot.ui import entries, parts, worth
from bot.ui import figures as show
from bot.ui.parts import Block, Element
from bot.ui.vocabulary import NEEDS

ONCE = "Each customer's money is counted once, split over what it asks for by how much it needs it."


def customers(page: Page) -> list[Block]:
    if not page.waiting:
        return []
    count = page.card.request.companies
    title = parts.rich([parts.words(f"{show.companies(count).capitalize()}", bold=True)])
    money = [parts.context(f"{worth.behind(page.behind)}\n{ONCE}")] if page.behind else []
    rest = count - len(page.waiting)
    more = [parts.context(f"{rest:,} more brought earlier.")] if rest > 0 else []
    return [title, *money, *(block for one in page.waiting for block in _customer(page, one)), *more]


def _customer(page: Page, one: Waiting) -> list[Block]:
    """With one button beside the line, or with two beneath it."""
    buttons = _buttons(page, one)
    if len(buttons) == 1:
        return [parts.said(_line(one), accessory=buttons[0])]
    beneath = [parts.actions(f"customer:{one.account}", *buttons)] if buttons else []
    return [parts.said(_line(one)), *beneath]


def _buttons(page: Page, one: Waiting) -> list[Element]:
    number = page.card.request.number
    edit = [entries.ask_details(number, one.account)] if page.card.request.status.is_open else []
    talks = one.may_talk is None and Doing.TRIAGE in page.may
    return [*edit, *([entries.ask_to_talk(number, one.account)] if talks else [])]


def _line(one: Waiting) -> str:
    """Say "Acme Bank · €180k a year, behind 3 asks · blocks expansion · from Alice"."""
    return " · ".join(
        filter(
            None,
            [
                worth.about(one.brings) if one.brings else one.name,
                need(one.importance),
                f"from {one.by}" if one.by else "",
                _talking(one),
            ],
        )
    )


def _talking(one: Waiting) -> str:
    if one.may_talk is None:
        return ""
    if one.may_talk:
        return f"talk to {one.contact}" if one.contact else "product may talk to them"
    return "not to be talked to now"


def need(importance: Importance | None) -> str:
    return NEEDS[importance] if importance else ""
