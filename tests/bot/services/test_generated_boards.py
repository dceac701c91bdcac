"""Generated boards: people do whatever comes to their minds, and the board is what one counts by hand.

Each board is a seed. What fails says the seed and what was done. After it, and once on the way:

- places, ties and the order are what counting gives, and each customer counts once;
- what a customer brings is shared whole among what it waits for, and the money people see is the sum of shares;
- why a request stands where it does begins where it stood at some moment, ends where it stands, and adds up;
- whoever finds the same requests to be the same in another order gets the same board.
"""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any, Protocol

import pytest
from sqlalchemy import delete, text

from bot.domain import budgets
from bot.domain.accounts import Account, Stage
from bot.domain.acts import Act, Actor
from bot.domain.asks import Aim, Importance
from bot.domain.board import Filter, Place, Row
from bot.domain.deals import DealState, Ending
from bot.domain.flow import Move
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.money import Money
from bot.domain.needs import Bid, Details, Need
from bot.domain.reasons import ABOVE
from bot.domain.requests import Customer, Join, Sizing, Status
from bot.domain.wsjf import UNIT, Factor, Score
from bot.services import asks, deals, intake, merging, moves, page, ranking, reasons
from storage import tables
from storage.database import Database
from storage.store import Store
from tests.bot.services.naive_board import IN_WORK, Board, Line, Offer, Sums, Wished
from tests.bot.services.naive_board import Customer as Pays
from tests.builders import ALICE, BORIS, MONDAY, TANYA, a_draft, an_act, move_in

CUSTOMERS = tuple(AccountId(name) for name in ("acme", "globex", "hooli", "initech", "stark", "wayne", "wonka"))
PEOPLE = (ALICE, BORIS, TANYA)
STATUSES = (*Status, *(status for status in Status if status.is_open))
SIZES = [(100, "EUR"), (9_999, "EUR"), (12_000_001, "EUR"), (77_777, "USD"), (1_000, "JPY"), (3, "EUR"), (0, "USD")]
_OPENED = 3  #: requests that somebody opens whenever the board is looked at
_KNOWN = 6  #: times it is said first what some customer pays
_A_DAY = timedelta(days=1)
STAGES = (None, Stage.CUSTOMER, Stage.CUSTOMER, Stage.CHURNED, Stage.TRIAL)
Size = tuple[int, str]

# ---- what people do: for the services, and for the naive board ----------------------------------


class Deed(Protocol):
    def __call__(self, store: Store, act: Act) -> object: ...

    def on(self, board: Board, at: datetime) -> None: ...


@dataclass(frozen=True)
class Files:
    by: str
    customers: tuple[AccountId, ...]
    figures: Mapping[str, Any]
    size: Size | None = None

    def __call__(self, store: Store, act: Act) -> object:
        draft = a_draft(customers=_chosen(self.customers), deal_size=_money(self.size), **self.figures)
        return intake.file(store, act, draft)

    def on(self, board: Board, at: datetime) -> None:
        number = len(board.requests) + 1
        board.requests[number] = Wished(number, at)
        board.requests[number].weigh(self.by, self.figures)
        board.join(number, self.customers)
        if self.size:
            board.report(self.customers[0], self.by, self.size)


@dataclass(frozen=True)
class Joins:
    by: str
    number: int
    customers: tuple[AccountId, ...]
    size: Size | None = None

    def __call__(self, store: Store, act: Act) -> object:
        wish = Join(customers=_chosen(self.customers), deal_size=_money(self.size))
        return intake.join(store, act, RequestNumber(self.number), wish)

    def on(self, board: Board, at: datetime) -> None:
        board.join(self.number, self.customers)
        if self.size:
            board.report(self.customers[0], self.by, self.size)


@dataclass(frozen=True)
class Estimates:
    by: str
    number: int
    figures: Mapping[str, Any]

    def __call__(self, store: Store, act: Act) -> object:
        return ranking.estimate(store, act, RequestNumber(self.number), Sizing(**self.figures))

    def on(self, board: Board, at: datetime) -> None:
        board.requests[self.number].weigh(self.by, self.figures)


@dataclass(frozen=True)
class Moves:
    by: str
    number: int
    status: Status

    def __call__(self, store: Store, act: Act) -> object:
        words = "We build it now."
        wish = Move(status=self.status, target=date(2030, 1, 1), why=words, sentence=words)
        return moves.move(store, act, RequestNumber(self.number), wish)

    def on(self, board: Board, at: datetime) -> None:
        request = board.requests[self.number]
        must_wait = self.status in IN_WORK and len(request.figures) < 4
        if self.status == request.status or not must_wait:
            request.status = self.status


