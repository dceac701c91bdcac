"""The weekly review."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.services import reviews
from bot.ui import decision_form, entries, inputs, review
from bot.ui.memory import Memory, recall
from handlers import opening
from storage.database import Database


def register(app: AsyncApp) -> None:
    """Put this module's listeners onto the app."""
    app.action(entries.REVIEW)(press_start)
    app.action(review.NEXT)(go_on)
    app.action(review.END)(end)
    app.action(decision_form.OPEN)(open_decision)
    app.view(decision_form.CALLBACK)(record_decision)


# ---- the walk -----------------------------------------------------------------------------------


async def start_review(
    ack: AsyncAck,
    command: dict[str, Any],
    client: AsyncWebClient,  # noqa: ARG001 - as of all that `/coordination` leads to
    db: Database,
    act: Act,
) -> None:
    """`/coordination review`."""
    done = await db.write(reviews.start, act)
    message = review.begun(done)
    if done.begins_in(command.get("channel_id")):
        await ack()
    else:
        await ack(response_type="ephemeral", text=message.text, blocks=message.blocks)


async def press_start(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act) -> None:
    """Nothing is said besides when it begins right where the button stands."""
    done = await db.write(reviews.start, act)
    if not done.begins_in((body.get("channel") or {}).get("id")):
        await opening.show(client, body, review.begun_page(done))
    await ack()


async def go_on(ack: AsyncAck, action: dict[str, Any], db: Database, act: Act) -> None:
    key, position = review.step_of(action)
    await db.write(reviews.go_on, act, key, position)
    await ack()


async def end(ack: AsyncAck, action: dict[str, Any], db: Database, act: Act) -> None:
    key, _ = review.step_of(action)
    await db.write(reviews.end, act, key)
    await ack()


# ---- decisions ----------------------------------------------------------------------------------


async def open_decision(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    request = await db.read(reviews.open_decision, act, inputs.request_of(action))
    memory = Memory(key=uuid4().hex, number=request.number)
    await opening.show(client, body, decision_form.form(request, memory))
    await ack()


async def record_decision(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    """The form just closes where the review shows what was recorded."""
    form, decision = recall(view), decision_form.read(view)
    recorded = await db.write(reviews.decide, replace(act, key=f"decision:{form.key}"), form.about(), decision)
    page = decision_form.receipt(recorded)
    await (ack(response_action="update", view=page) if page else ack())
