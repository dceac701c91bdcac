"""The workspace we serve, what was decided in it, and which periods of which job are done."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.acts import Act
from bot.domain.ids import TeamId, UserId
from bot.domain.policy import Cards, Channels, Policy, Roles
from bot.domain.roles import Doing, Rights, Role
from storage.tables import job_run, mark, setting, workspace

# Built once: to build a statement takes longer than to run it.
_TEAM = select(workspace.c.team)
_URL = select(workspace.c.url)
_OF_POLICY = ("channels", "cards", "roles", "rights", "admins", "capture", "weekly_at", "facilitator")
_IN_FORCE = (
    select(setting.c.name, setting.c.value)
    # As literals: a list of plain values is spelt out anew in every run.
    .where(setting.c.name.in_([literal(name) for name in _OF_POLICY]))
    .order_by(setting.c.version)
)


class House:
    def __init__(self, connection: Connection, fixed: Policy) -> None:
        self._connection = connection
        self._fixed = fixed

    @property
    def fixed(self) -> Policy:
        """What the environment decides; nothing set in Slack changes it."""
        return self._fixed

    # ---- the workspace ----

    def team(self) -> TeamId | None:
        """The workspace fixed at first start; None before it."""
        return self._connection.scalar(_TEAM)

    def url(self) -> str:
        """Address of the workspace, ending in a slash."""
        return self._connection.scalar(_URL) or ""

    def settle_in(self, team: TeamId, name: str, url: str, bot_user: UserId, act: Act) -> None:
        self._connection.execute(
            insert(workspace).values(id=1, team=team, name=name, url=url, bot_user=bot_user, since=act.at)
        )

    # ---- decisions ----

    def policy(self) -> Policy:
        """What was set in Slack, under what the environment fixes."""
        stored = self._stored()
        channels = {k: v for k, v in vars(self._fixed.channels).items() if v}
        return replace(
            self._fixed,
            channels=Channels(**{**stored.get("channels", {}), **channels}),
            cards=Cards(stored.get("cards", Cards.EACH)),
            roles=self._fixed.roles if self._fixed.roles.in_use else _roles(stored.get("roles", {})),
            rights=_rights(stored.get("rights", {})),
            admins=self._fixed.admins or frozenset(stored.get("admins", ())),
            capture=stored.get("capture", self._fixed.capture),
            weekly_at=self._fixed.weekly_at or stored.get("weekly_at", ""),
            facilitator=stored.get("facilitator"),
        )

    def decide(self, name: str, value: Any, act: Act) -> None:
        """Set a decision; earlier versions are kept."""
        latest = select(func.coalesce(func.max(setting.c.version), 0)).where(setting.c.name == name)
        version = self._connection.execute(latest).scalar_one() + 1
        self._connection.execute(
            insert(setting).values(name=name, version=version, value=value, by=act.by.user, at=act.at)
        )

    def decided(self, name: str) -> Any | None:
        """The decision in force, or None."""
        latest = select(setting.c.value).where(setting.c.name == name)
        return self._connection.scalar(latest.order_by(setting.c.version.desc()).limit(1))

    def _stored(self) -> dict[str, Any]:
        rows = self._connection.execute(_IN_FORCE)
        return {name: value for name, value in rows}  # noqa: C416 - rows are not pairs to mypy

    # ---- where a job left off ----

    def mark(self, name: str) -> Any | None:
        """What a job saw last, or None."""
        return self._connection.scalar(select(mark.c.value).where(mark.c.name == name))

    def set_mark(self, name: str, value: Any, act: Act) -> None:
        seen = {"value": value, "at": act.at}
        if not self._connection.execute(update(mark).where(mark.c.name == name).values(seen)).rowcount:
            self._connection.execute(insert(mark).values(name=name, **seen))

    # ---- periods ----

    def claim_period(self, job: str, period: str, act: Act) -> bool:
        """True for the one transaction that may do this period's work."""
        values = {"job": job, "period": period, "at": act.at}
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        claim = dialect.insert(job_run).values(values).on_conflict_do_nothing()
        # What comes back, not the row count: of an insert, Postgres tells none.
        return self._connection.scalar(claim.returning(job_run.c.job)) is not None


def _roles(stored: dict[str, list[str]]) -> Roles:
    return Roles(holders={Role(role): frozenset(ids) for role, ids in stored.items()})  # type: ignore[arg-type]


def _rights(stored: dict[str, list[str]]) -> Rights:
    return Rights(decided={Doing(doing): frozenset(map(Role, roles)) for doing, roles in stored.items()})
