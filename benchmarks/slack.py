"""The Slack of the benchmarks: the sandbox with its sample company, in a process of its own.

It plays `/request` once with a person who fills in every field, and keeps the signed request that the sandbox
would deliver: that body, with marks for key, title and customer, is what is sent again and again. Tandem posts at
its own pace of one card a second and channel, so this process is never what is waited for.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.facts import BlankForm
from bot.domain.requests import Source
from bot.ui import customers, request_form
from bot.ui.memory import Memory
from handlers.http import server
from sandbox import company
from sandbox.people import Modal
from sandbox.server import Sandbox

MANIFEST = Path(__file__).parents[1] / "manifest.yml"
KEY = "feedfacefeedfacefeedfacefeedface"  #: a mark in the shape of a UUID in hex
TITLE = "TITLETITLETITLETITLE"
CUSTOMER = "CUSTOMERCUSTOMER"

_FIELDS = {
    "Title": TITLE,
    "Business problem": (
        "They run four hundred clusters and can't see what each team costs. Finance has stopped the rollout until "
        "somebody can show it, so they export usage by hand every month and argue about the numbers."
    ),
    "Customers": CUSTOMER,
    "Deal size": "120k",
    "Close date": date(2027, 3, 31),
    "User/Business value": 8,
    "Time criticality": 2,
    "Risk reduction": 3,
    "Job size": 13,
}


@dataclass(frozen=True, kw_only=True)
class Slack:
    """What other processes need to know."""

    environment: dict[str, str]  #: for Tandem
    secret: str  #: knocks are signed with it
    body: str  #: of a submission


@asynccontextmanager
async def opened() -> AsyncIterator[Slack]:
    async with Sandbox.open(MANIFEST, company.workspace()) as sandbox:
        body = await _recorded(sandbox)
        yield Slack(environment=_environment(sandbox), secret=sandbox.signing_secret, body=body)


def _environment(sandbox: Sandbox) -> dict[str, str]:
    roles = {f"TANDEM_{role.upper()}": sandbox.group_id(role) for role in company.GROUPS}
    over_http = {name: value for name, value in sandbox.environment().items() if name != "SLACK_APP_TOKEN"}
    return {**over_http, "TANDEM_BOARD_CHANNEL": sandbox.channel_id("#board"), **roles}


async def _recorded(sandbox: Sandbox) -> str:
    """The body of the request that Slack sends when the form is submitted."""
    recorder = _Recorder(sandbox)
    async with server.serve("127.0.0.1", 0, [web.post("/slack/events", recorder.answer)]) as site:
        sandbox.deliver_over_http(f"{site.url}/slack/events")
        modal = await sandbox.person("Alice").slash("/request")
        assert isinstance(modal, Modal), modal
        await modal.fill(_FIELDS)
        await modal.submit()
    assert recorder.submitted.count(KEY) == 1, recorder.submitted
    assert TITLE in recorder.submitted
    assert CUSTOMER in recorder.submitted
    return recorder.submitted


class _Recorder:
    """As much of Tandem as it takes to have a form filled in."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._client = AsyncWebClient(sandbox.bot_token, sandbox.api_url)
        self.submitted = ""

    async def answer(self, request: web.Request) -> web.Response:
        text = await request.text()
        fields = {name: values[0] for name, values in parse_qs(text).items()}
        if "command" in fields:
            form = request_form.form(BlankForm(source=Source.SALES_CUSTOMER), Memory(key=KEY))
            await self._client.views_open(trigger_id=fields["trigger_id"], view=form)
            return web.Response()
        payload: dict[str, Any] = json.loads(fields["payload"])
        match payload["type"]:
            case "block_suggestion":
                return web.json_response({"options": customers.options([], payload["value"])})
            case "view_submission":
                self.submitted = text
        return web.Response()


async def main() -> None:
    async with opened() as slack:
        print(json.dumps(asdict(slack)), flush=True)
        await asyncio.to_thread(sys.stdin.read)  # until whoever started us lets go


if __name__ == "__main__":
    asyncio.run(main())
