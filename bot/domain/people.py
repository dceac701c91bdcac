"""People of the workspace, their roles, and who may do what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.errors import Refused
from bot.domain.ids import GroupId, TeamId, UserId
from bot.domain.wsjf import Factor


class Role(StrEnum):
    PRODUCT = "product"
    SALES = "sales"
    SUPPORT = "support"
    TECH = "tech"
    MARKETING = "marketing"
    LEADERSHIP = "leadership"


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

    def zone(self, company: tzinfo) -> tzinfo:
        """Their own zone; the company's while it is missing or not one this machine knows."""
        try:
            return ZoneInfo(self.timezone) if self.timezone else company
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

    def owns(self, factor: Factor) -> bool:
        """Whether their word on this figure is the confirmed one."""
        return not self.roles_in_use or bool(self.roles & OWNERS[factor])


#: Whose word confirms a figure; everybody else's is a proposal.
OWNERS: Mapping[Factor, frozenset[Role]] = {
    Factor.VALUE: frozenset({Role.PRODUCT}),
    Factor.TIME_CRITICALITY: frozenset({Role.PRODUCT}),
    Factor.RISK_REDUCTION: frozenset({Role.PRODUCT, Role.TECH}),
    Factor.JOB_SIZE: frozenset({Role.TECH}),
}


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