@dataclass(frozen=True)
class Weighs:
    """Somebody says how much a customer needs it, what for, and of one more deal."""

    by: str
    number: int
    account: AccountId
    importance: Importance | None
    aim: Aim
    size: Size | None = None

    def __call__(self, store: Store, act: Act) -> object:
        number = RequestNumber(self.number)
        shown = asks.open_form(store, act, number, self.account).asking.shown
        known = tuple(bid for bid in shown.deals if bid.id)
        more = (Bid(size=_money(self.size)),) if self.size else ()
        written = Need(account=self.account, importance=self.importance, aim=self.aim, deals=(*known, *more))
        return asks.keep(store, act, number, [shown.model_copy(update={"deals": known})], [written])

    def on(self, board: Board, at: datetime) -> None:
        board.weigh(self.number, self.account, self.importance, self.aim, dealt=self.size is not None)
        if self.size:
            board.offers.append(Offer(self.account, self.by, self.size))


@dataclass(frozen=True)
class Removes:
    """A customer doesn't wait for it any more."""

    by: str
    number: int
    account: AccountId

    def __call__(self, store: Store, act: Act) -> object:
        need = Need(account=self.account)
        return asks.keep_details(store, act, RequestNumber(self.number), need, Details(need=need, remove=True))

    def on(self, board: Board, at: datetime) -> None:
        board.remove(self.number, self.account)


@dataclass(frozen=True)
class Merges:
    by: str
    number: int
    other: int

    def __call__(self, store: Store, act: Act) -> object:
        return merging.merge(store, act, RequestNumber(self.number), RequestNumber(self.other))

    def on(self, board: Board, at: datetime) -> None:
        board.merge(self.number, self.other, at)


@dataclass(frozen=True)
class Unlinks:
    by: str
    number: int

    def __call__(self, store: Store, act: Act) -> object:
        return merging.unlink(store, act, RequestNumber(self.number))

    def on(self, board: Board, at: datetime) -> None:
        board.unlink(self.number)


@dataclass(frozen=True)
class Reports:
    """Somebody says what a deal is worth."""

    by: str
    account: AccountId
    size: Size

    def __call__(self, store: Store, act: Act) -> object:
        return deals.report(store, act, self.account, _money(self.size), None)

    def on(self, board: Board, at: datetime) -> None:
        board.report(self.account, self.by, self.size)


@dataclass(frozen=True)
class Ends:
    """The oldest open deal of a customer is won or lost."""

    by: str
    account: AccountId
    state: DealState
    pays: Size | None = None

    def __call__(self, store: Store, act: Act) -> object:
        deal = store.deals.open_of(self.account)[0]
        return deals.end(store, act, deal.id, self.state, Ending(because=None, pays=_money(self.pays)))

    def on(self, board: Board, at: datetime) -> None:
        board.open_offers(self.account)[0].state = self.state
        if self.state is DealState.WON:
            board.won(self.account, self.pays)


@dataclass(frozen=True)
class Pay:
    """What a customer pays from now on."""

    by: str
    account: AccountId
    revenue: Size | None
    stage: Stage | None

    def __call__(self, store: Store, act: Act) -> object:
        known = Account(id=self.account, name=self.account.capitalize(), arr=_money(self.revenue), stage=self.stage)
        store.accounts.put([known], act.at)
        return None

    def on(self, board: Board, at: datetime) -> None:
        board.customers[self.account] = Pays(self.revenue, self.stage)


def _money(size: Size | None) -> Money | None:
    return Money(minor=size[0], currency=size[1]) if size else None


def _chosen(accounts: Sequence[AccountId]) -> list[Customer]:
    return [Customer(id=account) for account in accounts]


# ---- making one up ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    deed: Deed
    minutes: int  #: since Monday at ten

    def __str__(self) -> str:
        return f"+{self.minutes} min {self.deed}"


