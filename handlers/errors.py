"""Every error ends here: the person is told what they can do, the log gets the cause."""

import logging
from collections.abc import Awaitable
from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import Busy, Refused, Unavailable
from bot.ui import troubles
from bot.ui.parts import escape

log = logging.getLogger(__name__)

#: Slack's refusals that the person can mend, in their words.
_SLACK_SAYS = {
    "expired_trigger_id": "Slack gave up waiting before the form could open. Please try once more.",
    "exchanged_trigger_id": "That button was just used. Please try once more.",
    "trigger_exchanged": "That button was just used. Please try once more.",
    "push_limit_reached": "Too many forms are open on top of each other. Close one and try again.",
    "hash_conflict": "The form changed meanwhile. Please try once more.",
    "missing_scope": "Tandem lacks a Slack permission for this. Ask an admin to reinstall it from manifest.yml.",
    "ratelimited": "Slack asks us to slow down. Please try again in a minute.",
}


async def answer(
    error: Exception, body: dict[str, Any], context: AsyncBoltContext, client: AsyncWebClient
) -> BoltResponse:
    """Answer any failed knock. A form keeps everything that was typed into it."""
    trace = context["act"].trace if "act" in context else "none"
    refused = _as_refusal(error)
    _log(refused, trace, body)
    words = troubles.words(refused, trace, in_form=body.get("type") == "view_submission")
    match body.get("type"):
        case "view_submission":
            return _in_the_form(refused, words, body["view"])
        case "block_suggestion":
            return BoltResponse(status=200, body={"options": []})
        case "block_actions" | "shortcut" | "message_action":
            return await _in_a_modal(words, body, client)
        case "event_callback":
            return await _to_an_event(refused, words, body, client)
        case _:
            return _to_a_command(words, body)


def _as_refusal(error: Exception) -> Exception:
    if isinstance(error, OSError | TimeoutError):  # the HTTP client's, too
        return Refused("Slack isn't answering right now. Please try again in a minute.")
    if isinstance(error, SlackApiError) and (words := _SLACK_SAYS.get(error.response.get("error", ""))):
        return Refused(words)
    return error


def _log(error: Exception, trace: str, body: dict[str, Any]) -> None:
    """Refusals are everyday; what broke is logged with its cause. Never what people typed."""
    if isinstance(error, Refused):
        log.info("refused", extra={"trace": trace, "knock": body.get("type", "command")})
    elif isinstance(error, Busy | Unavailable):
        log.warning("database: %s", error, extra={"trace": trace})
    else:
        log.error("broke, reference %s", trace, exc_info=error)


def _in_the_form(error: Exception, words: str, view: dict[str, Any]) -> BoltResponse:
    """Errors beside their fields; what belongs to no field stands at the first."""
    inputs = [block["block_id"] for block in view.get("blocks", []) if block.get("type") == "input"]
    fields = error.fields if isinstance(error, Refused) else {}
    errors = {block_id: fields[name] for block_id in inputs if (name := block_id.partition("~")[0]) in fields}
    if not inputs:
        return BoltResponse(status=200, body={"response_action": "update", "view": troubles.page(words)})
    return BoltResponse(status=200, body={"response_action": "errors", "errors": errors or {inputs[0]: words}})


def _to_a_command(words: str, body: dict[str, Any]) -> BoltResponse:
    """Slack has emptied the line by now, so what was typed comes back with the answer."""
    typed = troubles.typed(body.get("command", ""), body.get("text") or "")
    return BoltResponse(status=200, body={"response_type": "ephemeral", "text": escape(words + typed)})


async def _in_a_modal(words: str, body: dict[str, Any], client: AsyncWebClient) -> BoltResponse:
    """A button or shortcut has no answer of its own: say it in a modal, which only this person sees."""
    show = client.views_push if (body.get("view") or {}).get("type") == "modal" else client.views_open
    try:
        await show(trigger_id=body["trigger_id"], view=troubles.page(words))
    except SlackApiError:
        await _whisper(words, body, client)
    return BoltResponse(status=200)


async def _whisper(words: str, body: dict[str, Any], client: AsyncWebClient) -> None:
    """The trigger is gone; try beside the message, then directly. Nothing is left to do when both fail."""
    user, channel, text = body["user"]["id"], (body.get("channel") or {}).get("id"), escape(words)
    beside = channel and await _was_said(client.chat_postEphemeral(channel=channel, user=user, text=text))
    if not beside:
        await _was_said(client.chat_postMessage(channel=user, text=text))


async def _was_said(call: Awaitable[object]) -> bool:
    try:
        await call
    except SlackApiError as error:
        log.warning("could not tell a person why it failed: %s", error.response.get("error"))
        return False
    return True


async def _to_an_event(error: Exception, words: str, body: dict[str, Any], client: AsyncWebClient) -> BoltResponse:
    """A Home that can't be drawn says why. Only a refusal is acknowledged: the rest Slack sends again."""
    event = body.get("event", {})
    if event.get("type") == "app_home_opened":
        await client.views_publish(user_id=event["user"], view=troubles.home(words))
    return BoltResponse(status=200 if isinstance(error, Refused) else 500)
