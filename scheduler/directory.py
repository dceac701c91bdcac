"""Keeps our copy of people, groups and channels fresh."""

import asyncio
import logging
from typing import Any
from uuid import uuid4

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import TANDEM, Act, Clocks, Via
from bot.domain.ids import ChannelId, GroupId, TeamId, UserId
from bot.domain.people import Group, Person
from bot.services import house
from storage.database import Database

log = logging.getLogger(__name__)

_PAGE = 200
#: A workspace or a server without user groups is normal; single people can hold roles instead.
_NO_GROUPS = ("unknown_method", "missing_scope", "paid_teams_only", "not_allowed_token_type")
#: Slack's word that it won't tell us of this channel. Who reads it is unknown then, and no amounts are said there.
_NOT_TOLD = (
    "channel_not_found",
    "not_in_channel",
    "missing_scope",
    "unknown_method",
    "method_not_supported_for_channel_type",
    "not_allowed_token_type",
)
_GLANCE = 1.0  #: seconds: somebody waits for the answer to their form


class Directory:
    """Reads Slack's directory into ours. The copy is what transactions read."""

    def __init__(self, db: Database, client: AsyncWebClient, clocks: Clocks) -> None:
        self._db = db
        self._client = client
        self._clocks = clocks
        self._met: set[UserId] = set()  # only that they are in our copy, never what it says of them

    async def refresh(self) -> None:
        """Read everybody and every group. Slack allows about 20 such calls a minute."""
        cursor = ""
        while True:
            page = await self._client.users_list(limit=_PAGE, cursor=cursor)
            await self._keep([_person(user) for user in page["members"]])
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                break
        await self.renew_groups()
        await self.renew_channels()

    async def meet(self, user: UserId) -> None:
        """Make sure this person is in our copy, asking Slack only for somebody new."""
        if user in self._met:
            return
        if await self._db.read(house.knows, user):
            self._met.add(user)
        else:
            await self.renew(user)  # whom Slack could not name now is asked for again next time

    async def renew(self, user: UserId) -> None:
        """Read one person again."""
        try:
            answer = await self._client.users_info(user=user)
        except SlackApiError as error:
            log.warning("could not look a person up: %s", error.response.get("error"))
            return
        await self._keep([_person(answer["user"])])

    async def renew_groups(self) -> None:
        """Read all user groups with their members, in one call."""
        try:
            answer = await self._client.usergroups_list(include_users=True)
        except SlackApiError as error:
            if error.response.get("error") not in _NO_GROUPS:
                raise
            log.info("no user groups here: %s", error.response.get("error"))
            return
        groups = [_group(group) for group in answer["usergroups"] if not group.get("date_delete")]
        await self._db.background().write(house.keep_groups, self._act(), groups)

    async def renew_channels(self) -> None:
        """Ask anew of each channel we speak in whether other companies read it."""
        for channel in await self._db.read(house.channels_in_use):
            await self._look(channel)

    async def renew_channel(self, channel: ChannelId) -> None:
        """Ask anew of one channel, if we speak there."""
        if channel in await self._db.read(house.channels_in_use):
            await self._look(channel)

    async def look_at(self, channel: ChannelId) -> bool:
        """Ask of a channel just chosen, while somebody waits. Whether we are in it, as far as Slack says."""
        return await self._look(channel, within=_GLANCE)

    async def _look(self, channel: ChannelId, *, within: float | None = None) -> bool:
        """Whether we are in it. When Slack doesn't answer, what we know of it stays; the clock asks again."""
        try:
            return await self._renew_channel(channel, within)
        except Exception as error:  # noqa: BLE001 - whatever HTTP raises
            log.warning("could not look at a channel: %s", type(error).__name__)
            return False

    async def _renew_channel(self, channel: ChannelId, within: float | None) -> bool:
        """Raises whatever HTTP does when Slack doesn't answer."""
        try:
            answer = await asyncio.wait_for(self._client.conversations_info(channel=channel), within)
        except SlackApiError as error:
            if error.response.get("error") not in _NOT_TOLD:
                raise
            log.info("Slack doesn't tell of channel %s: %s", channel, error.response.get("error"))
            await self._db.background().write(house.doubt_channel, self._act(), channel)
            return False
        about, name = answer["channel"], answer["channel"].get("name") or ""
        await self._db.background().write(
            house.keep_channel, self._act(), channel, name, is_shared=_is_shared(about)
        )
        return bool(about.get("is_member"))

    async def _keep(self, people: list[Person]) -> None:
        await self._db.background().write(house.keep_people, self._act(), people)
        self._met.update(person.id for person in people)

    def _act(self) -> Act:
        return self._clocks.act(TANDEM, Via.CLOCK, uuid4().hex)


def _person(user: dict[str, Any]) -> Person:
    profile = user.get("profile") or {}
    return Person(
        id=UserId(user["id"]),
        team=TeamId(user.get("team_id", "")),
        name=_name(user, profile),
        email=profile.get("email") or None,
        timezone=user.get("tz") or None,
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        is_bot=bool(user.get("is_bot")) or user["id"] == "USLACKBOT",
        is_deleted=bool(user.get("deleted")),
        is_admin=bool(user.get("is_admin") or user.get("is_owner")),
    )


def _name(user: dict[str, Any], profile: dict[str, Any]) -> str:
    names = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
    return str(next((name for name in names if name), user["id"]))


def _group(group: dict[str, Any]) -> Group:
    members = frozenset(UserId(user) for user in group.get("users") or ())
    return Group(id=GroupId(group["id"]), handle=group.get("handle", ""), members=members)


def _is_shared(channel: dict[str, Any]) -> bool:
    """With another company; other workspaces of our own are no strangers."""
    return bool(channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"))
