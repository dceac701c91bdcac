"""Messages: the arguments of chat.postMessage, chat.postEphemeral, chat.update and chat.unfurl, and what a
command or a response_url is answered with."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.rules.faults import Fault, Refusal, refuse, within
from sandbox.rules.shapes import Fields, anything, choice, flag, items, matching, number, record, string
from sandbox.rules.surfaces import Placed, Surface, every_block, faults_of_blocks, faults_of_message

# chat.postMessage does not refuse more: it keeps this much and drops the rest.
TEXT_KEPT = 40_000
UPDATED_TEXT_MOST = 4000
MARKDOWN_TEXT_MOST = 12_000
ATTACHMENTS_MOST = 100
# The true number is not published. We keep ids only, and those in less than 1 KB.
METADATA_BYTES_BELOW = 1024

_thread = matching(r"\d+\.\d+", "a message timestamp")
_some = string(least=1)

_ARGUMENTS: Fields = {
    "channel": _some,
    "user": _some,
    "ts": _thread,
    "thread_ts": _thread,
    "reply_broadcast": flag,
    "text": string(),
    "markdown_text": string(),
    "mrkdwn": flag,
    "unfurl_links": flag,
    "unfurl_media": flag,
    "link_names": flag,
    "parse": string(),
    "username": string(),
    "icon_emoji": string(),
    "icon_url": string(),
    "response_type": choice("ephemeral", "in_channel"),
    "replace_original": flag,
    "delete_original": flag,
}


def check_message(message: Mapping[str, Any], *, update: bool = False) -> None:
    """The arguments of chat.postMessage and chat.postEphemeral, or with `update` of chat.update."""
    required = ("channel", "ts") if update else ("channel",)
    refuse("invalid_arguments", _faults_of_arguments(message, required))
    _check_words(message)
    _check_text_length(message, update=update)
    _check_content(message)
    _check_metadata(message.get("metadata"))


def check_command_reply(reply: Mapping[str, Any] | str | None) -> None:
    """What a bot acks a command with, or posts to a response_url. Nothing at all is a good answer."""
    if not reply or isinstance(reply, str):
        return
    refuse("invalid_arguments", _faults_of_arguments(reply, ()))
    if _holds_anything(reply):
        _check_words(reply)
    _check_content(reply)
    _check_metadata(reply.get("metadata"))


def check_unfurl(arguments: Mapping[str, Any]) -> None:
    """The arguments of chat.unfurl: previews by URL, for a message named one of two ways."""
    if not ({"channel", "ts"} <= arguments.keys() or {"unfurl_id", "source"} <= arguments.keys()):
        raise Refusal("cannot_find_message", [str(Fault("must provide channel and ts, or unfurl_id and source"))])
    unfurls = _unpacked(arguments.get("unfurls"), "invalid_unfurls_format")
    if not unfurls:
        raise Refusal("missing_unfurls")
    if not isinstance(unfurls, Mapping):
        raise Refusal("invalid_unfurls_format", [str(Fault("must provide an object", "/unfurls"))])
    for url, preview in unfurls.items():
        refuse("cannot_parse_attachment", _attachment(preview, within("/unfurls", url)))


def _faults_of_arguments(message: Mapping[str, Any], required: tuple[str, ...]) -> Iterator[Fault]:
    """Slack passes over arguments it does not know, and over those that are null."""
    for name in required:
        if message.get(name) is None:
            yield Fault(f"missing required field: {name}")
    for name, rule in _ARGUMENTS.items():
        if message.get(name) is not None:
            yield from rule(message[name], within("", name))


def _check_words(message: Mapping[str, Any]) -> None:
    markdown = message.get("markdown_text")
    if markdown is None:
        # Slack itself takes blocks without text; a notification and a screen reader then have nothing to say.
        if not (message.get("text") or "").strip():
            raise Refusal(
                "no_text", [str(Fault("must provide text, for notifications and screen readers", "/text"))]
            )
    elif message.get("text") or message.get("blocks"):
        raise Refusal("markdown_text_conflict", [str(Fault("excludes text and blocks", "/markdown_text"))])


def _check_text_length(message: Mapping[str, Any], *, update: bool) -> None:
    limits = {"markdown_text": MARKDOWN_TEXT_MOST} | ({"text": UPDATED_TEXT_MOST} if update else {})
    for name, most in limits.items():
        refuse("msg_too_long", string(most)(message.get(name) or "", within("", name)))


def _holds_anything(reply: Mapping[str, Any]) -> bool:
    return any(reply.get(name) for name in ("text", "blocks", "attachments", "markdown_text"))


def _check_content(message: Mapping[str, Any]) -> None:
    blocks = _unpacked(message.get("blocks"), "invalid_blocks_format") or []
    if not isinstance(blocks, list | tuple):
        raise Refusal("invalid_blocks_format", [str(Fault("must provide an array", "/blocks"))])
    refuse("invalid_blocks", faults_of_blocks(blocks, Surface.MESSAGE, "/blocks"))
    placed = [*every_block(blocks, "/blocks"), *_blocks_of_attachments(message)]
    refuse("invalid_blocks", faults_of_message(placed))


# Attachments

_attachment_text = (
    "fallback",
    "color",
    "pretext",
    "author_name",
    "author_link",
    "author_icon",
    "author_subname",
    "title",
    "title_link",
    "text",
    "image_url",
    "thumb_url",
    "footer",
    "footer_icon",
    "callback_id",
    "app_unfurl_url",
)


def _timestamp(value: Any, at: str) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield from number(value, at)


def _attached_blocks(value: Any, at: str) -> Iterator[Fault]:
    return faults_of_blocks(value, Surface.MESSAGE, at)


_attachment = record(
    {},
    {
        **dict.fromkeys(_attachment_text, string()),
        "blocks": _attached_blocks,
        "fields": items(record({}, {"title": string(), "value": string(), "short": flag})),
        "mrkdwn_in": items(choice("pretext", "text", "fields")),
        "ts": _timestamp,
        "actions": items(anything),
        "preview": anything,
        "is_app_unfurl": flag,
    },
)


def _blocks_of_attachments(message: Mapping[str, Any]) -> Iterator[Placed]:
    attachments = _unpacked(message.get("attachments"), "invalid_attachments") or []
    if isinstance(attachments, list | tuple) and len(attachments) > ATTACHMENTS_MOST:
        most = Fault(f"no more than {ATTACHMENTS_MOST} items allowed", "/attachments")
        raise Refusal("too_many_attachments", [str(most)])
    refuse("invalid_attachments", items(_attachment)(attachments, "/attachments"))
    for index, attachment in enumerate(attachments):
        yield from every_block(attachment.get("blocks", ()), f"/attachments/{index}/blocks")


# Metadata


def _any_object(value: Any, at: str) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        yield Fault("must provide an object", at)


_metadata = record({"event_type": _some, "event_payload": _any_object}, {"entities": items(anything)})


def _check_metadata(value: Any) -> None:
    metadata = _unpacked(value, "invalid_metadata_format")
    if metadata is None:
        return
    refuse("invalid_metadata_format", _metadata(metadata, "/metadata"))
    if len(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode()) >= METADATA_BYTES_BELOW:
        most = Fault(f"must be less than {METADATA_BYTES_BELOW} bytes", "/metadata")
        raise Refusal("metadata_too_large", [str(most)])


def _unpacked(value: Any, error: str) -> Any:
    """Lists and objects may come as JSON text: that is how a form carries them."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise Refusal(error, [str(Fault("must provide valid JSON"))]) from None
