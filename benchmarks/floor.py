"""The floor: a bare Bolt app behind aiohttp, as an app of twenty lines would be.

`noop` acks. `insert` stores key and title by one sqlite3 INSERT (WAL, synchronous=FULL) and then acks. It does so
on one connection, right in the event loop: the simplest way that is still durable, and the quickest for one caller.
It looks nothing up, checks no values, scores nothing, logs no change, announces nothing. What would make it
dishonest: an insert that isn't synced, or a no-op that skips the signature.
"""

import argparse
import asyncio
import json
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck

from benchmarks.processes import free_port

CALLBACK = "request_form"


def bare(secret: str, kept: sqlite3.Connection | None) -> AsyncApp:
    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T0", bot_token="xoxb-none")

    app = AsyncApp(signing_secret=secret, authorize=authorize, process_before_response=True)

    async def submit(ack: AsyncAck, view: dict[str, Any]) -> None:
        if kept:
            key, title = json.loads(view["private_metadata"])["key"], view["state"]["values"]["title"]
            kept.execute("INSERT INTO request VALUES (?, ?, ?)", (key, json.dumps(title), time.time()))
        await ack()

    app.view(CALLBACK)(submit)
    return app


def _kept(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)  # every statement is a transaction
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE request (key TEXT PRIMARY KEY, title TEXT NOT NULL, at REAL NOT NULL)")
    return connection


async def serve(app: AsyncApp, port: int) -> None:
    async def knock(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    site = web.Application()
    site.router.add_post("/slack/events", knock)
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print(json.dumps({"port": port}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floor")
    parser.add_argument("secret")
    parser.add_argument("--insert", type=Path, metavar="FILE")
    given = parser.parse_args()
    asyncio.run(serve(bare(given.secret, _kept(given.insert) if given.insert else None), free_port()))


if __name__ == "__main__":
    main()
