"""What is taken to the strategy level: the case, the other side's words, the decision."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.domain.escalations import DecisionForm, TakingForm
from bot.services import escalations
from bot.ui import case_form, cases, decide_form, inputs, side_form
from bot.ui.memory import Memory, recall
from handlers import opening
from storage.database import Database


def register(app: AsyncApp) -> None:
    """Put this module's listeners onto the app."""
    app.action(case_form.OPEN)(open_case_form)
    app.view(case_form.CALLBACK)(take)
    app.action(side_form.OPEN)(open_side_form)
    app.view(side_form.CALLBACK)(say)
    app.action(decide_form.OPEN)(open_decide_form)
    app.view(decide_form.CALLBACK)(decide)


async def open_case_form(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    """Where a case is open already, that one is shown."""
    found = await db.read(escalations.open_form, act, inputs.request_of(action))
    memory = Memory(key=uuid4().hex, number=found.request.number)
    view = case_form.form(found, memory) if isinstance(found, TakingForm) else case_form.under_way(found)
    await opening.show(client, body, view)
    await ack()


async def take(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    form, wish = recall(view), case_form.read(view)
    begun = await db.write(escalations.take, replace(act, key=f"escalate:{form.key}"), form.about(), wish)
    await ack(response_action="update", view=case_form.receipt(begun))


async def open_side_form(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    asked = await db.read(escalations.open_side, act, cases.case_of(action))
    memory = Memory(key=uuid4().hex, escalation=asked.escalation.id)
    await opening.show(client, body, side_form.form(asked, memory))
    await ack()


async def say(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    form, said = recall(view), side_form.read(view)
    act = replace(act, key=f"side:{form.key}")
    await db.write(escalations.say, act, form.decides(), said.words)
    await ack(response_action="update", view=side_form.receipt())


async def open_decide_form(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    """Where somebody has decided already, what they decided is shown."""
    found = await db.read(escalations.open_decision, act, cases.case_of(action))
    memory = Memory(key=uuid4().hex, escalation=found.escalation.id)
    view = (
        decide_form.form(found, memory) if isinstance(found, DecisionForm) else decide_form.decided_already(found)
    )
    await opening.show(client, body, view)
    await ack()


async def decide(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    form, decision = recall(view), decide_form.read(view)
    ruled = await db.write(escalations.decide, replace(act, key=f"decide:{form.key}"), form.decides(), decision)
    await ack(response_action="update", view=decide_form.receipt(ruled))
