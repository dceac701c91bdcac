"""What is in the way of requests."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.domain.blockers import Blocked
from bot.domain.errors import Refused
from bot.domain.ids import read_key
from bot.domain.text import clean
from bot.services import blockers as service
from bot.ui import (
    blocked,
    blocker_form,
    blockers,
    entries,
    hand_over_form,
    inputs,
    resolve_form,
    still_form,
)
from bot.ui.memory import Memory, recall
from handlers import opening
from storage.database import Database


def register(app: AsyncApp) -> None:
    """Put this module's listeners onto the app."""
    app.action(entries.BLOCK)(open_blocker_form)
    app.view(blocker_form.CALLBACK)(report)
    app.action(entries.BLOCKERS)(open_list)
    app.action(resolve_form.OPEN)(open_resolve_form)
    app.view(resolve_form.CALLBACK)(resolve)
    app.action(still_form.OPEN)(open_still_form)
    app.view(still_form.CALLBACK)(answer)
    app.action(hand_over_form.OPEN)(open_hand_over_form)
    app.view(hand_over_form.CALLBACK)(hand_over)


# ---- something is in the way --------------------------------------------------------------------


async def open_blocker(
    ack: AsyncAck, command: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    """`/coordination blocker KEY words`."""
    key, words = [*clean(command.get("text", "")).split(maxsplit=1), "", ""][:2]
    if not key:
        raise Refused("Which request? Write: /coordination blocker k8s-connector waits for the legal text")
    blank = await db.read(service.open_form, act, read_key(key), words)
    memory = Memory(key=uuid4().hex, number=blank.request.number)
    await client.views_open(trigger_id=command["trigger_id"], view=blocker_form.form(blank, memory))
    await ack()


async def open_blocker_form(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    blank = await db.read(service.open_form, act, inputs.request_of(action))
    memory = Memory(key=uuid4().hex, number=blank.request.number)
    await opening.show(client, body, blocker_form.form(blank, memory))
    await ack()


async def report(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    form, wish = recall(view), blocker_form.read(view)
    raised = await db.write(service.report, replace(act, key=f"block:{form.key}"), form.about(), wish)
    await ack(response_action="update", view=blocker_form.receipt(raised))


async def open_hand_over_form(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    one = await db.read(service.open_one, act, blocked.blocker_of(action))
    await opening.show(client, body, hand_over_form.form(one, _memory_of(one)))
    await ack()


async def hand_over(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    form, chosen = recall(view), hand_over_form.read(view)
    act = replace(act, key=f"hand_over:{form.key}")
    raised = await db.write(service.hand_over, act, form.unblocks(), chosen.owner)
    await ack(response_action="update", view=hand_over_form.receipt(raised))


# ---- what is in the way -------------------------------------------------------------------------


async def show_blockers(
    ack: AsyncAck,
    command: dict[str, Any],  # noqa: ARG001 - as of all that `/coordination` leads to
    client: AsyncWebClient,  # noqa: ARG001
    db: Database,
    act: Act,
) -> None:
    """`/coordination blockers`, for the asker's eyes only."""
    message = blockers.message(await db.read(service.in_the_way, act))
    await ack(response_type="ephemeral", text=message.text, blocks=message.blocks)


async def open_list(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act) -> None:
    await opening.show(client, body, blockers.view(await db.read(service.in_the_way, act)))
    await ack()


# ---- and out of it ------------------------------------------------------------------------------


async def open_resolve_form(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    one = await db.read(service.open_one, act, blocked.blocker_of(action))
    await opening.show(client, body, resolve_form.form(one, _memory_of(one)))
    await ack()


async def resolve(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    form, how = recall(view), resolve_form.read(view)
    act = replace(act, key=f"resolve:{form.key}")
    done = await db.write(service.resolve, act, form.unblocks(), how.note)
    await ack(response_action="update", view=resolve_form.receipt(done))


async def open_still_form(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    one = await db.read(service.open_answer, act, blocked.blocker_of(action))
    await opening.show(client, body, still_form.form(one, _memory_of(one)))
    await ack()


async def answer(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    form, said = recall(view), still_form.read(view)
    act = replace(act, key=f"still:{form.key}")
    one = await db.write(service.answer, act, form.unblocks(), said.words)
    await ack(response_action="update", view=still_form.receipt(one))


def _memory_of(one: Blocked) -> Memory:
    return Memory(key=uuid4().hex, blocker=one.blocker.id)
