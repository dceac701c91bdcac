"""Slack tells us when people, groups and channels change."""

from typing import Any, Protocol

from slack_bolt.async_app import AsyncApp

from bot.domain.ids import ChannelId, UserId


class Directory(Protocol):
    """Our copy of the workspace's people and channels; the scheduler keeps it."""

    async def meet(self, user: UserId) -> None: ...
    async def renew(self, user: UserId) -> None: ...
    async def renew_groups(self) -> None: ...
    async def renew_channel(self, channel: ChannelId) -> None: ...
    async def look_at(self, channel: ChannelId) -> bool: ...


def register(app: AsyncApp) -> None:
    app.event("user_change")(renew_person)
    app.event("team_join")(renew_person)
    app.event("subteam_members_changed")(renew_groups)
    app.event("subteam_updated")(renew_groups)
    app.event("channel_shared")(renew_channel)
    app.event("channel_unshared")(renew_channel)
    app.event("channel_rename")(renew_renamed)
    app.event("group_rename")(renew_renamed)


async def renew_person(event: dict[str, Any], directory: Directory) -> None:
    await directory.renew(UserId(event["user"]["id"]))


async def renew_groups(directory: Directory) -> None:
    await directory.renew_groups()


async def renew_channel(event: dict[str, Any], directory: Directory) -> None:
    await directory.renew_channel(ChannelId(event["channel"]))


async def renew_renamed(event: dict[str, Any], directory: Directory) -> None:
    await directory.renew_channel(ChannelId(event["channel"]["id"]))
