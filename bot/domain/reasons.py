"""Why a request stands where it does: how it came to its place, in parts that add up exactly.

A place is 1 + how many requests have a higher score. So each part is either the request's own doing (another score,
another place at that moment) or others', each of whom counts for one place.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import groupby, zip_longest

from bot.domain import wsjf
from bot.domain.board import Place, Standing, WhatIf
from bot.domain.changes import Change, Logged, counted
from bot.domain.ids import RequestNumber, UserId
from bot.domain.requests import Request, Status
from bot.domain.wsjf import COST_OF_DELAY, SCALE, Factor, Figures, Score

NAMED = 3  #: others a part names; of more it names one less, and says how many more there are
GROUPS = 6  #: turns others took between two changes of its own; more are told by kind


class What(StrEnum):
    """What happened to a request, as far as places go."""

    CAME = "came"  #: onto the board
    RELEASED = "released"
    DECLINED = "declined"
    JOINED = "joined"  #: it is the same as another
    LEFT = "left"  #: it has no score any more
    # Of others: they came to stand above it, or no longer do.
    ROSE = "rose"
    FELL = "fell"
    # Of the request itself.
    FIGURE = "figure"
    ESTIMATED = "estimated"  #: several figures at once gave it its place
    REOPENED = "reopened"
    PARTED = "parted"  #: it is not the same as another after all
    EARLIER = "earlier"  #: changes too many to tell one by one
    CHANGED = "changed"  #: its log doesn't say how


ABOVE = frozenset({What.CAME, What.ROSE})  #: what others do to come to stand above
FIELDS = (*Factor, "status", "same_as")  #: of the change log, that say why a score changed


@dataclass(frozen=True, kw_only=True)
class Part:
    """One step of the way: from a place and a score to the next."""

    was: int | None  #: None: no place
    now: int | None
    score_was: Score | None
    score_now: Score | None
    what: What
    at: datetime
    figure: Change | None = None  #: that counted before and after, where it is one
    by: UserId | None = None
    others: tuple[RequestNumber, ...] = ()  #: the first of them
    count: int = 0  #: others; 0: it is its own doing

    @property
    def climbs(self) -> int:
        """Places it went up; 0 where it had none, or has none."""
        return self.was - self.now if self.was is not None and self.now is not None else 0


@dataclass(frozen=True, kw_only=True)
class Path:
    """How a request came from where it stood then to where it stands now."""

    since: datetime
    was: int | None
    score_was: Score | None
    now: Place | None
    score_now: Score | None
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why this place."""

    request: Request
    standing: Standing
    path: Path
    names: Mapping[UserId, str]  #: of who gave a figure, or changed something
    titles: Mapping[RequestNumber, str]  #: of requests it speaks of
    next_up: WhatIf | None = None  #: the smallest change of one figure that reaches a better place


