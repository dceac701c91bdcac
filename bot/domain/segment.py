"""The Segment HTTP tracking protocol, as its clients and RudderStack's speak it: a body's JSON becomes events.

https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
What one event gets wrong costs that event, never its neighbours: clients drop a whole batch on a 4xx.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from bot.domain.text import clean, fold, one_line
from bot.domain.usage import LATE, TRAITS, Event, Kind, PersonId, Rejected, SourceId

EVENTS_MOST = 2_500  #: in a batch; Segment's own limit
EVENT_BYTES = 32 * 1024
ID_LIMIT = 200
MESSAGE_LIMIT = 100
REJECTS_KEPT = 100  #: of one request
_WORDS_LIMIT = 200
_PATH_LIMIT = 300
_FOLDED = 4  #: bytes a character may take on average once folded: an index of Postgres holds 2,700
_MILLISECONDS = 1e11  #: a number above this counts milliseconds since 1970, below it seconds
_CALLED = {"use_case": ("use_case", "useCase"), "name": ("name", "fullName")}  #: traits by other names


class Malformed(ValueError):
    """The whole body is of no use. The text says why, in one line."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What reading a body needs to know besides."""

    source: SourceId
    received_at: datetime
    fresh: str  #: makes ids for events that have none
    account_property: str | None = None  #: a property that names the account, where an event has no groupId
    late: timedelta | None = LATE  #: how old an event may be; None: as old as it is


@dataclass(frozen=True, kw_only=True)
class Batch:
    events: tuple[Event, ...]
    rejected: tuple[Rejected, ...]


class _Wrong(ValueError):
    """One event is of no use."""


def body_of(raw: bytes) -> Any:
    """The JSON of a body. Raises Malformed.

    Python's clients send NaN, which is no JSON; it and numbers of thousands of digits are taken for nothing.
    """
    try:
        text = raw.decode("utf-8-sig")
        try:
            return json.loads(text, parse_constant=_nothing)
        except json.JSONDecodeError:
            raise
        except ValueError:  # a number with more digits than Python reads
            return json.loads(text, parse_constant=_nothing, parse_int=_number)
    except (ValueError, RecursionError):
        raise Malformed("the body isn't JSON in UTF-8") from None


def _nothing(_: str) -> None:
    return None


def _number(digits: str) -> int | None:
    return int(digits) if len(digits) <= ID_LIMIT else None


def read(body: Any, kind: Kind | None, reading: Reading) -> Batch:
    """A body's JSON. `kind`: what the address says it is; None: a batch, whose events say so. Raises Malformed."""
    if not isinstance(body, dict):
        raise Malformed("the body must be a JSON object")
    items = [{**body, "type": kind}] if kind else _items(body)
    shared = {} if kind else body
    events: list[Event] = []
    rejected: list[Rejected] = []
    for position, item in enumerate(items):
        try:
            events.append(_event(item, shared, position, reading))
        except _Wrong as wrong:
            rejected.append(_rejected(item, str(wrong), reading))
        except RecursionError:
            rejected.append(_rejected(item, "it is nested too deeply", reading))
    return Batch(events=tuple(events), rejected=tuple(rejected))


def worth_keeping(rejected: Sequence[Rejected]) -> list[Rejected]:
    """The first hundred, and how many more there were: a client gone wrong must not fill the disk."""
    kept, more = rejected[:REJECTS_KEPT], rejected[REJECTS_KEPT:]
    counts = Counter(one.reason for one in more).items()
    extra = [replace(more[0], message=None, reason=f"{reason} ({n:,} more in one request)") for reason, n in counts]
    return [*kept, *extra]


def _items(body: Mapping[str, Any]) -> Sequence[Any]:
    items = body.get("batch")
    if not isinstance(items, list) or not items:
        raise Malformed("batch must be a list of events")
    if len(items) > EVENTS_MOST:
        raise Malformed(f"a batch has at most {EVENTS_MOST:,} events")
    return items


def _rejected(item: Any, reason: str, reading: Reading) -> Rejected:
    message = _text(item.get("messageId")) if isinstance(item, dict) else None
    kept = message[:MESSAGE_LIMIT] if message else None
    return Rejected(source=reading.source, message=kept, reason=reason, at=reading.received_at)


# ---- one event ----------------------------------------------------------------------------------


def _event(item: Any, shared: Mapping[str, Any], position: int, reading: Reading) -> Event:
    if not isinstance(item, dict):
        raise _Wrong("an event must be an object")
    _check_size(item)
    kind = _kind(item)
    contexts = (_object(item.get("context")), _object(shared.get("context")))
    traits = [found for one in (item, *contexts) if (found := _object(one.get("traits")))]
    user, anonymous = _id(item, "userId"), _id(item, "anonymousId")
    previous = _id(item, "previousId") if kind is Kind.ALIAS else None
    person = user or anonymous
    if person is None:
        raise _Wrong("it names neither userId nor anonymousId")
    is_group = kind is Kind.GROUP
    return Event(
        source=reading.source,
        message=_message(item, position, reading),
        kind=kind,
        person=person,
        also=_other(person, previous or anonymous),
        at=_when(item, shared, reading),
        received_at=reading.received_at,
        name=_name(kind, item),
        path=_path(item, contexts) or _page_name(kind, item),
        account=None if is_group else _account(item, contexts, reading),
        group=_needed_group(item) if is_group else None,
        email=None if is_group else _email(traits),
        traits={} if is_group else dict(_known_traits(traits)),
        company=dict(_company([_object(item.get("traits"))])) if is_group else {},
    )


