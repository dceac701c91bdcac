"""Composition objects: text, options, confirmation dialogs, filters."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox.rules.faults import Fault, within
from sandbox.rules.shapes import (
    NONE,
    Rule,
    at_least_one_of,
    by_type,
    choice,
    flag,
    items,
    record,
    string,
    typed,
)

TEXT_MOST = 3000
OPTIONS_MOST = 100

# The SDK and slackblocks say 150, @slack/types still says 75: only what both refuse is refused.
OPTION_VALUE_MOST = 150


def plain(most: int = TEXT_MOST) -> Rule:
    return by_type({"plain_text": _plain(most)})


def mrkdwn(most: int = TEXT_MOST) -> Rule:
    return by_type({"mrkdwn": _mrkdwn(most)})


def text(most: int = TEXT_MOST) -> Rule:
    return by_type({"plain_text": _plain(most), "mrkdwn": _mrkdwn(most)})


def _plain(most: int) -> Rule:
    return typed({"text": string(most, least=1)}, {"emoji": flag})


def _mrkdwn(most: int) -> Rule:
    return typed({"text": string(most, least=1)}, {"verbatim": flag})


def option(words: Callable[[int], Rule] = plain, *, link: bool = False) -> Rule:
    """`words` is plain in menus and may be mrkdwn in checkboxes and radio buttons; only overflow links."""
    url = {"url": string(3000, least=1)} if link else NONE
    return record(
        {"text": words(75), "value": string(OPTION_VALUE_MOST)},
        {"description": words(75), **url},
    )


option_group = record({"label": plain(75), "options": items(option(), least=1, most=OPTIONS_MOST)})

style = choice("primary", "danger")

# The documentation requires all four, @slack/types only the text: what both agree on.
confirm = record(
    {"text": text(300)}, {"title": plain(100), "confirm": plain(30), "deny": plain(30), "style": style}
)

dispatch_action_config = record(
    {},
    {"trigger_actions_on": items(choice("on_enter_pressed", "on_character_entered"), least=1, most=2)},
)

conversation_filter = record(
    {},
    {
        "include": items(choice("im", "mpim", "private", "public"), least=1),
        "exclude_external_shared_channels": flag,
        "exclude_bot_users": flag,
    },
    at_least_one_of("include", "exclude_external_shared_channels", "exclude_bot_users"),
)


def initial_options_exist(value: Mapping[str, Any], at: str) -> Iterator[Fault]:
    """What is chosen at first is one of the options, the same in every field."""
    offered = [_essence(option) for option in _options_of(value)]
    if "initial_option" in value and _essence(value["initial_option"]) not in offered:
        yield Fault("must be one of the provided options", within(at, "initial_option"))
    if any(_essence(option) not in offered for option in value.get("initial_options", ())):
        yield Fault("must be one of the provided options", within(at, "initial_options"))


def _options_of(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from value.get("options", ())
    for group in value.get("option_groups", ()):
        yield from group["options"]


def _essence(option: Mapping[str, Any]) -> dict[str, Any]:
    """An option without the defaults that Slack fills in itself (`emoji`, `verbatim`)."""
    return {name: _words(part) if isinstance(part, Mapping) else part for name, part in option.items()}


def _words(part: Mapping[str, Any]) -> tuple[str, str]:
    return part["type"], part["text"]
