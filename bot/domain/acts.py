"""Who does something, when, and through what."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.ids import TeamId, UserId


class Via(StrEnum):
    SLACK = "slack"
    CLOCK = "clock"  # a job of the scheduler
    CLI = "cli"
    IMPORT = "import"
    API = "api"  # the usage API


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A person of a workspace, or Tandem itself when `user` is None."""

    user: UserId | None
    team: TeamId | None = None


TANDEM = Actor(user=None)


@dataclass(frozen=True, kw_only=True)
class Act:
    """One doing of one actor. Everything a use-case may know of the world outside its arguments."""

    by: Actor
    at: datetime  #: business time: periods, ages, working hours; the demo can move it forward
    wall: datetime  #: real time: leases and timeouts
    key: str  #: once-only: the same key is the same doing
    via: Via
    trace: str  #: finds the log lines of this doing; shown to people when something breaks

    def __post_init__(self) -> None:
        for moment in (self.at, self.wall):
            if moment.utcoffset() is None:
                raise ValueError("an act needs times with a zone")


@dataclass(frozen=True, kw_only=True)
class Clocks:
    """The two clocks. Both answer in UTC."""

    business: Callable[[], datetime]
    wall: Callable[[], datetime]

    def act(self, by: Actor, via: Via, key: str) -> Act:
        """A doing of this moment; `key` is fresh, its first characters name the trace."""
        return Act(by=by, at=self.business(), wall=self.wall(), key=key, via=via, trace=key[:8])
