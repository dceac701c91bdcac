"""App Home: what waits for me, what I asked for and answer for, my team's board."""

from collections.abc import Mapping
from datetime import tzinfo
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from bot.domain.board import PAGE, Choice, Row
from bot.domain.facts import HomeView
from bot.domain.ids import RequestNumber
from bot.domain.requests import Source, Status
from bot.domain.text import one_line
from bot.ui import board, entries, parts, preferences, question
from bot.ui import figures as show
from bot.ui.parts import Block, Element, View
from bot.ui.vocabulary import SOURCES, STATUSES

NEW_REQUEST = "new_request"
TURN = "board_page"  #: Previous and Next; the value is the page
STATUS, SOURCE, DIRECTION, WHOSE = "board_status", "board_source", "board_direction", "board_whose"

NOTHING_BEFORE: Mapping[RequestNumber, int] = MappingProxyType({})
_FILTERED = (None, Status.PLANNED, Status.IN_PROGRESS, Status.TESTING, Status.RELEASED)
_ANY = "any"
_MINE = "mine"
_VALUE_LIMIT = 150  #: Slack's, of an option's value
_OPTIONS = 99  #: of a menu with one more for "any"
_QUESTION_SHOWN = 300


def view(facts: HomeView) -> View:
    top = parts.actions(
        "home",
        parts.button("New request", NEW_REQUEST, "home", primary=True),
        preferences.button(),
    )
    blocks = [
        top,
        *_section("Waits for me", [*_questions(facts), *_to_sort(facts), *_to_estimate(facts)]),
        *_section("My requests", _rows(facts.mine, facts.zone, facts.was)),
        *_section("Requests I answer for", _rows(facts.owned, facts.zone, facts.was)),
        *_board(facts),
    ]
    return {"type": "home", "blocks": blocks, "private_metadata": facts.choice.model_dump_json()}


def recall(view: Mapping[str, Any]) -> Choice:
    """What the person was looking at; the beginning when it isn't what we wrote."""
    try:
        return Choice.model_validate_json(view.get("private_metadata") or "")
    except ValidationError:
        return Choice()


def chosen(view: Mapping[str, Any], action: Mapping[str, Any]) -> Choice:
    """What the person wants to look at now: another page, or another part of the board from its first page on."""
    before = recall(view)
    try:
        return Choice.model_validate(before.model_dump() | _change(action))
    except ValidationError:
        return Choice()


def _change(action: Mapping[str, Any]) -> dict[str, Any]:
    """The one field that was chosen, and where that begins."""
    value = str(action.get("value") or (action.get("selected_option") or {}).get("value"))
    wanted = None if value == _ANY else value
    changes: dict[str, dict[str, Any]] = {
        TURN: {"page": int(value) if value.isdecimal() else 0},
        STATUS: {"status": wanted, "page": 0},
        SOURCE: {"source": value, "page": 0},
        DIRECTION: {"direction": wanted, "page": 0},
        WHOSE: {"mine": value == _MINE, "page": 0},
    }
    return changes.get(str(action.get("action_id")).partition(":")[0], {})


# ---- what waits for me --------------------------------------------------------------------------


def _section(title: str, blocks: list[Block]) -> list[Block]:
    return [parts.header(title), *blocks] if blocks else []


def _questions(facts: HomeView) -> list[Block]:
    return [
        parts.said(
            parts.shorten(one_line("".join(piece["text"] for piece in question.line(asked))), _QUESTION_SHOWN),
            accessory=parts.button("Answer", question.ANSWER, str(asked.question.id)),
        )
        for asked in facts.questions
    ]


def _to_sort(facts: HomeView) -> list[Block]:
    if not facts.new:
        return []
    rest = facts.new - len(facts.to_sort)
    more = ". `/board new` lists them all" if rest > 0 else ""
    title = f"*{show.requests(facts.new)} to sort*{more}"
    rows = [
        parts.said(f"{_title(request.title)} · {request.name}", accessory=entries.triage(request.number))
        for request in facts.to_sort
    ]
    return [parts.context(title), *rows]


