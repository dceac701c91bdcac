"""A request opened up: everything known of it, and what the reader may do about it."""

from collections.abc import Iterable

from bot.domain.acts import Act
from bot.domain.asks import Ask
from bot.domain.changes import Logged
from bot.domain.ids import RequestNumber, UserId
from bot.domain.pages import Page
from bot.domain.roles import Doing
from bot.domain.talks import Question
from bot.services import access, asks, blockers, deals, escalations, flow, merging, ranking, suggestions
from storage.store import Store

HISTORY = 12


def open_page(store: Store, act: Act, number: RequestNumber) -> Page:
    """Raises Refused when there is no such request."""
    who = access.member(store, act)
    card = ranking.card(store, number)
    request = card.request
    waits = store.accounts.asks(number)
    questions = store.talks.of(number)
    history = store.changes.newest(request.subject, HISTORY)
    people = _people(card.request.owner, waits[-asks.SHOWN :], questions, history)
    names = store.people.names(people) | dict(card.names)
    waiting, behind = asks.waiting(store, who, request, waits, names)
    return Page(
        card=card,
        reader=who.person.id,
        may=frozenset(doing for doing in Doing if who.may(doing)),
        watches=who.person.id in store.promises.watchers(*flow.family(store, request)),
        sentence=store.promises.latest(number),
        waiting=waiting,
        behind=behind,
        questions=tuple(questions),
        history=tuple(history),
        names=names,
        joins=merging.joins(store, act, who, request),
        deals=deals.said_of(store, who, number),
        blockers=blockers.open_of(store, number, act.at),
        strategy=escalations.of_request(store, who, request),
        suggested=suggestions.time_criticality(store, act, request),
    )


def _people(
    owner: UserId | None, waits: Iterable[Ask], questions: Iterable[Question], history: Iterable[Logged]
) -> Iterable[UserId | None]:
    yield owner
    yield from (ask.by for ask in waits)
    for question in questions:
        yield from (question.by, question.to, question.answered_by)
    for line in history:
        yield line.by
        if line.field in ("owner", "wanted_by", "blocker_owner"):
            yield from (line.old, line.new)
