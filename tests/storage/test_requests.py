"""Requests: their state, their places against counting one by one, and the words that find them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from bot.domain import board
from bot.domain.board import SALES, Filter, Place
from bot.domain.ids import ChannelId, MessageTs, RequestNumber, Slug, read_key
from bot.domain.requests import PROBLEM_LIMIT, Estimate, Request, Source, Status
from bot.domain.text import words_of
from bot.domain.wsjf import SCALE, UNIT, Factor, Score
from storage import tables
from storage.database import Database
from storage.store import Store
from tests.builders import (
    ALICE,
    BORIS,
    MONDAY,
    WITH_DATABASE,
    a_request,
    a_request_with,
    an_act,
    an_origin,
    places_among,
    the_founding_request,
)


def add(store: Store, *requests: Request) -> list[RequestNumber]:
    return [store.requests.add(r, f"request:{n}:{r.title}").number for n, r in enumerate(requests)]


def titled(store: Store, /, *titles: str, **more: Any) -> list[RequestNumber]:
    return add(store, *(a_request(title=t, **more) for t in titles))


# ---- one request --------------------------------------------------------------------------------


async def test_a_request_is_kept_as_it_is(db: Database) -> None:
    estimates = {
        Factor.VALUE: Estimate(proposed=8, proposed_by=ALICE, confirmed=13, confirmed_by=BORIS),
        Factor.JOB_SIZE: Estimate(confirmed=1),
    }
    new = a_request(
        title="Отчёт 🚀",
        problem="one\ntwo",
        estimates=estimates,
        by=None,
        origin=an_origin(permalink="https://home.slack.com/p1"),
        companies=3,
        at=MONDAY + timedelta(microseconds=1),
    )
    kept = await db.write(lambda s: s.requests.add(new, "request:1"))
    assert kept == replace(new, number=kept.number, slug=Slug("отчёт"))
    for find in (
        lambda s: s.requests.get(kept.number),
        lambda s: s.requests.by_slug(Slug("отчёт")),
        lambda s: s.requests.by_key("request:1"),
        lambda s: s.requests.by_origin(ChannelId("C1"), MessageTs("1732537462.000100")),
    ):
        assert await db.read(find) == kept
    assert await db.read(lambda s: s.requests.get(RequestNumber(404))) is None
    assert await db.read(lambda s: s.requests.by_origin(ChannelId("C1"), MessageTs("1.1"))) is None


async def test_a_saved_request_has_its_new_state_and_figures_and_no_old_ones(db: Database) -> None:
    kept = await db.write(lambda s: s.requests.add(the_founding_request(), "request:1"))
    changed = replace(kept, title="Other", status=Status.TESTING, companies=9, version=2, estimates={})
    await db.write(lambda s: s.requests.save(changed, an_act()))
    assert await db.read(lambda s: s.requests.get(kept.number)) == changed


async def test_a_number_is_never_given_twice(db: Database) -> None:
    [first] = await db.write(titled, "one")

    def forget_all(store: Store) -> None:
        for table in (tables.request_word, tables.estimate, tables.request):
            store.connection.execute(delete(table))

    await db.write(forget_all)
    [second] = await db.write(titled, "one")
    assert second > first


# ---- slugs --------------------------------------------------------------------------------------


async def test_twelve_requests_of_one_title_have_slugs_of_their_own(db: Database) -> None:
    def file_twelve(store: Store) -> list[Slug]:
        return [store.requests.add(a_request(), f"request:{n:032x}").slug for n in range(12)]

    slugs = await db.write(file_twelve)
    assert slugs[:3] == ["k8s-connector", "k8s-connector-2", "k8s-connector-3"]
    assert len(set(slugs)) == 12
    assert all(isinstance(read_key(slug), str) for slug in slugs)


async def test_keys_with_the_same_end_still_make_slugs_of_their_own(db: Database) -> None:
    def file_many(store: Store) -> list[Slug]:
        return [store.requests.add(a_request(), f"request:{n:020x}{'0' * 12}").slug for n in range(15)]

    assert len(set(await db.write(file_many))) == 15


@pytest.mark.parametrize("title", ["R", "r!", "14", "R-14", "🚀", "%"])
async def test_no_slug_ever_looks_like_a_number(db: Database, title: str) -> None:
    def file_twelve(store: Store) -> list[Slug]:
        return [store.requests.add(a_request(title=title), f"request:{n:032}").slug for n in range(12)]

    slugs = await db.write(file_twelve)
    assert len(set(slugs)) == 12
    for slug in slugs:
        assert read_key(slug) == slug, f"{slug} would be read as a number"


async def test_a_title_that_is_anothers_slug_gets_one_of_its_own(db: Database) -> None:
    def file(store: Store) -> list[Slug]:
        titles = ["report 2", "report", "report"]
        return [store.requests.add(a_request(title=t), f"request:{n:032x}").slug for n, t in enumerate(titles)]

    assert await db.write(file) == ["report-2", "report", "report-3"]


# ---- places -------------------------------------------------------------------------------------

FIGURES = st.fixed_dictionaries(dict.fromkeys(Factor, st.sampled_from(SCALE)))
BOARDS = st.lists(
    st.builds(
        a_request_with,
        FIGURES | st.just({}),
        status=st.sampled_from([*Status, Status.BACKLOG, Status.BACKLOG]),
        companies=st.integers(0, 3),
        at=st.integers(0, 3).map(lambda days: MONDAY - timedelta(days=days)),
    ),
    max_size=14,
)


def ranked(requests: Sequence[Request]) -> list[Request]:
    """In board order: score, companies waiting, then older, then who came first."""
    open_ones = [r for r in requests if r.status.is_open and r.score is not None]
    return sorted(open_ones, key=lambda r: (-(r.score or 0), -r.companies, r.at, r.number))


def place(of: Request, among: Sequence[Request]) -> Place:
    scores = [r.score or 0 for r in ranked(among)]
    own = of.score or 0
    return Place(rank=1 + sum(s > own for s in scores), tied=scores.count(own) > 1, of=len(scores))


def look(store: Store, requests: Sequence[Request]) -> list[Request]:
    """On a board of these and no others, everything a person can be shown is what counting finds."""
    clear(store)
    kept = [store.requests.add(r, f"request:{n}") for n, r in enumerate(requests)]
    expected = ranked(kept)
    for limit in (1, 3, 20):
        top = store.requests.top(limit)
        assert [row.number for row in top] == [r.number for r in expected[:limit]]
        assert [row.place for row in top] == [place(r, kept) for r in expected[:limit]]
    assert store.requests.ranked() == len(expected)
    waiting = [r.number for r in kept if r.status.is_open and r.score is None]
    assert store.requests.unranked_count() == len(waiting)
    assert [row.number for row in store.requests.unranked(20)] == waiting
    rows = store.requests.rows([r.number for r in kept])
    assert [row.place for row in rows] == [place(r, kept) if r in expected else None for r in kept]
    mine = store.requests.of_person(ALICE, 20)
    assert [row.number for row in mine] == [r.number for r in reversed(kept)]
    found = store.requests.places_of([r.score for r in expected if r.score])
    assert found == {r.score: place(r, kept) for r in expected}
    for one in kept:
        others = [r.score or 0 for r in expected if r.number != one.number]
        wanted = board.scores_to_place(the_founding_request().figures)
        assert store.requests.places_for(wanted, besides=one.number) == places_among(others, wanted)
    return kept


def clear(store: Store) -> None:
    for table in (tables.request_word, tables.estimate, tables.request):
        store.connection.execute(delete(table))


@settings(WITH_DATABASE, max_examples=40)
@given(requests=BOARDS)
async def test_the_board_is_what_counting_one_by_one_finds(db: Database, requests: list[Request]) -> None:
    await db.write(look, requests)


@pytest.mark.faults
@settings(WITH_DATABASE, max_examples=1000)
@given(requests=BOARDS)
async def test_a_thousand_boards_are_what_counting_one_by_one_finds(db: Database, requests: list[Request]) -> None:
    await db.write(look, requests)


def fill(store: Store, count: int) -> None:
    """A large board at once: one request has a score of its own, the others share one."""
    common = {"problem": "p", "source": "support", "status": "backlog", "companies": 0, "version": 1}
    rows = [
        {
            **common,
            "slug": f"s{n}",
            "key": f"k{n}",
            "title": f"t{n}",
            "at": MONDAY,
            "changed_at": MONDAY,
            "score": UNIT + (n == 0),
            "rank_score": UNIT + (n == 0),
        }
        for n in range(count)
    ]
    store.connection.execute(insert(tables.request), rows)


@pytest.mark.parametrize(("count", "of"), [(999, 999), (1000, 1000), (1001, 1000), (2500, 1000)])
async def test_a_board_is_counted_up_to_a_thousand(db: Database, count: int, of: int) -> None:
    await db.write(fill, count)
    assert await db.read(lambda s: s.requests.ranked()) == of
    first, second = await db.read(lambda s: s.requests.top(2))
    assert first.place == Place(rank=1, tied=False, of=of)
    assert second.place == Place(rank=2, tied=True, of=of)
    found = await db.read(lambda s: s.requests.places_for([Score(UNIT), Score(1)]))
    assert found == {
        UNIT: Place(rank=2, tied=True, of=of + 1),
        1: Place(rank=count + 1, tied=False, of=of + 1),
    }


@pytest.mark.parametrize(("count", "others"), [(1000, 999), (1001, 1000), (2500, 1000)])
async def test_a_request_does_not_count_among_the_others(db: Database, count: int, others: int) -> None:
    await db.write(fill, count)
    first, second = await db.read(lambda s: s.requests.top(2))
    wanted = [Score(UNIT + 1), Score(UNIT)]
    assert await db.read(lambda s: s.requests.places_for(wanted, besides=first.number)) == {
        UNIT + 1: Place(rank=1, tied=False, of=others + 1),
        UNIT: Place(rank=1, tied=True, of=others + 1),
    }
    assert await db.read(lambda s: s.requests.places_for(wanted, besides=second.number)) == {
        UNIT + 1: Place(rank=1, tied=True, of=others + 1),
        UNIT: Place(rank=2, tied=True, of=others + 1),
    }


async def test_many_scores_are_placed_together(db: Database) -> None:
    scores = range(1, 31)

    def place(store: Store) -> None:
        requests = add(store, *(a_request(title=f"r{n}") for n in scores))
        for number, score in zip(requests, scores, strict=True):
            this = update(tables.request).where(tables.request.c.number == number)
            store.connection.execute(this.values(score=score, rank_score=score))

    await db.write(place)
    found = await db.read(lambda s: s.requests.places_of([Score(n) for n in scores]))
    assert found == {n: Place(rank=31 - n, tied=False, of=30) for n in scores}


async def test_a_place_among_nobody_is_the_first(db: Database) -> None:
    assert await db.read(lambda s: s.requests.places_for([Score(UNIT)])) == {UNIT: Place(rank=1, tied=False, of=1)}
    assert await db.read(lambda s: s.requests.places_for([])) == {}
    assert await db.read(lambda s: s.requests.top(5)) == []
    assert await db.read(lambda s: s.requests.rows([])) == []


# ---- parts of the board -------------------------------------------------------------------------


def a_mixed_board(store: Store) -> None:
    """Sixty requests, all kinds of them, in no order."""
    kinds = [(s, source) for s in Status for source in Source]
    for n in range(60):
        status, source = kinds[n * 7 % len(kinds)]
        figures = {f: SCALE[(n * 5 + m) % len(SCALE)] for m, f in enumerate(Factor)} if n % 4 else {}
        released = MONDAY + timedelta(days=n * 11 % 60) if status is Status.RELEASED and n % 5 else None
        more: dict[str, Any] = {"direction": ("Growth", None)[n % 2], "owner": (BORIS, None, ALICE)[n % 3]}
        new = a_request_with(figures, title=f"r{n}", source=source, companies=n % 3, **more)
        kept = store.requests.add(new, f"request:{n}")
        store.requests.save(replace(kept, status=status, released_at=released), an_act())


def counted_one_by_one(store: Store, wanted: Filter) -> list[RequestNumber]:
    found = [r for n in range(1, 61) if (r := store.requests.get(RequestNumber(n))) and holds(r, wanted)]
    if wanted.status is Status.RELEASED:
        return [r.number for r in sorted(found, key=lambda r: (r.released_at or EVER, r.number), reverse=True)]
    return [r.number for r in sorted(found, key=in_board_order)]


def in_board_order(request: Request) -> tuple[Any, ...]:
    if request.score is None or not request.status.is_open:
        return 1, request.number
    return 0, -request.score, -request.companies, request.at, request.number


EVER = MONDAY - timedelta(days=999)


def holds(request: Request, wanted: Filter) -> bool:
    return (
        (request.status is wanted.status if wanted.status else request.status.is_open)
        and (wanted.sources is None or request.source in wanted.sources)
        and wanted.direction in (None, request.direction)
        and wanted.owner in (None, request.owner)
    )


PARTS = [
    Filter(),
    *(Filter(status=status) for status in Status),
    Filter(sources=SALES),
    Filter(sources=frozenset()),
    Filter(direction="Growth"),
    Filter(direction="growth"),
    Filter(owner=BORIS),
    Filter(status=Status.RELEASED, sources=SALES, owner=ALICE),
    Filter(sources=SALES, direction="Growth", owner=BORIS),
]


async def test_each_part_of_the_board_is_what_counting_one_by_one_finds_page_by_page(db: Database) -> None:
    await db.write(a_mixed_board)

    def compare(store: Store, wanted: Filter) -> None:
        expected = counted_one_by_one(store, wanted)
        everything = store.requests.filtered(wanted, 0, 99)
        assert [row.number for row in everything] == expected, wanted
        for size in (1, 4, 7):
            pages = [store.requests.filtered(wanted, start, size) for start in range(0, len(expected) + size, size)]
            assert [row for page in pages for row in page] == everything, (wanted, size)
        placed = {row.number: row.place for row in store.requests.top(99)}
        assert all(row.place == placed.get(row.number) for row in everything), wanted

    for wanted in PARTS:
        await db.read(compare, wanted)
    assert await db.read(lambda s: list(s.requests.directions())) == ["Growth"]


# ---- finding ------------------------------------------------------------------------------------


def found(store: Store, /, typed: str, limit: int = 20, **more: bool) -> list[str]:
    numbers = store.requests.with_words(words_of(typed), limit, **more)
    return [row.title for row in store.requests.rows(numbers)]


@pytest.mark.parametrize(
    ("typed", "titles"),
    [
        ("connector", ["API connector", "Kubernetes (k8s) connector"]),
        ("conn", ["API connector", "Kubernetes (k8s) connector"]),
        ("K8S CONN", ["Kubernetes (k8s) connector", "API connector"]),
        ("connector k8s", ["Kubernetes (k8s) connector", "API connector"]),
        ("onnector", []),
        ("conn k8s", ["Kubernetes (k8s) connector"]),
        ("ОТЧЁТ", ["Отчёт о затратах"]),
        ("затр", ["Отчёт о затратах"]),
        ("STRASSE", ["Straße"]),
        ("東", ["東京 電力"]),
        ("%", []),
        ("_", []),
        ("k_s", []),
        ("", []),
        ("🚀", []),
        ("clusters", ["東京 電力", "Straße", "Отчёт о затратах", "API connector", "Kubernetes (k8s) connector"]),
    ],
)
async def test_requests_are_found_by_their_words(db: Database, typed: str, titles: list[str]) -> None:
    await db.write(titled, "Kubernetes (k8s) connector", "API connector", "Отчёт о затратах", "Straße", "東京 電力")
    assert await db.read(found, typed) == titles


async def test_who_holds_more_of_the_words_comes_first_then_the_newest(db: Database) -> None:
    await db.write(titled, "single sign-on with okta", "sign in", "single report", "okta")
    assert await db.read(found, "single sign okta") == [
        "single sign-on with okta",
        "okta",
        "single report",
        "sign in",
    ]
    assert await db.read(found, "single sign okta", 2) == ["single sign-on with okta", "okta"]


async def test_an_unfinished_word_counts_once_however_many_words_begin_with_it(db: Database) -> None:
    await db.write(titled, "acme connector", "connect connecting connected connection")
    assert await db.read(found, "acme conn") == ["acme connector", "connect connecting connected connection"]


async def test_the_last_word_typed_in_full_counts_like_any_other(db: Database) -> None:
    await db.write(titled, "con connector", "connector")
    assert await db.read(found, "connector con") == ["con connector", "connector"]


def fill_words(store: Store, count: int, *words: str) -> None:
    """So many requests more that hold these words in their titles."""
    fill(store, count)
    rows = [{"word": w, "number": n, "in_title": True} for w in words for n in _newest(store, count)]
    store.connection.execute(insert(tables.request_word), rows)


def _newest(store: Store, count: int) -> Sequence[int]:
    return store.connection.scalars(
        select(tables.request.c.number).order_by(tables.request.c.number.desc()).limit(count)
    ).all()


@pytest.mark.parametrize("more", [{}, {"titles_only": True}], ids=["all words", "titles"])
async def test_among_thousands_a_rare_word_finds_old_ones_and_what_else_they_hold(
    db: Database, more: dict[str, bool]
) -> None:
    await db.write(titled, "common zebra", "zebra")
    await db.write(fill_words, 3000, "common")
    assert await db.read(lambda s: found(s, "common zebra", 2, **more)) == ["common zebra", "t2999"]
    assert await db.read(lambda s: found(s, "zebra comm", 2, **more)) == ["common zebra", "t2999"]
    assert await db.read(lambda s: found(s, "zebra", 9, **more)) == ["zebra", "common zebra"]
    assert len(await db.read(lambda s: found(s, "common", 300, **more))) == 300


async def test_a_long_title_is_looked_up_by_its_longest_words(db: Database) -> None:
    await db.write(titled, "kubernetes")
    typed = " ".join([*map(chr, range(ord("a"), ord("y"))), "kubernetes", "y", "z"])
    assert await db.read(found, typed, titles_only=True) == ["kubernetes"]


async def test_titles_alone_can_be_searched(db: Database) -> None:
    await db.write(titled, "clusters", "pods")
    assert await db.read(found, "clusters") == ["pods", "clusters"]
    assert await db.read(found, "clusters", titles_only=True) == ["clusters"]


async def test_a_reworded_request_is_found_by_its_new_words_only(db: Database) -> None:
    [number] = await db.write(titled, "old title")

    def reword(store: Store) -> None:
        kept = store.requests.get(number)
        assert kept
        changed = replace(kept, title="new title", problem="Other words.")
        store.requests.save(changed, an_act())
        store.requests.reword(changed)

    await db.write(reword)
    assert await db.read(found, "old") == []
    assert await db.read(found, "clusters") == []
    assert await db.read(found, "new words") == ["new title"]


async def test_titles_are_told_of_open_requests(db: Database) -> None:
    numbers = await db.write(add, *(a_request(title=status, status=status) for status in Status))
    titles = await db.read(lambda s: s.requests.titles(numbers))
    assert [title for _, title in titles] == ["backlog", "planned", "in_progress", "testing"]


@pytest.mark.parametrize(
    "word", ["x", "間", "\U0001d573", "ﷺ"], ids=["latin", "chinese", "fraktur", "eighteen letters in one"]
)
async def test_the_longest_word_a_problem_can_hold_is_kept_and_found(db: Database, word: str) -> None:
    unbroken = "".join(chr(ord(word) + n % 2) if word == "x" else word for n in range(PROBLEM_LIMIT))
    mixed = "".join(chr(0x4E00 + (n * 7919) % 20000) for n in range(PROBLEM_LIMIT))
    await db.write(titled, "long", problem=unbroken)
    await db.write(titled, "mixed", problem=mixed)
    assert "long" in await db.read(found, unbroken)
    assert await db.read(found, mixed) == ["mixed"]
    assert await db.read(found, mixed[:9]) == ["mixed"]
