"""Whatever the domain allows, Slack takes what we draw of it, and nothing people wrote is ever markup."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.accounts import Account
from bot.domain.board import Choice, Place, Row, Standing, scores_to_place
from bot.domain.board import standing as standing_of
from bot.domain.errors import Busy, Refused, Unavailable
from bot.domain.facts import (
    BlankForm,
    BoardView,
    Card,
    CustomerView,
    Filed,
    HomeView,
    Joined,
    OnBoard,
    Outcome,
    Sized,
    SizingForm,
    Undeliverable,
)
from bot.domain.ids import AccountId, ChannelId, MessageTs, RequestNumber, Slug, UserId
from bot.domain.money import Money
from bot.domain.requests import (
    CUSTOMER_LIMIT,
    CUSTOMERS_AT_ONCE,
    PROBLEM_LIMIT,
    TITLE_LIMIT,
    Customer,
    Estimate,
    Join,
    Request,
    Source,
    Status,
)
from bot.domain.roles import DEFAULTS, Role
from bot.domain.setup import Helped
from bot.domain.talks import Asked, Kind, Question
from bot.domain.text import clean, is_blank, one_line
from bot.domain.wsjf import SCALE, Factor, Score
from bot.ui import (
    board,
    card,
    customers,
    estimate_form,
    help,  # noqa: A004 - a page of that name
    home,
    join_form,
    offer,
    parts,
    request_form,
    troubles,
)
from bot.ui.memory import Memory
from sandbox import rules
from tests.builders import (
    ALICE,
    BORIS,
    GENERATED,
    MONDAY,
    NAMES,
    an_origin,
    filled,
    places_among,
    the_founding_request,
)

# ---- facts --------------------------------------------------------------------------------------

NASTY = (
    "<!channel> <!here> <!everyone>",
    "<@U1|x> <#C1> <!subteam^S1>",
    "<https://evil.test|safe.test> &lt;!channel&gt;",
    "*b* _i_ ~s~ `c` ```x```",
    "{title} {name} %s {0}",
    "\u200b\u00a0x\u2028y",
    "Zalgo" + "\u0301" * 60,
    "👨‍👩‍👧‍👦" * 9,
    "שלום مرحبا",
)
WILD = st.text(st.characters(codec=None), max_size=60) | st.sampled_from(NASTY)


def up_to(limit: int) -> st.SearchStrategy[str]:
    """Texts as the domain lets them in, often as long as it allows and of what grows most when escaped."""
    long = st.sampled_from(["&", "<", "x", "я", "🚀", "& ", "<!channel> "]).map(lambda c: c * limit)
    texts = (WILD | long).map(lambda t: one_line(clean(t))[:limit].strip())
    return texts.filter(lambda t: not is_blank(t))


TITLES, PROBLEMS, NAMED = up_to(TITLE_LIMIT), up_to(PROBLEM_LIMIT), up_to(CUSTOMER_LIMIT)
NUMBERS = st.sampled_from([1, 14, 10**9 - 1]).map(RequestNumber)
COUNTS = st.sampled_from([0, 1, 2, 999, 1000, 10**6])
PLACES = st.builds(Place, rank=st.sampled_from([1, 3, 1000, 10**6]), tied=st.booleans(), of=COUNTS)
SCORES = st.sampled_from([Score(78), Score(1560), Score(93600)])
STEPS = st.none() | st.sampled_from(SCALE)
PEOPLE = st.none() | st.sampled_from([*NAMES, UserId("U404")])
ESTIMATES = st.builds(Estimate, proposed=STEPS, proposed_by=PEOPLE, confirmed=STEPS, confirmed_by=PEOPLE).filter(
    lambda e: e.figure is not None
)
FACTORS = st.sets(st.sampled_from(Factor))
REQUESTS = st.builds(
    Request,
    number=NUMBERS,
    slug=st.just(Slug("slug")),
    title=TITLES,
    problem=PROBLEMS,
    source=st.sampled_from(Source),
    status=st.sampled_from(Status),
    by=PEOPLE,
    at=st.just(MONDAY),
    estimates=st.dictionaries(st.sampled_from(Factor), ESTIMATES),
    companies=COUNTS,
    version=st.just(1),
)
FULL = st.builds(
    lambda r, e: Request(**{**vars(r), "estimates": e}),
    REQUESTS,
    st.fixed_dictionaries(dict.fromkeys(Factor, ESTIMATES)),
)
ANY_REQUEST = REQUESTS | FULL
ROWS = st.builds(
    Row,
    number=NUMBERS,
    slug=st.just(Slug("slug")),
    title=TITLES,
    score=st.none() | SCORES,
    companies=COUNTS,
    status=st.sampled_from(Status),
    place=st.none() | PLACES,
    target=st.none() | st.just(date(2026, 12, 12)),
    released_at=st.none() | st.just(MONDAY),
)
ROSTERS = st.dictionaries(st.sampled_from([*NAMES, UserId("U404")]), NAMED)


def stand(request: Request, others: list[int], settled: bool) -> Standing:
    return standing_of(request.figures, places_among(others, scores_to_place(request.figures)), settled=settled)


@st.composite
def _placed(draw: st.DrawFn) -> tuple[Request, Standing]:
    request = draw(ANY_REQUEST)
    return request, stand(request, draw(st.lists(SCORES, max_size=4)), draw(st.booleans()))


PLACED = _placed()
CARDS = st.builds(
    lambda placed, **more: Card(request=placed[0], standing=placed[1], **more),
    PLACED,
    asked_by=st.none() | NAMED,
    role=st.none() | st.sampled_from(Role),
    names=ROSTERS,
)
CUSTOMERS = st.builds(CustomerView, name=NAMED, waits=COUNTS, rows=st.lists(ROWS, max_size=12).map(tuple))
BOARDS = st.builds(
    BoardView,
    words=st.just("") | up_to(4000),
    rows=st.lists(ROWS, max_size=25).map(tuple),
    ranked=COUNTS,
    unranked=COUNTS,
    card=st.none() | CARDS,
    customers=st.lists(CUSTOMERS, max_size=3).map(tuple),
)
ASKED = st.builds(
    lambda request, words: Asked(
        question=Question(id=1, number=request.number, kind=Kind.SIZE, words=words, by=ALICE, to=BORIS, at=MONDAY),
        request=request,
        names=NAMES,
    ),
    REQUESTS,
    up_to(2000),
)
CHOICES = st.builds(
    Choice,
    status=st.none() | st.sampled_from(Status),
    source=st.sampled_from([*Source, "team", "all"]),
    direction=st.none() | NAMED,
    mine=st.booleans(),
    page=st.integers(0, 999),
)
HOMES = st.builds(
    HomeView,
    questions=st.lists(ASKED, max_size=5).map(tuple),
    to_sort=st.lists(REQUESTS, max_size=3).map(tuple),
    new=COUNTS,
    to_estimate=st.lists(ROWS, max_size=5).map(tuple),
    mine=st.lists(ROWS, max_size=10).map(tuple),
    owned=st.lists(ROWS, max_size=10).map(tuple),
    board=st.lists(ROWS, max_size=10).map(tuple),
    more=st.booleans(),
    choice=CHOICES,
    has_team=st.booleans(),
    directions=st.lists(NAMED, max_size=200, unique=True).map(tuple),
)
SIMILAR = st.lists(ROWS, max_size=3, unique_by=lambda row: row.number).map(tuple)
BLANKS = st.builds(BlankForm, source=st.sampled_from(Source), similar=SIMILAR)
SIZINGS = st.builds(
    lambda placed, **more: SizingForm(request=placed[0], standing=placed[1], **more),
    PLACED,
    owned=FACTORS.map(frozenset),
    names=ROSTERS,
)
NAME_LISTS = st.lists(NAMED, max_size=CUSTOMERS_AT_ONCE).map(tuple)
MEMORY = Memory(
    key="0" * 32, number=RequestNumber(14), origin=an_origin(permalink="https://x.slack.com/" + "p" * 900)
)

# ---- what is checked of everything drawn --------------------------------------------------------

OURS = re.compile(r"<#[CG]\w+>|<@U\w+>|[Rr]isk & opportunity")
ENTITY = re.compile(r"&(?:amp|lt|gt);")


def texts_of(drawn: Any) -> Iterator[str]:
    """Every text Slack would read as markup."""
    if isinstance(drawn, Mapping):
        if drawn.get("type") == "mrkdwn":
            yield drawn["text"]
        for value in drawn.values():
            yield from texts_of(value)
    elif isinstance(drawn, list):
        for value in drawn:
            yield from texts_of(value)


def holds_no_markup(text: str) -> None:
    bare = ENTITY.sub("", OURS.sub("", text))
    assert not set("<>&") & set(bare), f"unescaped: {text}"


def taken(message: parts.Message) -> None:
    payload = {"channel": "C1", "text": message.text, "blocks": message.blocks}
    rules.check_message(payload)
    rules.check_message({**payload, "ts": "1.1"}, update=True)
    rules.check_command_reply({"response_type": "ephemeral", "text": message.text, "blocks": message.blocks})
    says_something(message.text)
    for text in (message.text, *texts_of(message.blocks)):
        holds_no_markup(text)


def says_something(text: str) -> None:
    assert len(text.split()) > 2
    assert "<!" not in text


def opened(view: parts.View) -> None:
    rules.check_view(view)
    for text in texts_of(view):
        holds_no_markup(text)


def answered(reply: parts.View, to: parts.View) -> None:
    rules.check_submission_reply({"response_action": "update", "view": reply}, to)
    opened(reply)


REQUEST_FORM = request_form.form(BlankForm(source=Source.SUPPORT), MEMORY)
ESTIMATE_FORM = estimate_form.form(
    SizingForm(
        request=the_founding_request(),
        standing=stand(the_founding_request(), [], False),
        owned=frozenset(),
        names={},
    ),
    MEMORY,
)
JOIN_FORM = join_form.form(the_founding_request(), MEMORY)

# ---- messages -----------------------------------------------------------------------------------


@GENERATED
@given(CARDS)
def test_every_card_is_taken_whole_and_plain(drawn: Card) -> None:
    taken(card.message(drawn))
    taken(card.message(drawn, plain=True))


@GENERATED
@given(BOARDS)
def test_every_board_is_taken(view: BoardView) -> None:
    taken(board.message(view))


@GENERATED
@given(st.sampled_from(["C1", "G1", "U1"]), st.sampled_from([*troubles._MENDS, "other"]) | TITLES)
def test_every_trouble_an_admin_hears_of_is_taken(line: str, error: str) -> None:
    taken(troubles.undeliverable(Undeliverable(line=line, error=error)))


def test_help_is_taken() -> None:
    taken(help.message(Helped(admins=("<!channel>" * 9,) * 5, may=tuple(DEFAULTS), roles_in_use=True)))


@GENERATED
@given(up_to(4000), PLACED, st.booleans())
def test_every_offer_is_taken(text: str, placed: tuple[Request, Standing], is_ours: bool) -> None:
    known = OnBoard(request=placed[0], standing=placed[1], is_ours=is_ours)
    for message in (offer.message(ChannelId("C1"), MessageTs("1.1"), text, NAMES), offer.known(known), offer.how()):
        taken(message)
    opened(offer.late(known))


# ---- views --------------------------------------------------------------------------------------


@GENERATED
@given(HOMES)
def test_every_home_is_taken(facts: HomeView) -> None:
    opened(home.view(facts))


@GENERATED
@given(BLANKS, st.just("") | up_to(4000), PROBLEMS, st.none() | PLACED)
@example(BlankForm(source=Source.SUPPORT), "&" * 4000, "&" * PROBLEM_LIMIT, None)
def test_every_request_form_is_taken(
    blank: BlankForm, title: str, problem: str, preview: tuple[Request, Standing] | None
) -> None:
    figures = preview[0].figures if preview else None
    standing = preview[1] if preview else None
    opened(request_form.form(blank, MEMORY, title=title, problem=problem, preview=standing, figures=figures))


@GENERATED
@given(SIZINGS)
def test_every_estimate_form_is_taken(blank: SizingForm) -> None:
    opened(estimate_form.form(blank, MEMORY))
    opened(estimate_form.form(blank, MEMORY, figures=blank.request.figures))


@GENERATED
@given(ANY_REQUEST)
def test_every_join_form_is_taken(request: Request) -> None:
    opened(join_form.form(request, MEMORY))


@GENERATED
@given(up_to(3000))
def test_every_refusal_has_a_page(text: str) -> None:
    opened(troubles.page(text))
    opened(troubles.home(text))


# ---- answers ------------------------------------------------------------------------------------


@GENERATED
@given(PLACED, st.sampled_from(Outcome), st.none() | st.just(ChannelId("C1")))
def test_every_receipt_is_taken(
    placed: tuple[Request, Standing], outcome: Outcome, where: ChannelId | None
) -> None:
    request, standing = placed
    answered(request_form.receipt(Filed(request=request, outcome=outcome, board=where), standing), REQUEST_FORM)


@GENERATED
@given(PLACED, st.none() | SCORES, FACTORS)
def test_every_receipt_of_an_estimate_is_taken(
    placed: tuple[Request, Standing], was: Score | None, suggested: set[Factor]
) -> None:
    request, standing = placed
    known = tuple(f for f in suggested if f in request.figures)
    sized = Sized(request=request, was=was, decided=(), suggested=known)
    answered(estimate_form.receipt(sized, standing), ESTIMATE_FORM)


@GENERATED
@given(ANY_REQUEST, NAME_LISTS, NAME_LISTS.filter(bool), st.booleans())
def test_every_receipt_of_joining_is_taken(
    request: Request, added: tuple[str, ...], waited: tuple[str, ...], deal: bool
) -> None:
    wish = Join(customers=(Customer(name="Acme"),), deal_size=Money(minor=1, currency="USD") if deal else None)
    answered(join_form.receipt(Joined(request=request, added=added, waited_already=waited), wish), JOIN_FORM)


@GENERATED
@given(
    st.lists(st.tuples(NAMED, st.text("abc-", min_size=1, max_size=75)), max_size=20, unique_by=lambda a: a[1]),
    WILD | up_to(200),
)
def test_every_list_of_customers_is_taken(known: list[tuple[str, str]], typed: str) -> None:
    accounts = [Account(id=AccountId(key), name=name) for name, key in known]
    rules.check_options_reply({"options": customers.options(accounts, clean(typed))})


FORMS = {"request": REQUEST_FORM, "estimate": ESTIMATE_FORM, "join": JOIN_FORM}
READERS: dict[str, Callable[[parts.View], object]] = {
    "request": lambda view: request_form.read(view, "USD"),
    "estimate": estimate_form.read,
    "join": lambda view: join_form.read(view, "USD"),
}


@pytest.mark.parametrize("name", FORMS)
def test_what_a_form_refuses_stands_beside_fields_it_has(name: str) -> None:
    """Errors under a field the form lacks would make Slack drop the whole answer."""
    form = FORMS[name]
    read = READERS[name]
    tries: list[dict[str, Any]] = [
        {"title": "", "problem": ""},
        {"title": "x" * 121, "problem": "x" * 3001, "deal_size": "lots"},
        {"deal_size": "120k"},
        {"customers": [{"value": "new:"}]},
        {"customers": [{"value": f"new:c{n}"} for n in range(26)]},
        {"customers": [{"value": "new:a"}, {"value": "new:b"}], "deal_size": "1k"},
        {"close_date": "2026-13-01"},
    ]
    fields = {block["block_id"] for block in form["blocks"] if block["type"] == "input"}
    for typed in tries:
        try:
            read(filled(form, **{field: value for field, value in typed.items() if field in fields}))
        except Refused as refused:
            rules.check_submission_reply({"response_action": "errors", "errors": dict(refused.fields)}, form)


@pytest.mark.parametrize("error", [Busy("x"), Unavailable("x"), KeyError("secret"), Refused("Say why.")])
@pytest.mark.parametrize("in_form", [True, False])
def test_errors_are_words_and_never_their_cause(error: Exception, in_form: bool) -> None:
    said = troubles.words(error, "0a1b2c3d", in_form=in_form)
    assert "secret" not in said
    assert said.endswith(".")


def test_dates_as_far_as_slack_offers_them_are_read() -> None:
    for day in (MONDAY.date(), MONDAY.date() + timedelta(days=36500), date(1970, 1, 1)):
        wish = join_form.read(filled(JOIN_FORM, customers=[{"value": "acme"}], close_date=day.isoformat()), "USD")
        assert wish.close_date == day
