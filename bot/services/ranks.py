"""Requests that enter or leave the top five."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from bot.domain.acts import Act
from bot.domain.board import Place, Row
from bot.domain.ids import RequestNumber
from bot.domain.news import RankMoved
from bot.domain.notices import NothingToSay, Notice, Topic
from bot.domain.reasons import Cause, Path, causes
from bot.services import board, flow, ranking, reasons
from storage.store import Store

TOP = 5
_LEVEL = 20  #: rows looked at: more than so many level at the fifth place are no news
HOLDS = timedelta(minutes=5)  #: before a move is told: what goes back meanwhile is noise
_JUST_BEFORE = timedelta(minutes=15)  #: a figure changed so long before a move is seen is why it moved
_MARK = "top five"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was told last, and since when the board differs from it."""

    told: Mapping[str, Mapping[str, Any]]  #: by number: its place and score when it was told
    since: Mapping[str, str]

    @classmethod
    def first(cls, top: Mapping[str, Row]) -> Self:
        return cls(told={number: _shown(row) for number, row in top.items()}, since={})

    def held(self, now: datetime) -> list[str]:
        """Requests that have been in, or out, for long enough."""
        return [number for number, since in self.since.items() if now - datetime.fromisoformat(since) >= HOLDS]

    def noticed(self, top: Mapping[str, Row], now: datetime) -> "Seen":
        differs = sorted(self.told.keys() ^ top.keys(), key=int)
        return Seen(told=self.told, since={n: self.since.get(n, now.isoformat()) for n in differs})

    def after_telling(self, numbers: list[str], top: Mapping[str, Row]) -> "Seen":
        stays = {number: shown for number, shown in self.told.items() if number not in numbers}
        came = {number: _shown(top[number]) for number in numbers if number in top}
        return Seen(told=stays | came, since={n: at for n, at in self.since.items() if n not in numbers})


def watch(store: Store, act: Act) -> None:
    """Tell who asked for a request that it entered or left the first five; the first look only remembers."""
    top = _first_five(store)
    known = store.house.mark(_MARK)
    before = Seen(**known) if known else None
    seen = (before or Seen.first(top)).noticed(top, act.at)
    moved = seen.held(act.at)
    for number in moved:
        _tell(store, act, seen, number, entered=number in top)
    after = seen.after_telling(moved, top)
    if after != before:
        store.house.set_mark(_MARK, vars(after), act)


def _first_five(store: Store) -> dict[str, Row]:
    """Requests with one of the first five places, by number; several may be level at one."""
    rows = store.requests.top(_LEVEL)
    return {str(row.number): row for row in rows if row.place is not None and row.place.rank <= TOP}


def _tell(store: Store, act: Act, seen: Seen, number: str, *, entered: bool) -> None:
    request = board.the(store, RequestNumber(int(number)))
    since = seen.since[number]
    for reader in flow.wishers(store, request) if request.status.is_open else ():
        user = reader.person.id
        notice = Notice(
            topic=Topic.RANK,
            key=f"rank:{number}:{user}:{'entered' if entered else 'left'}:{since}",
            line=user,
            payload={"number": request.number, "entered": entered, "since": since, "was": seen.told.get(number)},
            due_at=act.at,
            patient=True,
        )
        # In and out before it is said: nothing to say.
        store.outbox.put(notice, act.at, merges=f"rank:{number}:{user}")


# ---- what is said -------------------------------------------------------------------------------


def moved(store: Store, notice: Notice) -> RankMoved:
    """Where it stands now. Raises NothingToSay when it moved back, is closed, or its reader moved it and saw so."""
    request = board.the(store, RequestNumber(notice.payload["number"]))
    entered, was = notice.payload["entered"], notice.payload["was"]
    is_among = str(request.number) in _first_five(store)
    if not request.status.is_open or is_among != entered:
        raise NothingToSay
    path = reasons.path(store, request, datetime.fromisoformat(notice.payload["since"]) - _JUST_BEFORE)
    own = _own_doing(path, up=entered)
    if own and own.by == notice.line:
        raise NothingToSay
    return RankMoved(
        request=request,
        standing=ranking.standing(store, request),
        entered=entered,
        was=Place(rank=was["rank"], tied=was["tied"], of=was["of"]) if was else None,
        cause=own.figure if own else None,
        passed=not entered and own is None and path.now is not None,
    )


def _own_doing(path: Path, *, up: bool) -> Cause | None:
    """Of its own figures, the one that moved it furthest this way."""
    own = [cause for cause in causes(path.parts) if cause.figure]
    this_way = [cause for cause in own if cause.climbs == 0 or (cause.climbs > 0) is up]
    return max(this_way, key=lambda cause: abs(cause.climbs), default=None)


def _shown(row: Row) -> Mapping[str, Any]:
    assert row.place is not None
    return {**vars(row.place), "score": row.score}
