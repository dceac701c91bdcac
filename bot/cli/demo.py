"""`tandem demo`: a Slack workspace on this machine, in a browser, with the bot beside it and a sample company."""

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Container, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.cli import imports, manifest
from bot.domain.errors import Refused
from bot.settings import read_settings
from sandbox import company
from sandbox.page import Control, Step
from sandbox.people import Modal
from sandbox.server import Sandbox

READY_SECONDS = 30.0
ZONE = ZoneInfo("Europe/Berlin")
FORM = {
    "Business problem": "They can't see what their clusters cost, so finance blocks the rollout.",
    "Customers": ["Acme Bank", "Borealis Energy", "Harbor Health"],
    "User/Business value": 8,
    "Time criticality": 2,
    "Risk reduction": 3,
    "Job size": 13,
}
NORTH_STAR = {
    "The one metric everybody steers by": "Activation",
    "What it counts": "New users active within 30 days of sign-up",
    "Target": "65",
    "Figures": "activation",
}
REPORTS = "Customisable savings reports"
DEALS = {  # who would buy with it: the customer, what it would pay, and in how many days it decides
    "Granite Media": ("€45k", 24),
    "Delta Freight": ("€80k", 31),
}
ALICE = "/?as=alice&in=board"
SIDE_BY_SIDE = "/?as=alice&in=board&and=tanya&and_in=board"
FOLLOWED = "/?as=boris&in=board&and=alice&and_in=messages"
AN_HOUR_BEFORE = "/?as=olga&in=messages"
ON_MONDAY = "/?as=alice&in=coordination"
DECIDED = "/?as=alice&in=board&and=olga&and_in=strategy"
AT_TEN = "/?as=tanya&in=messages&and=boris&and_in=messages"


async def play(port: int) -> None:
    """Keep a workspace up until Ctrl-C; "Start over" puts up a new one at the same address."""
    stop, told = _until_interrupted(), False
    if port and _is_taken(port):
        raise Refused(f"port {port} is taken: try another, make demo PORT={port + 1}")
    while not stop.is_set():
        over = asyncio.Event()
        async with _world(port, over) as slack:
            port = int(slack.url.rpartition(":")[2])
            if not told:
                print(_WELCOME.format(url=slack.url), flush=True)
                told = True
            await _first_of(stop, over)
    print("\nStopped; nothing is left behind.")


_WELCOME = """
Nimbus is a fictional company of eight, with twelve accounts and eleven requests on its board.
Its Slack runs on your machine, and Tandem is in it. Ctrl-C ends both.

Open {url}"""


@asynccontextmanager
async def _world(port: int, over: asyncio.Event) -> AsyncIterator[Sandbox]:
    """A workspace with the bot at work and the sample company moved in."""
    with tempfile.TemporaryDirectory(prefix="tandem-demo-") as folder:
        async with Sandbox.open(manifest.PATH, company.workspace(), port) as slack:
            bot = Bot(slack, Path(folder))
            slack.page.add(*_steps(bot, slack), _time(bot.days), _start_over(over))  # before a page can be open
            try:
                await bot.start()
                await _move_in(bot, slack)
                yield slack
            finally:
                await bot.stop()


async def _move_in(bot: "Bot", slack: Sandbox) -> None:
    """The sample company brings its accounts and its backlog, and the board channel shows it."""
    os.environ.update(bot.environment)
    settings = read_settings(env_file=None)
    await imports.accounts(settings, company.ACCOUNTS)
    count = await imports.requests(settings, company.REQUESTS, cards=True)
    await imports.metrics(settings, company.activation(bot.days.now.date(), bot.folder))
    await _agree_on_a_north_star(slack)
    await slack.until(lambda: len(slack.messages("#board")) == count, within=READY_SECONDS)
    for customer, (size, days) in DEALS.items():
        await _bring_a_deal(slack, customer, size, bot.days.now.date() + timedelta(days=days))


async def _agree_on_a_north_star(slack: Sandbox) -> None:
    """Boris fills in the form, and leaves nothing open."""
    form = await slack.person("Boris").slash("/coordination north star", channel="#coordination")
    if not isinstance(form, Modal):
        raise Refused("the bot did not open its form for the north star")
    await form.fill(NORTH_STAR)
    receipt = await form.submit()
    if isinstance(receipt, Modal):
        await receipt.dismiss()