# ---- what is known ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Others:
    """Other requests that came to stand above it, or no longer do, in one way."""

    what: What
    at: datetime
    numbers: tuple[RequestNumber, ...]  #: the first of them
    count: int = 1

    @property
    def climbs(self) -> int:
        """Places it went up by them."""
        return -self.count if self.what in ABOVE else self.count


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing an act changed about the request, and the score that gave it."""

    what: What
    score: Score | None
    figure: Change | None = None


@dataclass(frozen=True, kw_only=True)
class Own:
    """An act that changed its score, by the number of that change among all of the board."""

    id: int
    at: datetime
    by: UserId | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """What others did while its own score stayed: after one change of the board, and before the next of its own."""

    after: int
    score: Score | None
    others: Sequence[Others] = ()


Standings = Mapping[tuple[Score, int], int]  #: its place with that score, right after that change of the board


# ---- the way ------------------------------------------------------------------------------------


def parts(stretches: Sequence[Stretch], owns: Sequence[Own], standings: Standings) -> tuple[Part, ...]:
    """The way, oldest first. There is one stretch more than acts of its own: before, between and after them."""
    first = stretches[0]
    place = standings[first.score, first.after] if first.score is not None else None
    told: list[Part] = []
    for stretch, own in zip_longest(stretches, owns):
        told += _by_others(stretch, place)
        place = told[-1].now if told else place
        told += _by_itself(own, stretch.score, place, standings) if own else ()
        place = told[-1].now if told else place
    return tuple(told)


def _by_others(stretch: Stretch, place: int | None) -> Iterator[Part]:
    if place is None:
        return
    for some in stretch.others:
        was, place = place, place - some.climbs
        yield Part(
            was=was,
            now=place,
            score_was=stretch.score,
            score_now=stretch.score,
            what=some.what,
            at=some.at,
            others=some.numbers,
            count=some.count,
        )


def _by_itself(own: Own, score: Score | None, place: int | None, standings: Standings) -> Iterator[Part]:
    for step in own.steps:
        now = standings[step.score, own.id] if step.score is not None else None
        yield Part(
            was=place,
            now=now,
            score_was=score,
            score_now=step.score,
            what=step.what,
            at=own.at,
            figure=step.figure,
            by=own.by,
        )
        place, score = now, step.score


def folded(crossings: Sequence[Others]) -> list[Others]:
    """Those that follow each other in one way together; where they took too many turns, all of one way.

    Whoever went back again is left out.
    """
    stayed = _stayed(crossings)
    turns = [_together(list(some)) for _, some in groupby(stayed, key=lambda one: one.what)]
    if len(turns) <= GROUPS:
        return turns
    ways = dict.fromkeys(one.what for one in stayed)
    return [_together([one for one in stayed if one.what is way]) for way in ways]


def _stayed(crossings: Sequence[Others]) -> list[Others]:
    """The last crossing of each that didn't end on the side where it began."""
    last = {one.numbers: one for one in crossings}
    climbs = Counter[tuple[RequestNumber, ...]]()
    for one in crossings:
        climbs[one.numbers] += one.climbs
    return [one for one in crossings if one is last[one.numbers] and climbs[one.numbers]]


def worst_first(counted: Iterable[Others]) -> list[Others]:
    """In an order in which no place is better than the first."""
    return sorted(counted, key=lambda one: (one.what not in ABOVE, one.what))


def _together(some: Sequence[Others]) -> Others:
    numbers = tuple(number for one in some for number in one.numbers)
    return replace(some[0], numbers=numbers[:NAMED], count=sum(one.count for one in some), at=some[-1].at)


# ---- what its acts changed, step by step --------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Its own score changed: by one act, which may have written it more than once."""

    id: int
    at: datetime
    trace: str
    old: Score | None
    new: Score | None


@dataclass(frozen=True, kw_only=True)
class _State:
    """As much of a request as gives it its score."""

    status: str | None  #: None: it wasn't filed yet
    same_as: int | None
    figures: Figures

    @property
    def is_open(self) -> bool:
        return self.status is not None and Status(self.status).is_open

    @property
    def score(self) -> Score | None:
        return wsjf.score(self.figures) if self.is_open else None

    def before(self, lines: Sequence[Logged]) -> "_State":
        """How it stood before these lines, oldest first."""
        state = self
        for line in reversed(lines):
            if line.field in set(Factor):
                state = state.with_figure(Factor(line.field), counted(line).old)
            elif line.field in FIELDS:
                state = replace(state, **{line.field: line.old})
        return state

    def with_figure(self, factor: Factor, figure: int | None) -> "_State":
        others = {f: known for f, known in self.figures.items() if f is not factor}
        return replace(self, figures=others if figure is None else {**others, factor: figure})


def retold(turns: Sequence[Turn], lines: Sequence[Logged], now: Request) -> list[Own]:
    """What each of these turns was made of, by the lines of its log since the first of them. All oldest first."""
    state = _State(status=now.status, same_as=now.same_as, figures=now.figures)
    known: dict[tuple[str, datetime], tuple[UserId | None, _State, _State]] = {}
    acts = [list(some) for _, some in groupby(lines, key=_act_of)]
    for act in reversed(acts):
        before = state.before(act)
        known[_act_of(act[0])] = act[0].by, before, state
        state = before
    return [_own(turn, *known.get(_act_of(turn), (None, None, None))) for turn in turns]


def _act_of(one: Logged | Turn) -> tuple[str, datetime]:
    return one.trace, one.at


