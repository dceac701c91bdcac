"""The weekly digest, week after week, by replicas that die while Slack misbehaves: posted once each.

At the end the channel itself is counted.
"""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import select

from bot.cli import imports
from bot.domain.acts import Act, Actor
from bot.domain.errors import Refused
from bot.domain.ids import RequestNumber, TeamId, UserId
from bot.domain.notices import State, Topic
from bot.domain.periods import Period
from bot.domain.requests import Status
from bot.domain.subscriptions import COMPANY
from bot.services import board, coordination, schedules
from bot.settings import Settings
from sandbox import Message, Sandbox, company
from sandbox.faults import Fault
from storage.database import Database
from storage.store import Store
from storage.tables import notice
from tests.flows.fleet import Ahead, Fleet, Replica, a_fleet
from tests.flows.house import MANIFEST, settings_for
from tests.flows.process import PUT, Watch
from tests.flows.trouble import (
    ASLEEP,
    CALL,
    CUT,
    HOUR,
    LOOK,
    METHODS,
    POST,
    Kill,
    KillCaller,
    Plan,
    Trouble,
)

WAIT = 60.0  #: a week's digest has to be out by then, whatever happens to it
FIRST_DAY = datetime.fromisoformat("2026-11-26T12:00:00+00:00")
SOON = timedelta(seconds=5)  #: corrections are drawn by then


# ---- what was found -----------------------------------------------------------------------------

WINDOWS = (
    "the week not claimed",
    "claimed and put, nobody at it",
    "in hand, not posted",
    "posted, not written down",
    "waiting for another try",
    "all said",
)


@dataclass(frozen=True, kw_only=True)
class Said:
    """A notice of a digest: how far it has come."""

    key: str
    state: State
    attempts: int

    @property
    def is_given_up(self) -> bool:
        return self.state in (State.DEAD, State.DROPPED, State.UNSURE)


def _notices(store: Store) -> list[Said]:
    wanted = select(notice).where(notice.c.topic.in_([Topic.DIGEST, Topic.DETAILS])).order_by(notice.c.id)
    rows = store.connection.execute(wanted)
    return [Said(key=row.key, state=State(row.state), attempts=row.attempts) for row in rows]


@dataclass
class Tally:
    """What one run came to."""

    name: str = ""
    seed: int = 0
    replicas: int = 0
    weeks: list[str] = field(default_factory=list)  #: their names, in order
    faults: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)  #: by their moment
    windows: Counter[str] = field(default_factory=Counter)  #: kills by what the week was at
    looks: int = 0  #: into the channel, before saying it again
    again: int = 0  #: notices that took more than one attempt
    redrawn: int = 0
    by_hand: int = 0  #: weeks in which somebody pressed "Post now" as well
    lost: int = 0
    doubled: int = 0
    wrong: list[str] = field(default_factory=list)  #: these, and whatever else isn't as it should be

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.replicas} processes, {len(self.weeks)} weeks, seed {self.seed}"]
        for title, counts in (("kills at", self.kills), ("the week was", self.windows), ("faults", self.faults)):
            lines.append(f"  {title} ({counts.total()}): " + ", ".join(f"{k}: {n}" for k, n in counts.items()))
        lines.append(
            f"  {self.again} notices tried again, {self.looks} looks, {self.redrawn} drawn anew, "
            f"{self.by_hand} pressed by hand as well, {self.lost} lost, {self.doubled} doubled"
        )
        return "\n".join(lines)


# ---- the story ----------------------------------------------------------------------------------


