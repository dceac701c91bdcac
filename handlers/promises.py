"""What customers may hear, and who was told."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.services import promises
from bot.ui import inputs, promise_form, ready
from bot.ui.memory import Memory, recall
from handlers import opening
from storage.database import Database


def register(app: AsyncApp) -> None:
    """Put this module's listeners onto the app."""
    app.action(promise_form.OPEN)(what_may_i_tell)
    app.view(promise_form.CALLBACK)(save_promise)
    app.action(ready.TOLD)(note_that_a_customer_was_told)


async def what_may_i_tell(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    promise = await db.read(promises.what_may_i_tell, act, inputs.request_of(action))
    shown = promise.sentence.version if promise.sentence else 0
    memory = Memory(key=uuid4().hex, number=promise.request.number, version=shown)
    await opening.show(client, body, promise_form.form(promise, memory))
    await ack()


async def save_promise(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    form, telling = recall(view), promise_form.read(view)
    act = replace(act, key=f"promise:{form.key}")
    saved = await db.write(promises.save, act, form.about(), telling, form.version)
    await ack(response_action="update", view=promise_form.receipt(saved))


async def note_that_a_customer_was_told(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    """The message says so itself; where it can't, as one of an earlier release, a page does."""
    number, account, shown = ready.read(action)
    name, is_redrawn = await db.write(promises.tell_of_release, act, number, account, shown, ready.words())
    if not is_redrawn:
        await opening.show(client, body, promise_form.told(name))
    await ack()
