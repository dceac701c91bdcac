"""Why a request stands where it does."""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.domain.policy import Company
from bot.services import reasons as service
from bot.ui import entries, inputs, reasons
from handlers import opening
from storage.database import Database


def register(app: AsyncApp) -> None:
    app.action(entries.WHY)(say_why)


async def say_why(
    ack: AsyncAck,
    action: dict[str, Any],
    body: dict[str, Any],
    client: AsyncWebClient,
    db: Database,
    act: Act,
    company: Company,
) -> None:
    why = await db.read(service.why, act, inputs.request_of(action))
    await opening.show(client, body, reasons.view(why, company.zone))
    await ack()
