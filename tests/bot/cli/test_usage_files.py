"""Usage from files: whatever they look like, each event once; stopped, killed, or brought again."""

import asyncio
import csv
import gzip
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from bot import app
from bot.cli import main, usage_files
from bot.cli.files import LINE_MOST
from bot.cli.usage_files import Taken, UsageFile
from bot.domain.errors import Refused
from bot.domain.usage import day_number
from bot.services.usage_files import BASELINE
from bot.settings import Settings
from storage.database import Database
from storage.store import Store
from storage.tables import usage_day, usage_dirty, usage_message
from tests.flows.house import ROOT

Line = Mapping[str, Any]
COLUMNS = ("timestamp", "account_id", "user_id", "event", "properties")

LINES: list[Line] = [
    {"timestamp": "2026-11-02", "account_id": "acme", "user_id": "ines", "event": "Report", "properties": {}},
    {"timestamp": "2026-11-02", "account_id": "acme", "user_id": "ines", "event": "Report", "properties": {}},
    {
        "timestamp": "2025-03-01T09:00:00Z",
        "account_id": "acme",
        "user_id": "jörg",
        "event": "Looked, twice",
        "properties": {"path": "/pricing", "said": 'a "word"; and\nanother'},
    },
]


def a_csv(lines: Iterable[Line], path: Path, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(COLUMNS)
        writer.writerows(
            [[*(line[name] for name in COLUMNS[:-1]), json.dumps(line["properties"])] for line in lines]
        )
    return path


def objects(lines: Iterable[Line], path: Path) -> Path:
    path.write_text("".join(json.dumps(line) + "\n\n" for line in lines), encoding="utf-8-sig")
    return path


def as_segment(lines: Iterable[Line], path: Path) -> Path:
    called = {"user_id": "userId", "account_id": "groupId"}
    return objects(
        [{"type": "track", **{called.get(name, name): value for name, value in line.items()}} for line in lines],
        path,
    )


FORMS: dict[str, Callable[[Iterable[Line], Path], Path]] = {
    "commas": a_csv,
    "semicolons": lambda lines, path: a_csv(lines, path, ";"),
    "with a mark": lambda lines, path: a_csv(lines, path, ";", "utf-8-sig"),
    "objects": objects,
    "segment": as_segment,
}


def settings(url: str) -> Settings:
    return Settings(_env_file=None, database_url=SecretStr(url))


async def taken(url: str, path: Path, rejects: Path | None = None) -> Taken:
    file = UsageFile(path, rejects)
    file.check()
    return await usage_files.take(settings(url), file)


async def counted(url: str) -> Counter[tuple[str, str]]:
    """Events by account and feature."""
    async with Database.open(url) as db:
        return await db.read(_counted)


def _counted(store: Store) -> Counter[tuple[str, str]]:
    wanted = select(usage_day.c.account, usage_day.c.feature, func.sum(usage_day.c.events))
    rows = store.connection.execute(wanted.group_by(usage_day.c.account, usage_day.c.feature))
    return Counter({(account, feature): int(events) for account, feature, events in rows})


THERE = {("acme", "Report"): 2, ("acme", "Looked, twice"): 1, ("acme", "~pricing"): 1}


async def test_whatever_it_looks_like_a_file_is_the_same_events(database_url: str, tmp_path: Path) -> None:
    """Known by what is in it: every file here is called the same. Each comes packed, too."""
    for form, write in FORMS.items():
        file = write(LINES, tmp_path / "usage")
        came = await taken(database_url, file)
        assert came == (Taken(new=3, again=0) if form == "commas" else Taken(new=0, again=3)), form
        file.write_bytes(gzip.compress(file.read_bytes()))
        assert await taken(database_url, file) == Taken(new=0, again=3), f"{form}, packed"
    assert await counted(database_url) == THERE


async def test_a_line_with_an_id_of_its_own_is_known_by_it(sqlite_url: str, tmp_path: Path) -> None:
    file = tmp_path / "usage"
    rows = ["messageId,timestamp,user_id,event", "m1,2026-11-02,ines,Report", "m1,2026-11-03,ines,Report"]
    file.write_text("\n".join([*rows, ",2026-11-02,ines,Report"]))
    assert await taken(sqlite_url, file) == Taken(new=2, again=1)


async def test_a_longer_export_of_the_same_days_adds_only_what_is_new(sqlite_url: str, tmp_path: Path) -> None:
    await taken(sqlite_url, a_csv(LINES, tmp_path / "monday"))
    later = [{**LINES[0], "user_id": "kim"}, *LINES, LINES[0]]
    assert await taken(sqlite_url, a_csv(later, tmp_path / "tuesday")) == Taken(new=2, again=3)


async def test_a_file_brought_again_when_late_events_are_no_longer_taken_adds_nothing(
    database_url: str, tmp_path: Path
) -> None:
    file = a_csv(LINES, tmp_path / "usage")
    await taken(database_url, file)
    async with Database.open(database_url) as db:
        far = day_number(app.REAL.wall() + timedelta(days=400))
        assert await db.write(lambda store: store.usage.forget_messages(far, 1_000)) == 0
    assert await taken(database_url, file) == Taken(new=0, again=3)
    assert await counted(database_url) == THERE


async def test_what_files_brought_is_marked_as_a_baseline(sqlite_url: str, tmp_path: Path) -> None:
    file = a_csv(LINES, tmp_path / "usage")
    await taken(sqlite_url, file)

    def marks(store: Store) -> tuple[Any, dict[str, int]]:
        rows = store.connection.execute(select(usage_dirty.c.account, usage_dirty.c.seq))
        return store.house.mark(BASELINE), {row.account: row.seq for row in rows}

    async with Database.open(sqlite_url) as db:
        mark, dirty = await db.read(marks)
        await taken(sqlite_url, file)
        assert await db.read(marks) == (mark, dirty), "nothing came, so nothing is looked at again"
    assert (mark["source"], dirty) == ("file", {"acme": mark["seq"]})
    assert datetime.fromisoformat(mark["day"]).date() <= app.REAL.business().date()


# ---- what is wrong ------------------------------------------------------------------------------

HEAD = "timestamp,user_id,event,account_id,properties\n"
GOOD = "2026-11-02,ines,Report,acme,\n"
BAD = (
    HEAD
    + GOOD
    + "yesterday,ines,Report,acme,\n"
    + "2026-11-02,,Report,acme,\n"
    + "2026-11-02,ines\n"
    + '2026-11-02,"in"es,Report,acme,\n'
    + "2026-11-02,ines,Report,acme,[1]\n"
    + "2026-11-02,ines,Report,acme,,more\n"
    + "2026-11-03,ines,Report,acme,\n"
)


async def test_where_lines_are_wrong_nothing_is_imported_and_the_first_are_named(
    sqlite_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "usage"
    file.write_text(BAD)
    with pytest.raises(Refused) as refused:
        UsageFile(file).check()
    assert str(refused.value).startswith(
        f"{file}: nothing was imported. line 3, timestamp: write it like 2026-11-23T10:00:00Z; "
        "line 4, user_id: is empty; line 5, it has 2 columns, the first line 5; line 6, "
    )
    assert "line 8" not in str(refused.value), "the first five"
    assert await counted(sqlite_url) == {}


async def test_the_good_lines_are_kept_and_the_others_put_aside_to_be_mended(
    sqlite_url: str, tmp_path: Path
) -> None:
    file, aside = tmp_path / "usage", tmp_path / "rejects.csv"
    file.write_text(BAD)
    assert await taken(sqlite_url, file, aside) == Taken(new=2, again=0)
    rows = list(csv.DictReader(aside.read_text().splitlines()))
    assert [row["why"].partition(":")[0] for row in rows][:2] == ["timestamp", "user_id"]
    assert rows[-1]["why"] == "it has 6 columns (the last: more), the first line 5"
    mended = [
        {**row, "timestamp": "2026-11-05", "user_id": f"u{n}", "event": "Export"} for n, row in enumerate(rows)
    ]
    with (tmp_path / "mended.csv").open("w", newline="") as again:
        writer = csv.DictWriter(again, rows[0])
        writer.writeheader()
        writer.writerows({**row, "properties": ""} for row in mended)
    assert await taken(sqlite_url, tmp_path / "mended.csv") == Taken(new=6, again=0)


async def test_objects_that_are_wrong_are_put_aside_as_objects(sqlite_url: str, tmp_path: Path) -> None:
    file, aside = tmp_path / "usage", tmp_path / "rejects"
    deep = '{"type":"track","userId":"ines","event":"R","timestamp":"2026-11-02","properties":' + "[" * 9_000
    lines = [json.dumps(LINES[0]), "[1]", deep, '{"event": "\\ud800", "user_id": "Jörg"}', "{"]
    file.write_bytes("\n".join(lines).encode() + b'\n{"event": "K\xfcche"}\n')
    assert await taken(sqlite_url, file, aside) == Taken(new=1, again=0)
    put = [json.loads(line) for line in aside.read_text(encoding="utf-8").splitlines()]
    assert [one["why"] for one in put] == [
        "it isn't a JSON object",
        "it isn't a JSON object",
        "timestamp: is empty",
        "it isn't a JSON object",
        "it isn't UTF-8. Save the file as CSV UTF-8",
    ]
    assert (put[0]["line"], put[2]["user_id"]) == ("[1]", "Jörg")


async def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    file, aside = tmp_path / "usage", tmp_path / "mine"
    file.write_text(HEAD + GOOD)
    aside.write_text("mine")
    with pytest.raises(Refused, match="mine is there already"):
        UsageFile(file, aside).check()
    assert aside.read_text() == "mine"
    UsageFile(file, tmp_path / "unneeded").check()
    assert not (tmp_path / "unneeded").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "column timestamp is missing; column user_id is missing; column event is missing"),
        (b"timestamp,user_id\n", "column event is missing"),
        (b"timestamp,user_id,event,colour\n", "no column is called 'colour'"),
        (b"timestamp,user_id,event,event\n", "column event is there 2 times"),
        (gzip.compress((HEAD + GOOD * 999).encode())[:-9], "it begins as gzip, but can't be unpacked to its end"),
        (b"\x1f\x8bnothing of the kind", "it begins as gzip, but can't be unpacked to its end"),
        (HEAD.encode() + "2026-11-02,Jörg,Report,acme,\n".encode("latin-1"), "line 2, it isn't UTF-8"),
        (HEAD.encode("utf-16"), "column timestamp is missing"),
        (HEAD.encode() + b"x" * (LINE_MOST + 1), f"a line of more than {LINE_MOST:,} characters"),
        (gzip.compress(b"{" + b" " * 50_000_000), f"a line of more than {LINE_MOST:,} characters"),
        (HEAD.encode() + b'2026-11-02,"' + GOOD.encode() * 6_000, "line 2, its quotes don't fit"),
    ],
)
def test_a_file_that_is_no_use_is_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "usage"
    file.write_bytes(content)
    with pytest.raises(Refused) as refused:
        UsageFile(file).check()
    assert words in str(refused.value)


