"""Channels' own digests, when the company's is said, and the north star."""

import re
from dataclasses import replace
from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.domain.errors import Refused
from bot.domain.ids import ChannelId
from bot.domain.subscribing import zones_like
from bot.domain.text import clean
from bot.services import north_star as stars
from bot.services import subscriptions as service
from bot.ui import entries, north_star_form, subscription_form, weekly_form
from bot.ui.memory import STALE, Memory, recall
from handlers import opening
from handlers.directory import Directory
from handlers.previews import Previews
from storage.database import Database

_ZONES = 20  #: that a search shows
_CHANNELS = ("C", "G")  #: how the ids of channels begin; those of direct messages with D


def register(app: AsyncApp) -> None:
    """Put this module's listeners onto the app."""
    app.action(entries.SUBSCRIPTIONS)(press_subscriptions)
    app.action(subscription_form.NEW)(open_form)
    app.action(subscription_form.CHANGE)(open_form)
    app.action(subscription_form.STOP)(stop)
    app.options(subscription_form.ZONES)(suggest_zones)
    app.action(re.compile(f"^{subscription_form.REDRAFT}:"))(redraft)
    app.view(subscription_form.CALLBACK)(save)
    app.action(subscription_form.WEEKLY)(open_weekly)
    app.view(weekly_form.CALLBACK)(save_weekly)
    app.action(entries.NORTH_STAR)(press_north_star)
    app.view(north_star_form.CALLBACK)(keep_north_star)


# ---- the list -----------------------------------------------------------------------------------


async def open_subscriptions(
    ack: AsyncAck, command: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    """`/coordination subscriptions`: what there is; in a channel that has none, the form at once."""
    here = _channel(command["channel_id"])
    now = await db.read(service.open_list, act, here)
    if now.is_any_here:
        view = subscription_form.listed(now)
    else:
        blank = await db.read(service.open_form, act, None, here)
        view = subscription_form.form(blank, _new_memory(), others=now.is_any)
    await opening.show(client, command, view)
    await ack()


async def press_subscriptions(
    ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    here = _channel((body.get("channel") or {}).get("id", ""))
    await opening.show(client, body, subscription_form.listed(await db.read(service.open_list, act, here)))
    await ack()


async def stop(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    await db.write(service.stop, act, _number(action))
    await _show_again(client, body["view"]["id"], subscription_form.here(body["view"]), db, act)
    await ack()


# ---- a channel's own ----------------------------------------------------------------------------


async def open_form(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    """New in this channel, or the one to change."""
    number = _number(action) if action["action_id"] == subscription_form.CHANGE else None
    blank = await db.read(service.open_form, act, number, _channel(action.get("value", "")))
    memory = Memory(key=uuid4().hex, subscription=number, here=_beneath(body))
    await opening.show(client, body, subscription_form.form(blank, memory))
    await ack()


async def suggest_zones(ack: AsyncAck, payload: dict[str, Any]) -> None:
    found = zones_like(clean(payload.get("value", "")), _ZONES)
    await ack(options=subscription_form.zone_options(found))


async def redraft(
    ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act, previews: Previews
) -> None:
    """Something else was chosen: the preview is another."""
    view = body["view"]
    memory, wish = recall(view), subscription_form.so_far(view)

    async def form() -> dict[str, Any]:
        sample = await db.read(service.preview, act, memory.subscription, wish) if wish else None
        return subscription_form.redrawn(view, memory, sample)

    await previews.draw(client, body, form, act.wall)
    await ack()


async def save(
    ack: AsyncAck,
    view: dict[str, Any],
    client: AsyncWebClient,
    db: Database,
    act: Act,
    directory: Directory,
) -> None:
    """The channel is looked at first, so that what is said of it holds."""
    form, wish = recall(view), subscription_form.read(view)
    is_inside = await directory.look_at(ChannelId(wish.channel))
    done = await db.write(service.save, replace(act, key=f"subscription:{form.key}"), form.subscription, wish)
    await _refresh_beneath(client, view, db, act)
    await ack(response_action="update", view=subscription_form.receipt(done, is_inside=is_inside))


# ---- the company's ------------------------------------------------------------------------------


async def open_weekly(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act) -> None:
    blank = await db.read(service.open_weekly, act)
    await opening.show(client, body, weekly_form.form(blank, Memory(key=uuid4().hex, here=_beneath(body))))
    await ack()


async def save_weekly(ack: AsyncAck, view: dict[str, Any], client: AsyncWebClient, db: Database, act: Act) -> None:
    form, wish = recall(view), weekly_form.read(view)
    kept = await db.write(service.keep_weekly, replace(act, key=f"weekly:{form.key}"), wish)
    await _refresh_beneath(client, view, db, act)
    await ack(response_action="update", view=weekly_form.receipt(kept))


# ---- the north star -----------------------------------------------------------------------------


async def open_north_star(
    ack: AsyncAck, command: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    """`/coordination north star`."""
    await press_north_star(ack, command, client, db, act)


async def press_north_star(
    ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    blank = await db.read(stars.open_form, act)
    await opening.show(client, body, north_star_form.form(blank, _new_memory()))
    await ack()


async def keep_north_star(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    form, written = recall(view), north_star_form.read(view)
    kept = await db.write(stars.keep, replace(act, key=f"north_star:{form.key}"), written)
    await ack(response_action="update", view=north_star_form.receipt(kept))


# ---- how it is done -----------------------------------------------------------------------------


async def _refresh_beneath(client: AsyncWebClient, view: dict[str, Any], db: Database, act: Act) -> None:
    """The list a form was opened from shows what was saved once the form is closed."""
    if beneath := view.get("previous_view_id"):
        await _show_again(client, beneath, _channel(recall(view).here or ""), db, act)


async def _show_again(client: AsyncWebClient, view_id: str, here: ChannelId | None, db: Database, act: Act) -> None:
    now = await db.read(service.open_list, act, here)
    try:
        await client.views_update(view_id=view_id, view=subscription_form.listed(now))
    except SlackApiError as error:
        if error.response.get("error") not in ("not_found", "view_not_found", "ratelimited"):
            raise


def _beneath(body: dict[str, Any]) -> ChannelId | None:
    return subscription_form.here(body.get("view") or {})


def _channel(name: str) -> ChannelId | None:
    return ChannelId(name) if name.startswith(_CHANNELS) else None


def _number(button: dict[str, Any]) -> int:
    value = str(button.get("value", ""))
    if not value.isdecimal() or len(value) > 9:
        raise Refused(STALE)
    return int(value)


def _new_memory() -> Memory:
    return Memory(key=uuid4().hex)
