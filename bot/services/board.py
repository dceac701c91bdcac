"""One request on the board: found, kept, its card drawn anew."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.domain.acts import Act
from bot.domain.changes import Change, differences
from bot.domain.errors import Refused
from bot.domain.ids import RequestNumber, Slug
from bot.domain.notices import Notice, Topic
from bot.domain.requests import Request
from bot.services import burning, redraws
from storage.store import Store

_MERGE = timedelta(seconds=1)  #: changes of one card within a second are drawn together


def the(store: Store, key: RequestNumber | Slug) -> Request:
    """The request of that number or slug. Raises Refused when there is none."""
    found = store.requests.by_slug(key) if isinstance(key, str) else store.requests.get(key)
    if found is None:
        name = key if isinstance(key, str) else f"R-{key}"
        raise Refused(f"There is no {name} on the board. /board lists what is there.")
    return found


def check_stands(store: Store, request: Request, instead: str) -> None:
    """Raises Refused when another request stands for this one: `instead` says what to do with that one."""
    if request.survivor:
        other = the(store, request.survivor)
        raise Refused(f"It's the same as {other.name} {other.title}; {instead}.")


def check_open(store: Store, request: Request, so: str = "its estimate is closed", *, instead: str) -> None:
    """Raises Refused when it is closed, and `so` what can't be; or joined to another, and `instead` what can."""
    check_stands(store, request, instead)
    request.check_open(so)


def save(
    store: Store,
    act: Act,
    before: Request,
    after: Request,
    asks: Sequence[Change] = (),
    *,
    why: str | None = None,
) -> Request:
    """Keep a changed request, log what changed (`asks`: who waits for it) and why, have its card drawn anew."""
    companies = store.accounts.waiting(before.number) if asks else before.companies
    after = burning.follow(store, act, before, after)
    after = replace(after, companies=companies, version=before.version + 1)
    store.requests.save(after, act)
    if (before.title, before.problem) != (after.title, after.problem):
        store.requests.reword(after)
    store.changes.add(after.subject, [*differences(before, after), *asks], act, why)
    draw_card(store, act, after)
    redraws.after(store, act, after.number)
    redraws.of_review(store, act, after.number)
    redraws.of_case(store, act, after)
    return after


def draw_card(store: Store, act: Act, request: Request, *, soon: bool = False, again: str = "") -> None:
    """Have the request's card say how it stands now. Nothing to do while no board channel is set.

    `again`: what is new is no change of the request itself; this names it.
    """
    board = store.policy.channels.board
    if board is None:
        return
    notice = Notice(
        topic=Topic.CARD,
        key=":".join(filter(None, ("card", str(request.number), str(request.version), again))),
        line=board,
        payload={"number": request.number},
        due_at=act.at if soon else act.at + _MERGE,
    )
    store.outbox.put(notice, act.at, merges=f"card:{request.number}", is_first=request.version == 1 and not again)
