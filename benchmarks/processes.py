"""Servers in processes of their own: started, waited for, looked at, and stopped by their pid."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

ROOT = Path(__file__).parents[1]
HOST = "127.0.0.1"
START_SECONDS = 30.0
STOP_SECONDS = 15.0
_OURS = ("SLACK_", "TANDEM_", "DATABASE_URL")


@dataclass(frozen=True, kw_only=True)
class Running:
    pid: int
    port: int
    ready_after: float  #: seconds from start


class DidNotStart(Exception):
    """With the end of its log."""


@asynccontextmanager
async def told(
    *arguments: str, folder: Path, settings: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[dict[str, Any]]:
    """Run `python ARGUMENTS`, which says what it has to say as one line of JSON, and ends with its stdin."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=folder,
        env=_environment(settings),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**22,
    )
    try:
        assert process.stdout
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        if not line:
            raise DidNotStart(" ".join(arguments))
        yield json.loads(line) | {"pid": process.pid}
    finally:
        await _stop(process)


@asynccontextmanager
async def serving(*arguments: str, settings: Mapping[str, str], folder: Path) -> AsyncIterator[Running]:
    """Run `python ARGUMENTS` as a Tandem with these settings until the block is left; ready when it says so."""
    port = free_port()
    log = folder / f"{port}.log"
    environment = _environment({**settings, "TANDEM_HTTP_PORT": str(port)})
    began = time.perf_counter()
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=folder, env=environment, stdout=out, stderr=out
        )
    try:
        ready = await _until_ready(process, port, log)
        yield Running(pid=process.pid, port=port, ready_after=ready - began)
    finally:
        await _stop(process)


async def _until_ready(process: asyncio.subprocess.Process, port: int, log: Path) -> float:
    """When /readyz first said 200, looked at every 5 ms."""
    end = time.perf_counter() + START_SECONDS
    while time.perf_counter() < end and process.returncode is None:
        with suppress(OSError, asyncio.IncompleteReadError):
            if await _ready(port):
                return time.perf_counter()
        await asyncio.sleep(0.005)
    raise DidNotStart(_end_of(log))


def _end_of(log: Path) -> str:
    return log.read_text()[-2000:]


async def _ready(port: int) -> bool:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return b" 200 " in await reader.readline()
    finally:
        writer.close()


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Let it go, ask it, end it: whoever listens on stdin tidies up by itself."""
    if process.stdin:
        process.stdin.close()
        if await _ended(process):
            return
    with suppress(ProcessLookupError):
        process.terminate()
    if not await _ended(process):
        process.kill()
        await process.wait()


async def _ended(process: asyncio.subprocess.Process) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    return process.returncode is not None


def resident(pid: int) -> float:
    """Resident memory in megabytes (of a million bytes)."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024 / 1e6
    said = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True, text=True)
    return int(said.stdout) * 1024 / 1e6


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    """Ours without what somebody set for a Tandem of their own; the folder of the process has no `.env` either."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**kept, "PYTHONPATH": str(ROOT), **more}
