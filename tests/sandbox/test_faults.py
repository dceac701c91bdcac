"""Each way of misbehaving: what is done, and what the app gets to see."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Sandbox
from sandbox.faults import (
    DoneLate,
    DropConnection,
    EmptyHistory,
    Fault,
    HangAfterDoing,
    HangBeforeDoing,
    RateLimited,
    Refused,
    ServerErrorAfterDoing,
    ServerErrorBeforeDoing,
)
from tests.sandbox.apps import opened, web_client


@pytest.fixture
async def slack() -> AsyncIterator[Sandbox]:
    async with opened() as slack:
        yield slack


@pytest.fixture
def api(slack: Sandbox) -> AsyncWebClient:
    return web_client(slack)


async def say(slack: Sandbox, api: AsyncWebClient, text: str = "Hi") -> Any:
    return await api.chat_postMessage(channel=slack.channel_id("#board"), text=text)


ANSWERED = [
    (RateLimited(retry_after=7), 429, "ratelimited", 0),
    (Refused("restricted_action"), 200, "restricted_action", 0),
    (ServerErrorBeforeDoing(), 500, "internal_error", 0),
    (ServerErrorAfterDoing(), 500, "internal_error", 1),
    (ServerErrorAfterDoing(status=503), 503, "internal_error", 1),
]


@pytest.mark.parametrize(("fault", "status", "error", "posted"), ANSWERED, ids=str)
async def test_a_fault_answers_for_slack_once(
    slack: Sandbox, api: AsyncWebClient, fault: Fault, status: int, error: str, posted: int
) -> None:
    slack.faults.next("chat.postMessage", fault)
    with pytest.raises(SlackApiError) as caught:
        await say(slack, api)
    assert (caught.value.response.status_code, caught.value.response["error"]) == (status, error)
    assert len(slack.messages("#board")) == posted
    await say(slack, api)
    assert len(slack.messages("#board")) == posted + 1


async def test_a_rate_limit_says_for_how_long(slack: Sandbox, api: AsyncWebClient) -> None:
    slack.faults.next("*", RateLimited(retry_after=7), times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError) as caught:
            await api.auth_test()
        assert caught.value.response.headers["Retry-After"] == "7"
    await api.auth_test()


@pytest.mark.parametrize(
    ("fault", "posted"),
    [(DropConnection(after=False), 0), (DropConnection(after=True), 1), (HangBeforeDoing(0.01), 0)],
    ids=str,
)
async def test_a_connection_breaks(slack: Sandbox, api: AsyncWebClient, fault: Fault, posted: int) -> None:
    slack.faults.next("chat.postMessage", fault)
    with pytest.raises(aiohttp.ClientError):
        await say(slack, api)
    assert len(slack.messages("#board")) == posted


@pytest.mark.parametrize(
    ("fault", "at_once", "later"),
    [(HangAfterDoing(0.2), 1, 1), (DoneLate(0.2), 0, 1), (HangBeforeDoing(0.2), 0, 0)],
    ids=str,
)
async def test_an_app_that_gives_up_does_not_know(
    slack: Sandbox, api: AsyncWebClient, fault: Fault, at_once: int, later: int
) -> None:
    slack.faults.next("chat.postMessage", fault)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(say(slack, api), 0.05)
    assert len(slack.messages("#board")) == at_once
    await slack.until(lambda: slack.calls("chat.postMessage"))
    assert len(slack.messages("#board")) == later
    assert [(call.fault, call.ok) for call in slack.calls("chat.postMessage")] == [(fault, bool(later))]


async def test_a_history_may_lag_behind(slack: Sandbox, api: AsyncWebClient) -> None:
    await say(slack, api)
    board = slack.channel_id("#board")
    slack.faults.next("conversations.history", EmptyHistory())
    assert (await api.conversations_history(channel=board))["messages"] == []
    assert len((await api.conversations_history(channel=board))["messages"]) == 1


async def test_chance_strikes_the_same_calls_for_the_same_seed(slack: Sandbox, api: AsyncWebClient) -> None:
    async def struck(seed: int) -> list[bool]:
        slack.faults.clear()
        slack.faults.sometimes("auth.test", ServerErrorBeforeDoing(), probability=0.5, seed=seed)
        before = len(slack.calls("auth.test"))
        for _ in range(20):
            await _quietly(api)
        return [call.fault is not None for call in slack.calls("auth.test")[before:]]

    first = await struck(1)
    assert 0 < sum(first) < 20
    assert first == await struck(1)
    assert first != await struck(2)


async def _quietly(api: AsyncWebClient) -> None:
    try:
        await api.auth_test()
    except SlackApiError:
        return


async def test_a_method_stays_broken_until_it_is_mended(slack: Sandbox, api: AsyncWebClient) -> None:
    slack.faults.always("auth.test", ServerErrorBeforeDoing())
    for _ in range(3):
        with pytest.raises(SlackApiError):
            await api.auth_test()
    slack.faults.clear("auth.test")
    await api.auth_test()
