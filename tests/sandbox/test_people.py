"""Scenarios: people at their client, a little app behind it, over sockets and over HTTP."""

import re
from collections.abc import AsyncIterator
from datetime import date, datetime, time
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp

from sandbox import CannotDo, Failure, Home, Message, Modal, Sandbox, Timing
from tests.sandbox.apps import WAYS, bolt, button, field, home, line, modal, opened, over_socket, plain, section

SIZES = [{"text": plain(f"{n} points"), "value": str(n)} for n in (1, 2, 3)]


@pytest.fixture
async def slack() -> AsyncIterator[Sandbox]:
    async with opened() as slack:
        yield slack


def opens(app: AsyncApp, view: dict[str, Any]) -> list[Any]:
    """/request opens this view; what is submitted is collected."""
    submitted: list[Any] = []

    @app.command("/request")
    async def open_view(ack: Any, body: Any, client: Any) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=view)
        await ack()

    @app.view("form")
    async def take(ack: Any, body: Any) -> None:
        submitted.append(body["view"]["state"]["values"])
        await ack()

    return submitted


def board_app(slack: Sandbox) -> AsyncApp:
    """A form whose submission becomes a card with a button."""
    app = bolt(slack)

    @app.command("/request")
    async def open_form(ack: Any, body: Any, client: Any) -> None:
        view = modal(line(initial=body["text"], hint=plain("In a few words.")), line("Why", optional=True))
        await client.views_open(trigger_id=body["trigger_id"], view=view)
        await ack()

    @app.view("form")
    async def file(ack: Any, body: Any, view: Any, client: Any) -> None:
        title = view["state"]["values"]["Title"]["it"]["value"]
        if title == "bad":
            await ack(response_action="errors", errors={"Title": "Not this one."})
            return
        card = [section(f"*{title}* by <@{body['user']['id']}>"), {"type": "actions", "elements": [button("Like")]}]
        await client.chat_postMessage(channel=slack.channel_id("#board"), text=title, blocks=card)
        await ack(response_action="update", view=modal(section(f"{title} is filed."), title="Done"))

    @app.action("press")
    async def like(ack: Any, body: Any, client: Any) -> None:
        where = body["container"]
        liked = [section(f"Liked by <@{body['user']['id']}>")]
        await client.chat_update(channel=where["channel_id"], ts=where["message_ts"], text="Liked", blocks=liked)
        await ack()

    @app.event("app_home_opened")
    async def show_home(event: Any, client: Any) -> None:
        await client.views_publish(user_id=event["user"], view=home(section("*Welcome*")))

    @app.event("message")
    async def hear() -> None: ...

    return app


@pytest.mark.parametrize("way", WAYS)
async def test_a_request_is_filed_liked_and_seen(slack: Sandbox, way: str) -> None:
    async with WAYS[way](slack, board_app(slack)):
        alice = slack.person("Alice")
        form = await alice.slash("/request k8s", channel="#board")
        assert isinstance(form, Modal)
        assert form.text == "New\nTitle: k8s\nIn a few words.\nWhy (optional):\n[Cancel] [File]"

        await form.fill({"Title": None})
        assert await form.submit() == form
        assert form.errors == {"Title": "Please complete this required field."}
        await form.fill({"Title": "bad"})
        assert await form.submit() == form
        assert form.errors == {"Title": "Not this one."}
        assert "! Not this one." in form.text
        await form.fill({"Title": "k8s-connector"})
        receipt = await form.submit()
        assert receipt is not None
        assert receipt.text == "Done\nk8s-connector is filed.\n[Cancel] [File]"

        (card,) = slack.messages("#board")
        assert (card.text, card.buttons) == ("k8s-connector by @Alice\n[Like]", ["Like"])
        bob = slack.person("Bob Brown")
        assert await bob.press("Like", on=card) == card
        assert (card.text, card.edited) == ("Liked by @Bob Brown", True)

        assert (await alice.home()).text == "Welcome"
        assert alice.seen[-1] == "Welcome"
        assert not alice.errors


