"""The board and its Estimate form."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.domain.text import clean
from bot.services import ranking, triage
from bot.ui import board, estimate_form, inputs, suggested, triage_list
from bot.ui.memory import Memory, recall
from handlers import opening
from handlers.previews import Previews
from storage.database import Database


def register(app: AsyncApp) -> None:
    app.command("/board")(show_board)
    app.action(estimate_form.OPEN)(open_estimate)
    app.action(estimate_form.PREVIEW)(preview_estimate)
    app.action(suggested.TAKE)(take_suggestion)
    app.view(estimate_form.CALLBACK)(save_estimate)


async def show_board(ack: AsyncAck, command: dict[str, Any], db: Database, act: Act) -> None:
    """`/board [words]`, for the asker's eyes only."""
    words = clean(command.get("text", ""))
    if triage_list.is_asked_for(words):
        message = triage_list.message(await db.read(triage.waiting, act))
    else:
        message = board.message(await db.read(ranking.show_board, act, words))
    await ack(response_type="ephemeral", text=message.text, blocks=message.blocks)


async def open_estimate(
    ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act
) -> None:
    number = inputs.request_of(action)
    blank = await db.read(ranking.open_sizing, act, number)
    memory = Memory(key=uuid4().hex, number=number, shown=blank.request.figures)
    await opening.show(client, body, estimate_form.form(blank, memory))
    await ack()


async def preview_estimate(
    ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, db: Database, act: Act, previews: Previews
) -> None:
    """Where the figures chosen so far would put the request."""
    view = body["view"]
    memory, figures = recall(view), estimate_form.so_far(view)

    async def form() -> dict[str, Any]:
        blank = await db.read(ranking.resize, act, memory.about(), figures)
        return estimate_form.form(blank, memory, figures=figures)

    await previews.draw(client, body, form, act.wall)
    await ack()


async def take_suggestion(
    ack: AsyncAck,
    action: dict[str, Any],
    body: dict[str, Any],
    client: AsyncWebClient,
    db: Database,
    act: Act,
    previews: Previews,
) -> None:
    """Put a suggested figure into its field. Nothing is decided until the form is saved."""
    view = body["view"]
    memory, figures = recall(view), estimate_form.so_far(view)
    factor, figure = suggested.taken(action)

    async def form() -> dict[str, Any]:
        blank = await db.read(ranking.take, act, memory.about(), figures, factor, figure)
        return estimate_form.refilled(blank, memory, figures, factor, figure)

    await previews.draw(client, body, form, act.wall, pressed=True)
    await ack()


async def save_estimate(ack: AsyncAck, view: dict[str, Any], db: Database, act: Act) -> None:
    form, sizing = recall(view), estimate_form.read(view)
    act = replace(act, key=f"estimate:{form.key}")
    why = estimate_form.why(view)
    sized, standing = await db.write_then_read(
        ranking.estimate, ranking.standing_now, act, form.about(), sizing, form.shown, why, form.taken
    )
    await ack(response_action="update", view=estimate_form.receipt(sized, standing))