@dataclass(frozen=True)
class Story:
    """What people did about one board, made up from a seed; at last they find out which requests are the same."""

    seed: int
    steps: Sequence[Step]
    merges: Sequence[Merges]

    @classmethod
    def of(cls, seed: int) -> "Story":
        chance, board, minutes = Random(seed), _first_board(), 0
        steps: list[Step] = []
        for n in range(chance.randint(20, 50)):
            minutes += chance.choice((0, 0, 1, 30, 400))
            deed = _pays(chance, board) if n < _KNOWN else _made_up(chance, board, _at(minutes))
            deed.on(board, _at(minutes))
            steps.append(Step(deed, minutes))
        merges = [_merges(chance, board) for _ in range(chance.randint(0, 6))]
        return cls(seed, steps, [merge for merge in merges if merge])

    def told(self) -> list[Step]:
        return self._ending(self.merges)

    def told_otherwise(self) -> list[Step]:
        """The same requests are found to be the same, in another order."""
        chance = Random(f"otherwise {self.seed}")
        merges = chance.sample(self.merges, len(self.merges))
        return self._ending([Merges(one.by, *chance.sample((one.number, one.other), 2)) for one in merges])

    def _ending(self, merges: Sequence[Merges]) -> list[Step]:
        end = self.steps[-1].minutes
        return [*self.steps, *(Step(merge, end + n) for n, merge in enumerate(merges, 1))]


def _first_board() -> Board:
    return Board(customers={one: Pays() for one in CUSTOMERS})


def _at(minutes: int) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def _made_up(chance: Random, board: Board, at: datetime) -> Deed:
    made = None if board.requests else _files(chance, board)
    while made is None:
        maker = chance.choice(_MAKERS)
        made = _unlinks(chance, board, at) if maker is _merges and chance.random() < 0.5 else maker(chance, board)
    return made


def _files(chance: Random, board: Board) -> Deed:
    customers = _some(chance, chance.choice((0, 1, 1, 2, 4)))
    size = chance.choice(SIZES) if len(customers) == 1 and chance.random() < 0.5 else None
    figures = _figures(chance, 4 if chance.random() < 0.7 else chance.randint(0, 3))
    return Files(chance.choice(PEOPLE), customers, figures, size)


def _joins(chance: Random, board: Board) -> Deed | None:
    number, customers = _open(chance, board), _some(chance, chance.choice((1, 1, 2, 3)))
    size = chance.choice(SIZES) if len(customers) == 1 and chance.random() < 0.5 else None
    return Joins(chance.choice(PEOPLE), number, customers, size) if number else None


def _estimates(chance: Random, board: Board) -> Deed | None:
    number = _open(chance, board)
    return Estimates(chance.choice(PEOPLE), number, _figures(chance, chance.randint(1, 4))) if number else None


def _moves(chance: Random, board: Board) -> Deed | None:
    standing = [one.number for one in board.requests.values() if one.same_as is None]
    return Moves(BORIS, chance.choice(standing), chance.choice(STATUSES))


def _weighs(chance: Random, board: Board) -> Deed | None:
    waits = _waits(chance, board)
    size = chance.choice(SIZES) if chance.random() < 0.3 else None
    importance, aim = chance.choice((None, *Importance)), chance.choice(tuple(Aim))
    return Weighs(chance.choice(PEOPLE), *waits, importance, aim, size) if waits else None


def _removes(chance: Random, board: Board) -> Deed | None:
    waits = _waits(chance, board)
    return Removes(BORIS, *waits) if waits else None


def _waits(chance: Random, board: Board) -> tuple[int, AccountId] | None:
    """A customer that waits for an open request."""
    number = _open(chance, board)
    waiting = sorted(board.companies(number)) if number else []
    return (number, AccountId(chance.choice(waiting))) if number and waiting else None


def _merges(chance: Random, board: Board) -> Merges | None:
    """Any two, of which open ones stand for them."""
    numbers = [n for n in board.requests if board.requests[board.stands_for(n)].is_open]
    return Merges(BORIS, *chance.sample(numbers, 2)) if len(numbers) > 1 else None


def _unlinks(chance: Random, board: Board, at: datetime) -> Deed | None:
    lately = [one.number for one in board.requests.values() if one.joined_at and at - one.joined_at <= _A_DAY]
    joined = [number for number in lately if board.requests[number].same_as]
    return Unlinks(BORIS, chance.choice(joined)) if joined else None


def _reports(chance: Random, board: Board) -> Deed:
    return Reports(chance.choice(PEOPLE), chance.choice(CUSTOMERS), chance.choice(SIZES))


def _ends(chance: Random, board: Board) -> Deed | None:
    deciding = [account for account in CUSTOMERS if board.open_offers(account)]
    state, pays = chance.choice((DealState.WON, DealState.LOST)), chance.choice((None, chance.choice(SIZES)))
    return Ends(ALICE, chance.choice(deciding), state, pays) if deciding else None


