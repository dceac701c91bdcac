"""A request opened up: everything known of it, and what the reader may do about it."""

from collections.abc import Iterable

from bot.domain.acts import Act
from bot.domain.changes import Logged
from bot.domain.ids import RequestNumber, UserId
from bot.domain.pages import Page, Waiting
from bot.domain.roles import Doing
from bot.domain.talks import Question
from bot.services import access, blockers, board, ranking
from storage.accounts import Ask
from storage.store import Store

WAITING = 10
HISTORY = 12


def open_page(store: Store, act: Act, number: RequestNumber) -> Page:
    """Raises Refused when there is no such request."""
    who = access.member(store, act)
    card = ranking.card(store, number)
    request = card.request
    asks = store.accounts.asks(number)[-WAITING:]
    questions = store.talks.of(number)
    history = store.changes.newest(request.subject, HISTORY)
    names = store.people.names(_people(card.request.owner, asks, questions, history)) | dict(card.names)
    return Page(
        card=card,
        reader=who.person.id,
        may=frozenset(doing for doing in Doing if who.may(doing)),
        watches=who.person.id in store.promises.watchers(number),
        sentence=store.promises.latest(number),
        waiting=tuple(_waiting(store, asks, names)),
        questions=tuple(questions),
        history=tuple(history),
        names=names,
        same_as=board.the(store, request.same_as) if request.same_as else None,
        blockers=blockers.open_of(store, number, act.at),
    )


def _waiting(store: Store, asks: Iterable[Ask], names: dict[UserId, str]) -> Iterable[Waiting]:
    called = store.accounts.names(ask.account for ask in asks)
    for ask in asks:
        yield Waiting(
            account=ask.account,
            name=called[ask.account],
            by=names.get(ask.by) if ask.by else None,
            contact=ask.contact,
            may_talk=ask.may_talk,
        )


def _people(
    owner: UserId | None, asks: Iterable[Ask], questions: Iterable[Question], history: Iterable[Logged]
) -> Iterable[UserId | None]:
    yield owner
    yield from (ask.by for ask in asks)
    for question in questions:
        yield from (question.by, question.to, question.answered_by)
    for line in history:
        yield line.by
        if line.field in ("owner", "wanted_by", "blocker_owner"):
            yield from (line.old, line.new)
