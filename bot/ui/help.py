"""`/tandem help`."""

from dataclasses import dataclass

from bot.domain.roles import SAID
from bot.domain.setup import Helped
from bot.ui import parts
from bot.ui.parts import Message


@dataclass(frozen=True, kw_only=True)
class Command:
    name: str
    hint: str
    does: str


COMMANDS = (
    Command(name="/request", hint="[title]", does="Ask for something: what can't your customer do today?"),
    Command(name="/board", hint="[words]", does="See the board, or find a request; `/board new` lists new ones"),
    Command(
        name="/coordination",
        hint="[words]",
        does="This week's digest, for you only; `review`, `blockers`, `subscriptions`",
    ),
    Command(name="/tandem", hint="[help]", does="This help. `/tandem request` and `/tandem board` work too"),
    Command(name="/tandem", hint="setup", does="Channels, roles, and who may do what; for admins"),
    Command(name="/tandem", hint="preferences", does="What you hear of: now, in the daily message, or never"),
)


def message(helped: Helped) -> Message:
    lines = [f"`{c.name} {c.hint}` {c.does}" for c in COMMANDS]
    lines.append("In a message's menu: *Add to the board*. On a request's card: *Estimate*, *Add my customer*.")
    text = "Tandem keeps product and sales pulling the same way: one board both sides believe."
    blocks = [parts.section(f"*{text}*"), parts.section("\n".join(lines)), parts.context(_foot(helped))]
    return Message(text=text, blocks=blocks)


def _foot(helped: Helped) -> str:
    admins = f"Admins: {parts.listed(helped.admins)}." if helped.admins else ""
    return parts.escape(f"{_may(helped)} {admins}".strip())


def _may(helped: Helped) -> str:
    if not helped.roles_in_use:
        return "Everybody may do everything here until roles are set."
    if not helped.may:
        return "You may ask for something, join, suggest figures, ask back and watch."
    return f"You may also {parts.listed([SAID[doing] for doing in helped.may])}."
