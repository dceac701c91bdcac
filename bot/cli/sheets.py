"""A CSV file and how its lines become rows; lines that are wrong are refused, or put aside to be mended."""

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TextIO, TypeVar

from pydantic import ValidationError

from bot.domain.errors import Refused
from bot.domain.exports import as_written, safe
from bot.domain.imports import WHY, Row

R = TypeVar("R", bound=Row)
R_co = TypeVar("R_co", bound=Row, covariant=True)

SHOWN = 5  #: errors told at once
_CELL = 2**24  #: characters; the csv module's own limit is less than a request with many customers
BYTES_FOR_EXCEL = "utf-8-sig"


class Tool(Protocol[R_co]):
    """How another tool's exports become rows. Columns are as in the first line, in small letters."""

    def check(self, columns: Sequence[str]) -> None:
        """Raises Refused when what is needed isn't there."""

    def row(self, values: Mapping[str, str]) -> R_co | None:
        """None: the line is something else than a row."""


@dataclass(frozen=True, kw_only=True)
class Line:
    number: int
    cells: Sequence[str]
    values: Mapping[str, str]  #: by column
    fault: str | None = None  #: it can't be read as a row at all


class Sheet(Generic[R]):
    """A file of rows of one kind. Look at it first (`check`), then read it (`rows`); it is never held whole.

    `tool` is whose export it is, None for columns of our own; `rejects` is where wrong lines go: without it, a
    wrong line refuses the file. Every method raises Refused for a file that can't be read.
    """

    def __init__(
        self, path: Path, kind: type[R], *, tool: Tool[R] | None = None, rejects: "Rejects | None" = None
    ) -> None:
        self.path = path
        self.wrong = 0  #: lines put aside, known after `check`
        self._kind = kind
        self._tool = tool
        self._rejects = rejects
        self._further: Callable[[R], object] = lambda _: None

    def check(self, further: Callable[[R], object] = lambda _: None) -> int:
        """How many good rows it holds; `further` raises ValueError about one that is wrong all the same.

        Raises Refused that names the first lines at fault, unless they can be put aside.
        """
        self._further, self.wrong = further, 0
        faults: list[str] = []
        good = 0
        with self._opened() as (columns, lines), self._put_aside(columns) as put_aside:
            for line in lines:
                row, why = self._look(line)
                good += row is not None
                if why:
                    self.wrong += 1
                    put_aside(line, why)
                    faults += [f"line {line.number}, {one}" for one in why[:SHOWN]] if len(faults) < SHOWN else []
                if len(faults) >= SHOWN and self._rejects is None:
                    break
        if faults and self._rejects is None:
            raise Refused(f"{self.path}: nothing was imported. {'; '.join(faults[:SHOWN])}")
        return good

    def rows(self) -> Iterator[R]:
        """The good rows of a file that has been checked."""
        with self._opened() as (_, lines):
            for line in lines:
                row, _ = self._look(line)
                if row is not None:
                    yield row

    def _look(self, line: Line) -> tuple[R | None, Sequence[str]]:
        """A row, or what is wrong with the line; neither for a line that another tool has between its rows."""
        if line.fault:
            return None, [line.fault]
        try:
            row = self._row(line)
            if row is not None:
                self._further(row)
        except ValidationError as errors:
            return None, [f"{_where(e['loc'])}{_said(e['type'], e['msg'])}" for e in errors.errors()]
        except ValueError as error:
            return None, [str(error)]
        return row, []

    def _row(self, line: Line) -> R | None:
        if self._tool:
            return self._tool.row(line.values)
        return self._kind.model_validate({n: v for n, v in line.values.items() if n not in self._kind.derived})

    @contextmanager
    def _opened(self) -> Iterator[tuple[Sequence[str], Iterator[Line]]]:
        with _reading(self.path) as reader:
            columns = [_name(column) for column in next(reader, [])]
            self._check_columns(columns)
            yield columns, _lines(reader, columns)

    def _check_columns(self, columns: Sequence[str]) -> None:
        if self._tool:
            self._tool.check(columns)
            return
        fields = self._kind.model_fields
        faults = [
            f"column {name} is missing" for name, f in fields.items() if f.is_required() and name not in columns
        ]
        faults += [f"no column is called {n!r}" for n in columns if n not in fields and n not in self._kind.derived]
        faults += [f"column {name} is there {many} times" for name, many in Counter(columns).items() if many > 1]
        if faults:
            named = ", ".join(sorted(fields, key=lambda name: not fields[name].is_required()))
            told = "; ".join(faults[:SHOWN])
            raise Refused(f"{self.path}: nothing was imported. {told}. Columns are {named}.")

    def _put_aside(self, columns: Sequence[str]) -> "AbstractContextManager[Callable[[Line, Sequence[str]], None]]":
        return self._rejects.open(columns, _delimiter(self.path)) if self._rejects else _nowhere()


