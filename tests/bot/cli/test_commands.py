"""The `tandem` command, as somebody in a terminal meets it."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot import doctor
from sandbox import company
from sandbox.server import Sandbox
from tests.flows.house import MANIFEST, ROOT, opened, settings_for

TANDEM = (sys.executable, "-m", "bot")


def tandem(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command with nothing in its environment but what is given."""
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    return subprocess.run(
        (*TANDEM, *arguments),
        env={**bare, **(env or {})},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def database(path: Path) -> dict[str, str]:
    return {"DATABASE_URL": f"sqlite:///{path / 'tandem.db'}"}


def test_the_demo_opens_alive_prints_its_address_last_and_ends_cleanly() -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    demo = subprocess.Popen(
        (*TANDEM, "demo", "--port", "0"), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert demo.stdout
    assert demo.stderr
    with demo.stdout, demo.stderr:
        said = next(line for line in demo.stdout if line.startswith("Open "))
        with urllib.request.urlopen(said.removeprefix("Open ").strip() + "/?as=alice&in=board") as answer:
            page = answer.read().decode()
        demo.send_signal(signal.SIGINT)
        rest, errors = demo.communicate(timeout=30)
    assert "Single sign-on" in page
    assert "Pull the plug" in page
    assert rest.strip() == "Stopped; nothing is left behind."
    assert (demo.returncode, errors) == (0, "")


def test_a_demo_on_a_port_that_is_taken_says_which_to_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = tandem("demo", "--port", str(port))
    assert (ended.returncode, ended.stderr) == (
        2,
        f"tandem: port {port} is taken: try another, make demo PORT={port + 1}\n",
    )


def test_a_backlog_is_imported_twice_and_is_there_once(tmp_path: Path) -> None:
    env = database(tmp_path)
    first = tandem("import", "requests", str(company.REQUESTS), env=env)
    again = tandem("import", "requests", str(company.REQUESTS), env=env)
    assert first.stdout == "11 new requests; those imported before are there once.\n"
    assert again.stdout == "0 new requests; those imported before are there once.\n"


def test_a_request_is_explained_by_number_and_by_slug(tmp_path: Path) -> None:
    env = database(tmp_path)
    tandem("import", "requests", str(company.REQUESTS), env=env)
    by_number = tandem("explain", "request", "R-1", env=env)
    assert by_number.stdout.splitlines()[:7] == [
        "R-1 Single sign-on: WSJF 2.2, #1 of 9",
        "  User/Business value: 13, from the imported backlog",
        "  Time criticality: 8, from the imported backlog",
        "  Risk reduction: 8, from the imported backlog",
        "  Job size: 13, from the imported backlog",
        "  (13 + 8 + 8) / 13 = 2.2",
        "  3 companies wait",
    ]
    began, came, up = by_number.stdout.splitlines()[7:]
    assert began.startswith("  On the board since ")
    assert began.endswith(", #1 (2.2) now:")
    assert came.startswith("    no place → #1: it came onto the board · ")
    assert up == "  Nothing stands above it."
    assert tandem("explain", "request", "single-sign-on", env=env).stdout == by_number.stdout


def test_a_request_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    ended = tandem("explain", "request", "R-404", env=database(tmp_path))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "tandem: There is no R-404 on the board. /board lists what is there.\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title,problem\nDark mode,\n", "line 2, problem: is empty"),
        ("title,problem,title\nDark mode,too bright,x\n", "column title is there 2 times"),
        ("title,problem,value\nDark mode,too bright,4\n", "line 2, value: Choose 1, 2, 3, 5, 8, 13 or 20."),
        ("title,problem,colour\nDark mode,too bright,black\n", "no column is called 'colour'"),
        ("title\nDark mode\n", "column problem is missing"),
        (
            "title,problem\nDark mode,too bright,extra\n",
            "line 2, it has 3 columns (the last: extra), the first line 2",
        ),
        ("", "column title is missing"),
    ],
)
def test_a_bad_file_is_refused_in_one_line_and_nothing_is_imported(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "backlog.csv"
    file.write_text(text, encoding="utf-8")
    ended = tandem("import", "requests", str(file), env=database(tmp_path))
    assert ended.returncode == 2
    assert words in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert not (tmp_path / "tandem.db").exists()


def test_a_file_that_is_not_utf8_is_refused_with_how_to_mend_it(tmp_path: Path) -> None:
    file = tmp_path / "backlog.csv"
    file.write_bytes("title,problem\nKüche,x\n".encode("latin-1"))
    ended = tandem("import", "requests", str(file), env=database(tmp_path))
    assert (ended.returncode, "Save it as CSV UTF-8." in ended.stderr) == (2, True)


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({}, "SLACK_BOT_TOKEN is not set. To try Tandem without Slack: make demo"),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP)"),
        ({"TANDEM_TIMEZONE": "Mars/Olympus"}, "TANDEM_TIMEZONE: no such time zone: 'Mars/Olympus'"),
        ({"TANDEM_WORKING_HOURS": "always"}, "TANDEM_WORKING_HOURS: write working hours like mon-fri 09:00-18:00"),
        ({"TANDEM_HTTP_PORT": "99999"}, "TANDEM_HTTP_PORT"),
    ],
)
def test_what_is_missing_or_wrong_in_the_environment_is_one_line(env: dict[str, str], words: str) -> None:
    ended = tandem("run", env=env)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


async def test_the_doctor_finds_nothing_wrong_in_a_healthy_house(sqlite_url: str) -> None:
    async with opened(sqlite_url) as house:
        findings = await _examined(house.slack, sqlite_url)
    assert all(finding.startswith("ok") for finding in findings), findings
    assert "ok cards go to #board" in findings


async def test_the_doctor_names_a_missing_scope_and_a_channel_we_are_not_in(sqlite_url: str) -> None:
    async with opened(sqlite_url) as house:
        house.slack.scopes.discard("channels:history")
        house.slack.remove("#board")
        findings = await _examined(house.slack, sqlite_url)
    assert any("missing scope channels:history" in finding for finding in findings), findings
    assert any("I'm not in the board channel #board" in finding for finding in findings), findings


async def _examined(slack: Sandbox, database_url: str) -> list[str]:
    return await doctor.examine(settings_for(slack, database_url))


def test_the_manifest_is_printed_as_it_is_kept() -> None:
    assert tandem("manifest").stdout == MANIFEST.read_text(encoding="utf-8")
