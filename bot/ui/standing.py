"""A standing in words."""

from bot.domain.board import Standing, WhatIf
from bot.domain.wsjf import Factor, Figures
from bot.ui import figures as show
from bot.ui.parts import listed
from bot.ui.vocabulary import SHORT


def headline(standing: Standing) -> str:
    """Say "WSJF 1.0, #3 of 12", or what is missing."""
    if standing.score is None or standing.place is None:
        return f"needs {missing(standing)} before it gets a place"
    return f"WSJF {show.score(standing.score)}, {show.rank_of(standing.place)}"


def missing(standing: Standing) -> str:
    """Say "a size", "a value and a size"."""
    named = {Factor.RISK_REDUCTION: "a risk & opportunity figure"}
    return listed([named.get(f, f"a {SHORT[f].lower()}") for f in standing.missing])


def range_of_places(standing: Standing) -> str:
    """Say "from #2 (size 5) to #9 (size 20)"; empty while more than the size is missing."""
    if standing.best is None or standing.worst is None:
        return ""
    if standing.best.place == standing.worst.place:
        return f"any size puts it at {show.rank(standing.best.place)}"
    return f"from {_at(standing.best)} to {_at(standing.worst)}"


def what_would_change_it(standing: Standing) -> str:
    """Say "at size 8 it would be 1.6, #2"; empty when no size moves it, or the size is settled."""
    what_if = standing.what_if
    if what_if is None:
        return ""
    return f"at {what_if.figure} it would be {show.score(what_if.score)}, {show.rank(what_if.place)}"


def preview(standing: Standing, figures: Figures) -> str:
    """One line under a form's figures: where they would put the request."""
    if standing.score is not None and standing.place is not None:
        place = show.rank_of(standing.place)
        return f"{show.arithmetic(figures)} = *WSJF {show.score(standing.score)}*, that's *{place}*."
    if places := range_of_places(standing):
        return f"Without a size it has no place yet: {places}."
    return f"It {headline(standing)}."


def _at(what_if: WhatIf) -> str:
    return f"{show.rank(what_if.place)} (size {what_if.figure})"