def _own(turn: Turn, by: UserId | None, before: _State | None, after: _State | None) -> Own:
    tells = before and after and (before.score, after.score) == (turn.old, turn.new)
    steps = tuple(_steps(before, after)) if tells and before and after else ()
    return Own(id=turn.id, at=turn.at, by=by, steps=steps or (Step(what=What.CHANGED, score=turn.new),))


def _steps(before: _State, after: _State) -> Iterator[Step]:
    """First what opened it, then its figures, then what closed it; only what gave it another score."""
    here = before
    for step, state in _states(before, after):
        if state.score != here.score:
            yield step
        here = state


def _states(before: _State, after: _State) -> Iterator[tuple[Step, _State]]:
    here = before
    if before.is_open is not after.is_open and after.is_open:
        here = replace(before, status=after.status, same_as=after.same_as)
        here = after if before.status is None else here
        yield Step(what=_way_in(before, after), score=here.score), here
    is_first = len(wsjf.missing(here.figures)) > 1  # no single figure gave it its place
    for factor in Factor:
        figure = Change(field=factor, old=here.figures.get(factor), new=after.figures.get(factor))
        here = here.with_figure(factor, figure.new)
        estimated = Step(what=What.ESTIMATED, score=here.score)
        yield estimated if is_first else Step(what=What.FIGURE, score=here.score, figure=figure), here
    if here.is_open is not after.is_open:
        yield Step(what=_way_out(after), score=None), after


def _way_in(before: _State, after: _State) -> What:
    if before.status is None:
        return What.CAME
    return What.PARTED if before.same_as and not after.same_as else What.REOPENED


def _way_out(after: _State) -> What:
    if after.same_as:
        return What.JOINED
    return What.RELEASED if after.status == Status.RELEASED else What.DECLINED


# ---- in short -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Cause:
    """What one thing did on the whole way."""

    climbs: int  #: places up
    is_own: bool  #: it changed itself; else others did
    figure: Change | None = None  #: from first to last, where it was one
    by: UserId | None = None  #: who changed it last


def causes(way: Sequence[Part]) -> tuple[Cause, ...]:
    """The way by what caused it, which adds up: its own doing by figure, then others.

    Of what came onto the board meanwhile, the way since; and the figure that gave it its place, where one did.
    """
    came = max((n for n, part in enumerate(way, 1) if part.was is None or part.now is None), default=0)
    together: dict[str, list[Part]] = {}
    for part in sorted(way[max(came - 1, 0) :], key=lambda part: part.count > 0):
        together.setdefault("others" if part.count else part.figure.field if part.figure else "", []).append(part)
    found = [_cause(some) for some in together.values()]
    return tuple(one for one in found if one.climbs or (one.figure and one.figure.old is None))


def _cause(some: Sequence[Part]) -> Cause:
    first, last = some[0].figure, some[-1].figure
    figure = Change(field=first.field, old=first.old, new=last.new) if first and last else None
    climbs = sum(part.climbs for part in some)
    return Cause(climbs=climbs, is_own=not some[0].count, figure=figure, by=some[-1].by)


# ---- the way up ---------------------------------------------------------------------------------


def single_changes(figures: Figures) -> list[tuple[Factor, int, Score]]:
    """Every change of one figure that gives a higher score: the fewest steps of the scale first, then the size."""
    if wsjf.missing(figures):
        return []
    found = [
        (abs(SCALE.index(step) - SCALE.index(figures[factor])), factor, step)
        for factor in (Factor.JOB_SIZE, *COST_OF_DELAY)
        for step in SCALE
        if (step < figures[factor] if factor is Factor.JOB_SIZE else step > figures[factor])
    ]
    return [(f, step, _with(figures, f, step)) for _, f, step in sorted(found, key=lambda one: one[0])]


def next_up(figures: Figures, place: Place, places: Mapping[Score, Place]) -> WhatIf | None:
    """The smallest of them that reaches a better place."""
    reached = (
        WhatIf(factor=factor, figure=step, score=score, place=places[score])
        for factor, step, score in single_changes(figures)
    )
    return next((one for one in reached if one.place.rank < place.rank), None)


def _with(figures: Figures, factor: Factor, step: int) -> Score:
    score = wsjf.score({**figures, factor: step})
    assert score is not None
    return score
