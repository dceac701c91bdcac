"""Redrawing a form while it is being filled in. Best effort: it never blocks submitting."""

import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import Busy, Unavailable

log = logging.getLogger(__name__)

A_MINUTE = 80  #: of the about 100 view updates a minute that Slack allows a workspace; the rest is for forms
_GONE = ("not_found", "view_not_found", "ratelimited")
_VIEWS = 500  # remembered: more forms than are open at once


class Previews:
    """Counts redraws, so that forms being filled in leave room for forms being opened."""

    def __init__(self) -> None:
        self._drawn: deque[datetime] = deque(maxlen=A_MINUTE)
        self._newest: OrderedDict[str, str] = OrderedDict()  # view -> when its newest choice was made

    async def draw(
        self,
        client: AsyncWebClient,
        body: dict[str, Any],
        form: Callable[[], Awaitable[dict[str, Any]]],
        now: datetime,
    ) -> None:
        """Show the form again, unless this minute is full, the memory is away or the person has gone on."""
        view, chosen_at = body["view"], body["actions"][0].get("action_ts", "")
        self._note(view["id"], chosen_at)
        if not self._may_draw(now):
            return
        try:
            drawn = await form()
        except (Busy, Unavailable) as error:
            log.warning("no preview: %s", error)  # submitting says so, and keeps what was typed
            return
        done = await _was_drawn(client, drawn, view_id=view["id"], hash=view["hash"])
        if not done and self._newest.get(view["id"]) == chosen_at:
            # The preview of an earlier choice came in between; this one knows more.
            await _was_drawn(client, drawn, view_id=view["id"])

    def _note(self, view: str, chosen_at: str) -> None:
        self._newest[view] = max(self._newest.pop(view, ""), chosen_at)
        if len(self._newest) > _VIEWS:
            self._newest.popitem(last=False)

    def _may_draw(self, now: datetime) -> bool:
        """Whether there is room for one more this minute. Counted per process; only previews depend on it."""
        if len(self._drawn) == A_MINUTE and now - self._drawn[0] < timedelta(minutes=1):
            return False
        self._drawn.append(now)
        return True


async def _was_drawn(client: AsyncWebClient, form: dict[str, Any], **which: str) -> bool:
    """False when the form has changed since; a form that is gone needs no preview."""
    try:
        await client.views_update(view=form, **which)
    except SlackApiError as error:
        code = error.response.get("error")
        if code not in ("hash_conflict", *_GONE):
            raise
        return code in _GONE
    return True
