"""The page as a browser gets it: who sees what, what is refused, and that what people write stays words."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from html.parser import HTMLParser
from typing import Any

import pytest
from aiohttp import ClientSession, WSServerHandshakeError

from sandbox import Channel, Sandbox, User, Workspace
from sandbox.faults import RateLimited
from sandbox.page import Control, Step
from tests.sandbox import apps

HOSTILE = (
    "<script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    '"><svg onload=window.hacked=1>',
    "'><iframe srcdoc='<script>parent.hacked=1</script>'>",
    "</textarea><script>window.hacked=1</script>",
    "</title><script>window.hacked=1</script>",
    '<https://x.example/" onmouseover="window.hacked=1|click>',
    "<javascript:window.hacked=1|click>",
    "[click](javascript:window.hacked=1)",
    "<data:text/html,<script>alert(1)</script>|click>",
    "&lt;script&gt;window.hacked=1&lt;/script&gt;",
    "&#60;script&#62;window.hacked=1&#60;/script&#62;",
    "{{ 7 * 7 }}{% raw %}<b onclick=window.hacked=1>",
    '<!date^1^{date}" onclick="window.hacked=1|<b>>',
    '<@U123|"><script>window.hacked=1</script>>',
    "```<script>window.hacked=1</script>```",
    "`</code><script>window.hacked=1</script>`",
    "\u202e<script>\u2066window.hacked=1</script>",
    "<style>*{display:none}</style><link rel=stylesheet href=//x.example/x>",
    "<math><mtext></p><base href=//x.example/><form action=//x.example><input name=x>",
)


class Markup(HTMLParser):
    """What a browser would make of a page: its elements, its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


class Browser:
    """Somebody at the page."""

    def __init__(self, slack: Sandbox, session: ClientSession) -> None:
        self.slack = slack
        self.session = session

    async def see(self, address: str, **headers: str) -> str:
        async with self.session.get(self.slack.url + address, headers=headers) as response:
            assert response.status == 200, await response.text()
            return await response.text()

    async def act(self, person: str, act: str, **what: Any) -> Mapping[str, Any]:
        body = {"as": self.slack.user_id(person), "act": act, **what}
        async with self.session.post(f"{self.slack.url}/page/act", json=body) as response:
            assert response.status == 200, await response.text()
            answer: Mapping[str, Any] = await response.json()
            return answer


@pytest.fixture
async def slack() -> AsyncIterator[Sandbox]:
    async with apps.opened() as opened:
        yield opened


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as opened:
        yield opened


@pytest.fixture
def browser(slack: Sandbox, session: ClientSession) -> Browser:
    return Browser(slack, session)


# -- who may ask


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:80", "192.168.1.7", "localhost.evil.example"]
)
@pytest.mark.parametrize("path", ["/", "/page/static/page.js", "/page/traffic/call-0", "/api/auth.test"])
async def test_another_name_for_this_machine_is_refused(browser: Browser, host: str, path: str) -> None:
    async with browser.session.get(browser.slack.url + path, headers={"Host": host}) as response:
        assert response.status == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]:1234", "LOCALHOST:99"])
async def test_the_names_of_this_machine_are_welcome(browser: Browser, host: str) -> None:
    assert "Acme" in await browser.see("/", Host=host)


FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("path", ["/page/act", "/page/steps/1/0", "/page/controls/trouble/0", "/api/auth.test"])
async def test_what_another_site_sends_is_refused(browser: Browser, path: str, headers: dict[str, str]) -> None:
    async with browser.session.post(browser.slack.url + path, json={}, headers=headers) as response:
        assert response.status == 403


async def test_another_site_cannot_listen(browser: Browser) -> None:
    with pytest.raises(WSServerHandshakeError, match="403"):
        await browser.session.ws_connect(f"{browser.slack.url}/page/live", origin="https://evil.example")


@pytest.mark.parametrize("path", ["/page/act", "/page/steps/1/0", "/page/controls/trouble/0"])
async def test_a_form_is_no_act(browser: Browser, path: str) -> None:
    async with browser.session.post(browser.slack.url + path, data={"as": "x"}) as response:
        assert response.status == 415


