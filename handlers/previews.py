"""Redrawing a form while it is being filled in. Best effort: it never blocks submitting."""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import Busy, Unavailable

log = logging.getLogger(__name__)

A_MINUTE = 80  #: of the about 100 view updates a minute that Slack allows a workspace; the rest is for forms
_GONE = ("not_found", "view_not_found", "ratelimited")
_VIEWS = 500  # remembered: more forms than are open at once


@dataclass
class _Seen:
    """What we know of a form that is being filled in."""

    newest: str = ""  #: when its newest choice was made
    hash: str | None = None  #: Slack's name for what we drew last
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Previews:
    """Counts redraws, so that forms being filled in leave room for forms being opened."""

    def __init__(self) -> None:
        self._drawn: deque[datetime] = deque(maxlen=A_MINUTE)
        self._seen: OrderedDict[str, _Seen] = OrderedDict()  # by view

    async def draw(
        self,
        client: AsyncWebClient,
        body: dict[str, Any],
        form: Callable[[], Awaitable[dict[str, Any]]],
        now: datetime,
        *,
        pressed: bool = False,
    ) -> None:
        """Show the form again, unless this minute is full, the memory is away or the person has gone on.

        Who `pressed` a button for it waits for it: then it is shown in a full minute too, and what fails is told.
        """
        view, chosen_at = body["view"], body["actions"][0].get("action_ts", "")
        seen = self._note(view["id"], chosen_at)
        if not self._may_draw(now) and not pressed:
            return
        try:
            drawn = await form()
        except (Busy, Unavailable) as error:
            if pressed:
                raise
            log.warning("no preview: %s", error)  # submitting says so, and keeps what was typed
            return
        async with seen.turn:
            done = await _was_drawn(client, drawn, view["id"], view["hash"], seen)
            if not done and seen.hash and seen.newest == chosen_at:
                # The preview of an earlier choice came in between; this one knows more. But where it was the
                # person, who has sent the form, the hash is another once more, and the receipt stays.
                await _was_drawn(client, drawn, view["id"], seen.hash, seen)

    def _note(self, view: str, chosen_at: str) -> _Seen:
        seen = self._seen[view] = self._seen.pop(view, _Seen())
        seen.newest = max(seen.newest, chosen_at)
        if len(self._seen) > _VIEWS:
            self._seen.popitem(last=False)
        return seen

    def _may_draw(self, now: datetime) -> bool:
        """Whether there is room for one more this minute. Counted per process; only previews depend on it."""
        if len(self._drawn) == A_MINUTE and now - self._drawn[0] < timedelta(minutes=1):
            return False
        self._drawn.append(now)
        return True


async def _was_drawn(client: AsyncWebClient, form: dict[str, Any], view: str, known: str, seen: _Seen) -> bool:
    """False when the form is no longer as known; a form that is gone needs no preview."""
    try:
        answer = await client.views_update(view=form, view_id=view, hash=known)
    except SlackApiError as error:
        code = error.response.get("error")
        if code not in ("hash_conflict", *_GONE):
            raise
        return code in _GONE
    seen.hash = answer["view"]["hash"]
    return True
