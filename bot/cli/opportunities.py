"""`tandem import opportunities`: the CRM's deals, checked whole, then kept in small steps."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from bot import app
from bot.cli import imports
from bot.cli.files import Columns, Heard, Rows
from bot.domain.opportunities import OpportunityRow
from bot.domain.usage_files import WHY
from bot.services import opportunities as service
from bot.settings import Settings
from storage.database import Database

STEP = 20  #: rows in one transaction
ASKED = 500  #: accounts asked for at once

Opportunities = Rows[OpportunityRow]


def opened(path: Path, rejects: Path | None = None) -> Opportunities:
    fields = OpportunityRow.model_fields
    needed = [name for name, field in fields.items() if field.is_required()]
    return Rows(path, Columns(needed, list(fields)), _row, rejects)


def _row(values: Mapping[str, Any]) -> OpportunityRow:
    return OpportunityRow.model_validate({name: value for name, value in values.items() if name != WHY})


async def check(settings: Settings, rows: Opportunities, heard: Heard = lambda _: None) -> int:
    """How many there are. Raises Refused, with nothing done, when a line is wrong and can't be put aside."""
    async with app.open_database(settings) as db:
        unknown = await _unknown(db, rows)
    return rows.check(heard, further=_Once(unknown, settings.tandem_currency))


async def _unknown(db: Database, rows: Opportunities) -> set[str]:
    named = iter({row.account_id for row in rows})
    found: set[str] = set()
    while some := list(islice(named, ASKED)):
        found |= await db.read(service.unknown, some)
    return found


class _Once:
    """Finds fault with an account nobody knows, an amount no currency has, and what another line contradicts."""

    def __init__(self, unknown: set[str], currency: str) -> None:
        self._unknown = unknown
        self._currency = currency
        self._seen: dict[str, OpportunityRow] = {}

    def __call__(self, row: OpportunityRow) -> None:
        row.size(self._currency)
        if row.account_id in self._unknown:
            raise ValueError(f"account_id: there is no account {row.account_id!r}; import accounts first")
        if self._seen.setdefault(row.opportunity_id, row) != row:
            raise ValueError(f"opportunity_id: another line says otherwise of {row.opportunity_id!r}; keep one")


async def keep(settings: Settings, rows: Opportunities, kept: Heard = lambda _: None) -> int:
    """Keep those of a file that has been checked; how many were new or said something new."""
    changed = seen = 0
    async with app.open_database(settings) as db:
        for step in _steps(rows):
            changed += await imports.politely(partial(db.background().write, service.put, imports.act(), step))
            seen += len(step)
            kept(seen)
    return changed


def _steps(rows: Iterable[OpportunityRow]) -> Iterator[Sequence[OpportunityRow]]:
    going = iter(rows)
    while step := list(islice(going, STEP)):
        yield step
