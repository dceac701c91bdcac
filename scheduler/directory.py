"""Keeps our copy of people and groups fresh."""

import logging
from typing import Any
from uuid import uuid4

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.acts import TANDEM, Act, Clocks, Via
from bot.domain.ids import GroupId, TeamId, UserId
from bot.domain.people import Group, Person
from bot.services import house
from storage.database import Database

log = logging.getLogger(__name__)

_PAGE = 200
#: A workspace or a server without user groups is normal; single people can hold roles instead.
_NO_GROUPS = ("unknown_method", "missing_scope", "paid_teams_only", "not_allowed_token_type")


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