class Town:
    """A company whose weeks take seconds, with its Tandems and its trouble."""

    def __init__(
        self, slack: Sandbox, fleet: Fleet, db: Database, url: str, ahead: Ahead, settings: Settings, tally: Tally
    ) -> None:
        self.slack = slack
        self.fleet = fleet
        self.db = db
        self.url = url
        self.ahead = ahead
        self.tally = tally
        self.weekly = settings.policy.weekly
        self.trouble = Trouble(slack.channel_id("#coordination"), tally.faults)
        slack.faults.always("*", self.trouble)
        self._at_work = RequestNumber(1)
        self._noting: set[asyncio.Task[None]] = set()

    # -- a week

    async def live(self, plan: Plan, dice: Random) -> None:
        """One week, up to its digest, and what happens to it."""
        period = self.weekly.next(self.ahead.now)
        self.tally.weeks.append(period.name)
        await self._work(period)
        self.trouble.plan(plan, self._death(plan.kill, period))
        with self._watching(plan.kill, period):
            await self._strike(plan, period, dice)
            await self._until(bool, period, "claimed")
            if not plan.hurried:
                await self._until(_is_out, period, "posted")
        if plan.corrected and not plan.hurried:
            await self._corrected(period)

    async def _work(self, period: Period) -> None:
        """Days before: what was begun last week is put aside, something else begins."""
        self.ahead.turn_to(period.due_at - timedelta(days=3))
        await self.db.write(_move, self._person(), self._at_work, Status.PLANNED)
        self._at_work = RequestNumber(self._at_work % 9 + 1)
        await self.db.write(_move, self._person(), self._at_work, Status.IN_PROGRESS)

    async def _strike(self, plan: Plan, period: Period, dice: Random) -> None:
        """The hour comes, and with it what the plan has for it."""
        if plan.by_hand:
            self.ahead.turn_to(period.due_at - timedelta(minutes=30))  # from now on it may be posted
        if plan.kill and plan.kill.at == ASLEEP:
            await self._sleep_over(period, timedelta(hours=dice.uniform(0, 40)))
        else:
            self.ahead.turn_to(period.due_at)
        if plan.cut:
            self.tally.faults[CUT] += 1
            await self.slack.drop_sockets()
        if plan.by_hand:
            self.tally.by_hand += 1
            with suppress(Refused):
                await self.db.write(coordination.post, self._person(), COMPANY, period.name)
        if plan.kill and plan.kill.at == HOUR:
            await asyncio.sleep(plan.kill.delay)
            self._struck(dice.choice(list(self.fleet.replicas.values())), plan.kill, period)

    async def _sleep_over(self, period: Period, late: timedelta) -> None:
        """Nobody is up when the hour comes; hours later they are."""
        self.fleet.is_asleep = True
        self.fleet.kill()
        self._note(Kill(at=ASLEEP), period)
        self.ahead.turn_to(period.due_at + late)
        self.fleet.is_asleep = False

    async def _corrected(self, period: Period) -> None:
        def is_redrawn(said: list[Said]) -> bool:
            return len(said) > 2 and _is_out(said)

        await self.db.write(_move, self._person(), self._at_work, Status.PLANNED)
        await self._until(lambda said: len(said) > 2, period, "corrected")
        self.ahead.forward(SOON)
        await self._until(is_redrawn, period, "redrawn")

    # -- kills

    def _death(self, kill: Kill | None, period: Period) -> Fault | None:
        if kill is None or kill.at not in (POST, LOOK):
            return None
        return KillCaller(self.fleet, kill, lambda victim: self._struck(victim, kill, period))

    def _struck(self, victim: Replica, kill: Kill, period: Period) -> None:
        victim.kill()
        self._note(kill, period)

    @contextmanager
    def _watching(self, kill: Kill | None, period: Period) -> Iterator[None]:
        """For a kill as soon as the week is claimed, before anybody can be at it: of all but one."""
        if kill is None or kill.at != PUT:
            yield
            return
        loop, struck = asyncio.get_running_loop(), asyncio.Event()

        def heard(name: str, _count: int) -> None:
            if name == PUT and not struck.is_set():
                struck.set()
                self.fleet.kill(but=1)
                loop.call_soon_threadsafe(self._note, kill, period)

        with Watch(self.url, heard).watching():
            yield

    def _note(self, kill: Kill, period: Period) -> None:
        """Write down what the week was at."""
        self.tally.kills[str(kill)] += 1
        noting = asyncio.create_task(self._note_window(period))
        self._noting.add(noting)
        noting.add_done_callback(self._noting.discard)

    async def _note_window(self, period: Period) -> None:
        said = await self._said(period)
        self.tally.windows[self._window(said)] += 1

    def _window(self, said: list[Said]) -> str:
        if not said:
            return "the week not claimed"
        for one in said:
            if one.state is State.SENDING:
                return "posted, not written down" if self._stands(one.key) else "in hand, not posted"
            if one.state is State.WAITING:
                return "waiting for another try" if one.attempts else "claimed and put, nobody at it"
        return "all said"

    # -- what can be seen

    async def _said(self, period: Period) -> list[Said]:
        """The notices of that week's digest, the first one first."""
        mine = re.compile(rf"{re.escape(_key(period.name))}(:.*)?")
        return [said for said in await self.db.read(_notices) if mine.fullmatch(said.key)]

    async def _until(self, holds: Callable[[list[Said]], bool], period: Period, what: str) -> None:
        said: list[Said] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(WAIT):
                while not holds(said := await self._said(period)):
                    assert not any(one.is_given_up for one in said), said
                    await asyncio.sleep(0.03)
                return
        raise AssertionError(f"{period.name} was not {what} within {WAIT:g} s: {said}\n{self.fleet.log()[-3000:]}")

    def standing(self) -> list[Message]:
        """Every digest and every detail in the channel, oldest first."""
        return [message for message in self.slack.messages("#coordination") if _key_of(message)]

    def _stands(self, key: str) -> bool:
        return any(_key_of(message) == key for message in self.standing())

    def _person(self) -> Act:
        """Olga does something."""
        team, user = TeamId(self.slack.state.workspace.id), UserId(self.slack.user_id("Olga"))
        return self.ahead.act(Actor(user=user, team=team), f"olga:{self.ahead.now.isoformat()}")

    # -- the end

    async def settle(self) -> None:
        """No more trouble, everybody up, and nothing left to say."""
        self.slack.faults.clear()
        await self.fleet.up()
        self.ahead.forward(SOON)
        for name in self.tally.weeks:
            await self._until(_is_out, self.weekly.named(name), "posted in the end")
        await asyncio.gather(*self._noting)
        await self.slack.connected(within=WAIT)
        heard = await self.slack.person("Alice").slash("/board", channel="#general")
        assert isinstance(heard, Message), f"nobody listens any more: {heard!r}"

    async def count(self) -> None:
        """What stands in the channel, against the weeks there were."""
        said = await self.db.read(_notices)
        self.tally.again = sum(one.attempts > 1 for one in said)
        self.tally.redrawn = sum(one.key.count(":") > 3 and one.state is State.POSTED for one in said)
        self.tally.looks = sum(len(self.slack.calls(name)) for name, kind in METHODS.items() if kind == LOOK)
        for first, rest in self.by_week().values():
            self.tally.lost += (not first) + (not rest)
            self.tally.doubled += max(0, len(first) - 1) + max(0, len(rest) - 1)

    def by_week(self) -> dict[str, tuple[list[Message], list[Message]]]:
        """The digests of each week, and the replies with its details."""
        found: dict[str, tuple[list[Message], list[Message]]] = {name: ([], []) for name in self.tally.weeks}
        for message in self.standing():
            found[_week_of(message)][bool(message.parent)].append(message)
        return found


