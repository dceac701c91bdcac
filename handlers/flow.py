"""Requests move, and people follow them."""

import re
from dataclasses import replace
from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.services import flow, moves
from bot.ui import entries, inputs, move_form
from bot.ui.memory import recall
from handlers import opening
from handlers.previews import Previews
from storage.database import Database


def register(app: AsyncApp) -> None:
    app.action(re.compile(f"^{move_form.OPEN}(:.*)?$"))(open_move)
    app.action(re.compile(f"^{move_form.REDRAFT}:"))(redraft)
    app.view(move_form.CALLBACK)(move_request)
    app.action(entries.WATCH)(watch)
    app.action(entries.UNWATCH)(unwatch)


# ---- moving -------------------------------------------------------------------------------------


async def open_move(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    blank = await db.read(moves.open_move, act, inputs.request_of(action))
    memory = move_form.memory_of(blank, uuid4().hex)
    await opening.show(client, body, move_form.form(blank, memory, status=move_form.start(action)))
    await ack()


async def redraft(
    ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act, previews: Previews
) -> None:
    """Another status or date was chosen: other words for customers are suggested."""
    view = body["view"]
    memory = recall(view)

    async def form() -> dict[str, Any]:
        blank = await db.read(moves.open_move, act, memory.about())
        return move_form.redrawn(blank, memory, view)

    await previews.draw(client, body, form, act.wall)
    await ack()


async def move_request(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    form, wish = recall(view), move_form.read(view)
    act = replace(act, key=f"move:{form.key}")
    done = await db.write(moves.move, act, form.about(), wish, move_form.shown(form))
    await ack(response_action="update", view=move_form.receipt(done))


# ---- watching -----------------------------------------------------------------------------------


async def watch(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    now = await db.write(flow.watch, act, inputs.request_of(action), True)
    await opening.show(client, body, move_form.watching(now))
    await ack()


async def unwatch(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    now = await db.write(flow.watch, act, inputs.request_of(action), False)
    await opening.show(client, body, move_form.watching(now))
    await ack()
