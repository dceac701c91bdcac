"""New requests get their first answer: an owner, a direction, "it's the same as R-3"."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.acts import Act
from bot.domain.board import Row
from bot.domain.ids import RequestNumber, read_key
from bot.domain.requests import Request
from bot.domain.roles import Doing
from bot.domain.text import fold, words_of
from bot.domain.triage import NewRequests, Sorted, Triage, TriageForm, Untriaged, working_days_between
from bot.services import access, board, intake, merging, questions
from storage.store import Store

SHOWN = 10
SUGGESTED = 20
_SORTING = "there is nothing to sort"
_SORT_THAT = "sort that one"


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
    board.check_open(store, request, _SORTING, instead=_SORT_THAT)
    return TriageForm(
        request=request,
        owner=request.owner or who.person.id,
        asked_by=_requester(store, request) if request.by != act.by.user else None,
        like=_older_like(store, request),
    )


def suggest_same(store: Store, act: Act, number: RequestNumber, words: str) -> Sequence[Row]:
    """Other open requests that hold these words, or have this number or slug, or stand for one that does."""
    access.member(store, act)
    named = _named(store, words)
    found = store.requests.these(store.requests.with_words(words_of(words), SUGGESTED))
    likely = [one.survivor or one.number for one in (*([named] if named else []), *found)]
    rows = store.requests.rows(list(dict.fromkeys(likely)))
    return [row for row in rows if row.number != number and row.status.is_open]


def _named(store: Store, words: str) -> Request | None:
    key = read_key(words)
    return store.requests.by_slug(key) if isinstance(key, str) else store.requests.get(key)


def sort(store: Store, act: Act, number: RequestNumber, triage: Triage) -> Sorted:
    """Give a request its owner, direction and tracker, or make it one with the one it is the same as.

    Sent again, it changes nothing. Where the other is joined to this one, this one is sorted too.
    """
    access.allowed(store, act, Doing.TRIAGE)
    if triage.same_as is None:
        return _assign(store, act, number, triage)
    merged = merging.merge(store, act, number, triage.same_as)
    if merged.survivor.number != number:
        return Sorted(request=merged.joined, owner=None, is_changed=True, merged=merged)
    done = _assign(store, act, number, _besides(merged.survivor, triage))
    return replace(done, merged=replace(merged, survivor=done.request))


def _besides(survivor: Request, triage: Triage) -> Triage:
    """What the form says of a request that took another in; what it leaves empty stays."""
    return Triage(
        owner=triage.owner or survivor.owner,
        direction=triage.direction or survivor.direction,
        tracker=triage.tracker or survivor.tracker,
    )


def _assign(store: Store, act: Act, number: RequestNumber, triage: Triage) -> Sorted:
    before = board.the(store, number)
    board.check_open(store, before, _SORTING, instead=_SORT_THAT)
    if triage.owner and triage.owner != before.owner:
        questions.colleague(store, triage.owner, field="owner")
    direction = _as_spelt(store, triage.direction) if triage.direction else None
    after = replace(before, owner=triage.owner, direction=direction, tracker=triage.tracker)
    if after == before:
        return _sorted(store, before, is_changed=False)
    return _sorted(store, board.save(store, act, before, _answered(act, after)))


def _as_spelt(store: Store, direction: str) -> str:
    """As the board writes this direction already, so that it stays one."""
    return next((known for known in store.requests.directions() if fold(known) == fold(direction)), direction)


def _answered(act: Act, request: Request) -> Request:
    return replace(request, answered_at=request.answered_at or act.at)


def _sorted(store: Store, request: Request, *, is_changed: bool = True) -> Sorted:
    owner = store.people.names([request.owner]).get(request.owner) if request.owner else None
    return Sorted(request=request, owner=owner, is_changed=is_changed)