async def test_without_an_answer_the_person_reads_so() -> None:
    async with opened(Timing(ack=0.05)) as slack:
        alice = slack.person("Alice")
        failed = Failure("/request failed because the app did not respond")
        assert await alice.slash("/request") == failed
        app = bolt(slack)
        opens(app, modal())
        app.command("/whois")(_never)
        async with over_socket(slack, app):
            assert await alice.slash("/whois") == Failure("/whois failed because the app did not respond")
            assert await alice.slash("/unheard-of") == Failure("/unheard-of is not a valid command.")
            form = await alice.slash("/request")
        assert isinstance(form, Modal)
        await form.fill({"Title": "x"})
        assert await form.submit() == form
        assert form.errors == {"": "We had some trouble connecting. Try again?"}


async def _never(body: Any) -> None:
    """Returns without an ack."""


async def test_an_answer_in_the_ack_or_by_response_url(slack: Sandbox) -> None:
    app = bolt(slack)

    @app.command("/whois")
    async def answer(ack: Any, command: Any, respond: Any) -> None:
        await ack(text=f"You asked for {command['text']}")
        await respond(text="Everybody!", response_type="in_channel")

    async with over_socket(slack, app):
        alice = slack.person("Alice")
        seen = await alice.slash("/whois @Bob Brown in #board", channel="#sales")
        assert isinstance(seen, Message)
        assert seen.ephemeral
        assert seen.text == "You asked for @Bob Brown in #board"
        assert [message.text for message in slack.messages("#sales")] == ["Everybody!"]
        assert f"<@{slack.user_id('Bob Brown')}>" in slack.traffic.deliveries[0].payload["text"]


EVERY_FIELD = (
    (field("Text", {"type": "plain_text_input"}), "Hi", {"value": "Hi"}, "Hi"),
    (field("Mail", {"type": "email_text_input"}), "a@b.co", {"value": "a@b.co"}, "a@b.co"),
    (field("Link", {"type": "url_text_input"}), "https://b.co", {"value": "https://b.co"}, "https://b.co"),
    (field("Number", {"type": "number_input", "is_decimal_allowed": False}), 8, {"value": "8"}, "8"),
    (field("Size", {"type": "static_select", "options": SIZES}), 2, {"selected_option": SIZES[1]}, "2 points"),
    (
        field("Sizes", {"type": "multi_static_select", "options": SIZES}),
        ["3 points", 1],
        {"selected_options": [SIZES[2], SIZES[0]]},
        ["3 points", "1 points"],
    ),
    (field("One", {"type": "radio_buttons", "options": SIZES}), 1, {"selected_option": SIZES[0]}, "1 points"),
    (field("Some", {"type": "checkboxes", "options": SIZES}), [1], {"selected_options": SIZES[:1]}, ["1 points"]),
    (field("User", {"type": "users_select"}), "Alice", {"selected_user": "U:Alice"}, "Alice"),
    (field("Users", {"type": "multi_users_select"}), ["Alice"], {"selected_users": ["U:Alice"]}, ["Alice"]),
    (field("Place", {"type": "conversations_select"}), "#board", {"selected_conversation": "C:#board"}, "board"),
    (
        field("Places", {"type": "multi_channels_select"}),
        ["#board"],
        {"selected_channels": ["C:#board"]},
        ["board"],
    ),
    (field("Day", {"type": "datepicker"}), date(2026, 11, 22), {"selected_date": "2026-11-22"}, "2026-11-22"),
    (field("Time", {"type": "timepicker"}), time(9, 5), {"selected_time": "09:05"}, "09:05"),
    (
        field("Moment", {"type": "datetimepicker"}),
        datetime.fromisoformat("2026-11-22T10:00:00+01:00"),
        {"selected_date_time": 1795338000},
        1795338000,
    ),
)


def with_ids(value: Any, slack: Sandbox) -> Any:
    match value:
        case str() if value.startswith("U:"):
            return slack.user_id(value[2:])
        case str() if value.startswith("C:"):
            return slack.channel_id(value[2:])
        case list():
            return [with_ids(each, slack) for each in value]
        case _:
            return value


