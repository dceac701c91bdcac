"""The board: open requests ordered by WSJF, and what a place on it means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.domain import wsjf
from bot.domain.ids import RequestNumber, Slug, UserId
from bot.domain.requests import Source, Status
from bot.domain.roles import Role
from bot.domain.wsjf import SCALE, Factor, Figures, Score

MANY = 1_000  #: a board is counted up to here; past it "of 1,000" says enough and costs nothing


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place among the ranked requests. Equal scores share a place, shown as "=3"."""

    rank: int
    tied: bool
    of: int  #: ranked requests, this one included; MANY stands for many


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """Where a request would stand with one figure changed."""

    factor: Factor
    figure: int
    score: Score
    place: Place


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a request stands now: a score and a place, or what it lacks and where it could land."""

    score: Score | None
    place: Place | None
    missing: tuple[Factor, ...] = ()
    what_if: WhatIf | None = None  #: the next job size that would move it
    best: WhatIf | None = None  #: while only the size is missing: the largest size with the best place
    worst: WhatIf | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the board."""

    number: RequestNumber
    slug: Slug
    title: str
    score: Score | None
    companies: int
    status: Status
    place: Place | None
    target: date | None = None
    released_at: datetime | None = None


# ---- choosing a part of it ----------------------------------------------------------------------

PAGE = 10  #: requests on a page
_PAGES = 1_000  #: more than anybody turns

SALES = frozenset({Source.SALES_CUSTOMER, Source.SALES_MARKET})
_TEAMS = {
    Role.SALES: SALES,
    Role.SUPPORT: frozenset({Source.SUPPORT}),
    Role.MARKETING: frozenset({Source.MARKET_ANALYSIS}),
}
_FOR_ALL = frozenset({Role.PRODUCT, Role.TECH, Role.LEADERSHIP})  #: theirs is the whole board


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which requests somebody wants to see."""

    status: Status | None = None  #: None: whatever is open
    sources: frozenset[Source] | None = None  #: None: wherever the need was heard
    direction: str | None = None
    owner: UserId | None = None


class Choice(BaseModel):
    """What a person chose to see of the board, and how far they have turned its pages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Status | None = None
    source: Source | Literal["team", "all"] = "team"
    direction: str | None = None
    mine: bool = False  #: only what they answer for
    page: Annotated[int, Field(ge=0, lt=_PAGES)] = 0

    def filter(self, reader: UserId, team: frozenset[Source] | None) -> Filter:
        sources = {"team": team, "all": None}
        return Filter(
            status=self.status,
            sources=frozenset({self.source}) if isinstance(self.source, Source) else sources[self.source],
            direction=self.direction,
            owner=reader if self.mine else None,
        )


def team_sources(roles: frozenset[Role]) -> frozenset[Source] | None:
    """Where people of these roles hear of needs; None for those whose board is the whole one."""
    heard = frozenset[Source]().union(*(_TEAMS.get(role, frozenset()) for role in roles))
    return None if roles & _FOR_ALL else heard or None


# ---- where a request stands ---------------------------------------------------------------------


Places = Mapping[Score, Place]  #: where each of these scores would stand among the other requests


def scores_to_place(figures: Figures) -> set[Score]:
    """Every score that `standing` will want a place for: the figures' own, and that of each other size."""
    return {s for size in SCALE if (s := wsjf.score({**figures, Factor.JOB_SIZE: size})) is not None}


def standing(figures: Figures, places: Places, *, settled: bool) -> Standing:
    """Where these figures stand. `settled`: the size is confirmed, so no other size is held out as a what-if."""
    score = wsjf.score(figures)
    if score is None:
        best, worst = _range(figures, places)
        return Standing(score=None, place=None, missing=wsjf.missing(figures), best=best, worst=worst)
    what_if = None if settled else _next_move(figures, places[score], places)
    return Standing(score=score, place=places[score], what_if=what_if)


def _range(figures: Figures, places: Places) -> tuple[WhatIf | None, WhatIf | None]:
    if wsjf.missing(figures) != (Factor.JOB_SIZE,):
        return None, None
    sizes = [_with_size(figures, size, places) for size in SCALE]
    best = max((s for s in sizes if s.place.rank == sizes[0].place.rank), key=lambda s: s.figure)
    worst = min((s for s in sizes if s.place.rank == sizes[-1].place.rank), key=lambda s: s.figure)
    return best, worst


def _next_move(figures: Figures, place: Place, places: Places) -> WhatIf | None:
    """The nearest smaller size that climbs; from the top, the nearest larger one that falls."""
    size = figures[Factor.JOB_SIZE]
    smaller = (_with_size(figures, s, places) for s in reversed(SCALE) if s < size)
    larger = (_with_size(figures, s, places) for s in SCALE if s > size)
    climbs = next((w for w in smaller if w.place.rank < place.rank), None)
    return climbs or next((w for w in larger if w.place.rank > place.rank), None)


def _with_size(figures: Figures, size: int, places: Places) -> WhatIf:
    score = wsjf.score({**figures, Factor.JOB_SIZE: size})
    assert score is not None
    return WhatIf(factor=Factor.JOB_SIZE, figure=size, score=score, place=places[score])


def places_from_top(scores: Sequence[Score], *, of: int) -> list[Place]:
    """Places of the first rows of the board, given their scores in board order."""
    return [Place(rank=scores.index(s) + 1, tied=scores.count(s) > 1, of=of) for s in scores]
