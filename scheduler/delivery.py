"""Draws what the outbox hands over, posts it, and reports the outcome. It decides nothing.

Bodies of work are drawn at delivery from current state, so a card that waited says what is true now.
"""

import asyncio
import contextlib
import errno
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar
from uuid import uuid4

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.acts import TANDEM, Act, Clocks, Via
from bot.domain.errors import Busy, Unavailable
from bot.domain.ids import ChannelId, MessageTs, UserId, WorkerId
from bot.domain.notices import Gone, NotSent, Outcome, Permanent, Posted, Throttled, Unknown, Unsure
from bot.domain.policy import WorkingHours
from bot.services import outbox
from bot.services.outbox import Parcel
from bot.ui.message import draw
from bot.ui.parts import Message
from storage.database import Database

T = TypeVar("T")

log = logging.getLogger(__name__)

EVENT_TYPE = "tandem_notice"  #: of the message metadata by which a notice is found again
IDLE = 1.0  #: seconds between looks for what other processes put in or what has become due
GATHER = 0.03  #: seconds after a change, so that a burst of them is looked at once
_SKEW = timedelta(minutes=10)  #: how far Slack's clock and ours may be apart
_PAGE = 200

_SLOW_DOWN = {"ratelimited", "rate_limited", "message_limit_exceeded"}
_MAY_HAVE_POSTED = {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
_GONE = {"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"}
#: The connection was never made, so nothing was said.
_NEVER_SENT = {errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL}


class Delivery:
    """One worker. `client` must not retry by itself: a retry after a lost answer would say it twice."""

    def __init__(
        self, db: Database, client: AsyncWebClient, clocks: Clocks, hours: WorkingHours, *, worker: str = ""
    ) -> None:
        self._db = db
        self._client = client
        self._clocks = clocks
        self._hours = hours
        self._worker = WorkerId(worker or uuid4().hex[:12])
        self._wake = asyncio.Event()
        self._stopping = False
        self._under_way: set[asyncio.Task[None]] = set()
        db.on_write(self._wake.set)

    # ---- the loop ----

    async def run(self) -> None:
        """Deliver until `stop`; then finish what is under way."""
        while not self._stopping:
            self._wake.clear()
            if not await self._take_some():
                await self._rest()
        if self._under_way:
            await asyncio.wait(self._under_way)

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    async def _take_some(self) -> bool:
        if len(self._under_way) >= outbox.AT_ONCE:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        try:
            if not await self._db.read(outbox.has_work, self._act()):
                return False
            parcels = await self._db.write(outbox.claim, self._act(), self._worker, self._hours)
        except (Busy, Unavailable) as error:
            log.warning("could not claim notices: %s", error)
            return False
        except Exception:  # the loop must go on, or nobody is told anything any more
            log.exception("claiming notices failed")
            return False
        for parcel in parcels:
            task = asyncio.create_task(self._deliver(parcel))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return True

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), IDLE)
        await asyncio.sleep(GATHER)

    # ---- one delivery ----

    async def _deliver(self, parcel: Parcel) -> None:
        try:
            outcome = await self._attempt(parcel)
            if not isinstance(outcome, Posted):
                log.warning("notice not posted", extra={"notice": parcel.key, "outcome": repr(outcome)})
            await self._db.write(outbox.settle, self._act(), parcel, outcome)
        except (Busy, Unavailable) as error:
            # The lease runs out, and whoever takes it next looks before it sends.
            log.warning("could not settle %s: %s", parcel.key, error)
        except Exception:
            log.exception("delivering %s failed", parcel.key)

    async def _attempt(self, parcel: Parcel) -> Outcome:
        try:
            message = draw(parcel.saying, plain=parcel.attempt.plain)
        except Exception:
            log.exception("could not draw %s", parcel.key)
            return Permanent(error="could not be drawn; the log has the cause")
        if parcel.look and not parcel.replaces:
            found = await self._look(parcel)
            if found is not None:
                return found
        if self._clocks.wall() > parcel.last_call:
            return _too_late(parcel)
        say = self._update if parcel.replaces else self._post
        sent = self._clocks.wall()
        outcome = await _outcome_of(lambda: say(parcel, message))
        return replace(outcome, sent=sent) if isinstance(outcome, Unknown) else outcome

    async def _post(self, parcel: Parcel, message: Message) -> Posted:
        answer = await self._client.chat_postMessage(
            channel=parcel.line,
            text=message.text,
            blocks=message.blocks,
            thread_ts=parcel.thread,
            metadata={"event_type": EVENT_TYPE, "event_payload": {"key": parcel.key}},
            unfurl_links=False,
            unfurl_media=False,
        )
        return Posted(channel=ChannelId(answer["channel"]), ts=MessageTs(answer["ts"]))

    async def _update(self, parcel: Parcel, message: Message) -> Posted:
        assert parcel.replaces
        channel, ts = parcel.replaces.channel, parcel.replaces.ts
        await self._client.chat_update(channel=channel, ts=ts, text=message.text, blocks=message.blocks)
        return Posted(channel=channel, ts=ts)

    # ---- looking before sending again ----

    async def _look(self, parcel: Parcel) -> Outcome | None:
        """What an earlier attempt left in the channel; None when it left nothing."""
        found = await _outcome_of(lambda: self._search(parcel))
        match found:
            case Permanent(error=error):
                return Unsure(error=f"can't look it up: {error}")
            case NotSent(error=error):
                return Unknown(error=error)  # the look was not sent; the message may have been
            case _:
                return found

    async def _search(self, parcel: Parcel) -> Posted | None:
        channel = await self._channel_of(parcel)
        oldest = str((parcel.attempt.first - _SKEW).timestamp())
        cursor: str | None = None
        while True:
            page = await self._history(parcel, channel, oldest, cursor)
            for message in page["messages"]:
                if _key_of(message) == parcel.key:
                    return Posted(channel=channel, ts=MessageTs(message["ts"]))
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None

    async def _history(self, parcel: Parcel, channel: ChannelId, oldest: str, cursor: str | None) -> Any:
        if parcel.thread:
            return await self._client.conversations_replies(
                channel=channel,
                ts=parcel.thread,
                oldest=oldest,
                include_all_metadata=True,
                limit=_PAGE,
                cursor=cursor,
            )
        return await self._client.conversations_history(
            channel=channel, oldest=oldest, include_all_metadata=True, limit=_PAGE, cursor=cursor
        )

    async def _channel_of(self, parcel: Parcel) -> ChannelId:
        """The channel to search: a person's line is their direct message channel."""
        if not parcel.line.startswith(("U", "W")):
            return ChannelId(parcel.line)
        answer = await self._client.conversations_open(users=UserId(parcel.line))
        return ChannelId(answer["channel"]["id"])

    def _act(self) -> Act:
        return self._clocks.act(TANDEM, Via.CLOCK, uuid4().hex)


