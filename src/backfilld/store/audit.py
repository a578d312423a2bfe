"""Who did what, and what became of backfills: rows that cannot be changed without anybody noticing."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from backfilld.engine.asking import Answered
from backfilld.engine.events import BackfillChanged, BackfillMarked, ByKind
from backfilld.ports import StoredAudit
from backfilld.store import tables
from backfilld.store.columns import micros

ITSELF = "backfilld"
"""By whom, where nobody asked."""
BEFORE_THE_FIRST = ""
AT_ONCE = 1_000


class Entry(NamedTuple):
    """What is to be written, as JSON texts, and the backfill that it is about, if it is about one."""

    by: str
    what: str
    about: str
    counts: str
    backfill: int | None


def entry(by: str, what: str, about: Mapping[str, object], counts: Mapping[str, int] | None = None) -> Entry:
    """An entry of values."""
    backfill = about.get("backfill")
    return Entry(by, what, _json(about), _json(counts or {}), backfill if isinstance(backfill, int) else None)


def origin(address: str) -> dict[str, object]:
    """From where it was asked, where it was asked from anywhere."""
    return {"from": address} if address else {}


def entries_of(said: ByKind) -> Iterator[Entry]:
    """What a round has brought: acts with the counts of their verdicts, and changes of backfills."""
    for answered in said.of(Answered):
        if not answered.asked.name:  # an amendment has its entry since it was durable
            continue
        words = Counter(verdict.word.value for verdict in answered.verdicts.values())
        asked = answered.asked
        yield Entry(asked.by, asked.name, asked.about, _json(words), asked.targets.backfill)
    for marked in said.of(BackfillMarked):
        if marked.cause is not None:
            halt = marked.marks.halt
            yield entry(ITSELF, marked.cause, {"backfill": marked.backfill} | ({"why": halt.value} if halt else {}))
    for changed in said.of(BackfillChanged):
        what = changed.outcome if changed.done and changed.outcome else "open again"
        yield entry(ITSELF, what, {"backfill": changed.backfill})


def settled_entries(outcomes: Iterable[tuple[int, int, str | None]]) -> Iterator[Entry]:
    """Runs that were settled in a round, from (backfill, run, outcome): one entry a backfill."""
    runs: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for backfill, run, outcome in outcomes:
        runs[backfill].append((run, outcome or "cancelled"))
    for backfill, found in runs.items():
        numbers = [run for run, _ in found]
        yield entry(ITSELF, "settled", {"backfill": backfill, "runs": numbers}, Counter(word for _, word in found))


def append(connection: Connection, entries: Iterable[Entry], at: datetime) -> None:
    """Write entries behind the last one, each chained to the one before it."""
    rows: list[dict[str, object]] = []
    number, previous = 0, BEFORE_THE_FIRST
    for each in entries:
        if not rows:
            number, previous = _last(connection)
        number += 1
        found = StoredAudit(number, at, each.by, each.what, each.about, each.counts, previous, "")
        previous = digest(found)
        rows.append(
            {name: getattr(found, name) for name in _COLUMNS} | {"hash": previous, "backfill_id": each.backfill}
        )
    if rows:
        connection.execute(insert(tables.audit), rows)


def digest(found: StoredAudit) -> str:
    """The hash of an entry: of all that it says, and of the hash before it."""
    told = [found.id, micros(found.at), found.by, found.what, found.about, found.counts, found.previous]
    return sha256(_json(told).encode()).hexdigest()


def broken(chain: Iterable[StoredAudit]) -> int | None:
    """The id of the first entry that does not fit, of all in order; None when the chain is whole."""
    previous = BEFORE_THE_FIRST
    for number, found in enumerate(chain, 1):
        if found.id != number or found.previous != previous or found.hash != digest(found):
            return number
        previous = found.hash
    return None


_COLUMNS = ("id", "at", "by", "what", "about", "counts", "previous")


def _last(connection: Connection) -> tuple[int, str]:
    row = tables.audit.c
    found = connection.execute(select(row.id, row.hash).order_by(row.id.desc()).limit(1)).one_or_none()
    return (found.id, found.hash) if found else (0, BEFORE_THE_FIRST)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
