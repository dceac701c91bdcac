"""What stands above the workspace: steps to try, and controls. Whoever opens the sandbox registers them.

slack.page.add(Step(number=1, title="Ask", words="File a request as Alice.", actions=[("Show me", show)]))

What an action returns is said beside its button; a path ("/?as=alice&in=sales") is gone to.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sandbox.deliver import Courier
from sandbox.faults import DropConnection, Fault, Faults, HangBeforeDoing, RateLimited, ServerErrorAfterDoing

Action = Callable[[], Awaitable[str | None]]

SILENCE = 20.0


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to try."""

    number: int
    title: str  #: a word or two, on its tab
    words: str  #: what to do and what to look at
    actions: Sequence[tuple[str, Action]] = ()


@dataclass(frozen=True, kw_only=True)
class Control:
    """A menu at the top of the page; with one action, a button."""

    name: str  #: its name in addresses
    title: str
    words: str = ""
    actions: Sequence[tuple[str, Action]]


def trouble(faults: Faults, courier: Courier) -> Control:
    """Make Slack misbehave."""

    def next_post(fault: Fault, said: str) -> Action:
        async def order() -> str:
            faults.next("chat.postMessage", fault)
            return said

        return order

    async def drop() -> str:
        count = courier.sockets.connections
        await courier.sockets.drop()
        return f"Cut {count} socket{'' if count == 1 else 's'}. The bot has to come back by itself."

    async def twice() -> str:
        courier.twice = not courier.twice
        return "Everything is delivered twice now." if courier.twice else "Everything is delivered once again."

    async def behave() -> str:
        faults.clear()
        courier.twice = False
        return "Slack behaves again."

    return Control(
        name="trouble",
        title="Make Slack misbehave",
        words="What Slack does to a bot on a bad day. Order it, then do something that makes the bot post.",
        actions=(
            ("Refuse the next post: 429, wait 5 s", next_post(RateLimited(5), "The next post is answered 429.")),
            ("Post it, but answer 500", next_post(ServerErrorAfterDoing(), "The next post is done, and denied.")),
            ("Break off the next post", next_post(DropConnection(after=False), "The next post breaks off.")),
            (f"Keep silent for {SILENCE:.0f} s", next_post(HangBeforeDoing(SILENCE), "The next post hangs.")),
            ("Cut the sockets", drop),
            ("Deliver everything twice, or once again", twice),
            ("Behave again", behave),
        ),
    )
