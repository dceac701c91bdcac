"""Tables and charts."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.rules.faults import Fault, within
from sandbox.rules.rich_text import rich_text
from sandbox.rules.shapes import (
    Fields,
    Rule,
    anything,
    by_type,
    choice,
    flag,
    items,
    number,
    record,
    string,
    typed,
    unique,
    whole,
)

_some = string(least=1)

_plain_cells: dict[str, Rule] = {
    "raw_text": typed({"text": _some}, {"emoji": flag}),
    "raw_number": typed({"value": number, "text": _some}),
}
_cells: dict[str, Rule] = {**_plain_cells, "rich_text": rich_text}


# Tables

_column = record({}, {"align": choice("left", "center", "right"), "is_wrapped": flag})


def _column_or_skip(value: Any, at: str) -> Iterator[Fault]:
    """A null leaves a column as it is."""
    if value is not None:
        yield from _column(value, at)


table_fields: Fields = {"rows": items(items(by_type(_cells), most=20), least=1, most=100)}
table_options: Fields = {"column_settings": items(_column_or_skip, most=20)}


def _action_cell(value: Mapping[str, Any], at: str) -> Iterator[Fault]:
    """Its fields beside `fallback` are described nowhere that could be read: they pass."""
    if "fallback" not in value:
        yield Fault("missing required field: fallback", at)


_header_row = items(by_type(_plain_cells))
_data_row = items(by_type({**_cells, "action_cell": _action_cell}))


def _data_rows(value: Any, at: str) -> Iterator[Fault]:
    # 201 with the header; an older page of the documentation says 101.
    yield from items(anything, least=2, most=201)(value, at)
    if isinstance(value, list | tuple):
        for index, row in enumerate(value):
            yield from (_data_row if index else _header_row)(row, within(at, index))


def _rows_are_even(value: Mapping[str, Any], at: str) -> Iterator[Fault]:
    rows, pointer = value["rows"], within(at, "rows")
    if not 1 <= len(rows[0]) <= 20:
        yield Fault("must provide between 1 and 20 columns", within(pointer, 0))
    for index, row in enumerate(rows):
        if len(row) != len(rows[0]):
            yield Fault("must provide the same number of cells in every row", within(pointer, index))
    if value.get("row_header_column_index", 0) >= max(len(rows[0]), 1):
        yield Fault("must be the index of a column", within(at, "row_header_column_index"))


data_table_fields: Fields = {"caption": _some, "rows": _data_rows}
data_table_options: Fields = {"page_size": whole(1, 100), "row_header_column_index": whole(0)}
data_table_checks = (_rows_are_even,)


# Charts

_label = string(20, least=1)


def _share(value: Any, at: str) -> Iterator[Fault]:
    faults = list(number(value, at))
    yield from faults or ([] if value > 0 else [Fault("must be more than 0", at)])


_point = record({"label": _label, "value": number})
_axis = record(
    {"categories": items(_label, least=1, most=20)},
    {"x_label": string(50), "y_label": string(50)},
    unique(
        lambda axis: [(f"/categories/{index}", label) for index, label in enumerate(axis["categories"])],
        "categories",
    ),
)
# 12 of each; the documentation of June says 6.
_series = items(record({"name": _label, "data": items(_point, least=1, most=20)}), least=1, most=12)
_segments = items(record({"label": _label, "value": _share}), least=1, most=12)


def _every_series_has_every_category(value: Mapping[str, Any], at: str) -> Iterator[Fault]:
    categories = sorted(value["axis_config"]["categories"])
    for index, series in enumerate(value["series"]):
        if sorted(point["label"] for point in series["data"]) != categories:
            yield Fault("must provide one point for every category", f"{at}/series/{index}/data")


_drawn = typed(
    {"series": _series, "axis_config": _axis},
    {},
    unique(
        lambda chart: [(f"/series/{index}/name", series["name"]) for index, series in enumerate(chart["series"])],
        "name",
    ),
    _every_series_has_every_category,
)
_chart = by_type({"pie": typed({"segments": _segments}), "bar": _drawn, "line": _drawn, "area": _drawn})

chart_fields: Fields = {"title": string(50, least=1), "chart": _chart}
