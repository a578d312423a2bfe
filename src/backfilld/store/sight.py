"""Whose backfills there are for who reads."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from backfilld.store import tables
from backfilld.store.database import Readable
from backfilld.store.packed import KEPT


class Sighted:
    """Reads the rows of some projects, or of all."""

    _database: Readable
    _projects: frozenset[int] | None = None
    """None: all."""

    @property
    def is_local(self) -> bool:
        """Whether what is asked is read from a file of this host, so that nobody waits for a network."""
        return self._database.is_local

    def _seen(self, of: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
        """What holds of a row whose backfill is `of` if it is there for who reads."""
        return seen(self._projects, of)

    def _of_seen(self, wanted: Select[Any], of: ColumnElement[Any]) -> Select[Any]:
        """The same of what is there for who reads."""
        return wanted if self._projects is None else _of_seen(wanted, self._projects, of)


def seen(projects: frozenset[int] | None, of: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
    """What holds of a row whose backfill is `of` if it is of one of these projects; None: of any."""
    if projects is None:
        return ()
    row = tables.backfill.c
    mine = row.project_id.in_(sorted(projects))
    return (mine,) if of is row.id else (of.in_(select(row.id).where(mine)),)


@lru_cache(KEPT)
def _of_seen(wanted: Select[Any], projects: frozenset[int], of: ColumnElement[Any]) -> Select[Any]:
    return wanted.where(*seen(projects, of))
