"""People of the workspace, their roles, and who may do what."""

from dataclasses import dataclass, field
from datetime import tzinfo
from zoneinfo import ZoneInfo

from bot.domain.errors import Refused
from bot.domain.ids import GroupId, TeamId, UserId
from bot.domain.roles import CONFIRMS, DEFAULTS, Doing, Rights, Role
from bot.domain.wsjf import Factor


@dataclass(frozen=True, kw_only=True)
class Person:
    """Our copy of a Slack user. A missing zone or email is normal."""

    id: UserId
    team: TeamId
    name: str
    email: str | None = None
    timezone: str | None = None
    is_guest: bool = False
    is_bot: bool = False
    is_deleted: bool = False
    is_admin: bool = False  #: of the Slack workspace

    def zone(self, company: tzinfo) -> tzinfo:
        """Their own zone; the company's while it is missing or not one this machine knows."""
        return zone_named(self.timezone, company)


def zone_named(name: str | None, company: tzinfo) -> tzinfo:
    """The zone of that name; the company's while there is none or this machine doesn't know it."""
    try:
        return ZoneInfo(name) if name else company
    except (KeyError, ValueError, OSError):
        return company


@dataclass(frozen=True, kw_only=True)
class Group:
    id: GroupId
    handle: str
    members: frozenset[UserId]


@dataclass(frozen=True, kw_only=True)
class Member:
    """A person with the roles they hold here."""

    person: Person
    roles: frozenset[Role]
    roles_in_use: bool  #: False while no role is configured: then everybody may do everything
    rights: Rights = field(default_factory=Rights)
    is_admin: bool = False  #: may change Tandem's settings

    def may(self, doing: Doing) -> bool:
        if doing is Doing.SET_UP:
            return self.is_admin
        if doing not in DEFAULTS or not self.roles_in_use:
            return True
        return bool(self.roles & self.rights.of(doing))

    def owns(self, factor: Factor) -> bool:
        """Whether their word on this figure is the confirmed one."""
        return self.may(CONFIRMS[factor])


def admit(person: Person | None, home: TeamId) -> Person:
    """The person, if they belong here. Raises Refused for strangers, guests, bots and people who left."""
    if person is None or person.is_deleted:
        raise Refused("I can't find you in this workspace's directory. Try again in a minute, or ask an admin.")
    if person.team != home:
        raise Refused("Tandem serves the workspace it is installed in. Ask a colleague there to do this for you.")
    if person.is_guest:
        raise Refused("Tandem is for full members. Ask the colleague who invited you to file this for you.")
    if person.is_bot:
        raise Refused("Tandem listens to people only.")
    return person