@pytest.mark.parametrize("body", ["[]", "{", '"x"', "{}", '{"as": "nobody", "act": "say"}'])
async def test_nonsense_is_a_bad_request(browser: Browser, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    async with browser.session.post(f"{browser.slack.url}/page/act", data=body, headers=headers) as response:
        assert response.status == 400


@pytest.mark.parametrize("path", ["/", "/page/static/page.css", "/page/static/morph.js"])
async def test_nothing_comes_from_elsewhere_and_nothing_inline_runs(browser: Browser, path: str) -> None:
    async with browser.session.get(browser.slack.url + path) as response:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        text = await response.text()
    assert "http://" not in text.replace("http://www.w3.org/", "").replace(browser.slack.url, "")
    assert "https://" not in text


# -- what people write stays words


async def test_hostile_words_are_words_everywhere(session: ClientSession) -> None:
    people = [User(name, tz="UTC", title=name) for name in HOSTILE]
    channels = [Channel(f"#{name}", topic=name) for name in HOSTILE]
    async with Sandbox.open(apps.MANIFEST, Workspace(team=HOSTILE[0], people=people, channels=channels)) as slack:
        browser = Browser(slack, session)
        client = apps.web_client(slack)
        place = slack.channel_id(HOSTILE[0])
        for words in HOSTILE:
            await slack.person(HOSTILE[1]).say(place, words)
            await client.chat_postMessage(channel=place, text=words, blocks=[apps.section(words[:3000])])
            slack.acts.fail(slack.state.named(HOSTILE[0]), words)
        slack.page.add(*(Step(number=n, title=words, words=words) for n, words in enumerate(HOSTILE)))
        html = await browser.see("/?as=" + slack.user_id(HOSTILE[0]))
        _is_harmless(html, HOSTILE)
        live = await _live(slack, session, {"as": slack.user_id(HOSTILE[0]), "in": place})
        _is_harmless(live, HOSTILE)


@pytest.mark.parametrize("words", HOSTILE)
async def test_hostile_words_in_forms_are_words(browser: Browser, words: str) -> None:
    app = apps.bolt(browser.slack)

    @app.command("/request")
    async def _open(ack: Any, body: Any, client: Any) -> None:
        options = [{"text": apps.plain(words[:75]), "value": words[:150]}]
        select = apps.field("Pick", {"type": "static_select", "options": options})
        form = apps.modal(apps.line(words, words), select, title=words[:24])
        await client.views_open(trigger_id=body["trigger_id"], view=form)
        await ack()

    @app.event("app_home_opened")
    async def _home(event: Any, client: Any) -> None:
        await client.views_publish(user_id=event["user"], view=apps.home(apps.section(words), apps.line(words)))

    async with apps.over_http(browser.slack, app):
        await browser.act("Alice", "slash", channel=browser.slack.channel_id("#board"), text="/request")
        await browser.act("Alice", "home")
        for place in ("board", "home"):
            html = await browser.see(f"/?as=alice&in={place}")
            assert 'role="dialog"' in html
            _is_harmless(html, [words[:24]])


def _is_harmless(html: str, words: Sequence[str]) -> None:
    """No element, no attribute and no address of it came from what people wrote; and it is there to be read."""
    page = Markup(html)
    scripts = [value for name, value in page.attributes if name == "src"]
    assert set(scripts) <= {"/page/static/page.js"}
    assert not {"img", "iframe", "style", "math", "base", "mtext", "object", "embed"} & set(page.tags)
    assert page.tags.count("script") <= 1
    assert page.tags.count("link") in (0, 3)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("srcdoc", "style")]
    links = [value for name, value in page.attributes if name in ("href", "action", "formaction")]
    assert not [link for link in links if not link.startswith(("/", "https://x.example/", "mailto:"))]
    assert [each for each in words if each not in page.text] == []


# -- who sees what


async def test_a_person_sees_the_channels_they_are_in(browser: Browser) -> None:
    alice, bob = [Markup(await browser.see(f"/?as={name}")).text for name in ("alice", "bob.brown")]
    assert "secret" in alice
    assert "hidden" not in alice
    assert "hidden" in bob
    assert "secret" not in bob


