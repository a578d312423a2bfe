"""What is changed of a backfill: its own row says how it stands now, one row more says what was changed."""

from __future__ import annotations

from datetime import datetime
from itertools import count, islice

from sqlalchemy import Connection, func, insert, select, update

from backfilld.engine.acts import replanned
from backfilld.engine.marks import UNMARKED, BackfillMarks
from backfilld.errors import StoreConflict
from backfilld.ports import NewAmendment
from backfilld.store import audit, keys, tables
from backfilld.store.accepting import RUNS_AT_ONCE, insert_runs, take_runs
from backfilld.store.columns import dates_text
from backfilld.store.marks import marks_of, marks_text


def amend(connection: Connection, new: NewAmendment, now: datetime) -> None:
    """Everything that the amendment says, in the one transaction that is open."""
    if _known(connection, new):
        return
    first_run = take_runs(connection, len(new.added)) if new.added else None
    connection.execute(insert(tables.amendment), _values(new, first_run, now))
    _change_backfill(connection, new)
    numbered = iter(zip(count(first_run or 0), new.added, strict=False))
    while part := dict(islice(numbered, RUNS_AT_ONCE)):
        insert_runs(connection, new.backfill, part)
    audit.append(connection, [audit.Entry(new.by, "amend", new.about, "{}", new.backfill)], now)
    if new.once is not None:
        keys.remember(connection, new.once, now)


def _known(connection: Connection, new: NewAmendment) -> bool:
    """Whether this very amendment is there already; raises `StoreConflict` for a number that does not follow."""
    row = tables.amendment.c
    mine = row.backfill_id == new.backfill
    if connection.scalar(select(row.body).where(mine, row.number == new.number)) == new.body:
        return True
    last = connection.scalar(select(func.max(row.number)).where(mine)) or 0
    if new.number != last + 1:
        raise StoreConflict(f"backfill {new.backfill} has {last} amendments: this one cannot be number {new.number}")
    return False


def _values(new: NewAmendment, first_run: int | None, now: datetime) -> dict[str, object]:
    as_they_are = {name: getattr(new, name) for name in ("number", "by", "body", "plan_hash", "to_run")}
    added = {"backfill_id": new.backfill, "added": dates_text(new.added), "first_run": first_run, "at": now}
    return as_they_are | added


def _change_backfill(connection: Connection, new: NewAmendment) -> None:
    row = tables.backfill.c
    known = connection.scalar(select(row.marks).where(row.id == new.backfill))
    marks = replanned(marks_of(BackfillMarks, known, UNMARKED), new.terms)
    values = {
        "plan_hash": new.plan_hash,
        "dates": dates_text(new.dates),
        "size": new.size,
        "marks": marks_text(marks),
    }
    opened: dict[str, object] = {"done_at": None, "outcome": None} if new.reopens else {}
    connection.execute(update(tables.backfill).where(row.id == new.backfill).values(values | opened))
