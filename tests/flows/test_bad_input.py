"""What people get wrong, and what somebody could forge: told in words, with nothing lost and nothing half done."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, func, select, update

from bot.domain.text import clean, one_line
from sandbox import Modal, Person, User
from storage.engines import plain
from storage.tables import account, ask, change, estimate, notice, request, request_word
from tests.flows.house import House, modal, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEAL_OF_ONE = "A deal belongs to one customer. Leave size and date empty: the next step asks for each customer's."

FULL = {
    "Title": "Cost per cluster",
    "Business problem": "They can't see what their clusters cost.",
    "Customers": ["Acme Bank"],
    "Deal size": "€120 000",
    "Close date": "2026-12-18",
    "User/Business value": 8,
    "Time criticality": 2,
    "Risk reduction": 3,
    "Job size": 13,
}
#: What says no before any database is asked needs telling once.
once = pytest.mark.parametrize("house", ["sqlite"], indirect=True, scope="module")
#: The stricter of the two about text.
on_postgres = pytest.mark.parametrize("house", ["postgres"], indirect=True, scope="module")
KEPT = (request, request_word, account, ask, estimate, change, notice)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["sqlite", "postgres"])
async def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for all the stories here: each speaks of requests of its own."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('bad') / 'tandem.db'}"
        async with opened(url) as house:
            yield house
        return
    server = request.getfixturevalue("postgres_server")
    name = server.make(request.getfixturevalue("_postgres_template"))
    async with opened(server.at(name)) as house:
        yield house
    server.retire(name)


# ---- what people get wrong ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"Title": "   "}, {"Title": "Give it a title: a few words people will search for."}),
        ({"Title": "\u200b\u2060"}, {"Title": "Give it a title: a few words people will search for."}),
        (
            {"Title": "k" * 300},
            {"Title": "That's 300 characters; a title has room for 120. Put the rest in the problem."},
        ),
        (
            {"Business problem": " \n "},
            {"Business problem": "Say what the customer can't do today, and what it costs them."},
        ),
        ({"Deal size": "abc"}, {"Deal size": "Write an amount like 120k, 1.5m or €120 000."}),
        ({"Deal size": "ARR 120k"}, {"Deal size": "Write an amount like 120k, 1.5m or €120 000."}),
        (
            {"Customers": ["Acme Bank", "Cobalt Retail"]},
            {"Customers": DEAL_OF_ONE},
        ),
        (
            {"Customers": None},
            {"Customers": "Whose deal is it? Choose the customer, or leave size and date empty."},
        ),
        (
            {"Title": "\ufeff", "Business problem": "\n", "Deal size": "a lot"},
            {
                "Title": "Give it a title: a few words people will search for.",
                "Business problem": "Say what the customer can't do today, and what it costs them.",
                "Deal size": "Write an amount like 120k, 1.5m or €120 000.",
            },
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
@once
async def test_what_is_wrong_stands_beside_its_field_and_the_rest_stays_as_typed(
    house: House, typed: dict[str, Any], said: dict[str, str]
) -> None:
    alice = house.person("Alice")
    form = modal(await alice.slash("/request"))
    await form.fill(FULL | typed)
    before = kept(house)
    shown = {label: form.value(label) for label in FULL}

    refused = modal(await form.submit())

    assert refused.errors == said
    assert {label: refused.value(label) for label in FULL} == shown
    assert kept(house) == before, "something was kept of a form that was refused"

    await refused.fill({label: FULL[label] for label in typed})
    receipt = modal(await refused.submit())
    assert "Cost per cluster is on the board: WSJF 1.0" in receipt.text
    assert kept(house)["request"] == before["request"] + 1


@pytest.mark.parametrize(
    "title",
    [
        "Отчёт по расходам на кластеры",
        "🚀 ship it 👩‍👩‍👧",
        "日本語の請求書",
        "🚀🚀",
        "R-14",
        "İstanbul ﬁrmaları",
        "x",
    ],
)
async def test_a_title_of_any_script_is_kept_as_it_was_typed(house: House, title: str) -> None:
    alice, boris = house.person("Alice"), house.person("Boris")
    form = modal(await alice.slash(f"/request {title}"))
    assert form.value("Title") == title
    receipt = modal(await (await form.fill({"Business problem": "Без этого не купят 😀"})).submit())
    number = number_in(receipt.text)

    found = await boris.slash(f"/board R-{number}")
    assert title in text_of(found)
    assert "Без этого не купят 😀" in text_of(found)


async def test_a_cyrillic_request_is_found_however_it_is_written(house: House) -> None:
    alice, boris = house.person("Alice"), house.person("Boris")
    form = modal(await alice.slash("/request Скидки для ПАРТНЁРОВ"))
    await (await form.fill({"Business problem": "Партнёры считают сами."})).submit()
    assert "Скидки для ПАРТНЁРОВ" in text_of(await boris.slash("/board партнёров"))


async def test_a_word_longer_than_any_index_can_hold_is_no_trouble(house: House) -> None:
    alice = house.person("Alice")
    pasted = "".join(chr(0x4E00 + 7 * n % 20_000) for n in range(3000))
    form = modal(await alice.slash("/request Pasted token"))
    receipt = modal(await (await form.fill({"Business problem": pasted})).submit())
    assert re.search(r"Got it, R-\d+ is on the board\.", receipt.text)


@once
async def test_text_too_long_for_a_title_is_offered_as_the_problem_too(house: House) -> None:
    alice = house.person("Alice")
    said = "They rebuild our numbers every month " * 20
    form = modal(await alice.slash(f"/request {said}"))
    assert form.value("Title") == said.strip()
    assert form.value("Business problem") == said.strip()
    refused = modal(await form.submit())
    assert "a title has room for 120. Put the rest in the problem." in refused.errors["Title"]
    receipt = modal(await (await refused.fill({"Title": "Numbers by hand"})).submit())
    assert re.search(r"Got it, R-\d+ is on the board\.", receipt.text)


# ---- the same form twice ------------------------------------------------------------------------


async def test_a_form_delivered_twice_at_once_is_one_request(house: House) -> None:
    alice = house.person("Alice")
    form = modal(await alice.slash("/request Double click"))
    await form.fill(FULL | {"Title": "Double click"})
    before = kept(house)
    house.slack.deliver_twice()
    try:
        receipt = modal(await form.submit())
    finally:
        house.slack.deliver_twice(False)
    assert "Double click" in receipt.text
    after = kept(house)
    assert after["request"] == before["request"] + 1
    assert after["ask"] == before["ask"] + 1
    await house.card("Double click", "1 company waits")


async def test_the_same_form_sent_again_says_that_it_is_there_once(house: House) -> None:
    alice = house.person("Alice")
    form = modal(await alice.slash("/request Sent again"))
    await form.fill(FULL | {"Title": "Sent again"})
    sent = view_of(form)
    await form.submit()
    before = kept(house)

    again = await send(house, alice, sent)
    assert "Sent again was on the board already, once: WSJF 1.0" in told(again)
    assert kept(house) == before


async def test_the_same_form_sent_again_with_other_values_becomes_an_edit(house: House) -> None:
    alice = house.person("Alice")
    form = modal(await alice.slash("/request Second thoughts"))
    await form.fill(FULL | {"Title": "Second thoughts"})
    sent = view_of(form)
    await form.submit()
    requests = kept(house)["request"]

    with changed(sent) as values:
        values["title"]["request_title"]["value"] = "Third thoughts"
        values["job_size"]["request_figure"]["selected_option"] = option("5")
    edited = await send(house, alice, sent)
    assert "Third thoughts is changed to what you sent last: WSJF 2.6" in told(edited)
    assert kept(house)["request"] == requests
    await house.card("Third thoughts", "WSJF 2.6", "size 5")

    with changed(sent) as values:
        values["job_size"]["request_figure"]["selected_option"] = None
        values["customers"]["customers"]["selected_options"] = []
        values["deal_size"]["deal_size"]["value"] = None
        values["close_date"]["close_date"]["selected_date"] = None
    emptied = await send(house, alice, sent)
    assert "now says what you sent last. It needs a size before it gets a place" in told(emptied)
    await house.card("Third thoughts", "needs a size", "No customer named yet")


async def test_an_edit_leaves_alone_what_others_have_decided(house: House) -> None:
    alice, tanya = house.person("Alice"), house.person("Tanya")
    form = modal(await alice.slash("/request Sized meanwhile"))
    await form.fill(FULL | {"Title": "Sized meanwhile"})
    sent = view_of(form)
    await form.submit()
    card = await house.card("Sized meanwhile")
    await (await modal(await tanya.press("Estimate", on=card)).fill({"Job size": 8})).submit()

    with changed(sent) as values:
        values["job_size"]["request_figure"]["selected_option"] = None
    await send(house, alice, sent)
    await house.card("Sized meanwhile", "Size 8")


async def test_somebody_elses_form_cannot_be_sent(house: House) -> None:
    alice, marek = house.person("Alice"), house.person("Marek")
    form = modal(await alice.slash("/request Only mine"))
    await form.fill(FULL | {"Title": "Only mine"})
    sent = view_of(form)
    await form.submit()
    before = kept(house)
    with changed(sent) as values:
        values["title"]["request_title"]["value"] = "Taken over"
    reply = await send(house, marek, sent)
    assert reply["errors"] == {"title": "This form belongs to somebody else. Open your own with /request."}
    assert kept(house) == before


# ---- what a client could not send, but somebody might -------------------------------------------


@pytest.mark.parametrize("figure", ["4", "abc", "0", "-1", "21", "8.0", "", "９", "9" * 5000])
@once
async def test_an_estimate_off_the_scale_is_refused_beside_its_field(house: House, figure: str) -> None:
    form = await estimate_form(house)
    sent = view_of(form)
    with changed(sent) as values:
        values["job_size"]["estimate_figure"]["selected_option"] = option(figure)
    before = kept(house)
    reply = await send(house, form.person, sent)
    assert reply["errors"] == {"job_size": "Choose 1, 2, 3, 5, 8, 13 or 20."}
    assert kept(house) == before

    new = modal(await house.person("Alice").slash("/request"))
    sent = view_of(new)
    with changed(sent) as values:
        values["title"]["request_title"]["value"] = " "
        values["value"]["request_figure"]["selected_option"] = option(figure)
        values["job_size"]["request_figure"]["selected_option"] = option(figure)
    reply = await send(house, new.person, sent)
    assert reply["errors"]["value"] == reply["errors"]["job_size"] == "Choose 1, 2, 3, 5, 8, 13 or 20."
    assert set(reply["errors"]) == {"title", "problem", "value", "job_size"}


@once
async def test_a_preview_off_the_scale_breaks_nothing(house: House) -> None:
    """Chosen in a forged menu; the form is told in words and still submits."""
    form = await estimate_form(house)
    spot = next(s for s in form.view.spots() if s.label == "Job size")
    acts, tanya = house.slack.acts, form.person
    acts.hold(tanya.user, form.view, spot, {"type": "static_select", "selected_option": option("0")})
    seen = await tanya.do(acts.act(tanya.user, form.view, spot, {"selected_option": option("0")}), wait=3)
    assert "Choose 1, 2, 3, 5, 8, 13 or 20." in text_of(seen)


@pytest.mark.parametrize(
    "memory", ["", "{}", "null", "[]", "not json", '{"key": 1}', '{"key": "x", "extra": 1}', '{"key": "\\u0000"}']
)
@once
async def test_a_form_that_forgot_what_it_is_says_so(house: House, memory: str) -> None:
    alice = house.person("Alice")
    form = modal(await alice.slash("/request"))
    await form.fill(FULL)
    before = kept(house)
    reply = await send(house, alice, {**view_of(form), "private_metadata": memory})
    assert reply["errors"] == {"title": "This form is from an older Tandem. Close it and open it again."}
    assert kept(house) == before


@pytest.mark.parametrize("number", [0, -1, 999_999, 2**70, None])
async def test_an_estimate_for_a_request_that_is_gone_is_refused(house: House, number: int | None) -> None:
    form = await estimate_form(house)
    sent = view_of(form)
    sent["private_metadata"] = json.dumps(json.loads(sent["private_metadata"]) | {"number": number})
    before = kept(house)
    reply = await send(house, form.person, sent)
    gone = "There is no R-999999 on the board. /board lists what is there."
    stale = "This form is from an older Tandem. Close it and open it again."
    assert reply["errors"] == {"value": gone if number == 999_999 else stale}
    assert kept(house) == before


@pytest.mark.parametrize("status", ["released", "declined"])
@once
async def test_a_request_closed_meanwhile_takes_no_estimate_and_no_customer(house: House, status: str) -> None:
    alice, tanya = house.person("Alice"), house.person("Tanya")
    title = f"Closed as {status}"
    form = modal(await alice.slash(f"/request {title}"))
    await (await form.fill({"Business problem": "Something else came first."})).submit()
    card = await house.card(title)
    sizing = modal(await tanya.press("Estimate", on=card))
    joining = modal(await alice.press("Add my customer", on=card))
    await joining.fill({"Customers": ["Acme Bank"]})
    await sizing.fill({"Job size": 5})
    close(house, title, status)
    before = kept(house)

    new = "If the need is new, file it as its own request."
    late = modal(await sizing.submit())
    assert late.errors == {
        "User/Business value": f"This request is already {status}, so its estimate is closed. {new}"
    }
    assert late.value("Job size") == "5 · a month" or late.value("Job size").startswith("5 ·")
    late = modal(await joining.submit())
    assert late.errors == {"Customers": f"This request is already {status}, so no customer can join it. {new}"}
    assert kept(house) == before

    pressed = modal(await tanya.press("Estimate", on=card))
    assert f"This request is already {status}, so its estimate is closed. {new}" in pressed.text
    assert status in text_of(await tanya.slash(f"/board {title}"))


@pytest.mark.parametrize(
    "twist",
    [
        {},
        {"values": {}},
        {"values": {"title": {}}},
        {"values": {"title": {"request_title": {"type": "plain_text_input", "value": None}}}},
        {"values": {"title~x": {"request_title": {"type": "plain_text_input", "value": "x"}}}},
    ],
)
@once
async def test_a_form_without_its_fields_asks_for_them(house: House, twist: dict[str, Any]) -> None:
    alice = house.person("Alice")
    form = modal(await alice.slash("/request"))
    before = kept(house)
    reply = await send(house, alice, {**view_of(form), "state": twist})
    assert reply["errors"]["problem"] == "Say what the customer can't do today, and what it costs them."
    assert kept(house) == before


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("close_date", {"selected_date": "31 December"}, "Please choose this one again."),
        ("close_date", {"selected_date": "2026-13-45"}, "Please choose this one again."),
        ("source", {"selected_option": {"value": "rumour"}}, "Please choose this one again."),
        (
            "customers",
            {"selected_options": [{"value": "nobody-we-know"}]},
            "One of these customers is no longer known. Choose again.",
        ),
        (
            "customers",
            {"selected_options": [{"value": "acme\0\ud800"}]},
            "One of these customers is no longer known. Choose again.",
        ),
        (
            "customers",
            {"selected_options": [{"value": "new:   "}]},
            "A customer's name has 1 to 71 characters.",
        ),
        (
            "customers",
            {"selected_options": [{"value": f"new:{'x' * 72}"}]},
            "A customer's name has 1 to 71 characters.",
        ),
        (
            "customers",
            {"selected_options": [{"value": f"new:{n}"} for n in range(26)]},
            "Choose at most 25 customers at once.",
        ),
    ],
)
@once
async def test_a_forged_value_is_refused_beside_its_field(
    house: House, field: str, value: dict[str, Any], said: str
) -> None:
    alice = house.person("Alice")
    form = modal(await alice.slash("/request"))
    await form.fill({"Title": "Forged", "Business problem": "Forged."})
    sent = view_of(form)
    with changed(sent) as values:
        action = next(iter(values[field]))
        values[field][action] = value
    before = kept(house)
    reply = await send(house, alice, sent)
    assert reply["errors"] == {field: said}
    assert kept(house) == before


@pytest.mark.parametrize("value", ["", "abc", "R-", "-1", "9" * 400, "999999"])
@once
async def test_a_button_that_names_no_request_says_where_to_find_one(house: House, value: str) -> None:
    tanya = house.person("Tanya")
    card = await a_card(house)
    acts = house.slack.acts
    spot = next(s for s in spots_of(card) if s.element.get("action_id") == "estimate")
    forged = type(spot)(spot.block, {**spot.element, "value": value})
    seen = modal(await tanya.do(acts.act(tanya.user, card.post, forged, {}), wait=3))
    gone = "There is no R-999999 on the board."
    assert (gone if value == "999999" else "This button is from an older Tandem.") in seen.text


# ---- who may not --------------------------------------------------------------------------------

NOT_FOR_GUESTS = "Tandem is for full members. Ask the colleague who invited you to file this for you."
NOT_FROM_HERE = "Tandem serves the workspace it is installed in. Ask a colleague there to do this for you."
NOBODY = "I can't find you in this workspace's directory."


@once
async def test_a_guest_is_told_whom_to_ask(house: House) -> None:
    await house.slack.add_user(User("Gus", is_restricted=True))
    gus, card, before = house.person("Gus"), await a_card(house), kept(house)
    assert text_of(await gus.slash("/request k8s")) == f"{NOT_FOR_GUESTS}\nYou typed: /request k8s"
    assert text_of(await gus.slash("/board")) == NOT_FOR_GUESTS
    assert NOT_FOR_GUESTS in text_of(await gus.press("Estimate", on=card))
    assert NOT_FOR_GUESTS in text_of(await gus.press("Add my customer", on=card))
    assert NOT_FOR_GUESTS in text_of(await gus.shortcut("New request"))
    assert NOT_FOR_GUESTS in text_of(await gus.shortcut("Add to the board", on=card))
    assert (await gus.home()).text == NOT_FOR_GUESTS
    assert kept(house) == before


@once
async def test_somebody_of_another_team_is_told_whom_to_ask(house: House) -> None:
    await house.slack.add_user(User("Fay", team="Globex"))
    fay, card, before = house.person("Fay"), await a_card(house), kept(house)
    assert NOT_FROM_HERE in text_of(await fay.press("Estimate", on=card))
    assert NOT_FROM_HERE in text_of(await fay.press("Add my customer", on=card))
    assert kept(house) == before


@once
async def test_rights_are_checked_again_when_a_form_is_sent(house: House) -> None:
    """Made a guest, or gone, between opening the form and sending it."""
    await house.slack.add_user(User("Gail"))
    gail = house.person("Gail")
    form = modal(await gail.slash("/request"))
    await form.fill(FULL)
    sent, before = view_of(form), kept(house)
    await house.slack.change_user("Gail", is_restricted=True)
    assert (await send(house, gail, sent))["errors"] == {"title": NOT_FOR_GUESTS}
    await house.slack.change_user("Gail", is_restricted=False, deleted=True)
    assert NOBODY in (await send(house, gail, sent))["errors"]["title"]
    assert kept(house) == before
    await house.slack.change_user("Gail", deleted=False)
    assert "is on the board" in told(await send(house, gail, sent))


@once
async def test_a_guest_learns_nothing_from_a_message_that_is_on_the_board(house: House) -> None:
    alice = house.person("Alice")
    message = await alice.say("#general", "Secret roadmap wish")
    form = modal(await alice.shortcut("Add to the board", on=message))
    await (await form.fill({"Title": "Secret roadmap"})).submit()
    await house.slack.add_user(User("Gina", is_ultra_restricted=True))
    seen = text_of(await house.person("Gina").shortcut("Add to the board", on=message))
    assert NOT_FOR_GUESTS in seen
    assert "Secret" not in seen


# ---- markup -------------------------------------------------------------------------------------

HOSTILE = [
    "<!channel> now",
    "<!here> <!everyone>",
    "<!subteam^S123> look",
    "<@U123> and <@W9|bob>",
    "<#C123|secret>",
    "<http://evil.example|click>",
    "http://evil.example and mailto:a@b.example",
    "&lt;!channel&gt; &amp;lt;",
    "*bold* _it_ ~no~",
    "`code` ```more```",
    "> quote",
    "two\nlines\r\nof\u2028title",
    "\u202egnp.exe",
    "zero\u200bwidth\u200dhere",
    "nul\0bell\x07",
    "half \ud800 a pair",
    ":tada: :slightly_smiling_face:",
    "{title} %s {0} ${x}",
    "'; DROP TABLE request; --",
    "x" + "&" * 119,
    "<" * 120,
    "\ufdfa" * 120,
    "a" + "\u0301" * 100,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@on_postgres
async def test_markup_is_only_text_wherever_it_is_shown(house: House, text: str) -> None:
    """In every field at once; every payload that went out is looked at, and people read what was typed."""
    alice, tanya = house.person("Alice"), house.person("Tanya")
    house.slack.traffic.clear()
    failures = len(alice.errors) + len(tanya.errors)
    asked = modal(await send_command(house, alice, "/request", text))
    long = (text * 40)[:3000]
    sent = view_of(asked)
    customer = text[:71]
    with changed(sent) as values:
        values["title"]["request_title"]["value"] = text
        values["problem"]["problem"]["value"] = long
        values["customers"]["customers"]["selected_options"] = [{"value": f"new:{customer}"}]
    asked.view.spec["private_metadata"] = sent["private_metadata"]
    reply = await send(house, alice, sent)
    assert reply.get("response_action") == "update", reply
    number = number_in(told(reply))
    title, problem = one_line(clean(text)), one_line(clean(long))

    card = await house.card(title[:60])
    assert title in card.text
    assert problem[:200] in card.text
    sizing = modal(await tanya.press("Estimate", on=card))
    assert title in sizing.text
    assert clean(long)[:500] in sizing.text
    await sizing.fill({"Job size": 5, "User/Business value": 20, "Time criticality": 20, "Risk reduction": 20})
    assert title in modal(await sizing.submit()).text
    joining = modal(await alice.press("Add my customer", on=card))
    assert title in joining.text
    offered = await joining.suggestions("Customers", one_line(clean(text))[:60])
    assert all(name == one_line(name) for name in offered)
    await joining.fill({"Customers": [offered[-1]]})
    assert title in modal(await joining.submit()).text
    assert title in text_of(await send_command(house, alice, "/board", f"R-{number}"))
    found = await send_command(house, alice, "/board", text)
    assert isinstance(found.text, str)
    assert title[:60] in (await alice.home()).text
    similar = modal(await send_command(house, alice, "/request", text))
    if re.search(r"\w", title):
        assert title in similar.text
    await alice.shortcut("Add to the board", on=await alice.say("#general", clean(text)))
    await send_command(house, alice, "/tandem", text)

    assert len(alice.errors) + len(tanya.errors) == failures, (alice.errors, tanya.errors)
    assert not [(c.method, c.answer) for c in house.slack.traffic.calls if not c.ok]
    assert not [d.failed for d in house.slack.traffic.deliveries if d.failed]
    assert list(wakes(house)) == []


def wakes(house: House) -> Iterator[str]:
    """Everything that went out and would mention, link or style something that a user wrote."""
    ours = f"<#{house.slack.channel_id('#board')}>"
    for payload in house.slack.traffic.outgoing():
        for said in mrkdwn(json.loads(payload)):
            if re.search(r"<[^<>]*>|<|>", said.replace(ours, "")):
                yield said
        if '"link_names"' in payload or '"parse"' in payload:
            yield payload


def mrkdwn(part: Any) -> Iterator[str]:
    """Every text that Slack would read as mrkdwn, and everything in a rich text that is not plain text."""
    match part:
        case {"type": "mrkdwn", "text": str(text), **rest}:
            assert rest.get("verbatim") is True, "Slack would make links and mentions out of it"
            yield text
            return
        case {"type": "rich_text_section", "elements": list(pieces)}:
            yield from (f"<{piece['type']}>" for piece in pieces if piece["type"] != "text")
            return
        case {"type": "modal" | "home" | "plain_text"}:
            pass
        case {"text": str(text)}:
            yield text
    if isinstance(part, dict):
        for value in part.values():
            yield from mrkdwn(value)
    elif isinstance(part, list):
        for value in part:
            yield from mrkdwn(value)
    elif isinstance(part, str) and part[:1] in "[{":
        try:
            yield from mrkdwn(json.loads(part))
        except ValueError:
            return


# ---- how it is done -----------------------------------------------------------------------------


def kept(house: House) -> dict[str, int]:
    """How many rows of each kind the database holds."""
    engine = create_engine(plain(house.settings.database_url.get_secret_value()))
    try:
        with engine.connect() as connection:
            tables = [t for t in KEPT if t is not notice]
            return {t.name: connection.scalar(select(func.count()).select_from(t)) or 0 for t in tables}
    finally:
        engine.dispose()


def close(house: House, title: str, status: str) -> None:
    """Somebody has closed a request; there is no door for it yet."""
    engine = create_engine(plain(house.settings.database_url.get_secret_value()))
    try:
        with engine.begin() as connection:
            connection.execute(
                update(request).where(request.c.title == title).values(status=status, rank_score=None)
            )
    finally:
        engine.dispose()


def view_of(form: Modal) -> dict[str, Any]:
    """What Slack would send of a form now."""
    return deepcopy(form.person.acts.views.json(form.view))


@contextmanager
def changed(view: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield view["state"]["values"]


async def send(house: House, person: Person, view: dict[str, Any]) -> dict[str, Any]:
    """Submit a view as it stands in a payload, whatever a client would allow."""
    acts, user = house.slack.acts, person.user
    about = {"trigger_id": house.slack.state.trigger(user.id), "view": view, "response_urls": []}
    return await house.slack.courier.ask("interactive", acts._payload("view_submission", user) | about)


async def send_command(house: House, person: Person, name: str, text: str) -> Any:
    """A command with text that no keyboard gives."""
    place = house.slack.state.direct(person.user.id)
    return await person.do(house.slack.acts.command(person.user, place, name, text), place, wait=3)


def told(reply: dict[str, Any]) -> str:
    """The modal that a reply puts in place of the form, as plain words."""
    assert reply.get("response_action") == "update", reply
    return "".join(
        re.findall(r'"text": "((?:[^"\\]|\\.)*)"', json.dumps(reply["view"]["blocks"], ensure_ascii=False))
    )


def text_of(seen: Any) -> str:
    assert seen is not None, "nothing was seen"
    return str(seen.text)


def option(value: str) -> dict[str, Any]:
    return {"text": {"type": "plain_text", "text": value}, "value": value}


def number_in(text: str) -> int:
    found = re.search(r"R-(\d+)", text)
    assert found, text
    return int(found[1])


def spots_of(message: Any) -> list[Any]:
    from sandbox import inputs

    return list(inputs.spots(message.blocks))


async def a_card(house: House) -> Any:
    """Some request's card."""
    if not house.board():
        form = modal(await house.person("Alice").slash("/request Any request"))
        await (await form.fill({"Business problem": "Any problem."})).submit()
        await house.card("Any request")
    return house.board()[0]


async def estimate_form(house: House) -> Modal:
    return modal(await house.person("Tanya").press("Estimate", on=await a_card(house)))
