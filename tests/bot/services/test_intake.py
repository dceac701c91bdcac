"""Requests come in: filed once, changed by their form, joined by customers; and the log tells all of it again."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.domain.asks import Ask
from bot.domain.board import Place
from bot.domain.changes import Logged
from bot.domain.errors import Refused
from bot.domain.facts import Filed, Joined, Outcome
from bot.domain.ids import AccountId, ChannelId, MessageTs, RequestNumber, Slug
from bot.domain.money import Money
from bot.domain.requests import Customer, Draft, Estimate, Join, Request, Sizing, Source, Status
from bot.domain.roles import Role
from bot.domain.text import words_of
from bot.domain.wsjf import SCALE, UNIT, Factor
from bot.services import intake, merging, ranking
from storage import tables
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BORIS, MONDAY, TANYA, WITH_DATABASE, a_draft, an_act, an_origin, move_in, settle

ONE = RequestNumber(1)
ACME, GLOBEX = Customer(name="Acme"), Customer(name="Globex")
DEAL = Money(minor=12_000_000, currency="USD")
FOUNDING: dict[str, Any] = {"value": 8, "time_criticality": 2, "risk_reduction": 3, "job_size": 13}


def file(store: Store, draft: Draft, by: str = ALICE, key: str = "request:1", minutes: float = 0) -> Filed:
    return intake.file(store, an_act(by, key=key, minutes=minutes), draft)


def join(store: Store, wish: Join, by: str = BORIS, minutes: float = 1) -> Joined:
    return intake.join(store, an_act(by, key="join:1", minutes=minutes), ONE, wish)


def stored(store: Store) -> Request:
    found = store.requests.get(ONE)
    assert found
    return found


def history(store: Store) -> Sequence[Logged]:
    return store.changes.of("request:1")


def asks(store: Store) -> list[Ask]:
    return list(store.accounts.asks(ONE))


def companies(store: Store) -> list[str]:
    return [ask.account for ask in asks(store)]


def close(store: Store, status: Status = Status.RELEASED) -> None:
    found = stored(store)
    store.requests.save(Request(**{**vars(found), "status": status}), an_act())


# ---- filing -------------------------------------------------------------------------------------


async def test_a_request_is_filed_with_its_figures_as_guesses(db: Database) -> None:
    await move_in(db)
    filed, standing = await db.write_then_read(file, ranking.standing_now, a_draft(customers=(ACME,), **FOUNDING))
    assert (filed.outcome, filed.board) == (Outcome.NEW, None)
    assert (filed.request.number, filed.request.slug, filed.request.companies) == (1, "k8s-connector", 1)
    assert filed.request.score == UNIT
    assert all(e == Estimate(proposed=e.proposed, proposed_by=ALICE) for e in filed.request.estimates.values())
    assert await db.read(stored) == filed.request
    assert standing.place == Place(rank=1, tied=False, of=1)


async def test_whoever_owns_a_figure_decides_it_by_filing_it(db: Database) -> None:
    await move_in(db)
    filed = await db.write(file, a_draft(**FOUNDING), TANYA)
    decided = {f for f, e in filed.request.estimates.items() if e.confirmed}
    assert decided == {Factor.RISK_REDUCTION, Factor.JOB_SIZE}


async def test_where_roles_are_not_in_use_a_first_guess_stays_a_guess(db: Database) -> None:
    await move_in(db, roles=False)
    filed = await db.write(file, a_draft(**FOUNDING))
    assert all(e.is_guess for e in filed.request.estimates.values())


async def test_filing_the_same_key_again_returns_the_first_result(db: Database) -> None:
    await move_in(db)
    draft = a_draft(customers=(ACME,), deal_size=DEAL, **FOUNDING)
    first = await db.write(file, draft)
    log = await db.read(history)
    again = await db.write(file, draft, minutes=3)
    assert (again.request, again.outcome) == (first.request, Outcome.SAME)
    assert await db.read(history) == log
    assert len(await db.read(asks)) == 1


@pytest.mark.parametrize(
    ("more", "field", "old", "new"),
    [
        ({"title": "Kubernetes"}, "title", "k8s-connector", "Kubernetes"),
        ({"problem": "Other."}, "problem", "They can't see what their clusters cost.", "Other."),
        ({"source": Source.SUPPORT}, "source", "sales_customer", "support"),
        ({"customers": (ACME, GLOBEX)}, "ask", None, "globex"),
        ({"customers": ()}, "ask", "acme", None),
        ({"customers": (ACME,), "deal_size": DEAL}, "deal", None, "acme"),
    ],
)
async def test_other_values_under_the_same_key_become_an_edit_and_are_logged(
    db: Database, more: dict[str, Any], field: str, old: Any, new: Any
) -> None:
    await move_in(db)
    first = await db.write(file, a_draft(customers=(ACME,)))
    before = len(await db.read(history))
    edited = await db.write(file, a_draft(**{"customers": (ACME,), **more}), minutes=3)
    assert edited.outcome is Outcome.EDITED
    assert (edited.request.number, edited.request.slug) == (first.request.number, first.request.slug)
    assert edited.request.version == first.request.version + 1
    assert await db.read(stored) == edited.request
    assert [(c.field, c.old, c.new) for c in (await db.read(history))[before:]] == [(field, old, new)]


async def test_a_figure_changed_or_cleared_in_the_form_is_an_edit(db: Database) -> None:
    await move_in(db)
    await db.write(file, a_draft(**FOUNDING))
    changed = await db.write(file, a_draft(**{**FOUNDING, "job_size": 5}))
    assert (changed.outcome, changed.request.figures[Factor.JOB_SIZE]) == (Outcome.EDITED, 5)
    cleared = await db.write(file, a_draft(**{**FOUNDING, "job_size": None}))
    assert (cleared.outcome, cleared.request.missing) == (Outcome.EDITED, (Factor.JOB_SIZE,))


async def test_an_edit_leaves_what_others_confirmed_alone(db: Database) -> None:
    await move_in(db)
    await db.write(file, a_draft(**FOUNDING))
    await db.write(lambda s: ranking.estimate(s, an_act(TANYA), ONE, Sizing(job_size=5)))
    edited = await db.write(file, a_draft("Kubernetes", **FOUNDING))
    assert edited.outcome is Outcome.EDITED
    assert edited.request.figures[Factor.JOB_SIZE] == 5


async def test_a_form_of_somebody_else_is_refused(db: Database) -> None:
    await move_in(db)
    await db.write(file, a_draft())
    for draft in (a_draft(), a_draft("Other")):
        with pytest.raises(Refused, match="This form belongs to somebody else"):
            await db.write(file, draft, BORIS)
    assert (await db.read(stored)).title == "k8s-connector"


@pytest.mark.parametrize("status", [Status.RELEASED, Status.DECLINED])
async def test_a_closed_request_is_not_edited_but_its_receipt_is_given_again(db: Database, status: Status) -> None:
    await move_in(db)
    await db.write(file, a_draft(customers=(ACME,)))
    await db.write(close, status)
    assert (await db.write(file, a_draft(customers=(ACME,)))).outcome is Outcome.SAME
    for draft in (a_draft("Other", customers=(ACME,)), a_draft(customers=(ACME, GLOBEX))):
        with pytest.raises(Refused, match=f"This request is already {status}"):
            await db.write(file, draft)
    assert await db.read(companies) == ["acme"], "what a refused edit began is rolled back"


async def test_the_card_is_to_be_posted_once_a_board_is_set(db: Database) -> None:
    await move_in(db)
    await db.write(lambda s: s.house.decide("channels", {"board": "C1"}, an_act()))
    filed = await db.write(file, a_draft())
    assert filed.board == "C1"
    await db.write(file, a_draft())
    assert sum((await db.read(lambda s: s.outbox.counts())).values()) == 1


# ---- the same form, delivered again later -------------------------------------------------------


@pytest.mark.parametrize("meanwhile", ["a suggestion", "an own estimate", "a deal"])
async def test_a_second_delivery_of_the_first_form_undoes_nothing(db: Database, meanwhile: str) -> None:
    await move_in(db)
    draft = a_draft(customers=(ACME,), value=8)
    await db.write(file, draft)
    match meanwhile:
        case "a suggestion":
            await db.write(lambda s: ranking.estimate(s, an_act(TANYA, minutes=1), ONE, Sizing(value=13)))
        case "an own estimate":
            await db.write(lambda s: ranking.estimate(s, an_act(ALICE, minutes=1), ONE, Sizing(job_size=5)))
        case "a deal":
            await db.write(join, Join(customers=(ACME,), deal_size=DEAL))
    before = await db.read(lambda s: (stored(s), asks(s)))
    assert (await db.write(file, draft, minutes=2)).outcome is Outcome.SAME
    assert await db.read(lambda s: (stored(s), asks(s))) == before


async def test_a_customer_added_by_one_edit_can_be_taken_back_by_the_next(db: Database) -> None:
    await move_in(db)
    await db.write(file, a_draft())
    await db.write(file, a_draft(customers=(ACME,)), minutes=1)
    again = await db.write(file, a_draft(), minutes=2)
    assert again.request.companies == 0


async def test_an_edit_takes_back_nobody_whom_others_added(db: Database) -> None:
    await move_in(db)
    await db.write(file, a_draft(customers=(ACME,)))
    await db.write(join, Join(customers=(GLOBEX,)))
    edited = await db.write(file, a_draft(), minutes=2)
    assert edited.request.companies == 1
    assert await db.read(companies) == ["globex"]


# ---- customers ----------------------------------------------------------------------------------


async def test_a_customer_named_twice_waits_once(db: Database) -> None:
    await move_in(db)
    twice = (ACME, Customer(name="ACME"), Customer(name=" acme "))
    assert (await db.write(file, a_draft(customers=twice))).request.companies == 1


async def test_a_customer_who_is_gone_is_refused(db: Database) -> None:
    await move_in(db)
    with pytest.raises(Refused) as refused:
        await db.write(file, a_draft(customers=(Customer(id=AccountId("gone")),)))
    assert refused.value.fields == {"customers": "One of these customers is no longer known. Choose again."}


async def test_a_deal_stands_with_its_customer(db: Database) -> None:
    await move_in(db)
    origin = an_origin(permalink="https://home.slack.com/p1")
    await db.write(file, a_draft(customers=(ACME,), deal_size=DEAL, close_date=date(2026, 12, 31), origin=origin))
    [ask] = await db.read(asks)
    [deal] = await db.read(lambda s: s.deals.open_of(ask.account))
    assert (deal.size, deal.closes, ask.permalink, ask.by) == (DEAL, date(2026, 12, 31), origin.permalink, ALICE)


async def test_customers_join_a_request_once(db: Database) -> None:
    await move_in(db)
    await db.write(file, a_draft(customers=(ACME,)))
    joined = await db.write(join, Join(customers=(GLOBEX, ACME)))
    assert (joined.added, joined.waited_already) == (("Globex",), ("Acme",))
    assert (joined.request.companies, joined.request.version) == (2, 2)
    again = await db.write(join, Join(customers=(GLOBEX,)))
    assert (again.added, again.waited_already) == ((), ("Globex",))
    assert again.request == await db.read(stored) == joined.request
    assert [c.new for c in await db.read(history) if c.field == "ask"] == ["acme", "globex"]


async def test_a_later_close_date_keeps_the_deal_and_is_logged(db: Database) -> None:
    await move_in(db)
    await db.write(file, a_draft(customers=(ACME,), deal_size=DEAL))
    before = len(await db.read(history))
    await db.write(join, Join(customers=(ACME,), close_date=date(2026, 12, 31)))
    [ask] = await db.read(asks)
    [deal] = await db.read(lambda s: s.deals.open_of(ask.account))
    assert (deal.size, deal.closes, deal.by) == (DEAL, date(2026, 12, 31), ALICE)
    assert [c.field for c in (await db.read(history))[before:]] == ["deal"]


async def test_nobody_joins_nothing(db: Database) -> None:
    await move_in(db)
    await db.write(file, a_draft())
    with pytest.raises(Refused, match="Who is waiting") as refused:
        await db.write(join, Join())
    assert refused.value.fields.keys() == {"customers"}
    with pytest.raises(Refused, match="There is no R-404 on the board"):
        await db.write(lambda s: intake.join(s, an_act(), RequestNumber(404), Join(customers=(ACME,))))


async def test_nobody_joins_a_closed_request(db: Database) -> None:
    await move_in(db)
    await db.write(file, a_draft())
    await db.write(close)
    for door in (lambda s: join(s, Join(customers=(ACME,))), lambda s: intake.open_join(s, an_act(), ONE)):
        with pytest.raises(Refused, match="already released, so no customer can join it"):
            await db.write(door)
    assert await db.read(companies) == []


# ---- the form -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "source"),
    [
        (Role.SALES, Source.SALES_CUSTOMER),
        (Role.SUPPORT, Source.SUPPORT),
        (Role.PRODUCT, Source.MARKET_ANALYSIS),
        (Role.MARKETING, Source.MARKET_ANALYSIS),
        (Role.TECH, Source.SALES_CUSTOMER),
        (Role.LEADERSHIP, Source.SALES_CUSTOMER),
    ],
)
async def test_the_source_is_offered_by_role(db: Database, role: Role, source: Source) -> None:
    await move_in(db, roles=False)
    await db.write(lambda s: s.house.decide("roles", {role: [ALICE]}, an_act()))
    assert (await db.read(lambda s: intake.open_form(s, an_act(), ""))).source is source


async def test_a_message_becomes_one_request(db: Database) -> None:
    await move_in(db)
    where = (ChannelId("C1"), MessageTs("1732537462.000100"))
    _, permalink, *_ = await db.read(lambda s: intake.from_message(s, an_act(), *where, None))
    assert permalink == "https://home.slack.com/archives/C1/p1732537462000100"
    await db.write(file, a_draft(origin=an_origin()))
    said = "This message is already on the board as R-1, k8s-connector"
    with pytest.raises(Refused, match=said):
        await db.read(lambda s: intake.from_message(s, an_act(), *where, None))
    with pytest.raises(Refused, match=said):
        await db.write(file, a_draft("Other", origin=an_origin()), key="request:2")
    again = await db.write(file, a_draft(origin=an_origin()))
    assert again.outcome is Outcome.SAME


async def test_a_reply_in_a_thread_is_pointed_at_within_it(db: Database) -> None:
    await move_in(db)
    reply, parent = MessageTs("1732537462.000100"), MessageTs("1732537000.000001")
    _, permalink, *_ = await db.read(lambda s: intake.from_message(s, an_act(), ChannelId("C1"), reply, parent))
    assert permalink.endswith("/archives/C1/p1732537462000100?thread_ts=1732537000.000001&cid=C1")


# ---- look-alikes --------------------------------------------------------------------------------

BOARD = (
    "Kubernetes (k8s) connector",
    "API connector",
    "Export to CSV",
    "SAML single sign-on",
    "Отчёт о затратах",
    "東京 電力 対応",
    "Dark mode",
)


LOOK_ALIKES: dict[str, list[str]] = {
    "k8s connector": ["Kubernetes (k8s) connector"],
    "k8s-connector": ["Kubernetes (k8s) connector"],
    "K8S": ["Kubernetes (k8s) connector"],
    "connector for kubernetes": ["Kubernetes (k8s) connector"],
    "export-to-csv": ["Export to CSV"],
    "csv export": ["Export to CSV"],
    "Single Sign On (SAML)": ["SAML single sign-on"],
    "отчет о ЗАТРАТАХ": ["Отчёт о затратах"],
    "затраты: отчёт о затратах": ["Отчёт о затратах"],
    "東京 電力": ["東京 電力 対応"],
    "dark mo": ["Dark mode"],
    "connector": ["Kubernetes (k8s) connector", "API connector"],
    "import from CSV": [],
    "savings report": [],
    "mode": ["Dark mode"],
    "%": [],
    "": [],
}


async def test_look_alikes_of_a_title_are_found_and_others_are_not(db: Database) -> None:
    await move_in(db)

    def file_all(store: Store) -> None:
        for n, title in enumerate(BOARD):
            file(store, a_draft(title), key=f"request:{n}")

    def found(store: Store, typed: str) -> list[str]:
        return [row.title for row in intake.open_form(store, an_act(), typed).similar]

    await db.write(file_all)
    assert {typed: await db.read(found, typed) for typed in LOOK_ALIKES} == LOOK_ALIKES


async def test_words_of_a_request_that_was_joined_lead_to_the_one_that_stands_for_it(db: Database) -> None:
    await move_in(db)
    for n, title in enumerate(("Night theme", "Dark mode")):
        await db.write(intake.file, an_act(key=f"k{n}", minutes=n), a_draft(title))
    await db.write(lambda s: merging.merge(s, an_act(BORIS, key="m", minutes=5), RequestNumber(2), ONE))
    assert [row.title for row in await db.read(intake.similar, "dark mode")] == ["Night theme"]
    assert [row.title for row in await db.read(intake.similar, "night theme")] == ["Night theme"]
    await db.write(lambda s: merging.unlink(s, an_act(BORIS, key="u", minutes=6), RequestNumber(2)))
    assert [row.title for row in await db.read(intake.similar, "dark mode")] == ["Dark mode"]


async def test_closed_requests_are_no_look_alikes_and_three_are_enough(db: Database) -> None:
    await move_in(db)
    for n in range(5):
        await db.write(file, a_draft("Dark mode"), key=f"request:{n}")
    await db.write(close)
    found = (await db.read(lambda s: intake.open_form(s, an_act(), "dark mode"))).similar
    assert [row.number for row in found] == [2, 3, 4]


async def test_a_reworded_request_is_looked_like_by_its_new_title(db: Database) -> None:
    await move_in(db)
    await db.write(file, a_draft("Dark mode"))
    await db.write(file, a_draft("Night theme"))
    assert await db.read(intake.similar, "dark mode") == ()
    assert [row.slug for row in await db.read(intake.similar, "night theme")] == [Slug("dark-mode")]


async def test_customers_are_suggested_while_one_types(db: Database) -> None:
    await move_in(db)
    await db.write(file, a_draft(customers=(Customer(name="Acme Bank"), Customer(name="The Acme"), GLOBEX)))
    found = await db.read(lambda s: intake.suggest_accounts(s, an_act(), "acme"))
    assert [a.name for a in found] == ["Acme Bank", "The Acme"]


# ---- the deal of a form that is sent again ------------------------------------------------------

SMALLER, YEAR_END = Money(minor=5_000_00, currency="USD"), date(2026, 12, 31)


def deals_of(store: Store, account: str) -> list[tuple[Money | None, date | None]]:
    return [(deal.size, deal.closes) for deal in store.deals.open_of(AccountId(account))]


@pytest.mark.parametrize(
    ("again", "acme", "globex"),
    [
        ({"customers": (ACME,)}, [], []),  # cleared
        ({"customers": ()}, [], []),
        ({"customers": (ACME, GLOBEX)}, [], []),  # the next step asks for each customer's
        ({"customers": (GLOBEX,), "deal_size": DEAL, "close_date": YEAR_END}, [], [(DEAL, YEAR_END)]),
        ({"customers": (ACME,), "deal_size": SMALLER}, [(SMALLER, None)], []),
        ({"customers": (ACME,), "close_date": YEAR_END}, [(None, YEAR_END)], []),
    ],
)
async def test_the_deal_a_form_brought_is_what_the_form_says_now(
    db: Database, again: dict[str, Any], acme: list[Any], globex: list[Any]
) -> None:
    await move_in(db)
    await db.write(file, a_draft(customers=(ACME,), deal_size=DEAL, close_date=YEAR_END))
    for _ in range(2):
        await db.write(file, a_draft(**again), minutes=3)
    assert (await db.read(deals_of, "acme"), await db.read(deals_of, "globex")) == (acme, globex)
    assert [line.field for line in await db.read(history)].count("deal") == (3 if globex else 2)


async def test_a_deal_brought_by_an_edit_can_be_taken_back_by_the_next(db: Database) -> None:
    await move_in(db)
    await db.write(file, a_draft(customers=(ACME,)))
    await db.write(file, a_draft(customers=(ACME,), deal_size=DEAL), minutes=1)
    await db.write(file, a_draft(customers=(ACME,)), minutes=2)
    assert await db.read(deals_of, "acme") == []


@pytest.mark.parametrize("meanwhile", ["another size", "a date", "it was known before"])
async def test_a_deal_others_speak_of_too_is_not_taken_back(db: Database, meanwhile: str) -> None:
    await move_in(db)
    if meanwhile == "it was known before":
        await db.write(file, a_draft("Before", customers=(ACME,), deal_size=DEAL), key="request:0")
    await db.write(file, a_draft(customers=(ACME,), deal_size=DEAL), minutes=1)
    said = {
        "another size": Join(customers=(ACME,), deal_size=SMALLER),
        "a date": Join(customers=(ACME,), close_date=YEAR_END),
    }
    if meanwhile in said:
        await db.write(join, said[meanwhile])
    before = await db.read(deals_of, "acme")
    await db.write(file, a_draft(customers=(ACME,)), minutes=9)
    assert await db.read(deals_of, "acme") == before != []


# ---- the log tells it all again -----------------------------------------------------------------

KEYS = [f"request:{n:032x}" for n in (1, 2)]
NAMES = ["Acme", "ACME", "Globex", "Initech", "🚀", "🦄"]
PEOPLE = st.sampled_from([ALICE, ALICE, BORIS, TANYA])
STEPS = st.none() | st.sampled_from(SCALE)
CUSTOMERS = st.lists(st.builds(Customer, name=st.sampled_from(NAMES)), max_size=3).map(tuple)
SIZINGS = st.fixed_dictionaries({str(f): STEPS for f in Factor})
DEALS = st.none() | st.integers(0, 3).map(lambda n: Money(minor=n, currency="USD"))


@st.composite
def _drafts(draw: st.DrawFn) -> Draft:
    customers = draw(CUSTOMERS)
    return a_draft(
        draw(st.sampled_from(["k8s-connector", "K8s connector", "R", "14", "Отчёт"])),
        problem=draw(st.sampled_from(["They can't.", "Они не могут.", "100 %"])),
        source=draw(st.sampled_from(Source)),
        customers=customers,
        deal_size=draw(DEALS) if len(customers) == 1 else None,
        **draw(SIZINGS),
    )


@dataclass(frozen=True)
class Step:
    """Something somebody does."""

    by: str
    key: str
    does: Draft | Sizing | Join

    def __call__(self, store: Store, minute: int) -> None:
        act = an_act(self.by, key=self.key, minutes=minute)
        about = store.requests.by_key(self.key)
        number = about.number if about else RequestNumber(404)
        match self.does:
            case Draft():
                intake.file(store, act, self.does)
            case Sizing():
                ranking.estimate(store, act, number, self.does)
            case Join():
                intake.join(store, act, number, self.does)


JOINS = st.builds(
    lambda who, deal: Join(customers=who, deal_size=deal if len(who) == 1 else None), CUSTOMERS, DEALS
)
DOINGS = _drafts() | SIZINGS.map(lambda s: Sizing(**s)) | JOINS
STORIES = st.lists(st.builds(Step, PEOPLE, st.sampled_from(KEYS), DOINGS), min_size=1, max_size=8)


class NotKeptError(Exception):
    """The story was told; the next one begins with a blank page."""


def tell(store: Store, story: Sequence[Step]) -> None:
    """Live through it, each step its own savepoint, and compare what is stored with what the log tells."""
    settle(store)
    for minute, step in enumerate(story):
        with suppress(Refused), store.connection.begin_nested():
            step(store, minute)
    for key in KEYS:
        if found := store.requests.by_key(key):
            compare(store, found)
    raise NotKeptError


def compare(store: Store, found: Request) -> None:
    log = store.changes.of(found.subject)
    told, waiting = retold(log)
    state = {"title": found.title, "problem": found.problem, "source": found.source, "status": found.status}
    figures = {str(f): vars(e) for f, e in found.estimates.items()}
    assert told == {**state, **figures}
    assert waiting == {ask.account for ask in store.accounts.asks(found.number)}
    assert found.companies == store.accounts.waiting(found.number) == len(waiting)
    assert found.version <= 1 + len(log)
    word = tables.request_word
    rows = store.connection.execute(select(word.c.word, word.c.in_title).where(word.c.number == found.number))
    in_title = set(words_of(found.title))
    assert {row.word: row.in_title for row in rows} == {
        w: w in in_title for w in {*in_title, *words_of(found.problem)}
    }
    row = store.connection.execute(select(tables.request).where(tables.request.c.number == found.number)).one()
    assert row.score == row.rank_score == found.score


def retold(log: Sequence[Logged]) -> tuple[dict[str, Any], set[str]]:
    """A request's state and who waits for it, from its log alone. Each line begins where the last one ended."""
    state: dict[str, Any] = {}
    waiting: set[str] = set()
    for line in log:
        if line.field == "ask":
            waiting = waiting - {line.old} | ({line.new} - {None})
        elif line.field != "deal":
            assert state.get(line.field) == line.old
            state[line.field] = line.new
    return {field: value for field, value in state.items() if value is not None}, waiting


@WITH_DATABASE
@given(story=STORIES)
async def test_the_log_alone_rebuilds_every_request(db: Database, story: list[Step]) -> None:
    with pytest.raises(NotKeptError):
        await db.write(tell, story)


@pytest.mark.faults
@settings(WITH_DATABASE, max_examples=1000)
@given(story=STORIES)
async def test_the_log_alone_rebuilds_every_request_of_a_thousand_stories(db: Database, story: list[Step]) -> None:
    with pytest.raises(NotKeptError):
        await db.write(tell, story)


async def test_a_request_began_when_its_log_begins(db: Database) -> None:
    await move_in(db)
    await db.write(file, a_draft(customers=(ACME,), value=8))
    log = await db.read(history)
    assert [line.field for line in log] == ["title", "problem", "source", "status", "value", "ask"]
    assert {(line.by, line.at, line.via, line.old) for line in log} == {(ALICE, MONDAY, "slack", None)}
