"""Pages read in one step.

SQLite's driver lets go of the interpreter at each row and at each value, and takes it again: a page of a hundred rows
changes hands a thousand times with the thread that starts tasks. So there a page comes as one text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, Dialect, Float, LargeBinary, Select, func, select

KEPT = 512
"""Statements whose other form is remembered: those who ask keep theirs."""


class Packed(NamedTuple):
    """A statement that answers with one text, and what makes values of those columns that need it, by their place."""

    statement: Select[Any]
    makers: Sequence[tuple[int, Callable[[Any], Any]]]


def rows_of(connection: Connection, wanted: Select[Any], numbers: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    """All rows, in order, each with its values in the order of the columns."""
    if connection.dialect.name != "sqlite":
        return connection.execute(wanted, numbers).all()
    statement, makers = packed(wanted, connection.dialect)
    rows: list[list[Any]] = orjson.loads(connection.execute(statement, numbers).scalar_one())
    for place, make in makers:
        for row in rows:
            row[place] = make(row[place])
    return rows


@lru_cache(KEPT)
def packed(wanted: Select[Any], dialect: Dialect) -> Packed:
    """The statement's other form; TypeError for one with fractions, or bytes that may be none: it keeps neither."""
    columns = wanted.subquery().c
    if lossy := [column.name for column in columns if _is_lossy(column)]:
        raise TypeError(f"no text keeps {lossy}")
    values = (func.hex(column) if isinstance(column.type, LargeBinary) else column for column in columns)
    made = ((place, _maker(column, dialect)) for place, column in enumerate(columns))
    text = func.json_group_array(func.json_array(*values))
    return Packed(select(text), [(place, make) for place, make in made if make is not None])


def _is_lossy(column: ColumnElement[Any]) -> bool:
    may_be_none = isinstance(column.type, LargeBinary) and getattr(column, "nullable", True)
    return may_be_none or isinstance(column.type, Float)


def _maker(column: ColumnElement[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(column.type, LargeBinary):
        return bytes.fromhex
    return column.type.dialect_impl(dialect).result_processor(dialect, None)
