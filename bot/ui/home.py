"""App Home: what waits for me, my requests, the top of the board."""

from bot.domain.facts import HomeView
from bot.domain.text import one_line
from bot.ui import board, estimate_form, parts
from bot.ui import figures as show
from bot.ui.parts import Block, View

NEW_REQUEST = "new_request"


def view(facts: HomeView) -> View:
    blocks = [
        parts.actions("home", parts.button("New request", NEW_REQUEST, "home", primary=True)),
        *_to_size(facts),
        parts.header("My requests"),
        *(board.lines(facts.mine) or [parts.section("None yet. What can't your customer do today?")]),
        parts.header("The board"),
        *(board.lines(facts.top) or [parts.section("No request has a place yet.")]),
        parts.context(_foot(facts)),
    ]
    return {"type": "home", "blocks": blocks}


def _to_size(facts: HomeView) -> list[Block]:
    if not facts.to_size:
        return []
    rows = [
        parts.said(
            f"{parts.shorten(one_line(row.title), board.TITLE_SHOWN)} · R-{row.number}",
            accessory=parts.button("Estimate", estimate_form.OPEN, str(row.number)),
        )
        for row in facts.to_size
    ]
    return [parts.header("Waiting for an estimate"), *rows]


def _foot(facts: HomeView) -> str:
    waits = f"; {show.count(facts.unranked)} more without an estimate" if facts.unranked else ""
    return f"{show.requests(facts.ranked)} ranked{waits}. {show.WSJF_MEANS}"