def _pays(chance: Random, board: Board) -> Deed:
    return Pay(ALICE, chance.choice(CUSTOMERS), chance.choice((None, *SIZES)), chance.choice(STAGES))


_MAKERS: tuple[Callable[[Random, Board], Deed | None], ...] = (
    *(_files, _files, _files, _files, _joins, _joins, _estimates, _estimates, _estimates, _moves),
    *(_weighs, _weighs, _removes, _merges, _merges, _reports, _ends, _pays, _pays),
)


def _some(chance: Random, count: int) -> tuple[AccountId, ...]:
    return tuple(chance.sample(CUSTOMERS, count))


def _figures(chance: Random, count: int) -> dict[str, int]:
    """From few steps, so that many are level."""
    return {factor.value: chance.choice((1, 1, 2, 3)) for factor in chance.sample(list(Factor), count)}


def _open(chance: Random, board: Board) -> int | None:
    """One that stands for itself: what is joined is declined."""
    numbers = [one.number for one in board.requests.values() if one.is_open]
    return chance.choice(numbers) if numbers else None


# ---- living it ----------------------------------------------------------------------------------

Stands = tuple[int, Fraction] | None  #: place and score


@dataclass
class Past:
    """Where each request stood after each step."""

    stood: list[tuple[datetime, Mapping[int, Stands]]] = field(default_factory=list)

    def note(self, at: datetime, board: Board) -> None:
        self.stood.append((at, {line.number: (line.rank, line.score) for line in board.lines()}))

    def at(self, moment: datetime, number: int) -> Stands:
        """Where it stood before anything happened in that moment."""
        before = [places for at, places in self.stood if at < moment]
        return before[-1].get(number) if before else None


async def play(db: Database, seed: int, steps: Sequence[Step]) -> Board:
    """Do it, and look at the board once on the way and at the end."""
    board, past, chance = _first_board(), Past(), Random(f"looks {seed}")
    looks = {chance.randrange(len(steps)), len(steps) - 1}
    await db.write(_begin)
    for n, step in enumerate(steps):
        by: str = vars(step.deed)["by"]
        act = an_act(by, key=f"deed:{n}", minutes=step.minutes, trace=f"deed {n}")
        await db.write(step.deed, act)
        step.deed.on(board, act.at)
        past.note(act.at, board)
        if n in looks:
            await db.read(compare, act, board, past, chance)
    return board


def _begin(store: Store) -> None:
    """Nothing is left of the board before; people stay."""
    for table in reversed(tables.metadata.sorted_tables):
        if table.name not in _STAYS:
            store.connection.execute(delete(table))
    store.connection.execute(text(_NUMBERS_BEGIN_ANEW[store.connection.dialect.name]))
    store.accounts.put([Account(id=one, name=one.capitalize()) for one in CUSTOMERS], MONDAY)


_STAYS = {"workspace", "setting", "person", "user_group", "group_member"}
_NUMBERS_BEGIN_ANEW = {
    "sqlite": "DELETE FROM sqlite_sequence",
    "postgresql": "ALTER SEQUENCE request_number_seq RESTART",
}


def compare(store: Store, act: Act, board: Board, past: Past, chance: Random) -> None:
    compare_places(store, board)
    compare_shares(store, board)
    since = act.at - timedelta(minutes=chance.randint(0, 3_000))
    for number in chance.sample(sorted(board.requests), min(_OPENED, len(board.requests))):
        compare_money(store, act, board, number)
        compare_reasons(store, board, past, number, since)


def compare_places(store: Store, board: Board) -> None:
    counted, most = board.lines(), len(board.requests)
    assert _lines(store.requests.top(most)) == counted
    assert _lines(store.requests.filtered(Filter(), 0, most)) == counted
    for line in counted:
        request = store.requests.get(RequestNumber(line.number))
        assert request
        place = ranking.standing(store, request).place
        assert place == Place(rank=line.rank, tied=line.tied, of=line.of), request.name
        assert {one.account for one in store.accounts.asks(request.number)} == board.companies(line.number)


def _lines(rows: Sequence[Row]) -> list[Line]:
    """Those with a place."""
    return [
        Line(row.number, row.place.rank, row.place.tied, row.place.of, Fraction(row.score, UNIT), row.companies)
        for row in rows
        if row.place and row.score
    ]


