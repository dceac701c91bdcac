"""Usage from files: a baseline, of which nobody is alerted."""

from collections.abc import Sequence

from bot.domain.acts import Act
from bot.domain.usage import Event
from bot.domain.usage_files import FILES
from bot.services import usage
from storage.store import Store

#: The newest bulk import: {"day": "2026-11-23", "source": "file", "seq": as in usage_dirty, of its last step}.
BASELINE = "usage baseline"


def take(store: Store, act: Act, events: Sequence[Event]) -> int:
    """Take events of a file in; how many were new. In whichever file they come again, they are known.

    The mark is set in the same transaction, so that nobody looks at these accounts without it.
    """
    new = usage.record(store, act, events, for_good=True).new
    if new:
        seq = int(act.wall.timestamp() * 1_000_000)
        store.house.set_mark(BASELINE, {"day": act.at.date().isoformat(), "source": FILES, "seq": seq}, act)
    return new
