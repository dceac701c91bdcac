"""Two requests ask for the same: one stands for both from then on, and for a day that can be taken back."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from bot.domain import merging as rules
from bot.domain.acts import Act
from bot.domain.changes import Change, Logged
from bot.domain.errors import Refused
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.merging import SHOWN, JoinedOne, Joins, Link, Merged, Unlinked
from bot.domain.people import Member
from bot.domain.requests import Request, Status
from bot.domain.roles import Doing
from bot.services import access, board, burning, flow
from storage.store import Store

_FIELD = "same_as"  #: of the form

# ---- making them one ----------------------------------------------------------------------------


def merge(store: Store, act: Act, number: RequestNumber, other: RequestNumber) -> Merged:
    """Two requests ask for the same: one of them stands for both, whichever is named first.

    Of what is joined already, those that stand for them are made one. Said again, it changes nothing.
    """
    access.allowed(store, act, Doing.TRIAGE)
    if number == other:
        raise Refused("That's this request itself. Choose another, or leave it empty.", field=_FIELD)
    named = board.the(store, number), _named(store, other)
    roots = [_stands_for(store, one) for one in named]
    if roots[0].number == roots[1].number:
        return _merged_before(store, act, named, roots[0])
    roots[0].check_open("it can't be the same as another")
    if not roots[1].status.is_open:
        raise Refused(f"{roots[1].name} is {roots[1].status} already. Choose one that is open.", field=_FIELD)
    _check_first(store, act, roots)
    survivor = rules.survivor(*roots)
    (joined,) = (root for root in roots if root.number != survivor.number)
    return _join(store, act, joined, survivor)


def _named(store: Store, number: RequestNumber) -> Request:
    found = store.requests.get(number)
    if found is None:
        raise Refused(f"There is no R-{number} on the board. Choose another.", field=_FIELD)
    return found


def _stands_for(store: Store, request: Request) -> Request:
    return board.the(store, request.survivor) if request.survivor else request


def _check_first(store: Store, act: Act, roots: Iterable[Request]) -> None:
    """A form delivered once more doesn't join again what was parted since."""
    pair = "-".join(str(root.number) for root in sorted(roots, key=lambda root: root.number))
    if not store.house.claim_period("merge", f"{act.key}:{pair}", act):
        raise Refused("That was taken back meanwhile. If they are the same, say so in a new form.", field=_FIELD)


def _merged_before(store: Store, act: Act, named: Sequence[Request], survivor: Request) -> Merged:
    joined = next(one for one in named if one.survivor)
    was = next(line.old for line in _lines_of_joining(store, joined) if line.field == "status")
    return Merged(
        joined=joined,
        survivor=survivor,
        is_further=survivor.status != was,
        is_undoable=joined.number in _undoable(store, act, [joined]),
        follows=_somebody_else(store, act, joined),
    )


def _join(store: Store, act: Act, before: Request, survivor: Request) -> Merged:
    """Close the request; it and what it stood for hang on the survivor, and so do their customers."""
    why = f"It's the same as {survivor.name} {survivor.title}."
    coming = _accounts(store, before.number) - _accounts(store, survivor.number)
    _hang(store, before, survivor.number)
    closed = replace(before, status=Status.DECLINED, reason=why, wanted_by=None)
    closed = replace(closed, same_as=survivor.number, survivor=survivor.number)
    closed = replace(closed, answered_at=before.answered_at or act.at)
    after = board.save(store, act, _recounted(store, before), closed)
    kept = _note(store, act, survivor, Change(field="merged", old=None, new=before.number))
    flow.tell(store, act, before, after, why)
    return Merged(
        joined=after,
        survivor=kept,
        is_further=before.status is not survivor.status,
        moved=_names(store, coming),
        follows=_somebody_else(store, act, after),
    )


# ---- taking it back -----------------------------------------------------------------------------


