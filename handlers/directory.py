"""Slack tells us when people and groups change."""

from typing import Any, Protocol

from slack_bolt.async_app import AsyncApp

from bot.domain.ids import UserId


class Directory(Protocol):
    """Our copy of the workspace's people; the scheduler keeps it."""

    async def meet(self, user: UserId) -> None: ...
    async def renew(self, user: UserId) -> None: ...
    async def renew_groups(self) -> None: ...


def register(app: AsyncApp) -> None:
    app.event("user_change")(renew_person)
    app.event("team_join")(renew_person)
    app.event("subteam_members_changed")(renew_groups)
    app.event("subteam_updated")(renew_groups)


async def renew_person(event: dict[str, Any], directory: Directory) -> None:
    await directory.renew(UserId(event["user"]["id"]))


async def renew_groups(directory: Directory) -> None:
    await directory.renew_groups()