async def test_an_employee_looks_into_a_public_channel_and_joins(browser: Browser) -> None:
    slack = browser.slack
    slack.remove("#sales", "Alice")
    page = Markup(await browser.see("/?as=alice&in=sales")).text
    assert "You are looking at #sales" in page
    assert "error" in await browser.act("Alice", "say", channel=slack.channel_id("#sales"), text="Hello")
    await browser.act("Alice", "join", channel=slack.channel_id("#sales"))
    assert "You are looking" not in await browser.see("/?as=alice&in=sales")
    await browser.act("Alice", "say", channel=slack.channel_id("#sales"), text="Hello")
    assert [message.text for message in slack.messages("#sales")] == ["Hello"]


async def test_a_guest_sees_only_where_they_were_invited(browser: Browser) -> None:
    slack = browser.slack
    await slack.person("Alice").say("#board", "Only for employees")
    page = await browser.see("/?as=gina.guest&in=board")
    assert "Only for employees" not in page
    assert "Browse channels" not in page
    answer = await browser.act("Gina Guest", "say", channel=slack.channel_id("#board"), text="Hello")
    assert "error" in answer
    await slack.invite("#board", "Gina Guest")
    assert "Only for employees" in await browser.see("/?as=gina.guest&in=board")


async def test_an_ephemeral_is_for_one_pair_of_eyes(browser: Browser) -> None:
    slack = browser.slack
    board = slack.channel_id("#board")
    client = apps.web_client(slack)
    await client.chat_postEphemeral(channel=board, user=slack.user_id("Alice"), text="Psst")
    alice = await browser.see("/?as=alice&in=board")
    assert "Psst" in alice
    assert "Only visible to you" in alice
    assert "Psst" not in await browser.see("/?as=bob.brown&in=board")


async def test_a_modal_is_its_owners(browser: Browser) -> None:
    slack = browser.slack
    trigger = slack.state.trigger(slack.user_id("Alice"))
    view = slack.views.open(trigger, apps.modal())
    assert "error" in await browser.act("Bob Brown", "submit", view=view.id)
    assert "error" in await browser.act("Bob Brown", "type", view=view.id, block="Title", action="it", value="x")
    assert 'role="dialog"' not in await browser.see("/?as=bob.brown")
    assert 'role="dialog"' in await browser.see("/?as=alice")


async def test_an_archived_channel_takes_nothing(browser: Browser) -> None:
    assert "is archived" in await browser.see("/?as=alice&in=old")


async def test_somebody_deactivated_can_do_nothing(browser: Browser) -> None:
    answer = await browser.act("Dora", "say", channel=browser.slack.channel_id("#board"), text="Hello")
    assert answer == {"error": "The account of Dora is deactivated."}


# -- reading


async def test_a_message_shows_who_when_and_that_it_was_edited(browser: Browser) -> None:
    slack = browser.slack
    client = apps.web_client(slack)
    posted = await client.chat_postMessage(channel=slack.channel_id("#board"), text="*First*")
    await client.chat_update(channel=slack.channel_id("#board"), ts=str(posted["ts"]), text="*Second*")
    html = await browser.see("/?as=alice&in=board")
    page = Markup(html).text
    assert "Second" in page
    assert "*Second*" not in page
    assert "First" not in page
    assert "(edited)" in page
    assert "Tandem APP" in page
    assert "(Europe/Berlin)" in html


async def test_answers_stand_in_their_thread(browser: Browser) -> None:
    slack = browser.slack
    alice = slack.person("Alice")
    root = await alice.say("#board", "A question")
    await alice.say("#board", "An answer", thread=root)
    closed = Markup(await browser.see("/?as=alice&in=board")).text
    assert "1 reply" in closed
    assert "An answer" not in closed
    assert "An answer" in Markup(await browser.see(f"/?as=alice&in=board&thread={root.ts}")).text


async def test_what_was_not_read_is_marked_until_one_looks(browser: Browser) -> None:
    slack = browser.slack
    client = apps.web_client(slack)
    await slack.person("Bob Brown").say("#sales", "Hello")
    await client.chat_postMessage(channel=slack.user_id("Alice"), text="For you")
    page = Markup(await browser.see("/?as=alice&in=board")).text
    assert "sales (unread)" in page
    assert "Messages 1 unread" in page
    await browser.see("/?as=alice&in=messages")
    await browser.see("/?as=alice&in=sales")
    assert "unread" not in Markup(await browser.see("/?as=alice&in=board")).text


