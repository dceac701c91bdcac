"""App Home."""

import contextlib
import re
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.domain.errors import Busy, Unavailable
from bot.services import home as service
from bot.ui import home
from storage.database import Database


def register(app: AsyncApp) -> None:
    app.event("app_home_opened")(open_home)
    app.action(re.compile("^board_"))(look_elsewhere)


async def open_home(event: dict[str, Any], client: AsyncWebClient, db: Database, act: Act) -> None:
    """Published when somebody looks; Slack allows about a hundred a minute for a workspace."""
    if event.get("tab") == "home":
        with contextlib.suppress(Busy, Unavailable):  # what can't be kept now must not keep anybody from looking
            await db.write(service.look, act)
        choice = home.recall(event.get("view") or {}).model_copy(update={"page": 0})
        facts = await db.read(service.open_home, act, choice)
        await client.views_publish(user_id=event["user"], view=home.view(facts))


async def look_elsewhere(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    """Another page of the board, or another part of it."""
    view = body["view"]
    facts = await db.read(service.open_home, act, home.chosen(view, action))
    await client.views_publish(user_id=body["user"]["id"], view=home.view(facts), hash=view["hash"])
    await ack()
