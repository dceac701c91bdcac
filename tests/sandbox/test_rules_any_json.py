"""Whatever is sent, the answer is nothing or a Refusal: the rules themselves never fall over."""

import copy
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.rules import (
    Manifest,
    Refusal,
    check_command_reply,
    check_message,
    check_options_reply,
    check_submission_reply,
    check_unfurl,
    check_view,
)
from tests.sandbox.test_rules import GROUP, OPTION, PREVIEWS, Json, a_modal, an_input, metadata, section
from tests.sandbox.test_rules_manifest import FULL
from tests.sandbox.test_rules_slackblocks import surfaces

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
)

REPLY = {"response_action": "update", "view": a_modal(section(), an_input())}
WHOLE: list[tuple[Callable[[Any], object], Json]] = [
    (Manifest.read, FULL),
    (check_unfurl, PREVIEWS),
    (check_options_reply, {"option_groups": [GROUP]}),
    (check_options_reply, {"options": [OPTION]}),
    (check_command_reply, {"text": "a", "blocks": [section()], "metadata": metadata(id="a")}),
    (lambda reply: check_submission_reply(reply, a_modal(an_input())), REPLY),
    (lambda reply: check_submission_reply(reply, a_modal(an_input())), {"response_action": "errors", "errors": {}}),
]


def checked(payload: Json) -> Callable[[Any], object]:
    return check_view if payload.get("type") in {"modal", "home"} else check_message


def _places(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield (*at, key)
        yield from _places(part, (*at, key))


def _put(value: Json, place: tuple[str | int, ...], part: Any) -> Json:
    changed: Any = copy.deepcopy(value)
    *outer, last = place
    inner = changed
    for key in outer:
        inner = inner[key]
    inner[last] = part
    return changed  # type: ignore[no-any-return]


@settings(
    max_examples=300,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(st.data())
def test_one_part_of_a_payload_is_anything_at_all(data: st.DataObject) -> None:
    drawn = surfaces().map(lambda each: (checked(each.json), each.json))
    check, payload = data.draw(drawn | st.sampled_from(WHOLE))
    places = list(_places(payload))[:200]
    changed = _put(payload, data.draw(st.sampled_from(places)), data.draw(anything))
    with suppress(Refusal):
        check(changed)


@pytest.mark.parametrize("nothing", [{}, {"type": None}, {"blocks": None}, {"view": []}, {"errors": 1}])
@pytest.mark.parametrize("check", [check_message, check_view, check_unfurl, check_options_reply, Manifest.read])
def test_hardly_anything_is_refused_too(check: Callable[[Any], object], nothing: Json) -> None:
    with pytest.raises(Refusal):
        check(nothing)
