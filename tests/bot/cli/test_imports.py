"""`tandem import` with lines that need mending, and with the exports of other tools."""

import csv
from pathlib import Path

import pytest

from bot.cli.sheets import Sheet
from bot.domain.imports import RequestRow
from tests.bot.cli.test_commands import database, tandem

BACKLOG = (
    "title,problem,value\n"
    "Dark mode,It is too bright.,5\n"
    "Audit log,,8\n"
    "=cmd|' /C calc'!A0,Their auditor asks.,4\n"
    "Single sign-on,IT removes users by hand.,13,extra\n"
)


def written(folder: Path, text: str, name: str = "backlog.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def lines(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as sheet:
        return list(csv.DictReader(sheet))


def test_good_lines_are_kept_and_wrong_ones_go_to_a_file_of_their_own(tmp_path: Path) -> None:
    rejects = tmp_path / "mend.csv"
    ended = tandem(
        *("import", "requests", str(written(tmp_path, BACKLOG)), "--rejects", str(rejects)), env=database(tmp_path)
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"1 new requests; 3 lines need mending: see {rejects}.\n"
    assert lines(rejects) == [
        {"title": "Audit log", "problem": "", "value": "8", "why": "problem: is empty"},
        {
            "title": "'=cmd|' /C calc'!A0",
            "problem": "Their auditor asks.",
            "value": "4",
            "why": "value: Choose 1, 2, 3, 5, 8, 13 or 20.",
        },
        {
            "title": "Single sign-on",
            "problem": "IT removes users by hand.",
            "value": "13",
            "why": "it has 4 columns (the last: extra), the first line 3",
        },
    ]


def test_what_has_been_mended_is_imported_with_its_column_why(tmp_path: Path) -> None:
    rejects = tmp_path / "mend.csv"
    env = database(tmp_path)
    tandem("import", "requests", str(written(tmp_path, BACKLOG)), "--rejects", str(rejects), env=env)
    wrong = rejects.read_text(encoding="utf-8-sig")
    mended = wrong.replace(",8,", "Their auditor asks.,8,", 1).replace(",4,", ",5,")
    again = tandem("import", "requests", str(written(tmp_path, mended, "mended.csv")), env=env)
    assert again.stdout.startswith("3 new requests"), again.stderr or mended
    assert "R-3 =cmd|' /C calc'!A0" in tandem("explain", "request", "R-3", env=env).stdout


def test_a_file_that_is_there_already_is_never_written_over(tmp_path: Path) -> None:
    kept = written(tmp_path, "mine", "mend.csv")
    ended = tandem(
        *("import", "requests", str(written(tmp_path, BACKLOG)), "--rejects", str(kept)), env=database(tmp_path)
    )
    assert (ended.returncode, kept.read_text()) == (2, "mine")
    assert ended.stderr == f"tandem: {kept} is there already. Name a new file for the lines that need mending.\n"
    assert not (tmp_path / "tandem.db").exists()


def test_a_file_that_cannot_be_written_stops_the_import_before_it_begins(tmp_path: Path) -> None:
    ended = tandem(
        *("import", "requests", str(written(tmp_path, BACKLOG)), "--rejects", str(tmp_path / "no" / "mend.csv")),
        env=database(tmp_path),
    )
    assert ended.returncode == 2
    assert "No such file or directory. Name a file that can be written." in ended.stderr
    assert not (tmp_path / "tandem.db").exists()


@pytest.mark.parametrize("text", ["title,problem\nDark mode,It is too bright.\n", "colour\nblack\n"])
def test_nothing_to_mend_leaves_no_file(tmp_path: Path, text: str) -> None:
    rejects = tmp_path / "mend.csv"
    tandem("import", "requests", str(written(tmp_path, text)), "--rejects", str(rejects), env=database(tmp_path))
    assert not rejects.exists()


def test_accounts_can_be_mended_too(tmp_path: Path) -> None:
    rejects = tmp_path / "mend.csv"
    file = written(tmp_path, "account_id;name;arr\na;Acme;1,5\nb;Borealis;20\nc;Cobalt;0.123\n")
    ended = tandem("import", "accounts", str(file), "--rejects", str(rejects), env=database(tmp_path))
    assert ended.stdout == f"1 accounts added or brought up to date; 2 lines need mending: see {rejects}.\n"
    assert [line.rpartition(";")[2] for line in rejects.read_text(encoding="utf-8-sig").splitlines()] == [
        "why",
        "arr: Input should be a valid decimal",
        "arr: 0.123 has more decimals than USD knows",
    ]


def test_a_canny_export_comes_in_and_what_was_used_is_said(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "Title,Details,Status,Votes,Created,Board\n"
        "Dark mode,<p>Too <b>bright</b></p>,under review,34,2026-01-02T03:04:05.000Z,Ideas\n"
        "Audit log,,Someday,2,,Ideas\n",
    )
    env = database(tmp_path)
    ended = tandem("import", "requests", str(file), "--from", "canny", env=env)
    assert ended.stdout.splitlines() == [
        (
            "Canny: title from 'title', problem from 'details', status from 'status', votes from 'votes', "
            "created_at from 'created'; not used: 'board'."
        ),
        "These statuses are not known, so their requests come to the backlog: 'Someday' (1).",
        "2 new requests; those imported before are there once.",
    ], ended.stderr
    newer = written(tmp_path, file.read_text().replace("34", "57").replace("under review", "planned"), "newer.csv")
    again = tandem("import", "requests", str(newer), "--from", "canny", env=env)
    assert again.stdout.endswith("0 new requests; those imported before are there once.\n")


def test_a_file_of_another_tool_without_titles_is_refused_in_one_line(tmp_path: Path) -> None:
    file = written(tmp_path, "Board,Votes\nIdeas,3\n")
    ended = tandem("import", "requests", str(file), "--from", "canny", env=database(tmp_path))
    assert ended.returncode == 2
    assert "This is no export of Canny: it has no title." in ended.stderr
    assert not (tmp_path / "tandem.db").exists()


def test_a_sheet_is_read_line_by_line(tmp_path: Path) -> None:
    sheet = Sheet(written(tmp_path, 'title,problem\n\nDark mode,"Too\nbright"\nAudit log,x\n'), RequestRow)
    assert sheet.check() == 2
    assert [row.title for row in sheet.rows()] == ["Dark mode", "Audit log"]
