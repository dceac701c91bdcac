"""A request rebuilt from the lines of its change log."""

from typing import Any

from bot.domain.changes import Logged, differences, net, replay
from bot.domain.ids import AccountId
from bot.domain.requests import Estimate, Status
from bot.domain.wsjf import Factor
from tests.builders import ALICE, BORIS, MONDAY, a_request, the_founding_request


def log(*changes: tuple[str, Any, Any]) -> list[Logged]:
    common: dict[str, Any] = {"subject": "request:14", "by": ALICE, "at": MONDAY, "why": None, "via": "slack"}
    return [
        Logged(id=n, field=field, old=old, new=new, trace=f"t{n}", **common)
        for n, (field, old, new) in enumerate(changes, 1)
    ]


def test_nothing_rebuilds_nothing() -> None:
    rebuilt = replay([])
    assert (rebuilt.fields, rebuilt.estimates, rebuilt.accounts) == ({}, {}, frozenset())


def test_all_a_request_began_with_is_rebuilt() -> None:
    request = the_founding_request(owner=BORIS, status=Status.PLANNED)
    rebuilt = replay(log(*((c.field, c.old, c.new) for c in differences(None, request))))
    assert (rebuilt.fields["title"], rebuilt.fields["status"], rebuilt.fields["owner"]) == (
        "k8s-connector",
        "planned",
        BORIS,
    )
    assert rebuilt.estimates == request.estimates


def test_what_was_taken_back_is_gone() -> None:
    guess = vars(Estimate(proposed=5, proposed_by=ALICE))
    rebuilt = replay(
        log(("owner", None, BORIS), ("owner", BORIS, None), ("value", None, guess), ("value", guess, None))
    )
    assert (rebuilt.fields, rebuilt.estimates) == ({}, {})


def test_customers_join_and_leave_and_deals_change_nothing() -> None:
    lines = log(("ask", None, "acme"), ("ask", None, "globex"), ("deal", None, "acme"), ("ask", "acme", None))
    assert replay(lines).accounts == {AccountId("globex")}


def test_a_figure_and_a_sentence_are_told_too_and_events_are_not() -> None:
    lines = log(("adoption", None, 46), ("sentence", None, "Soon."), ("question", None, {"id": 1}))
    assert replay(lines).fields == {"adoption": 46, "sentence": "Soon."}


def test_what_changed_since_a_line_leads_from_there_to_now() -> None:
    lines = log(("status", None, "backlog"), ("status", "backlog", "planned"), ("status", "planned", "in_progress"))
    for cut in range(len(lines) + 1):
        since = {name: change.new for name, change in net(lines[cut:]).items()}
        assert {**replay(lines[:cut]).fields, **since} == {"status": "in_progress"}


def test_every_factor_is_rebuilt() -> None:
    request = a_request(value=1, time_criticality=2, risk_reduction=3, job_size=5)
    rebuilt = replay(log(*((c.field, c.old, c.new) for c in differences(None, request))))
    assert set(rebuilt.estimates) == set(Factor)
