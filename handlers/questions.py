"""Questions to people, and their answers."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.domain.ids import ChannelId, MessageTs
from bot.domain.talks import Catch, Kind
from bot.services import questions
from bot.ui import answer_form, ask_form, inputs, parts, question
from bot.ui.memory import Memory, recall
from handlers import opening
from storage.database import Database


def register(app: AsyncApp) -> None:
    app.action(ask_form.OPEN)(open_ask_form)
    app.action(ask_form.OPEN_TALK)(open_talk_form)
    app.view(ask_form.CALLBACK)(ask)
    app.action(question.ANSWER)(open_answer_form)
    app.view(answer_form.CALLBACK)(answer)
    app.event("message")(hear)


# ---- asking -------------------------------------------------------------------------------------


async def open_ask_form(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    blank = await db.read(questions.open_ask, act, inputs.request_of(action))
    memory = Memory(key=uuid4().hex, number=blank.request.number)
    await opening.show(client, body, ask_form.form(blank, memory))
    await ack()


async def open_talk_form(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    number, account = ask_form.customer_of(action.get("value") or "")
    blank = await db.read(questions.open_ask, act, inputs.request_of({"value": number}), account)
    memory = Memory(key=uuid4().hex, number=blank.request.number, account=account)
    await opening.show(client, body, ask_form.form(blank, memory))
    await ack()


async def ask(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    form, asking = recall(view), ask_form.read(view)
    asked = await db.write(
        questions.ask,
        replace(act, key=f"ask:{form.key}"),
        form.about(),
        to=asking.to,
        words=asking.words,
        kind=Kind.TALK if form.account else Kind.QUESTION,
        account=form.account,
    )
    names = await db.read(questions.names, [asked.to])
    await ack(response_action="update", view=ask_form.receipt(asked, names))


# ---- answering ----------------------------------------------------------------------------------


async def open_answer_form(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    asked = await db.read(questions.open_answer, act, question.question_of(action))
    memory = Memory(key=uuid4().hex, question=asked.question.id)
    await opening.show(client, body, answer_form.form(asked, memory))
    await ack()


async def answer(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    form, (words, permission) = recall(view), answer_form.read(view)
    act = replace(act, key=f"answer:{form.key}")
    _, asked = await db.write_then_read(
        questions.answer, questions.open_one, act, form.answers(), words, permission
    )
    await ack(response_action="update", view=answer_form.receipt(asked))


async def hear(event: dict[str, Any], client: AsyncWebClient, db: Database, act: Act) -> None:
    """What a person writes to Tandem. The answer shows in the question's own message; else it is said here."""
    if not _is_said_by_a_person(event):
        return
    channel, ts = ChannelId(event["channel"]), MessageTs(event["ts"])
    thread = MessageTs(event["thread_ts"]) if "thread_ts" in event else None
    text = event.get("text") or ""
    words = parts.unescape(text, await db.read(questions.names, parts.mentioned(text)))
    heard = await db.write(questions.hear, replace(act, key=f"dm:{channel}:{ts}"), channel, ts, thread, words)
    if heard.catch is Catch.UNCLEAR or (heard.catch is Catch.ANSWERED and not heard.is_shown):
        message = question.reply(heard)
        await client.chat_postMessage(
            channel=channel, thread_ts=thread or ts, text=message.text, blocks=message.blocks
        )


def _is_said_by_a_person(event: dict[str, Any]) -> bool:
    return event.get("channel_type") == "im" and event.get("subtype") in _SAID and not event.get("bot_id")


_SAID = (None, "file_share", "thread_broadcast")  #: what people write; edits and the like are left alone
