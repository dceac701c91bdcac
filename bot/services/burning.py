"""Somebody wants to start a request that has no estimate: those who can give it are asked at once.

Kept apart so that whatever changes a request can call on it: it asks no other service.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.domain.acts import Act
from bot.domain.ids import RequestNumber, UserId
from bot.domain.news import Burning, Following
from bot.domain.notices import NothingToSay, Notice, Topic
from bot.domain.people import Member, Person
from bot.domain.requests import Request
from bot.domain.roles import CONFIRMS, Role
from bot.domain.wsjf import Factor
from storage.store import Store


def owners(store: Store, who: Member, factors: Iterable[Factor]) -> Sequence[Person]:
    """Those whose word it takes for these figures, by name."""
    roles = frozenset[Role]().union(*(who.rights.of(CONFIRMS[f]) for f in factors))
    return store.people.holders(roles, store.policy)


def ask(store: Store, act: Act, request: Request, people: Iterable[Person], *, is_new: bool) -> None:
    """Ask these people for what is missing, each in one message that is kept current while somebody waits."""
    for person in people:
        if is_new:
            _forget_the_last_time(store, request, person.id)
        _put(store, act, request, person.id)


def follow(store: Store, act: Act, before: Request, after: Request) -> Request:
    """What a change means while somebody waits to start the request; the request with that said."""
    if before.wanted_by is None or after.status is not before.status:
        return _given_up(store, act, before, after)
    if before.missing != after.missing:
        _redraw(store, act, before, after)
    if after.score is None:
        return after
    for user in sorted(_waiting(store, before) - {act.by.user}):
        store.outbox.put(_it_can_start(act, before, user), act.at)
    return replace(after, wanted_by=None)


def message(store: Store, notice: Notice) -> Burning:
    """Raises NothingToSay when there is nothing to ask the reader for, and nothing was asked."""
    request = store.requests.get(RequestNumber(notice.payload["number"]))
    reader = store.people.member(UserId(notice.line), store.policy)
    if request is None or reader is None or reader.person.is_deleted or reader.person.is_guest:
        raise NothingToSay
    factors = tuple(f for f in request.missing if reader.owns(f)) if request.wanted_by else ()
    asked = store.messages.find(_subject(request, reader.person.id), Topic.BURNING)
    if asked is None and (not factors or notice.payload.get("redraws")):
        raise NothingToSay
    return Burning(
        request=request,
        wanted_by=_who_wants(store, request),
        reader=reader.person.id,
        names={},
        factors=factors,
    )


def _who_wants(store: Store, request: Request) -> str:
    """Name of who wanted to start it last."""
    wanted = (line for line in reversed(store.changes.of(request.subject)) if line.field == "wanted_by")
    last = next((UserId(line.new or line.old) for line in wanted), None)
    return store.people.names([last]).get(last, "Somebody") if last else "Somebody"


def _given_up(store: Store, act: Act, before: Request, after: Request) -> Request:
    """It was closed, or started after all: nobody need be asked any more."""
    if before.wanted_by and not after.wanted_by:
        _redraw(store, act, before, after)
    return after


def _waiting(store: Store, request: Request) -> set[UserId]:
    """Everybody who wanted to start it since it was last clear that nobody does."""
    waiting: set[UserId] = set()
    for line in store.changes.of(request.subject):
        if line.field == "wanted_by":
            waiting = waiting | {UserId(line.new)} if line.new else set()
    return waiting


def _forget_the_last_time(store: Store, request: Request, reader: UserId) -> None:
    """It was wanted before, and given up: asked anew, not drawn into the message of then."""
    earlier = store.messages.find(_subject(request, reader), Topic.BURNING)
    if earlier:
        store.messages.forget(earlier.channel, earlier.ts)


def _redraw(store: Store, act: Act, before: Request, after: Request) -> None:
    """Have the messages that ask for what was missing say how it stands now."""
    assert before.wanted_by is not None
    who = store.people.member(before.wanted_by, store.policy)
    for person in owners(store, who, before.missing) if who else ():
        _put(store, act, replace(after, version=before.version + 1), person.id, redraws=True)


def _put(store: Store, act: Act, request: Request, reader: UserId, *, redraws: bool = False) -> None:
    """What `redraws` finds no message when its turn comes says nothing; one that is being posted is waited for."""
    notice = Notice(
        topic=Topic.BURNING,
        key=f"burning:{request.number}:{reader}:{request.version}",
        line=reader,
        payload={"number": request.number, "redraws": redraws},
        due_at=act.at,
        patient=not redraws,
    )
    store.outbox.put(notice, act.at, merges=f"burning:{request.number}:{reader}:{redraws}")


def _it_can_start(act: Act, request: Request, user: UserId) -> Notice:
    return Notice(
        topic=Topic.NEWS,
        key=f"estimated:{request.number}:{user}:{request.version}",
        line=user,
        payload={"number": request.number, "following": Following.WANTS},
        due_at=act.at,
        patient=True,
    )


def _subject(request: Request, reader: UserId) -> str:
    return f"{request.subject}:{reader}"
