"""Pages and look-ups read in one step.

SQLite's driver lets go of the interpreter at each row and at each value, and takes it again: a page of a hundred rows
changes hands a thousand times with the thread that starts tasks. So there a page comes as one text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Connection, Dialect, Float, LargeBinary, Select, Uuid, case, func, select

KEPT = 512
"""Statements whose other form is remembered: those who ask keep theirs."""
Process = Callable[[Any], Any]


class Packed(NamedTuple):
    """A statement that answers with one text, ready for the driver: SQLAlchemy's own way there costs more than it."""

    sql: str
    values: Sequence[tuple[str, Any, Process | None]]
    """In their order: the name of what is asked with, what it is unless it is given, and what makes it a value."""
    makers: Sequence[tuple[int, Process]]
    """What makes values of those columns that need it, by their place."""

    def asked_with(self, numbers: Mapping[str, Any]) -> list[Any]:
        """What the driver is given."""
        found = ((numbers.get(name, default), process) for name, default, process in self.values)
        return [value if process is None else process(value) for value, process in found]


def rows_of(connection: Connection, wanted: Select[Any], numbers: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    """All rows, in order, each with its values in the order of the columns; `wanted` is asked again and again."""
    if connection.dialect.name != "sqlite":
        return connection.execute(wanted, numbers).all()
    sql, _, makers = ready = packed(wanted, connection.dialect)
    driver: Any = connection.connection.driver_connection
    (text,) = driver.execute(sql, ready.asked_with(numbers)).fetchone()
    rows: list[list[Any]] = orjson.loads(text)
    for place, make in makers:
        for row in rows:
            row[place] = make(row[place])
    return rows


@lru_cache(KEPT)
def packed(wanted: Select[Any], dialect: Dialect) -> Packed:
    """The statement's other form; TypeError for one with fractions, which a text does not keep."""
    columns = wanted.subquery().c
    if lossy := [column.name for column in columns if isinstance(column.type, Float)]:
        raise TypeError(f"no text keeps {lossy}")
    text = select(func.json_group_array(func.json_array(*map(_in_text, columns))))
    compiled = text.compile(dialect=dialect)
    ready = compiled.construct_expanded_state({name: None for name, bind in compiled.binds.items() if bind.required})
    processes = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
    processes |= ready.processors  # of the values that a list is taken apart into
    values = [(name, ready.parameters[name], processes.get(name)) for name in ready.positiontup or ()]
    made = ((place, _maker(column, dialect)) for place, column in enumerate(columns))
    return Packed(ready.statement, values, [(place, make) for place, make in made if make is not None])


def _in_text(column: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(column.type, LargeBinary):
        return case((column.is_not(None), func.hex(column)))  # by itself it is empty for none
    return column


def _maker(column: ColumnElement[Any], dialect: Dialect) -> Process | None:
    if isinstance(column.type, LargeBinary):
        return _bytes_of
    if isinstance(column.type, Uuid):
        return _uuid_of
    return column.type.dialect_impl(dialect).result_processor(dialect, None)


@lru_cache(KEPT)
def _uuid_of(text: str | None) -> UUID | None:
    """Remembered, as the rows of a page have few that differ."""
    return None if text is None else UUID(text)


def _bytes_of(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)
