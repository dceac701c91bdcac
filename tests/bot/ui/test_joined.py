"""What people read of requests that ask for the same; whatever was written, Slack takes it."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.changes import Logged
from bot.domain.ids import RequestNumber
from bot.domain.merging import JoinedOne, Joins, Merged, Unlinked
from bot.domain.requests import Request, Status
from bot.ui import card, history, joined, parts
from tests.bot.ui.test_limits import ANY_REQUEST, NAMED, opened
from tests.bot.ui.test_news import seen
from tests.builders import BORIS, GENERATED, MONDAY, NAMES, a_card, a_request

FIRST = a_request(number=RequestNumber(3), title="Savings reports")
SAME = a_request(status=Status.DECLINED, same_as=RequestNumber(3), survivor=RequestNumber(3))


def test_what_came_of_it_says_which_one_stays_and_why() -> None:
    done = Merged(joined=SAME, survivor=FIRST, moved=("Acme", "Fjord"), follows="Alice")
    assert seen(joined.merged(done)["blocks"]) == (
        "*R-14 is closed: it's the same as R-3 Savings reports, which came first.* "
        "Acme and Fjord wait for that one now. Alice hears of it and follows R-3 now. "
        "You can take this back for a day.\n"
        "[It's not the same]"
    )


def test_late_there_is_no_way_back_and_the_owner_is_said() -> None:
    done = Merged(joined=SAME, survivor=FIRST, is_further=True, is_undoable=False)
    assert seen(joined.merged(done, "Boris")["blocks"]) == (
        "*R-14 is closed: it's the same as R-3 Savings reports, which is further along.* Boris answers for R-3."
    )


def test_what_came_of_taking_it_back() -> None:
    done = Unlinked(request=a_request(), other=FIRST, customers=("Acme",), follows="Alice")
    assert seen(joined.parted(done)["blocks"]) == (
        "*R-14 k8s-connector stands for itself again, as before.* Acme waits for it again. Alice hears of it.\n"
        "[Open R-14]"
    )
    assert "stands for itself already." in seen(joined.parted(Unlinked(request=a_request()))["blocks"])


def test_the_opened_request_shows_what_it_is_the_same_as() -> None:
    joins = Joins(survivor=FIRST, customers=("Acme",), is_undoable=True)
    assert seen(joined.section(SAME, joins)) == (
        "*It's the same as R-3 Savings reports.* Acme waits for that one.\n[Open R-3] [It's not the same]"
    )
    late = replace(joins, customers=(), is_undoable=False)
    assert seen(joined.section(SAME, late)) == "*It's the same as R-3 Savings reports.*\n[Open R-3]"


def test_the_opened_request_shows_what_it_stands_for() -> None:
    ones = (
        JoinedOne(request=SAME, asked_by="Alice", is_undoable=True),
        JoinedOne(request=SAME, asked_by=None, is_undoable=False),
    )
    assert seen(joined.section(FIRST, Joins(joined=ones, more=2))) == (
        "*Also asked for in*\nR-14 k8s-connector · from Alice [It's not the same]\nR-14 k8s-connector\nAnd 2 more."
    )
    assert joined.section(FIRST, Joins()) == []


def test_its_card_says_so_and_counts_nobody() -> None:
    drawn = card.message(a_card(SAME))
    assert drawn.text == "k8s-connector: the same as R-3. Asked by Alice."
    assert "· the same as R-3\n" in seen(drawn.blocks)
    assert "compan" not in seen(drawn.blocks)


def line(field: str, old: Any, new: Any) -> Logged:
    return Logged(
        id=1,
        subject="request:14",
        field=field,
        old=old,
        new=new,
        by=BORIS,
        at=MONDAY,
        why=None,
        via="slack",
        trace="a",
    )


def test_the_history_tells_both_in_a_few_words() -> None:
    became = [
        line("same_as", None, 3),
        line("reason", None, "It's the same."),
        line("status", "backlog", "declined"),
    ]
    parted = [
        line("same_as", 3, None),
        line("reason", "It's the same.", None),
        line("status", "declined", "planned"),
    ]
    took_in, let_go = [line("merged", None, 14)], [line("merged", 14, None)]
    told = [history.lines(act, NAMES, MONDAY.tzinfo)[0] for act in (became, parted, took_in, let_go)]  # type: ignore[arg-type]
    assert told == [
        "23 November, Boris: the same as R-3.",
        "23 November, Boris: planned; not the same as R-3 after all.",
        "23 November, Boris: R-14 asked for the same.",
        "23 November, Boris: R-14 asks for something else after all.",
    ]


# ---- whatever was written -----------------------------------------------------------------------

NAMED_MANY = st.lists(NAMED, max_size=25).map(tuple)


@GENERATED
@given(st.data())
def test_slack_takes_what_came_of_it(data: st.DataObject) -> None:
    one, other = data.draw(ANY_REQUEST), data.draw(ANY_REQUEST)
    someone, customers = data.draw(st.none() | NAMED), data.draw(NAMED_MANY)
    opened(joined.merged(Merged(joined=one, survivor=other, moved=customers, follows=someone), someone))
    opened(joined.parted(Unlinked(request=one, other=other, customers=customers, follows=someone)))


@GENERATED
@given(st.data())
def test_slack_takes_what_is_shown_of_the_others(data: st.DataObject) -> None:
    one, other, someone = data.draw(ANY_REQUEST), data.draw(ANY_REQUEST), data.draw(st.none() | NAMED)
    shown_in(one, Joins(survivor=other, customers=data.draw(NAMED_MANY), is_undoable=True))
    ones = tuple(JoinedOne(request=other, asked_by=someone, is_undoable=True) for _ in range(5))
    shown_in(one, Joins(joined=ones, more=99_999))


def shown_in(request: Request, joins: Joins) -> None:
    opened(parts.modal("page", request.name, joined.section(request, joins), memory="", close="Close"))
