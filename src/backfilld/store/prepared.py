"""Statements compiled once: on the hot path rows go to the driver as they are, many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Dialect, Table, and_, bindparam, func, insert
from sqlalchemy import update as sql_update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ClauseElement

from backfilld.errors import StoreConflict

T = TypeVar("T")
Row = tuple[Any, ...]
BATCH = 10_000
"""Rows that a driver is given at a time: bounds memory, costs nothing."""
NAMED_AT_ONCE = 1_000
"""Values that one statement lists: SQLite takes 32,766 at most, PostgreSQL 65,535."""


def in_batches(items: Iterable[T], size: int = NAMED_AT_ONCE) -> Iterator[list[T]]:
    """The items in parts, in order."""
    waiting = iter(items)
    while part := list(islice(waiting, size)):
        yield part


class Prepared:
    """A statement for both databases, with positional parameters in the order of `names`."""

    def __init__(self, statement: ClauseElement, names: Sequence[str], dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        if compiled.positiontup != list(names):
            raise AssertionError(f"parameters come as {compiled.positiontup}, rows as {list(names)}")
        self._sql = str(compiled)

    def run(self, connection: Connection, rows: Iterable[Row]) -> int:
        """Execute once a row; answers how many rows of the table it touched.

        On the driver's own cursor: SQLAlchemy's result costs as much again as ten rows.
        """
        touched = 0
        for part in in_batches(rows, BATCH):
            cursor = connection.connection.cursor()
            cursor.executemany(self._sql, part)
            touched += cursor.rowcount
            cursor.close()
        return touched

    def change(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Execute once a row; one that touches nothing means a row that the table never had: `StoreConflict`."""
        touched = self.run(connection, rows)
        if touched != len(rows):
            raise StoreConflict(f"{len(rows) - touched} of {len(rows)} rows to change are not there")


def inserting(table: Table, names: Sequence[str], dialect: Dialect) -> Prepared:
    """A plain insert: a row that exists already is an error."""
    return Prepared(insert(table).values({name: bindparam(name) for name in names}), names, dialect)


def upserting(table: Table, names: Sequence[str], dialect: Dialect) -> Prepared:
    """An insert that replaces what stands under the same primary key."""
    kind = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
    statement = kind(table).values({name: bindparam(name) for name in names})
    keys = [column.name for column in table.primary_key]
    news = {name: statement.excluded[name] for name in names if name not in keys}
    return Prepared(statement.on_conflict_do_update(index_elements=keys, set_=news), names, dialect)


def changing(table: Table, names: Sequence[str], dialect: Dialect, keep: Sequence[str] = ()) -> Prepared:
    """An update by primary key, which comes last in a row; a None for a column in `keep` leaves it as it is."""
    keys = list(table.primary_key)
    sets = [(table.c[name], _new_value(table.c[name], kept=name in keep)) for name in names]
    statement = sql_update(table).ordered_values(*sets).where(and_(*(key == _parameter(key, "key") for key in keys)))
    order = [f"new_{name}" for name in names] + [f"key_{key.name}" for key in keys]
    return Prepared(statement, order, dialect)


def _new_value(column: Column[Any], *, kept: bool) -> ColumnElement[Any]:
    new = _parameter(column, "new")
    return func.coalesce(new, column) if kept else new


def _parameter(column: Column[Any], role: str) -> ColumnElement[Any]:
    # The column's own name is the compiler's for values it adds by itself.
    return bindparam(f"{role}_{column.name}", type_=column.type)
