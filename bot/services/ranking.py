"""Scores and places: the Estimate form, what figures would do, the board."""

from dataclasses import replace
from types import MappingProxyType

from bot.domain import board as places
from bot.domain.acts import Act
from bot.domain.board import Standing
from bot.domain.facts import BoardView, Card, Sized, SizingForm
from bot.domain.ids import RequestNumber, UserId, read_key
from bot.domain.people import Role
from bot.domain.requests import Request, Sizing
from bot.domain.text import words_of
from bot.domain.wsjf import Factor, Figures
from bot.services import access, board
from storage.store import Store

NOTHING_SHOWN: Figures = MappingProxyType({})
SHOWN = 20  #: lines of a board in one message


# ---- estimating ---------------------------------------------------------------------------------


def open_sizing(store: Store, act: Act, number: RequestNumber) -> SizingForm:
    """What the Estimate form shows at first. Raises Refused when the request is closed or gone."""
    who = access.member(store, act)
    request = board.the(store, number)
    request.check_open()
    return SizingForm(
        request=request,
        standing=standing(store, request),
        owned=frozenset(f for f in Factor if who.owns(f)),
        names=store.people.names(_estimators(request)),
    )


def resize(store: Store, act: Act, number: RequestNumber, figures: Figures) -> SizingForm:
    """The Estimate form again while it is being filled in: where these figures would put the request."""
    blank = open_sizing(store, act, number)
    return replace(blank, standing=_standing(store, figures, number, settled=False))


def estimate(
    store: Store, act: Act, number: RequestNumber, sizing: Sizing, shown: Figures = NOTHING_SHOWN
) -> Sized:
    """Set a request's figures: those the person owns count at once, the others wait as suggestions.

    A form saved as it was `shown` agrees with the figures that still stand.
    """
    who = access.member(store, act)
    before = board.the(store, number)
    before.check_open()
    figures = sizing.figures or {f: n for f, n in shown.items() if before.figures.get(f) == n}
    after = before.weighed(figures, who, confirming=True)
    changed = [f for f in figures if after.estimates[f] != before.estimates.get(f)]
    if changed:
        after = board.save(store, act, before, after)
    counts = [f for f in changed if after.figures[f] == figures[f]]
    return Sized(
        request=after,
        was=before.score,
        decided=tuple(counts),
        suggested=tuple(f for f in changed if f not in counts),
    )


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
    )


# ---- the board ----------------------------------------------------------------------------------


def show_board(store: Store, act: Act, words: str = "") -> BoardView:
    """The ranked board; with words, what they find; with a number or slug, that request."""
    access.member(store, act)
    found = _named(store, words) if words else None
    ranked = store.requests.ranked()
    return BoardView(
        words=words,
        rows=() if found else tuple(_find(store, words) if words else store.requests.top(SHOWN, of=ranked)),
        ranked=ranked,
        unranked=store.requests.unranked_count(),
        card=card(store, found.number) if found else None,
    )


def _find(store: Store, words: str) -> list[places.Row]:
    rows = store.requests.rows(store.requests.with_words(words_of(words), SHOWN + 1))  # one more tells of more
    return sorted(rows, key=lambda row: row.place.rank if row.place else places.MANY * places.MANY)


def _named(store: Store, words: str) -> Request | None:
    key = read_key(words)
    return store.requests.by_slug(key) if isinstance(key, str) else store.requests.get(key)


def _estimators(request: Request) -> list[UserId | None]:
    return [who for e in request.estimates.values() for who in (e.proposed_by, e.confirmed_by)]


def _role(store: Store, request: Request) -> Role | None:
    asker = store.people.member(request.by, store.policy.roles) if request.by else None
    return next((role for role in Role if asker and role in asker.roles), None)
