"""Whether what was released is used."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.services import outcomes
from bot.ui import aim_form, inputs
from bot.ui.memory import Memory, recall
from handlers import opening
from storage.database import Database


def register(app: AsyncApp) -> None:
    """Put this module's listeners onto the app."""
    app.action(aim_form.OPEN)(open_aim_form)
    app.view(aim_form.CALLBACK)(keep_aim)


async def open_aim_form(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    blank = await db.read(outcomes.open_form, act, inputs.request_of(action))
    memory = Memory(key=uuid4().hex, number=blank.request.number)
    await opening.show(client, body, aim_form.form(blank, memory))
    await ack()


async def keep_aim(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    form, written = recall(view), aim_form.read(view)
    aimed = await db.write(outcomes.keep, replace(act, key=f"aim:{form.key}"), form.about(), written)
    await ack(response_action="update", view=aim_form.receipt(aimed))
