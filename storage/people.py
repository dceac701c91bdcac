"""Our copy of people and groups, read inside transactions, refreshed slowly by the scheduler."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Connection, bindparam, delete, insert, or_, select, update

from bot.domain.ids import GroupId, TeamId, UserId
from bot.domain.notices import Mode
from bot.domain.people import Group, Member, Person
from bot.domain.policy import Policy
from bot.domain.roles import Role
from storage.tables import group_member, person, preference, user_group

_PERSON = [c for c in person.c if c.name != "refreshed_at"]

# Built once: to build a statement takes longer than to run it.
_BY_ID = select(*_PERSON).where(person.c.id == bindparam("user"))
_WITH_GROUPS = _BY_ID.add_columns(group_member.c.group).outerjoin(group_member, group_member.c.user == person.c.id)
_NAMES = select(person.c.id, person.c.name).where(person.c.id.in_(bindparam("users", expanding=True)))
_BY_EMAILS = (
    select(person.c.email, person.c.id)
    .where(person.c.email.in_(bindparam("emails", expanding=True)), ~person.c.is_deleted)
    .order_by(person.c.id.desc())
)
_EMAILS = select(person.c.id, person.c.email).where(
    person.c.id.in_(bindparam("users", expanding=True)), person.c.email.is_not(None)
)
_FULL = ~(person.c.is_deleted | person.c.is_guest | person.c.is_bot)
_PREFERENCE = select(preference.c.mode).where(
    preference.c.user == bindparam("user"), preference.c.topic == bindparam("topic")
)


class People:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, user: UserId) -> Person | None:
        row = self._connection.execute(_BY_ID, {"user": user}).one_or_none()
        return Person(**row._mapping) if row else None

    def any(self) -> bool:
        return self._connection.scalar(select(person.c.id).limit(1)) is not None

    def names(self, users: Iterable[UserId | None]) -> dict[UserId, str]:
        """Names of those we know."""
        wanted = {user for user in users if user}
        if not wanted:
            return {}
        rows = self._connection.execute(_NAMES, {"users": list(wanted)})
        return {row.id: row.name for row in rows}

    def by_email(self, email: str) -> Person | None:
        row = self._connection.execute(
            select(*_PERSON).where(person.c.email == email.casefold(), ~person.c.is_deleted).limit(1)
        ).one_or_none()
        return Person(**row._mapping) if row else None

    def by_emails(self, emails: Iterable[str]) -> dict[str, UserId]:
        """Those we know by these addresses, by the address folded."""
        wanted = sorted({email.casefold() for email in emails})
        rows = self._connection.execute(_BY_EMAILS, {"emails": wanted}) if wanted else ()
        return {row.email: row.id for row in rows}

    def emails(self, users: Iterable[UserId | None]) -> dict[UserId, str]:
        """Addresses of those we know them of."""
        wanted = sorted({user for user in users if user})
        rows = self._connection.execute(_EMAILS, {"users": wanted}) if wanted else ()
        return {row.id: row.email for row in rows}

    def member(self, user: UserId, policy: Policy) -> Member | None:
        """The person with the roles they hold, by themselves or through a group; None when we don't know them."""
        rows = self._connection.execute(_WITH_GROUPS, {"user": user}).all()  # one for each group
        if not rows:
            return None
        someone = Person(**{c.name: value for c, value in zip(_PERSON, rows[0], strict=False)})
        ids: frozenset[GroupId | UserId] = frozenset((user, *(row.group for row in rows if row.group)))
        admins = policy.admins
        return Member(
            person=someone,
            roles=policy.roles.of(ids),
            roles_in_use=policy.roles.in_use,
            rights=policy.rights,
            is_admin=user in admins if admins else someone.is_admin,
        )

    def holders(self, roles: frozenset[Role], policy: Policy) -> Sequence[Person]:
        """Full members who hold one of these roles, by name. None while no role is configured."""
        ids = frozenset[GroupId | UserId]().union(*(policy.roles.holders.get(role, ()) for role in roles))
        in_groups = select(group_member.c.user).where(group_member.c.group.in_(ids))
        rows = self._connection.execute(
            select(*_PERSON).where(_FULL, person.c.id.in_(ids) | person.c.id.in_(in_groups)).order_by(person.c.name)
        )
        return [Person(**row._mapping) for row in rows]

    def admins(self, policy: Policy, team: TeamId, limit: int) -> Sequence[Person]:
        """Who may change Tandem's settings, by name: those decided on, else the workspace's own admins."""
        chosen = person.c.id.in_(policy.admins) if policy.admins else person.c.is_admin
        return self._some(_FULL & (person.c.team == team) & chosen, limit)

    def search(self, words: str, team: TeamId, limit: int) -> Sequence[Person]:
        """Full members of this team whose name holds these words, by name."""
        return self._some(_FULL & (person.c.team == team) & _holds(person.c.name, words), limit)

    def search_groups(self, words: str, limit: int) -> dict[GroupId, str]:
        """Handles of the groups that hold these words, by handle."""
        found = select(user_group.c.id, user_group.c.handle).where(_holds(user_group.c.handle, words))
        rows = self._connection.execute(found.order_by(user_group.c.handle).limit(limit))
        return {GroupId(row.id): row.handle for row in rows}

    def handles(self, groups: Iterable[GroupId]) -> dict[GroupId, str]:
        """Handles of those we know."""
        wanted = select(user_group.c.id, user_group.c.handle).where(user_group.c.id.in_(list(groups)))
        return {GroupId(row.id): row.handle for row in self._connection.execute(wanted)}

    def _some(self, which: ColumnElement[bool], limit: int) -> Sequence[Person]:
        rows = self._connection.execute(select(*_PERSON).where(which).order_by(person.c.name).limit(limit))
        return [Person(**row._mapping) for row in rows]

    def zones(self) -> Sequence[str | None]:
        """Time zones people live in; None for those who never said."""
        return list(self._connection.scalars(select(person.c.timezone).where(~person.c.is_deleted).distinct()))

    def put(self, people: Sequence[Person], at: datetime) -> None:
        """Keep these people as they are now; others stay as they were."""
        for someone in people:
            row = asdict(someone)
            row["email"] = someone.email.casefold() if someone.email else None
            row["refreshed_at"] = at
            known = self._connection.execute(update(person).where(person.c.id == someone.id).values(row))
            if not known.rowcount:
                self._connection.execute(insert(person).values(row))

    def put_groups(self, groups: Sequence[Group], at: datetime) -> None:
        """Keep exactly these groups with exactly these members."""
        self._connection.execute(delete(group_member))
        self._connection.execute(delete(user_group))
        for group in groups:
            self._connection.execute(insert(user_group).values(id=group.id, handle=group.handle, refreshed_at=at))
            members = [{"group": group.id, "user": user} for user in sorted(group.members)]
            if members:
                self._connection.execute(insert(group_member), members)

    def prefers(self, user: UserId, topic: str) -> Mode | None:
        """How this person wants to hear of a topic; None when they never said."""
        found = self._connection.scalar(_PREFERENCE, {"user": user, "topic": topic})
        return Mode(found) if found else None

    def preferences(self, user: UserId) -> dict[str, Mode]:
        """What this person said, by topic."""
        rows = self._connection.execute(
            select(preference.c.topic, preference.c.mode).where(preference.c.user == user)
        )
        return {row.topic: Mode(row.mode) for row in rows}

    def prefer(self, user: UserId, topic: str, mode: Mode, at: datetime) -> None:
        said = {"mode": mode, "at": at}
        this = (preference.c.user == user) & (preference.c.topic == topic)
        if not self._connection.execute(update(preference).where(this).values(said)).rowcount:
            self._connection.execute(insert(preference).values(user=user, topic=topic, **said))


def _holds(column: Column[str], words: str) -> ColumnElement[bool]:
    """However it is written: SQLite itself folds only the letters of English."""
    spellings = {words, words.lower(), words.upper(), words.title()}
    return or_(*(column.icontains(spelling, autoescape=True) for spelling in sorted(spellings)))
