"""What hangs on a request, in words."""

from collections.abc import Sequence

from bot.domain.escalations import Closing, Weight
from bot.domain.money import Money
from bot.domain.requests import Status
from bot.ui import figures as show
from bot.ui import parts
from bot.ui.vocabulary import STATUSES

TITLE_SHOWN = 80
CURRENCIES = 3
_NAME_SHOWN = 60


def named(of: Weight) -> str:
    """Say "Audit log (#2)"."""
    title = parts.shorten(of.title, TITLE_SHOWN)
    return f"{title} ({show.rank(of.place)})" if of.place else title


def place(of: Weight) -> str:
    """Say "#3 of 12, WSJF 1.0, planned, aimed at 12 December"."""
    stands = [show.rank_of(of.place), f"WSJF {show.score(of.score)}"] if of.place and of.score else ["no place yet"]
    begun = [] if of.status is Status.BACKLOG else [STATUSES[of.status]]
    return ", ".join([*stands, *begun, *_aim(of)])


def waiting(of: Weight) -> str:
    """Say "2 companies, aimed at 12 December, €195k a year"."""
    return ", ".join(filter(None, [companies(of.companies), *_aim(of), money(of)]))


def companies(number: int) -> str:
    if number == 0:
        return "no customer named"
    return "1 company" if number == 1 else f"{number:,} companies"


def money(of: Weight) -> str:
    """Say "€195k a year and €50k in open deals": two things that never add up."""
    protect = [f"{_amounts(of.protect)} a year"] if of.protect else []
    grow = [f"{_amounts(of.grow)} in open deals"] if of.grow else []
    among = f" from {of.among} of them" if of.among and (protect or grow) else ""
    return f"{' and '.join([*protect, *grow])}{among}"


def closing(of: Weight) -> str:
    """Say "Acme Bank decides on 12 December, Borealis on 3 January"; nothing without a deal that has a date."""
    if not of.closing:
        return ""
    first, *others = of.closing
    whose = _customer(first) or "a customer"
    return ", ".join(
        [
            f"{whose} decides on {show.day(first.on)}",
            *(f"{_customer(one) or 'another'} on {show.day(one.on)}" for one in others),
        ]
    )


def _customer(one: Closing) -> str:
    return parts.shorten(one.customer or "", _NAME_SHOWN)


def _aim(of: Weight) -> list[str]:
    return [f"aimed at {show.day(of.target)}"] if of.target else []


def _amounts(sums: Sequence[Money]) -> str:
    return parts.listed([show.money(amount) for amount in sums], room=CURRENCIES)