def compare_shares(store: Store, board: Board) -> None:
    purses = {purse.account: purse for purse in store.accounts.purses(CUSTOMERS)}
    assert list(purses) == list(CUSTOMERS)
    for account, purse in purses.items():
        shares = {int(n): _sums([share]) for n, share in budgets.shares(purse).items()}
        assert shares == board.shares(account), account
        if shares:
            assert _added(shares.values()) == board.budgets(account), account


def compare_money(store: Store, act: Act, board: Board, number: int) -> None:
    behind = page.open_page(store, replace(act, by=Actor(user=ALICE)), RequestNumber(number)).behind
    counted = {key: minor for key, minor in board.money(number).items() if minor}
    assert _sums([behind] if behind else []) == counted, number


def _sums(parts: Sequence[budgets.Share | budgets.Behind]) -> Sums:
    return _added(
        {(aim, money.currency): money.minor}
        for part in parts
        for aim, amounts in (("protect", part.protect), ("grow", part.grow))
        for money in _each(amounts)
    )


def _each(amounts: Money | Sequence[Money] | None) -> Sequence[Money]:
    return [amounts] if isinstance(amounts, Money) else amounts or []


def _added(sums: Iterable[Sums]) -> Sums:
    found: dict[tuple[str, str], int] = {}
    for one in sums:
        for key, minor in one.items():
            found[key] = found.get(key, 0) + minor
    return found


def compare_reasons(store: Store, board: Board, past: Past, number: int, since: datetime) -> None:
    """The way a request came begins where it stood, ends where it stands, and leaves out no step."""
    way, line = reasons.explain(store, RequestNumber(number), since).path, board.line(number)
    here = _stands(way.was, way.score_was)
    assert here == past.at(since, number), way
    for part in way.parts:
        assert _stands(part.was, part.score_was) == here, way
        assert not part.count or part.climbs == (-part.count if part.what in ABOVE else part.count), way
        here = _stands(part.now, part.score_now)
    assert here == (line and (line.rank, line.score)), way
    assert here == _stands(way.now.rank if way.now else None, way.score_now), way


def _stands(rank: int | None, score: Score | None) -> Stands:
    assert (rank is None) is (score is None)
    return None if rank is None or score is None else (rank, Fraction(score, UNIT))


# ---- in another order ---------------------------------------------------------------------------


def picture(store: Store) -> Sequence[object]:
    """All there is to see of a board."""
    rows = store.requests.filtered(Filter(), 0, 1_000)
    numbers = [row.number for row in rows]
    waits = [[(one.account, one.importance, one.aim) for one in store.accounts.asks(number)] for number in numbers]
    figures = [request.estimates for request in store.requests.these(numbers)]
    money = [budgets.shares(purse) for purse in store.accounts.purses(CUSTOMERS)]
    return rows, waits, figures, money


# ---- the boards ---------------------------------------------------------------------------------


async def live_through(url: str, other_url: str, seeds: Sequence[int]) -> None:
    async with Database.open(url) as db, Database.open(other_url) as other:
        await move_in(db)
        await move_in(other)
        for seed in seeds:
            await live(db, other, Story.of(seed))


async def live(db: Database, other: Database, story: Story) -> None:
    for where, steps in ((db, story.told()), (other, story.told_otherwise())):
        try:
            await play(where, story.seed, steps)
        except BaseException as failure:
            failure.add_note("\n  ".join([f"board {story.seed}:", *map(str, steps)]))
            raise
    assert await db.read(picture) == await other.read(picture), story


@pytest.fixture
def other_url(sqlite_url: str) -> str:
    """A second database."""
    first = Path(sqlite_url.removeprefix("sqlite:///"))
    second = first.with_name("other.db")
    shutil.copyfile(first, second)
    return f"sqlite:///{second}"


async def test_generated_boards(sqlite_url: str, other_url: str) -> None:
    await live_through(sqlite_url, other_url, range(24))


async def test_generated_boards_on_postgres(postgres_url: str, sqlite_url: str) -> None:
    """The other order on SQLite: the board is the same there, too."""
    await live_through(postgres_url, sqlite_url, range(24, 30))


@pytest.mark.faults
@pytest.mark.parametrize("first", range(1_000, 2_700, 100))
async def test_many_generated_boards(sqlite_url: str, other_url: str, first: int) -> None:
    await live_through(sqlite_url, other_url, range(first, first + 100))


@pytest.mark.faults
@pytest.mark.parametrize("first", range(2_700, 3_000, 50))
async def test_many_generated_boards_on_postgres(postgres_url: str, sqlite_url: str, first: int) -> None:
    await live_through(postgres_url, sqlite_url, range(first, first + 50))
