"""What is in the way: the list, a request's part of it, and what the one hears who can help."""

from collections.abc import Sequence
from datetime import date

from bot.domain.blockers import NUDGES, Blocked, InTheWay, Nudge
from bot.domain.ids import UserId
from bot.domain.text import one_line
from bot.ui import blocked, digest, entries, hand_over_form, parts, still_form
from bot.ui import figures as show
from bot.ui.parts import Block, Element, Message, View

ROOM = 200  #: characters of anybody's words in a list
_SENTENCE = 600


# ---- the list -----------------------------------------------------------------------------------


def message(all_: InTheWay) -> Message:
    return Message(text=_headline(all_), blocks=_list(all_))


def view(all_: InTheWay) -> View:
    return parts.done("In the way", *_list(all_))


def _headline(all_: InTheWay) -> str:
    match all_.count:
        case 0:
            return "Nothing is in the way of anything."
        case 1:
            return "One thing is in the way."
        case many:
            return f"{parts.capital(show.in_words(many))} things are in the way."


def _list(all_: InTheWay) -> list[Block]:
    lines = [parts.section(_line(one, all_.reader), accessory=_resolve(one)) for one in all_.shown]
    if digest.length(lines) > digest.ROOM:  # escaped, some words grow fivefold
        lines = [parts.said(_bare(one, all_.reader), accessory=_resolve(one)) for one in all_.shown]
    more = [parts.context(f"And {show.count(all_.more)} more.")] if all_.more else []
    return [parts.section(f"*{_headline(all_)}*"), *lines, *more]


def _line(one: Blocked, reader: UserId) -> str:
    """Say "*k8s-connector* · waits for the legal text · Olga, for 4 days"."""
    title = parts.escape(blocked.title(one))
    return f"*{title}*{parts.escape(_bare(one, reader).removeprefix(blocked.title(one)))}"


def _bare(one: Blocked, reader: UserId) -> str:
    words = parts.shorten(one_line(one.blocker.words), ROOM)
    answer = f"\n{blocked.said(one, ROOM)}" if one.answered else ""
    return f"{blocked.title(one)} · {words} · {_whose(one, reader)}{answer}"


def _whose(one: Blocked, reader: UserId) -> str:
    who = "yours" if one.blocker.owner == reader else blocked.owner(one)
    return f"{who}, {blocked.how_long(one.days)}"


def _resolve(one: Blocked) -> Element:
    return entries.unblock(one.blocker.id)


def of_request(those: Sequence[Blocked], reader: UserId) -> list[Block]:
    """On the request's page."""
    return [parts.said(_of_request(one, reader), accessory=_resolve(one)) for one in those]


def _of_request(one: Blocked, reader: UserId) -> str:
    answer = f"\n{blocked.said(one)}" if one.answered else ""
    return f"Blocked: {blocked.quote(one)} · {_whose(one, reader)}{answer}"


# ---- to whoever can help ------------------------------------------------------------------------


def nudge(saying: Nudge) -> Message:
    """It waits for the reader; or what became of it, where that was said before."""
    one = saying.blocked
    first, rest = _became(saying) or (_asks(saying), _why(saying))
    pieces = [parts.words(first, bold=True), parts.words(f" {rest}")]
    text = parts.escape(parts.shorten(f"{first} {rest}", _SENTENCE))
    waits = one.blocker.is_open and saying.is_theirs
    return Message(text=text, blocks=[parts.rich(pieces), *([_buttons(one)] if waits else [])])


def _became(saying: Nudge) -> tuple[str, str] | None:
    one, what = saying.blocked, f"{blocked.title(saying.blocked)}: {blocked.quote(saying.blocked)}"
    if not one.blocker.is_open:
        by = "You" if one.blocker.resolved_by == saying.reader else blocked.name(one, one.blocker.resolved_by)
        return f"{what} is out of the way.", f"{by}: “{one.blocker.note}”"
    if not saying.is_theirs:
        return f"{what} is with {blocked.owner(one)} now.", "You needn't do anything."
    return None


def _asks(saying: Nudge) -> str:
    one = saying.blocked
    is_new = saying.count == 1 and one.blocker.by != saying.reader
    return f"{blocked.title(one)} {'waits' if is_new else 'still waits'} for you: {blocked.quote(one)}."


def _why(saying: Nudge) -> str:
    blocker = saying.blocked.blocker
    if blocker.answer is not None:
        return f"You said: “{blocker.answer}”. I won't ask again."
    who = "You" if blocker.by == saying.reader else blocked.name(saying.blocked, blocker.by)
    last = " I won't ask again; the weekly digest still shows it." if saying.count >= NUDGES else ""
    return f"{who} said so {_when(saying.blocked.since, saying.today)}.{last}"


def _when(day: date, today: date) -> str:
    ago = (today - day).days
    near = {0: "today", 1: "yesterday"}.get(ago)
    return near or f"on {show.DAYS[day.weekday()] if ago < 7 else show.day(day)}"


def _buttons(one: Blocked) -> Block:
    blocker = one.blocker
    return parts.buttons(
        entries.unblock(blocker.id, "It's resolved"),
        still_form.button(one),
        hand_over_form.button(blocker.id),
        entries.page(blocker.number),
    )
