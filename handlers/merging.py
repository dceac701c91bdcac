"""Requests that were made one, parted again."""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.services import merging
from bot.ui import entries, inputs, joined
from handlers import opening
from storage.database import Database


def register(app: AsyncApp) -> None:
    app.action(entries.UNLINK)(unlink)


async def unlink(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    parted = await db.write(merging.unlink, act, inputs.request_of(action))
    await opening.instead(client, body, joined.parted(parted))
    await ack()
