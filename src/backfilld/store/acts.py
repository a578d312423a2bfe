"""Acts on many items: accepted with all that they are aimed at, decided part by part, ended with one audit entry."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, or_, select, update

from backfilld.engine.asking import Answered, Verdict, Word, rejected
from backfilld.errors import NotFound
from backfilld.planning.plan import split_id
from backfilld.ports import MOST_REASONS, Attempted, Items, NewAct, Page, Refusal, Sight, StoredAct
from backfilld.store import audit, keys, tables
from backfilld.store.columns import ids_of, left_out_bytes, left_out_of
from backfilld.store.database import Readable

WORDS = tuple(word.value for word in Word)
"""The columns that count verdicts."""
_TOLD = frozenset({Word.REJECTED, Word.LATER})


class Acts:
    """The part of the port's `StoreActs` that reads."""

    _database: Readable

    def act(self, act: str) -> StoredAct:
        """One act; `NotFound` if there is none."""
        with self._database.reading() as connection:
            found = connection.execute(_shown().where(tables.act.c.id == act)).one_or_none()
        if found is None:
            raise NotFound("operation", act)
        return act_of(found)

    def acts(self, after: int | None, limit: int, mine: Sight | None = None) -> Page[StoredAct]:
        """Acts, the newest first."""
        row = tables.act.c
        wanted = _shown().order_by(row.number.desc()).limit(limit + 1)
        if mine is not None:
            wanted = wanted.where(or_(row.project_id.in_(sorted(mine.projects)), row.by == mine.name))
        if after is not None:
            wanted = wanted.where(row.number < after)
        with self._database.reading() as connection:
            found = tuple(map(act_of, connection.execute(wanted)))
        return Page(found[:limit], found[limit - 1].number if len(found) > limit else None)

    def items_of(self, act: str) -> Items:
        """What an act is aimed at."""
        row = tables.act.c
        with self._database.reading() as connection:
            packed = connection.execute(select(row.targets).where(row.id == act)).scalar_one()
        return {run: _ordinals(bits) for run, bits in left_out_of(packed).items()}

    def last_attempts(self, run: int) -> Mapping[int, Attempted]:
        """By ordinal, the last attempt of each instance of a run that was ever started."""
        row = tables.attempt.c
        wanted = select(row.instance_id, row.number, row.started_at, row.ended_at)
        mine = wanted.where(row.instance_id.between(*ids_of(run))).order_by(row.instance_id, row.number)
        with self._database.reading() as connection:
            return {split_id(number)[1]: Attempted(*last) for number, *last in connection.execute(mine)}

    def open_acts(self) -> tuple[StoredAct, ...]:
        """Those that have not ended, in the order in which they were asked."""
        row = tables.act.c
        wanted = _shown().where(row.completed_at.is_(None)).order_by(row.number)
        with self._database.reading() as connection:
            return tuple(map(act_of, connection.execute(wanted)))


def act_of(row: Row[Any]) -> StoredAct:
    """The row as an act."""
    return StoredAct(
        number=row.number,
        id=row.id,
        name=row.name,
        by=row.by,
        asked=row.asked,
        of=row.of,
        project=row.project_id,
        total=row.total,
        accepted_at=row.accepted_at,
        decided=row.decided,
        completed_at=row.completed_at,
        error=row.error,
        counts={word: row._mapping[word] for word in WORDS},
        refusals=tuple(Refusal(*each) for each in json.loads(row.refusals)),
        token=row.token_id,
    )


def begin(connection: Connection, new: NewAct, now: datetime) -> None:
    """The row of an act that is to be done."""
    values = {name: getattr(new, name) for name in ("id", "name", "by", "asked", "of")}
    counts = dict.fromkeys(WORDS, 0)
    last = connection.scalar(select(func.max(tables.act.c.number)))
    more = {
        "number": (last or 0) + 1,
        "project_id": new.project,
        "token_id": new.token,
        "total": sum(map(len, new.items.values())),
        "targets": left_out_bytes({run: _bits(ordinals) for run, ordinals in new.items.items()}),
        "accepted_at": now,
        "refusals": "[]",
    }
    connection.execute(insert(tables.act), values | counts | more)
    if new.once is not None:
        keys.remember(connection, new.once, now, [new.id])


def write_parts(connection: Connection, answered: Iterable[Answered]) -> None:
    """What became of the parts of acts in a round."""
    for each in answered:
        if (part := each.asked.part) is not None:
            _decide(connection, part.act, part.through, each.verdicts)


def reject_items(connection: Connection, act: str, items: Sequence[int], reason: str) -> None:
    """Items that are rejected for one reason; a call that is repeated finds them decided."""
    decided = connection.execute(select(tables.act.c.decided).where(tables.act.c.id == act)).scalar_one()
    if decided != items[-1]:
        _decide(connection, act, items[-1], dict.fromkeys(items, rejected(reason)))


def end(connection: Connection, act: str, now: datetime, error: str | None) -> None:
    """Completed or failed, with its audit entry; one that has ended stays as it is."""
    row = tables.act.c
    open_one = update(tables.act).where(row.id == act, row.completed_at.is_(None))
    if connection.execute(open_one.values(completed_at=now, error=error)).rowcount == 1:
        found = act_of(connection.execute(_shown().where(row.id == act)).one())
        about = {"operation": act, **json.loads(found.asked), **({} if error is None else {"error": error})}
        audit.append(connection, [audit.entry(found.by, found.name, about, found.counts)], now)


def _shown() -> Select[Any]:
    """All but what an act is aimed at, which may be long."""
    return select(tables.act).with_only_columns(*(column for column in tables.act.c if column.name != "targets"))


def _decide(connection: Connection, act: str, through: int, verdicts: Mapping[int, Verdict]) -> None:
    row, words = tables.act.c, Counter(verdict.word.value for verdict in verdicts.values())
    changes: dict[str, Any] = {word: row[word] + words[word] for word in WORDS if words[word]} | {"decided": through}
    if any(words[word.value] for word in _TOLD):
        changes["refusals"] = _refusals(connection, act, verdicts)
    connection.execute(update(tables.act).where(row.id == act).values(changes))


def _refusals(connection: Connection, act: str, verdicts: Mapping[int, Verdict]) -> str:
    """Those that are told so far, and more of them while there is room."""
    row = tables.act.c
    known: list[Any] = json.loads(connection.execute(select(row.refusals).where(row.id == act)).scalar_one())
    new = ([item, v.word.value, v.reason, v.seconds] for item, v in sorted(verdicts.items()) if v.word in _TOLD)
    return json.dumps([*known, *islice(new, MOST_REASONS - len(known))])


def _bits(ordinals: Sequence[int]) -> int:
    """A bit an ordinal; set byte by byte, as one shift an ordinal would cost as much as all of them."""
    packed = bytearray(ordinals[-1] // 8 + 1)
    for ordinal in ordinals:
        packed[ordinal // 8] |= 1 << ordinal % 8
    return int.from_bytes(packed, "little")


def _ordinals(bits: int) -> list[int]:
    """The way back.

    >>> _ordinals(_bits([0, 7, 9]))
    [0, 7, 9]
    """
    return [ordinal for ordinal, flag in enumerate(reversed(f"{bits:b}")) if flag == "1"]
