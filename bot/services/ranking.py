"""Scores and places: the Estimate form, what figures would do, the board."""

from dataclasses import replace
from types import MappingProxyType

from bot.domain import board as places
from bot.domain.accounts import Account, is_named_by
from bot.domain.acts import Act
from bot.domain.board import Standing
from bot.domain.changes import Change
from bot.domain.escalations import Taken, taken
from bot.domain.facts import BoardView, Card, CustomerView, Filed, Sized, SizingForm
from bot.domain.ids import RequestNumber, UserId, read_key
from bot.domain.outcomes import latest, metric_of
from bot.domain.people import Member
from bot.domain.requests import Request, Sizing, Status
from bot.domain.roles import Role
from bot.domain.text import words_of
from bot.domain.wsjf import Factor, Figures
from bot.services import access, board, money, suggestions
from storage.store import Store

NOTHING_SHOWN: Figures = MappingProxyType({})
SHOWN = 20  #: lines of a board in one message
CUSTOMERS_SHOWN = 3
OF_ONE, OF_EACH = 12, 5  #: requests shown of one customer, and of each when several are named
_LIKELY = 30  #: customers looked at whose names hold the words
_ESTIMATE_THAT = "estimate that one"
_NAME_LIMIT = 200  #: characters; more is no name, and some of them fold into eighteen


# ---- estimating ---------------------------------------------------------------------------------


def open_sizing(store: Store, act: Act, number: RequestNumber) -> SizingForm:
    """What the Estimate form shows at first. Raises Refused when the request is closed or gone."""
    who = access.member(store, act)
    request = board.the(store, number)
    board.check_open(store, request, instead=_ESTIMATE_THAT)
    return SizingForm(
        request=request,
        standing=standing(store, request),
        owned=frozenset(f for f in Factor if who.owns(f)),
        names=store.people.names(_estimators(request)),
        suggestions=suggestions.suggest(store, act, request),
    )


def resize(store: Store, act: Act, number: RequestNumber, figures: Figures) -> SizingForm:
    """The Estimate form again while it is being filled in: where these figures would put the request."""
    blank = open_sizing(store, act, number)
    return replace(blank, standing=_standing(store, figures, number, settled=False))


def take(
    store: Store, act: Act, number: RequestNumber, figures: Figures, factor: Factor, figure: int
) -> SizingForm:
    """The Estimate form with a suggested figure among these, as long as it is still suggested."""
    blank = open_sizing(store, act, number)
    now = blank.suggestions.taken(figures, factor, figure)
    return replace(blank, standing=_standing(store, now, number, settled=False))


def estimate(
    store: Store,
    act: Act,
    number: RequestNumber,
    sizing: Sizing,
    shown: Figures = NOTHING_SHOWN,
    why: str | None = None,
    taken: Figures = NOTHING_SHOWN,
) -> Sized:
    """Set a request's figures: those the person owns count at once, the others wait as suggestions.

    A form saved as it was `shown` agrees with the figures that still stand. `taken` were suggested by Tandem.
    """
    who = access.member(store, act)
    before = board.the(store, number)
    board.check_open(store, before, instead=_ESTIMATE_THAT)
    figures = sizing.figures or {f: n for f, n in shown.items() if before.figures.get(f) == n}
    after = before.weighed(figures, who, confirming=True)
    changed = [f for f in figures if after.estimates[f] != before.estimates.get(f)]
    if changed:
        after = board.save(store, act, before, after, why=why)
        store.changes.add(after.subject, _taken(taken, {f: figures[f] for f in changed}), act, why)
    counts = [f for f in changed if after.figures[f] == figures[f]]
    return Sized(
        request=after,
        was=before.score,
        decided=tuple(counts),
        suggested=tuple(f for f in changed if f not in counts),
    )


def _taken(taken: Figures, set_now: Figures) -> list[Change]:
    """Lines of the log for suggested figures that were set as they were."""
    return [
        Change(field="suggestion", old=None, new={"factor": factor, "figure": figure})
        for factor, figure in taken.items()
        if set_now.get(factor) == figure
    ]


def preview(store: Store, act: Act, figures: Figures, number: RequestNumber | None) -> Standing:
    """Where these figures would stand, without keeping them."""
    access.member(store, act)
    return _standing(store, figures, number, settled=False)


