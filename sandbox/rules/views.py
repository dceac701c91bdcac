"""Modals and the Home tab, and how the submission of a modal may be answered."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.rules.faults import Fault, refuse, within
from sandbox.rules.shapes import Fields, Rule, anything, by_type, choice, flag, record, string, typed
from sandbox.rules.surfaces import Surface, faults_of_blocks, repeated_focus
from sandbox.rules.text import plain

VIEW_BYTES_MOST = 250_000

_EVERY_VIEW: Fields = {
    "private_metadata": string(3000),
    "callback_id": string(255),
    "external_id": string(255),
}
_MODAL: Fields = {
    **_EVERY_VIEW,
    "submit": plain(24),
    "close": plain(24),
    "clear_on_close": flag,
    "notify_on_close": flag,
}


def _blocks(surface: Surface) -> Rule:
    def rule(value: Any, at: str) -> Iterator[Fault]:
        # 1..100: a view with nothing in it is not a view.
        if isinstance(value, list | tuple) and not value:
            yield Fault("must provide at least 1 items", at)
        yield from faults_of_blocks(value, surface, at)

    return rule


def _submits_its_inputs(view: Mapping[str, Any], at: str) -> Iterator[Fault]:
    if "submit" in view:
        return
    for index, block in enumerate(view["blocks"]):
        if block["type"] == "input":
            yield Fault("must define `submit` to use an `input` block in modals", f"{at}/blocks/{index}/input")


def _focuses_once(view: Mapping[str, Any], at: str) -> Iterator[Fault]:
    yield from repeated_focus(view["blocks"], within(at, "blocks"))


_modal = typed({"title": plain(24), "blocks": _blocks(Surface.MODAL)}, _MODAL, _submits_its_inputs, _focuses_once)
_home = typed({"blocks": _blocks(Surface.HOME)}, _EVERY_VIEW, _focuses_once)
_view = by_type({"modal": _modal, "home": _home})


def check_view(view: Mapping[str, Any]) -> None:
    """The `view` of views.open, views.push, views.update and views.publish."""
    refuse("invalid_arguments", _faults_of_view(view, "/view"))


def _faults_of_view(view: Any, at: str) -> Iterator[Fault]:
    if len(json.dumps(view, ensure_ascii=False, separators=(",", ":")).encode()) > VIEW_BYTES_MOST:
        yield Fault(f"must be less than {VIEW_BYTES_MOST + 1} bytes", at, error="view_too_large")
    else:
        yield from _view(view, at)


def check_submission_reply(reply: Mapping[str, Any] | None, view: Mapping[str, Any]) -> None:
    """The ack of a view_submission of `view`. An empty one closes the modal."""
    if reply:
        refuse("invalid_arguments", _reply_to(view)(reply, ""))


def _reply_to(view: Mapping[str, Any]) -> Rule:
    action = {"response_action": choice("errors", "update", "push", "clear")}
    errors = record({**action, "errors": _errors_in(view)})
    next_view = record({**action, "view": _next_view})
    replies = {"errors": errors, "update": next_view, "push": next_view, "clear": record(action)}

    def rule(reply: Any, at: str) -> Iterator[Fault]:
        faults = list(record(action, {"errors": anything, "view": anything})(reply, at))
        yield from faults or replies[reply["response_action"]](reply, at)

    return rule


def _errors_in(view: Mapping[str, Any]) -> Rule:
    """Errors stand under inputs: Slack drops the answer if it names any other block."""
    inputs = {block.get("block_id") for block in view["blocks"] if block["type"] == "input"}
    words = string(least=1)

    def rule(errors: Any, at: str) -> Iterator[Fault]:
        if not isinstance(errors, Mapping) or not errors:
            yield Fault("must provide an object with at least one error", at)
            return
        for block_id, message in errors.items():
            if block_id not in inputs:
                yield Fault("must be the block_id of an input block of the view", within(at, block_id))
            yield from words(message, within(at, block_id))

    return rule


def _next_view(view: Any, at: str) -> Iterator[Fault]:
    if isinstance(view, Mapping) and view.get("type") == "home":
        yield Fault("must match the `type` of the root view", within(at, "type"))
    else:
        yield from _faults_of_view(view, at)
