"""A body of the Segment protocol becomes events: each gets what it says, and what is wrong costs one event only."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.segment import (
    EVENT_BYTES,
    EVENTS_MOST,
    ID_LIMIT,
    MESSAGE_LIMIT,
    REJECTS_KEPT,
    Batch,
    Malformed,
    Reading,
    body_of,
    read,
    worth_keeping,
)
from bot.domain.usage import LATE, TRAITS, Event, Kind, Rejected, SourceId
from tests.builders import GENERATED

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
READING = Reading(source=SourceId("s"), received_at=NOW, fresh="f", account_property="workspace")
HOUR = timedelta(hours=1)


def a_body(*events: Any, **more: Any) -> dict[str, Any]:
    return {"batch": list(events), **more}


def a_track(**more: Any) -> dict[str, Any]:
    return {"type": "track", "userId": "ines", "event": "Report made", "messageId": "m1", **more}


def a_group(**more: Any) -> dict[str, Any]:
    return {"type": "group", "userId": "ines", "groupId": "acme", **more}


def the_event(item: dict[str, Any], **shared: Any) -> Event:
    batch = read(a_body(item, **shared), None, READING)
    assert not batch.rejected, batch.rejected
    return batch.events[0]


def the_reason(item: Any) -> str:
    batch = read(a_body(a_track(messageId="before"), item, a_track(messageId="after")), None, READING)
    assert [event.message for event in batch.events] == ["before", "after"]
    return batch.rejected[0].reason


# ---- whole bodies -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (None, "JSON object"),
        ([a_track()], "JSON object"),
        ("batch", "JSON object"),
        (7, "JSON object"),
        ({}, "list of events"),
        (a_body(), "list of events"),
        ({"batch": {"0": a_track()}}, "list of events"),
        ({"batch": "track"}, "list of events"),
        (a_body(*[1] * (EVENTS_MOST + 1)), "at most 2,500"),
    ],
)
def test_a_body_that_is_no_batch_is_malformed(body: Any, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read(body, None, READING)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b'{"a": "\xe4"}',
        '{"a": 1}'.encode("utf-16"),
        b'{"a": 1} {"a": 2}',
        b"{'a': 1}",
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"batch": [' + b"9" * 6_000,
    ],
)
def test_what_is_no_json_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed, match="JSON in UTF-8"):
        body_of(raw)


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", "9" * 6_000, "-" + "9" * 6_000, "1e999", "1E-999"]
)
def test_a_number_past_all_bounds_costs_nothing_but_itself(value: str) -> None:
    raw = f'{{"batch": [{{"type": "track", "userId": "ines", "event": "A", "properties": {{"n": {value}}}}}]}}'
    assert read(body_of(raw.encode()), None, READING).events[0].name == "A"
    raw = f'{{"batch": [{{"type": "track", "anonymousId": 7, "userId": {value}, "event": "A"}}]}}'
    assert read(body_of(raw.encode()), None, READING).events[0].person in ("7", "0")


def test_a_byte_order_mark_is_overlooked() -> None:
    assert body_of(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_an_address_that_names_the_kind_takes_one_event() -> None:
    [event] = read({"userId": "ines", "event": "A", "type": "page", "batch": 1}, Kind.TRACK, READING).events
    assert (event.kind, event.name) == (Kind.TRACK, "A")


# ---- who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "person"),
    [
        ("ines", "ines"),
        ("  ines \n", "ines"),
        (42, "42"),
        (42.0, "42"),
        (4.5, "4.5"),
        (2**80, str(2**80)),
        (0, "0"),
        (None, "anon"),
        ("", "anon"),
        ("  ", "anon"),
        (True, "anon"),
        (["ines"], "anon"),
        ({"id": "ines"}, "anon"),
        ("\x00", "anon"),
        ("\ud800", "anon"),
        ("i\x00nes\udfff", "ines"),
        ("x" * ID_LIMIT, "x" * ID_LIMIT),
    ],
)
def test_ids_are_taken_as_clients_write_them(user: Any, person: str) -> None:
    assert the_event(a_track(userId=user, anonymousId="anon")).person == person


def test_an_anonymous_id_beside_a_user_is_theirs() -> None:
    assert the_event(a_track(anonymousId="anon")).also == "anon"
    assert the_event(a_track(anonymousId="ines")).also is None
    assert the_event({"type": "alias", "userId": "ines", "previousId": "anon"}).also == "anon"
    assert the_event(a_track(previousId="anon")).also is None


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (None, "must be an object"),
        ([], "must be an object"),
        ("track", "must be an object"),
        ({}, "its type"),
        (a_track(type=None), "its type"),
        (a_track(type=["track"]), "its type"),
        (a_track(type="trackk"), "its type"),
        (a_track(userId=None), "neither userId nor anonymousId"),
        (a_track(userId=False, anonymousId=[]), "neither userId nor anonymousId"),
        (a_track(event=None), "name of an event"),
        (a_track(event="  "), "name of an event"),
        (a_track(event={"a": 1}), "name of an event"),
        (a_track(userId="x" * (ID_LIMIT + 1)), "userId is longer"),
        (a_track(userId="\ufdfa" * ID_LIMIT), "userId is longer"),
        (a_track(anonymousId=10**300), "anonymousId is longer"),
        (a_track(groupId="x" * (ID_LIMIT + 1)), "account's id is longer"),
        (a_track(groupId="\ufdfa" * ID_LIMIT), "account's id is longer"),
        (a_group(groupId=None), "needs a groupId"),
        (a_group(groupId="g" * (ID_LIMIT + 1)), "groupId is longer"),
        (a_track(properties={"a": "x" * EVENT_BYTES}), "at most 32 kB"),
        (a_track(properties={"a": "ä" * (EVENT_BYTES // 2)}), "at most 32 kB"),
        (a_track(timestamp="2026-09-01T00:00:00Z"), "older than 30 days"),
        (a_track(timestamp="0001-01-01T00:00:00Z"), "older than 30 days"),
        (a_track(timestamp=-1), "older than 30 days"),
        (a_track(timestamp="2026-11-23T09:00:00Z", sentAt="9999-12-31T00:00:00Z"), "beyond any calendar"),
    ],
)
def test_what_is_wrong_with_one_event_costs_that_event_only(item: Any, words: str) -> None:
    assert words in the_reason(item)


def test_a_reason_tells_nothing_of_what_was_sent() -> None:
    secret = "ines@acme.io"
    for item in (secret, a_track(type=secret), a_track(userId=secret * 40), a_group(groupId=secret * 40)):
        assert "acme" not in the_reason(item)


# ---- which message ------------------------------------------------------------------------------


def test_a_message_id_that_can_not_be_kept_as_it_is_is_kept_as_its_hash() -> None:
    odd = ["x" * (MESSAGE_LIMIT + 1), "x" * (MESSAGE_LIMIT + 2), "m1\x00", "m1\ud800", " m1", "m\n1", "m 1"]
    kept = [the_event(a_track(messageId=one)).message for one in (*odd, "m1")]
    assert len(set(kept)) == len(kept)
    assert all(len(one) <= MESSAGE_LIMIT and one.isprintable() for one in kept)
    assert the_event(a_track(messageId=odd[0])).message == kept[0]
    assert the_event(a_track(messageId="x" * MESSAGE_LIMIT)).message == "x" * MESSAGE_LIMIT
    assert the_event(a_track(messageId=17)).message == "17"


@pytest.mark.parametrize("nothing", [None, "", " ", [], {}, True])
def test_an_event_without_a_message_id_is_known_by_what_it_says_and_when(nothing: Any) -> None:
    timed = a_track(messageId=nothing, timestamp="2026-11-23T09:00:00Z")
    first, again = the_event({**timed, "sentAt": 1}).message, the_event({**timed, "sentAt": 2}).message
    assert first == again
    assert first != the_event({**timed, "event": "Other"}).message
    untimed = read(a_body(a_track(messageId=nothing), a_track(messageId=nothing)), None, READING)
    assert [event.message for event in untimed.events] == ["f:0", "f:1"]


# ---- which account ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "account"),
    [
        ({}, None),
        ({"groupId": "acme"}, "acme"),
        ({"groupId": 7, "context": {"groupId": "other"}}, "7"),
        ({"groupId": None, "context": {"groupId": "acme"}}, "acme"),
        ({"context": {"group": {"id": "acme"}}}, "acme"),
        ({"context": {"group": "acme"}}, None),
        ({"properties": {"workspace": "acme"}}, "acme"),
        ({"groupId": "", "properties": {"workspace": 7}}, "7"),
        ({"groupId": ["acme"]}, None),
    ],
)
def test_the_account_an_event_names(said: dict[str, Any], account: str | None) -> None:
    assert the_event(a_track(**said)).account == account


def test_the_context_of_a_batch_is_that_of_its_events() -> None:
    shared = {"groupId": "acme", "traits": {"email": "Ines@Acme.io", "role": "Admin"}}
    event = the_event(a_track(context={"traits": {"role": "Owner"}}), context=shared)
    assert (event.account, event.email, event.traits) == ("acme", "ines@acme.io", {"role": "Owner"})


def test_a_group_tells_of_the_company_and_of_nobody_s_mail() -> None:
    event = the_event(a_group(traits={"name": "Acme Ltd", "email": "info@acme.io", "role": "Admin"}))
    assert (event.group, event.company, event.email, event.traits) == ("acme", {"name": "Acme Ltd"}, None, {})
    assert the_event(a_group(traits={"name": "\ufdfa" * 200})).company == {}


# ---- what is known of people --------------------------------------------------------------------


def test_five_traits_are_read_wherever_clients_put_them() -> None:
    said = {"fullName": "Ines", "useCase": "costs", "seniority": 3, "department": None, "plan": "pro", "role": []}
    wanted = {"name": "Ines", "use_case": "costs", "seniority": "3"}
    for item in ({"traits": said}, {"context": {"traits": said}}):
        assert the_event({"type": "identify", "userId": "ines", **item}).traits == wanted
    assert wanted.keys() <= set(TRAITS)


@pytest.mark.parametrize(
    "email", [None, 7, "", "ines", ["ines@acme.io"], "\ufdfa" * 90 + "@acme.io", "x" * 200 + "@a.b"]
)
def test_what_is_no_address_is_no_email(email: Any) -> None:
    assert the_event({"type": "identify", "userId": "ines", "traits": {"email": email}}).email is None


@pytest.mark.parametrize(
    ("item", "path"),
    [
        ({"properties": {"path": "/pricing"}}, "/pricing"),
        ({"properties": {"path": "/pricing?mail=ines@acme.io#top"}}, "/pricing"),
        ({"properties": {"url": "https://acme.test/terms/eu?x=1"}}, "/terms/eu"),
        ({"properties": {"url": "http://[broken"}}, None),
        ({"properties": {"path": ["/pricing"]}}, None),
        ({"context": {"page": {"path": "/legal"}}}, "/legal"),
        ({"context": {"page": "/legal"}}, None),
        ({"name": "Contact Sales"}, "/contact-sales"),
        ({"properties": [1, 2]}, None),
    ],
)
def test_the_path_of_a_page(item: dict[str, Any], path: str | None) -> None:
    assert the_event({"type": "page", "userId": "ines", **item}).path == path


# ---- when ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-23T09:00:00Z",
        "2026-11-23T09:00:00.000Z",
        "2026-11-23T09:00:00",
        "2026-11-23 09:00:00",
        "2026-11-23T10:00:00+01:00",
        "2026-11-23T09:00:00.000000123Z",
        "20261123T090000Z",
        (NOW - HOUR).timestamp(),
        int((NOW - HOUR).timestamp()),
        int((NOW - HOUR).timestamp() * 1000),
    ],
)
def test_moments_are_read_as_clients_write_them(said: Any) -> None:
    assert the_event(a_track(timestamp=said)).at == NOW - HOUR


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        "soon",
        True,
        [2026],
        10**400,
        1e308,
        2**63,
        -(2**70),
        "2026-11-23T25:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59Z",
        "2027-01-01T00:00:00Z",
        4_000_000_000,
    ],
)
def test_no_moment_and_one_to_come_are_now(said: Any) -> None:
    assert the_event(a_track(timestamp=said)).at == NOW


@pytest.mark.parametrize(
    ("event", "shared"),
    [
        ({"sentAt": "2026-11-23T13:00:00Z"}, {}),
        ({}, {"sentAt": "2026-11-23T13:00:00Z"}),
        ({"sentAt": "2026-11-23T13:00:00Z"}, {"sentAt": "2026-11-23T20:00:00Z"}),
    ],
)
def test_a_clock_that_goes_wrong_is_put_right_by_when_it_was_sent(
    event: dict[str, Any], shared: dict[str, Any]
) -> None:
    for name in ("timestamp", "originalTimestamp"):
        assert the_event(a_track(**event, **{name: "2026-11-23T12:00:00Z"}), **shared).at == NOW - HOUR


def test_the_original_timestamp_comes_first() -> None:
    both = {"originalTimestamp": "2026-11-23T09:00:00Z", "timestamp": "2026-11-23T08:00:00Z"}
    assert the_event(a_track(**both)).at == NOW - HOUR


def test_an_event_is_late_after_thirty_days_and_not_before() -> None:
    assert the_event(a_track(timestamp=(NOW - LATE).isoformat())).at == NOW - LATE
    assert "older" in the_reason(a_track(timestamp=(NOW - LATE - timedelta(microseconds=1)).isoformat()))


# ---- whatever comes -----------------------------------------------------------------------------

TEXT = st.text(st.characters(), max_size=12)  # halves of characters too
NUMBERS = st.one_of(
    st.integers(), st.floats(), st.sampled_from([2**63, -(2**63) - 1, 10**400, 1e308, -1e308, 1e11])
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=12,
)
NAMES = (
    "type userId anonymousId previousId groupId messageId event name timestamp originalTimestamp sentAt properties"
    " traits context page group email role path url id"
).split()
LIKELY = st.one_of(JSON, st.sampled_from(list(map(str, Kind))), st.dictionaries(st.sampled_from(NAMES), JSON))
ITEMS = st.one_of(JSON, st.dictionaries(st.sampled_from(NAMES), LIKELY, max_size=12))
BODIES = st.one_of(
    JSON,
    st.builds(
        lambda items, more: {**more, "batch": items}, st.lists(ITEMS, max_size=4), st.dictionaries(TEXT, JSON)
    ),
)


@GENERATED
@given(BODIES, st.sampled_from([None, *Kind]))
def test_any_json_is_events_rejects_or_malformed(body: Any, kind: Kind | None) -> None:
    try:
        batch = read(body, kind, READING)
    except Malformed:
        return
    wanted = 1 if kind else len(body["batch"])
    assert len(batch.events) + len(batch.rejected) == wanted
    _is_keepable(batch)


def _is_keepable(batch: Batch) -> None:
    """Nothing that a database refuses: no NUL, no half of a character, nothing long, no time beyond bounds."""
    for event in batch.events:
        said = [event.person, event.also, event.message, event.name, event.path, event.account, event.group]
        for text in filter(None, [*said, event.email, *event.traits.values(), *event.company.values()]):
            assert "\x00" not in text
            assert len(text.encode()) <= 1_200
        assert NOW - LATE <= event.at <= NOW
        assert event.stamp[0] < 2**63
        assert event.person
    for wrong in batch.rejected:
        json.dumps([wrong.message, wrong.reason], ensure_ascii=False).encode()


@GENERATED
@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_malformed(raw: bytes) -> None:
    try:
        read(body_of(raw), None, READING)
    except Malformed:
        return


@pytest.mark.parametrize("depth", range(700, 1_001, 20))
def test_an_event_nested_deeply_keeps_none_of_its_neighbours(depth: int) -> None:
    deep = b'{"type":"track","userId":"ines","event":"A","timestamp":1,"properties":' + b"[" * depth + b"]" * depth
    raw = b'{"batch":[{"type":"track","userId":"jon","event":"B"},' + deep + b"}]}"
    try:
        batch = read(body_of(raw), None, READING)
    except Malformed:
        return
    assert batch.events[0].name == "B"


def test_an_event_nested_past_what_python_follows_is_rejected_alone() -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    assert the_reason(a_track(properties={"deep": deep})) == "it is nested too deeply"


# ---- what is kept of what was wrong -------------------------------------------------------------


def test_a_hundred_rejects_of_one_request_are_kept_and_the_number_of_the_others() -> None:
    batch = read(a_body(*[{"messageId": str(n)} for n in range(400)], *[7] * 50), None, READING)
    kept = worth_keeping(batch.rejected)
    assert [one.message for one in kept[:REJECTS_KEPT]] == [str(n) for n in range(REJECTS_KEPT)]
    more = [one.reason for one in kept[REJECTS_KEPT:]]
    assert [words.rpartition("(")[2] for words in more] == ["300 more in one request)", "50 more in one request)"]
    few: tuple[Rejected, ...] = batch.rejected[:3]
    assert worth_keeping(few) == list(few)