def _to_estimate(facts: HomeView) -> list[Block]:
    if not facts.to_estimate:
        return []
    rows = [
        parts.said(f"{_title(row.title)} · R-{row.number}", accessory=entries.estimate(row.number))
        for row in facts.to_estimate
    ]
    return [parts.context("*To estimate*"), *rows]


def _title(title: str) -> str:
    return parts.shorten(one_line(title), board.TITLE_SHOWN)


# ---- requests -----------------------------------------------------------------------------------


def _rows(rows: tuple[Row, ...], zone: tzinfo, was: Mapping[RequestNumber, int] = NOTHING_BEFORE) -> list[Block]:
    return [
        parts.said(
            f"{board.where(row)}{_move(row, was)} {board.about(row, zone)}",
            accessory=entries.page(row.number, "Open"),
        )
        for row in rows
    ]


def _move(row: Row, was: Mapping[RequestNumber, int]) -> str:
    """Say " (was #7)" where it stood elsewhere when the reader looked another day."""
    before = was.get(row.number)
    return f" (was #{before})" if before and row.place and before != row.place.rank else ""


def _board(facts: HomeView) -> list[Block]:
    is_narrowed = facts.choice != Choice()
    return [
        parts.header("The board"),
        *([parts.actions("filters", *_filters(facts))] if facts.board or facts.has_team or is_narrowed else []),
        *(_rows(facts.board, facts.zone) or [parts.section(_nothing(facts))]),
        *_turning(facts),
        parts.context(show.WSJF_MEANS),
    ]


def _nothing(facts: HomeView) -> str:
    choice = facts.choice
    if choice.page:
        return "Nothing on this page."
    if choice.status or choice.direction or choice.mine or isinstance(choice.source, Source):
        return "Nothing like that on the board."
    if facts.has_team and choice.source == "team":
        return "Nothing from your team yet. What can't your customer do today?"
    return "Nothing yet. What can't your customer do today?"


def _filters(facts: HomeView) -> list[Element]:
    choice = facts.choice
    menus = [
        parts.select(STATUS, _statuses(), "Status", choice.status or _ANY),
        parts.select(SOURCE, _sources(facts), "Source", _source(facts)),
    ]
    if directions := _directions(facts):
        menus.append(parts.select(DIRECTION, directions, "Direction", choice.direction or _ANY))
    if facts.owned or choice.mine:
        whose = [parts.option("Everybody's", _ANY), parts.option("Mine to answer for", _MINE)]
        menus.append(parts.select(WHOSE, whose, "Whose", _MINE if choice.mine else _ANY))
    return menus


def _statuses() -> list[Element]:
    named = [parts.option(STATUSES[status].capitalize(), status) for status in _FILTERED if status]
    return [parts.option("Any open", _ANY), *named]


def _sources(facts: HomeView) -> list[Element]:
    team = [parts.option("My team", "team")] if facts.has_team else []
    return [*team, parts.option("All sources", "all"), *(parts.option(SOURCES[s], s) for s in Source)]


def _source(facts: HomeView) -> str:
    source = facts.choice.source
    return "all" if source == "team" and not facts.has_team else source


def _directions(facts: HomeView) -> list[Element]:
    """Those in use; the one chosen stays, even when nothing has it any more."""
    used = dict.fromkeys([*([facts.choice.direction] if facts.choice.direction else []), *facts.directions])
    named = [parts.option(name, name) for name in used if len(name) <= _VALUE_LIMIT][:_OPTIONS]
    return [parts.option("All directions", _ANY), *named] if named else []


def _turning(facts: HomeView) -> list[Block]:
    page = facts.choice.page
    back = [parts.button("Previous", f"{TURN}:back", str(page - 1))] if page else []
    on = [parts.button("Next", f"{TURN}:on", str(page + 1))] if facts.more else []
    if not back and not on:
        return []
    first, last = page * PAGE + 1, page * PAGE + len(facts.board)
    where = [parts.context(f"{first} to {last}" if last > first else f"{last}")] if facts.board else []
    return [*where, parts.actions("pages", *back, *on)]
