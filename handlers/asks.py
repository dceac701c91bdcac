"""How much the customers behind a request need it."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.domain.policy import Company
from bot.services import asks
from bot.ui import ask_form, details_form, inputs, needs_form
from bot.ui.memory import Memory, recall
from handlers import opening
from storage.database import Database


def register(app: AsyncApp) -> None:
    """Put this module's listeners onto the app."""
    app.view(needs_form.CALLBACK)(keep_needs)
    app.action(details_form.OPEN)(open_details)
    app.view(details_form.CALLBACK)(keep_details)


async def keep_needs(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act, company: Company) -> None:
    form = recall(view)
    written = needs_form.read(view, company.currency, form.needs)
    act = replace(act, key=f"needs:{form.key}")
    kept = await db.write(asks.keep, act, form.about(), form.needs, written)
    await ack(response_action="update", view=needs_form.receipt(kept))


async def open_details(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    number, account = ask_form.customer_of(action.get("value") or "")
    blank = await db.read(asks.open_form, act, inputs.request_of({"value": number}), account)
    memory = Memory(key=uuid4().hex, number=blank.request.number, needs=(blank.asking.shown,))
    await opening.show(client, body, details_form.form(blank, memory))
    await ack()


async def keep_details(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act, company: Company) -> None:
    form = recall(view)
    shown = details_form.shown(form)
    written = details_form.read(view, company.currency, shown)
    act = replace(act, key=f"details:{form.key}")
    kept = await db.write(asks.keep_details, act, form.about(), shown, written)
    await ack(response_action="update", view=needs_form.receipt(kept))
