"""Usage comes in while people go on working; whoever runs Tandem hears what was not taken."""

import asyncio
import base64
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr
from sqlalchemy import func, select

from bot import app, doctor
from handlers.http.usage import source_of
from storage.store import Store
from storage.tables import usage_day
from tests.flows.house import House, modal, opened

APP, SITE = "key-of-the-app", "key-of-the-site"
KEYS = SecretStr(f"{APP}, {SITE},")


def tracks(count: int, **more: Any) -> dict[str, Any]:
    event = {"type": "track", "userId": "ines", "event": "Report made", "context": {"groupId": "acme"}}
    return {"batch": [{**event, "messageId": uuid4().hex, **more} for _ in range(count)]}


async def post(house: House, body: Any, key: str = APP, path: str = "/v1/batch") -> int:
    auth = {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}
    where = f"http://127.0.0.1:{house.settings.tandem_http_port}{path}"
    async with ClientSession() as http, http.post(where, json=body, headers=auth) as answer:
        return answer.status


async def get(house: House, path: str) -> str:
    where = f"http://127.0.0.1:{house.settings.tandem_http_port}{path}"
    async with ClientSession() as http, http.get(where) as answer:
        return await answer.text()


def counted(store: Store) -> Counter[str]:
    totals = select(usage_day.c.account, func.sum(usage_day.c.events)).group_by(usage_day.c.account)
    return Counter({account: int(total) for account, total in store.connection.execute(totals)})


async def test_usage_comes_in_while_a_request_is_filed(database_url: str) -> None:
    async with opened(database_url, tandem_ingest_write_keys=KEYS) as house:
        pouring = asyncio.create_task(pour(house))
        form = modal(await house.person("Alice").slash("/request k8s-connector"))
        await form.fill({"Business problem": "They can't see what their clusters cost."})
        receipt = modal(await form.submit())
        assert "is on the board" in receipt.text
        await house.card("k8s-connector")
        assert set(await pouring) == {200}
        async with app.open_database(house.settings) as db:
            assert await db.read(counted) == {"acme": 2_000}
        numbers = await get(house, "/metrics")
        assert 'tandem_usage_events_total{outcome="new"} 2000' in numbers
        assert 'tandem_usage_events_total{outcome="again"} 2000' in numbers
        assert "# TYPE tandem_usage_events_total counter" in numbers


async def pour(house: House) -> list[int]:
    """Four clients that send everything twice."""

    async def client(bodies: list[Any], key: str) -> list[int]:
        return [await post(house, body, key) for body in bodies for _ in range(2)]

    loads = [([tracks(100) for _ in range(5)], key) for key in (APP, SITE) * 2]
    came = await asyncio.gather(*(client(bodies, key) for bodies, key in loads))
    return [status for statuses in came for status in statuses]


async def test_the_doctor_says_what_was_not_taken_and_from_which_source(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(sqlite_url, sample=False, tandem_ingest_write_keys=KEYS) as house:
        assert await post(house, tracks(3, userId=None)) == 200
        assert await post(house, tracks(1, event="", messageId="m-17"), SITE) == 200
        assert await post(house, {"userId": "ines", "event": "Report made"}, SITE, "/v1/track") == 200
        assert await post(house, tracks(1), "somebody-else") == 401
        findings = await doctor.examine(house.settings)
    about = [finding for finding in findings if "usage" in finding]
    app_is, site_is = source_of(APP), source_of(SITE)
    order = f"{app_is}, {site_is}"
    assert about[0] == f"ok the usage API is on; its sources, in the order of their write keys: {order}"
    assert about[1].startswith(
        f"! usage: 3 events of source {app_is} not taken in the last 7 days: it names neither userId nor"
        " anonymousId, like message "
    )
    reason = "a track needs the name of an event, like message m-17"
    assert about[2:] == [f"! usage: 1 event of source {site_is} not taken in the last 7 days: {reason}"]
    assert not any(key in "\n".join([*findings, caplog.text]) for key in (APP, SITE, "somebody-else"))


async def test_without_write_keys_there_is_no_usage_api(sqlite_url: str) -> None:
    async with opened(sqlite_url, sample=False) as house:
        assert {await post(house, tracks(1), key) for key in (APP, "", "None")} == {404}
        assert await get(house, "/healthz") == "ok"
        findings = await doctor.examine(house.settings)
    assert "ok the usage API is off: TANDEM_INGEST_WRITE_KEYS is empty" in findings


async def test_over_http_slack_and_usage_share_a_port_and_no_secrets(sqlite_url: str) -> None:
    async with opened(sqlite_url, over_http=True, tandem_ingest_write_keys=KEYS) as house:
        assert modal(await house.person("Alice").slash("/request saml")).value("Title") == "saml"
        assert await post(house, tracks(2)) == 200
        assert await post(house, tracks(2), path="/slack/events") == 401
        await house.ring("usage tidy")
        async with app.open_database(house.settings) as db:
            assert await db.read(counted) == {"acme": 2}
