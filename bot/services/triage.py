"""New requests get their first answer: an owner, a direction, "it's the same as R-3"."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.domain.acts import Act
from bot.domain.board import Row
from bot.domain.changes import Change
from bot.domain.errors import Refused
from bot.domain.ids import RequestNumber, read_key
from bot.domain.requests import Request, Status
from bot.domain.roles import Doing
from bot.domain.text import fold, words_of
from bot.domain.triage import NewRequests, Sorted, Triage, TriageForm, Untriaged, working_days_between
from bot.services import access, board, flow, intake, questions
from storage.accounts import Ask
from storage.store import Store

SHOWN = 10
SUGGESTED = 20
_SORTING = "there is nothing to sort"


# ---- what waits ---------------------------------------------------------------------------------


def waiting(store: Store, act: Act) -> NewRequests:
    """What waits for a first answer. Everyone may look."""
    who = access.member(store, act)
    shown = [_untriaged(store, act, request) for request in store.requests.untriaged(SHOWN)]
    return NewRequests(
        shown=tuple(shown),
        more=max(store.requests.untriaged_count() - len(shown), 0),
        reader=who.person.id,
        may_sort=who.may(Doing.TRIAGE),
    )


def _untriaged(store: Store, act: Act, request: Request) -> Untriaged:
    company = store.policy.company
    return Untriaged(
        request=request,
        asked_by=_requester(store, request),
        days=working_days_between(request.at, act.at, company.hours, company.zone),
        like=_older_like(store, request),
    )


def _older_like(store: Store, request: Request) -> Row | None:
    """The likeliest of the older open requests that look like this one."""
    return next((row for row in intake.similar(store, request.title) if row.number < request.number), None)


def _requester(store: Store, request: Request) -> str | None:
    return store.people.names([request.by]).get(request.by) if request.by else None


# ---- sorting ------------------------------------------------------------------------------------


def open_form(store: Store, act: Act, number: RequestNumber) -> TriageForm:
    """What the triage form shows at first. Raises Refused when the request is closed or gone."""
    who = access.allowed(store, act, Doing.TRIAGE)
    request = board.the(store, number)
    request.check_open(_SORTING)
    return TriageForm(
        request=request,
        owner=request.owner or who.person.id,
        asked_by=_requester(store, request) if request.by != act.by.user else None,
        like=_older_like(store, request),
    )


def suggest_same(store: Store, act: Act, number: RequestNumber, words: str) -> Sequence[Row]:
    """Other open requests that hold these words, or have this number or slug."""
    access.member(store, act)
    named = _named(store, words)
    found = store.requests.with_words(words_of(words), SUGGESTED)
    rows = store.requests.rows(list(dict.fromkeys([*([named.number] if named else []), *found])))
    return [row for row in rows if row.number != number and row.status.is_open]


def _named(store: Store, words: str) -> Request | None:
    key = read_key(words)
    return store.requests.by_slug(key) if isinstance(key, str) else store.requests.get(key)


def sort(store: Store, act: Act, number: RequestNumber, triage: Triage) -> Sorted:
    """Give a request its owner, direction and tracker, or join it with the one it is the same as.

    Sent again, it changes nothing.
    """
    access.allowed(store, act, Doing.TRIAGE)
    before = board.the(store, number)
    survivor = _survivor(store, before, triage.same_as) if triage.same_as else None
    if before.same_as and survivor and before.same_as == survivor.number:
        return _sorted(store, act, before, survivor=survivor)
    before.check_open(_SORTING)
    if survivor:
        return _join(store, act, before, survivor)
    if triage.owner and triage.owner != before.owner:
        questions.colleague(store, triage.owner, field="owner")
    direction = _as_spelt(store, triage.direction) if triage.direction else None
    after = replace(before, owner=triage.owner, direction=direction, tracker=triage.tracker)
    if after == before:
        return _sorted(store, act, before, is_changed=False)
    return _sorted(store, act, board.save(store, act, before, _answered(act, after)))


def _as_spelt(store: Store, direction: str) -> str:
    """As the board writes this direction already, so that it stays one."""
    return next((known for known in store.requests.directions() if fold(known) == fold(direction)), direction)


def _answered(act: Act, request: Request) -> Request:
    return replace(request, answered_at=request.answered_at or act.at)


def _sorted(
    store: Store, act: Act, request: Request, *, is_changed: bool = True, survivor: Request | None = None
) -> Sorted:
    owner = store.people.names([request.owner]).get(request.owner) if request.owner else None
    follows = _requester(store, request) if survivor and request.by != act.by.user else None
    return Sorted(request=request, owner=owner, is_changed=is_changed, survivor=survivor, follows=follows)


# ---- the same as another ------------------------------------------------------------------------


def _survivor(store: Store, request: Request, number: RequestNumber) -> Request:
    """The request of that number, or the one it is the same as. Raises Refused when it can't take customers in."""
    *_, found = _followed(store, number)
    if found.number == request.number:
        said = "That's this request itself." if number == found.number else f"R-{number} is the same as this one."
        raise Refused(f"{said} Choose another, or leave it empty.", field="same_as")
    if request.same_as != found.number and not found.status.is_open:
        raise Refused(f"{found.name} is {found.status} already. Choose one that is open.", field="same_as")
    return found


