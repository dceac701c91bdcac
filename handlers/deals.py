"""How deals end."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.domain.deals import DealState
from bot.domain.policy import Company
from bot.services import deals
from bot.ui import deal, deal_form, entries
from bot.ui.memory import Memory, recall
from handlers import opening
from storage.database import Database


def register(app: AsyncApp) -> None:
    """Put this module's listeners onto the app."""
    app.action(entries.DEAL)(open_choice)
    app.action(deal_form.CHANGE)(reopen)
    for state in deal_form.ENDINGS:
        app.action(deal_form.action(state))(open_form)
    app.view(deal_form.callback(DealState.WON))(end)
    app.view(deal_form.callback(DealState.LOST))(end)
    app.view(deal_form.callback(DealState.OPEN))(postpone)


async def open_choice(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    seen = await db.read(deals.see, act, deal_form.deal_of(action["value"]))
    await opening.show(client, body, deal.choice(seen))
    await ack()


async def open_form(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    blank = await db.read(deals.open_form, act, deal_form.deal_of(action["value"]))
    memory = Memory(key=uuid4().hex, deal=blank.seen.deal.id)
    await _show(client, body, deal_form.form(deal_form.state_of(action["action_id"]), blank, memory))
    await ack()


async def end(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act, company: Company) -> None:
    form, said = recall(view), deal_form.read(view, company.currency)
    state = deal_form.state_of(view["callback_id"])
    seen = await db.write(deals.end, replace(act, key=f"deal:{form.key}"), form.ends(), state, said)
    await ack(response_action="update", view=deal.receipt(seen))


async def postpone(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    form, said = recall(view), deal_form.read_date(view)
    seen = await db.write(deals.postpone, replace(act, key=f"deal:{form.key}"), form.ends(), said)
    await ack(response_action="update", view=deal.receipt(seen))


async def reopen(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    """In a message the buttons come back by themselves."""
    seen = await db.write(deals.reopen, act, deal_form.deal_of(action["value"]))
    if _is_in_the_choice(body):
        await _show(client, body, deal.choice(seen))
    await ack()


async def _show(client: AsyncWebClient, body: dict[str, Any], view: dict[str, Any]) -> None:
    """In the place of the choice it was made in, as Slack stacks no more than three; else as any form."""
    if _is_in_the_choice(body):
        await client.views_update(view_id=body["view"]["id"], hash=body["view"]["hash"], view=view)
    else:
        await opening.show(client, body, view)


def _is_in_the_choice(body: dict[str, Any]) -> bool:
    return (body.get("view") or {}).get("callback_id") == deal_form.CHOICE