async def _bring_a_deal(slack: Sandbox, customer: str, size: str, closes: date) -> None:
    """Marek's customer would buy with the reports, and not without."""
    marek = slack.person("Marek")
    card = next(message for message in slack.messages("#board") if REPORTS in message.text)
    form = await marek.press("Add my customer", on=card)
    if not isinstance(form, Modal):
        raise Refused("the bot did not open its form for a customer")
    await form.fill({"Customers": [customer], "Deal size": size, "Close date": closes.isoformat()})
    asked = await form.submit()
    if isinstance(asked, Modal):
        await asked.fill({"How much do they need it?": "3"})
        receipt = await asked.submit()
        if isinstance(receipt, Modal):
            await receipt.dismiss()


class Bot:
    """Tandem as its own process, as it would run in a company; it can be killed and started again."""

    def __init__(self, slack: Sandbox, folder: Path) -> None:
        self.environment: Mapping[str, str] = _environment(slack, folder)
        self.folder = folder
        self.days = Days(folder / "ahead")
        self._slack = slack
        self._log = folder / "bot.log"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def is_up(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it and wait until it is connected. Raises Refused with its last words when it ends instead."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot",
                "run",
                "--ahead",
                str(self.days.file),
                env={**os.environ, **self.environment},
                cwd=manifest.PATH.parent,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal is ours to pass on
            )
        ended = asyncio.create_task(self._process.wait())
        connected = asyncio.create_task(self._slack.connected(within=READY_SECONDS))
        await asyncio.wait({ended, connected}, timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if not connected.done():
            connected.cancel()
            said = await asyncio.to_thread(self._log.read_text, errors="replace")
            raise Refused(f"the bot did not come up: {said.strip()[-500:]}")

    async def kill(self) -> None:
        """The power is cut: it gets no chance to finish anything."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self.is_up:
            self._process.send_signal(how)
            await self._process.wait()


class Days:
    """The company's own time, which a visitor moves forward. It begins when everybody is at work."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._ahead = timedelta()
        self.next_morning()

    @property
    def now(self) -> datetime:
        return (datetime.now(UTC) + self._ahead).astimezone(ZONE)

    def forward(self, by: timedelta) -> str:
        """Let this much time pass; what time it is then."""
        self._ahead += by
        fresh = self.file.with_suffix(".new")
        fresh.write_text(str(self._ahead.total_seconds()))
        fresh.replace(self.file)  # whole, or not at all: the bot reads it all the time
        return f"In the company it is {self.now:%A, %d %B, %H:%M} now."

    def next_morning(self) -> str:
        """Half past ten of the coming working day, when Lisbon has begun and Bangalore is still at work."""
        return self._to(time(10, 30), range(5))

    def an_hour_before(self) -> str:
        """When the weekly digest is shown to whoever looks after it."""
        return self._to(time(9, 0, 1), (0,))

    def monday(self) -> str:
        """When it is posted."""
        return self._to(time(10, 0, 1), (0,))

    def _to(self, hour: time, weekdays: Container[int]) -> str:
        """The next time the company's clocks show this hour on one of these days."""
        then = datetime.combine(self.now, hour, ZONE)
        while then <= self.now or then.weekday() not in weekdays:
            then += timedelta(days=1)
        return self.forward(then.astimezone(UTC) - self.now)  # in one zone, Python would count by the wall clock


def _environment(slack: Sandbox, folder: Path) -> dict[str, str]:
    """What a company would put into `.env`."""
    return {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        "DATABASE_URL": f"sqlite:///{folder / 'tandem.db'}",
        "TANDEM_BOARD_CHANNEL": slack.channel_id("#board"),
        "TANDEM_COORDINATION_CHANNEL": slack.channel_id("#coordination"),
        "TANDEM_STRATEGY_CHANNEL": slack.channel_id("#strategy"),
        "TANDEM_TIMEZONE": ZONE.key,
        "TANDEM_CURRENCY": "EUR",
        "TANDEM_ADMINS": slack.user_id("Olga"),
        "TANDEM_HTTP_PORT": "0",
        "TANDEM_PACE": "0",
        "TANDEM_SLACK_TIMEOUT": "5",
        **{f"TANDEM_{role.upper()}": slack.group_id(role) for role in company.GROUPS},
    }


# ---- what to try --------------------------------------------------------------------------------


def _steps(bot: Bot, slack: Sandbox) -> list[Step]:
    async def fill_in() -> str:
        form = await slack.person("Alice").slash("/request k8s-connector", channel="#board")
        if not isinstance(form, Modal):
            return "No form opened. Is the bot up?"
        await form.fill(FORM)
        return ALICE

    async def side_by_side() -> str:
        return SIDE_BY_SIDE

    return [
        Step(
            number=1,
            title="Ask",
            words=(
                "You are Alice, in sales. Type /request k8s-connector below, say what the customer can't do today, "
                "and put it on the board. Look at the score and the place before you send it."
            ),
            actions=[("Fill in the form for me", fill_in)],
        ),
        Step(
            number=2,
            title="Size",
            words=(
                "Put Tanya, who leads tech, beside Alice. As Tanya press Estimate on the card and choose 5: "
                "the same message moves to #1, for both."
            ),
            actions=[("Put them side by side", side_by_side)],
        ),
        _follow(),
        _next_day(bot.days),
        _monday(bot.days),
        _strategy(),
        _pull_the_plug(bot, slack),
    ]


def _follow() -> Step:
    async def side_by_side() -> str:
        return FOLLOWED

    return Step(
        number=3,
        title="Follow it",
        words=(
            "Put Boris, who answers for product, beside Alice's messages. As Boris press More on the card, then "
            "Move: plan it for a day, and say what a customer may hear. Let six minutes pass: Alice hears, once."
        ),
        actions=[("Put them side by side", side_by_side)],
    )


def _next_day(days: "Days") -> Step:
    async def morning() -> str:
        days.next_morning()
        return AT_TEN

    return Step(
        number=4,
        title="Next morning",
        words=(
            "Once a day Tandem asks those who know for what only they can say, in one message: choose a size in it "
            "as Tanya, and the board moves."
        ),
        actions=[("Go to the next morning", morning)],
    )


def _monday(days: "Days") -> Step:
    async def an_hour_before() -> str:
        days.an_hour_before()
        return AN_HOUR_BEFORE

    async def monday() -> str:
        days.monday()
        return ON_MONDAY

    return Step(
        number=5,
        title="Monday at ten",
        words=(
            "Once a week #coordination reads what moved, what is stuck and which decisions wait; what you just did "
            "is in it. An hour before, Olga may add a sentence or skip it. Then press Start review."
        ),
        actions=[("An hour before", an_hour_before), ("Monday, ten o'clock", monday)],
    )


def _strategy() -> Step:
    async def side_by_side() -> str:
        return DECIDED

    return Step(
        number=6,
        title="Ask leadership",
        words=(
            "Two deals wait for Customisable savings reports. As Alice press Why on its card, then More, and take "
            "it to strategy. Beside her Olga presses Decide: everybody involved hears it once, with its price."
        ),
        actions=[("Put them side by side", side_by_side)],
    )


def _pull_the_plug(bot: Bot, slack: Sandbox) -> Step:
    watching: set[asyncio.Task[None]] = set()

    async def kill() -> str:
        await bot.kill()
        return "The bot is dead. Send the form: Slack says it failed, and everything you typed is still there."

    async def kill_after_submit() -> str:
        task = asyncio.create_task(_kill_after_submit(bot, slack))
        watching.add(task)
        task.add_done_callback(watching.discard)
        return "Armed: the bot dies the moment it has answered the next form."

    async def start() -> str:
        if bot.is_up:
            return "It is up already."
        await bot.start()
        return "It is up again. What it had answered is there, and said once."

    return Step(
        number=7,
        title="Pull the plug",
        words=(
            "Kill the bot before or right after you send a form, then start it again: what it had answered "
            "is kept, and there is one card, not none and not two."
        ),
        actions=[
            ("Kill it now", kill),
            ("Kill it after the next form", kill_after_submit),
            ("Start it again", start),
        ],
    )


async def _kill_after_submit(bot: Bot, slack: Sandbox) -> None:
    """Wait for the next form that is answered with a receipt, and cut the power at once."""
    before = len(slack.traffic.deliveries)

    def answered() -> bool:
        new = slack.traffic.deliveries[before:]
        return any(d.payload.get("type") == "view_submission" and d.reply is not None for d in new)

    while bot.is_up:
        if await slack.state.pulse.until(answered, within=1.0):
            await bot.kill()


def _time(days: Days) -> Control:
    async def minutes() -> str:
        return f"{days.forward(timedelta(minutes=6))} What changed is told in a moment."

    async def morning() -> str:
        return f"{days.next_morning()} Daily messages arrive in a moment."

    async def month() -> str:
        days.forward(timedelta(days=30))
        return f"{days.next_morning()} What was released a month ago is asked about."

    return Control(
        name="time",
        title="Let time pass",
        words=f"The company's own time, not yours. {days.forward(timedelta())}",
        actions=[("Six minutes", minutes), ("To the next morning", morning), ("Thirty days", month)],
    )


def _start_over(over: asyncio.Event) -> Control:
    async def start_over() -> str:
        over.set()
        return "Starting over: a new company moves in. The page comes back by itself in a few seconds."

    return Control(name="over", title="Start over", actions=[("Start over", start_over)])


# ---- small things -------------------------------------------------------------------------------


async def _first_of(*events: asyncio.Event) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _until_interrupted() -> asyncio.Event:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return stop