@pytest.mark.parametrize(("block", "wanted", "held", "read"), EVERY_FIELD, ids=lambda v: str(v)[:20])
async def test_every_field_holds_what_slack_would_send(
    slack: Sandbox, block: dict[str, Any], wanted: Any, held: dict[str, Any], read: Any
) -> None:
    app = bolt(slack)
    submitted = opens(app, modal(block))
    async with over_socket(slack, app):
        form = await slack.person("Alice").slash("/request")
        assert isinstance(form, Modal)
        (label,) = form.labels
        await form.fill({label: wanted})
        assert form.value(label) == read
        assert await form.submit() is None
    expected = {name: with_ids(value, slack) for name, value in held.items()}
    assert submitted == [{label: {"it": {"type": block["element"]["type"], **expected}}}]


async def test_rich_text_is_kept_as_slack_keeps_it(slack: Sandbox) -> None:
    app = bolt(slack)
    submitted = opens(app, modal(field("Text", {"type": "rich_text_input"}, optional=True)))
    async with over_socket(slack, app):
        for wanted in (None, "Hi"):
            form = await slack.person("Alice").slash("/request")
            assert isinstance(form, Modal)
            await form.fill({"Text": wanted})
            assert form.value("Text") == wanted
            await form.submit()
    assert submitted[0] == {"Text": {"it": {"type": "rich_text_input"}}}
    assert submitted[1]["Text"]["it"]["rich_text_value"]["elements"][0]["type"] == "rich_text_section"


@pytest.mark.parametrize(
    ("block", "wanted", "complaint"),
    [
        (field("F", {"type": "number_input", "is_decimal_allowed": False}), "many", "Please enter a valid number."),
        (field("F", {"type": "number_input", "is_decimal_allowed": False}), 1.5, "Please enter a whole number."),
        (
            field("F", {"type": "number_input", "is_decimal_allowed": True, "min_value": "1", "max_value": "3"}),
            4,
            "Please enter a number between 1 and 3.",
        ),
        (field("F", {"type": "email_text_input"}), "nobody", "Please enter a valid email address."),
        (field("F", {"type": "url_text_input"}), "b.co", "Please enter a valid URL."),
        (field("F", {"type": "plain_text_input", "min_length": 3}), "ab", "Please enter at least 3 characters."),
    ],
)
async def test_slacks_client_complains_before_it_sends(
    slack: Sandbox, block: dict[str, Any], wanted: Any, complaint: str
) -> None:
    app = bolt(slack)
    submitted = opens(app, modal(block))
    async with over_socket(slack, app):
        form = await slack.person("Alice").slash("/request")
        assert isinstance(form, Modal)
        await form.fill({"F": wanted})
        await form.submit()
    assert form.errors == {"F": complaint}
    assert submitted == []


async def test_a_searched_menu_asks_the_app(slack: Sandbox) -> None:
    app = bolt(slack)
    element = {"type": "multi_external_select", "action_id": "customers", "min_query_length": 2}
    submitted = opens(app, modal(field("Customers", element)))

    @app.options("customers")
    async def offer(ack: Any, payload: Any) -> None:
        names = [name for name in ("Acme Bank", "Acme Rail") if payload["value"] in name]
        await ack(options=[{"text": plain(name), "value": name.lower()} for name in names])

    async with over_socket(slack, app):
        form = await slack.person("Alice").slash("/request")
        assert isinstance(form, Modal)
        assert await form.suggestions("Customers", "Acme") == ["Acme Bank", "Acme Rail"]
        assert await form.suggestions("Customers", "A") == []
        await form.fill({"Customers": ["Acme Bank"]})
        with pytest.raises(CannotDo, match="not offered"):
            await form.fill({"Customers": ["Nobody"]})
        await form.submit()
    assert submitted[0]["Customers"]["customers"]["selected_options"][0]["value"] == "acme bank"


