"""Every method of the Web API, and every way it says no."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Sandbox, Timing
from tests.sandbox.apps import home, line, modal, opened, section, web_client

Call = Callable[[Sandbox, AsyncWebClient], Awaitable[Any]]


@pytest.fixture
async def slack() -> AsyncIterator[Sandbox]:
    async with opened() as slack:
        yield slack


@pytest.fixture
def api(slack: Sandbox) -> AsyncWebClient:
    return web_client(slack)


async def error_of(call: Awaitable[Any]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


def trigger(slack: Sandbox, name: str = "Alice", view: str | None = None) -> str:
    return slack.state.trigger(slack.user_id(name), view)


# Who am I


async def test_the_app_learns_who_it_is(slack: Sandbox, api: AsyncWebClient) -> None:
    me = await api.auth_test()
    assert (me["user_id"], me["bot_id"], me["team"]) == (slack.bot_user_id, slack.app.bot_id, "Acme")
    assert (await api.team_info())["team"]["id"] == me["team_id"]


async def test_ids_have_slacks_form_and_are_the_same_in_every_run(slack: Sandbox) -> None:
    async with opened() as again:
        for other, one in ((again.user_id("Alice"), slack.user_id("Alice")), (again.bot_token, slack.bot_token)):
            assert other == one
    assert slack.user_id("Alice")[0] == "U"
    assert len(slack.user_id("Alice")) == 11
    assert slack.user_id("Alice").isupper()


@pytest.mark.parametrize(
    ("token", "error"), [("", "not_authed"), ("xoxb-wrong", "invalid_auth"), ("app", "not_allowed_token_type")]
)
async def test_only_the_right_token_is_let_in(slack: Sandbox, token: str, error: str) -> None:
    token = slack.app_token if token == "app" else token
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession() as session,
        session.post(slack.api_url + "auth.test", headers=headers) as reply,
    ):
        assert (await reply.json())["error"] == error


async def test_a_socket_needs_the_app_token(slack: Sandbox, api: AsyncWebClient) -> None:
    assert await error_of(api.apps_connections_open(app_token=slack.bot_token)) == "not_allowed_token_type"
    opened = await api.apps_connections_open(app_token=slack.app_token)
    assert opened["url"].startswith("ws://127.0.0.1:")


async def test_a_form_and_the_token_inside_it_do_as_well_as_json(slack: Sandbox) -> None:
    form = {
        "token": slack.bot_token,
        "channel": slack.channel_id("#board"),
        "text": "Hi",
        "unfurl_links": "false",
        "blocks": '[{"type": "divider"}]',
    }
    async with aiohttp.ClientSession() as http, http.post(slack.api_url + "chat.postMessage", data=form) as reply:
        assert (await reply.json())["message"]["blocks"][0]["type"] == "divider"


async def test_a_form_with_broken_json_is_refused(slack: Sandbox) -> None:
    form = {"token": slack.bot_token, "channel": slack.channel_id("#board"), "text": "Hi", "blocks": "[{"}
    async with aiohttp.ClientSession() as http, http.post(slack.api_url + "chat.postMessage", data=form) as reply:
        assert (await reply.json())["error"] == "invalid_blocks_format"


async def test_methods_can_be_missing(slack: Sandbox, api: AsyncWebClient) -> None:
    assert await error_of(api.api_call("chat.dance")) == "unknown_method"
    slack.unknown_methods.add("usergroups.list")
    assert await error_of(api.usergroups_list()) == "unknown_method"


@pytest.mark.parametrize(
    ("scope", "call"),
    [
        ("chat:write", lambda slack, api: api.chat_postMessage(channel=slack.channel_id("#board"), text="Hi")),
        ("channels:history", lambda slack, api: api.conversations_history(channel=slack.channel_id("#board"))),
        ("groups:read", lambda slack, api: api.conversations_list(types="private_channel")),
        ("im:write", lambda slack, api: api.conversations_open(users=slack.user_id("Alice"))),
        ("users:read.email", lambda slack, api: api.users_lookupByEmail(email="alice@acme.test")),
        ("usergroups:read", lambda slack, api: api.usergroups_list()),
    ],
)
async def test_a_scope_taken_away_is_missed(slack: Sandbox, api: AsyncWebClient, scope: str, call: Call) -> None:
    await call(slack, api)
    slack.scopes.discard(scope)
    with pytest.raises(SlackApiError) as caught:
        await call(slack, api)
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == scope
    assert "commands" in caught.value.response["provided"]


async def test_without_the_scope_an_address_is_not_shown(slack: Sandbox, api: AsyncWebClient) -> None:
    slack.scopes.discard("users:read.email")
    user = (await api.users_info(user=slack.user_id("Alice")))["user"]
    assert "email" not in user["profile"]


# Saying


async def test_a_message_is_answered_as_it_stands(slack: Sandbox, api: AsyncWebClient) -> None:
    answer = await api.chat_postMessage(channel=slack.channel_id("#board"), text="Hi", blocks=[section("*Hi*")])
    assert answer["message"]["bot_id"] == slack.app.bot_id
    assert answer["message"]["blocks"][0]["block_id"]
    (message,) = slack.messages("#board")
    assert (message.text, message.fallback, message.author, message.ts) == ("Hi", "Hi", "Tandem", answer["ts"])


async def test_timestamps_rise_even_within_a_microsecond(slack: Sandbox, api: AsyncWebClient) -> None:
    board = slack.channel_id("#board")
    stamps = [(await api.chat_postMessage(channel=board, text="Hi"))["ts"] for _ in range(5)]
    assert stamps == sorted(set(stamps))


async def test_posting_to_a_person_opens_the_direct_conversation(slack: Sandbox, api: AsyncWebClient) -> None:
    posted = await api.chat_postMessage(channel=slack.user_id("Alice"), text="Hi")
    assert posted["channel"].startswith("D")
    opened = await api.conversations_open(users=slack.user_id("Alice"))
    assert opened["channel"]["id"] == posted["channel"]
    assert [dm.text for dm in slack.person("Alice").dms()] == ["Hi"]


REFUSED_POSTS = {
    "#sales": "not_in_channel",
    "#hidden": "channel_not_found",
    "#old": "is_archived",
}


@pytest.mark.parametrize(("channel", "error"), REFUSED_POSTS.items())
async def test_a_post_goes_only_where_the_app_is(
    slack: Sandbox, api: AsyncWebClient, channel: str, error: str
) -> None:
    place = slack.channel_id(channel)
    assert await error_of(api.chat_postMessage(channel=place, text="Hi")) == error
    ephemeral = api.chat_postEphemeral(channel=place, user=slack.user_id("Bob Brown"), text="Hi")
    assert await error_of(ephemeral) == error


async def test_with_its_scope_the_app_writes_into_any_public_channel(slack: Sandbox, api: AsyncWebClient) -> None:
    slack.scopes.add("chat:write.public")
    await api.chat_postMessage(channel=slack.channel_id("#sales"), text="Hi")
    assert len(slack.messages("#sales")) == 1


@pytest.mark.parametrize(("name", "error"), [("Dora", "channel_not_found"), ("Robot", "cannot_dm_bot")])
async def test_some_cannot_be_written_to(slack: Sandbox, api: AsyncWebClient, name: str, error: str) -> None:
    assert await error_of(api.chat_postMessage(channel=slack.user_id(name), text="Hi")) == error


async def test_nobody_is_nowhere(api: AsyncWebClient) -> None:
    for channel in ("C0000000000", "U0000000000", "D0000000000"):
        assert await error_of(api.chat_postMessage(channel=channel, text="Hi")) == "channel_not_found"


async def test_what_the_rules_refuse_is_refused(slack: Sandbox, api: AsyncWebClient) -> None:
    board = slack.channel_id("#board")
    assert (
        await error_of(api.chat_postMessage(channel=board, text="Hi", blocks=[{"type": "x"}])) == "invalid_blocks"
    )
    assert await error_of(api.api_call("chat.postMessage", json={"channel": board})) == "no_text"
    posted = await api.chat_postMessage(channel=board, text="Hi")
    assert await error_of(api.chat_update(channel=board, ts=posted["ts"], text="x" * 4001)) == "msg_too_long"
    assert len(slack.messages("#board")) == 1


async def test_an_ephemeral_message_is_for_one_member_and_cannot_be_found_again(
    slack: Sandbox, api: AsyncWebClient
) -> None:
    board, alice = slack.channel_id("#board"), slack.user_id("Alice")
    said = await api.chat_postEphemeral(channel=board, user=alice, text="Psst")
    assert [message.text for message in slack.person("Alice").ephemerals()] == ["Psst"]
    assert slack.messages("#board") == []
    assert await error_of(api.chat_update(channel=board, ts=said["message_ts"], text="x")) == "message_not_found"
    stranger = api.chat_postEphemeral(channel=board, user=slack.user_id("Pat"), text="x")
    assert await error_of(stranger) == "user_not_in_channel"


async def test_an_update_replaces_and_marks(slack: Sandbox, api: AsyncWebClient) -> None:
    board = slack.channel_id("#board")
    metadata = {"event_type": "card", "event_payload": {"key": "1"}}
    posted = await api.chat_postMessage(channel=board, text="One", blocks=[section("One")], metadata=metadata)
    await api.chat_update(channel=board, ts=posted["ts"], text="Two")
    (message,) = slack.messages("#board")
    assert (message.text, message.blocks, message.edited) == ("Two", [], True)
    assert message.metadata == metadata
    await api.chat_update(channel=board, ts=posted["ts"], text="Three", metadata={})
    assert message.metadata is None


async def test_only_its_own_standing_messages_can_be_changed(slack: Sandbox, api: AsyncWebClient) -> None:
    board = slack.channel_id("#board")
    said = await slack.person("Alice").say("#board", "Mine")
    assert await error_of(api.chat_update(channel=board, ts=said.ts, text="x")) == "cant_update_message"
    assert await error_of(api.chat_delete(channel=board, ts=said.ts)) == "cant_delete_message"
    posted = await api.chat_postMessage(channel=board, text="Hi")
    slack.archive("#board")
    assert await error_of(api.chat_update(channel=board, ts=posted["ts"], text="x")) == "is_inactive"
    slack.archive("#board", archived=False)
    await api.chat_delete(channel=board, ts=posted["ts"])
    assert await error_of(api.chat_update(channel=board, ts=posted["ts"], text="x")) == "message_not_found"


async def test_a_permalink_leads_to_the_message_and_its_thread(slack: Sandbox, api: AsyncWebClient) -> None:
    board = slack.channel_id("#board")
    root = (await api.chat_postMessage(channel=board, text="Root"))["ts"]
    reply = (await api.chat_postMessage(channel=board, text="Reply", thread_ts=root))["ts"]
    link = (await api.chat_getPermalink(channel=board, message_ts=reply))["permalink"]
    assert f"/archives/{board}/p{reply.replace('.', '')}?thread_ts={root}" in link
    assert await error_of(api.chat_getPermalink(channel=board, message_ts="1.000001")) == "message_not_found"


async def test_a_reaction_is_added_once(slack: Sandbox, api: AsyncWebClient) -> None:
    board = slack.channel_id("#board")
    said = await slack.person("Alice").say("#board", "Hi")
    await api.reactions_add(channel=board, timestamp=said.ts, name="eyes")
    assert said.reactions == {"eyes": ["Tandem"]}
    assert await error_of(api.reactions_add(channel=board, timestamp=said.ts, name="eyes")) == "already_reacted"
    assert await error_of(api.reactions_add(channel=board, timestamp="1.1", name="eyes")) == "message_not_found"
    sales = slack.channel_id("#sales")
    assert await error_of(api.reactions_add(channel=sales, timestamp="1.1", name="eyes")) == "not_in_channel"


# Reading


async def test_history_is_newest_first_and_leaves_threads_to_replies(slack: Sandbox, api: AsyncWebClient) -> None:
    board = slack.channel_id("#board")
    stamps = [(await api.chat_postMessage(channel=board, text=text))["ts"] for text in ("One", "Two")]
    await api.chat_postMessage(channel=board, text="Quiet", thread_ts=stamps[0])
    await api.chat_postMessage(channel=board, text="Loud", thread_ts=stamps[0], reply_broadcast=True)
    history = (await api.conversations_history(channel=board))["messages"]
    assert [message["text"] for message in history] == ["Loud", "Two", "One"]
    assert history[2]["reply_count"] == 2
    replies = (await api.conversations_replies(channel=board, ts=stamps[0]))["messages"]
    assert [message["text"] for message in replies] == ["One", "Quiet", "Loud"]
    assert replies[1]["parent_user_id"] == slack.bot_user_id
    assert await error_of(api.conversations_replies(channel=board, ts="1.000001")) == "thread_not_found"


async def test_history_is_cut_by_time_and_shows_metadata_when_asked(slack: Sandbox, api: AsyncWebClient) -> None:
    board = slack.channel_id("#board")
    metadata = {"event_type": "card", "event_payload": {"key": "1"}}
    stamps = [
        (await api.chat_postMessage(channel=board, text=text, metadata=metadata))["ts"] for text in ("1", "2", "3")
    ]

    async def texts(**bounds: Any) -> list[str]:
        return [m["text"] for m in (await api.conversations_history(channel=board, **bounds))["messages"]]

    assert await texts(oldest=stamps[0]) == ["3", "2"]
    assert await texts(oldest=stamps[0], inclusive=True) == ["3", "2", "1"]
    assert await texts(latest=stamps[2]) == ["2", "1"]
    bare = (await api.conversations_history(channel=board))["messages"][0]
    full = (await api.conversations_history(channel=board, include_all_metadata=True))["messages"][0]
    assert "metadata" not in bare
    assert full["metadata"] == metadata


async def test_history_is_for_members(slack: Sandbox, api: AsyncWebClient) -> None:
    assert await error_of(api.conversations_history(channel=slack.channel_id("#sales"))) == "not_in_channel"
    assert await error_of(api.conversations_history(channel=slack.channel_id("#hidden"))) == "channel_not_found"


async def test_lists_come_in_pages(slack: Sandbox, api: AsyncWebClient) -> None:
    names = [m["name"] async for p in await api.users_list(limit=2) for m in p["members"]]
    assert names == ["alice", "bob.brown", "gina.guest", "dora", "robot", "tandem"]
    channels = [c["name"] async for p in await api.conversations_list(limit=1) for c in p["channels"]]
    assert channels == ["board", "sales", "old", "partners"]
    members = (await api.conversations_members(channel=slack.channel_id("#board"), limit=2))["members"]
    assert len(members) == 2
    assert await error_of(api.users_list(cursor="nonsense")) == "invalid_cursor"


async def test_a_bot_sees_private_channels_it_is_in(slack: Sandbox, api: AsyncWebClient) -> None:
    found = await api.conversations_list(types="public_channel,private_channel", exclude_archived=True)
    assert [channel["name"] for channel in found["channels"]] == ["board", "sales", "secret", "partners"]
    mine = await api.users_conversations(types="public_channel,private_channel")
    assert "sales" not in [channel["name"] for channel in mine["channels"]]
    assert not any("is_member" in channel for channel in mine["channels"])
    assert await error_of(api.conversations_list(types="nonsense")) == "invalid_types"
    info = (await api.conversations_info(channel=slack.channel_id("#partners"), include_num_members=True))[
        "channel"
    ]
    assert info["is_ext_shared"]
    assert info["num_members"] == 3
    assert await error_of(api.conversations_info(channel=slack.channel_id("#hidden"))) == "channel_not_found"


async def test_a_bot_joins_public_channels(slack: Sandbox, api: AsyncWebClient) -> None:
    await api.conversations_join(channel=slack.channel_id("#sales"))
    await api.chat_postMessage(channel=slack.channel_id("#sales"), text="Hi")
    again = await api.conversations_join(channel=slack.channel_id("#sales"))
    assert again["warning"] == "already_in_channel"
    assert await error_of(api.conversations_join(channel=slack.channel_id("#old"))) == "is_archived"
    secret = api.conversations_join(channel=slack.channel_id("#secret"))
    assert await error_of(secret) == "method_not_supported_for_channel_type"


@pytest.mark.parametrize(
    ("users", "error"),
    [
        ([], "users_list_not_supplied"),
        (["Dora"], "user_disabled"),
        (["Robot"], "cannot_dm_bot"),
        (["?"], "user_not_found"),
    ],
)
async def test_not_every_conversation_can_be_opened(
    slack: Sandbox, api: AsyncWebClient, users: list[str], error: str
) -> None:
    ids = [slack.user_id(name) if name != "?" else "U1" for name in users]
    assert await error_of(api.api_call("conversations.open", json={"users": ",".join(ids)})) == error


async def test_several_people_share_a_conversation(slack: Sandbox, api: AsyncWebClient) -> None:
    people = [slack.user_id("Alice"), slack.user_id("Bob Brown")]
    opened = await api.conversations_open(users=people, return_im=True)
    assert opened["channel"]["is_mpim"]
    assert await error_of(api.conversations_open(users=[f"U{n}" for n in range(9)])) == "too_many_users"


async def test_people_are_described(slack: Sandbox, api: AsyncWebClient) -> None:
    alice = (await api.users_info(user=slack.user_id("Alice"), include_locale=True))["user"]
    assert (alice["tz"], alice["locale"], alice["profile"]["title"]) == ("Europe/Berlin", "de-DE", "AE")
    assert alice["tz_offset"] in (3600, 7200)
    found = await api.users_lookupByEmail(email="ALICE@acme.test")
    assert found["user"]["id"] == alice["id"]
    assert await error_of(api.users_lookupByEmail(email="no@acme.test")) == "users_not_found"
    assert await error_of(api.users_info(user="U0000000000")) == "user_not_found"
    guest, gone = [(await api.users_info(user=slack.user_id(name)))["user"] for name in ("Gina Guest", "Dora")]
    assert guest["is_restricted"]
    assert gone["deleted"]
    partner = (await api.users_info(user=slack.user_id("Pat")))["user"]
    assert partner["team_id"] != alice["team_id"]


async def test_groups_are_listed(slack: Sandbox, api: AsyncWebClient) -> None:
    groups = (await api.usergroups_list(include_users=True))["usergroups"]
    assert [(group["handle"], group["user_count"]) for group in groups] == [("product", 2)]
    assert len((await api.usergroups_list(include_disabled=True))["usergroups"]) == 2
    users = (await api.usergroups_users_list(usergroup=slack.group_id("@product")))["users"]
    assert slack.user_id("Alice") in users
    assert await error_of(api.usergroups_users_list(usergroup="S1")) == "no_such_subteam"


# Views


async def test_a_trigger_opens_one_modal_within_its_life(slack: Sandbox, api: AsyncWebClient) -> None:
    used = trigger(slack)
    view = (await api.views_open(trigger_id=used, view=modal()))["view"]
    assert view["state"] == {"values": {"Title": {"it": {"type": "plain_text_input", "value": None}}}}
    assert await error_of(api.views_open(trigger_id=used, view=modal())) == "exchanged_trigger_id"
    assert await error_of(api.views_open(trigger_id="1.2.x", view=modal())) == "invalid_trigger_id"
    refused = trigger(slack)
    assert await error_of(api.views_open(trigger_id=refused, view=modal(title="x" * 25))) == "invalid_arguments"


async def test_a_trigger_expires() -> None:
    async with opened(Timing(trigger=0)) as slack:
        late = web_client(slack).views_open(trigger_id=trigger(slack), view=modal())
        assert await error_of(late) == "expired_trigger_id"


async def test_a_stale_hash_is_a_conflict(slack: Sandbox, api: AsyncWebClient) -> None:
    view = (await api.views_open(trigger_id=trigger(slack), view=modal()))["view"]
    updated = (await api.views_update(view_id=view["id"], hash=view["hash"], view=modal()))["view"]
    assert updated["hash"] != view["hash"]
    stale = api.views_update(view_id=view["id"], hash=view["hash"], view=modal())
    assert await error_of(stale) == "hash_conflict"
    assert await error_of(api.views_update(view_id="V1", view=modal())) == "not_found"


async def test_an_external_id_names_one_view(slack: Sandbox, api: AsyncWebClient) -> None:
    named = modal(external_id="mine")
    await api.views_open(trigger_id=trigger(slack), view=named)
    assert await error_of(api.views_open(trigger_id=trigger(slack, "Bob Brown"), view=named)) == (
        "duplicate_external_id"
    )
    await api.views_update(external_id="mine", view=modal(title="Newer", external_id="mine"))
    shown = slack.person("Alice").modal
    assert shown is not None
    assert shown.title == "Newer"


async def test_three_modals_stack_and_no_more(slack: Sandbox, api: AsyncWebClient) -> None:
    root = (await api.views_open(trigger_id=trigger(slack), view=modal()))["view"]
    for _ in range(2):
        pushed = (await api.views_push(trigger_id=trigger(slack, view=root["id"]), view=modal()))["view"]
    assert pushed["root_view_id"] == root["id"]
    one_more = api.views_push(trigger_id=trigger(slack, view=root["id"]), view=modal())
    assert await error_of(one_more) == "push_limit_reached"
    assert await error_of(api.views_push(trigger_id=trigger(slack), view=modal())) == "not_found"


async def test_home_is_published_for_a_person(slack: Sandbox, api: AsyncWebClient) -> None:
    alice = slack.user_id("Alice")
    view = (await api.views_publish(user_id=alice, view=home()))["view"]
    await api.views_publish(user_id=alice, view=home(), hash=view["hash"])
    stale = api.views_publish(user_id=alice, view=home(), hash=view["hash"])
    assert await error_of(stale) == "hash_conflict"
    assert await error_of(api.views_publish(user_id="U1", view=home())) == "user_not_found"
    assert await error_of(api.views_publish(user_id=alice, view=modal(line()))) == "invalid_arguments"


async def test_surfaces_that_the_manifest_switches_off_are_closed() -> None:
    manifest = {
        "display_information": {"name": "Bare"},
        "oauth_config": {"scopes": {"bot": ["chat:write"]}},
        "settings": {"socket_mode_enabled": True},
    }
    async with opened(manifest=manifest) as slack:
        api = web_client(slack)
        assert await error_of(api.views_publish(user_id=slack.user_id("Alice"), view=home())) == "not_enabled"
        dm = api.chat_postMessage(channel=slack.user_id("Alice"), text="Hi")
        assert await error_of(dm) == "messages_tab_disabled"


async def test_all_traffic_is_logged(slack: Sandbox, api: AsyncWebClient) -> None:
    await api.chat_postMessage(channel=slack.channel_id("#board"), text="Grüße")
    await error_of(api.chat_postMessage(channel="C1", text="Nowhere"))
    assert [(call.ok, call.error) for call in slack.calls("chat.postMessage")] == [
        (True, None),
        (False, "channel_not_found"),
    ]
    assert "Grüße" in slack.traffic.outgoing()[0]


async def test_processes_of_one_app_can_be_told_apart(slack: Sandbox) -> None:
    for caller in ("one", "other"):
        api = AsyncWebClient(slack.bot_token, f"{slack.api_url}{caller}/")
        await api.auth_test()
    await web_client(slack).auth_test()
    assert [call.caller for call in slack.calls("auth.test")] == ["one", "other", None]
