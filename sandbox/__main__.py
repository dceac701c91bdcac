"""`python -m sandbox --manifest manifest.yml --port 8065`: the sandbox by itself, for an app in another process."""

import argparse
import asyncio
from contextlib import suppress
from pathlib import Path

from sandbox.server import Sandbox


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A Slack workspace on this machine.")
    parser.add_argument("--manifest", type=Path, default=Path("manifest.yml"), help="the manifest of the app")
    parser.add_argument("--port", type=int, default=8065, help="0 takes a free one")
    parser.add_argument("--deliver-to", metavar="URL", help="deliver over HTTP to this address, not over sockets")
    return parser.parse_args()


async def serve(given: argparse.Namespace) -> None:
    async with Sandbox.open(manifest=given.manifest, port=given.port) as slack:
        if given.deliver_to:
            slack.deliver_over_http(given.deliver_to)
        for name, value in slack.environment().items():
            print(f"{name}={value}", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(arguments()))


if __name__ == "__main__":
    main()
