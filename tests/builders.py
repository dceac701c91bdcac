"""Small whole values, of which a test names only what it is about."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings

from bot.domain import board
from bot.domain.acts import Act, Actor, Via
from bot.domain.board import Place, Row, Standing
from bot.domain.facts import Card
from bot.domain.ids import GroupId, RequestNumber, Slug, TeamId, UserId
from bot.domain.people import Group, Member, Person
from bot.domain.requests import Draft, Estimate, Origin, Request, Source, Status
from bot.domain.roles import Role
from bot.domain.text import slug_of
from bot.domain.wsjf import Factor, Figures, Score
from bot.services import house
from storage.database import Database
from storage.store import Store

HOME = TeamId("T1")
ALICE = UserId("UALICE")  #: sales
BORIS = UserId("UBORIS")  #: product
TANYA = UserId("UTANYA")  #: tech
BOT = UserId("UTANDEM")
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)

#: Generated cases with a database: slow machines are no failure, and every case brings rows of its own.
WITH_DATABASE = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
GENERATED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


# ---- people and what they do --------------------------------------------------------------------


def a_person(user: str = ALICE, **more: Any) -> Person:
    """A full member of the home team, named after their id."""
    values: dict[str, Any] = {
        "team": HOME,
        "name": user[1:].capitalize(),
        "email": f"{user[1:].lower()}@tandem.test",
    }
    return Person(id=UserId(user), **{**values, **more})


def a_member(*roles: Role, user: str = ALICE, in_use: bool = True) -> Member:
    return Member(person=a_person(user), roles=frozenset(roles), roles_in_use=in_use)


def an_act(by: str | None = ALICE, *, key: str = "request:1", minutes: float = 0, **more: Any) -> Act:
    """Something Alice does on Monday at ten, or some minutes later."""
    at = MONDAY + timedelta(minutes=minutes)
    actor = Actor(user=UserId(by) if by else None, team=HOME if by else None)
    values: dict[str, Any] = {"by": actor, "at": at, "wall": at, "key": key, "via": Via.SLACK, "trace": key[:8]}
    return Act(**{**values, **more})


# ---- requests and their places ------------------------------------------------------------------


def a_request(
    *,
    value: int | None = None,
    time_criticality: int | None = None,
    risk_reduction: int | None = None,
    job_size: int | None = None,
    **more: Any,
) -> Request:
    """R-14, k8s-connector, with these figures: Alice's guesses, but for those Boris has `confirmed`."""
    steps = dict(zip(Factor, (value, time_criticality, risk_reduction, job_size), strict=True))
    return a_request_with({f: n for f, n in steps.items() if n is not None}, **more)


def a_request_with(figures: Figures, *, confirmed: Iterable[Factor] = (), **more: Any) -> Request:
    values: dict[str, Any] = {
        "number": RequestNumber(14),
        "title": "k8s-connector",
        "problem": "They can't see what their clusters cost.",
        "source": Source.SALES_CUSTOMER,
        "status": Status.BACKLOG,
        "by": ALICE,
        "at": MONDAY,
        "companies": 0,
        "version": 1,
        "estimates": {f: an_estimate(n, f in set(confirmed)) for f, n in figures.items()},
        **more,
    }
    return Request(**{"slug": slug_of(values["title"]), **values})


def an_estimate(figure: int, confirmed: bool = False) -> Estimate:
    return (
        Estimate(confirmed=figure, confirmed_by=BORIS)
        if confirmed
        else Estimate(proposed=figure, proposed_by=ALICE)
    )


def the_founding_request(**more: Any) -> Request:
    """(8 + 2 + 3) / 13 = 1.0"""
    return a_request(value=8, time_criticality=2, risk_reduction=3, job_size=13, **more)


def places_among(others: Sequence[int], scores: Iterable[Score]) -> dict[Score, Place]:
    """Where one more request with each score would stand among the others, counted one by one."""
    return {
        s: Place(rank=1 + sum(o > s for o in others), tied=any(o == s for o in others), of=len(others) + 1)
        for s in scores
    }


def a_standing(request: Request, others: Sequence[int] = ()) -> Standing:
    """Where the request stands among others with these scores."""
    size = request.estimates.get(Factor.JOB_SIZE)
    wanted = places_among(others, board.scores_to_place(request.figures))
    return board.standing(request.figures, wanted, settled=bool(size and size.confirmed))