def unlink(store: Store, act: Act, number: RequestNumber) -> Unlinked:
    """It isn't the same after all: the request, with what was joined to it, stands for itself as it did before.

    Said again, it changes nothing. Raises Refused after a day.
    """
    access.allowed(store, act, Doing.TRIAGE)
    before = board.the(store, number)
    if before.same_as is None or before.survivor is None:
        return Unlinked(request=before)
    parted = rules.apart(before, _lines_of_joining(store, before), act.at)
    _hang(store, before, number)
    after = board.save(store, act, _recounted(store, before), parted)
    for one in {before.same_as, before.survivor}:
        _note(store, act, board.the(store, one), Change(field="merged", old=number, new=None))
    _ask_again(store, act, after)
    other = board.the(store, before.same_as)
    flow.tell(store, act, before, after, f"It isn't the same as {other.name} {other.title} after all.")
    return Unlinked(
        request=after,
        other=other,
        customers=_names(store, _accounts(store, number)),
        follows=_somebody_else(store, act, after),
    )


def _lines_of_joining(store: Store, joined: Request) -> list[Logged]:
    """What the act that joined it logged of it."""
    link = store.changes.latest([joined.subject], "same_as")[joined.subject]
    first = store.changes.of_act(link.trace, joined.subject)
    assert first is not None
    lines = store.changes.since(joined.subject, first)
    return [line for line in lines if (line.trace, line.at) == (link.trace, link.at)]


def _ask_again(store: Store, act: Act, request: Request) -> None:
    """Who wanted to start it waits again for what is missing."""
    who = store.people.member(request.wanted_by, store.policy) if request.wanted_by else None
    if who:
        people = (one for one in burning.owners(store, who, request.missing) if one.id != request.wanted_by)
        burning.ask(store, act, request, people, is_new=False)


# ---- what it has to do with others --------------------------------------------------------------


def joins(store: Store, act: Act, who: Member, request: Request) -> Joins:
    """What the opened request shows of it."""
    if request.survivor:
        brought = {ask.account for ask in store.accounts.brought([request.number])}
        return Joins(
            survivor=board.the(store, request.survivor),
            customers=_names(store, brought),
            is_undoable=who.may(Doing.TRIAGE) and bool(_undoable(store, act, [request])),
        )
    links = store.requests.links(request.number)
    shown = store.requests.these([link.number for link in links[:SHOWN]])
    names = store.people.names(one.by for one in shown)
    undoable = _undoable(store, act, shown) if who.may(Doing.TRIAGE) else ()
    return Joins(
        joined=tuple(
            JoinedOne(
                request=one,
                asked_by=names.get(one.by) if one.by else None,
                is_undoable=one.number in undoable,
            )
            for one in shown
        ),
        more=len(links) - len(shown),
    )


def _undoable(store: Store, act: Act, joined: Sequence[Request]) -> Collection[RequestNumber]:
    """Those of these that were joined within the last day."""
    links: Mapping[str, Logged] = store.changes.latest([one.subject for one in joined], "same_as")
    return {
        one.number for one in joined if (link := links.get(one.subject)) and rules.may_be_undone(link.at, act.at)
    }


# ---- how it is done -----------------------------------------------------------------------------


def _hang(store: Store, request: Request, survivor: RequestNumber) -> None:
    """The asks of a request and of what was joined to it count for that one, which stands for all of them."""
    links: Sequence[Link] = store.requests.links(request.survivor or request.number)
    beneath = [link.number for link in rules.beneath(request.number, links)]
    store.requests.stand_behind(beneath, survivor)
    store.accounts.count_behind([request.number, *beneath], survivor)


def _recounted(store: Store, request: Request) -> Request:
    return replace(request, companies=store.accounts.waiting(request.number))


def _note(store: Store, act: Act, request: Request, change: Change) -> Request:
    """Who waits for it changed."""
    return board.save(store, act, request, request, [change])


def _accounts(store: Store, number: RequestNumber) -> set[AccountId]:
    return {ask.account for ask in store.accounts.asks(number)}


def _names(store: Store, accounts: Collection[AccountId]) -> tuple[str, ...]:
    return tuple(sorted(store.accounts.names(accounts).values()))


def _somebody_else(store: Store, act: Act, request: Request) -> str | None:
    """Name of who asked for it, unless it is who does this."""
    by = request.by if request.by != act.by.user else None
    return store.people.names([by]).get(by) if by else None
