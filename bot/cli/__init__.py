"""The `tandem` command."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bot import app, doctor, logs
from bot.cli import digest, explain, imports, manifest, progress
from bot.domain.errors import Busy, Refused, Unavailable
from bot.domain.imports import AccountRow, MetricRow, RequestRow
from bot.settings import BadSettings, Settings, read_settings
from handlers.http.server import CannotListen
from storage.migrate import NewerSchemaError

BAD_INPUT = 2
FAILED = 1
LOOK = 2.0  #: seconds between looks at a clock that jumps


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command. Bad input: one line that says how to mend it, exit 2; what failed: one line, exit 1."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except (BadSettings, Refused, app.CannotStart, NewerSchemaError) as error:
        _end(BAD_INPUT, str(error))
    except (Busy, Unavailable, CannotListen) as error:
        _end(FAILED, str(error))
    except KeyboardInterrupt:
        _end(130, "stopped")


def _end(code: int, line: str) -> None:
    print(f"tandem: {line}", file=sys.stderr)
    sys.exit(code)


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="tandem", description="Keeps product and sales pulling the same way.")
    commands = whole.add_subparsers(required=True, metavar="command")
    ran = _add(commands, "run", "serve Slack", _run)
    ran.add_argument("--ahead", type=Path, help=argparse.SUPPRESS)  # for the demo, where days pass in seconds
    demo = _add(commands, "demo", "try Tandem in a workspace on this machine", _demo)
    demo.add_argument("--port", type=int, default=8065, help="of the workspace (default 8065)")
    _add(commands, "migrate", "bring the database up to date", _migrate)
    printed = _add(commands, "manifest", "print the Slack app manifest", _manifest)
    printed.add_argument("--url", help="your public address: prints the manifest for HTTP instead of Socket Mode")
    _add(commands, "doctor", "check the database, Slack, and what could not be said", _doctor)
    imported = _add(commands, "import", "bring in a CSV file", _import)
    imported.add_argument("what", choices=["accounts", "requests", "metrics"])
    imported.add_argument("file", type=Path)
    imported.add_argument("--cards", action="store_true", help="post a card for each (default: tell nobody)")
    explained = _add(commands, "explain", "show where a request's place comes from", _explain)
    explained.add_argument("what", choices=["request"])
    explained.add_argument("key", help="number or slug")
    said = _add(commands, "digest", "post the weekly digest, or print it", _digest)
    said.add_argument("which", choices=["weekly"])
    said.add_argument("--preview", action="store_true", help="only print it")
    said.add_argument("--date", help="a day of the week it is of, like 2026-11-23 (default: today)")
    return whole


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    does: str,
    run: Callable[[argparse.Namespace], None],
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=does, description=does)
    command.set_defaults(run=run)
    return command


# ---- commands -----------------------------------------------------------------------------------


def _run(options: argparse.Namespace) -> None:
    settings = read_settings()
    logs.set_up()
    asyncio.run(_serve(settings, options.ahead))


async def _serve(settings: Settings, ahead: Path | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    if ahead:
        await app.run(settings, stop, clocks=app.ahead(ahead), ring_every=LOOK)
    else:
        await app.run(settings, stop)


def _demo(options: argparse.Namespace) -> None:
    from bot.cli.demo import play  # the sandbox is needed for nothing else

    asyncio.run(play(options.port))


def _migrate(_: argparse.Namespace) -> None:
    app.prepare(read_settings())
    print("The database is up to date.")


def _manifest(options: argparse.Namespace) -> None:
    print(manifest.text(options.url), end="")


def _import(options: argparse.Namespace) -> None:
    settings, path = read_settings(), options.file
    if options.what == "accounts":
        bar = progress.Bar(imports.check(path, AccountRow))
        app.prepare(settings)
        count = asyncio.run(imports.accounts(settings, path, bar))
        print(f"{count:,} accounts added or brought up to date.")
    elif options.what == "metrics":
        bar = progress.Bar(imports.check(path, MetricRow))
        app.prepare(settings)
        count = asyncio.run(imports.metrics(settings, path, bar))
        print(f"{count:,} figures added or changed; those imported before are there once.")
    else:
        bar = progress.Bar(imports.check(path, RequestRow))
        app.prepare(settings)
        count = asyncio.run(imports.requests(settings, path, bar, cards=options.cards))
        print(f"{count:,} new requests; those imported before are there once.")


def _doctor(_: argparse.Namespace) -> None:
    settings = read_settings()
    app.prepare(settings)
    findings = asyncio.run(doctor.examine(settings))
    for finding in findings:
        print(finding)
    if any(finding.startswith("!") for finding in findings):
        sys.exit(FAILED)


def _explain(options: argparse.Namespace) -> None:
    settings = read_settings()
    app.prepare(settings)
    print(asyncio.run(explain.request(settings, options.key)))


def _digest(options: argparse.Namespace) -> None:
    settings, day = read_settings(), None if options.date is None else digest.day(options.date)
    app.prepare(settings)
    say = digest.preview if options.preview else digest.post
    print(asyncio.run(say(settings, day)))
