"""`tandem forget`, as somebody in a terminal meets it."""

from datetime import UTC, datetime
from pathlib import Path

from bot.services import usage
from storage import migrate
from storage.database import Database
from tests.bot.cli.test_commands import database, tandem
from tests.bot.services.test_features import used
from tests.builders import an_act


async def used_by_ines(path: Path) -> dict[str, str]:
    env = database(path)
    migrate.upgrade(env["DATABASE_URL"])
    async with Database.open(env["DATABASE_URL"]) as db:
        events = [used("acme", "ines", ago=day) for day in (0, 0, 1)]
        await db.write(usage.record, an_act(at=datetime(2026, 11, 23, 12, tzinfo=UTC)), events)
    return env


async def test_what_was_removed_is_said_in_one_line_and_not_of_whom(tmp_path: Path) -> None:
    env = await used_by_ines(tmp_path)
    ended = tandem("forget", "ines", env=env)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "Forgotten: 2 days of use under 1 id, in 1 account.\n"
    again = tandem("forget", "ines", env=env)
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr == (
        "tandem: There is nobody called ines in the usage data. Give the id that your product sends.\n"
    )
