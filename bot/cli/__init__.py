"""The `tandem` command."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from bot import app, doctor, logs
from bot.cli import digest, explain, export, forget, imports, manifest, opportunities, progress, usage_files
from bot.cli.sheets import Rejects, Sheet
from bot.domain.errors import Busy, Refused, Unavailable
from bot.domain.imports import AccountRow, MetricRow, RequestRow
from bot.domain.mappings import TOOLS, Reading
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
    _add(commands, "doctor", "check the database, Slack, and what was not said or not taken", _doctor)
    imported = _add(commands, "import", "bring in a CSV file, Canny's and Productboard's too", _import)
    imported.add_argument("what", choices=["accounts", "requests", "metrics", "usage", "opportunities"])
    imported.add_argument("file", type=Path)
    imported.add_argument("--cards", action="store_true", help="post a card for each (default: tell nobody)")
    imported.add_argument("--rejects", type=Path, metavar="NEW", help="keep good lines; wrong ones go to this file")
    imported.add_argument("--from", dest="source", choices=sorted(TOOLS), help="whose export of requests it is")
    exported = _add(commands, "export", "write the board to a CSV file", _export)
    exported.add_argument("what", choices=["requests"])
    exported.add_argument("file", type=Path, help="a new file, or - for the terminal")
    exported.add_argument("--force", action="store_true", help="replace the file if it is there")
    explained = _add(commands, "explain", "show where a request's place comes from", _explain)
    explained.add_argument("what", choices=["request"])
    explained.add_argument("key", help="number or slug")
    said = _add(commands, "digest", "post the weekly digest, or print it", _digest)
    said.add_argument("which", choices=["weekly"])
    said.add_argument("--preview", action="store_true", help="only print it")
    said.add_argument("--date", help="a day of the week it is of, like 2026-11-23 (default: today)")
    forgotten = _add(commands, "forget", "remove all usage of one person", _forget)
    forgotten.add_argument("person", help="the id your product sends, or the email address")
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
    match options.what:
        case "usage":
            _import_usage(read_settings(), options.file, options.rejects)
        case "opportunities":
            _import_opportunities(read_settings(), options.file, options.rejects)
        case _:
            _import_sheet(options)


def _import_sheet(options: argparse.Namespace) -> None:
    with Rejects(options.rejects) if options.rejects else nullcontext() as rejects:
        match options.what:
            case "accounts":
                _import_accounts(options, rejects)
            case "metrics":
                _import_metrics(options)
            case _:
                _import_requests(options, rejects)


def _import_accounts(options: argparse.Namespace, rejects: Rejects | None) -> None:
    settings, sheet = read_settings(), Sheet(options.file, AccountRow, rejects=rejects)
    bar = progress.Bar(imports.check_accounts(settings, sheet))
    app.prepare(settings)
    count = asyncio.run(imports.keep_accounts(settings, sheet, bar))
    print(f"{count:,} accounts added or brought up to date{_to_mend(sheet, rejects)}.")


def _import_metrics(options: argparse.Namespace) -> None:
    settings, sheet = read_settings(), Sheet(options.file, MetricRow)
    bar = progress.Bar(sheet.check())
    app.prepare(settings)
    count = asyncio.run(imports.keep_metrics(settings, sheet, bar))
    print(f"{count:,} figures added or changed; those imported before are there once.")


def _import_requests(options: argparse.Namespace, rejects: Rejects | None) -> None:
    reading = Reading(TOOLS[options.source]) if options.source else None
    settings, sheet = read_settings(), Sheet(options.file, RequestRow, tool=reading, rejects=rejects)
    bar = progress.Bar(sheet.check())
    for line in imports.told(reading) if reading else ():
        print(line)
    app.prepare(settings)
    count = asyncio.run(imports.keep_requests(settings, sheet, bar, cards=options.cards))
    mend = _to_mend(sheet, rejects)
    print(f"{count:,} new requests{mend or '; those imported before are there once'}.")


def _to_mend(sheet: Sheet[Any], rejects: Rejects | None) -> str:
    if not rejects or not sheet.wrong:
        return ""
    lines = "1 line needs" if sheet.wrong == 1 else f"{sheet.wrong:,} lines need"
    return f"; {lines} mending: see {rejects.path}"


def _export(options: argparse.Namespace) -> None:
    settings = read_settings()
    app.prepare(settings)
    with export.target(options.file, force=options.force) as file:
        count = asyncio.run(export.requests(settings, file))
    if options.file != export.STDOUT:
        print(f"{count:,} requests written to {options.file}. It holds amounts: mind who can read it.")


def _import_usage(settings: Settings, path: Path, rejects: Path | None) -> None:
    file = usage_files.UsageFile(path, rejects)
    bar = progress.Bar(file.check(progress.Bar(file.size, "bytes checked")), "events")
    app.prepare(settings)
    taken = asyncio.run(usage_files.take(settings, file, bar))
    print(f"{taken.new:,} events added; {taken.again:,} were there already.{_put_aside(file.wrong, rejects)}")


def _import_opportunities(settings: Settings, path: Path, rejects: Path | None) -> None:
    rows = opportunities.opened(path, rejects)
    rows.look()
    app.prepare(settings)
    bar = progress.Bar(asyncio.run(opportunities.check(settings, rows)))
    count = asyncio.run(opportunities.keep(settings, rows, bar))
    print(f"{count:,} opportunities added or brought up to date.{_put_aside(rows.wrong, rejects)}")


def _put_aside(wrong: int, rejects: Path | None) -> str:
    if not wrong:
        return ""
    return f" {wrong:,} {'line is' if wrong == 1 else 'lines are'} wrong: mend {rejects} and import it too."


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


def _forget(options: argparse.Namespace) -> None:
    settings = read_settings()
    app.prepare(settings)
    print(asyncio.run(forget.person(settings, options.person)))