async def test_a_field_keeps_what_it_holds_while_its_id_stays(slack: Sandbox) -> None:
    app = bolt(slack)
    size = field("Size", {"type": "static_select", "action_id": "size", "options": SIZES}, dispatch_action=True)
    opens(app, modal(line(), line("Why"), size))

    @app.action("size")
    async def chosen(ack: Any, body: Any, client: Any) -> None:
        view, value = body["view"], body["actions"][0]["selected_option"]["value"]
        assert view["state"]["values"]["Title"]["it"]["value"] == "typed"
        renewed = line("Why", initial="suggested") | {"block_id": "Why~2"}
        redrawn = modal(line(initial="ignored"), renewed, size, section(f"Size {value}"))
        await client.views_update(view_id=view["id"], hash=view["hash"], view=redrawn)
        await ack()

    async with over_socket(slack, app):
        form = await slack.person("Alice").slash("/request")
        assert isinstance(form, Modal)
        await form.fill({"Title": "typed", "Why": "dropped", "Size": 3})
        assert form.value("Title") == "typed"
        assert form.value("Why") == "suggested"
        assert "Size 3" in form.text


async def test_the_enter_key_tells_the_app(slack: Sandbox) -> None:
    app = bolt(slack)
    opens(app, modal(line(dispatch_action=True), line("Why")))

    @app.action("it")
    async def entered(ack: Any, body: Any, action: Any, client: Any) -> None:
        again = modal(line(dispatch_action=True), section(f"Like {action['value']}?"))
        await client.views_update(view_id=body["view"]["id"], view=again)
        await ack()

    async with over_socket(slack, app):
        form = await slack.person("Alice").slash("/request")
        assert isinstance(form, Modal)
        await form.fill({"Title": "k8s"})
        with pytest.raises(CannotDo):
            await form.enter("Why")
        await form.enter("Title")
        assert "Like k8s?" in form.text


async def test_modals_are_pushed_closed_and_cleared(slack: Sandbox) -> None:
    app = bolt(slack)
    closed: list[tuple[str, bool]] = []
    opens(app, modal(line(optional=True), title="One", callback_id="one", notify_on_close=True))

    @app.view("one")
    async def push(ack: Any) -> None:
        await ack(
            response_action="push", view=modal(section("x"), title="Two", callback_id="two", notify_on_close=True)
        )

    @app.view("two")
    async def clear(ack: Any) -> None:
        await ack(response_action="clear")

    @app.view_closed(re.compile("one|two"))
    async def gone(ack: Any, body: Any) -> None:
        closed.append((body["view"]["callback_id"], body["is_cleared"]))
        await ack()

    async with over_socket(slack, app):
        alice = slack.person("Alice")
        one = await alice.slash("/request")
        assert isinstance(one, Modal)
        two = await one.submit()
        assert two is not None
        assert two.title == "Two"
        with pytest.raises(CannotDo, match="not in front"):
            await one.submit()
        assert await two.close() == one
        assert closed == [("two", False)]
        two = await one.submit()
        assert two is not None
        assert await two.submit() is None
        assert not one.is_open
        one = await alice.slash("/request")
        assert isinstance(one, Modal)
        await one.submit()
        two = alice.modal
        assert two is not None
        await two.dismiss()
        assert closed[1:] == [("two", True), ("one", True)]
        assert alice.modal is None


async def test_shortcuts_are_those_of_the_manifest(slack: Sandbox) -> None:
    app = bolt(slack)

    @app.shortcut("new")
    async def new(ack: Any, body: Any, client: Any) -> None:
        assert "channel" not in body
        await client.views_open(trigger_id=body["trigger_id"], view=modal())
        await ack()

    @app.shortcut("add")
    async def add(ack: Any, body: Any, client: Any, respond: Any) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=modal(line(initial=body["message"]["text"])))
        await ack()

    @app.event("message")
    async def hear() -> None: ...

    async with over_socket(slack, app):
        alice = slack.person("Alice")
        said = await alice.say("#board", "We need this")
        form = await alice.shortcut("Add to the board", on=said)
        assert isinstance(form, Modal)
        assert form.value("Title") == "We need this"
        assert isinstance(await alice.shortcut("New request"), Modal)
        with pytest.raises(CannotDo, match="no global shortcut"):
            await alice.shortcut("Add to the board")


