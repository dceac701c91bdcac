"""The daily message, and what people prefer to hear of."""

import re
from dataclasses import replace
from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.domain.ids import ChannelId, MessageTs
from bot.services import preferences as wishes
from bot.services import questions, rounds
from bot.ui import inputs, need_form, preferences, quick
from bot.ui.memory import Memory, recall
from handlers import opening
from storage.database import Database


def register(app: AsyncApp) -> None:
    app.action(re.compile(f"^{quick.CHOOSE}:"))(estimate_in_place)
    app.action(need_form.OPEN)(open_need)
    app.view(need_form.CALLBACK)(ask_what_is_needed)
    app.action(preferences.OPEN)(open_preferences)
    app.view(preferences.CALLBACK)(save_preferences)


# ---- in the message -----------------------------------------------------------------------------


async def estimate_in_place(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], db: Database, act: Act
) -> None:
    """A figure chosen in a message, which is drawn anew."""
    number, sizing = quick.read(action)
    await db.write(rounds.estimate_in_place, act, number, sizing, _where(body))
    await ack()


def _where(body: dict[str, Any]) -> tuple[ChannelId, MessageTs] | None:
    """The message something was pressed in."""
    place = body.get("container") or {}
    channel, ts = place.get("channel_id"), place.get("message_ts")
    return (ChannelId(channel), MessageTs(ts)) if channel and ts else None


async def open_need(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    """`Can't size yet`."""
    number = inputs.request_of(action)
    blank = await db.read(rounds.open_need, act, number)
    await opening.show(client, body, need_form.form(blank, Memory(key=uuid4().hex, number=number)))
    await ack()


async def ask_what_is_needed(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    form, asking = recall(view), need_form.read(view)
    act = replace(act, key=f"need:{form.key}")
    question = await db.write(rounds.ask_what_is_needed, act, form.about(), asking.to, asking.words)
    names = await db.read(questions.names, [question.to])
    await ack(response_action="update", view=need_form.receipt(question, names))


# ---- preferences --------------------------------------------------------------------------------


async def open_preferences(
    ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    now = await db.read(wishes.open_preferences, act)
    await opening.show(client, body, preferences.form(now, Memory(key=uuid4().hex)))
    await ack()


async def save_preferences(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    recall(view)
    changed = await db.write(wishes.save, act, preferences.read(view))
    await ack(response_action="update", view=preferences.receipt(changed))
