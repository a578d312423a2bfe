"""The fields and indexes that rows are made of."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, Text
from sqlalchemy import text as sql
from sqlmodel import Field

from backfilld.store.columns import KEY, Moment


def key(kind: Any = KEY, **more: Any) -> Any:
    """A primary key, or a part of one, whose numbers we give ourselves."""
    return Field(sa_type=kind, primary_key=True, sa_column_kwargs={"autoincrement": False}, **more)


def big(**more: Any) -> Any:
    """A number that may need 64 bits."""
    return Field(sa_type=KEY, **more)


def text(**more: Any) -> Any:
    """Text of any length."""
    return Field(sa_type=Text, **more)


def moment(**more: Any) -> Any:
    """An aware moment."""
    return Field(sa_type=Moment, **more)


def still_open(name: str, column: str, condition: str) -> Index:
    """An index of the few rows that are not done."""
    return Index(name, column, sqlite_where=sql(condition), postgresql_where=sql(condition))


def once(name: str, condition: str) -> Index:
    """That a channel hears of such an event of a backfill once."""
    columns, where = ("backfill_id", "event", "channel"), sql(condition)
    return Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)


def named_once(name: str, *columns: str) -> Index:
    """That no two rows have the same of all these; of rows without the first of them there may be many."""
    where = sql(f"{columns[0]} IS NOT NULL")
    return Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)
