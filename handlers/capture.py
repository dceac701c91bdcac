"""Messages become requests: by an emoji, by a mention."""

import logging
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.domain.errors import Refused
from bot.domain.ids import ChannelId, MessageTs
from bot.services import capture, questions
from bot.ui import offer, parts
from bot.ui.parts import Message
from handlers import opening, requests
from storage.database import Database

log = logging.getLogger(__name__)

#: Slack's refusals to show us a message, in words.
_UNREADABLE = {
    "not_in_channel": "I'm not in this channel any more. Invite me with /invite @Tandem, then press again.",
    "channel_not_found": "I'm not in this channel any more. Invite me with /invite @Tandem, then press again.",
    "thread_not_found": "That message is gone. Ask for it with /request.",
    "message_not_found": "That message is gone. Ask for it with /request.",
}


def register(app: AsyncApp) -> None:
    app.event("reaction_added")(offer_for_reaction)
    app.event("app_mention")(offer_for_mention)
    app.action(offer.TAKE_UP)(take_up)


async def offer_for_reaction(
    event: dict[str, Any], client: AsyncWebClient, db: Database, act: Act, context: AsyncBoltContext
) -> None:
    """The agreed emoji on a message. Any other costs one look into the memory."""
    item = event["item"]
    if item.get("type") != "message" or not await db.read(capture.is_called_by, event["reaction"]):
        return
    channel, ts = ChannelId(item["channel"]), MessageTs(item["ts"])
    offered = await db.write(capture.offer, act, channel, ts, MessageTs(event["event_ts"]))
    message = await _seen(client, channel, ts) if offered else None
    if offered and offered.known:
        await _whisper(client, event["user"], channel, _thread(message), offer.known(offered.known))
    elif message and not _is_ours(message, context):
        await _offer(client, db, event["user"], channel, _called(message, context))


async def offer_for_mention(
    event: dict[str, Any], client: AsyncWebClient, db: Database, act: Act, context: AsyncBoltContext
) -> None:
    """Words to us, in a channel. Without words we say what we can do."""
    channel, message = ChannelId(event["channel"]), _called(event, context)
    offered = await db.write(capture.offer, act, channel, MessageTs(event["ts"]), MessageTs(event["ts"]))
    if offered and offered.known:
        await _whisper(client, event["user"], channel, _thread(event), offer.known(offered.known))
    elif offered and not message["text"]:
        await _whisper(client, event["user"], channel, _thread(event), offer.how())
    elif offered:
        await _offer(client, db, event["user"], channel, message)


async def take_up(
    ack: AsyncAck,
    action: dict[str, Any],
    body: dict[str, Any],
    client: AsyncWebClient,
    db: Database,
    act: Act,
    context: AsyncBoltContext,
) -> None:
    """The request form, unless somebody was faster."""
    channel, ts = offer.taken_up(action, (body.get("channel") or {}).get("id"))
    if known := await db.read(capture.look_up, act, channel, ts):
        view = offer.late(known)
    else:
        view = await requests.form_about(db, act, channel, _called(await _read(client, channel, ts), context))
    await opening.show(client, body, view)
    await ack()


# ---- how it is done -----------------------------------------------------------------------------


async def _offer(
    client: AsyncWebClient, db: Database, user: str, channel: ChannelId, message: dict[str, Any]
) -> None:
    text, thread = message["text"], _thread(message)
    names = await db.read(questions.names, parts.mentioned(text))
    await _whisper(client, user, channel, thread, offer.message(channel, MessageTs(message["ts"]), text, names))


async def _whisper(
    client: AsyncWebClient, user: str, channel: ChannelId, thread: MessageTs | None, message: Message
) -> None:
    """Only this person sees it, and nothing tells whether they did: it is tried once."""
    try:
        await client.chat_postEphemeral(
            channel=channel, user=user, text=message.text, blocks=message.blocks, thread_ts=thread
        )
    except SlackApiError as error:
        log.warning("no offer: %s", error.response.get("error"))


async def _seen(client: AsyncWebClient, channel: ChannelId, ts: MessageTs) -> dict[str, Any] | None:
    """The message as it stands; None when Slack won't show it."""
    try:
        return await _read(client, channel, ts)
    except (Refused, SlackApiError) as error:
        log.warning("no offer: %s", error)
        return None


async def _read(client: AsyncWebClient, channel: ChannelId, ts: MessageTs) -> dict[str, Any]:
    """The message as it stands, in a thread or not. Raises Refused when it can't be read."""
    try:
        found = await client.conversations_replies(channel=channel, ts=ts, oldest=ts, latest=ts, inclusive=True)
    except SlackApiError as error:
        if words := _UNREADABLE.get(error.response.get("error", "")):
            raise Refused(words) from error
        raise
    message = next((m for m in found["messages"] if m["ts"] == ts), None)
    if message is None:
        raise Refused(_UNREADABLE["message_not_found"])
    return dict(message)


def _thread(message: dict[str, Any] | None) -> MessageTs | None:
    """The thread a message stands in; what begins one stands in the channel."""
    thread = (message or {}).get("thread_ts")
    return MessageTs(thread) if message and thread and thread != message["ts"] else None


def _is_ours(message: dict[str, Any], context: AsyncBoltContext) -> bool:
    return bool(message.get("bot_id")) and message["bot_id"] == context.bot_id


def _called(message: dict[str, Any], context: AsyncBoltContext) -> dict[str, Any]:
    """The message without the mention that called us."""
    return {**message, "text": offer.without_us(message.get("text") or "", context.bot_user_id)}
