"""`/coordination`: the weekly digest, and the way to the review, the blockers and the subscriptions."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.domain.errors import Refused
from bot.domain.ids import ChannelId
from bot.domain.subscriptions import SubscriptionId
from bot.domain.text import clean
from bot.services import coordination as service
from bot.ui import coordination, digest_preview, entries, sentence_form
from bot.ui.memory import STALE, Memory, recall
from handlers import blockers, opening, reviews, subscriptions
from storage.database import Database


def register(app: AsyncApp) -> None:
    """Put this module's listeners onto the app."""
    app.command("/coordination")(coordinate)
    app.action(entries.POST_DIGEST)(post)
    app.action(entries.SKIP_DIGEST)(skip)
    app.action(entries.SAY_IN_DIGEST)(open_sentence_form)
    app.view(sentence_form.CALLBACK)(say)


async def coordinate(
    ack: AsyncAck, command: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    """`/coordination [words]`."""
    words = clean(command.get("text", ""))
    first, _, further = words.partition(" ")
    rest = {**command, "text": further.strip()}
    match first.lower():
        case "":
            await preview(ack, command, db, act)
        case "review":
            await reviews.start_review(ack, rest, client, db, act)
        case "blockers":
            await blockers.show_blockers(ack, rest, client, db, act)
        case "blocker":
            await blockers.open_blocker(ack, rest, client, db, act)
        case "subscribe" | "subscriptions":
            await subscriptions.open_subscriptions(ack, rest, client, db, act)
        case "north-star" | "north" if words.lower() in ("north-star", "north star"):
            await subscriptions.open_north_star(ack, rest, client, db, act)
        case _:
            message = coordination.usage()
            await ack(response_type="ephemeral", text=message.text, blocks=message.blocks)


async def preview(ack: AsyncAck, command: dict[str, Any], db: Database, act: Act) -> None:
    """This week's digest as it would be said now, for the asker only."""
    message = digest_preview.asked(await db.read(service.show, act, ChannelId(command["channel_id"])))
    await ack(response_type="ephemeral", text=message.text, blocks=message.blocks)


# ---- buttons ------------------------------------------------------------------------------------


async def post(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    called = await db.write(service.post, act, *_digest_of(action.get("value")))
    await opening.show(client, body, coordination.called(called))
    await ack()


async def skip(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    called = await db.write(service.skip, act, *_digest_of(action.get("value")))
    await opening.show(client, body, coordination.called(called))
    await ack()


async def open_sentence_form(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    which = _digest_of(action.get("value"))
    kept = await db.read(service.open_sentence, act, *which)
    memory = Memory(key=uuid4().hex, digest=":".join(which))
    await opening.show(client, body, sentence_form.form(kept.sentence, kept.week, memory))
    await ack()


async def say(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    form, written = recall(view), sentence_form.read(view)
    act = replace(act, key=f"say:{form.key}")
    kept = await db.write(service.say, act, *_digest_of(form.digest), written.sentence)
    await ack(response_action="update", view=sentence_form.receipt(kept.sentence, kept.week))


def _digest_of(value: str | None) -> tuple[SubscriptionId, str]:
    """The digest a button or a form speaks of. Raises Refused when it says none."""
    subscription, _, period = (value or "").partition(":")
    if not period:
        raise Refused(STALE)
    return SubscriptionId(subscription), period
