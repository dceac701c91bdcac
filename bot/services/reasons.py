"""Why a request stands where it does: what moved it, in parts that add up to where it stands now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

from bot.domain import reasons
from bot.domain.acts import Act
from bot.domain.board import Place, WhatIf
from bot.domain.ids import RequestNumber
from bot.domain.reasons import Explanation, Others, Own, Path, Step, Stretch, Turn, What
from bot.domain.requests import Request
from bot.domain.subscriptions import COMPANY
from bot.domain.wsjf import Score
from bot.services import access, board, ranking
from storage.scores import ScoreChange
from storage.store import Store

MARK = "scores kept since"  #: from when on changes of scores are known; without it, all are
TURNS = 20  #: times a request's own score changed that are told one by one: the newest
PASSED = 200  #: others told in the order they passed; of more, how many did what
_WEEK = timedelta(days=7)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOW = 2**62  #: after any change there is


def why(store: Store, act: Act, number: RequestNumber) -> Explanation:
    """Why it stands where it does, for a person. Raises Refused when there is no such request."""
    access.member(store, act)
    return explain(store, number, since_digest(store, act.at))


def since_digest(store: Store, now: datetime) -> datetime:
    """The moment from which places are explained: the company's last digest, else a week ago."""
    digest = store.digests.last(COMPANY)
    return digest.until if digest and digest.until else now - _WEEK


def explain(store: Store, number: RequestNumber, since: datetime) -> Explanation:
    """Why it stands where it does, and how it came there since that moment, or since it began."""
    request = board.the(store, number)
    way = path(store, request, max(since, request.at))
    people = {who for e in request.estimates.values() for who in (e.proposed_by, e.confirmed_by)}
    return Explanation(
        request=request,
        standing=ranking.standing(store, request),
        path=way,
        names=store.people.names({*people, *(part.by for part in way.parts)}),
        titles=_titles(store, request, way),
        next_up=_next_up(store, request, way.now),
    )


def _titles(store: Store, request: Request, way: Path) -> Mapping[RequestNumber, str]:
    spoken_of = {number for part in way.parts for number in part.others}
    joined = {request.same_as} if request.same_as else set()
    return {one.number: one.title for one in store.requests.these(sorted(spoken_of | joined))}


def _next_up(store: Store, request: Request, place: Place | None) -> WhatIf | None:
    if place is None or place.rank == 1:
        return None
    scores = {score for _, _, score in reasons.single_changes(request.figures)}
    return reasons.next_up(request.figures, place, store.requests.places_for(scores, besides=request.number))


# ---- the way ------------------------------------------------------------------------------------


def path(store: Store, request: Request, since: datetime) -> Path:
    """How a request came from where it stood then to where it stands now. It adds up: see docs/decisions/0006."""
    since = max(since, _kept_since(store))
    start = store.scores.last_before(since)
    owns, score = _own(store, request, start)
    stretches = list(_stretches(store, request.number, start, score, owns))
    now = _places(store, request.number, {s.score for own in owns for s in own.steps} | {score, request.rank_score})
    standings = dict(_standings(store, request.number, now, stretches[0], owns))
    return Path(
        since=since,
        was=standings[score, start] if score is not None else None,
        score_was=score,
        now=now[request.rank_score] if request.rank_score is not None else None,
        score_now=request.rank_score,
        parts=reasons.parts(stretches, owns, standings),
    )


def _kept_since(store: Store) -> datetime:
    kept = store.house.mark(MARK)
    return _EPOCH + timedelta(microseconds=kept["at"]) if kept else _EPOCH


def _own(store: Store, request: Request, start: int) -> tuple[list[Own], Score | None]:
    """Acts that changed its score, and its score before them. Of many, the early ones are told as one."""
    changes = store.scores.of(request.number, start, TURNS + 1)
    if not changes:
        return [], request.rank_score
    turns = [_turn(list(some)) for _, some in groupby(changes, key=lambda one: (one.trace, one.at))]
    owns = reasons.retold(turns, store.scores.log_of(request.number, min(one.at for one in changes)), request)
    if len(changes) <= TURNS:
        return owns, turns[0].old
    first = store.scores.first_of(request.number, start)
    assert first is not None
    return [replace(owns[0], by=None, steps=(Step(what=What.EARLIER, score=turns[0].new),)), *owns[1:]], first.old


def _turn(written: Sequence[ScoreChange]) -> Turn:
    first, last = written[0], written[-1]
    return Turn(id=last.id, at=last.at, trace=last.trace, old=first.old, new=last.new)


def _stretches(
    store: Store, number: RequestNumber, start: int, score: Score | None, owns: Sequence[Own]
) -> Iterator[Stretch]:
    """What others did before the first of its own changes, between them, and after the last."""
    ends = [*(own.id for own in owns), _NOW]
    begins = [(start, score), *((own.id, own.steps[-1].score) for own in owns)]
    for n, ((after, held), before) in enumerate(zip(begins, ends, strict=True)):
        is_told = held is not None and not (n == 0 and _is_early(owns))
        others = _others(store, number, held, after, before) if is_told and held is not None else []
        yield Stretch(after=after, score=held, others=others)


def _is_early(owns: Sequence[Own]) -> bool:
    return bool(owns) and owns[0].steps[0].what is What.EARLIER


def _others(store: Store, number: RequestNumber, score: Score, after: int, before: int) -> Sequence[Others]:
    if before - after < 2:
        return []
    first, by_what = store.scores.passed(number, score, after, before, PASSED)
    return reasons.worst_first(_named(some, first) for some in by_what) or reasons.folded(first)


def _named(some: Others, first: Iterable[Others]) -> Others:
    numbers = [number for one in first if one.what is some.what for number in one.numbers]
    return replace(some, numbers=tuple(numbers[: reasons.NAMED]))


def _places(store: Store, number: RequestNumber, scores: Iterable[Score | None]) -> Mapping[Score, Place]:
    return store.requests.places_for({score for score in scores if score is not None}, besides=number)


def _standings(
    store: Store, number: RequestNumber, now: Mapping[Score, Place], first: Stretch, owns: Sequence[Own]
) -> Iterator[tuple[tuple[Score, int], int]]:
    """Each of its places then: where that score stands now, less the others that have come above it since."""
    moments = [(first.score, first.after), *((step.score, own.id) for own in owns for step in own.steps)]
    for score, after in dict.fromkeys(moments):
        if score is not None:
            yield (score, after), now[score].rank - store.scores.net(number, score, after)