def _too_late(parcel: Parcel) -> Outcome:
    """We were held up until another worker may have taken over: it is that one's to say."""
    error = "held up until the lease ran out"
    return Unknown(error=error) if parcel.look else NotSent(error=error)


async def _outcome_of(call: Callable[[], Awaitable[T]]) -> T | Outcome:
    """Every failure of a call to Slack, told by what is known of its effect."""
    try:
        return await call()
    except SlackApiError as error:
        return _refusal(error)
    except TimeoutError:
        return Unknown(error="no answer in time")
    except Exception as error:  # noqa: BLE001 - whatever HTTP raises: only a refused connection proves silence
        if isinstance(error, OSError) and error.errno in _NEVER_SENT:
            return NotSent(error=type(error).__name__)
        return Unknown(error=type(error).__name__)


def _refusal(error: SlackApiError) -> Outcome:
    answer = error.response
    if not isinstance(answer, AsyncSlackResponse):  # the SDK could not read it
        return Unknown(error="an answer that is not Slack's")
    status = answer.status_code
    code = (isinstance(answer.data, dict) and answer.data.get("error")) or ""  # a gateway answers with a page
    if status == 429 or code in _SLOW_DOWN:
        return Throttled(retry_after=_retry_after(answer))
    if status >= 500 or code in _MAY_HAVE_POSTED or not code:
        return Unknown(error=code or f"HTTP {status}")
    if code in _GONE:
        return Gone()
    return Permanent(error=code)


def _retry_after(answer: AsyncSlackResponse) -> float:
    """Seconds as Slack says them, at least one; a header that makes no sense is read as half a minute."""
    headers = {name.lower(): value for name, value in (answer.headers or {}).items()}
    value = headers.get("retry-after")
    text = str(value[0] if isinstance(value, list) else value)
    return max(float(text), 1.0) if text.isdecimal() else 30.0


def _key_of(message: dict[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return None
    key: str | None = (metadata.get("event_payload") or {}).get("key")
    return key
