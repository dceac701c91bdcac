"""`/tandem`: help, and every other command for workspaces where its name is taken."""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.services import setup as service
from bot.ui import help as page
from handlers import board, coordination, requests, rounds, setup
from storage.database import Database


def register(app: AsyncApp) -> None:
    app.command("/tandem")(dispatch)


async def dispatch(ack: AsyncAck, command: dict[str, Any], client: AsyncWebClient, db: Database, act: Act) -> None:
    """`/tandem request ...` is `/request ...`, and so on; anything else is answered with help."""
    name, rest = [*command.get("text", "").split(maxsplit=1), "", ""][:2]
    twin = {**command, "text": rest}
    match name.lower():
        case "request":
            await requests.open_form(ack=ack, command=twin, client=client, db=db, act=act)
        case "board":
            await board.show_board(ack=ack, command=twin, db=db, act=act)
        case "coordination":
            await coordination.coordinate(ack=ack, command=twin, client=client, db=db, act=act)
        case "setup":
            await setup.open_setup(ack=ack, command=twin, client=client, db=db, act=act)
        case "preferences":
            await rounds.open_preferences(ack=ack, body=command, client=client, db=db, act=act)
        case _:
            message = page.message(await db.read(service.open_help, act))
            await ack(response_type="ephemeral", text=message.text, blocks=message.blocks)
