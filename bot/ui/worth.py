"""What customers bring, in words; each customer's money counted once."""

from collections.abc import Sequence

from bot.domain.budgets import Behind, Brings
from bot.domain.money import Money
from bot.ui import figures as show
from bot.ui import parts

CURRENCIES = 5
NAME_SHOWN = 80


def about(one: Brings) -> str:
    """Say "Acme Bank · €180k a year, €120k in open deals, behind 3 asks"."""
    asks = f"behind {'1 ask' if one.asks == 1 else f'{one.asks:,} asks'}" if one.asks else ""
    said = ", ".join(filter(None, [amounts(one), asks]))
    return " · ".join(filter(None, [parts.shorten(one.name, NAME_SHOWN), said]))


def amounts(one: Brings) -> str:
    """Say "€180k a year, €120k in open deals"; nothing for who may not see it."""
    return ", ".join(
        filter(
            None,
            [
                f"{show.money(one.revenue)} a year" if one.revenue else "",
                f"{_amounts(one.deals)} in open deals" if one.deals else "",
            ],
        )
    )


def behind(money: Behind) -> str:
    """Say "Behind this: €60k a year to protect, €120k in open deals, of 3 customers."."""
    sums = [f"{_amounts(money.protect)} a year to protect"] if money.protect else []
    sums += [f"{_amounts(money.grow)} in open deals"] if money.grow else []
    of = "1 customer" if money.customers == 1 else f"{money.customers:,} customers"
    among = f", among the newest {money.among:,}" if money.among else ""
    return f"Behind this: {', '.join(sums)}, of {of}{among}."


def _amounts(sums: Sequence[Money]) -> str:
    return parts.listed([show.money(amount) for amount in sums], room=CURRENCIES)
