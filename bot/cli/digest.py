"""`tandem digest`: a week's digest on the terminal, or posted."""

from datetime import date
from uuid import uuid4

from bot import app
from bot.domain.acts import TANDEM, Act, Via
from bot.domain.digest import Called
from bot.domain.errors import Refused
from bot.services import coordination, schedules
from bot.settings import Settings
from bot.ui import digest
from storage.store import Store

_YEARS = range(2000, 3000)


def day(text: str) -> date:
    """Raises Refused that says how to write it."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if found.year not in _YEARS:
        raise Refused(f"--date: write a day like 2026-11-23, not {text!r}")
    return found


async def preview(settings: Settings, on: date | None) -> str:
    """The digest of the week that day lies in, as it would be said. Nothing comes of it."""
    async with app.open_database(settings) as db:
        return digest.as_text(await db.read(coordination.as_of, _act(), on))


async def post(settings: Settings, on: date | None) -> str:
    """Post that week's digest, unless it is out. Whoever serves this workspace says it."""
    async with app.open_database(settings) as db:
        called = await db.write(_post, _act(), on)
    return _told(called)


def _post(store: Store, act: Act, on: date | None) -> Called:
    of = schedules.the_company(store)
    period = of.weekly.of(on).name if on else coordination.this_week(of, act.at)
    return coordination.post_now(store, act, of, period)


def _told(called: Called) -> str:
    if called.is_new:
        return f"The digest of week {called.week} is on its way: a running Tandem posts it."
    where = f": {called.link}" if called.link else ""
    return f"The digest of week {called.week} is out already, so nothing was posted{where}"


def _act() -> Act:
    return app.REAL.act(TANDEM, Via.CLI, uuid4().hex)
