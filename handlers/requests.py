"""Asking for something: `/request`, the shortcuts, the form and its receipt, joining a request."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.domain.ids import ChannelId, MessageTs, RequestNumber
from bot.domain.needs import Asking
from bot.domain.policy import Company
from bot.domain.requests import Origin
from bot.domain.text import clean
from bot.services import asks, intake
from bot.ui import customers, home, inputs, join_form, request_form
from bot.ui.memory import Memory, recall
from handlers import opening
from handlers.previews import Previews
from storage.database import Database


def register(app: AsyncApp) -> None:
    app.view(request_form.CALLBACK)(file_request)  # first: Bolt tries listener after listener
    app.command("/request")(open_form)
    app.shortcut("new_request")(open_form_anywhere)
    app.shortcut("add_to_board")(open_form_for_message)
    app.action(home.NEW_REQUEST)(open_form_anywhere)
    app.action(request_form.LOOK_ALIKES)(rethink)
    app.action(request_form.PREVIEW)(rethink)
    app.options(request_form.CUSTOMERS)(suggest_customers)
    app.action(request_form.CUSTOMERS)(nothing_to_do)
    app.action(re.compile(f"^{request_form.JOIN}:"))(open_join_form)
    app.action(join_form.OPEN)(open_join_form)
    app.view(join_form.CALLBACK)(join_request)


# ---- the form -----------------------------------------------------------------------------------


async def open_form(ack: AsyncAck, command: dict[str, Any], client: AsyncWebClient, db: Database, act: Act) -> None:
    """`/request [title]`. Text too long for a title is offered as the problem as well."""
    title = clean(command.get("text", ""))
    blank = await db.read(intake.open_form, act, title)
    form = request_form.form(blank, _new_memory(), title=title, problem=request_form.problem_of(title))
    await client.views_open(trigger_id=command["trigger_id"], view=form)
    await ack()


async def open_form_anywhere(
    ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    blank = await db.read(intake.open_form, act, "")
    await client.views_open(trigger_id=body["trigger_id"], view=request_form.form(blank, _new_memory()))
    await ack()


async def open_form_for_message(
    ack: AsyncAck, shortcut: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    """A message's menu."""
    form = await form_about(db, act, ChannelId(shortcut["channel"]["id"]), shortcut["message"])
    await client.views_open(trigger_id=shortcut["trigger_id"], view=form)
    await ack()


async def form_about(db: Database, act: Act, channel: ChannelId, message: dict[str, Any]) -> dict[str, Any]:
    """The form for a Slack message: its text becomes the problem, and its permalink is kept."""
    ts, said = MessageTs(message["ts"]), message.get("text", "")
    blank, permalink, names = await db.read(
        intake.from_message, act, channel, ts, message.get("thread_ts"), request_form.mentioned(said)
    )
    memory = _new_memory(origin=Origin(channel=channel, ts=ts, permalink=permalink))
    return request_form.form(blank, memory, problem=request_form.quoted(said, names))


async def rethink(
    ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act, previews: Previews
) -> None:
    """While the form is being filled in: requests like it, and where it would stand."""
    view = body["view"]
    memory, (title, figures) = recall(view), request_form.so_far(view)

    async def form() -> dict[str, Any]:
        blank, standing = await db.read(intake.reconsider, act, title, figures)
        return request_form.form(blank, memory, preview=standing, figures=figures)

    await previews.draw(client, body, form, act.wall)
    await ack()


async def nothing_to_do(ack: AsyncAck) -> None:
    await ack()


async def suggest_customers(ack: AsyncAck, payload: dict[str, Any], db: Database, act: Act) -> None:
    typed = clean(payload.get("value", ""))
    accounts = await db.read(intake.suggest_accounts, act, typed)
    await ack(options=customers.options(accounts, typed))


# ---- filing -------------------------------------------------------------------------------------


async def file_request(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act, company: Company) -> None:
    """Commit, then answer: what is acknowledged is kept."""
    form, draft = recall(view), request_form.read(view, company.currency)
    act = replace(act, key=f"request:{form.key}")
    after = partial(asks.after_filing, act=act)
    filed, (standing, asking) = await db.write_then_read(intake.file, after, act, draft)
    memory = _asking_memory(filed.request.number, asking)
    await ack(response_action="update", view=request_form.receipt(filed, standing, asking, memory))


# ---- joining ------------------------------------------------------------------------------------


async def open_join_form(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    request = await db.read(intake.open_join, act, inputs.request_of(action))
    await opening.show(client, body, join_form.form(request, _new_memory(number=request.number)))
    await ack()


async def join_request(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act, company: Company) -> None:
    form, wish = recall(view), join_form.read(view, company.currency)
    act = replace(act, key=f"join:{form.key}")
    after = partial(asks.after_joining, act=act)
    joined, asking = await db.write_then_read(intake.join, after, act, form.about(), wish)
    memory = _asking_memory(joined.request.number, asking)
    await ack(response_action="update", view=join_form.receipt(joined, wish, asking, memory))


def _asking_memory(number: RequestNumber, asking: Sequence[Asking]) -> Memory:
    return Memory(key=uuid4().hex, number=number, needs=tuple(one.shown for one in asking))


def _new_memory(*, number: RequestNumber | None = None, origin: Origin | None = None) -> Memory:
    return Memory(key=uuid4().hex, number=number, origin=origin)
