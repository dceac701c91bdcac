"""Many rows of one table in one statement.

Past what SQLAlchemy does for each row, which took longer than the database.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import sqlite

from storage.tables import Moment

_MOMENT = Moment()


def put_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert these rows, which all name the same columns in the same order."""
    if rows:
        names = tuple(rows[0])
        _execute(connection, _insert(table, names, connection.dialect.name), table, names, rows)


def put_or_renew(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], keep: Sequence[str]
) -> None:
    """Insert these rows, or bring those with the same key up to date; what is in `keep` stays as it was."""
    if rows:
        names = tuple(rows[0])
        statement = _insert(table, names, connection.dialect.name) + _renewal(table, names, tuple(keep))
        _execute(connection, statement, table, names, rows)


def _execute(
    connection: Connection, statement: str, table: Table, names: tuple[str, ...], rows: Sequence[Mapping[str, Any]]
) -> None:
    if connection.dialect.name == "sqlite":  # prepared once, and run in C
        by_column = zip(*(row.values() for row in rows), strict=True)
        kept = [map(as_kept, values) for as_kept, values in zip(_as_kept(table, names), by_column, strict=True)]
        connection.exec_driver_sql(statement, list(zip(*kept, strict=True)))
    else:  # all in one array: a statement for each would cost more than the row
        said = json.dumps(rows, default=_as_json, ensure_ascii=False)
        connection.exec_driver_sql(statement, (said,))


@cache
def _as_kept(table: Table, names: tuple[str, ...]) -> Sequence[Callable[[Any], Any]]:
    """How SQLAlchemy would hand over what each column holds."""
    dialect: Dialect = sqlite.dialect()
    return [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is for name in names]


def _as_it_is(value: Any) -> Any:
    return value


def _as_json(value: object) -> object:
    match value:
        case datetime():
            return _MOMENT.process_bind_param(value, sqlite.dialect())
        case date():
            return value.isoformat()
    raise TypeError(f"{type(value).__name__} in a row")


@cache
def _insert(table: Table, names: tuple[str, ...], dialect: str) -> str:
    columns, kind = ", ".join(map(_quoted, names)), _quoted(table.name)
    if dialect == "sqlite":
        rows = f"VALUES ({', '.join('?' * len(names))})"
    else:
        rows = f"SELECT {columns} FROM json_populate_recordset(NULL::{kind}, %s::json) WHERE true"  # noqa: S608
    return f"INSERT INTO {kind} ({columns}) {rows}"


@cache
def _renewal(table: Table, names: tuple[str, ...], keep: tuple[str, ...]) -> str:
    key = [column.name for column in table.primary_key]
    changes = ", ".join(f"{_quoted(n)} = excluded.{_quoted(n)}" for n in names if n not in {*key, *keep})
    return f" ON CONFLICT ({', '.join(map(_quoted, key))}) DO UPDATE SET {changes}"


def _quoted(name: str) -> str:
    return f'"{name}"'
