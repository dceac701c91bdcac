"""Why this place, as people read it."""

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

import pytest

from bot.domain.changes import Change
from bot.domain.ids import RequestNumber
from bot.domain.reasons import Explanation, Part, Path, What, next_up, single_changes
from bot.domain.requests import TITLE_LIMIT, Request, Status
from bot.domain.wsjf import UNIT, Factor, Score
from bot.ui import reasons
from tests.builders import (
    ALICE,
    MONDAY,
    NAMES,
    TANYA,
    a_request,
    a_standing,
    places_among,
    the_founding_request,
)

OTHERS = [2 * UNIT, 2 * UNIT, UNIT + 1]
AUDIT, SAML, SSO = (RequestNumber(n) for n in (5, 9, 11))
TITLES = {AUDIT: "audit-log", SAML: "SAML", SSO: "SSO for partners"}
EARLIER = MONDAY - timedelta(days=7)


def a_part(was: int | None, now: int | None, what: What, **more: Any) -> Part:
    values: dict[str, Any] = {"score_was": Score(UNIT), "score_now": Score(UNIT), "at": MONDAY, **more}
    return Part(was=was, now=now, what=what, **values)


def a_figure(factor: Factor, old: int | None, new: int | None, **more: Any) -> Part:
    change, more = Change(field=factor, old=old, new=new), {"score_was": Score(UNIT // 2), **more}
    return a_part(more.pop("was", 7), more.pop("now", 5), What.FIGURE, figure=change, by=TANYA, **more)


def others(what: What, count: int = 1, *named: RequestNumber) -> Part:
    return a_part(5, 5 - count, what, others=named or (AUDIT,), count=count)


def why(request: Request | None = None, *parts: Part, others: list[int] | None = None, **more: Any) -> Explanation:
    request = request or the_founding_request()
    scores = OTHERS if others is None else others
    standing = a_standing(request, scores)
    now = standing.place if request.status.is_open else None
    path: dict[str, Any] = {
        "since": EARLIER,
        "was": parts[0].was if parts else now and now.rank,
        "score_was": parts[0].score_was if parts else request.rank_score,
    }
    up = places_among(scores, {score for _, _, score in single_changes(request.figures)})
    values: dict[str, Any] = {
        "names": NAMES,
        "titles": TITLES,
        "next_up": next_up(request.figures, now, up) if now else None,
        **more,
    }
    way = Path(now=now, score_now=request.rank_score, parts=parts, **path)
    return Explanation(request=request, standing=standing, path=way, **values)


def text(explained: Explanation) -> list[str]:
    """The modal's lines."""
    return "".join(_text(block) for block in reasons.view(explained, UTC)["blocks"]).splitlines()


def _text(drawn: Any) -> str:
    if isinstance(drawn, list):
        return "".join(map(_text, drawn))
    if isinstance(drawn, Mapping):
        own = drawn.get("text")
        ends = "\n" if drawn.get("type") == "rich_text_section" else ""
        return (own if isinstance(own, str) else "") + _text(list(drawn.get("elements", []))) + ends
    return ""


def test_the_founding_example_is_explained() -> None:
    size = a_figure(Factor.JOB_SIZE, 20, 13, score_was=Score(13 * UNIT // 20))
    explained = why(None, size, others(What.RELEASED))
    assert text(explained) == [
        "k8s-connector is #4 of 4: (8 + 2 + 3) / 13 = 1.0",
        "Value 8, time 2, risk & opportunity 3, job size 13: Alice's guess.",
        "#7 (0.7) on 16 November, #4 (1.0) now:",
        "#7 → #5: +0.3 from job size 20 to 13 · Tanya, 23 November",
        "#5 → #4: audit-log was released · 23 November",
        "To reach #3: job size 8.",
    ]
    assert reasons.view(explained, UTC)["title"]["text"] == "Why #4?"


def test_whose_figures_they_are() -> None:
    request = the_founding_request(confirmed=[Factor.JOB_SIZE])
    assert reasons.whose(why(request)) == (
        "Value 8, time 2, risk & opportunity 3: Alice's guess. Job size 13: confirmed by Boris."
    )


@pytest.mark.parametrize(
    ("part", "line"),
    [
        (a_figure(Factor.VALUE, 8, 5, score_was=Score(2 * UNIT)), "#7 → #5: −1.0 from value 8 to 5"),
        (a_figure(Factor.JOB_SIZE, None, 5, was=None), "no place → #5: job size 5 gave it its place"),
        (a_figure(Factor.JOB_SIZE, 5, None, now=None), "#7 → no place: job size 5 was taken back"),
        (a_figure(Factor.TIME_CRITICALITY, 2, 3, was=5), "still #5: +0.5 from time 2 to 3"),
        (a_part(None, 4, What.CAME, score_was=None), "no place → #4: it came onto the board"),
        (a_part(4, None, What.JOINED, score_now=None), "#4 → no place: it was joined to another"),
        (a_part(None, 4, What.PARTED, score_was=None), "no place → #4: it stands for itself again"),
        (others(What.DECLINED, 2, AUDIT, SAML), "#5 → #3: audit-log and SAML were declined"),
        (others(What.FELL, 3, AUDIT, SAML, SSO), "#5 → #2: audit-log, SAML and SSO for partners fell back"),
        (others(What.LEFT, 4, AUDIT, SAML, SSO), "#5 → #1: audit-log, SAML and 2 more lost their estimates"),
        (a_part(5, 2, What.EARLIER, score_was=Score(UNIT // 2)), "#5 → #2: +0.5 from many changes of its figures"),
        (a_part(5, None, What.CHANGED, score_now=None), "#5 → no place: a change of its figures"),
        (a_part(5, 6, What.CAME, others=(AUDIT,), count=1), "#5 → #6: audit-log came in above"),
        (a_part(5, 45, What.ROSE, others=(), count=40), "#5 → #45: 40 requests passed it"),
        (a_part(5, 6, What.ROSE, others=(RequestNumber(404),), count=1), "#5 → #6: R-404 passed it"),
    ],
)
def test_each_part_says_what_it_did(part: Part, line: str) -> None:
    [said] = reasons.steps(why(None, part), UTC)
    assert said.partition(" · ")[0] == line


def test_differences_are_those_of_the_scores_as_they_are_shown() -> None:
    """0.95 is shown as 1.0 and 0.94 as 0.9."""
    one = a_figure(Factor.VALUE, 5, 8, score_was=Score(UNIT * 94 // 100), score_now=Score(UNIT * 95 // 100))
    assert "+0.1 from value 5 to 8" in reasons.steps(why(None, one), UTC)[0]


def test_what_nothing_happened_to() -> None:
    assert text(why())[2:] == ["Nothing has moved it since 16 November.", "To reach #3: job size 8."]


def test_a_level_place_is_said_to_be_one() -> None:
    assert reasons.headline(why(others=[UNIT])).startswith("k8s-connector is #=1 of 2")
    assert reasons.view(why(others=[UNIT]), UTC)["title"]["text"] == "Why #=1?"


@pytest.mark.parametrize(
    ("explained", "line"),
    [
        (why(others=[]), ["Nothing stands above it."]),
        (why(others=[60 * UNIT]), ["No single figure takes it further up."]),
        (why(the_founding_request(status=Status.RELEASED)), []),
    ],
)
def test_the_way_up(explained: Explanation, line: list[str]) -> None:
    assert reasons.next_up(explained) == line


def test_without_a_place_it_says_what_is_missing_and_where_a_size_would_put_it() -> None:
    explained = why(a_request(value=8, time_criticality=2, risk_reduction=3))
    assert text(explained) == [
        "k8s-connector has no place yet: it needs a size",
        "Value 8, time 2, risk & opportunity 3: Alice's guess.",
        "A size puts it anywhere from #1 (size 5) to #4 (size 13).",
    ]
    assert reasons.view(explained, UTC)["title"]["text"] == "Why no place?"


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"status": Status.RELEASED}, "k8s-connector is released"),
        ({"status": Status.DECLINED, "reason": "2 of 340 asked."}, "k8s-connector won't be built: 2 of 340 asked."),
        (
            {"status": Status.DECLINED, "same_as": SAML, "reason": "It's the same."},
            "k8s-connector is the same as SAML, which has its own place",
        ),
    ],
)
def test_what_is_closed_says_how_it_ended(more: Mapping[str, Any], line: str) -> None:
    explained = why(the_founding_request(**more), a_part(4, None, What.RELEASED, score_now=None))
    assert text(explained)[0] == line
    assert text(explained)[-2:] == [
        "#4 (1.0) on 16 November, no place now:",
        "#4 → no place: it was released · 23 November",
    ]
    assert reasons.view(explained, UTC)["title"]["text"] == "How it ended"


def test_what_came_meanwhile_says_since_when_it_is_there() -> None:
    explained = why(None, a_part(None, 4, What.CAME, score_was=None, by=ALICE))
    assert reasons.way(explained, UTC) == "On the board since 23 November, #4 (1.0) now:"


def test_long_words_are_cut_and_data_stays_data() -> None:
    long = "<!channel> *" * 20
    request = the_founding_request(title=long[:TITLE_LIMIT])
    said = text(why(request, others(What.CAME, 1, AUDIT), titles={AUDIT: long}))
    assert said[0].startswith("<!channel> *<!channel>")
    assert max(map(len, said)) < 120
