"""The answer to block_suggestion: what an external select offers for what was typed."""

from collections.abc import Mapping
from typing import Any

from sandbox.rules.faults import refuse
from sandbox.rules.shapes import exactly_one_of, items, record
from sandbox.rules.text import OPTIONS_MOST, option, option_group

_reply = record(
    {},
    {"options": items(option(), most=OPTIONS_MOST), "option_groups": items(option_group, most=OPTIONS_MOST)},
    exactly_one_of("options", "option_groups"),
)


def check_options_reply(reply: Mapping[str, Any]) -> None:
    """No options at all (an empty list) is a good answer: nothing was found."""
    refuse("invalid_arguments", _reply(reply, ""))
