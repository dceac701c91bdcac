"""`/board new`: what waits for a first answer."""

from bot.domain.text import fold, one_line
from bot.domain.triage import LATE_AFTER, NewRequests, Untriaged
from bot.ui import ask_form, parts, triage_form
from bot.ui import figures as show
from bot.ui.parts import Block, Message

ASKED_FOR = "new"
TITLE_SHOWN = 70


def is_asked_for(words: str) -> bool:
    return fold(words.strip()) == ASKED_FOR


def message(new: NewRequests) -> Message:
    text = _headline(new)
    blocks = [parts.section(f"*{text}*")]
    for one in new.shown:
        blocks += _request(new, one)
    if new.more:
        blocks.append(parts.context(f"And {show.count(new.more)} more."))
    return Message(text=text, blocks=blocks)


def _headline(new: NewRequests) -> str:
    if not new.shown:
        return "No new request waits for a first answer."
    count = len(new.shown) + new.more
    late = sum(one.is_late for one in new.shown)
    waits = "waits" if count == 1 else "wait"
    is_late = f"; {late} {'is' if late == 1 else 'are'} late" if late else ""
    return f"{show.requests(count)} {waits} for a first answer{is_late}. The goal is {LATE_AFTER} working days."


def _request(new: NewRequests, one: Untriaged) -> list[Block]:
    request = one.request
    title = parts.words(parts.shorten(one_line(request.title), TITLE_SHOWN), bold=True)
    who = f" · {one.asked_by} asked" if one.asked_by else ""
    like = f"\n{triage_form.looks_like(one.like)}" if one.like else ""
    block = parts.rich([title, parts.words(f" · {request.name}{who} · {waited(one)}{like}")])
    return [block, _buttons(new, one)] if new.may_sort else [block]


def waited(one: Untriaged) -> str:
    """Say "since today", "3 working days" or "late: 7 working days"."""
    if not one.days:
        return "since today"
    days = "1 working day" if one.days == 1 else f"{one.days:,} working days"
    return f"late: {days}" if one.is_late else days


def _buttons(new: NewRequests, one: Untriaged) -> Block:
    number = str(one.request.number)
    other = one.asked_by if one.request.by != new.reader else None
    ask = parts.button(f"Ask {parts.shorten(other, 30)}" if other else "Ask", ask_form.OPEN, number)
    sort = parts.button("Sort", triage_form.OPEN, number, primary=one.is_late)
    return {"type": "actions", "elements": [sort, ask]}
