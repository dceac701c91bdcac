"""App Home."""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import Act
from bot.services import home as service
from bot.ui import home
from storage.database import Database


def register(app: AsyncApp) -> None:
    app.event("app_home_opened")(open_home)


async def open_home(event: dict[str, Any], client: AsyncWebClient, db: Database, act: Act) -> None:
    """Published when somebody looks; Slack allows about a hundred a minute for a workspace."""
    if event.get("tab") == "home":
        facts = await db.read(service.open_home, act)
        await client.views_publish(user_id=event["user"], view=home.view(facts))
