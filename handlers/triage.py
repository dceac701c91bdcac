"""New requests get their first answer."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.domain.text import clean
from bot.services import triage
from bot.ui import inputs, triage_form
from bot.ui.memory import Memory, recall
from handlers import opening
from storage.database import Database


def register(app: AsyncApp) -> None:
    app.action(triage_form.OPEN)(open_form)
    app.options(triage_form.SAME_AS)(suggest_requests)
    app.view(triage_form.CALLBACK)(sort_request)


async def open_form(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    blank = await db.read(triage.open_form, act, inputs.request_of(action))
    memory = Memory(key=uuid4().hex, number=blank.request.number)
    await opening.show(client, body, triage_form.form(blank, memory))
    await ack()


async def suggest_requests(
    ack: AsyncAck, body: dict[str, Any], payload: dict[str, Any], db: Database, act: Act
) -> None:
    form, typed = recall(body["view"]), clean(payload.get("value", ""))
    rows = await db.read(triage.suggest_same, act, form.about(), typed)
    await ack(options=triage_form.options(rows))


async def sort_request(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    form, wish = recall(view), triage_form.read(view)
    done = await db.write(triage.sort, replace(act, key=f"triage:{form.key}"), form.about(), wish)
    await ack(response_action="update", view=triage_form.receipt(done))
