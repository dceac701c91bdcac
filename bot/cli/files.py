"""Files that may be wrong in places: read line by line, packed or not, and never held whole."""

import csv
import gzip
import io
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Generic, Self, TextIO, TypeVar, cast

from pydantic import ValidationError

from bot.domain.errors import Refused
from bot.domain.usage_files import WHY

T = TypeVar("T")
Heard = Callable[[int], None]

SHOWN = 5  #: errors told at once
LINE_MOST = 2**20  #: characters
_TOLD_EVERY = 5_000  #: lines between two words of how far we are
_GZIP = b"\x1f\x8b"
_NOT_UTF8 = "it isn't UTF-8. Save the file as CSV UTF-8"


@dataclass(frozen=True, kw_only=True)
class Line:
    number: int
    cells: Sequence[str]  #: as they stand there; of a line that can't be read, the line
    values: Mapping[str, Any]
    fault: str | None = None  #: why it can't be read


@dataclass(frozen=True, kw_only=True)
class Form:
    """What a file looks like."""

    columns: Sequence[str]  #: none: each line is an object
    delimiter: str = ","


class Columns:
    """What a CSV file may be called in its first line, `why` besides."""

    def __init__(self, needed: Sequence[str], known: Sequence[str], also: Iterable[str] = ()) -> None:
        self._needed = needed
        self._named = known
        self._known = {*known, *also, WHY}

    def check(self, path: Path, columns: Sequence[str]) -> None:
        """Raises Refused."""
        faults = [f"column {name} is missing" for name in self._needed if name not in columns]
        faults += [f"no column is called {name!r}" for name in columns if name not in self._known]
        faults += [f"column {name} is there {n} times" for name, n in Counter(columns).items() if n > 1]
        if faults:
            named = ", ".join(self._named)
            raise Refused(f"{path}: nothing was imported. {'; '.join(faults[:SHOWN])}. Columns are {named}.")


class Rows(Generic[T]):
    """What the lines of a file are, each read by `read`, which raises ValueError for one that is wrong.

    Check it first (`check`), then go through it. With `rejects` wrong lines are written there instead of refused.
    """

    def __init__(
        self, path: Path, columns: Columns, read: Callable[[Mapping[str, Any]], T], rejects: Path | None = None
    ) -> None:
        self.path = path
        self.wrong = 0  #: lines put aside, known after `check`
        self._columns = columns
        self._read = read
        self._rejects = rejects
        self._further: Callable[[T], object] = lambda _: None

    @property
    def size(self) -> int:
        """Bytes. Raises Refused where no file is."""
        if not self.path.is_file():
            raise Refused(f"{self.path}: {'not a file' if self.path.exists() else 'No such file'}")
        return self.path.stat().st_size

    def look(self) -> None:
        """Raises Refused for a file that can't be read, or has other columns."""
        with self._opened():
            pass

    def check(
        self,
        heard: Heard = lambda _: None,
        *,
        further: Callable[[T], object] = lambda _: None,
        noted: Callable[[T], object] = lambda _: None,
    ) -> int:
        """How many good rows there are. `heard` is told how many bytes are read so far.

        `further` raises ValueError about a row that is wrong all the same, now and when it is read again; `noted`
        is told each good one. Raises Refused that names the first lines at fault, unless they can be put aside.
        """
        self._further, self.wrong = further, 0
        size, good = self.size, 0
        faults: list[str] = []
        with self._opened() as (form, lines, place), _Aside(self._rejects, form) as aside:
            for line in lines:
                row, why = self._look(line)
                if row is not None:
                    good += 1
                    noted(row)
                else:
                    self.wrong += 1
                    aside.put(line, why)
                    faults += [f"line {line.number}, {why}"] if len(faults) < SHOWN else []
                if self.wrong >= SHOWN and self._rejects is None:
                    break
                if line.number % _TOLD_EVERY == 0:
                    heard(place())
        if faults and self._rejects is None:
            raise Refused(f"{self.path}: nothing was imported. {'; '.join(faults)}")
        heard(size)
        return good

    def __iter__(self) -> Iterator[T]:
        """The good rows of a file that has been checked."""
        with self._opened() as (_, lines, _place):
            for line in lines:
                row, _why = self._look(line)
                if row is not None:
                    yield row

    @contextmanager
    def _opened(self) -> "Iterator[_Opened]":
        _ = self.size
        with _opened(self.path) as (form, lines, place):
            if form.columns:
                self._columns.check(self.path, form.columns)
            yield form, lines, place

    def _look(self, line: Line) -> tuple[T | None, str]:
        """A row, or what is wrong with the line."""
        if line.fault:
            return None, line.fault
        try:
            row = self._read(line.values)
            self._further(row)
        except ValidationError as errors:
            return None, "; ".join(_said(error) for error in errors.errors())
        except RecursionError:
            return None, "it is nested too deeply"
        except ValueError as error:
            return None, str(error)
        return row, ""


def _said(error: Any) -> str:
    what = "is empty" if error["type"] == "missing" else error["msg"].removeprefix("Value error, ")
    return f"{error['loc'][0]}: {what}" if error["loc"] else str(what)


# ---- lines put aside ----------------------------------------------------------------------------


