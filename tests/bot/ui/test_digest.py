"""How the weekly digest reads, and that Slack takes it whatever the week was like."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.board import Place, Row
from bot.domain.changes import Change
from bot.domain.digest import (
    SENTENCE_LIMIT,
    AtStake,
    Because,
    Details,
    Digest,
    Headline,
    Missed,
    NorthStar,
    Part,
    Placed,
    Preview,
    Redated,
    Shipped,
    Star,
    Started,
    State,
    Unsized,
    Used,
    Waiting,
    Week,
)
from bot.domain.errors import Refused
from bot.domain.ids import ChannelId, RequestNumber
from bot.domain.money import Money
from bot.domain.periods import Weekly
from bot.domain.reasons import Cause
from bot.domain.requests import Source, Status
from bot.domain.roles import Doing
from bot.domain.subscriptions import COMPANY, Subscription, SubscriptionId
from bot.domain.wsjf import COST_OF_DELAY, Factor
from bot.ui import digest, digest_preview, sentence_form
from bot.ui import figures as show
from bot.ui.memory import Memory
from bot.ui.parts import Message
from tests.bot.ui.test_limits import COUNTS, NAMED, ROWS, answered, opened, taken, up_to
from tests.builders import GENERATED, MONDAY, a_row, filled

BERLIN = ZoneInfo("Europe/Berlin")
DUE = datetime(2026, 11, 23, 9, tzinfo=UTC)
MEMORY = Memory(key="0" * 32, digest="company:2026-W48")

# ---- weeks --------------------------------------------------------------------------------------


def a_subscription(**more: Any) -> Subscription:
    weekly = Weekly(day=0, minute=600, zone=BERLIN)
    values: dict[str, Any] = {"id": COMPANY, "channel": ChannelId("C1"), "weekly": weekly, "by": None, "at": MONDAY}
    return Subscription(**{**values, **more})


def a_digest(**more: Any) -> Digest:
    """Week 48 of the company, in which nothing happened."""
    values: dict[str, Any] = {
        "subscription": a_subscription(),
        "period": "2026-W48",
        "since": date(2026, 11, 16),
        "until": date(2026, 11, 23),
    }
    return Digest(**{**values, **more})


def activation(*figures: float, until: int = 48, **more: Any) -> NorthStar:
    values: dict[str, Any] = {
        "metric": "activation",
        "name": "Activation",
        "definition": "New users active within 30 days of sign-up",
        "unit": "%",
        "target": 65.0,
    }
    weeks = range(until - len(figures) + 1, until + 1)
    told = tuple((f"2026-W{week}", value) for week, value in zip(weeks, figures, strict=True))
    return NorthStar(star=Star(**{**values, **more}), figures=told)


def row(title: str, rank: int | None = None, target: date | None = None, **more: Any) -> Row:
    place = Place(rank=rank, tied=False, of=40) if rank else None
    number = crc32(title.encode()) % 10**6 + 1
    return a_row(number, title=title, place=place, target=target, **more)


def part(*shown: Any, more: int = 0) -> Part[Any]:
    return Part(shown=shown, more=more)


def waiting(
    title: str, because: Because, day: int = 18, *whose: str, words: str | None = None, **more: Any
) -> Waiting:
    since = date(2026, 11, day)
    return Waiting(row=row(title, **more), because=because, since=since, whose=whose, words=words)


DEC_12 = date(2026, 12, 12)


def by_figure(factor: str, old: int | None, new: int, climbs: int) -> Cause:
    return Cause(climbs=climbs, is_own=True, figure=Change(field=factor, old=old, new=new))


def by_others(climbs: int) -> Cause:
    return Cause(climbs=climbs, is_own=False)


SAVINGS = waiting("savings reports", Because.LATE, 20, "Boris", target=date(2026, 11, 20))
DARK = Unsized(row=row("dark-mode"), whose=("Tanya", "Ravi"), needs="Which screens first?")
SSO = Unsized(row=row("SSO for partners"), whose=("Tanya",))
SEAT = (
    Placed(row=row("k8s-connector", 1), was=3, is_first=False, causes=(by_figure("job_size", 13, 5, 2),)),
    Placed(row=row("usage alerts", 2), was=1, is_first=False, causes=(by_others(-1),)),
    Placed(row=row("budget forecasts", 3), was=2, is_first=False, causes=(by_others(-1),)),
    Placed(row=row("audit log export", 4), was=4, is_first=False),
    Placed(row=row("SSO for partners", 5), was=None, is_first=False, causes=(by_figure("value", None, 8, 0),)),
)
STEADY = tuple(replace(one, was=place, causes=()) for place, one in enumerate(SEAT, 1))
WEEKS = tuple(
    Week(name=f"2026-W{week}", filed=filed, shipped=shipped)
    for week, filed, shipped in ((45, 4, 1), (46, 6, 0), (47, 3, 2), (48, 5, 1))
)

QUIET = a_digest(star=activation(48, 50, 52, 54), unsized=part(DARK, SSO), top=STEADY, weeks=WEEKS)
NORMAL = a_digest(
    star=activation(48, 50, 52, 54),
    sentence="Thank you all for the SAML push. This week is about Acme's go-live.",
    sentence_by="Olga",
    filed=5,
    shipped=part(Shipped(row=row("SAML"), thanks=("Alice", "Marek"))),
    started=part(Started(row=row("k8s-connector", 1, DEC_12), by="Tanya")),
    redated=part(
        Redated(
            row=row("savings reports", 6, DEC_12),
            was=date(2026, 12, 2),
            why="The export needs another review.",
            heard=("Acme", "Borealis"),
        )
    ),
    stuck=part(
        waiting("data export", Because.BLOCKED, 18, "Ravi", words="waits for the security review"),
    ),
    unsized=part(DARK, SSO),
    outcomes=part(Used(row=row("Slack alerts"), percent=46, target=40)),
    top=SEAT,
    decisions=part(SAVINGS, waiting("usage alerts", Because.UNPLANNED, 9, "Boris", rank=2)),
    at_stake=AtStake(
        at_risk=(Money(minor=120_000_000, currency="EUR"),),
        deals=(Money(minor=34_000_000, currency="EUR"),),
        accounts=12,
    ),
    weeks=WEEKS,
)
BUSY = replace(
    NORMAL,
    filed=61,
    shipped=part(
        *(
            Shipped(row=row(title), thanks=("Alice", "Marek", "Ines", "Boris", "Tanya"))
            for title in ("SAML", "Audit log", "Invoice PDFs", "Dark mode for charts", "Bulk invites")
        ),
        more=4,
    ),
    started=part(
        *(
            Started(row=row(title, 4 + index, DEC_12 if index % 2 else None), by="Tanya")
            for index, title in enumerate(
                ("k8s-connector", "GPU costs", "Terraform provider", "usage alerts", "SCIM")
            )
        ),
        more=7,
    ),
    redated=part(
        *NORMAL.redated.shown,
        Redated(row=row("budget forecasts", 3, date(2026, 12, 4)), was=date(2026, 12, 18), why=None),
        Redated(
            row=row("report scheduling", 9), was=DEC_12, why="The team moves to savings reports", heard=("Acme",)
        ),
        Redated(
            row=row(
                "a very long title that somebody pasted from a customer's mail because they were in a hurry",
                12,
                DEC_12,
            ),
            was=None,
            why=None,
        ),
        more=3,
    ),
    stuck=part(
        *NORMAL.stuck.shown,
        waiting("tagging rules", Because.STILL, 2, "Tanya"),
        waiting(
            "multi-region",
            Because.BLOCKED,
            4,
            "Boris",
            "Olga",
            words="the contract with the second provider isn't signed",
        ),
        more=2,
    ),
    unsized=part(DARK, SSO, more=14),
    outcomes=part(*NORMAL.outcomes.shown, Used(row=row("cost tags"), percent=12.5, target=30)),
    decisions=part(
        SAVINGS,
        waiting("GPU costs", Because.WANTED, 19, "Tanya", "Ravi"),
        waiting("usage alerts", Because.UNPLANNED, 9, "Boris", rank=2),
        waiting("multi-region", Because.BLOCKED, 4, "Boris"),
        more=4,
    ),
    at_stake=AtStake(
        at_risk=(Money(minor=120_000_000, currency="EUR"), Money(minor=31_000_000, currency="USD")),
        deals=(Money(minor=34_000_000, currency="EUR"), Money(minor=9_500_000, currency="USD")),
        accounts=37,
    ),
    is_tied=True,
)


# ---- the message in the channel -----------------------------------------------------------------


def said(week: Digest) -> Message:
    return digest.headline(Headline(digest=week))


def thread(week: Digest, *, plain: bool = False) -> Message:
    return digest.details(Details(digest=week), plain=plain)


def labels(message: Message) -> list[str]:
    rows = [block for block in message.blocks if block["type"] == "actions"]
    return [element["text"]["text"] for block in rows for element in block["elements"]]


def test_a_quiet_week_says_so_in_one_line() -> None:
    bare = replace(QUIET, star=None, top=(), weeks=())
    assert said(bare).text == (
        "Week 48 · 16 to 23 November. Quiet week: nothing shipped, nothing slipped. "
        "Two requests still wait for a size."
    )
    assert len(said(bare).blocks) == 2
    assert labels(said(bare)) == []


def test_a_quiet_week_in_which_nothing_waits_says_nothing_else() -> None:
    assert digest.as_text(a_digest()) == (
        "Week 48 · 16 to 23 November\nQuiet week: nothing shipped, nothing slipped."
    )
    assert thread(a_digest()).text == "Week 48: nothing more to tell of this week."
    assert texts(thread(a_digest())) == ["Nothing more to tell of this week."]


def test_what_came_is_named_as_long_as_it_is_little() -> None:
    one = a_digest(filed=1, came=(row("k8s-connector"),))
    assert said(one).text.endswith("Quiet week: nothing shipped, nothing slipped. One new request: k8s-connector.")
    many = a_digest(filed=13, came=(row("k8s-connector"), row("SSO"), row("SAML")))
    assert said(many).text.endswith("nothing slipped. 13 new requests.")


def test_a_normal_week() -> None:
    assert digest.as_text(NORMAL) == (
        "Week 48 · Activation 54 %, up 2, target 65 %\n"
        "> Thank you all for the SAML push. This week is about Acme's go-live. — Olga\n"
        "SAML shipped; savings reports slips to 12 December; k8s-connector is in progress, aimed at 12 December. "
        "Five new requests.\n"
        "Two decisions wait:\n"
        "  • savings reports: its date, 20 November, has passed · Boris\n"
        "  • usage alerts: #2 on the board, and nobody has planned it · Boris\n"
        "Waiting on what is stuck or undecided: €1.2M a year at risk, and €340k in open deals, of 12 customers.\n"
        "\n"
        "Shipped\n"
        "  • SAML · thanks Alice and Marek\n"
        "Into work\n"
        "  • k8s-connector · aimed at 12 December · Tanya\n"
        "Dates changed\n"
        "  • savings reports: 2 → 12 December. The export needs another review. "
        "Acme and Borealis still expect 2 December.\n"
        "Stuck\n"
        "  • data export: blocked since 18 November: “waits for the security review” · Ravi\n"
        "Needs a size\n"
        "  • dark-mode · Tanya and Ravi · needs first: “Which screens first?”\n"
        "  • SSO for partners · Tanya\n"
        "Outcomes\n"
        "  • Slack alerts: used by 46 % of active accounts, target 40 %\n"
        "Top five\n"
        "  • #1 ▲2 k8s-connector · size 13 → 5\n"
        "  • #2 ▼1 usage alerts · passed by others\n"
        "  • #3 ▼1 budget forecasts · passed by others\n"
        "  • #4 – audit log export\n"
        "  • #5 new SSO for partners · value 8\n"
        "Activation: 48 %, 50 %, 52 %, 54 % in weeks 45 to 48, target 65 %. "
        "It counts: New users active within 30 days of sign-up."
    )
    assert said(NORMAL).text == (
        "Week 48 · Activation 54 %, up 2, target 65 %. "
        "SAML shipped; savings reports slips to 12 December; k8s-connector is in progress, aimed at 12 December. "
        "Five new requests. Two decisions wait."
    )
    assert thread(NORMAL).text == (
        "Details of week 48: 1 shipped, 1 into work, 1 date changed, 1 stuck and 2 without a size."
    )
    assert labels(said(NORMAL)) == ["Start review"]


def test_a_busy_week_names_three_and_counts_the_rest() -> None:
    assert texts(said(BUSY))[2:] == [
        (
            "SAML and 8 more shipped; savings reports slips to 12 December; 6 more dates changed; "
            "k8s-connector and 11 more are in progress. 61 new requests."
        ),
        "Eight decisions wait:",
        "savings reports: its date, 20 November, has passed · Boris",
        "GPU costs: somebody wants to start it, and it has no estimate · Tanya and Ravi",
        "usage alerts: #2 on the board, and nobody has planned it · Boris",
        "and 5 more",
        (
            "Waiting on what is stuck or undecided: €1.2M and $310k a year at risk, "
            "and €340k and $95k in open deals, of 37 customers. Details in the thread."
        ),
    ]
    below = texts(thread(BUSY))
    assert below[:5] == [
        "Shipped",
        *(f"{title} · thanks Alice, Marek and 3 more" for title in ("SAML", "Audit log", "Invoice PDFs")),
        "and 6 more",
    ]
    assert below[-2] == "Others stand level with the last of the five. The rest: /board"
    assert len(below) < 40


def texts(message: Message) -> list[str]:
    """What is read, line by line; buttons and charts aside."""
    return [line.removeprefix("  • ").removeprefix("> ") for line in digest._lines(message.blocks)]


@pytest.mark.parametrize(
    ("star", "line"),
    [
        (activation(54), "Activation 54 %, target 65 %"),
        (activation(54.04, 54), "Activation 54 %, as before, target 65 %"),
        (activation(54.3, 52.1), "Activation 52.1 %, down 2.2, target 65 %"),
        (activation(), "Activation: no figure yet, target 65 %"),
        (activation(54, target=None), "Activation 54 %"),
        (activation(50, 54, until=45), "Activation 54 % in week 45, up 4, target 65 %"),
        (
            activation(12_000, 12_500, name="Revenue", unit="€", target=1e6),
            "Revenue €12,500, up €500, target €1,000,000",
        ),
        (activation(0.031, name="Load", unit="s", target=1e300), "Load 0.031 s, target 1e+300 s"),
    ],
)
def test_the_north_star_is_the_first_line(star: NorthStar, line: str) -> None:
    assert texts(said(a_digest(star=star)))[0] == f"Week 48 · {line}"


@pytest.mark.parametrize(
    ("part_of", "line"),
    [
        ({"direction": "Platform"}, "Week 48 · Platform · 16 to 23 November"),
        ({"source": Source.SUPPORT, "direction": "Data"}, "Week 48 · Data, CS / support · 16 to 23 November"),
    ],
)
def test_a_channels_own_digest_says_what_it_speaks_of_and_starts_no_review(
    part_of: dict[str, Any], line: str
) -> None:
    own = replace(NORMAL, subscription=a_subscription(id=SubscriptionId("s1"), **part_of), star=None)
    assert texts(said(own))[0] == line
    assert labels(said(own)) == []
    assert texts(said(replace(own, whose="Boris")))[0].startswith(f"{line.rpartition(' · ')[0]}, Boris's requests")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"shipped": part(*BUSY.shipped.shown)}, "SAML, Audit log, Invoice PDFs and 2 more shipped."),
        ({"shipped": part(*BUSY.shipped.shown[:2])}, "SAML and Audit log shipped."),
        ({"shipped": part(more=2)}, "2 requests shipped."),
        ({"started": part(more=1)}, "1 request is in progress."),
        ({"started": part(*BUSY.started.shown[:2])}, "k8s-connector and GPU costs are in progress."),
        (
            {"started": part(Started(row=row("SCIM", status=Status.TESTING), by=None))},
            "SCIM is in testing.",
        ),
        ({"redated": part(more=1)}, "1 date changed."),
        (
            {"redated": part(*BUSY.redated.shown[1:3], more=1)},
            (
                "budget forecasts comes sooner, on 4 December; report scheduling has no date any more; "
                "1 more date changed."
            ),
        ),
        (
            {
                "shipped": part(*BUSY.shipped.shown[:2]),
                "started": part(*BUSY.started.shown[:1]),
                "redated": part(Redated(row=row("k8s-connector", 1, DEC_12), was=None, why=None)),
            },
            "SAML and Audit log shipped; k8s-connector is in progress.",
        ),
    ],
)
def test_the_headline_names_what_is_most_important_first(changes: dict[str, Any], line: str) -> None:
    assert texts(said(a_digest(**changes)))[1] == line


@pytest.mark.parametrize(
    ("waits", "line"),
    [
        (waiting("a", Because.LATE, 3), "its date, 3 November, has passed"),
        (waiting("a", Because.BLOCKED, 3), "blocked since 3 November"),
        (waiting("a", Because.BLOCKED, 3, words="two\nlines"), "blocked since 3 November: “two lines”"),
        (waiting("a", Because.STILL, 3), "in work, but nothing has moved since 3 November"),
        (waiting("a", Because.UNPLANNED, 3), "high on the board, and nobody has planned it"),
        (waiting("a", Because.UNANSWERED, 3), "no answer from product since 3 November"),
    ],
)
def test_why_a_decision_waits(waits: Waiting, line: str) -> None:
    assert digest.why(waits) == line


def test_one_decision_and_one_customer() -> None:
    stake = AtStake(at_risk=(), deals=(Money(minor=950_000, currency="EUR"),), accounts=1)
    lines = texts(said(a_digest(decisions=part(SAVINGS), at_stake=stake)))
    assert lines[2] == "One decision waits:"
    assert lines[-1] == "Waiting on what is stuck or undecided: €9,500 in open deals, of 1 customer."


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (950_000, "EUR", "€9,500"),
        (999_999, "EUR", "€10,000"),
        (1_000_000, "USD", "$10k"),
        (99_949_900, "GBP", "£999k"),
        (99_950_000, "GBP", "£1M"),
        (123_456_789_00, "EUR", "€123.5M"),
        (99_995_000_000, "EUR", "€1B"),
        (10**15, "PLN", "PLN 10,000B"),
        (340_000, "JPY", "¥340k"),
        (12_345, "BHD", "BHD 12"),
    ],
)
def test_amounts_in_a_few_characters(minor: int, currency: str, text: str) -> None:
    assert show.money(Money(minor=minor, currency=currency)) == text


# ---- the thread ---------------------------------------------------------------------------------


def charts(message: Message) -> list[dict[str, Any]]:
    return [block for block in message.blocks if block["type"] == "data_visualization"]


def test_the_north_star_is_drawn_beside_its_target_and_told_below() -> None:
    [chart] = charts(thread(NORMAL))
    assert chart["title"] == "Activation (%)"
    assert chart["chart"]["type"] == "line"
    assert chart["chart"]["axis_config"]["categories"] == ["W45", "W46", "W47", "W48"]
    assert [[point["value"] for point in series["data"]] for series in chart["chart"]["series"]] == [
        [48, 50, 52, 54],
        [65, 65, 65, 65],
    ]


def test_without_a_north_star_weeks_are_drawn() -> None:
    week = replace(NORMAL, star=activation(54))
    [chart] = charts(thread(week))
    assert chart["chart"]["type"] == "bar"
    assert texts(thread(week))[-1] == "Requests in weeks 45 to 48: asked for 4, 6, 3, 5; shipped 1, 0, 2, 1."
    assert charts(thread(replace(week, weeks=WEEKS[:1]))) == []


def test_plain_leaves_the_chart_out_and_nothing_else() -> None:
    assert thread(NORMAL, plain=True).blocks == [
        b for b in thread(NORMAL).blocks if b not in charts(thread(NORMAL))
    ]


def test_figures_of_other_periods_are_named_one_by_one() -> None:
    star = replace(activation(), figures=(("2026-09", 48.0), ("2026-10", 50.0)))
    assert texts(thread(a_digest(star=star)))[-1].startswith(
        "Activation: 48 % (September), 50 % (October), target 65 %."
    )
    star = replace(star, figures=(("2025-W47", 48.0), ("2026-W47", 50.0)))
    assert charts(thread(a_digest(star=star)))[0]["chart"]["axis_config"]["categories"] == ["2025-W47", "2026-W47"]


@pytest.mark.parametrize(
    ("placed", "line"),
    [
        (Placed(row=row("a", 2), was=None, is_first=True), "#2 a"),
        (Placed(row=row("a", 2), was=4, is_first=False, causes=(by_others(2),)), "#2 ▲2 a · others left"),
        (Placed(row=row("a", 2), was=2, is_first=False), "as before: a"),
        (Placed(row=row("a"), was=2, is_first=False), "a"),
        (
            Placed(row=row("a", 2), was=4, is_first=False, causes=(by_figure("job_size", 13, 5, 3), by_others(-1))),
            "#2 ▲2 a · size 13 → 5 ▲3, passed by others ▼1",
        ),
        (
            Placed(
                row=row("a", 2),
                was=7,
                is_first=False,
                causes=(
                    *(by_figure(factor, 5, 8, 1) for factor in COST_OF_DELAY),
                    by_others(2),
                ),
            ),
            "#2 ▲5 a · its estimate ▲3, others left ▲2",
        ),
        (
            Placed(
                row=row("a", 2),
                was=None,
                is_first=False,
                causes=(by_figure("job_size", None, 5, 0), by_others(1)),
            ),
            "#2 new a · size 5",
        ),
        (Placed(row=row("a", 2), was=4, is_first=False), "#2 ▲2 a"),
    ],
)
def test_how_a_place_came_about(placed: Placed, line: str) -> None:
    assert line in texts(thread(a_digest(top=(placed,))))


def test_a_top_five_in_which_nothing_moved_is_one_line() -> None:
    assert (
        "as before: k8s-connector, usage alerts, budget forecasts, audit log export and SSO for partners"
        in texts(thread(QUIET))
    )


# ---- before it is said, and when it wasn't ------------------------------------------------------


def a_preview(week: Digest = NORMAL, **more: Any) -> Preview:
    values: dict[str, Any] = {"due_at": DUE, "state": State.COMING, "may": frozenset({Doing.COORDINATE})}
    return Preview(digest=week, **{**values, **more})


def test_an_hour_before_the_facilitator_reads_it() -> None:
    shown = digest_preview.message(a_preview())
    assert shown.text.startswith("The weekly digest goes out at 10:00 to <#C1>. Week 48 · Activation 54 %")
    assert labels(shown) == ["Change the sentence", "Skip this week", "Post now"]
    assert labels(digest_preview.message(a_preview(QUIET))) == ["Add a sentence", "Skip this week", "Post now"]
    assert labels(digest_preview.message(a_preview(may=frozenset()))) == []


@pytest.mark.parametrize(
    ("preview", "text", "buttons"),
    [
        (
            a_preview(state=State.SKIPPED, by="Olga"),
            "Skipped by Olga. What happened this week will be in the next one.",
            ["Post it after all"],
        ),
        (a_preview(state=State.POSTED), "The digest of week 48 is posted.", []),
        (
            a_preview(state=State.POSTED, by="Olga", link="https://x.test/1"),
            "Olga posted the digest of week 48.",
            [],
        ),
        (
            a_preview(state=State.MISSED),
            (
                "The weekly digest of week 48 was not posted. It was due "
                "Monday 23 November at 10:00, and it is too late now. The next one covers both weeks."
            ),
            ["Post it now"],
        ),
    ],
)
def test_what_became_of_it(preview: Preview, text: str, buttons: list[str]) -> None:
    message = digest_preview.message(preview)
    assert (message.text, labels(message)) == (text, buttons)


def test_who_asks_sees_headline_and_thread_and_what_they_may_do() -> None:
    everything = digest_preview.asked(a_preview(may=frozenset({Doing.COORDINATE, Doing.MEASURE})))
    assert labels(everything) == ["Post now", "Start review", "Blockers", "Subscriptions", "North star"]
    runs_it = digest_preview.asked(a_preview(may=frozenset({Doing.COORDINATE})))
    assert labels(runs_it) == ["Post now", "Start review", "Blockers", "Subscriptions"]
    assert labels(digest_preview.asked(a_preview(state=State.POSTED)))[0] == "Start review"
    assert labels(digest_preview.asked(a_preview(may=frozenset()))) == ["Blockers"]


# ---- the sentence at the top --------------------------------------------------------------------


def test_the_sentence_is_changed_or_taken_away() -> None:
    form = sentence_form.form("Thank you all.", 48, MEMORY)
    opened(form)
    assert sentence_form.read(filled(form)).sentence == "Thank you all."
    assert sentence_form.read(filled(form, sentence="  \n ")).sentence == ""
    assert sentence_form.read(filled(form, sentence="two\nlines")).sentence == "two lines"
    for sentence in ("x" * SENTENCE_LIMIT, "<!channel>", "", None):
        answered(sentence_form.receipt(sentence, 48), form)


def test_a_sentence_too_long_is_refused_beside_its_field() -> None:
    form = sentence_form.form(None, 48, MEMORY)
    with pytest.raises(Refused) as refused:
        sentence_form.read(filled(form, sentence="x" * (SENTENCE_LIMIT + 1)))
    assert refused.value.fields == {"sentence": "That's 301 characters; keep it under 300, so that it is read."}


# ---- whatever the week was like -----------------------------------------------------------------

DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))
PEOPLE = st.lists(NAMED, max_size=25).map(tuple)
MAYBE = st.none() | up_to(300)


def parts_of(entries: st.SearchStrategy[Any]) -> st.SearchStrategy[Part[Any]]:
    return st.builds(
        lambda shown, more: Part(shown=tuple(shown), more=more), st.lists(entries, max_size=30), COUNTS
    )


def moneys() -> st.SearchStrategy[tuple[Money, ...]]:
    currency = st.sampled_from(["EUR", "USD", "JPY", "BHD", "PLN", "CHF", "SEK"])
    return st.lists(st.builds(Money, minor=st.integers(0, 10**18), currency=currency), max_size=7).map(tuple)


WAITING = st.builds(Waiting, row=ROWS, because=st.sampled_from(Because), since=DAYS, whose=PEOPLE, words=MAYBE)
FIGURES = st.floats(allow_nan=False, allow_infinity=False)
STARS = st.builds(
    NorthStar,
    star=st.builds(
        Star,
        metric=st.just("activation"),
        name=up_to(200),
        definition=st.just("") | up_to(500),
        unit=st.just("%") | st.just("€") | st.just("") | up_to(40),
        target=st.none() | FIGURES,
    ),
    figures=st.lists(
        st.tuples(
            st.sampled_from([f"2026-W{week}" for week in range(20, 50)]) | st.just("2026-11") | DAYS.map(str),
            FIGURES,
        ),
        max_size=30,
        unique_by=lambda figure: figure[0],
    ).map(tuple),
)
CAUSES = st.builds(
    Cause,
    climbs=st.integers(-(10**6), 10**6),
    is_own=st.booleans(),
    figure=st.none() | st.builds(Change, field=st.sampled_from(Factor), old=st.none() | st.just(5), new=st.just(8)),
)
DIGESTS = st.builds(
    Digest,
    subscription=st.builds(
        a_subscription,
        id=st.sampled_from([COMPANY, SubscriptionId("s12")]),
        direction=st.none() | NAMED,
        source=st.none() | st.sampled_from(Source),
    ),
    period=st.just("2026-W48"),
    since=DAYS,
    until=DAYS,
    star=st.none() | STARS,
    sentence=st.none() | up_to(SENTENCE_LIMIT),
    sentence_by=st.none() | NAMED,
    whose=st.none() | NAMED,
    shipped=parts_of(st.builds(Shipped, row=ROWS, thanks=PEOPLE)),
    started=parts_of(st.builds(Started, row=ROWS, by=st.none() | NAMED)),
    redated=parts_of(st.builds(Redated, row=ROWS, was=st.none() | DAYS, why=MAYBE, heard=PEOPLE)),
    stuck=parts_of(WAITING),
    unsized=parts_of(st.builds(Unsized, row=ROWS, whose=PEOPLE, needs=MAYBE)),
    outcomes=parts_of(st.builds(Used, row=ROWS, percent=st.floats(0, 100), target=st.none() | st.integers(1, 100))),
    top=st.lists(
        st.builds(
            Placed,
            row=ROWS,
            was=st.none() | st.integers(1, 10**6),
            is_first=st.booleans(),
            causes=st.lists(CAUSES, max_size=5).map(tuple),
        ),
        max_size=5,
    ).map(tuple),
    decisions=parts_of(WAITING),
    at_stake=st.none() | st.builds(AtStake, at_risk=moneys(), deals=moneys(), accounts=COUNTS),
    weeks=st.lists(
        st.builds(
            Week, name=st.sampled_from([f"2026-W{week}" for week in range(20, 50)]), filed=COUNTS, shipped=COUNTS
        ),
        max_size=30,
        unique_by=lambda week: week.name,
    ).map(tuple),
    is_tied=st.booleans(),
    filed=COUNTS,
    came=st.lists(ROWS, max_size=3).map(tuple),
)


def the_longest(title: str) -> Digest:
    """A week of ten of each kind with 25 customers each, and every text as long as it may be."""
    long = row(title, 1000, DEC_12)
    crowd, words = (title[:71],) * 25, title * 3
    waits = Waiting(row=long, because=Because.BLOCKED, since=DEC_12, whose=crowd, words=words)
    moved = Redated(row=long, was=date(2026, 11, 2), why=words, heard=crowd)
    return replace(
        BUSY,
        star=activation(*[1e14] * 12, name=title, definition=words, unit=title),
        sentence=words[:SENTENCE_LIMIT],
        sentence_by=title,
        whose=title,
        shipped=part(*[Shipped(row=long, thanks=crowd)] * 10, more=10**9),
        started=part(*[Started(row=replace(long, number=RequestNumber(2)), by=title)] * 10, more=10**9),
        redated=part(*[replace(moved, row=replace(long, number=RequestNumber(3)))] * 10, more=10**9),
        stuck=part(*[waits] * 10, more=10**9),
        unsized=part(*[Unsized(row=long, whose=crowd, needs=words)] * 10, more=10**9),
        outcomes=part(*[Used(row=long, percent=100 / 3, target=100)] * 10, more=10**9),
        top=(Placed(row=long, was=10**6, is_first=False, causes=(by_figure("risk_reduction", 1, 2, 10**6),)),) * 5,
        decisions=part(*[waits] * 10, more=10**9),
        filed=3,
        came=(long,) * 3,
    )


@GENERATED
@given(DIGESTS)
@example(QUIET)
@example(NORMAL)
@example(BUSY)
@example(the_longest("&" * 120))
@example(the_longest("<!channel> " * 10))
@example(the_longest("👨‍👩‍👧‍👦" * 17))
@example(the_longest("שלום מרחבא " * 10))
def test_every_week_is_taken_by_slack(week: Digest) -> None:
    for message in (said(week), thread(week), thread(week, plain=True)):
        taken(message)
        assert digest.length(message.blocks) < digest.ROOM
    for state in State:
        taken(digest_preview.message(a_preview(week, state=state, by=week.sentence_by)))
        taken(digest_preview.asked(a_preview(week, state=state, by=week.sentence_by)))
    assert digest.as_text(week)


@GENERATED
@given(st.sampled_from(["2026-W48", "2020-W53"]), st.integers(0, 6), st.integers(0, 1439))
def test_every_word_of_a_missed_one_is_taken(period: str, day: int, minute: int) -> None:
    late = a_subscription(weekly=Weekly(day=day, minute=minute, zone=BERLIN))
    missed = Missed(subscription=late, period=period, due_at=DUE + timedelta(minutes=minute))
    taken(digest_preview.missed(missed))
