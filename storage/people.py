"""Our copy of people and groups, read inside transactions, refreshed slowly by the scheduler."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from bot.domain.ids import GroupId, UserId
from bot.domain.people import Group, Member, Person
from bot.domain.policy import Roles
from storage.tables import group_member, person, preference, user_group

_PERSON = [c for c in person.c if c.name != "refreshed_at"]

# Built once: to build a statement takes longer than to run it.
_BY_ID = select(*_PERSON).where(person.c.id == bindparam("user"))
_WITH_GROUPS = _BY_ID.add_columns(group_member.c.group).outerjoin(group_member, group_member.c.user == person.c.id)
_NAMES = select(person.c.id, person.c.name).where(person.c.id.in_(bindparam("users", expanding=True)))
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

    def member(self, user: UserId, roles: Roles) -> Member | None:
        """The person with the roles they hold, by themselves or through a group; None when we don't know them."""
        rows = self._connection.execute(_WITH_GROUPS, {"user": user}).all()  # one for each group
        if not rows:
            return None
        someone = Person(**{c.name: value for c, value in zip(_PERSON, rows[0], strict=False)})
        ids: frozenset[GroupId | UserId] = frozenset((user, *(row.group for row in rows if row.group)))
        return Member(person=someone, roles=roles.of(ids), roles_in_use=roles.in_use)

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

    def prefers(self, user: UserId, topic: str) -> str | None:
        """How this person wants to hear of a topic; None when they never said."""
        return self._connection.scalar(_PREFERENCE, {"user": user, "topic": topic})
