"""Charts as numbers a template can draw: every coordinate is decided here, in SVG units."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.wire import Json

LETTER = 6.6  #: about the width of a letter of a label
STEP = 44.0  #: the least room of a category
BAR = 14.0  #: the least room of a bar
GAP = 12.0  #: between the bars of two categories
HEIGHT = 160.0
WIDTH = 270.0  #: a chart of few categories fits a telephone
SLANT = 0.6  #: how much of a slanted label's length goes downwards
TICKS = 4


@dataclass(frozen=True, kw_only=True)
class Slice:
    label: str
    value: str
    share: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One value where it stands: a bar, or a dot on a line."""

    x: float
    y: float
    width: float
    height: float
    words: str


@dataclass(frozen=True, kw_only=True)
class Series:
    name: str
    marks: Sequence[Mark]
    line: str
    area: str


@dataclass(frozen=True, kw_only=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A bar, line or area chart."""

    left: float
    width: float
    height: float
    foot: float
    zero: float
    ticks: Sequence[Tick]
    categories: Sequence[Tick]
    slanted: bool
    series: Sequence[Series]

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def is_small(self) -> bool:
        """It may be drawn larger where there is room."""
        return self.width <= WIDTH


# -- Numbers


def finite(value: float) -> float:
    """A number that can be drawn: not a number is 0, too large is the largest."""
    try:
        number = float(value)
    except OverflowError:
        number = math.inf if value > 0 else -math.inf
    return 0.0 if math.isnan(number) else max(-1e300, min(number, 1e300))


def figure(value: float) -> str:
    """A number as people read it: 1,200 or 0.5."""
    number = finite(value)
    if abs(number) >= 1e15 or 0 < abs(number) < 0.01:
        return f"{number:.3g}"
    return f"{number:,.2f}".rstrip("0").rstrip(".")


# -- Pies


def pie(chart: Json) -> list[Slice]:
    segments = chart["segments"]
    most = max(finite(segment["value"]) for segment in segments)
    parts = [finite(segment["value"]) / most for segment in segments]
    whole, turned, slices = sum(parts), 0.0, []
    for segment, part in zip(segments, parts, strict=True):
        share = part / whole
        slices.append(
            Slice(
                label=segment["label"],
                value=figure(segment["value"]),
                share=f"{share:.0%}",
                path=_wedge(turned, min(turned + share, 0.99999)) if share < 0.99999 else _ring(),
            )
        )
        turned += share
    return slices


def _wedge(start: float, end: float) -> str:
    """A slice of a circle of radius 100 around 0, clockwise from the top, in shares of the whole."""
    (x1, y1), (x2, y2) = (_on_circle(turn) for turn in (start, end))
    return f"M0 0L{x1:.2f} {y1:.2f}A100 100 0 {int(end - start > 0.5)} 1 {x2:.2f} {y2:.2f}Z"


def _on_circle(turn: float) -> tuple[float, float]:
    angle = 2 * math.pi * turn
    return 100 * math.sin(angle), -100 * math.cos(angle)


def _ring() -> str:
    return "M0-100A100 100 0 1 1 0 100A100 100 0 1 1 0-100Z"


# -- Charts with axes


def plot(chart: Json) -> Plot:
    names = chart["axis_config"]["categories"]
    scale = _Scale.of([finite(point["value"]) for series in chart["series"] for point in series["data"]])
    ticks = [Tick(at=scale.y(value), label=figure(value)) for value in scale.ticks]
    bars = len(chart["series"]) if chart["type"] == "bar" else 1
    step = max(STEP, BAR * bars + GAP, WIDTH / len(names))
    longest = max(map(len, names)) * LETTER
    slanted = longest > step - 6
    left = max(len(tick.label) for tick in ticks) * LETTER + 10
    return Plot(
        left=max(left, longest * 0.8 - step / 2) if slanted else left,
        width=step * len(names),
        height=HEIGHT,
        foot=longest * SLANT + 24 if slanted else 28,
        zero=scale.y(0),
        ticks=ticks,
        categories=[Tick(at=step * (i + 0.5), label=name) for i, name in enumerate(names)],
        slanted=slanted,
        series=[_series(series, i, chart, step, scale) for i, series in enumerate(chart["series"])],
    )


def _series(series: Json, index: int, chart: Json, step: float, scale: "_Scale") -> Series:
    values = {point["label"]: point["value"] for point in series["data"]}
    names = chart["axis_config"]["categories"]
    marks = [
        _mark(f"{series['name']}, {name}: {figure(values[name])}", finite(values[name]), scale) for name in names
    ]
    if chart["type"] == "bar":
        bar = min((step - GAP) / len(chart["series"]), 48)
        first = (step - bar * len(chart["series"])) / 2 + bar * index
        marks = [_moved(mark, first + step * i, bar - 2) for i, mark in enumerate(marks)]
        return Series(name=series["name"], marks=marks, line="", area="")
    marks = [_moved(mark, step * (i + 0.5), 0) for i, mark in enumerate(marks)]
    return _joined(series["name"], marks, values=[scale.y(finite(values[name])) for name in names], zero=scale.y(0))


def _mark(words: str, value: float, scale: "_Scale") -> Mark:
    top, bottom = scale.y(max(value, 0)), scale.y(min(value, 0))
    return Mark(x=0, y=top, width=0, height=max(bottom - top, 1) if value else 0, words=words)


def _moved(mark: Mark, x: float, width: float) -> Mark:
    return Mark(x=x, y=mark.y, width=width, height=mark.height, words=mark.words)


def _joined(name: str, marks: Sequence[Mark], values: Sequence[float], zero: float) -> Series:
    """Dots joined by a line, and the area between the line and zero."""
    dots = [Mark(x=m.x, y=y, width=0, height=0, words=m.words) for m, y in zip(marks, values, strict=True)]
    line = "M" + "L".join(f"{dot.x:.1f} {dot.y:.1f}" for dot in dots)
    area = f"{line}L{dots[-1].x:.1f} {zero:.1f}L{dots[0].x:.1f} {zero:.1f}Z"
    return Series(name=name, marks=dots, line=line, area=area)


@dataclass(frozen=True)
class _Scale:
    """From values to heights, in round steps that always take in zero."""

    step: float
    low: int
    high: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "_Scale":
        least, most = min(0.0, *values), max(0.0, *values)
        if most - least < 1e-300:
            most = 1.0
        step = _round_up((most - least) / TICKS)
        return cls(step, math.floor(least / step), math.ceil(most / step))

    @property
    def ticks(self) -> list[float]:
        return [n * self.step for n in range(self.low, self.high + 1)]

    def y(self, value: float) -> float:
        share = (value / self.step - self.low) / (self.high - self.low)
        return round(HEIGHT * (1 - share), 2)


def _round_up(step: float) -> float:
    """The next round number: 1, 2 or 5 and noughts."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * nice for nice in (1, 2, 5, 10) if power * nice >= step * 0.9999)
