"""Figures side by side: what was measured, what was aimed at, and whether it holds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line. `holds` is None where nothing was aimed at."""

    what: str
    cells: Mapping[str, str]
    goal: str = ""
    holds: bool | None = None

    @property
    def verdict(self) -> str:
        return {True: "yes", False: "NO", None: ""}[self.holds]


@dataclass(frozen=True, kw_only=True)
class Table:
    title: str
    columns: Sequence[str]
    rows: Sequence[Row]
    notes: Sequence[str] = field(default=())

    def text(self) -> str:
        judged = any(row.goal for row in self.rows)
        lines = [["", *self.columns, *(("goal", "holds") if judged else ())]]
        for row in self.rows:
            cells = [row.cells.get(column, "") for column in self.columns]
            lines.append([row.what, *cells, *((row.goal, row.verdict) if judged else ())])
        notes = [f"  {note}" for note in self.notes]
        return "\n".join([self.title, *_aligned(lines), *notes, ""])


Tell = Callable[[Table], None]  #: a table is shown as soon as it is known


def _aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  " + _line(line, widths) for line in lines]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = (cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(_zip(cells, widths)))
    return "   ".join([first, *rest]).rstrip()


def _zip(cells: Sequence[str], widths: Sequence[int]) -> list[tuple[str, int]]:
    return list(zip(cells, widths, strict=True))


def ms(seconds: float) -> str:
    """Seconds as milliseconds with three figures or so."""
    value = seconds * 1000
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"
