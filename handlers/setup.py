"""`/tandem setup`: channels, roles, and who may do what."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.domain.text import clean
from bot.services import setup as service
from bot.ui import setup
from bot.ui.memory import Memory, recall
from handlers import opening
from handlers.directory import Directory
from storage.database import Database


def register(app: AsyncApp) -> None:
    app.view(setup.CALLBACK)(save_setup)
    app.options(setup.HOLDERS)(suggest_holders)
    app.action(setup.RIGHTS)(open_rights)
    app.view(setup.RIGHTS_CALLBACK)(save_rights)


async def open_setup(
    ack: AsyncAck, command: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    """`/tandem setup`."""
    now = await db.read(service.open_form, act)
    await client.views_open(trigger_id=command["trigger_id"], view=setup.form(now, _new_memory()))
    await ack()


async def suggest_holders(ack: AsyncAck, payload: dict[str, Any], db: Database, act: Act) -> None:
    words = setup.searched_for(clean(payload.get("value", "")))
    await ack(options=setup.options(await db.read(service.suggest_holders, act, words)))


async def save_setup(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act, directory: Directory) -> None:
    act = replace(act, key=f"setup:{recall(view).key}")
    saved = await db.write(service.save, act, setup.read(view))
    await asyncio.gather(*(directory.look_at(channel) for channel in saved.policy.channels.chosen))
    await ack(response_action="update", view=setup.receipt(saved))


async def open_rights(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act) -> None:
    now = await db.read(service.open_form, act)
    await opening.show(client, body, setup.rights_form(now, _new_memory()))
    await ack()


async def save_rights(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    act = replace(act, key=f"rights:{recall(view).key}")
    permitted = await db.write(service.permit, act, setup.read_rights(view))
    await ack(response_action="update", view=setup.rights_receipt(permitted))


def _new_memory() -> Memory:
    return Memory(key=uuid4().hex)
