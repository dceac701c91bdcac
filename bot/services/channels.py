"""How a channel hears of the board: a card for each request, for the top ten only, or a roll-up a working day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.acts import Act
from bot.domain.board import Row
from bot.domain.changes import Logged, net
from bot.domain.ids import ChannelId, RequestNumber
from bot.domain.news import Rollup
from bot.domain.notices import NothingToSay, Notice, Topic
from bot.domain.policy import Cards, Company
from bot.domain.requests import Status
from storage.store import Store

TOP = 10  #: places whose cards a channel still gets when it wants only the top
LINES = 15  #: requests a roll-up names
_MOVES = 1_000  #: looked at: more than a person reads of in a day
_SETTLING = 60  #: minutes of work before the roll-up
_DAY = timedelta(days=1)
_MARK = "rollup"  #: up to when the last roll-up told


def keep_up(store: Store, act: Act) -> None:
    """What the channel hears because time passed, or because others made room."""
    match store.policy.cards:
        case Cards.DAILY:
            ensure_rollup(store, act)
        case Cards.TOP:
            ensure_top(store, act)


# ---- the top ten --------------------------------------------------------------------------------


def ensure_top(store: Store, act: Act) -> None:
    """A card for each of the top ten that has none: it may have risen because another left. Tried once a day."""
    board = store.policy.channels.board
    for row in store.requests.top(TOP) if board else ():
        subject = f"request:{row.number}"
        if store.messages.find(subject, Topic.CARD) is None:
            assert board
            store.outbox.put(_card(act, board, row), act.at, merges=f"card:{row.number}")


def _card(act: Act, board: ChannelId, row: Row) -> Notice:
    return Notice(
        topic=Topic.CARD,
        key=f"card:{row.number}:top:{act.at.date().isoformat()}",
        line=board,
        payload={"number": row.number},
        due_at=act.at,
    )


# ---- the roll-up --------------------------------------------------------------------------------


def begin_rollups(store: Store, act: Act) -> None:
    """The channel wants roll-ups from now on: what was before had cards of its own."""
    store.house.set_mark(_MARK, act.at.isoformat(), act)


def ensure_rollup(store: Store, act: Act) -> None:
    """Once a working day, an hour after work begins: what came and what moved since the last one."""
    board = store.policy.channels.board
    if board is None or not _is_time(act.at, store.policy.company):
        return
    today = store.policy.company.day_of(act.at)
    since = store.house.mark(_MARK) or (act.at - _DAY).isoformat()
    notice = Notice(
        topic=Topic.ROLLUP,
        key=f"rollup:{board}:{today.isoformat()}",
        line=board,
        payload={"since": since, "until": act.at.isoformat()},
        due_at=act.at,
    )
    if store.outbox.put(notice, act.at):
        store.house.set_mark(_MARK, act.at.isoformat(), act)


def _is_time(now: datetime, company: Company) -> bool:
    local, hours = now.astimezone(company.zone), company.hours
    begins = min(hours.opens + _SETTLING, hours.closes - 1)
    return local.weekday() in hours.days and local.hour * 60 + local.minute >= begins


def rollup(store: Store, notice: Notice) -> Rollup:
    """Raises NothingToSay after a day on which nothing happened."""
    since, until = (datetime.fromisoformat(notice.payload[end]) for end in ("since", "until"))
    found = _Happened.of(store.changes.of_field("status", since, until, _MOVES))
    if not found.filed and not found.was:
        raise NothingToSay
    filed = list(found.filed)[:LINES]
    moved = list(found.was)[: LINES - len(filed)]
    names = store.people.names(found.filed[number].by for number in filed)
    return Rollup(
        since=store.policy.company.day_of(since),
        until=store.policy.company.day_of(until),
        new=len(found.filed),
        moves=len(found.was),
        filed=tuple(store.requests.rows(filed)),
        moved=tuple(store.requests.rows(moved)),
        asked_by={number: names[by] for number in filed if (by := found.filed[number].by) in names},
        was={number: found.was[number] for number in moved},
    )


@dataclass(frozen=True, kw_only=True)
class _Happened:
    """What a stretch of the change log comes to."""

    filed: Mapping[RequestNumber, Logged]  #: the line that put it on the board
    was: Mapping[RequestNumber, Status]  #: of those that were there and moved

    @classmethod
    def of(cls, lines: Sequence[Logged]) -> "_Happened":
        histories: dict[RequestNumber, list[Logged]] = {}
        for line in lines:
            histories.setdefault(_number(line), []).append(line)
        filed = {number: history[0] for number, history in histories.items() if history[0].old is None}
        moves = {number: net(history) for number, history in histories.items() if number not in filed}
        return cls(filed=filed, was={number: Status(of["status"].old) for number, of in moves.items() if of})


def _number(line: Logged) -> RequestNumber:
    return RequestNumber(int(line.subject.removeprefix("request:")))
