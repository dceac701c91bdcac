"""What people read, word for word."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.domain.board import Choice, Place, Standing
from bot.domain.facts import BlankForm, BoardView, CustomerView, Filed, HomeView, Joined, Outcome, Sized, SizingForm
from bot.domain.ids import ChannelId
from bot.domain.money import Money
from bot.domain.requests import Customer, Estimate, Join, Request, Source, Status
from bot.domain.roles import DEFAULTS, Doing, Role
from bot.domain.setup import Helped
from bot.domain.wsjf import UNIT, Factor, Score
from bot.ui import (
    board,
    card,
    estimate_form,
    help,  # noqa: A004 - a page of that name
    home,
    join_form,
    request_form,
    troubles,
)
from bot.ui.memory import Memory
from bot.ui.vocabulary import HINTS, LABELS, STATUSES, steps
from tests.builders import NAMES, TANYA, a_card, a_request, a_row, a_standing, the_founding_request

MEMORY = Memory(key="0" * 32)
OTHERS = [4 * UNIT, UNIT + 1, *[UNIT // 2] * 9]  #: among these the founding request is #3 of 12
WSJF = "WSJF is value, time and risk added up, divided by job size. The highest goes first."


def seen(drawn: Any) -> str:
    """The text a person sees, a line a block; buttons in brackets."""
    return "\n".join(filter(None, map(_block, drawn)))


def _block(block: Mapping[str, Any]) -> str:
    match block["type"]:
        case "rich_text":
            return "".join(_pieces(block))
        case "section":
            return f"{block['text']['text']}{_buttons([block['accessory']]) if 'accessory' in block else ''}"
        case "context":
            return "\n".join(e["text"] for e in block["elements"])
        case "header":
            return f"# {block['text']['text']}"
        case "actions":
            return _buttons(block["elements"]).strip()
        case "input":
            hint = f" — {block['hint']['text']}" if "hint" in block else ""
            return f"{block['label']['text']}{hint}"
        case "divider":
            return "---"
        case kind:
            raise AssertionError(f"nobody knows how {kind} looks")


def _pieces(block: Mapping[str, Any]) -> Iterator[str]:
    for section in block["elements"]:
        for piece in section["elements"]:
            mark = (
                "*" if piece.get("style", {}).get("bold") else "_" if piece.get("style", {}).get("italic") else ""
            )
            yield f"{mark}{piece['text']}{mark}"


def _buttons(elements: list[dict[str, Any]]) -> str:
    return "".join(f" [{(e.get('initial_option') or e)['text']['text']}]" for e in elements)


# ---- the card -----------------------------------------------------------------------------------


def test_a_card() -> None:
    drawn = card.message(a_card(others=OTHERS))
    assert seen(drawn.blocks) == (
        "*k8s-connector* · #3 · WSJF 1.0\n"
        "_They can't see what their clusters cost._\n"
        "3 companies wait · asked by Alice (Sales) · R-14\n"
        "Alice guesses value 8, time 2, risk &amp; opportunity 3, size 13\n"
        "[Estimate] [Add my customer] [Why #3?] [More]"
    )
    assert drawn.text == "k8s-connector: WSJF 1.0, #3 of 12. 3 companies wait. Asked by Alice."


def test_a_card_without_an_estimate() -> None:
    drawn = card.message(a_card(a_request()))
    assert seen(drawn.blocks) == (
        "*k8s-connector* · no place yet: it needs a value, a time, a risk & opportunity figure and a size\n"
        "_They can't see what their clusters cost._\n"
        "No customer named yet · asked by Alice (Sales) · R-14\n"
        "No estimate yet\n"
        "[Estimate] [Add my customer] [Ask Alice] [More]"
    )
    assert drawn.text == (
        "k8s-connector: needs a value, a time, a risk & opportunity figure and a size before it gets a place. "
        "No customer named yet. Asked by Alice."
    ).replace("&", "&amp;")


def test_a_card_of_nobody_with_a_decided_size() -> None:
    request = the_founding_request(companies=1, confirmed=[Factor.JOB_SIZE])
    drawn = card.message(a_card(request, [UNIT], asked_by=None, role=None))
    assert seen(drawn.blocks) == (
        "*k8s-connector* · #=1 · WSJF 1.0\n"
        "_They can't see what their clusters cost._\n"
        "1 company waits · R-14\n"
        "Size 13 · Alice guesses value 8, time 2, risk &amp; opportunity 3\n"
        "[Estimate] [Add my customer] [Why #=1?] [More]"
    )


@pytest.mark.parametrize(("status", "said"), [(Status.RELEASED, "released"), (Status.DECLINED, "declined")])
def test_a_card_of_a_closed_request_says_so_and_offers_only_to_look(status: Status, said: str) -> None:
    drawn = card.message(a_card(the_founding_request(status=status)))
    assert seen(drawn.blocks).splitlines()[0] == f"*k8s-connector* · {said}"
    assert seen(drawn.blocks).endswith("\n[More]")
    assert drawn.text.startswith(f"k8s-connector: {said}. ")


def test_a_plain_card_keeps_the_point_and_the_buttons() -> None:
    assert seen(card.message(a_card(others=OTHERS), plain=True).blocks) == (
        "*k8s-connector* · #3 · WSJF 1.0\n[Estimate] [Add my customer] [Why #3?] [More]"
    )


# ---- receipts -----------------------------------------------------------------------------------


def receipt(request: Request, standing: Standing, outcome: Outcome, where: str | None = "C1") -> str:
    filed = Filed(request=request, outcome=outcome, board=ChannelId(where) if where else None)
    return seen(request_form.receipt(filed, standing)["blocks"])


@pytest.mark.parametrize(
    ("outcome", "first"),
    [
        (Outcome.NEW, "*k8s-connector is on the board: WSJF 1.0, #3 of 12.*"),
        (Outcome.SAME, "*k8s-connector was on the board already, once: WSJF 1.0, #3 of 12.*"),
        (Outcome.EDITED, "*k8s-connector is changed to what you sent last: WSJF 1.0, #3 of 12.*"),
    ],
)
def test_the_receipt_of_a_scored_request(outcome: Outcome, first: str) -> None:
    request = the_founding_request()
    assert receipt(request, a_standing(request, OTHERS), outcome) == (
        f"{first}\n"
        "(8 + 2 + 3) / 13. Tech hasn't confirmed the size yet; at 8 it would be 1.6, #2.\n"
        "R-14. Its card goes to <#C1>, where anyone can estimate it or add a customer.\n"
        f"{WSJF}"
    )


@pytest.mark.parametrize(
    ("outcome", "first"),
    [
        (Outcome.NEW, "*Got it, R-14 is on the board.*"),
        (Outcome.SAME, "*Got it already: R-14 is on the board, once.*"),
        (Outcome.EDITED, "*Changed: R-14 now says what you sent last.*"),
    ],
)
def test_the_receipt_of_a_request_without_a_size(outcome: Outcome, first: str) -> None:
    request = a_request(value=8, time_criticality=2, risk_reduction=3)
    others = [20 * UNIT, 2 * UNIT, 2 * UNIT, UNIT + 1, UNIT + 1, UNIT + 1, UNIT, UNIT, UNIT // 2]
    assert receipt(request, a_standing(request, others), outcome, None) == (
        f"{first} It needs a size before it gets a place: from #2 (size 5) to #9 (size 20).\n"
        "R-14. Nobody else has been told: no board channel is set yet. "
        "An admin chooses it with `/tandem setup`.\n"
        f"{WSJF}"
    )


def test_the_receipt_of_a_request_with_a_decided_size_holds_nothing_out() -> None:
    request = the_founding_request(confirmed=[Factor.JOB_SIZE])
    said = receipt(request, a_standing(request, OTHERS), Outcome.NEW)
    assert said.splitlines()[:2] == ["*k8s-connector is on the board: WSJF 1.0, #3 of 12.*", "(8 + 2 + 3) / 13."]


def estimated(before: int | None, suggested: tuple[Factor, ...] = (), **figures: Any) -> str:
    request = a_request(**{"value": 8, "time_criticality": 2, "risk_reduction": 3, **figures})
    sized = Sized(request=request, was=None if before is None else Score(before), decided=(), suggested=suggested)
    return seen(estimate_form.receipt(sized, a_standing(request, OTHERS))["blocks"])


def test_the_receipt_of_an_estimate() -> None:
    moved = "*k8s-connector: WSJF 1.0 → 2.6, now #2 of 12.*\n(8 + 2 + 3) / 5."
    assert estimated(UNIT, job_size=5) == moved
    assert estimated(None, job_size=5) == "*k8s-connector: WSJF 2.6, #2 of 12.*\n(8 + 2 + 3) / 5."
    assert estimated(13 * UNIT // 5, job_size=5) == "*k8s-connector: WSJF 2.6, #2 of 12.*\n(8 + 2 + 3) / 5."
    assert estimated(None) == "*k8s-connector: needs a size before it gets a place.*"


def test_the_receipt_of_a_suggestion() -> None:
    assert estimated(UNIT, (Factor.JOB_SIZE, Factor.VALUE), job_size=13) == (
        "*k8s-connector: WSJF 1.0, #3 of 12.*\n"
        "(8 + 2 + 3) / 13.\n"
        "Job size stays 13 until tech agrees; your suggestion is kept.\n"
        "User/Business value stays 8 until product agrees; your suggestion is kept."
    )


NOBODY: tuple[str, ...] = ()
DEAL = Money(minor=1, currency="USD")


@pytest.mark.parametrize(
    ("added", "waited", "deal", "said"),
    [
        (("Acme",), NOBODY, None, "*Done: Acme waits for k8s-connector.* Now 3 companies wait."),
        (("Acme", "Globex"), NOBODY, None, "*Done: Acme and Globex wait for k8s-connector.* Now 3 companies wait."),
        (
            ("Acme",),
            ("Globex",),
            None,
            "*Done: Acme waits for k8s-connector.* Globex waited already. Now 3 companies wait.",
        ),
        (NOBODY, ("Acme",), None, "*Acme waits for k8s-connector already.* Nothing to add; nobody counts twice."),
        (
            NOBODY,
            ("Acme",),
            DEAL,
            "*Acme waits for k8s-connector already.* The deal is brought up to date; nobody counts twice.",
        ),
        (
            tuple("ABCDEFGH"),
            NOBODY,
            None,
            "*Done: A, B, C, D, E and 3 more wait for k8s-connector.* Now 3 companies wait.",
        ),
    ],
)
def test_the_receipt_of_joining(
    added: tuple[str, ...], waited: tuple[str, ...], deal: Money | None, said: str
) -> None:
    joined = Joined(request=the_founding_request(companies=3), added=added, waited_already=waited)
    wish = Join(customers=(Customer(name="Acme"),), deal_size=deal)
    assert seen(join_form.receipt(joined, wish)["blocks"]) == said


# ---- forms --------------------------------------------------------------------------------------


def test_the_request_form() -> None:
    form = request_form.form(BlankForm(source=Source.SALES_CUSTOMER), MEMORY)
    assert (form["title"]["text"], form["submit"]["text"]) == ("New request", "Put on the board")
    assert seen(form["blocks"]) == (
        "Title — A few words people will search for.\n"
        "Business problem — What can't the customer do today, and what does it cost them? The solution can wait.\n"
        "Source\n"
        "Customers — Who is waiting? Leave empty if it's a market trend.\n"
        "Deal size — Open deal. Skip if none.\n"
        "Close date — When they decide.\n"
        "---\n"
        "*Only if you know.* Product and tech fill in the rest.\n"
        "User/Business value — How many customers wait, and how much it means to them.\n"
        "Time criticality — What waiting costs. A date that passes, or a value that fades.\n"
        "Risk reduction — What it makes safer, or which door it opens.\n"
        "Job size — Tech decides. Yours is a first guess."
    )


def test_the_request_form_offers_what_looks_like_it() -> None:
    rows = (
        a_row(3, title="Kubernetes (k8s) connector", companies=2, place=Place(rank=2, tied=False, of=9)),
        a_row(9),
    )
    form = request_form.form(BlankForm(source=Source.SALES_CUSTOMER, similar=rows), MEMORY, title="k8s")
    assert seen(form["blocks"][:4]) == (
        "*Is it one of these?* Then add your customer to it.\n"
        "Kubernetes (k8s) connector · #2 · 2 companies wait [Add my customer]\n"
        "k8s-connector · no place yet · no customer named yet [Add my customer]\n"
        "---"
    )


def test_the_preview_under_a_form() -> None:
    def preview(request: Request, others: list[int]) -> str:
        form = request_form.form(
            BlankForm(source=Source.SUPPORT),
            MEMORY,
            preview=a_standing(request, others),
            figures=request.figures,
        )
        return seen(form["blocks"][-1:])

    assert preview(the_founding_request(), OTHERS) == "(8 + 2 + 3) / 13 = *WSJF 1.0*, that's *#3 of 12*."
    unsized = a_request(value=8, time_criticality=2, risk_reduction=3)
    assert preview(unsized, OTHERS) == "Without a size it has no place yet: from #1 (size 3) to #3 (size 13)."
    assert preview(a_request(value=8), []) == (
        "It needs a time, a risk & opportunity figure and a size before it gets a place."
    )


def test_the_estimate_form() -> None:
    request = the_founding_request()
    decided = {Factor.RISK_REDUCTION: Estimate(confirmed=3), Factor.TIME_CRITICALITY: Estimate(confirmed=2)}
    decided[Factor.TIME_CRITICALITY] = replace(decided[Factor.TIME_CRITICALITY], confirmed_by=TANYA)
    request = replace(request, estimates={**request.estimates, **decided})
    blank = SizingForm(
        request=request, standing=a_standing(request, OTHERS), owned=frozenset({Factor.JOB_SIZE}), names=NAMES
    )
    form = estimate_form.form(blank, MEMORY)
    assert (form["title"]["text"], form["submit"]["text"]) == ("Estimate R-14", "Save")
    assert seen(form["blocks"]) == (
        "*k8s-connector*\n"
        "They can't see what their clusters cost.\n"
        "User/Business value — Product decides; yours is a suggestion. Now 8, Alice's guess.\n"
        "Time criticality — Product decides; yours is a suggestion. Now 2, confirmed by Tanya.\n"
        "Risk reduction — Product or tech decides; yours is a suggestion. Now 3, from the imported backlog.\n"
        "Job size — You decide this one. Now 13, Alice's guess.\n"
        "(8 + 2 + 3) / 13 = *WSJF 1.0*, that's *#3 of 12*.\n"
        f"{WSJF}\n"
        "Why — Only if you change a figure somebody else set."
    )


def test_the_four_figures_have_the_labels_of_the_contract_and_a_hint_each() -> None:
    assert list(LABELS.values()) == ["User/Business value", "Time criticality", "Risk reduction", "Job size"]
    assert HINTS[Factor.JOB_SIZE] == "Tech decides. Yours is a first guess."


@pytest.mark.parametrize(
    ("factor", "step", "said"),
    [
        (Factor.VALUE, "8", "8 · a whole segment waits (about 400 companies)"),
        (Factor.TIME_CRITICALITY, "2", "2 · before quarter end, or we lose one big client"),
        (Factor.RISK_REDUCTION, "3", "3 · opens the door to new partners"),
        (Factor.JOB_SIZE, "13", "13 · a quarter"),
    ],
)
def test_each_step_says_what_it_means(factor: Factor, step: str, said: str) -> None:
    assert [o["text"]["text"] for o in steps(factor) if o["value"] == step] == [said]


def test_the_join_form() -> None:
    form = join_form.form(the_founding_request(companies=3), MEMORY)
    assert (form["title"]["text"], form["submit"]["text"]) == ("Add my customer", "Add")
    assert seen(form["blocks"][:2]) == (
        "*k8s-connector* · 3 companies wait\nCustomers — Who is waiting? Leave empty if it's a market trend."
    )


# ---- the board and home -------------------------------------------------------------------------

FIRST = a_row(7, title="Savings reports", score=Score(4 * UNIT), companies=5, place=Place(rank=1, tied=False, of=3))
TIED = a_row(
    14,
    score=Score(UNIT),
    companies=1,
    status=Status.IN_PROGRESS,
    place=Place(rank=2, tied=True, of=3),
)
UNSIZED = a_row(15, title="Dark mode")
RELEASED = a_row(2, title="SAML", score=Score(UNIT), status=Status.RELEASED)


def board_of(*rows: Any, words: str = "", ranked: int = 3, unranked: int = 0) -> BoardView:
    return BoardView(words=words, rows=rows, ranked=ranked, unranked=unranked)


def test_the_board() -> None:
    drawn = board.message(board_of(FIRST, TIED, unranked=1))
    assert seen(drawn.blocks) == (
        "*The board: 3 requests, the most worth doing first*\n"
        "*#1* Savings reports · WSJF 4.0 · 5 companies wait · R-7\n"
        "*#=2* k8s-connector · WSJF 1.0 · 1 company waits · in progress · R-14\n"
        f"1 request without an estimate. Top 2 shown; `/board words` finds the others. {WSJF}"
    )
    assert drawn.text == "The board: 3 requests, the most worth doing first"


def test_the_board_with_nothing_on_it() -> None:
    drawn = board.message(board_of(ranked=0))
    assert seen(drawn.blocks) == (
        "*The board is empty*\nPut the first request on it with `/request`: what can't your customer do today?"
    )
    waiting = board.message(board_of(ranked=0, unranked=2))
    assert seen(waiting.blocks) == (
        f"*The board has no ranked request yet*\n2 requests without an estimate. {WSJF}"
    )


def test_the_board_searched() -> None:
    found = board.message(board_of(UNSIZED, RELEASED, words="a & b"))
    assert seen(found.blocks) == (
        "*2 requests for “a & b”*\n"
        "*–* Dark mode · no estimate yet · no customer named yet · R-15\n"
        "*–* SAML · released · R-2"
    )
    assert found.text == "2 requests for “a &amp; b”"
    nothing = board.message(board_of(words="clouds"))
    assert seen(nothing.blocks) == (
        "*Nothing on the board for “clouds”*\nFewer words find more. Or ask for it with `/request`."
    )


def test_the_board_for_a_customer() -> None:
    shipped = replace(RELEASED, released_at=datetime(2026, 11, 3, 9, tzinfo=UTC))
    aimed = replace(TIED, target=date(2026, 12, 12))
    acme = CustomerView(name="Acme *Bank*", waits=4, rows=(aimed, UNSIZED, shipped))
    view = replace(board_of(FIRST, words="acme"), customers=(acme, CustomerView(name="Acme Air", waits=0, rows=())))
    drawn = board.message(view)
    assert seen(drawn.blocks) == (
        "*Acme *Bank* waits for 4 requests*\n"
        "*#=2* k8s-connector · in progress, aimed at 12 December · R-14\n"
        "*–* Dark mode · no estimate yet · R-15\n"
        "*–* SAML · released 3 November · R-2\n"
        "2 requests more.\n"
        "*Acme Air waits for nothing yet*\n"
        "*1 other request for “acme”*\n"
        "*#1* Savings reports · WSJF 4.0 · 5 companies wait · R-7"
    )
    assert drawn.text == (
        "Acme *Bank* waits for 4 requests. Acme Air waits for nothing yet. 1 other request for “acme”"
    )


def test_home() -> None:
    facts = HomeView(
        to_sort=(the_founding_request(),),
        new=7,
        to_estimate=(UNSIZED,),
        mine=(UNSIZED,),
        owned=(TIED,),
        board=(FIRST, TIED),
        more=True,
        choice=Choice(page=1),
    )
    assert seen(home.view(facts)["blocks"]) == (
        "[New request] [Preferences]\n"
        "# Waits for me\n"
        "*7 requests to sort*. `/board new` lists them all\n"
        "k8s-connector · R-14 [Sort]\n"
        "*To estimate*\n"
        "Dark mode · R-15 [Estimate]\n"
        "# My requests\n"
        "– Dark mode · no estimate yet · no customer named yet · R-15 [Open]\n"
        "# Requests I answer for\n"
        "#=2 k8s-connector · WSJF 1.0 · 1 company waits · in progress · R-14 [Open]\n"
        "# The board\n"
        "[Any open] [All sources] [Everybody's]\n"
        "#1 Savings reports · WSJF 4.0 · 5 companies wait · R-7 [Open]\n"
        "#=2 k8s-connector · WSJF 1.0 · 1 company waits · in progress · R-14 [Open]\n"
        "11 to 12\n"
        "[Previous] [Next]\n"
        f"{WSJF}"
    )


def test_home_on_the_first_day() -> None:
    assert seen(home.view(HomeView())["blocks"]) == (
        f"[New request] [Preferences]\n# The board\nNothing yet. What can't your customer do today?\n{WSJF}"
    )


def test_help() -> None:
    page = help.message(Helped(admins=("Olga", "Boris & Co"), may=(Doing.MOVE, Doing.DECLINE), roles_in_use=True))
    assert page.text == "Tandem keeps product and sales pulling the same way: one board both sides believe."
    assert seen(page.blocks) == (
        f"*{page.text}*\n"
        "`/request [title]` Ask for something: what can't your customer do today?\n"
        "`/board [words]` See the board, or find a request; `/board new` lists new ones\n"
        "`/coordination [words]` This week's digest, for you only; `review`, `blockers`, `subscriptions`\n"
        "`/tandem [help]` This help. `/tandem request` and `/tandem board` work too\n"
        "`/tandem setup` Channels, roles, and who may do what; for admins\n"
        "`/tandem preferences` What you hear of: now, in the daily message, or never\n"
        "In a message's menu: *Add to the board*. On a request's card: *Estimate*, *Add my customer*.\n"
        "You may also move requests and decline requests. Admins: Olga and Boris &amp; Co."
    )


def test_help_before_roles_are_set_says_that_everybody_may_do_everything() -> None:
    page = help.message(Helped(admins=(), may=tuple(DEFAULTS), roles_in_use=False))
    assert seen(page.blocks).endswith("\nEverybody may do everything here until roles are set.")


# ---- small words --------------------------------------------------------------------------------


def test_each_status_has_a_name_and_each_role_is_named_on_a_card() -> None:
    assert STATUSES.keys() == set(Status)
    for role in Role:
        assert "(" in seen(card.message(a_card(role=role)).blocks)


def test_what_was_typed_is_given_back_when_it_could_not_be_taken() -> None:
    assert troubles.typed("/request", "k8s") == "\nYou typed: /request k8s"
    assert troubles.typed("/request", "") == ""


def test_a_close_date_alone_updates_the_deal() -> None:
    wish = Join(customers=(Customer(name="Acme"),), close_date=date(2026, 12, 31))
    joined = Joined(request=the_founding_request(), added=(), waited_already=("Acme",))
    assert join_form.receipt(joined, wish)["title"]["text"] == "Deal updated"
