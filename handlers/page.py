"""A request opened up."""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.domain.policy import Company
from bot.services import page as service
from bot.ui import entries, inputs, page
from handlers import opening
from storage.database import Database


def register(app: AsyncApp) -> None:
    app.action(entries.PAGE)(open_page)


async def open_page(
    ack: AsyncAck,
    action: dict[str, Any],
    body: dict[str, Any],
    client: AsyncWebClient,
    db: Database,
    act: Act,
    company: Company,
) -> None:
    seen = await db.read(service.open_page, act, inputs.request_of(action))
    await opening.show(client, body, page.view(seen, company.zone))
    await ack()
