"""How much is measured: a full run, or a small one that shows that everything works."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Scale:
    rounds: int  #: of A B A B; best and median are taken over them
    alone: int  #: requests by one caller in one round
    together: int  #: requests by sixteen callers in one round
    open_seconds: float  #: of 50 requests a second
    sustained_seconds: float
    lost: int  #: submissions counted afterwards in the database
    sizes: tuple[int, ...]  #: requests on the board
    looks: int  #: samples of each thing done at each size
    starts: int
    knocks: int  #: submissions before memory is looked at again
    weeks: int  #: of digests posted by replicas that die while Slack misbehaves
    events: int  #: sent to the usage API by people a fifth as many


FULL = Scale(
    rounds=3,
    alone=400,
    together=1_600,
    open_seconds=20,
    sustained_seconds=10,
    lost=10_000,
    sizes=(1_000, 10_000, 100_000),
    looks=300,
    starts=5,
    knocks=1_000,
    weeks=200,
    events=100_000,
)
QUICK = Scale(
    rounds=2,
    alone=100,
    together=320,
    open_seconds=4,
    sustained_seconds=3,
    lost=500,
    sizes=(1_000, 10_000),
    looks=100,
    starts=2,
    knocks=200,
    weeks=12,
    events=10_000,
)
