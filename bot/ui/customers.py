"""Customers offered while somebody types."""

from collections.abc import Sequence

from bot.domain.accounts import Account
from bot.domain.requests import CUSTOMER_LIMIT
from bot.domain.text import fold, one_line
from bot.ui import parts
from bot.ui.inputs import NEW
from bot.ui.parts import Element


def options(accounts: Sequence[Account], typed: str) -> list[Element]:
    """Known customers, and last the name as typed when it is none of them."""
    known = [parts.option(account.name, account.id) for account in accounts]
    name = one_line(typed)
    if not 0 < len(name) <= CUSTOMER_LIMIT or any(fold(account.name) == fold(name) for account in accounts):
        return known
    return [*known, parts.option(name, f"{NEW}{name}", "Not in the list yet: add it")]
