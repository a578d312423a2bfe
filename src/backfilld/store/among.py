"""Rows whose key is one of many: in SQLite the many are one value, as to name each costs more than to find its row."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Column, Connection, Select, bindparam, func, select

from backfilld.store.packed import KEPT

Question: TypeAlias = tuple[Select[Any], dict[str, Any]]
"""A statement, and what it is asked with."""


def among(connection: Connection, wanted: Select[Any], column: Column[Any], keys: Sequence[int]) -> Question:
    """Those of `wanted`, a statement that is kept, whose column is one of the keys."""
    if connection.dialect.name != "sqlite":
        return wanted.where(column.in_(keys)), {}
    return _among(wanted, column), {"keys": orjson.dumps(keys).decode()}


@lru_cache(KEPT)
def _among(wanted: Select[Any], column: Column[Any]) -> Select[Any]:
    keys = func.json_each(bindparam("keys")).table_valued("value")
    return wanted.where(column.in_(select(keys.c.value)))
