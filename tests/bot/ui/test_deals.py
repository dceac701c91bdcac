"""How a deal is asked about and what is said of its end; Slack takes whatever people wrote."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.deals import (
    WAITS_SHOWN,
    Deal,
    DealDue,
    DealForm,
    DealSeen,
    DealsSaid,
    DealState,
    Ended,
    Ending,
    Moved,
    Wished,
)
from bot.domain.errors import Refused
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.money import Money
from bot.services.deals import OFFERED
from bot.ui import deal, deal_form, deals_said, entries, parts
from bot.ui.memory import Memory
from tests.bot.ui.test_limits import NAMED, TITLES, answered, opened, taken
from tests.builders import ALICE, GENERATED, MONDAY, filled

MEMORY = Memory(key="0" * 32, deal=7)
CLOSES = date(2026, 12, 12)


def a_deal(thousands: int | None = 120, **more: Any) -> Deal:
    size = Money(minor=thousands * 100_000, currency="EUR") if thousands else None
    values = {"id": 7, "account": AccountId("acme"), "closes": CLOSES, "by": ALICE, "at": MONDAY}
    return Deal(size=size, **{**values, **more})


def seen(thousands: int | None = 120, *, customer: str = "Acme Bank", **more: Any) -> DealSeen:
    return DealSeen(deal=a_deal(thousands), customer=customer, **more)


def ended(
    state: DealState, because: str | None = "k8s-connector", says: str | None = "Alice", **more: Any
) -> DealSeen:
    number = RequestNumber(14) if because else None
    over = a_deal(more.pop("thousands", 120)).ended(state, number, ALICE, MONDAY)
    return DealSeen(deal=over, customer="Acme Bank", because=because, says=says, **more)


def due(of: DealSeen, *waits: str, closes: date = CLOSES) -> DealDue:
    return DealDue(seen=of, closes=closes, subject="deal:7:2026-12-12", waits=waits)


def buttons(blocks: list[parts.Block]) -> list[tuple[str, str, str]]:
    found = [e for block in blocks if block["type"] == "actions" for e in block["elements"]]
    return [(button["text"]["text"], button["action_id"], button["value"]) for button in found]


def read(blocks: list[parts.Block]) -> str:
    texts = [
        piece["text"]
        for block in blocks
        if block["type"] == "rich_text"
        for s in block["elements"]
        for piece in s["elements"]
    ]
    return "".join(texts)


# ---- the question, and what came of it ----------------------------------------------------------


def test_the_question_leads_with_the_deal_and_offers_three_answers() -> None:
    asked = deal.due(due(seen(), "k8s-connector", "Audit log", "SAML"))
    assert asked.text == "Acme Bank's deal (€120k) was to close on 12 December. How did it end?"
    assert read(asked.blocks) == f"{asked.text}They asked for k8s-connector, Audit log and SAML."
    assert buttons(asked.blocks) == [
        ("Won", "deal_won", "7"),
        ("Lost", "deal_lost", "7"),
        ("Still open", "deal_open", "7"),
    ]


def test_without_a_size_to_tell_none_is_told() -> None:
    assert deal.due(due(seen(None))).text == "Acme Bank's deal was to close on 12 December. How did it end?"


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (ended(DealState.LOST), "Acme Bank's deal (€120k) is lost, for want of k8s-connector, says Alice."),
        (ended(DealState.WON), "Acme Bank's deal (€120k) is won, with k8s-connector, says Alice."),
        (ended(DealState.LOST, None), "Acme Bank's deal (€120k) is lost, for other reasons, says Alice."),
        (ended(DealState.WON, None, None), "Acme Bank's deal (€120k) is won, for other reasons, says somebody."),
        (ended(DealState.WON, thousands=None), "Acme Bank's deal is won, with k8s-connector, says Alice."),
    ],
)
def test_what_somebody_said_replaces_the_question(said: DealSeen, text: str) -> None:
    message = deal.due(due(said))
    assert (message.text, buttons(message.blocks)) == (text, [])


def test_it_can_be_changed_for_a_while() -> None:
    for drawn in (deal.due(due(ended(DealState.LOST, may_change=True))).blocks, _receipt_blocks(may_change=True)):
        assert buttons(drawn) == [("Change", "deal_change", "7")]
    assert buttons(_receipt_blocks()) == []


def _receipt_blocks(**more: Any) -> list[parts.Block]:
    blocks: list[parts.Block] = deal.receipt(ended(DealState.LOST, **more))["blocks"]
    return blocks


def test_a_deal_that_closes_later_is_no_question_any_more() -> None:
    message = deal.due(due(seen(), closes=CLOSES - timedelta(days=30)))
    assert message.text == "Acme Bank's deal (€120k) is to close on 12 December. I'll ask after that."
    assert buttons(message.blocks) == []


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (
            ended(DealState.LOST),
            (
                "Acme Bank's deal (€120k) is lost, for want of k8s-connector, says Alice. "
                "The request shows it, and it no longer counts as money to win."
            ),
        ),
        (
            ended(DealState.WON, None),
            "Acme Bank's deal (€120k) is won, for other reasons, says Alice. It no longer counts as money to win.",
        ),
        (seen(), "Acme Bank's deal (€120k) is to close on 12 December. I'll ask after that."),
    ],
)
def test_the_receipt_says_what_follows(of: DealSeen, words: str) -> None:
    assert read(deal.receipt(of)["blocks"]) == words


def test_a_deal_opened_from_elsewhere_offers_the_same() -> None:
    assert entries.deal(7)["action_id"] == entries.DEAL
    shown = deal.choice(seen())
    assert read(shown["blocks"]) == "Acme Bank's deal (€120k) is to close on 12 December. I'll ask after that."
    assert [label for label, _, _ in buttons(shown["blocks"])] == ["Won", "Lost", "Still open"]
    undated = DealSeen(deal=a_deal(closes=None), customer="Acme Bank")
    assert "is open. Nobody has said when it is to close." in read(deal.choice(undated)["blocks"])


# ---- the form -----------------------------------------------------------------------------------


def a_form(*titles: str, **more: Any) -> DealForm:
    wished = tuple(Wished(number=RequestNumber(n), title=title) for n, title in enumerate(titles, 1))
    values = {"sees_amounts": True, "pays": None, "expected": None, **more}
    return DealForm(
        seen=more.pop("seen", seen()), wished=wished, **{k: v for k, v in values.items() if k != "seen"}
    )


def test_a_form_reads_what_was_chosen() -> None:
    view = deal_form.form(DealState.LOST, a_form("k8s-connector", "Audit log"), MEMORY)
    assert deal_form.read(filled(view, because="2"), "EUR") == Ending(because=RequestNumber(2))
    assert deal_form.read(filled(view, because="none"), "EUR") == Ending(because=None)
    later = deal_form.form(DealState.OPEN, a_form(), MEMORY)
    assert deal_form.read_date(filled(later, closes="2027-01-20")) == Moved(closes=date(2027, 1, 20))


@pytest.mark.parametrize(
    "amount",
    [
        Money(minor=30_000_000, currency="EUR"),
        Money(minor=30_000_050, currency="USD"),
        Money(minor=300_000, currency="JPY"),
        Money(minor=1_500, currency="KWD"),
        Money(minor=1_500_500, currency="KWD"),
        Money(minor=1, currency="PLN"),
        Money(minor=10**14, currency="EUR"),
    ],
)
def test_what_they_pay_is_read_back_to_the_cent(amount: Money) -> None:
    view = deal_form.form(DealState.WON, a_form("k8s-connector", expected=amount), MEMORY)
    assert deal_form.read(filled(view, because="1"), "GBP").pays == amount


def test_who_may_not_see_amounts_is_not_asked_for_any() -> None:
    view = deal_form.form(DealState.WON, a_form("k8s-connector", sees_amounts=False), MEMORY)
    assert [block["block_id"] for block in view["blocks"] if block["type"] == "input"] == ["because"]


def test_what_is_no_amount_is_told_beside_its_field() -> None:
    view = deal_form.form(DealState.WON, a_form("k8s-connector"), MEMORY)
    with pytest.raises(Refused) as refused:
        deal_form.read(filled(view, because="1", pays="a lot"), "EUR")
    assert refused.value.fields == {"pays": "Write an amount like 120k, 1.5m or €120 000."}


@pytest.mark.parametrize("value", ["", "-1", "x²x", "9" * 30, "７"])
def test_a_button_that_names_no_deal_is_refused(value: str) -> None:
    with pytest.raises(Refused, match="from an older Tandem"):
        deal_form.deal_of(value)


# ---- on the request -----------------------------------------------------------------------------


def _ended(count: int, *sums: Money, unsized: int = 0, customers: tuple[str, ...] = ("Acme Bank",)) -> Ended:
    return Ended(count=count, sums=sums, unsized=unsized, customers=customers)


EUR = Money(minor=12_000_000, currency="EUR")
USD = Money(minor=4_000_000, currency="USD")


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            DealsSaid(lost=_ended(1, EUR), won=_ended(1, USD, customers=("Globex",))),
            "Lost without it: €120k (Acme Bank). Won with it: $40k (Globex).",
        ),
        (DealsSaid(lost=_ended(1, unsized=1), won=None), "Lost without it: 1 deal (Acme Bank)."),
        (
            DealsSaid(lost=None, won=_ended(3, EUR, USD, unsized=1, customers=("Acme Bank", "Globex"))),
            "Won with it: €120k, $40k and 1 deal of unknown size (Acme Bank and Globex).",
        ),
        (
            DealsSaid(lost=_ended(6, unsized=6, customers=tuple("ABCDEF")), won=None),
            "Lost without it: 6 deals (A, B, C and 3 more).",
        ),
    ],
)
def test_what_a_request_decided_is_one_line(said: DealsSaid, line: str) -> None:
    [block] = deals_said.blocks(said)
    assert block["text"]["text"] == line


def test_what_decided_nothing_has_no_line() -> None:
    assert deals_said.blocks(DealsSaid(lost=None, won=None)) == deals_said.blocks(None) == []


# ---- whatever people wrote ----------------------------------------------------------------------

AMOUNTS = st.sampled_from([None, Money(minor=1, currency="EUR"), Money(minor=10**15, currency="UZS")])
SEEN = st.builds(
    lambda state, size, customer, because, says, may: DealSeen(
        deal=Deal(
            id=2**53,
            account=AccountId("a"),
            size=size,
            closes=CLOSES,
            by=ALICE,
            at=MONDAY,
            state=state,
        ),
        customer=customer,
        because=because,
        says=says,
        may_change=may,
    ),
    st.sampled_from(DealState),
    AMOUNTS,
    NAMED,
    st.none() | TITLES,
    st.none() | NAMED,
    st.booleans(),
)


@given(of=SEEN, waits=st.lists(TITLES, max_size=WAITS_SHOWN), moved=st.booleans())
@GENERATED
def test_slack_takes_every_message_about_a_deal(of: DealSeen, waits: list[str], moved: bool) -> None:
    taken(deal.due(due(of, *waits, closes=CLOSES - timedelta(days=moved))))
    opened(deal.choice(of))


@given(of=SEEN, titles=st.lists(TITLES, max_size=3), amount=AMOUNTS, more=st.booleans())
@GENERATED
def test_slack_takes_every_form_about_a_deal(
    of: DealSeen, titles: list[str], amount: Money | None, more: bool
) -> None:
    many = [*titles, *(["x"] * (OFFERED - len(titles)) if more else [])]
    for state in DealState:
        form = deal_form.form(state, a_form(*many, seen=of, expected=amount, pays=amount), MEMORY)
        opened(form)
        answered(deal.receipt(of), form)


@given(names=st.lists(NAMED, min_size=1, max_size=6), amounts=st.lists(AMOUNTS.filter(bool), max_size=5))
@GENERATED
def test_slack_takes_every_line_on_a_page(names: list[str], amounts: list[Money]) -> None:
    one = Ended(count=10**6, sums=tuple(amounts), unsized=1, customers=tuple(names))
    opened(parts.done("x", *deals_said.blocks(DealsSaid(lost=one, won=one))))
