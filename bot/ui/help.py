"""`/tandem help`."""

from dataclasses import dataclass

from bot.ui import parts
from bot.ui.parts import Message


@dataclass(frozen=True, kw_only=True)
class Command:
    name: str
    hint: str
    does: str


COMMANDS = (
    Command(name="/request", hint="[title]", does="Ask for something: what can't your customer do today?"),
    Command(name="/board", hint="[words]", does="See the ranked board, or find a request"),
    Command(name="/tandem", hint="[help]", does="This help. `/tandem request` and `/tandem board` work too"),
)


def message() -> Message:
    lines = [f"`{c.name} {c.hint}` {c.does}" for c in COMMANDS]
    lines.append("In a message's menu: *Add to the board*. On a request's card: *Estimate*, *Add my customer*.")
    text = "Tandem keeps product and sales pulling the same way: one board both sides believe."
    return Message(text=text, blocks=[parts.section(f"*{text}*"), parts.section("\n".join(lines))])
