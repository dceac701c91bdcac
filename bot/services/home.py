"""What a person's Home shows: what waits for them, what is theirs, and their team's board."""

from collections.abc import Sequence

from bot.domain import rounds
from bot.domain.acts import Act
from bot.domain.board import PAGE, Choice, Filter, Row, team_sources
from bot.domain.facts import HomeView
from bot.domain.ids import RequestNumber, UserId
from bot.domain.people import Member
from bot.domain.roles import Doing
from bot.domain.talks import Asked, Kind
from bot.domain.wsjf import Factor
from bot.services import access, questions
from storage.store import Store

MINE = 10
QUESTIONS = 5
TO_SORT = 3
TO_ESTIMATE = 5
_LOOKED_AT = 50  #: for those few
START = Choice()


def open_home(store: Store, act: Act, choice: Choice = START) -> HomeView:
    """What waits for me, what I asked for and answer for, and the part of the board I chose."""
    who = access.member(store, act)
    me = who.person.id
    new = store.requests.untriaged(_LOOKED_AT) if who.may(Doing.TRIAGE) else ()
    team = team_sources(who.roles)
    rows = store.requests.filtered(choice.filter(me, team), choice.page * PAGE, PAGE + 1)
    mine = store.requests.of_person(me, MINE)
    owned = store.requests.filtered(Filter(owner=me), 0, MINE)
    return HomeView(
        questions=_questions(store, me),
        to_sort=tuple(new[:TO_SORT]),
        new=store.requests.untriaged_count() if new else 0,
        to_estimate=tuple(_to_estimate(store, who, besides={request.number for request in new})),
        mine=tuple(mine),
        owned=tuple(owned),
        board=tuple(rows[:PAGE]),
        more=len(rows) > PAGE,
        choice=choice,
        has_team=team is not None,
        directions=tuple(store.requests.directions()),
        zone=store.policy.company.zone,
        was=_places_before(store, me),
    )


def look(store: Store, act: Act) -> None:
    """Remember where the person's requests stand at the first look of a day: the next day shows what moved."""
    who = access.member(store, act)
    me, today = who.person.id, act.at.astimezone(who.person.zone(store.policy.company.zone)).date().isoformat()
    seen = store.house.mark(_mark(me))
    if seen and seen["day"] == today:
        return
    rows = [*store.requests.of_person(me, MINE), *store.requests.filtered(Filter(owner=me), 0, MINE)]
    places = {str(row.number): row.place.rank for row in rows if row.place}
    store.house.set_mark(_mark(me), {"day": today, "places": places, "before": (seen or {}).get("places", {})}, act)


def _places_before(store: Store, me: UserId) -> dict[RequestNumber, int]:
    seen = store.house.mark(_mark(me)) or {"before": {}}
    return {RequestNumber(int(number)): rank for number, rank in seen["before"].items()}


def _mark(me: UserId) -> str:
    return f"home:{me}"


def _questions(store: Store, me: UserId) -> tuple[Asked, ...]:
    return tuple(questions.open_one(store, one) for one in store.talks.open_to(me, QUESTIONS))


def _to_estimate(store: Store, who: Member, besides: set[RequestNumber]) -> Sequence[Row]:
    """Where my word on a figure is the last one, and not said yet; but for what I sort first or asked about."""
    if not who.roles_in_use:
        return store.requests.unranked(TO_ESTIMATE)
    factors = rounds.asks_for([f for f in Factor if who.owns(f)], who.rights)
    lacking = store.requests.unconfirmed(factors, _LOOKED_AT) if factors else ()
    asked = store.talks.asked_about(lacking, Kind.SIZE) if Factor.JOB_SIZE in factors else {}
    unanswered = {number for number, (_, waits) in asked.items() if waits}
    return store.requests.rows([n for n in lacking if n not in besides | unanswered][:TO_ESTIMATE])