async def test_two_people_side_by_side(browser: Browser) -> None:
    html = await browser.see("/?as=alice&in=board&and=bob.brown&and_in=sales")
    assert 'aria-label="Alice’s Slack"' in html
    assert 'aria-label="Bob Brown’s Slack"' in html


async def test_a_permalink_leads_to_its_message(browser: Browser) -> None:
    slack = browser.slack
    said = await slack.person("Alice").say("#board", "Hello")
    link = await apps.web_client(slack).chat_getPermalink(channel=slack.channel_id("#board"), message_ts=said.ts)
    async with browser.session.get(str(link["permalink"]), allow_redirects=False) as response:
        there = response.headers["Location"]
    assert there == f"/?as=alice&in=board#m0-{said.ts}"
    assert f'id="m0-{said.ts}"' in await browser.see(there)


# -- doing


async def test_what_cannot_be_done_is_said(browser: Browser) -> None:
    answer = await browser.act("Alice", "slash", channel=browser.slack.channel_id("#board"), text="/nothing")
    assert answer == {}
    assert browser.slack.person("Alice").errors == ["/nothing is not a valid command."]
    gone = await browser.act(
        "Alice", "press", channel=browser.slack.channel_id("#board"), ts="1.1", block="x", action="y"
    )
    assert gone == {"error": "This has changed meanwhile. Look again."}


async def test_a_field_tells_what_is_wrong_and_keeps_what_was_typed(browser: Browser) -> None:
    slack = browser.slack
    trigger = slack.state.trigger(slack.user_id("Alice"))
    view = slack.views.open(trigger, apps.modal(apps.line("Title"), apps.line("Problem")))
    await browser.act("Alice", "type", view=view.id, block="Title", action="it", value="k8s")
    await browser.act("Alice", "submit", view=view.id)
    html = await browser.see("/?as=alice")
    assert "Please complete this required field." in html
    assert 'value="k8s"' in html


@pytest.mark.parametrize(
    ("element", "given", "held"),
    [
        ({"type": "plain_text_input"}, "words", {"value": "words"}),
        ({"type": "number_input", "is_decimal_allowed": False}, "5", {"value": "5"}),
        ({"type": "datepicker"}, "2026-11-22", {"selected_date": "2026-11-22"}),
        ({"type": "timepicker"}, "09:30", {"selected_time": "09:30"}),
        ({"type": "datetimepicker"}, "2026-11-22T09:30", {"selected_date_time": 1795336200}),
        ({"type": "multi_users_select"}, ["Alice"], {"selected_users": ["Alice"]}),
        ({"type": "channels_select"}, "#board", {"selected_channel": "#board"}),
        ({"type": "datepicker"}, "", {"selected_date": None}),
    ],
    ids=lambda value: value.get("type", "") if isinstance(value, dict) else "",
)
async def test_every_field_holds_what_slack_would_send(
    browser: Browser, element: dict[str, Any], given: Any, held: dict[str, Any]
) -> None:
    slack = browser.slack
    ids = {"Alice": slack.user_id("Alice"), "#board": slack.channel_id("#board")}
    trigger = slack.state.trigger(slack.user_id("Alice"))
    view = slack.views.open(trigger, apps.modal(apps.field("It", element)))
    kind = "type" if element["type"].endswith("_input") else "choose"
    answer = await browser.act("Alice", kind, view=view.id, block="It", action="it", value=_known(given, ids))
    assert answer == {}
    assert view.values()["It"]["it"] == {"type": element["type"], **{k: _known(v, ids) for k, v in held.items()}}


def _known(value: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_known(each, ids) for each in value]
    return ids.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("value", ["nowhere", "2026-99-99", "x" * 5000])
@pytest.mark.parametrize(
    "kind", ["datepicker", "datetimepicker", "users_select", "static_select", "plain_text_input"]
)
async def test_what_a_field_cannot_hold_is_refused(browser: Browser, kind: str, value: str) -> None:
    slack = browser.slack
    options = {"options": [{"text": apps.plain("One"), "value": "1"}]} if kind == "static_select" else {}
    trigger = slack.state.trigger(slack.user_id("Alice"))
    view = slack.views.open(trigger, apps.modal(apps.field("It", {"type": kind} | options)))
    answer = await browser.act("Alice", "choose", view=view.id, block="It", action="it", value=value)
    assert ("error" in answer) == (kind != "plain_text_input" or len(value) > 3000)