def _followed(store: Store, number: RequestNumber) -> Iterator[Request]:
    """A request, what it is the same as, and so on to the one that stands for itself."""
    seen: set[RequestNumber] = set()
    following: RequestNumber | None = number
    while following and following not in seen:
        seen.add(following)
        found = store.requests.get(following)
        if found is None:
            raise Refused(f"There is no R-{following} on the board. Choose another.", field="same_as")
        yield found
        following = found.same_as


def _join(store: Store, act: Act, before: Request, survivor: Request) -> Sorted:
    """Close the request; its customers and who follows it wait for the survivor from now on."""
    why = f"It's the same as {survivor.name} {survivor.title}."
    closed = replace(before, status=Status.DECLINED, reason=why, same_as=survivor.number, wanted_by=None)
    after = board.save(store, act, before, _answered(act, closed))
    moved, changes = _move_asks(store, before.number, survivor.number)
    survivor = board.save(
        store, act, survivor, survivor, [Change(field="merged", old=None, new=before.number), *changes]
    )
    for user in (before.by, *store.promises.watchers(before.number)):
        if user and user != survivor.by:
            store.promises.watch(survivor.number, user, act)
    flow.tell(store, act, before, after, why)
    names = store.accounts.names(ask.account for ask in moved)
    return replace(_sorted(store, act, after, survivor=survivor), moved=tuple(names[ask.account] for ask in moved))


def _move_asks(
    store: Store, number: RequestNumber, survivor: RequestNumber
) -> tuple[Sequence[Ask], Sequence[Change]]:
    """Those who didn't wait for the survivor yet do now; of who did, what was known only here is kept there."""
    there = {ask.account: ask for ask in store.accounts.asks(survivor)}
    here = [replace(ask, number=survivor) for ask in store.accounts.asks(number)]
    moved = [ask for ask in here if ask.account not in there]
    store.accounts.add_asks(moved)
    changes = [Change(field="ask", old=None, new=ask.account) for ask in moved]
    for ask in here:
        known = there.get(ask.account, ask)
        if (fuller := _filled(known, ask)) != known:
            store.accounts.change_ask(fuller)
            changes.append(Change(field="deal", old=None, new=ask.account))
    return moved, changes


def _filled(known: Ask, other: Ask) -> Ask:
    return replace(
        known,
        deal=known.deal or other.deal,
        closes=known.closes or other.closes,
        contact=known.contact or other.contact,
        may_talk=other.may_talk if known.may_talk is None else known.may_talk,
    )