async def test_menus_and_overflows_outside_a_form(slack: Sandbox) -> None:
    app = bolt(slack)
    sort = {"type": "static_select", "action_id": "sort", "placeholder": plain("Sort"), "options": SIZES}
    more = {"type": "overflow", "action_id": "more", "options": SIZES}

    @app.event("app_home_opened")
    async def show(event: Any, client: Any) -> None:
        view = home(section("Board", accessory=more), {"type": "actions", "elements": [sort, button("Go")]})
        await client.views_publish(user_id=event["user"], view=view)

    @app.action({"action_id": "sort"})
    @app.action({"action_id": "more"})
    async def sorted_(ack: Any, body: Any, client: Any) -> None:
        chosen = body["actions"][0]["selected_option"]["text"]["text"]
        await client.views_publish(user_id=body["user"]["id"], view=home(section(f"{chosen}!")))
        await ack()

    async with over_socket(slack, app):
        alice = slack.person("Alice")
        start = await alice.home()
        assert start.text == "Board\n[...]\n[(Sort)] [Go]"
        with pytest.raises(CannotDo, match="no 'Stop'"):
            await alice.press("Stop", on=start)
        with pytest.raises(CannotDo, match="not offered"):
            await alice.choose("Sort", "9 points", on=start)
        seen = await alice.choose("Sort", "2 points", on=start)
        assert isinstance(seen, Home)
        assert seen.text == "2 points!"
        again = await alice.choose("...", "3 points", on=await alice.home())
        assert isinstance(again, Home)
        assert again.text == "3 points!"


async def test_what_a_person_cannot_do(slack: Sandbox) -> None:
    app = bolt(slack)
    opens(app, modal(field("Short", {"type": "plain_text_input", "max_length": 3})))
    async with over_socket(slack, app):
        alice, guest, pat, dora = (slack.person(name) for name in ("Alice", "Gina Guest", "Pat", "Dora"))
        form = await alice.slash("/request")
        assert isinstance(form, Modal)
        with pytest.raises(CannotDo, match="4 characters do not fit into a field of 3"):
            await form.fill({"Short": "long"})
        with pytest.raises(CannotDo, match="line break"):
            await form.fill({"Short": "a\nb"})
        with pytest.raises(CannotDo, match="no 'Long' here"):
            await form.fill({"Long": "x"})
        with pytest.raises(CannotDo, match="not supported in threads"):
            await alice.slash("/request", channel="#sales", thread=await alice.say("#sales", "Hi"))
        with pytest.raises(CannotDo, match="not in #sales"):
            await guest.slash("/request", channel="#sales")
        with pytest.raises(CannotDo, match="another workspace"):
            await pat.slash("/request", channel="#partners")
        with pytest.raises(CannotDo, match="deactivated"):
            await dora.say("#board", "Boo")
        with pytest.raises(CannotDo, match="archived"):
            await alice.say("#old", "Hi")


async def test_a_private_answer_is_for_one_pair_of_eyes(slack: Sandbox) -> None:
    app = bolt(slack)

    @app.command("/request")
    async def answer(ack: Any) -> None:
        await ack(text="Psst", blocks=[section("Psst"), {"type": "actions", "elements": [button("Open")]}])

    @app.action("press")
    async def replace(ack: Any, body: Any, respond: Any) -> None:
        assert "message" not in body
        await respond(text="Opened", replace_original=True)
        await ack()

    async with over_socket(slack, app):
        alice = slack.person("Alice")
        seen = await alice.slash("/request", channel="#board")
        assert isinstance(seen, Message)
        with pytest.raises(CannotDo, match="does not see"):
            await slack.person("Bob Brown").press("Open", on=seen)
        await alice.press("Open", on=seen)
        assert [message.text for message in alice.ephemerals()] == ["Opened"]
