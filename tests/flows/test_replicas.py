"""Nothing lost, nothing twice: the weekly digest is posted once a week, whoever dies and however Slack behaves."""

import asyncio
import contextlib
from pathlib import Path
from random import Random

import pytest

from tests.flows.replicas import Tally, live_through
from tests.flows.trouble import SHORT, plans

WEEKS = 200
SEED = 2026


def check(request: pytest.FixtureRequest, tally: Tally) -> None:
    """Printed always by `make test-faults`, else with -s."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    is_long = request.config.option.markexpr == "faults"
    with capture.global_and_fixture_disabled() if is_long else contextlib.nullcontext():
        print(f"\n{tally}")
    assert not tally.wrong, "\n".join(tally.wrong)
    assert (tally.lost, tally.doubled) == (0, 0)


async def test_three_replicas_on_postgres_and_two_processes_on_sqlite_post_each_week_once(
    postgres_url: str, sqlite_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Side by side, as most of it is waiting."""
    async with asyncio.TaskGroup() as both:
        three = both.create_task(live_through(postgres_url, 3, SHORT, tmp_path / "three"))
        two = both.create_task(live_through(sqlite_url, 2, SHORT, tmp_path / "two"))
    check(request, three.result())
    check(request, two.result())


@pytest.mark.faults
async def test_six_replicas_on_postgres_post_two_hundred_weeks_once_each(
    postgres_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    weeks = plans(WEEKS, Random(SEED))
    check(request, await live_through(postgres_url, 6, weeks, tmp_path, seed=SEED))


@pytest.mark.faults
async def test_three_processes_on_one_sqlite_file_post_two_hundred_weeks_once_each(
    sqlite_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    weeks = plans(WEEKS, Random(SEED))
    check(request, await live_through(sqlite_url, 3, weeks, tmp_path, seed=SEED))