def test_the_command_says_what_came_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'tandem.db'}")
    file, aside = tmp_path / "usage", tmp_path / "rejects"
    file.write_text(BAD)
    for wrong in ("no such file", str(file)):
        with pytest.raises(SystemExit):
            main(["import", "usage", wrong])
    main(["import", "usage", str(file), "--rejects", str(aside)])
    said = capsys.readouterr()
    assert said.err.splitlines()[0] == "tandem: no such file: No such file"
    assert said.out == f"2 events added; 0 were there already. 6 lines are wrong: mend {aside} and import it too.\n"


# ---- killed -------------------------------------------------------------------------------------


def many(rows: int, path: Path) -> Path:
    """A third of the lines are there twice."""
    with gzip.open(path, "wt", newline="") as file:
        file.write("timestamp,account_id,user_id,event\n")
        for n in range(rows):
            this = n - n % 3 // 2
            day = f"2026-{this % 10 + 1:02}-{this % 28 + 1:02}"
            file.write(f"{day},acme-{this % 50},user-{this % 997},Feature {this % 7}\n")
    return path


def start(url: str, file: Path) -> subprocess.Popen[bytes]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": url}
    return subprocess.Popen(
        (sys.executable, "-m", "bot", "import", "usage", str(file)),
        env=environment,
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


async def killed_and_begun_again(url: str, file: Path, rows: int, kills: int) -> str:
    """What the last one says. Each is killed once it has brought in some more."""
    for kill in range(1, kills + 1):
        importing = start(url, file)
        until = time.monotonic() + 300
        while importing.poll() is None and await kept(url) < rows * kill // (kills + 1):
            assert time.monotonic() < until
            await asyncio.sleep(0.03)
        assert importing.poll() is None, "it was done before it could be killed"
        importing.kill()
        importing.communicate()
        assert 0 < await kept(url) < rows
    last = start(url, file)
    said, _ = last.communicate(timeout=900)
    assert last.returncode == 0, said
    return said.decode()


async def kept(url: str) -> int:
    async with Database.open(url) as db:
        return await db.read(
            lambda store: store.connection.scalar(select(func.count()).select_from(usage_message)) or 0
        )


async def counts_are_right(url: str, rows: int) -> None:
    """Equal lines count each, whatever was killed."""
    wanted = Counter((f"acme-{n % 50}", f"Feature {n % 7}") for n in (r - r % 3 // 2 for r in range(rows)))
    assert await counted(url) == wanted


async def test_killed_half_way_and_begun_again_nothing_is_lost_or_doubled(
    database_url: str, tmp_path: Path
) -> None:
    rows = 6_000
    file = many(rows, tmp_path / "usage")
    said = await killed_and_begun_again(database_url, file, rows, kills=1)
    await counts_are_right(database_url, rows)
    assert "were there already" in said
    assert not said.startswith("6,000")


@pytest.mark.faults
async def test_killed_again_and_again_a_long_file_is_there_once(database_url: str, tmp_path: Path) -> None:
    rows = 200_000
    file = many(rows, tmp_path / "usage")
    await killed_and_begun_again(database_url, file, rows, kills=3)
    await counts_are_right(database_url, rows)