def _key(week: str) -> str:
    return f"digest:{COMPANY}:{week}"


def _key_of(message: Message) -> str:
    payload = (message.metadata or {}).get("event_payload", {})
    key = str(payload.get("key", ""))
    return key if key.startswith("digest:") else ""


def _week_of(message: Message) -> str:
    return _key_of(message).split(":")[2]


def _is_out(said: list[Said]) -> bool:
    """The digest and its details are there, and whatever was drawn anew."""
    return len(said) >= 2 and all(one.state is State.POSTED for one in said)


def _move(store: Store, act: Act, number: RequestNumber, status: Status) -> None:
    """Somebody begins with a request, or puts it aside."""
    before = board.the(store, number)
    if before.status is not status:
        board.save(store, act, before, replace(before, status=status))


def _has_begun(store: Store) -> bool:
    return store.house.mark(schedules.MARK) is not None


@asynccontextmanager
async def a_town(url: str, replicas: int, folder: Path, tally: Tally) -> AsyncIterator[Town]:
    ahead = Ahead(folder / "ahead", FIRST_DAY)
    async with Sandbox.open(MANIFEST, company.workspace()) as slack:
        channel, olga = slack.channel_id("#coordination"), slack.user_id("Olga")
        settings = settings_for(
            slack, url, tandem_slack_timeout=CALL, tandem_coordination_channel=channel, tandem_admins=(olga,)
        )
        await imports.requests(settings, company.REQUESTS)
        async with (
            a_fleet(replicas, slack, settings, folder, ahead.file) as fleet,
            Database.open(url, fixed=settings.policy) as db,
        ):
            async with asyncio.timeout(WAIT):
                while not await db.read(_has_begun):  # noqa: ASYNC110 - a replica does
                    await asyncio.sleep(0.03)
            yield Town(slack, fleet, db, url, ahead, settings, tally)


Tell = Callable[[str], None]


async def live_through(
    url: str, replicas: int, weeks: Iterable[Plan], folder: Path, *, seed: int = 0, tell: Tell = lambda _: None
) -> Tally:
    """Weeks full of trouble, and what they came to. Raises AssertionError when a week doesn't get its digest."""
    tally = Tally(name=url.partition(":")[0], seed=seed, replicas=replicas)
    dice = Random(seed)
    async with a_town(url, replicas, folder, tally) as town:
        for plan in weeks:
            await town.live(plan, dice)
            tell(f"{tally.weeks[-1]} {plan}")
        await town.settle()
        await town.count()
        tally.wrong += [*_wrong_in_channel(town), *await _wrong_inside(town)]
    return tally


def _wrong_in_channel(town: Town) -> Iterator[str]:
    weeks = town.by_week()
    for name, (first, rest) in weeks.items():
        if (len(first), len(rest)) != (1, 1):
            yield f"{name}: {len(first)} digests, {len(rest)} details"
        elif rest[0].parent != first[0]:
            yield f"{name}: details in another thread"
        elif f"Week {int(name[-2:])} " not in first[0].text:
            yield f"{name} says: {first[0].fallback}"
    order = [_week_of(message) for message in town.standing() if not message.parent]
    if order != town.tally.weeks:
        yield f"not in order: {order}"


async def _wrong_inside(town: Town) -> list[str]:
    wrong = [f"{key} is {state}: {why}" for key, state, why in await town.db.read(_failed)]
    if town.fleet.fell:
        wrong.append(f"{town.fleet.fell} ended by themselves:\n{town.fleet.log()[-3000:]}")
    if " ERROR scheduler.delivery" in town.fleet.log():
        wrong.append(f"errors in the log:\n{town.fleet.log()[-3000:]}")
    return wrong


def _failed(store: Store) -> Sequence[tuple[str, str, str]]:
    return store.outbox.failed(5)
