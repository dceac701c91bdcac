"""Puts what every listener needs into Bolt's context, by argument name."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from bot.domain.acts import Actor, Clocks, Via
from bot.domain.ids import TeamId, UserId
from bot.domain.policy import Company
from handlers.directory import Directory
from handlers.previews import Previews
from storage.database import Database


def install(app: AsyncApp, db: Database, clocks: Clocks, company: Company, directory: Directory) -> None:
    """Somebody new is met first, so that a service finds them in our directory."""
    previews = Previews()

    async def introduce(
        context: AsyncBoltContext,
        body: dict[str, Any],
        next: Callable[[], Awaitable[None]],  # noqa: A002 - Bolt's
    ) -> None:
        actor = actor_of(context, body)
        context["db"] = db
        context["act"] = clocks.act(actor, Via.SLACK, uuid4().hex)
        context["company"] = company
        context["directory"] = directory
        context["previews"] = previews
        if actor.user:
            await directory.meet(actor.user)
        await next()

    app.use(introduce)


def actor_of(context: AsyncBoltContext, body: dict[str, Any]) -> Actor:
    """Who knocks, and of which workspace: in shared channels it may be another one's."""
    user = context.user_id
    team = _home_of(body) or context.actor_team_id or context.team_id
    return Actor(user=UserId(user) if user else None, team=TeamId(team) if team else None)


def _home_of(body: dict[str, Any]) -> str | None:
    user = body.get("user")
    return user.get("team_id") if isinstance(user, dict) else None
