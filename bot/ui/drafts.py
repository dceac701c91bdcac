"""What customers could hear of a request, until a person says it better."""

from datetime import date
from typing import assert_never

from bot.domain.requests import Status
from bot.ui.figures import MONTHS


def draft(status: Status, target: date | None, today: date | None = None) -> str:
    """An honest sentence for a status and date; none for a no, which needs a person's own words.

    A month, never a day; its year when it isn't the one of `today`; no month that has passed.
    """
    month = _month(target, today)
    match status:
        case Status.BACKLOG:
            return "We've heard it and are weighing it against what others ask for; no date yet."
        case Status.PLANNED:
            return f"We plan it for {month}." if month else "We plan to build it; no date yet."
        case Status.IN_PROGRESS:
            return f"We're building it now; {_expected(month)}."
        case Status.TESTING:
            return f"It's built and being tested; {_expected(month)}."
        case Status.RELEASED:
            return "It's there: you can use it now."
        case Status.DECLINED:
            return ""
        case _:
            assert_never(status)


def _expected(month: str) -> str:
    return f"we expect it in {month}" if month else "no date yet"


def _month(target: date | None, today: date | None) -> str:
    if target is None or (today and (target.year, target.month) < (today.year, today.month)):
        return ""
    year = f" {target.year}" if today and today.year != target.year else ""
    return f"{MONTHS[target.month - 1]}{year}"