# ---- standing -----------------------------------------------------------------------------------


def standing(store: Store, request: Request) -> Standing:
    """Where an open request stands among all others."""
    size = request.estimates.get(Factor.JOB_SIZE)
    settled = size is not None and size.confirmed is not None
    return _standing(store, request.figures, request.number, settled=settled)


def standing_now(store: Store, done: Filed | Sized) -> Standing:
    """Where the request stands that somebody has just filed or estimated."""
    return standing(store, done.request)


def _standing(store: Store, figures: Figures, number: RequestNumber | None, *, settled: bool) -> Standing:
    found = store.requests.places_for(places.scores_to_place(figures), besides=number)
    return places.standing(figures, found, settled=settled)


def card(store: Store, number: RequestNumber) -> Card:
    """What a request's card shows now."""
    request = board.the(store, number)
    names = store.people.names([request.by, *_estimators(request)])
    return Card(
        request=request,
        standing=standing(store, request),
        asked_by=names.get(request.by) if request.by else None,
        role=_role(store, request),
        names=names,
        adoption=_adoption(store, request),
        blocked=tuple(blocker.words for blocker in store.blockers.open_of([number])),
        strategy=_strategy(store, request),
    )


def _strategy(store: Store, request: Request) -> Taken | None:
    for one in store.escalations.of(request.number)[-1:]:
        return taken(one, request, store.people.names(one.people), store.policy.company.zone)
    return None


def _adoption(store: Store, request: Request) -> float | None:
    if request.status is not Status.RELEASED:
        return None
    figure = latest(store.metrics.of(metric_of(request.slug)))
    return figure.percent if figure else None


# ---- the board ----------------------------------------------------------------------------------


def show_board(store: Store, act: Act, words: str = "") -> BoardView:
    """The ranked board; with words, what they find and whom they name; with a number or slug, that request."""
    who = access.member(store, act)
    zone = store.policy.company.zone
    found = _named(store, words) if words else None
    ranked, unranked = store.requests.ranked(), store.requests.unranked_count()
    if found:
        return BoardView(words=words, rows=(), ranked=ranked, unranked=unranked, card=card(store, found.number))
    if not words:
        top = store.requests.top(SHOWN, of=ranked)
        return BoardView(words=words, rows=tuple(top), ranked=ranked, unranked=unranked, zone=zone)
    customers = _customers(store, who, words)
    theirs = {row.number for customer in customers for row in customer.rows}
    rows = tuple(row for row in _find(store, words) if row.number not in theirs)
    return BoardView(words=words, rows=rows, ranked=ranked, unranked=unranked, customers=customers, zone=zone)


def _customers(store: Store, who: Member, words: str) -> tuple[CustomerView, ...]:
    """What the customers that the words name wait for; of many, the first few by name."""
    likely = store.accounts.search(words, _LIKELY) if len(words) <= _NAME_LIMIT else ()
    named = [account for account in likely if is_named_by(account.name, words)][:CUSTOMERS_SHOWN]
    room = OF_ONE if len(named) == 1 else OF_EACH
    return tuple(_customer(store, who, account, room) for account in named)


def _customer(store: Store, who: Member, account: Account, room: int) -> CustomerView:
    waits, rows = store.requests.waited_for_by(account.id, room)
    brings = money.of_customer(store, who, account.id)
    return CustomerView(name=account.name, waits=waits, rows=tuple(rows), brings=brings)


def _find(store: Store, words: str) -> list[places.Row]:
    rows = store.requests.rows(store.requests.with_words(words_of(words), SHOWN + 1))  # one more tells of more
    return sorted(rows, key=lambda row: row.place.rank if row.place else places.MANY * places.MANY)


def _named(store: Store, words: str) -> Request | None:
    key = read_key(words)
    return store.requests.by_slug(key) if isinstance(key, str) else store.requests.get(key)


def _estimators(request: Request) -> list[UserId | None]:
    return [who for e in request.estimates.values() for who in (e.proposed_by, e.confirmed_by)]


def _role(store: Store, request: Request) -> Role | None:
    asker = store.people.member(request.by, store.policy) if request.by else None
    return next((role for role in Role if asker and role in asker.roles), None)
