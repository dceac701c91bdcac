"""What goes wrong in a week: which call to Slack fails how, who is killed and when.

A plan follows from a seed; what it hits follows from the moment.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import cycle
from random import Random
from typing import Any

from aiohttp import web

from sandbox.faults import (
    DoneLate,
    DropConnection,
    Fault,
    HangAfterDoing,
    HangBeforeDoing,
    RateLimited,
    ServerErrorAfterDoing,
    ServerErrorBeforeDoing,
)
from tests.flows.fleet import Fleet, Replica
from tests.flows.process import ANSWERED, ARRIVES, DONE, PUT, KillAround

CALL = 0.5  #: seconds one call to Slack may take; the lease follows from it

POST, UPDATE, LOOK = "post", "update", "look"
METHODS = {
    "chat.postMessage": POST,
    "chat.update": UPDATE,
    "conversations.history": LOOK,
    "conversations.replies": LOOK,
}
FAULTS: Mapping[str, Fault] = {
    "429 with Retry-After": RateLimited(1),
    "500 after posting": ServerErrorAfterDoing(),
    "hang, nothing done": HangBeforeDoing(2 * CALL),
    "posted, then hang": HangAfterDoing(2 * CALL),
    "posted after we gave up": DoneLate(1.1 * CALL),
    "500, nothing done": ServerErrorBeforeDoing(),
    "cut, nothing done": DropConnection(after=False),
    "posted, then cut": DropConnection(after=True),
}
CUT = "sockets cut"
HOUR, ASLEEP = "around the hour", "nobody up at the hour"
_SOMEBODY = ((POST, ARRIVES), (POST, DONE), (POST, ANSWERED), (HOUR, ""), (LOOK, ARRIVES))
KILLS = (*_SOMEBODY, (PUT, ""), *_SOMEBODY, (ASLEEP, ""))


# ---- what goes wrong in a week ------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Kill:
    """Who dies and when. Around a call it is whoever makes it."""

    at: str
    when: str = ""
    nth: int = 1  #: call of that kind: the digest, then its thread
    delay: float = 0.0

    def __str__(self) -> str:
        return f"{self.at} {self.when}".strip()


@dataclass(frozen=True, kw_only=True)
class Plan:
    faults: tuple[tuple[str, str], ...] = ()  #: which call next, and what befalls it
    kill: Kill | None = None
    cut: bool = False  #: every socket, without a word
    by_hand: bool = False  #: somebody presses "Post now" as the hour strikes
    corrected: bool = False  #: what it tells of changes once it is out
    hurried: bool = False  #: the next week comes before it is out


#: Each kind of trouble once, in as little time as it takes.
SHORT = (
    Plan(faults=((POST, "429 with Retry-After"),), by_hand=True),
    Plan(faults=((POST, "500 after posting"),), hurried=True),
    Plan(faults=((POST, "hang, nothing done"),), kill=Kill(at=HOUR, delay=0.1)),
    Plan(faults=((POST, "posted, then hang"),), cut=True),
    Plan(kill=Kill(at=POST, when=DONE, nth=2)),
    Plan(corrected=True),
)


def plans(weeks: int, dice: Random) -> Iterator[Plan]:
    """Every kind of fault and of kill in turn, as many as chance has it."""
    kinds, kills = cycle(FAULTS), cycle(KILLS)
    for _ in range(weeks):
        faults = [(POST, next(kinds)) for _ in range(dice.choice([0, 0, 1, 1, 2]))]
        kill = _kill(*next(kills), dice) if dice.random() < 0.4 else None
        if kill and kill.at == LOOK:  # somebody has to have a reason to look
            faults = [(POST, "500 after posting")]
        yield Plan(
            faults=(*faults, *_later(dice)),
            kill=kill,
            cut=dice.random() < 0.2,
            by_hand=dice.random() < 0.25,
            corrected=dice.random() < 0.3,
            hurried=dice.random() < 0.25,
        )


def _later(dice: Random) -> Iterator[tuple[str, str]]:
    """Trouble with what follows: looking for a message, drawing it anew."""
    for method in (LOOK, UPDATE):
        if dice.random() < 0.15:
            yield method, dice.choice(list(FAULTS))


def _kill(at: str, when: str, dice: Random) -> Kill:
    longest = {ANSWERED: 0.01}.get(when, {HOUR: 0.5, PUT: 0.03}.get(at, 0.0))
    return Kill(at=at, when=when, nth=dice.choice([1, 2]) if at == POST else 1, delay=dice.uniform(0, longest))


@dataclass(frozen=True)
class KillCaller:
    """Whoever calls dies in the middle of it."""

    fleet: Fleet
    kill: Kill
    struck: Callable[[Replica], None]

    async def around(self, do: Callable[[], Awaitable[Any]], request: web.Request) -> web.Response:
        caller = self.fleet.calling(request)
        death = KillAround(lambda: self.struck(caller), self.kill.when, self.kill.delay)
        return await death.around(do, request)


class Trouble:
    """Stands around every call, and lets happen what the week's plan has for this one."""

    def __init__(self, channel: str, happened: Counter[str]) -> None:
        self._channel = channel
        self._happened = happened
        self._faults: list[tuple[str, str]] = []
        self._death: tuple[Kill, Fault] | None = None

    def plan(self, plan: Plan, death: Fault | None) -> None:
        """From now on; what has befallen nobody yet still will."""
        self._faults += plan.faults
        self._death = (plan.kill, death) if plan.kill and death else None

    async def around(self, do: Callable[[], Awaitable[Any]], request: web.Request) -> web.Response:
        method = METHODS.get(request.match_info["method"], "")
        fault = self._next(method) if method and await _channel(request) == self._channel else None
        return await fault.around(do, request) if fault else web.json_response(await do())

    def _next(self, method: str) -> Fault | None:
        if self._death and self._death[0].at == method:
            kill, death = self._death
            self._death = (replace(kill, nth=kill.nth - 1), death) if kill.nth > 1 else None
            if self._death is None:
                return death
        found = next((one for one in self._faults if one[0] == method), None)
        if found is None:
            return None
        self._faults.remove(found)
        self._happened[found[1]] += 1
        return FAULTS[found[1]]


async def _channel(request: web.Request) -> str:
    is_json = request.content_type == "application/json"
    body = await request.json() if is_json else await request.post()
    return str({**request.query, **body}.get("channel"))