class _Aside:
    """Lines that need mending, in a new file of the same kind: made with the first of them, never over another."""

    def __init__(self, path: Path | None, form: Form) -> None:
        self._path = path
        self._form = form
        self._file: TextIO | None = None
        if path and path.exists():
            raise _taken(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def put(self, line: Line, why: str) -> None:
        if self._path is None:
            return
        if self._file is None:
            self._file = self._begin(self._path)
        if self._form.columns:
            self._writer(self._file).writerow([*self._cells(line), why])
        else:
            said = line.values or {"line": "".join(line.cells)}
            self._file.write(json.dumps({**said, WHY: why}, ensure_ascii=False) + "\n")

    def _begin(self, path: Path) -> TextIO:
        try:
            # Of CSV the bytes that are no UTF-8 stay what they are; in JSON they can be written out.
            errors = "surrogateescape" if self._form.columns else "backslashreplace"
            file = path.open("x", encoding="utf-8", errors=errors, newline="")
        except FileExistsError:
            raise _taken(path) from None
        except OSError as error:
            raise Refused(f"{path}: {error.strerror}. Name a file that can be written.") from None
        if self._form.columns:
            self._writer(file).writerow([*self._kept(self._form.columns), WHY])
        return file

    def _writer(self, file: TextIO) -> Any:
        return csv.writer(file, delimiter=self._form.delimiter)

    def _cells(self, line: Line) -> list[str]:
        many = len(self._form.columns)
        return self._kept([*line.cells, *[""] * many][:many])

    def _kept(self, cells: Sequence[str]) -> list[str]:
        """All but what was wrong the last time."""
        return [cell for name, cell in zip(self._form.columns, cells, strict=True) if name != WHY]


def _taken(path: Path) -> Refused:
    return Refused(f"{path} is there already. Name a new file for the lines that need mending.")


# ---- reading ------------------------------------------------------------------------------------

_Opened = tuple[Form, Iterator[Line], Callable[[], int]]


@contextmanager
def _opened(path: Path) -> Iterator[_Opened]:
    """A file known by what is in it: objects or CSV, separated by commas or semicolons, packed or not."""
    try:
        with path.open("rb") as raw, _text(raw) as text:
            head = next((line for line in _bounded(text, path) if line.strip()), "")
            text.seek(0)
            lines = _bounded(text, path)
            if head.lstrip().startswith("{"):
                yield Form(columns=()), _objects(lines), raw.tell
            else:
                yield (*_table(lines, head), raw.tell)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise Refused(f"{path}: it begins as gzip, but can't be unpacked to its end.") from None
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from None


def _text(raw: BinaryIO) -> TextIO:
    """Bytes that are no UTF-8 are kept, so that only their line is wrong."""
    packed = raw.read(len(_GZIP)) == _GZIP
    raw.seek(0)
    binary = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if packed else raw
    return io.TextIOWrapper(binary, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _bounded(text: TextIO, path: Path) -> Iterator[str]:
    while line := text.readline(LINE_MOST + 1):
        if len(line) > LINE_MOST:
            raise Refused(f"{path}: it has a line of more than {LINE_MOST:,} characters.")
        yield line


def _objects(lines: Iterator[str]) -> Iterator[Line]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _object(number, line.strip())


def _object(number: int, text: str) -> Line:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        return Line(number=number, cells=[text], values={}, fault="it isn't a JSON object")
    return Line(number=number, cells=[text], values=values, fault=None if _is_utf8(text) else _NOT_UTF8)


def _table(lines: Iterator[str], head: str) -> tuple[Form, Iterator[Line]]:
    delimiter = ";" if head.count(";") > head.count(",") else ","
    records = _records(lines, delimiter)
    _, first, _ = next(records, (0, [""], None))
    columns = [name.strip().lower() for name in first]
    return Form(columns=columns, delimiter=delimiter), (_row(columns, *record) for record in records)


def _records(lines: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str], str | None]]:
    """Line number and cells; where quotes don't fit, the lines as they stand there and what is wrong."""
    read: list[str] = []

    def noted() -> Iterator[str]:
        for line in lines:
            read.append(line)
            yield line

    reader = csv.reader(noted(), delimiter=delimiter, strict=True)
    while True:
        read.clear()
        begins = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield begins, ["".join(read).strip()], f"its quotes don't fit: {error}"
            continue
        if cells is None:
            return
        if cells:
            yield begins, cells, None


def _row(columns: Sequence[str], number: int, cells: Sequence[str], fault: str | None) -> Line:
    values = dict(zip(columns, cells, strict=False))
    return Line(number=number, cells=cells, values=values, fault=fault or _misfit(columns, cells))


def _misfit(columns: Sequence[str], cells: Sequence[str]) -> str | None:
    if not all(map(_is_utf8, cells)):
        return _NOT_UTF8
    if len(cells) == len(columns):
        return None
    beyond = f" (the last: {', '.join(cells[len(columns) :])})" if len(cells) > len(columns) else ""
    return f"it has {len(cells)} columns{beyond}, the first line {len(columns)}"


def _is_utf8(text: str) -> bool:
    return text.isascii() or not any("\udc80" <= character <= "\udcff" for character in text)