# -- as it happens


async def test_what_happens_appears(slack: Sandbox, session: ClientSession) -> None:
    async with session.ws_connect(f"{slack.url}/page/live") as socket:
        await socket.send_json({"look": 7, "panes": [{"as": "alice", "in": "board"}], "traffic": True})
        first = await socket.receive_json(timeout=5)
        assert first["look"] == 7
        assert set(first["html"]) == {"pane-0", "traffic"}
        await slack.person("Bob Brown").say("#board", "Good morning")
        later = await socket.receive_json(timeout=5)
        assert "Good morning" in later["html"]["pane-0"]
        slack.acts.fail(slack.state.named("Alice"), "That did not work")
        assert "That did not work" in (await socket.receive_json(timeout=5))["html"]["pane-0"]


async def test_nothing_is_sent_while_nothing_changes(slack: Sandbox, session: ClientSession) -> None:
    async with session.ws_connect(f"{slack.url}/page/live") as socket:
        await socket.send_json({"look": 1, "panes": [{"as": "alice", "in": "board"}]})
        await socket.receive_json(timeout=5)
        slack.state.pulse.beat()
        with pytest.raises(asyncio.TimeoutError):
            await socket.receive_json(timeout=0.3)


async def _live(slack: Sandbox, session: ClientSession, look: Mapping[str, str]) -> str:
    async with session.ws_connect(f"{slack.url}/page/live") as socket:
        await socket.send_json({"look": 1, "panes": [look]})
        return str((await socket.receive_json(timeout=5))["html"]["pane-0"])


# -- above the workspace


async def test_only_registered_steps_are_shown(browser: Browser) -> None:
    assert "What to try" not in await browser.see("/")
    pressed: list[str] = []

    async def show() -> str:
        pressed.append("show")
        return "/?as=alice"

    async def tell() -> str:
        return "Still one digest."

    async def nothing() -> None:
        pressed.append("nothing")

    browser.slack.page.add(
        Step(number=3, title="Monday", words="Press twice.", actions=[("Show", show), ("Tell", tell)]),
        Control(name="reset", title="Reset", actions=[("Start over", nothing)]),
    )
    page = Markup(await browser.see("/")).text
    assert "Press twice." in page
    assert "Start over" in page
    assert await _run(browser, "steps/3/0") == (200, {"go": "/?as=alice"})
    assert await _run(browser, "steps/3/1") == (200, {"said": "Still one digest."})
    assert await _run(browser, "controls/reset/0") == (200, {"said": ""})
    assert pressed == ["show", "nothing"]
    for missing in ("steps/1/0", "steps/3/2", "steps/3/-1", "controls/none/0", "controls/reset/x"):
        assert (await _run(browser, missing))[0] == 404


async def test_slack_misbehaves_on_order(browser: Browser) -> None:
    await _run(browser, "controls/trouble/0")
    assert browser.slack.faults.strike("chat.postMessage") == RateLimited(5)
    await _run(browser, "controls/trouble/1")
    await _run(browser, "controls/trouble/6")
    assert browser.slack.faults.strike("chat.postMessage") is None


async def _run(browser: Browser, what: str) -> tuple[int, Any]:
    async with browser.session.post(f"{browser.slack.url}/page/{what}", json={}) as response:
        text = await response.text()
        return response.status, json.loads(text) if response.ok else text


async def test_the_traffic_shows_calls_and_their_faults(browser: Browser) -> None:
    slack = browser.slack
    slack.faults.next("chat.postMessage", RateLimited())
    client = apps.web_client(slack)
    with pytest.raises(Exception, match="ratelimited"):
        await client.chat_postMessage(channel=slack.channel_id("#board"), text="Hello")
    await client.auth_test()
    async with browser.session.ws_connect(f"{slack.url}/page/live") as socket:
        await socket.send_json({"look": 1, "panes": [], "traffic": True})
        html = (await socket.receive_json(timeout=5))["html"]["traffic"]
    assert html.index("auth.test") < html.index("chat.postMessage")
    assert "rate limited" in html
    whole = json.loads(await browser.see("/page/traffic/call-0"))
    assert whole["arguments"]["text"] == "Hello"
    assert "RateLimited" in whole["fault"]
    async with browser.session.get(f"{slack.url}/page/traffic/call-99") as response:
        assert response.status == 404
