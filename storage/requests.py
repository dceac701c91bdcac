"""Requests: their state, their figures, their places on the board, and the words to find them by."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Connection,
    Insert,
    Integer,
    Row,
    ScalarSelect,
    Select,
    String,
    TableValuedAlias,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    literal_column,
    select,
    text,
    union_all,
    update,
)

from bot.domain import board
from bot.domain.acts import Act
from bot.domain.board import Filter, Place
from bot.domain.board import Row as BoardRow
from bot.domain.ids import AccountId, ChannelId, MessageTs, RequestNumber, Slug, UserId, read_key
from bot.domain.merging import Link
from bot.domain.requests import Draft, Estimate, Origin, Request, Source, Status
from bot.domain.text import slug_of, words_in
from bot.domain.wsjf import SCALE, Factor, Score
from storage.bulk import put_all
from storage.tables import IN_WORK, Json, ask, estimate, request, request_word, score_change

LAST_CHARACTER = "\U0010ffff"  # sorts after all others
_NEIGHBOURS = 9  # slugs tried before a short piece of the key is added
_PIECES = (6, 12, 24)
_OPEN = [status for status in Status if status.is_open]
_BOARD_ORDER = (
    request.c.rank_score.desc(),
    request.c.companies.desc(),
    request.c.at,
    request.c.number,
)

# ---- statements, built once: to build one takes longer than to run it ----

_THIS: BindParameter[Any] = bindparam("this")
_BY_NUMBER = select(request).where(request.c.number == _THIS)
_BY_SLUG = select(request).where(request.c.slug == _THIS)
_BY_KEY = select(request).where(request.c.key == _THIS)
_BY_ORIGIN = (
    select(request).where(request.c.origin_channel == _THIS, request.c.origin_ts == bindparam("that")).limit(1)
)
_THESE = select(request).where(request.c.number.in_(bindparam("numbers", expanding=True)))
_TITLES = select(func.coalesce(request.c.survivor, request.c.number), request.c.title).where(
    request.c.number.in_(bindparam("numbers", expanding=True)),
    request.c.status.in_(_OPEN) | request.c.survivor.is_not(None),
)
_SENT = select(request.c.sent).where(request.c.number == _THIS)
_SLUG = select(request.c.slug).where(request.c.slug == _THIS)
_SLUGS = select(request.c.slug).where(request.c.slug.in_(bindparam("these", expanding=True)))
_ESTIMATES = select(estimate).where(estimate.c.number == _THIS)
_ESTIMATES_OF = select(estimate).where(estimate.c.number.in_(bindparam("numbers", expanding=True)))

_NEW = insert(request)
_CHANGED = update(request).where(request.c.number == _THIS)
_NEW_ESTIMATE = insert(estimate)
_NEW_SCORE = insert(score_change)
_SCORE_NOW: BindParameter[Any] = bindparam("score_now", type_=Integer)
_OTHER_SCORE = insert(score_change).from_select(
    ["number", "old", "new", "at", "trace"],
    select(
        request.c.number,
        request.c.rank_score,
        _SCORE_NOW,
        bindparam("at", type_=request.c.at.type),
        bindparam("trace", type_=String),
    ).where(request.c.number == _THIS, request.c.rank_score.is_distinct_from(_SCORE_NOW)),
)
_JOINED = select(request).where(request.c.survivor == _THIS).order_by(request.c.number)
_LINKS = (
    select(request.c.number, request.c.same_as, request.c.by)
    .where(request.c.survivor == _THIS, request.c.same_as.is_not(None))
    .order_by(request.c.number)
)
_NO_ESTIMATES = delete(estimate).where(estimate.c.number == _THIS)


def _new_words(each: TableValuedAlias) -> Insert:
    """All words of a request in one statement, from a JSON object that says of each whether the title has it."""
    rows = select(each.c.key, _THIS, cast(each.c.value, Boolean))
    return insert(request_word).from_select(("word", "number", "in_title"), rows)


_SAID: BindParameter[Any] = bindparam("words", type_=Json)
_NEW_WORDS = {
    "sqlite": _new_words(func.json_each(_SAID).table_valued("key", "value")),
    "postgresql": _new_words(func.jsonb_each(_SAID).table_valued("key", "value")),
}

_TOP = (
    select(request)
    .where(request.c.rank_score.is_not(None))
    .order_by(*_BOARD_ORDER)
    .limit(bindparam("limit", type_=Integer))
)


def _count(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(request).where(*conditions).scalar_subquery()


def _count_up_to(limit: int, *conditions: ColumnElement[bool]) -> Select[int]:
    some = select(literal(1)).select_from(request).where(*conditions).limit(limit).subquery()
    return select(func.count()).select_from(some)


# Written out, as the index on it is: SQLite sees no partial index behind a bound value.
_IS_NEW = request.c.answered_at.is_(None) & (request.c.status == literal_column("'backlog'"))
_NEW_COUNT = _count_up_to(board.MANY, _IS_NEW)
_RANKED = _count_up_to(board.MANY, request.c.rank_score.is_not(None))


def _count_unranked() -> Select[int]:
    """Each status by itself: all of them at once, SQLite looked through what is closed too, 7 ms at 100,000."""
    each = (
        select(literal(1).label("one"))
        .where(request.c.rank_score.is_(None), request.c.status == status)
        .limit(board.MANY)
        .subquery()
        for status in _OPEN
    )
    some = union_all(*(select(one.c.one) for one in each)).limit(board.MANY).subquery()
    return select(func.count()).select_from(some)


_UNRANKED_COUNT = _count_unranked()

# ---- parts of the board ----

_DIRECTIONS_SEEN = 500  #: requests looked at, from the top of the board
_REACH = 10_000  #: places within which something rare is looked for: past them it took 350 ms at 100,000

_WITHIN_REACH = request.c.rank_score >= func.coalesce(
    select(request.c.rank_score)
    .where(request.c.rank_score.is_not(None))
    .order_by(*_BOARD_ORDER)
    .offset(_REACH)
    .limit(1)
    .scalar_subquery(),
    0,
)

# Where one order ends the next begins: of each, an index knows the order.
_RANKED_FIRST = (
    (_WITHIN_REACH, _BOARD_ORDER),
    (request.c.rank_score.is_(None), (request.c.number,)),
)
_RANKED_FIRST_OF_ALL = (
    (request.c.rank_score.is_not(None), _BOARD_ORDER),
    (request.c.rank_score.is_(None), (request.c.number,)),
)
_NEWEST_RELEASE_FIRST = (
    (request.c.released_at.is_not(None), (request.c.released_at.desc(), request.c.number.desc())),
    (request.c.released_at.is_(None), (request.c.number.desc(),)),
)


def _orders(of: Filter) -> Sequence[tuple[ColumnElement[bool], Sequence[ColumnElement[Any]]]]:
    if of.status is Status.RELEASED:
        return _NEWEST_RELEASE_FIRST
    return _RANKED_FIRST_OF_ALL if of.owner or of == Filter() else _RANKED_FIRST


def _wanted(of: Filter) -> list[ColumnElement[bool]]:
    return [request.c.status == of.status if of.status else request.c.status.in_(_OPEN), *_part(of)]


def _part(of: Filter) -> list[ColumnElement[bool]]:
    """Whatever its status."""
    conditions: list[ColumnElement[bool]] = []
    if of.sources is not None:
        conditions.append(request.c.source.in_(sorted(of.sources)))
    if of.direction is not None:
        conditions.append(request.c.direction == of.direction)
    if of.owner is not None:
        conditions.append(request.c.owner == of.owner)
    return conditions


def _directions() -> Select[str]:
    seen = (
        select(request.c.direction)
        .where(request.c.rank_score.is_not(None))
        .order_by(*_BOARD_ORDER)
        .limit(_DIRECTIONS_SEEN)
        .subquery()
    )
    return select(seen.c.direction).where(seen.c.direction.is_not(None)).distinct().order_by(seen.c.direction)


_DIRECTIONS = _directions()

# ---- what a customer waits for ----

_OF_CUSTOMER = (
    select(ask.c.behind).where(ask.c.account == bindparam("account")).order_by(ask.c.id.desc()).limit(board.MANY)
)
_BEHIND = request.c.number.in_(select(_OF_CUSTOMER.subquery().c.behind))
_OPEN_OF_CUSTOMER = _count_up_to(board.MANY, _BEHIND, request.c.status.in_(_OPEN))
_ROWS_OF_CUSTOMER = (
    select(request)
    .where(_BEHIND)
    .order_by(
        case((request.c.status.in_(_OPEN), 0), (request.c.status == Status.RELEASED, 1), else_=2),
        request.c.rank_score.is_(None),
        *_BOARD_ORDER[:1],
        request.c.released_at.is_(None),
        request.c.released_at.desc(),
        request.c.companies.desc(),
        request.c.number,
    )
    .limit(bindparam("limit", type_=Integer))
)

# ---- figures that nobody confirmed ----

WEIGHED = 500  #: requests looked through in either order


def _first(
    *conditions: ColumnElement[bool], order: Sequence[ColumnElement[Any]], most: int = WEIGHED
) -> Select[int]:
    some = select(request.c.number).where(*conditions).order_by(*order).limit(most).subquery()
    return select(some.c.number)


def _lacking(*among: Select[int]) -> Select[int]:
    """Those of which somebody has not said one of the figures in the last word."""
    factors: BindParameter[Any] = bindparam("factors", expanding=True)
    confirmed = (
        select(func.count())
        .select_from(estimate)
        .where(
            estimate.c.number == request.c.number, estimate.c.factor.in_(factors), estimate.c.confirmed.is_not(None)
        )
    )
    return (
        select(request.c.number)
        .where(
            request.c.number.in_(union_all(*among)),
            confirmed.scalar_subquery() < bindparam("many", type_=Integer),
        )
        .order_by(request.c.wanted_by.is_(None), request.c.rank_score.is_(None), *_BOARD_ORDER)
        .limit(bindparam("limit", type_=Integer))
    )


_NUMBERED = (request.c.number,)
_UNCONFIRMED = _lacking(
    _first(request.c.rank_score.is_not(None), order=_BOARD_ORDER),
    *(_first(request.c.rank_score.is_(None), request.c.status == status, order=_NUMBERED) for status in _OPEN),
)
_UNCONFIRMED_OF_OWNER = _lacking(
    _first(request.c.owner == bindparam("owner"), request.c.status.in_(_OPEN), order=_NUMBERED)
)
_OWNERS = select(request.c.owner).where(request.c.owner.is_not(None)).distinct()

# ---- what should come to be used ----

_MEASURED = (
    select(request)
    .where(
        request.c.released_at >= bindparam("since"),
        request.c.released_at < bindparam("until"),
        request.c.status == Status.RELEASED,
        request.c.adoption_target.is_not(None),
    )
    .order_by(request.c.released_at, request.c.number)
    .limit(board.MANY)
)

# ---- what somebody wants to start ----

# With a word of its score, SQLite would look through everything without one: 15 ms at 100,000.
_WANTED = (
    select(request)
    .where(request.c.wanted_by.is_not(None))
    .order_by(request.c.number)
    .limit(bindparam("limit", type_=Integer))
)

# ---- what a week's digest speaks of; of a part of the board each is built once ----


_ENDS = 250  # of what lacks a score, the newest and the oldest


@lru_cache(maxsize=64)
def _among(of: Filter) -> Select[Any]:
    these = request.c.number.in_(bindparam("numbers", expanding=True))
    return select(request.c.number, request.c.companies).where(these, *_part(of))


@lru_cache(maxsize=64)
def _lagging(of: Filter) -> Select[Any]:
    begun = request.c.status.in_([Status.IN_PROGRESS, Status.TESTING])
    is_late = request.c.target < bindparam("today")
    return (
        select(request.c.number, case((is_late, request.c.target)).label("late"))
        .where(IN_WORK, is_late | (begun & (request.c.changed_at < bindparam("before"))), *_part(of))
        .order_by(request.c.target.is_(None), request.c.target, request.c.number)
        .limit(bindparam("limit", type_=Integer))
    )


@lru_cache(maxsize=64)
def _unsized(of: Filter) -> Select[Any]:
    """Of the newest and the oldest of each status."""
    ends = (_NUMBERED, (request.c.number.desc(),))
    unranked = [(request.c.rank_score.is_(None), request.c.status == status) for status in _OPEN]
    among = union_all(*(_first(*these, order=order, most=_ENDS) for these in unranked for order in ends))
    return (
        select(request, func.count().over().label("found"))
        .where(request.c.number.in_(among), *_part(of))
        .order_by(request.c.companies.desc(), request.c.number.desc())
        .limit(bindparam("limit", type_=Integer))
    )


@lru_cache(maxsize=64)
def _unanswered(of: Filter) -> Select[Any]:
    oldest = select(request.c.number).where(_IS_NEW).order_by(request.c.number).limit(WEIGHED).subquery()
    return (
        select(request.c.number, request.c.at)
        .where(request.c.number.in_(select(oldest.c.number)), request.c.at < bindparam("before"), *_part(of))
        .order_by(request.c.at, request.c.number)
    )


# ---- the census: how many stand between one score and the next, and how many at each ----

_BANDS = len(SCALE) + 1  # a standing asks for one score for each size
_NO_SCORE = Score(2**31 - 1)  # above all that can be


def _between(n: int) -> ColumnElement[int]:
    return _count(request.c.rank_score > bindparam(f"over_{n}"), request.c.rank_score < bindparam(f"under_{n}"))


_CENSUS = select(
    *(c for n in range(_BANDS) for c in (_between(n), _count(request.c.rank_score == bindparam(f"level_{n}")))),
    select(request.c.rank_score).where(request.c.number == bindparam("besides")).scalar_subquery().label("own"),
    # One more, which may be the request itself.
    _count_up_to(board.MANY + 1, request.c.rank_score.is_not(None)).scalar_subquery().label("ranked"),
)


def _bands(scores: Sequence[Score], ceiling: Score) -> dict[str, Score]:
    """From the highest score down, each open above; those left over are empty."""
    floors = [*scores, *[_NO_SCORE] * (_BANDS - len(scores))]
    roofs = [ceiling, *floors]
    return {
        name: score
        for n, (floor, roof) in enumerate(zip(floors, roofs, strict=False))
        for name, score in ((f"over_{n}", floor), (f"under_{n}", roof), (f"level_{n}", floor))
    }


# ---- finding by words ----
#
# A common word stands in most requests, and to group them all took 150 ms at 100,000. So each word proposes its
# newest requests only, and how many of the words they hold is counted among those proposed. What is traded: of
# requests found by common words alone, old ones may be missing; a rare word proposes every request it stands in.

_WORDS = 12  # looked for: the longest, which are the rarest; and the last, which may be unfinished
_ENDINGS = 12  # of an unfinished word
_POSTINGS = 1_200  # looked at, all words together


def _rarest(words: Sequence[str]) -> list[str]:
    *whole, last = words
    longest = sorted(whole, key=len, reverse=True)[: _WORDS - 1]
    return [*longest, last]


def _beginning_words() -> Select[str]:
    """The first few words that begin like the last one: one step in the index for each, however common they are."""
    upto = request_word.c.word <= bindparam("end")
    first = select(func.min(request_word.c.word)).where(request_word.c.word >= bindparam("last"), upto)
    found = select(first.scalar_subquery().label("word"), literal(1).label("nth")).cte("found", recursive=True)
    after = select(func.min(request_word.c.word)).where(request_word.c.word > found.c.word, upto).scalar_subquery()
    found = found.union_all(select(after, found.c.nth + 1).where(found.c.word.is_not(None), found.c.nth < _ENDINGS))
    return select(found.c.word).where(found.c.word.is_not(None))


_BEGUN = _beginning_words()


@cache
def _hits(words: int, *, titles_only: bool) -> Select[int]:
    """Requests that so many words propose, those that hold most of them first."""
    in_title = [request_word.c.in_title] if titles_only else []
    held = case(
        (request_word.c.word.in_(bindparam("whole", expanding=True)), request_word.c.word),
        else_=bindparam("last", type_=request_word.c.word.type),  # however many endings it has, it is found once
    )
    return (
        select(request_word.c.number)
        .where(
            request_word.c.number.in_(union_all(*(_proposed(n, titles_only=titles_only) for n in range(words)))),
            request_word.c.word.in_(bindparam("meant", expanding=True)),
            *in_title,
        )
        .group_by(request_word.c.number)
        .order_by(func.count(held.distinct()).desc(), request_word.c.number.desc())
        .limit(bindparam("limit", type_=Integer))
    )


def _proposed(n: int, *, titles_only: bool) -> Select[int]:
    newest = (
        select(request_word.c.number, request_word.c.in_title)
        .where(request_word.c.word == bindparam(f"word_{n}"))
        .order_by(request_word.c.number.desc())
        .limit(bindparam("bound", type_=Integer))
        .subquery()
    )
    proposed = select(newest.c.number)
    return proposed.where(newest.c.in_title) if titles_only else proposed


# ---- many at once ----

_KEYS = select(request.c.key).where(request.c.key.in_(bindparam("these", expanding=True)))
# A number is never given twice, so those of requests that are gone count too.
_LAST_NUMBER = text(
    "SELECT max(coalesce((SELECT max(number) FROM request), 0),"
    " coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'request'), 0))"
)
_NEXT_NUMBERS = text("SELECT nextval(pg_get_serial_sequence('request', 'number')) FROM generate_series(1, :many)")


_EACH = select(request.c.number, request.c.rank_score)
_AT_ONCE = 5_000
_IN_ORDER = (
    _EACH.where(request.c.rank_score.is_not(None)).order_by(*_BOARD_ORDER),
    _EACH.where(request.c.rank_score.is_(None), request.c.status.in_(_OPEN)).order_by(request.c.number),
    _EACH.where(request.c.rank_score.is_(None), request.c.status.not_in(_OPEN)).order_by(request.c.number),
)


@dataclass(frozen=True, kw_only=True)
class Newcomer:
    """A request to be stored, and what it is known and found by."""

    request: Request  #: its number is given when it is stored
    key: str
    slug: Slug | None = None  #: one it brings along; None: made from its title
    words: Mapping[str, bool]  #: to find it by, and whether the title has each


class Requests:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # ---- one request ----

    def get(self, number: RequestNumber) -> Request | None:
        return self._one(_BY_NUMBER, number)

    def these(self, numbers: Sequence[RequestNumber]) -> Sequence[Request]:
        """Those of these that exist, in the order given."""
        rows = self._connection.execute(_THESE, {"numbers": list(numbers)}).all() if numbers else []
        found = {one.number: one for one in self._requests(rows)}
        return [found[number] for number in numbers if number in found]

    def by_slug(self, slug: Slug) -> Request | None:
        return self._one(_BY_SLUG, slug)

    def by_key(self, key: str) -> Request | None:
        """The request an act with this key made."""
        return self._one(_BY_KEY, key)

    def by_origin(self, channel: ChannelId, ts: MessageTs) -> Request | None:
        """The request made from a Slack message."""
        return self._one(_BY_ORIGIN, channel, ts)

    def add(self, new: Request, key: str, sent: Draft | None = None, *, by: Act | None = None) -> Request:
        """Store a new request and the form it came from; its number and slug are given here.

        `by` is the act that brings it, where that is later than the request itself.
        """
        slug = self._free_slug(new.title, key)
        row = {**_columns(new), "slug": slug, "key": key, "by": new.by, "at": new.at, "changed_at": new.at}
        row["sent"] = sent.model_dump(mode="json") if sent else None
        number = self._connection.execute(_NEW, row).inserted_primary_key
        assert number is not None
        stored = self._with_details(new, RequestNumber(number[0]), slug)
        if stored.rank_score is not None:
            came = {"at": by.at if by else new.at, "trace": by.trace if by else ""}
            score = {"number": stored.number, "old": None, "new": stored.rank_score}
            self._connection.execute(_NEW_SCORE, {**score, **came})
        return stored

    def add_all(self, new: Sequence[Newcomer], *, by: Act) -> Sequence[Request]:
        """Store many new requests in one statement for each table; their numbers go up in the order given."""
        numbers, slugs = self._next_numbers(len(new)), self._free_slugs(new)
        stored = [replace(one.request, number=n, slug=s) for one, n, s in zip(new, numbers, slugs, strict=True)]
        put_all(self._connection, request, [_new_row(r, one.key) for r, one in zip(stored, new, strict=True)])
        put_all(self._connection, estimate, [row for r in stored for row in _estimate_rows(r)])
        words = (
            {"word": word, "number": r.number, "in_title": in_title}
            for r, one in zip(stored, new, strict=True)
            for word, in_title in one.words.items()
        )
        put_all(self._connection, request_word, list(words))
        scores = ((r.number, r.rank_score) for r in stored)
        came = {"old": None, "at": by.at, "trace": by.trace}
        put_all(
            self._connection,
            score_change,
            [{**came, "number": n, "new": score} for n, score in scores if score is not None],
        )
        return stored

    def known(self, keys: Collection[str], slugs: Collection[Slug]) -> tuple[set[str], set[Slug]]:
        """Those of these keys and of these slugs that are taken."""
        taken = set(self._connection.scalars(_KEYS, {"these": list(keys)})) if keys else set()
        return taken, self._taken(slugs)

    def in_order(self) -> Iterator[tuple[RequestNumber, Score | None]]:
        """Every request and its score: in board order, then the open without a place, then the closed."""
        for these in _IN_ORDER:
            rows = self._connection.execute(these).yield_per(_AT_ONCE)
            yield from ((number, score) for number, score in rows)

    def save(self, changed: Request, act: Act) -> None:
        """Store a request's new state and figures."""
        this = {"this": changed.number}
        score = {"score_now": changed.rank_score, "at": act.at, "trace": act.trace}
        self._connection.execute(_OTHER_SCORE, {**score, **this})
        self._connection.execute(_CHANGED, {**_columns(changed), "changed_at": act.at, **this})
        self._connection.execute(_NO_ESTIMATES, this)
        self._put_estimates(changed)

    def joined(self, number: RequestNumber) -> Sequence[Request]:
        """Requests that this one stands for, by number."""
        return self._requests(self._connection.execute(_JOINED, {"this": number}).all())

    def links(self, number: RequestNumber) -> Sequence[Link]:
        """How what this one stands for hangs on it, by number."""
        rows = self._connection.execute(_LINKS, {"this": number})
        return [Link(**row._mapping) for row in rows]

    def stand_behind(self, numbers: Sequence[RequestNumber], survivor: RequestNumber) -> None:
        """That one stands for these from now on."""
        if numbers:
            these = request.c.number.in_(list(numbers))
            self._connection.execute(update(request).where(these).values(survivor=survivor))

    def sent(self, number: RequestNumber) -> Draft | None:
        """The form this request came from, as it was sent last; None for what came in otherwise."""
        kept = self._connection.scalar(_SENT, {"this": number})
        return Draft.model_validate(kept) if kept else None

    def resend(self, number: RequestNumber, sent: Draft) -> None:
        """The form was sent again, with other values."""
        self._connection.execute(_CHANGED, {"sent": sent.model_dump(mode="json"), "this": number})

    def reword(self, changed: Request) -> None:
        """Index its title and problem anew."""
        self._connection.execute(delete(request_word).where(request_word.c.number == changed.number))
        self._put_words(changed)

    # ---- the board ----

    def top(self, limit: int, *, of: int | None = None) -> Sequence[BoardRow]:
        """The first ranked requests in board order; `of` how many are ranked, where that is known already.

        Its cost does not grow with the board.
        """
        # One more tells whether the last is tied.
        rows = self._connection.execute(_TOP, {"limit": limit + 1}).all()
        scores = [row.rank_score for row in rows]
        places = board.places_from_top(scores, of=self.ranked() if of is None else of)
        return [_board_row(row, place) for row, place in zip(rows[:limit], places, strict=False)]

    def unranked(self, limit: int) -> Sequence[BoardRow]:
        """Open requests without a place, oldest first."""
        rows = self._connection.execute(
            select(request)
            .where(request.c.rank_score.is_(None), request.c.status.in_(_OPEN))
            .order_by(request.c.number)
            .limit(limit)
        ).all()
        return [_board_row(row, None) for row in rows]

    def untriaged(self, limit: int) -> Sequence[Request]:
        """Requests in the backlog that product has not answered yet, oldest first."""
        rows = self._connection.execute(select(request).where(_IS_NEW).order_by(request.c.number).limit(limit))
        return self._requests(rows.all())

    def untriaged_count(self) -> int:
        """How many there are, counted up to MANY."""
        return self._connection.execute(_NEW_COUNT).scalar_one()

    def unconfirmed(
        self, factors: Iterable[Factor], limit: int, *, owner: UserId | None = None
    ) -> Sequence[RequestNumber]:
        """Open requests in which one of these figures is not confirmed; `owner`: only theirs.

        Those somebody wants to start come first, then in board order, then the oldest. Looked through are the
        first WEIGHED of the board and the oldest WEIGHED without a place, so its cost does not grow with the board.
        """
        names = [str(factor) for factor in factors]
        wanted: dict[str, Any] = {"factors": names, "many": len(names), "limit": limit}
        if owner:
            wanted["owner"] = owner
        return list(self._connection.scalars(_UNCONFIRMED_OF_OWNER if owner else _UNCONFIRMED, wanted))

    def owners(self) -> Sequence[UserId]:
        """Those who answer for a request."""
        return [UserId(owner) for owner in self._connection.scalars(_OWNERS)]

    def of_person(self, user: UserId, limit: int) -> Sequence[BoardRow]:
        """What somebody asked for, newest first; where another stands for it, that one."""
        standing = func.coalesce(request.c.survivor, request.c.number)
        mine = select(standing).where(request.c.by == user).order_by(request.c.number.desc()).limit(limit)
        return self.rows(list(dict.fromkeys(self._connection.scalars(mine))))

    def filtered(self, wanted: Filter, offset: int, limit: int) -> Sequence[BoardRow]:
        """A part of the board: in board order, then what has no place; of the released, the newest first.

        Unless all are wanted, or one person's, those beyond the first 10,000 places are left out.
        """
        rows: list[Row[Any]] = []
        for condition, order in _orders(wanted):
            these = [*_wanted(wanted), condition]
            page = select(request).where(*these).order_by(*order).offset(offset).limit(limit - len(rows))
            found = self._connection.execute(page).all()
            rows += found
            if len(rows) == limit:
                break
            offset = 0 if found else self._beyond(offset, these)
        return self._ranked(rows)

    def _beyond(self, offset: int, these: Sequence[ColumnElement[bool]]) -> int:
        """How far an offset reaches behind all of these."""
        return offset and max(0, offset - self._connection.execute(select(_count(*these))).scalar_one())

    def directions(self) -> Sequence[str]:
        """Product directions of what is at the top of the board, by name."""
        return self._connection.scalars(_DIRECTIONS).all()

    def waited_for_by(self, account: AccountId, limit: int) -> tuple[int, Sequence[BoardRow]]:
        """How many open requests a customer waits for; and the first of all it asked for, the open ones before.

        Looked at are its newest MANY.
        """
        waits = self._connection.execute(_OPEN_OF_CUSTOMER, {"account": account}).scalar_one()
        rows = self._connection.execute(_ROWS_OF_CUSTOMER, {"account": account, "limit": limit}).all()
        return waits, self._ranked(rows)

    def rows(self, numbers: Sequence[RequestNumber]) -> Sequence[BoardRow]:
        """Board lines of these requests, in the order given."""
        if not numbers:
            return []
        found = self._connection.execute(_THESE, {"numbers": list(numbers)}).all()
        by_number = {row.number: row for row in self._ranked(found)}
        return [by_number[n] for n in numbers if n in by_number]

    def places_for(self, scores: Iterable[Score], *, besides: RequestNumber | None = None) -> Mapping[Score, Place]:
        """Where one more request with each of these scores would stand among all others."""
        counts, total = self._census(set(scores), besides)
        return {s: Place(rank=above + 1, tied=equal > 0, of=total + 1) for s, (above, equal) in counts.items()}

    def places_of(self, scores: Iterable[Score]) -> Mapping[Score, Place]:
        """Where the ranked requests with these scores stand."""
        counts, total = self._census(set(scores), None)
        return {s: Place(rank=above + 1, tied=equal > 1, of=total) for s, (above, equal) in counts.items()}

    def ranked(self) -> int:
        """How many requests are ranked, counted up to MANY."""
        return self._connection.execute(_RANKED).scalar_one()

    def unranked_count(self) -> int:
        """How many open requests still have no place, counted up to MANY."""
        return self._connection.execute(_UNRANKED_COUNT).scalar_one()

    def with_target(self, since: datetime, until: datetime) -> Sequence[Request]:
        """What was released from one moment up to another and has an adoption target, oldest release first."""
        rows = self._connection.execute(_MEASURED, {"since": since, "until": until}).all()
        return self._requests(rows)

    def wanted(self, limit: int) -> Sequence[Request]:
        """Open requests somebody wants to start that have no score yet, oldest number first."""
        rows = self._connection.execute(_WANTED, {"limit": limit}).all()
        return [one for one in self._requests(rows) if one.score is None and one.status.is_open]

    # ---- what a week's digest speaks of ----

    def among(self, numbers: Sequence[RequestNumber], wanted: Filter) -> Mapping[RequestNumber, int]:
        """Those of these requests that are of that part of the board, and how many companies wait for each."""
        rows = self._connection.execute(_among(wanted), {"numbers": list(numbers)}) if numbers else ()
        return {n: companies for n, companies in map(tuple, rows)}  # noqa: C416 - rows are not pairs to mypy

    def lagging(
        self, wanted: Filter, today: date, before: datetime, limit: int
    ) -> Mapping[RequestNumber, date | None]:
        """What is in work and late, by its date, the oldest first; then what in work nobody has changed since."""
        rows = self._connection.execute(_lagging(wanted), {"today": today, "before": before, "limit": limit})
        return {row.number: row.late for row in rows}

    def unsized(self, wanted: Filter, limit: int) -> tuple[int, Sequence[Request]]:
        """How many open requests have no score, counted among the newest and the oldest; and the first of them.

        Those with most companies come first, then the newest.
        """
        rows = self._connection.execute(_unsized(wanted), {"limit": limit}).all()
        return (rows[0].found if rows else 0), self._requests(rows)

    def unanswered(self, wanted: Filter, before: datetime) -> Mapping[RequestNumber, datetime]:
        """What came before that moment and product hasn't answered, oldest first; of the oldest WEIGHED of all."""
        rows = self._connection.execute(_unanswered(wanted), {"before": before})
        return {n: at for n, at in map(tuple, rows)}  # noqa: C416 - rows are not pairs to mypy

    def _census(
        self, scores: set[Score], besides: RequestNumber | None
    ) -> tuple[Mapping[Score, tuple[int, int]], int]:
        """For each score how many other requests stand above and level with it; and how many are ranked.

        Places are exact, so a low score costs one look at every place above it; no place is looked at twice.
        """
        wanted = sorted(scores, reverse=True)
        counts: dict[Score, tuple[int, int]] = {}
        own, ranked, over, ceiling = None, 0, 0, _NO_SCORE
        for start in range(0, len(wanted), _BANDS):
            band = wanted[start : start + _BANDS]
            found = self._connection.execute(_CENSUS, {"besides": besides, **_bands(band, ceiling)}).one()
            own, ranked = found.own, found.ranked
            for n, score in enumerate(band):
                over += found[2 * n]
                counts[score] = over, found[2 * n + 1]
                over += found[2 * n + 1]
            ceiling = band[-1]
        if own is None:
            return counts, min(ranked, board.MANY)
        others = {s: (above - (own > s), level - (own == s)) for s, (above, level) in counts.items()}
        return others, min(ranked - 1, board.MANY)

    # ---- finding ----

    def with_words(self, words: Sequence[str], limit: int, *, titles_only: bool = False) -> list[RequestNumber]:
        """Requests that hold these words (the last may be unfinished), most of them first, then newest."""
        if not words:
            return []
        *whole, last = _rarest(words)
        begun = {"last": last, "end": last + LAST_CHARACTER}
        meant = [*whole, *(w for w in self._connection.scalars(_BEGUN, begun) if w not in whole)]
        if not meant:
            return []
        found = _hits(len(meant), titles_only=titles_only)
        each = {f"word_{n}": word for n, word in enumerate(meant)}
        asked = {"meant": meant, "whole": whole, "last": last, "bound": _POSTINGS // len(meant), "limit": limit}
        return list(self._connection.scalars(found, {**each, **asked}))

    def titles(self, numbers: Sequence[RequestNumber]) -> Sequence[tuple[RequestNumber, str]]:
        """Titles of the open ones among these; of a joined one its title, and the number that stands for it."""
        rows = self._connection.execute(_TITLES, {"numbers": list(numbers)}) if numbers else ()
        return [(RequestNumber(number), title) for number, title in rows]

    # ---- how it is done ----

    def _one(self, which: Select[Any], *values: str | int) -> Request | None:
        row = self._connection.execute(which, dict(zip(("this", "that"), values, strict=False))).one_or_none()
        return _request(row, self._estimates(row.number)) if row else None

    def _requests(self, rows: Sequence[Row[Any]]) -> list[Request]:
        """Several, with one look for all of their figures."""
        numbers = [row.number for row in rows]
        known = self._connection.execute(_ESTIMATES_OF, {"numbers": numbers}) if numbers else ()
        estimates: dict[int, dict[Factor, Estimate]] = {number: {} for number in numbers}
        for row in known:
            estimates[row.number][Factor(row.factor)] = _estimate(row)
        return [_request(row, estimates[row.number]) for row in rows]

    def _estimates(self, number: RequestNumber) -> dict[Factor, Estimate]:
        rows = self._connection.execute(_ESTIMATES, {"this": number})
        return {Factor(row.factor): _estimate(row) for row in rows}

    def _with_details(self, new: Request, number: RequestNumber, slug: Slug) -> Request:
        stored = replace(new, number=number, slug=slug)
        self._put_estimates(stored)
        self._put_words(stored)
        return stored

    def _put_estimates(self, of: Request) -> None:
        rows = _estimate_rows(of)
        if rows:
            self._connection.execute(_NEW_ESTIMATE, rows)

    def _put_words(self, of: Request) -> None:
        words = words_in(of.title, of.problem)
        self._connection.execute(_NEW_WORDS[self._connection.dialect.name], {"this": of.number, "words": words})

    def _free_slug(self, title: str, key: str) -> Slug:
        base = slug_of(title)
        if read_key(base) == base and self._connection.scalar(_SLUG, {"this": base}) is None:
            return base
        candidates = _neighbours(base, key)
        taken = set(self._connection.scalars(_SLUGS, {"these": candidates}))
        return next(slug for slug in candidates if slug not in taken and read_key(slug) == slug)  # never like R-2

    def _next_numbers(self, many: int) -> Sequence[RequestNumber]:
        if self._connection.dialect.name != "sqlite":
            return sorted(self._connection.scalars(_NEXT_NUMBERS, {"many": many}))
        last = self._connection.execute(_LAST_NUMBER).scalar_one()
        return [RequestNumber(last + nth) for nth in range(1, many + 1)]

    def _free_slugs(self, new: Sequence[Newcomer]) -> Sequence[Slug]:
        """One for each, as `add` would choose them one after the other; what brings its own comes first."""
        names = [_slugs(one) for one in new]
        taken = self._taken({some[0] for some in names})
        crowded = [some for some in names if some[0] in taken or read_key(some[0]) != some[0]]
        first = Counter(some[0] for some in names)
        crowded += [some for some in names if first[some[0]] > 1]
        taken |= self._taken({slug for some in crowded for slug in some[1:]})
        own = {one.slug for one in new if one.slug}
        chosen: list[Slug] = []
        for one, some in zip(new, names, strict=True):
            found = one.slug or next(s for s in some if s not in taken and s not in own and read_key(s) == s)
            taken.add(found)
            chosen.append(found)
        return chosen

    def _taken(self, slugs: Collection[Slug]) -> set[Slug]:
        return set(self._connection.scalars(_SLUGS, {"these": list(slugs)})) if slugs else set()

    def _ranked(self, rows: Sequence[Row[Any]]) -> list[BoardRow]:
        places = self.places_of(row.rank_score for row in rows if row.rank_score is not None)
        return [_board_row(row, places.get(row.rank_score)) for row in rows]


#: Columns that are fields of a Request by the same name.
_PROGRESS = (
    "owner",
    "direction",
    "tracker",
    "target",
    "reason",
    "same_as",
    "survivor",
    "wanted_by",
    "answered_at",
    "released_at",
    "adoption_target",
    "adoption_event",
)


def _neighbours(base: Slug, key: str) -> list[Slug]:
    tails = [*map(str, range(2, _NEIGHBOURS + 1)), *(key[-length:] for length in _PIECES)]
    return [Slug(f"{base}-{tail}") for tail in tails]


def _slugs(of: Newcomer) -> list[Slug]:
    """What it could be called, what it is called best first."""
    base = of.slug or slug_of(of.request.title)
    return [base, *_neighbours(base, of.key)]


def _new_row(of: Request, key: str) -> dict[str, Any]:
    own = {"number": of.number, "slug": of.slug, "key": key, "by": of.by, "at": of.at, "changed_at": of.at}
    return {**_columns(of), **own, "sent": None}


def _estimate_rows(of: Request) -> list[dict[str, Any]]:
    return [{"number": of.number, "factor": f, **vars(e)} for f, e in of.estimates.items()]


def _columns(of: Request) -> dict[str, Any]:
    return {
        "title": of.title,
        "problem": of.problem,
        "source": of.source,
        "status": of.status,
        "companies": of.companies,
        "score": of.score,
        "rank_score": of.rank_score,
        "version": of.version,
        "origin_channel": of.origin.channel if of.origin else None,
        "origin_ts": of.origin.ts if of.origin else None,
        "origin_permalink": of.origin.permalink if of.origin else None,
        **{name: getattr(of, name) for name in _PROGRESS},
    }


def _estimate(row: Row[Any]) -> Estimate:
    return Estimate(
        proposed=row.proposed,
        proposed_by=row.proposed_by,
        confirmed=row.confirmed,
        confirmed_by=row.confirmed_by,
    )


def _request(row: Row[Any], estimates: Mapping[Factor, Estimate]) -> Request:
    return Request(
        number=row.number,
        slug=row.slug,
        title=row.title,
        problem=row.problem,
        source=Source(row.source),
        status=Status(row.status),
        by=row.by,
        at=row.at,
        estimates=estimates,
        companies=row.companies,
        version=row.version,
        origin=_origin(row),
        **{name: getattr(row, name) for name in _PROGRESS},
    )


def _origin(row: Row[Any]) -> Origin | None:
    if row.origin_channel is None:
        return None
    return Origin(channel=row.origin_channel, ts=row.origin_ts, permalink=row.origin_permalink)


def _board_row(row: Row[Any], place: Place | None) -> BoardRow:
    return BoardRow(
        number=row.number,
        slug=row.slug,
        title=row.title,
        score=row.score,
        companies=row.companies,
        status=Status(row.status),
        place=place,
        target=row.target,
        released_at=row.released_at,
    )