def _check_size(item: Mapping[str, Any]) -> None:
    if len(json.dumps(item, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")) > EVENT_BYTES:
        raise _Wrong(f"an event has at most {EVENT_BYTES // 1024} kB")


def _kind(item: Mapping[str, Any]) -> Kind:
    said = item.get("type")
    try:
        return Kind(said.strip().casefold() if isinstance(said, str) else "")
    except ValueError:
        raise _Wrong("its type is none of " + ", ".join(Kind)) from None


def _name(kind: Kind, item: Mapping[str, Any]) -> str:
    name = _text(item.get("event")) if kind is Kind.TRACK else ""
    if name is None:
        raise _Wrong("a track needs the name of an event")
    return name[:_WORDS_LIMIT]


def _id(item: Mapping[str, Any], name: str) -> PersonId | None:
    found = _key(item.get(name), name)
    return PersonId(found) if found else None


def _key(value: Any, name: str) -> str | None:
    found = _text(value)
    if found and not _is_short(found):
        raise _Wrong(f"{name} is longer than {ID_LIMIT} characters")
    return found


def _is_short(text: str) -> bool:
    """Whether every index can hold it: a character may be twenty once it is folded."""
    return len(text) <= ID_LIMIT and (text.isascii() or len(fold(text).encode()) <= _FOLDED * ID_LIMIT)


def _other(person: PersonId, anonymous: PersonId | None) -> PersonId | None:
    return anonymous if anonymous != person else None


def _message(item: Mapping[str, Any], position: int, reading: Reading) -> str:
    """Its id, or what stands for it. Without one: what the event says, if it says when, so that sent again it is
    the same; else a fresh one.
    """
    given = item.get("messageId")
    if (plain := _text(given)) is not None:
        return plain if plain == str(given) and len(plain) <= MESSAGE_LIMIT else _digest(given)
    if not (item.get("timestamp") or item.get("originalTimestamp")):
        return f"{reading.fresh}:{position}"
    return _digest({name: value for name, value in item.items() if name != "sentAt"})


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("utf-8", "replace")).hexdigest()[:32]


_Objects = Sequence[Mapping[str, Any]]  #: the first that says something counts


def _first(name: str, objects: _Objects) -> str | None:
    return next((text for one in objects if (text := _text(one.get(name)))), None)


def _account(item: Mapping[str, Any], contexts: _Objects, reading: Reading) -> str | None:
    found = _first("groupId", (item, *contexts)) or _first("id", [_object(one.get("group")) for one in contexts])
    if found is None and reading.account_property:
        found = _first(reading.account_property, [_object(item.get("properties"))])
    return _key(found, "the account's id")


def _needed_group(item: Mapping[str, Any]) -> str:
    found = _key(item.get("groupId"), "groupId")
    if found is None:
        raise _Wrong("a group needs a groupId")
    return found


def _path(item: Mapping[str, Any], contexts: _Objects) -> str | None:
    """Without what follows "?" or "#": there people's own data may stand."""
    pages = (_object(item.get("properties")), *(_object(one.get("page")) for one in contexts))
    said = (_text(page.get("path")) or _path_of(_text(page.get("url"))) for page in pages)
    path = next(filter(None, said), None)
    return path.partition("?")[0].partition("#")[0][:_PATH_LIMIT] or None if path else None


def _page_name(kind: Kind, item: Mapping[str, Any]) -> str | None:
    """Clients that know no addresses name the page: page("Pricing")."""
    name = _text(item.get("name")) if kind in (Kind.PAGE, Kind.SCREEN) else None
    return f"/{name[:_PATH_LIMIT].casefold().replace(' ', '-')}" if name else None


def _path_of(url: str | None) -> str | None:
    try:
        return urlsplit(url).path or None if url else None
    except ValueError:
        return None


def _email(traits: _Objects) -> str | None:
    email = _first("email", traits)
    return email.casefold() if email and "@" in email and _is_short(email) else None


def _known_traits(traits: _Objects) -> Iterator[tuple[str, str]]:
    for name in TRAITS:
        said = next((text for one in _CALLED.get(name, (name,)) if (text := _first(one, traits))), None)
        if said:
            yield name, said[:_WORDS_LIMIT]


def _company(traits: _Objects) -> Iterator[tuple[str, str]]:
    name = (_first("name", traits) or "")[:_WORDS_LIMIT]
    if name and _is_short(name):
        yield "name", name


# ---- when ---------------------------------------------------------------------------------------


def _when(item: Mapping[str, Any], shared: Mapping[str, Any], reading: Reading) -> datetime:
    """When it happened by our clock: receivedAt - (sentAt - originalTimestamp), as the protocol says."""
    said = moment(item.get("originalTimestamp")) or moment(item.get("timestamp"))
    sent = moment(item.get("sentAt")) or moment(shared.get("sentAt"))
    if said is None:
        return reading.received_at
    try:
        at = reading.received_at - (sent - said) if sent else said
    except OverflowError:
        raise _Wrong("its times are beyond any calendar") from None
    if reading.late and at < reading.received_at - reading.late:
        raise _Wrong(f"it is older than {reading.late.days} days")
    return min(at, reading.received_at)


def moment(value: Any) -> datetime | None:
    """A moment as clients write it; None for what is none."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if abs(value) > _MILLISECONDS else float(value)
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
        if isinstance(value, str):
            found = datetime.fromisoformat(value.strip())
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return None


# ---- as tolerant as the clients need ------------------------------------------------------------


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    """A string or a number as text; None for what is empty or neither."""
    if isinstance(value, float):
        value = _whole(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return one_line(clean(str(value))) or None


def _whole(value: float) -> int | float | None:
    """A number as people write it, 42 for 42.0; None for what is past all bounds."""
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() else value
