"""What vendors' clients have said of objects."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from backfilld.engine.asking import Answered, Word
from backfilld.ports import Annotation
from backfilld.store import tables
from backfilld.store.database import Database

AT_ONCE = 500
"""Ids that one statement names."""


class AnnotationStore:
    """The port's `StoreAnnotations`."""

    _database: Database

    @abstractmethod
    def _leased(self) -> AbstractContextManager[Connection]:
        """A transaction of the one scheduler."""

    def annotate(self, notes: Iterable[Annotation], now: datetime) -> None:
        """Remember these, all or none, each instead of what stood under its key."""
        with self._leased() as connection:
            for note in notes:
                _replace(connection, note, now)

    def annotations(self, vendor: str, kind: str, ids: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
        """What is known of objects of a kind, by id and key; one of which nothing is known is left out."""
        row, found = tables.annotation.c, defaultdict[str, dict[str, Any]](dict)
        with self._database.reading() as connection:
            for some in _parts(ids):
                wanted = select(row.id, row.key, row.value).where(
                    row.vendor == vendor, row.object == kind, row.id.in_(some)
                )
                for owner, key, value in connection.execute(wanted):
                    found[owner][key] = json.loads(value)
        return dict(found)

    def annotated(self, vendor: str, kind: str, key: str) -> Mapping[str, Any]:
        """What is known under a key, by id of the objects of a kind that have it."""
        row = tables.annotation.c
        wanted = select(row.id, row.value).where(row.vendor == vendor, row.object == kind, row.key == key)
        with self._database.reading() as connection:
            return {owner: json.loads(value) for owner, value in connection.execute(wanted)}


def write_said(connection: Connection, answered: Iterable[Answered], now: datetime) -> None:
    """What was said with these acts, but for those of which all was rejected."""
    for each in answered:
        words = {verdict.word for verdict in each.verdicts.values()}
        for note in each.asked.notes if words != {Word.REJECTED} else ():
            _replace(connection, note, now)


def _replace(connection: Connection, note: Annotation, now: datetime) -> None:
    row = tables.annotation.c
    mine = row.vendor == note.vendor, row.object == note.object, row.id == note.id, row.key == note.key
    connection.execute(delete(tables.annotation).where(*mine))
    if note.value is not None:
        value = json.dumps(note.value, separators=(",", ":"), ensure_ascii=False)
        names = {name: getattr(note, name) for name in ("vendor", "object", "id", "key")}
        connection.execute(insert(tables.annotation).values(**names, value=value, at=now))


def _parts(ids: Iterable[str]) -> Iterator[list[str]]:
    left = iter(ids)
    while some := list(islice(left, AT_ONCE)):
        yield some
