"""`tandem import usage`: events of a file, CSV or an object a line; each once, however often it comes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from bot import app
from bot.cli import imports
from bot.cli.files import Columns, Heard, Rows
from bot.domain.usage import Event
from bot.domain.usage_files import ALSO, COLUMNS, NEEDED, Twins, read
from bot.services import usage_files as service
from bot.settings import Settings

STEP = 200  #: events in one transaction: under 25 ms, so that no person waits for longer


@dataclass(frozen=True, kw_only=True)
class Taken:
    new: int
    again: int  #: they were there already


class UsageFile:
    """A file of events. Check it first, then take it in.

    Lines without an id of their own are known by what they say; of equal ones, by which of them they are. So two
    equal lines are two events, and the same file again adds nothing.
    """

    def __init__(self, path: Path, rejects: Path | None = None) -> None:
        self._rows = Rows(path, Columns(NEEDED, COLUMNS, ALSO), partial(read, now=app.REAL.business()), rejects)
        self._twins = Twins()

    @property
    def size(self) -> int:
        return self._rows.size

    @property
    def wrong(self) -> int:
        """Lines put aside."""
        return self._rows.wrong

    def check(self, heard: Heard = lambda _: None) -> int:
        """How many events there are. Raises Refused that names the first lines at fault."""
        return self._rows.check(heard, noted=self._twins.see)

    def events(self) -> Iterator[Event]:
        """The events of a file that has been checked."""
        return (line.numbered(self._twins.number(line)) for line in self._rows)


async def take(settings: Settings, file: UsageFile, kept: Heard = lambda _: None) -> Taken:
    """Take in a file that has been checked, in steps. Stopped in between, it goes on when it is begun again."""
    new = seen = 0
    async with app.open_database(settings) as db:
        for events in _steps(file.events()):
            new += await imports.politely(partial(db.background().write, service.take, imports.act(), events))
            seen += len(events)
            kept(seen)
    return Taken(new=new, again=seen - new)


def _steps(events: Iterable[Event]) -> Iterator[Sequence[Event]]:
    going = iter(events)
    while step := list(islice(going, STEP)):
        yield step
