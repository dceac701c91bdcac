"""`tandem export requests`: the board as a CSV file that a spreadsheet opens and `tandem import` takes."""

import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from bot import app
from bot.cli.progress import Bar
from bot.domain.errors import Refused
from bot.domain.exports import safe
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.imports import SEVERAL
from bot.domain.money import Money
from bot.domain.wsjf import UNIT, Factor
from bot.services import export as service
from bot.services.export import Behind, Exported
from bot.settings import Settings
from storage.database import Database

STDOUT = Path("-")
ENCODING = "utf-8-sig"  # with the mark by which Excel knows it
_LIKE_THE_MARK = "｜"  #: stands for | in a customer's name; names are compared so that both are one
COLUMNS = (
    *("number", "slug", "title", "problem", "status", "rank", "wsjf", *Factor),
    *("companies", "accounts", "importance", "revenue", "open_deals", "source", "requester_email", "owner"),
    *("direction", "target", "created_at", "released_at", "same_as"),
)

Cell = str | int | float | None


@contextmanager
def target(path: Path, *, force: bool) -> Iterator[TextIO]:
    """The file to write, there only once it is whole; `-` is stdout. Raises Refused where it can't be written."""
    if path == STDOUT:
        yield from _stdout()
        return
    if path.exists() and not force:
        raise Refused(f"{path} is there already. Name another file, or add --force to replace it.")
    part = path.with_name(f".{path.name}.part")
    try:
        file = part.open("w", encoding=ENCODING, newline="")
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}. Name a file that can be written.") from None
    try:
        with file:
            yield file
        part.replace(path)
    except IsADirectoryError:
        raise Refused(f"{path} is a folder. Name a file.") from None
    finally:
        part.unlink(missing_ok=True)


def _stdout() -> Iterator[TextIO]:
    sys.stdout.flush()
    file = TextIOWrapper(sys.stdout.buffer, encoding=ENCODING, newline="")
    try:
        yield file
        file.flush()
    finally:
        file.detach()


async def requests(settings: Settings, file: TextIO, bar: Callable[[int], Callable[[int], None]] = Bar) -> int:
    """Write all requests; how many. Read in pages, so the memory it takes doesn't grow with their texts."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    async with app.open_database(settings) as db:
        lane = db.background()
        order = await lane.read(service.order)
        behind = await _money(lane, max(order.numbers, default=0))
        written, progress = 0, bar(len(order.numbers))
        for start in range(0, len(order.numbers), service.PAGE):
            numbers = [RequestNumber(n) for n in order.numbers[start : start + service.PAGE]]
            ranks = dict(zip(numbers, order.ranks[start : start + service.PAGE], strict=True))
            lines = await lane.read(service.page, numbers)
            writer.writerows(_cells(one, ranks[one.request.number], behind) for one in lines)
            written += len(lines)
            progress(start + len(numbers))
    return written


async def _money(db: Database, highest: int) -> Behind:
    behind = Behind(highest)
    last: AccountId | None = None
    while True:
        last, parts = await db.read(service.money, last)
        if last is None:
            return behind
        behind.add(parts)


def _cells(one: Exported, rank: int, behind: Behind) -> Sequence[Cell]:
    """Numbers stay numbers; what people wrote is text, whatever it looks like."""
    found = one.request
    figures = found.figures
    score = found.rank_score
    cells: Sequence[Cell] = (
        *(found.number, found.slug, found.title, found.problem, found.status),
        *(rank or None, None if score is None else round(score / UNIT, 2), *(figures.get(f) for f in Factor)),
        *(found.companies, SEVERAL.join(_name(name) for name, _ in one.customers), _needs(one)),
        *(_amounts(behind.revenue(found.number)), _amounts(behind.deals(found.number))),
        *(found.source, one.requester, one.owner, found.direction),
        found.target.isoformat() if found.target else None,
        found.at.isoformat(),
        found.released_at.isoformat() if found.released_at else None,
        found.same_as,
    )
    return [safe(cell) if isinstance(cell, str) else cell for cell in cells]


def _name(name: str) -> str:
    return name.replace(SEVERAL, _LIKE_THE_MARK)


def _needs(one: Exported) -> str:
    """In the order of the accounts; empty while nobody has said of any."""
    needs = [need for _, need in one.customers]
    return SEVERAL.join("" if need is None else str(int(need)) for need in needs) if any(needs) else ""


def _amounts(amounts: Sequence[Money]) -> str:
    return "; ".join(f"{amount.major:f} {amount.currency}" for amount in amounts)
