"""The small language the rules are written in.

A rule takes a JSON value and the pointer to it, and yields the faults it finds. The sentences are Slack's
own where one was seen ("must be less than 76 characters"), and in its manner elsewhere.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from sandbox.rules.faults import Fault, within

Rule: TypeAlias = Callable[[Any, str], Iterable[Fault]]
Fields: TypeAlias = Mapping[str, Rule]

NONE: Fields = MappingProxyType({})


def anything(_value: Any, _at: str) -> Iterator[Fault]:
    return iter(())


def string(most: int | None = None, *, least: int = 0) -> Rule:
    def rule(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, str):
            yield Fault("must provide a string", at)
        elif len(value) < least:
            yield Fault(f"must be more than {least - 1} characters", at)
        elif most is not None and len(value) > most:
            yield Fault(f"must be less than {most + 1} characters", at)

    return rule


def matching(pattern: str, described: str, most: int | None = None) -> Rule:
    """A string that the pattern matches as a whole."""
    length, form = string(most), re.compile(pattern)

    def rule(value: Any, at: str) -> Iterator[Fault]:
        yield from length(value, at)
        if isinstance(value, str) and not form.fullmatch(value):
            yield Fault(f"must be {described}", at)

    return rule


def web_address(most: int = 3000) -> Rule:
    return matching(r"https?://\S+", "a valid URL", most)


def secure_address(most: int = 3000) -> Rule:
    return matching(r"https://\S+", "an https URL", most)


def choice(*allowed: str) -> Rule:
    def rule(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, str):
            yield Fault("must provide a string", at)
        elif value not in allowed:
            yield Fault(f"must be one of: {', '.join(allowed)}", at)

    return rule


def flag(value: Any, at: str) -> Iterator[Fault]:
    if not isinstance(value, bool):
        yield Fault("must provide a boolean", at)


def number(value: Any, at: str) -> Iterator[Fault]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield Fault("must provide a number", at)


def whole(least: int, most: int | None = None) -> Rule:
    def rule(value: Any, at: str) -> Iterator[Fault]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield Fault("must provide an integer", at)
        elif value < least:
            yield Fault(f"must be more than {least - 1}", at)
        elif most is not None and value > most:
            yield Fault(f"must be less than {most + 1}", at)

    return rule


def items(rule: Rule, *, least: int = 0, most: int | None = None) -> Rule:
    def each(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, list | tuple):
            yield Fault("must provide an array", at)
            return
        if len(value) < least:
            yield Fault(f"must provide at least {least} items", at)
        if most is not None and len(value) > most:
            yield Fault(f"no more than {most} items allowed", at)
        for index, item in enumerate(value):
            yield from rule(item, within(at, index))

    return each


def record(required: Fields = NONE, optional: Fields = NONE, *also: Rule) -> Rule:
    """An object with these fields and no others; `also` looks at fields together, once each is sound."""
    known = {**required, **optional}

    def rule(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, Mapping):
            yield Fault("must provide an object", at)
            return
        faults = list(_faults_of_fields(value, required, known, at))
        yield from faults or (fault for check in also for fault in check(value, at))

    return rule


def _faults_of_fields(value: Mapping[str, Any], required: Fields, known: Fields, at: str) -> Iterator[Fault]:
    for name in required:
        if name not in value:
            yield Fault(f"missing required field: {name}", at)
    for name, content in value.items():
        if name not in known:
            yield Fault(f"invalid additional property: {name}", at)
        else:
            yield from known[name](content, within(at, name))


def typed(required: Fields = NONE, optional: Fields = NONE, *also: Rule) -> Rule:
    """A record whose `type` was already looked at by `by_type`."""
    return record({"type": anything, **required}, optional, *also)


def by_type(rules: Mapping[str, Rule]) -> Rule:
    """An object whose `type` says which rule holds for it."""

    def rule(value: Any, at: str) -> Iterable[Fault]:
        if not isinstance(value, Mapping):
            return [Fault("must provide an object", at)]
        if "type" not in value:
            return [Fault("missing required field: type", at)]
        kind = value["type"]
        if not isinstance(kind, str):
            return [Fault("must provide a string", within(at, "type"))]
        if kind not in rules:
            return [Fault(f"unsupported type: {kind}", within(at, "type"))]
        return rules[kind](value, at)

    return rule


def exactly_one_of(*names: str) -> Rule:
    def rule(value: Mapping[str, Any], at: str) -> Iterator[Fault]:
        if sum(name in value for name in names) != 1:
            yield Fault(f"must provide exactly one of: {', '.join(names)}", at)

    return rule


def at_least_one_of(*names: str) -> Rule:
    """At least one of the fields is there and holds something."""

    def rule(value: Mapping[str, Any], at: str) -> Iterator[Fault]:
        if not any(value.get(name) or value.get(name) is False for name in names):
            yield Fault(f"must provide at least one of: {', '.join(names)}", at)

    return rule


def not_both(one: str, other: str) -> Rule:
    def rule(value: Mapping[str, Any], at: str) -> Iterator[Fault]:
        if value.get(one) and value.get(other):
            yield Fault(f"must not provide both {one} and {other}", at)

    return rule


def in_order(low: str, high: str) -> Rule:
    """The one field is not above the other, where both are given."""

    def rule(value: Mapping[str, Any], at: str) -> Iterator[Fault]:
        if low in value and high in value and float(value[low]) > float(value[high]):
            yield Fault(f"{low} must not be more than {high}", within(at, low))

    return rule


def unique(of: Callable[[Mapping[str, Any]], Iterable[tuple[str, Any]]], what: str) -> Rule:
    """No two of the (place, value) pairs found in an object have the same value."""

    def rule(value: Mapping[str, Any], at: str) -> Iterator[Fault]:
        seen: set[Any] = set()
        for place, found in of(value):
            if found in seen:
                yield Fault(f'`{what}` "{found}" already exists', f"{at}{place}")
            seen.add(found)

    return rule
