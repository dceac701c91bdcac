"""Showing a form, wherever the button stood that asks for it."""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient


async def show(client: AsyncWebClient, body: dict[str, Any], view: dict[str, Any]) -> None:
    """On top of the modal the button is in; else a modal of its own."""
    is_in_a_modal = (body.get("view") or {}).get("type") == "modal"
    opens = client.views_push if is_in_a_modal else client.views_open
    await opens(trigger_id=body["trigger_id"], view=view)


async def instead(client: AsyncWebClient, body: dict[str, Any], view: dict[str, Any]) -> None:
    """In place of the modal the button is in; else in a modal of its own."""
    pressed_in = body.get("view") or {}
    if pressed_in.get("type") == "modal":
        await client.views_update(view_id=pressed_in["id"], view=view)
    else:
        await show(client, body, view)