class Rejects:
    """A new file for the lines that need mending. In a `with`: gone again if something fails, or if it is empty."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._is_needed = False

    def __enter__(self) -> Self:
        try:
            self.path.open("x").close()
        except FileExistsError:
            raise Refused(
                f"{self.path} is there already. Name a new file for the lines that need mending."
            ) from None
        except OSError as error:
            raise Refused(f"{self.path}: {error.strerror}. Name a file that can be written.") from None
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if kind or not self._is_needed:
            self.path.unlink(missing_ok=True)

    @contextmanager
    def open(self, columns: Sequence[str], delimiter: str) -> Iterator[Callable[[Line, Sequence[str]], None]]:
        """To be told each wrong line and why it is wrong."""
        with self.path.open("w", encoding=BYTES_FOR_EXCEL, newline="") as file:
            writer = csv.writer(file, delimiter=delimiter)
            kept = [n for n, column in enumerate(columns) if column != WHY]
            writer.writerow([*(columns[n] for n in kept), WHY])

            def put_aside(line: Line, why: Sequence[str]) -> None:
                self._is_needed = True
                cells = [line.cells[n] if n < len(line.cells) else "" for n in kept]
                writer.writerow([safe(cell) for cell in (*cells, "; ".join(why))])

            yield put_aside


@contextmanager
def _nowhere() -> Iterator[Callable[[Line, Sequence[str]], None]]:
    yield lambda _line, _why: None


# ---- reading ------------------------------------------------------------------------------------


def _lines(reader: Any, columns: Sequence[str]) -> Iterator[Line]:
    for row in reader:
        if row:
            cells = [as_written(cell) for cell in row]
            values = dict(zip(columns, cells, strict=False))
            yield Line(number=reader.line_num, cells=cells, values=values, fault=_misfit(cells, columns))


def _misfit(cells: Sequence[str], columns: Sequence[str]) -> str | None:
    if len(cells) == len(columns):
        return None
    beyond = f" (the last: {', '.join(cells[len(columns) :])})" if len(cells) > len(columns) else ""
    return f"it has {len(cells)} columns{beyond}, the first line {len(columns)}"


@contextmanager
def _reading(path: Path) -> Iterator[Any]:
    """UTF-8, separated by commas or semicolons."""
    csv.field_size_limit(_CELL)
    try:
        with path.open(encoding=BYTES_FOR_EXCEL, newline="") as file:
            delimiter = _delimiter_of(file)
            yield csv.reader(file, delimiter=delimiter, strict=True)
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise Refused(f"{path}: not UTF-8 at byte {error.start}. Save it as CSV UTF-8.") from None
    except csv.Error as error:
        raise Refused(f"{path}: {error}") from None


def _delimiter(path: Path) -> str:
    with path.open(encoding=BYTES_FOR_EXCEL, newline="") as file:
        return _delimiter_of(file)


def _delimiter_of(file: TextIO) -> str:
    head = file.readline()
    file.seek(0)
    return ";" if head.count(";") > head.count(",") else ","


def _name(column: str) -> str:
    return column.strip().lower()


def _where(place: tuple[int | str, ...]) -> str:
    return f"{place[0]}: " if place else ""


def _said(kind: str, message: str) -> str:
    return "is empty" if kind == "missing" else message.removeprefix("Value error, ")
