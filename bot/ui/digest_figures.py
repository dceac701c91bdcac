"""The figures of a digest: the north star in its first line, and the chart in its thread with the same in words."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from bot.domain.digest import Digest, NorthStar, Star, Week
from bot.domain.outcomes import span_of
from bot.ui import figures as show
from bot.ui import parts
from bot.ui.parts import Block, Element

NAME = 40
DEFINITION = 200
UNIT = 12
POINTS = 12
LABEL = 20  #: as much as a chart has room for
CHART_TITLE = 50


# ---- the north star in a line -------------------------------------------------------------------


def north_star(digest: Digest) -> str:
    """Say "Activation 54 %, up 2, target 65 %"; empty without a north star."""
    if digest.star is None:
        return ""
    star, value = digest.star.star, digest.star.value
    if value is None:
        return f"{_name(star)}: no figure yet{_target(star)}"
    return (
        f"{_name(star)} {_measure(star, value)}{_of(digest.star, digest.since)}{_moved(digest.star)}{_target(star)}"
    )


def _of(star: NorthStar, since: date) -> str:
    """Say " in week 45" of a figure that isn't this week's or the last one's."""
    span = _span(star.figures[-1][0])
    return f" in {_named(star.figures[-1][0])}" if span and span[1] < since else ""


def _moved(star: NorthStar) -> str:
    if star.value is None or star.before is None:
        return ""
    if _measure(star.star, star.value) == _measure(star.star, star.before):
        return ", as before"
    by = abs(star.value - star.before)
    said = show.figure(by) if star.star.unit == "%" else _measure(star.star, by)
    return f", {'up' if star.value > star.before else 'down'} {said}"


def _target(star: Star) -> str:
    return f", target {_measure(star, star.target)}" if star.target is not None else ""


def _measure(star: Star, value: float) -> str:
    return show.measure(value, parts.shorten(star.unit, UNIT))


def _name(star: Star) -> str:
    return parts.shorten(star.name, NAME)


# ---- the chart, and the same in words -----------------------------------------------------------


def chart(digest: Digest, *, plain: bool) -> list[Block]:
    """The north star's way, else what was asked for and what shipped; `plain` leaves the picture out."""
    star, weeks = digest.star, digest.weeks[-POINTS:]
    if star and len(star.figures) > 1:
        picture, twin = _line_chart(star), _star_in_words(star)
    elif len(weeks) > 1 and any(week.filed or week.shipped for week in weeks):
        picture, twin = _bar_chart(weeks), _weeks_in_words(weeks)
    else:
        return []
    return [*([] if plain else [picture]), parts.small(twin)]


def _line_chart(star: NorthStar) -> Block:
    figures = star.figures[-POINTS:]
    labels = _labels([period for period, _ in figures])
    name = parts.shorten(star.star.name, LABEL)
    series = [_series(name, labels, [value for _, value in figures])]
    if star.star.target is not None:
        series.append(_series("Goal" if name == "Target" else "Target", labels, [star.star.target] * len(labels)))
    unit = f" ({parts.shorten(star.star.unit, UNIT)})" if star.star.unit else ""
    return _chart("line", parts.shorten(star.star.name, CHART_TITLE - len(unit)) + unit, labels, series)


def _bar_chart(weeks: Sequence[Week]) -> Block:
    labels = _labels([week.name for week in weeks])
    asked = _series("Asked for", labels, [week.filed for week in weeks])
    shipped = _series("Shipped", labels, [week.shipped for week in weeks])
    return _chart("bar", "Requests by week", labels, [asked, shipped])


def _series(name: str, labels: Sequence[str], values: Sequence[float]) -> Element:
    points = [{"label": label, "value": value} for label, value in zip(labels, values, strict=True)]
    return {"name": name, "data": points}


def _chart(kind: str, title: str, labels: Sequence[str], series: Sequence[Element]) -> Block:
    drawn = {"type": kind, "series": list(series), "axis_config": {"categories": list(labels)}}
    return {"type": "data_visualization", "title": title, "chart": drawn}


def _star_in_words(star: NorthStar) -> str:
    """Say "Activation: 48 %, 50 %, 52 %, 54 % in weeks 45 to 48, target 65 %.", and what it counts."""
    figures = star.figures[-POINTS:]
    periods = [period for period, _ in figures]
    values = [_measure(star.star, value) for _, value in figures]
    said = _in_a_row(values, periods)
    definition = parts.shorten(star.star.definition, DEFINITION).rstrip(".")
    meaning = f" It counts: {definition}." if definition else ""
    return f"{_name(star.star)}: {said}{_target(star.star)}.{meaning}"


def _in_a_row(values: Sequence[str], periods: Sequence[str]) -> str:
    if not _are_weeks_in_a_row(periods):
        return ", ".join(f"{value} ({_named(period)})" for value, period in zip(values, periods, strict=True))
    return f"{', '.join(values)} in weeks {_week(periods[0])} to {_week(periods[-1])}"


def _weeks_in_words(weeks: Sequence[Week]) -> str:
    filed, shipped = ", ".join(f"{w.filed:,}" for w in weeks), ", ".join(f"{w.shipped:,}" for w in weeks)
    span = f"weeks {_week(weeks[0].name)} to {_week(weeks[-1].name)}"
    return f"Requests in {span}: asked for {filed}; shipped {shipped}."


# ---- periods ------------------------------------------------------------------------------------


def _labels(periods: Sequence[str]) -> list[str]:
    """Short and each its own, as a chart wants them."""
    short = [parts.shorten(_short(period), LABEL) for period in periods]
    return short if len(set(short)) == len(short) else [parts.shorten(period, LABEL) for period in periods]


def _short(period: str) -> str:
    return f"W{_week(period)}" if "W" in period else _named(period)


def _named(period: str) -> str:
    """Say "week 45", "November", "23 November" or "2026"."""
    span = _span(period)
    if span is None or len(period) == len("2026"):
        return period
    if "W" in period:
        return f"week {_week(period)}"
    return show.day(span[0]) if span[0] == span[1] else show.MONTHS[span[0].month - 1]


def _week(period: str) -> int:
    return int(period[-2:])


def _are_weeks_in_a_row(periods: Sequence[str]) -> bool:
    spans = [_span(period) for period in periods]
    mondays = [span[0] for period, span in zip(periods, spans, strict=True) if span and "W" in period]
    gaps = {(later - earlier).days for earlier, later in pairwise(mondays)}
    return len(mondays) == len(periods) and gaps == {7}


def _span(period: str) -> tuple[date, date] | None:
    try:
        return span_of(period)
    except ValueError:
        return None
