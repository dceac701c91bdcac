"""Why a request stands where it does: how its score comes about, the way to its place, the way up."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from bot.domain.ids import RequestNumber
from bot.domain.reasons import Explanation, Part, What
from bot.domain.requests import Status
from bot.domain.text import one_line
from bot.domain.wsjf import Factor, Score
from bot.ui import estimate_form, parts, standing
from bot.ui import figures as show
from bot.ui.parts import View
from bot.ui.vocabulary import SHORT

TITLE = 60
OTHER = 40
REASON = 300
_FIGURE = {**{f: SHORT[f].lower() for f in Factor}, Factor.JOB_SIZE: "job size"}


def view(why: Explanation, zone: tzinfo) -> View:
    """Below the first line: whose figures these are, the way to its place, and the way up."""
    first = parts.words(headline(why), bold=True)
    told = [line for line in (whose(why), *_range(why)) if line]
    blocks = [parts.rich([first, *(parts.words(f"\n{line}") for line in told)])]
    if lead := way(why, zone):
        blocks += [_listed(lead, steps(why, zone))]
    blocks += [parts.rich([parts.words(line, bold=True)]) for line in next_up(why)]
    return parts.modal("why", _title(why), blocks, memory="", close="Close")


def lines(why: Explanation, zone: tzinfo) -> list[str]:
    """The way and the way up, for a terminal."""
    ended = [] if why.request.status.is_open else [f"{headline(why)}."]
    path = [way(why, zone), *(f"  {line}" for line in steps(why, zone))]
    return [*ended, *_range(why), *filter(None, path), *next_up(why)]


def _title(why: Explanation) -> str:
    if not why.request.status.is_open:
        return "How it ended"
    return f"Why {show.rank(why.path.now)}?" if why.path.now else "Why no place?"


# ---- where it stands ----------------------------------------------------------------------------


def headline(why: Explanation) -> str:
    """Say "k8s-connector is #4 of 12: (8 + 2 + 3) / 13 = 1.0", what is missing, or how it ended."""
    request, now = why.request, why.standing
    title = parts.shorten(one_line(request.title), TITLE)
    if not request.status.is_open:
        return f"{title} {_ended(why)}"
    if now.score is None or now.place is None:
        return f"{title} has no place yet: it needs {standing.missing(now)}"
    return f"{title} is {show.rank_of(now.place)}: {show.arithmetic(request.figures)} = {show.score(now.score)}"


def _ended(why: Explanation) -> str:
    request = why.request
    if request.same_as:
        return f"is the same as {_name(request.same_as, why.titles)}, which has its own place"
    if request.status is Status.RELEASED:
        return "is released"
    reason = f": {parts.shorten(one_line(request.reason), REASON)}" if request.reason else ""
    return f"won't be built{reason}"


def whose(why: Explanation) -> str:
    """Say "Value 8, time 2: Alice's guess. Job size 5: confirmed by Tanya."."""
    told: dict[str, list[str]] = {}
    for factor, estimate in ((f, why.request.estimates.get(f)) for f in Factor):
        if estimate is not None and estimate.figure is not None:
            by = estimate_form.whose(estimate, why.names)
            told.setdefault(by, []).append(f"{_FIGURE[factor]} {estimate.figure}")
    return " ".join(f"{parts.capital(', '.join(figures))}: {by}." for by, figures in told.items())


def _range(why: Explanation) -> list[str]:
    """Say "Sizes would put it from #2 (size 5) to #9 (size 20)."."""
    places = standing.range_of_places(why.standing) if why.request.status.is_open else ""
    if not places:
        return []
    return [f"A size puts it anywhere {places}." if places.startswith("from") else f"{parts.capital(places)}."]


# ---- how it came there --------------------------------------------------------------------------


def way(why: Explanation, zone: tzinfo) -> str:
    """Say "#7 (1.2) on 16 November, #4 (2.0) now:"; nothing of what had no place and got none."""
    path = why.path
    if not path.parts:
        return f"Nothing has moved it since {_day(path.since, zone)}." if path.now else ""
    now = _place(show.rank(path.now) if path.now else None, path.score_now)
    first = path.parts[0]
    if first.what is What.CAME and not first.count:
        return f"On the board since {_day(first.at, zone)}, {now} now:"
    then = _place(f"#{path.was}" if path.was else None, path.score_was)
    return f"{parts.capital(then)} on {_day(path.since, zone)}, {now} now:"


def steps(why: Explanation, zone: tzinfo) -> list[str]:
    """One line a part: what it did, and what it was."""
    return [f"{_move(part)}: {_cause(part, why)}{_when(part, why, zone)}" for part in why.path.parts]


def _place(place: str | None, score: Score | None) -> str:
    """Say "#7 (1.2)"."""
    return f"{place} ({show.score(score)})" if place and score is not None else "no place"


def _day(moment: datetime, zone: tzinfo) -> str:
    return show.day(moment.astimezone(zone).date())


def _move(part: Part) -> str:
    """Say "#7 → #5", "still #5" or "no place → #5"."""
    was, now = (f"#{place}" if place else "no place" for place in (part.was, part.now))
    return f"still {now}" if was == now else f"{was} → {now}"


def _cause(part: Part, why: Explanation) -> str:
    if part.count:
        return _by_others(part, why.titles)
    if part.figure is not None and part.what is What.FIGURE:
        return _by_figure(part, part.figure.old, part.figure.new)
    return f"{_gained(part)}{_OWN[part.what]}"


_OWN = {
    What.CAME: "it came onto the board",
    What.ESTIMATED: "it got its estimate",
    What.RELEASED: "it was released",
    What.DECLINED: "it was declined",
    What.JOINED: "it was joined to another",
    What.REOPENED: "it was taken up again",
    What.PARTED: "it stands for itself again",
    What.EARLIER: "many changes of its figures",
    What.CHANGED: "a change of its figures",
}


def _by_figure(part: Part, old: int | None, new: int | None) -> str:
    """Say "+0.8 from job size 8 to 5"."""
    assert part.figure is not None
    name = _FIGURE[Factor(part.figure.field)]
    if old is None:
        return f"{name} {new} gave it its place"
    return f"{_gained(part)}{name} {old} to {new}" if new is not None else f"{name} {old} was taken back"


def _gained(part: Part) -> str:
    """Say "+0.8 from ": the difference of the scores as they are shown, so that they add up for a reader."""
    if part.score_was is None or part.score_now is None:
        return ""
    tenths = abs(show.tenths(part.score_now) - show.tenths(part.score_was))
    return f"{'+' if part.score_now > part.score_was else '−'}{tenths // 10}.{tenths % 10} from "


def _by_others(part: Part, titles: Mapping[RequestNumber, str]) -> str:
    """Say "audit-log was released", "audit-log, SAML and 1 more were released"."""
    one, many = _OTHERS[part.what]
    return f"{_named(part, titles)} {one if part.count == 1 else many}"


_OTHERS = {
    What.CAME: ("came in above", "came in above"),
    What.ROSE: ("passed it", "passed it"),
    What.FELL: ("fell back", "fell back"),
    What.LEFT: ("lost its estimate", "lost their estimates"),
    What.RELEASED: ("was released", "were released"),
    What.DECLINED: ("was declined", "were declined"),
    What.JOINED: ("was joined to another", "were joined to others"),
}


def _named(part: Part, titles: Mapping[RequestNumber, str]) -> str:
    """Say "audit-log, SAML and 12 more"; where nobody is named, "40 requests"."""
    names = [_name(number, titles) for number in part.others]
    if not names:
        return show.requests(part.count)
    names = names if part.count <= len(names) else names[:2]
    left = part.count - len(names)
    return parts.listed([*names, *([f"{left:,} more"] if left else [])])


def _name(number: RequestNumber, titles: Mapping[RequestNumber, str]) -> str:
    return parts.shorten(one_line(titles.get(number, f"R-{number}")), OTHER)


def _when(part: Part, why: Explanation, zone: tzinfo) -> str:
    """Say " · Tanya, 17 November"."""
    if part.count > 1 or part.what is What.EARLIER:
        return ""
    who = why.names.get(part.by) if part.by else None
    return f" · {', '.join(filter(None, (who, show.day(part.at.astimezone(zone).date()))))}"


# ---- the way up ---------------------------------------------------------------------------------


def next_up(why: Explanation) -> list[str]:
    """Say "To reach #3: job size 3."."""
    now, better = why.path.now, why.next_up
    if now is None:
        return []
    if better is not None:
        return [f"To reach {show.rank(better.place)}: {_FIGURE[better.factor]} {better.figure}."]
    return ["Nothing stands above it." if now.rank == 1 else "No single figure takes it further up."]


def _listed(lead: str, told: Sequence[str]) -> parts.Block:
    """The way as a list."""
    section = {"type": "rich_text_section", "elements": [parts.words(lead)]}
    items = [{"type": "rich_text_section", "elements": [parts.words(line)]} for line in told]
    below = [{"type": "rich_text_list", "style": "bullet", "elements": items}] if items else []
    return {"type": "rich_text", "elements": [section, *below]}
