"""What the clock rings for: three lines each."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Job = Callable[[], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Ring:
    """A job and how often it is rung, in seconds of real time."""

    name: str
    every: float
    job: Job