def a_card(request: Request | None = None, others: Sequence[int] = (), **more: Any) -> Card:
    """Alice's request (the founding one unless given) among others with these scores."""
    request = request or the_founding_request(companies=3)
    values: dict[str, Any] = {
        "request": request,
        "standing": a_standing(request, others),
        "asked_by": "Alice",
        "role": Role.SALES,
        "names": NAMES,
    }
    return Card(**{**values, **more})


NAMES: Mapping[UserId, str] = {ALICE: "Alice", BORIS: "Boris", TANYA: "Tanya"}


def a_row(number: int = 14, **more: Any) -> Row:
    """One line of the board, without a place unless given one."""
    values: dict[str, Any] = {
        "number": RequestNumber(number),
        "slug": Slug(f"request-{number}"),
        "title": "k8s-connector",
        "score": None,
        "companies": 0,
        "status": Status.BACKLOG,
        "place": None,
    }
    return Row(**{**values, **more})


def a_draft(title: str = "k8s-connector", **more: Any) -> Draft:
    return Draft(**{"title": title, "problem": "They can't see what their clusters cost.", **more})


def an_origin(**more: Any) -> Origin:
    return Origin(**{"channel": "C1", "ts": "1732537462.000100", **more})


# ---- a database somebody lives in ---------------------------------------------------------------


async def move_in(db: Database, *, roles: bool = True) -> None:
    """The home workspace with Alice of sales, Boris of product and Tanya of tech; `roles`: they hold them."""
    await db.write(settle, roles=roles)


def settle(store: Store, *, roles: bool = True) -> None:
    act = an_act(None, key="start")
    house.settle_in(store, act, HOME, "Home", "https://home.slack.com/", BOT)
    house.keep_people(store, act, [a_person(ALICE), a_person(BORIS), a_person(TANYA)])
    if roles:
        groups = {Role.SALES: ("S1", ALICE), Role.PRODUCT: ("S2", BORIS), Role.TECH: ("S3", TANYA)}
        house.keep_groups(
            store,
            act,
            [Group(id=GroupId(g), handle=r, members=frozenset({u})) for r, (g, u) in groups.items()],
        )
        store.house.decide("roles", {role: [group] for role, (group, _) in groups.items()}, act)


# ---- forms as people fill them in ---------------------------------------------------------------


def filled(view: Mapping[str, Any], **typed: Any) -> dict[str, Any]:
    """The view as Slack sends it back: what was prefilled, and what was typed or chosen, by block_id.

    Only what the form offers can be chosen from a list; customers are options of the search.
    """
    inputs = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    assert typed.keys() <= inputs.keys(), f"no such field: {typed.keys() - inputs.keys()}"
    values = {name: {e["action_id"]: _state(e, typed.get(name))} for name, e in inputs.items()}
    return {**view, "state": {"values": values}}


def _state(element: Mapping[str, Any], typed: Any) -> dict[str, Any]:
    state: dict[str, Any] = {"type": element["type"]}
    match element["type"]:
        case "plain_text_input":
            return {**state, "value": typed if typed is not None else element.get("initial_value")}
        case "static_select":
            chosen = next((o for o in element["options"] if o["value"] == str(typed)), None)
            assert typed is None or chosen, f"{typed} is not offered"
            return {**state, "selected_option": chosen or element.get("initial_option")}
        case "multi_external_select" | "multi_static_select" | "checkboxes":
            return {**state, "selected_options": typed or element.get("initial_options", [])}
        case "conversations_select":
            return {**state, "selected_conversation": typed or element.get("initial_conversation")}
        case "external_select":
            return {**state, "selected_option": typed or element.get("initial_option")}
        case "users_select":
            return {**state, "selected_user": typed or element.get("initial_user")}
        case "timepicker":
            return {**state, "selected_time": typed or element.get("initial_time")}
        case "multi_users_select":
            return {**state, "selected_users": typed or element.get("initial_users", [])}
        case "datepicker":
            return {**state, "selected_date": typed or element.get("initial_date")}
        case kind:
            raise AssertionError(f"nobody knows how to fill in {kind}")
