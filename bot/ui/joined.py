"""Requests that ask for the same: made one, taken back, and how each of them shows the others."""

from collections.abc import Sequence

from bot.domain.merging import JoinedOne, Joins, Merged, Unlinked
from bot.domain.requests import Request
from bot.domain.text import one_line
from bot.ui import entries, parts
from bot.ui.parts import Block, View

NAMES_SHOWN = 6
TITLE_SHOWN = 120


def name(request: Request) -> str:
    return f"{request.name} {parts.shorten(one_line(request.title), TITLE_SHOWN)}"


# ---- what came of it ----------------------------------------------------------------------------


def merged(done: Merged, owner: str | None = None) -> View:
    """What came of "Same as", with a way back; `owner`: who answers for the one that stands, if the form said."""
    request, survivor = done.joined, done.survivor
    why = "is further along" if done.is_further else "came first"
    first = f"{request.name} is closed: it's the same as {name(survivor)}, which {why}."
    rest = [
        _wait(done.moved, "for that one now"),
        f"{done.follows} hears of it and follows {survivor.name} now." if done.follows else "",
        f"{owner} answers for {survivor.name}." if owner else "",
        "You can take this back for a day." if done.is_undoable else "",
    ]
    back = [parts.actions("back", entries.unlink(request.number))] if done.is_undoable else []
    return parts.done("Sorted", _said(first, rest), *back)


def parted(done: Unlinked) -> View:
    """What came of "It's not the same"."""
    request = done.request
    if done.other is None:
        first, rest = f"{name(request)} stands for itself already.", []
    else:
        first = f"{name(request)} stands for itself again, as before."
        hears = f"{done.follows} hears of it." if done.follows else ""
        rest = [_wait(done.customers, "for it again"), hears]
    more = parts.actions("then", entries.page(request.number, f"Open {request.name}"))
    return parts.done("Not the same", _said(first, rest), more)


def _said(first: str, rest: Sequence[str]) -> Block:
    more = [parts.words(f" {sentence}") for sentence in rest if sentence]
    return parts.rich([parts.words(first, bold=True), *more])


def _wait(names: Sequence[str], what: str) -> str:
    if not names:
        return ""
    return f"{parts.listed(names, room=NAMES_SHOWN)} {'waits' if len(names) == 1 else 'wait'} {what}."


# ---- on the opened request ----------------------------------------------------------------------


def section(of: Request, joins: Joins) -> list[Block]:
    """What it is the same as, or which requests it stands for."""
    return _same_as(of, joins, joins.survivor) if joins.survivor else _stands_for(joins)


def _same_as(of: Request, joins: Joins, survivor: Request) -> list[Block]:
    sentence = _said(f"It's the same as {name(survivor)}.", [_wait(joins.customers, "for that one")])
    buttons = [entries.page(survivor.number, f"Open {survivor.name}")]
    buttons += [entries.unlink(of.number)] if joins.is_undoable else []
    return [sentence, parts.actions("same_as", *buttons)]


def _stands_for(joins: Joins) -> list[Block]:
    if not joins.joined:
        return []
    more = [parts.small(f"And {joins.more} more.")] if joins.more else []
    return [
        parts.rich([parts.words("Also asked for in", bold=True)]),
        *(_joined(one) for one in joins.joined),
        *more,
    ]


def _joined(one: JoinedOne) -> Block:
    asked = f" · from {one.asked_by}" if one.asked_by else ""
    button = entries.unlink(one.request.number) if one.is_undoable else None
    return parts.said(f"{name(one.request)}{asked}", accessory=button)
