"""A store held against itself: what is kept twice, to be fast, is made again from what it was made of.

Bytes of states come from instances, counts from bytes, the ledger from attempts, each hash of the audit from its entry.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from backfilld.engine.states import STATE_MASK, State, counted
from backfilld.errors import StoreUnavailable
from backfilld.planning.history import Past
from backfilld.planning.plan import InstanceId
from backfilld.ports import StoredAudit
from backfilld.store import audit, ledger, rows, tables
from backfilld.store.columns import ids_of
from backfilld.store.database import reader_of_one_moment
from backfilld.store.history import Settled, endings_of, read_changed, read_months
from backfilld.store.recording import COUNTS


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is kept otherwise than what it was made of says."""

    subject: str
    kept: object
    made_again: object

    def __str__(self) -> str:
        return f"{self.subject}: kept {self.kept}; made again {self.made_again}"


@contextmanager
def verified(url: str) -> Iterator[Iterator[Difference]]:
    """What differs in a store at one moment, found as it is asked for; another process may write on.

    Raises `StoreUnavailable` for a store that is not there or not in this program's form.
    """
    with _in_our_words(), reader_of_one_moment(url) as connection:
        yield differences(connection)


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise StoreUnavailable(f"the store cannot be read: {error.orig}") from None


def differences(connection: Connection) -> Iterator[Difference]:
    """Everything that differs, run by run in the order of their numbers, then the audit; expired runs have no more."""
    run, of = tables.run, tables.backfill.c
    wanted = (
        select(*run.c, of.environment, of.scheduled)
        .join_from(run, tables.backfill)
        .where(run.c.expired_at.is_(None))
        .order_by(run.c.number)
    )
    for found in connection.execute(wanted).all():
        yield from _of_run(connection, found)
    yield from _of_audit(connection)


def _of_run(connection: Connection, run: rows.AnyRow) -> Iterator[Difference]:
    name = f"run {run.number} of backfill {run.backfill_id}"
    states = rows.read_states(connection, run.number)
    counts = [run._mapping[column] for column in COUNTS]
    if counts != (again := counted(bytearray(states))):
        yield Difference(f"{name}: instances by state", _by_state(counts), _by_state(again))
    yield from _of_instances(connection, run.number, states)
    if run.settled and run.scheduled:
        yield from _of_ledger(connection, run)


def _of_instances(connection: Connection, run: int, states: bytes) -> Iterator[Difference]:
    """Their bytes, and the numbers of their attempts."""
    row, first = tables.task_instance.c, ids_of(run)[0]
    wanted = select(row.id, row.byte, row.attempt).where(row.id.between(*ids_of(run))).order_by(row.id)
    found = connection.execute(wanted).all()
    for ordinal, (instance, byte) in enumerate(zip_longest((each.byte for each in found), states)):
        if instance != byte:
            yield Difference(f"task instance {first + ordinal}: its byte among the run's", byte, instance)
    attempts = _attempts(connection, run)
    for each in found:
        numbers = attempts.get(each.id, [])
        if numbers and numbers[-1][0] != each.attempt:
            yield Difference(f"task instance {each.id}: its last attempt", each.attempt, numbers[-1][0])
        runs, is_open = each.byte & STATE_MASK == State.RUNNING, bool(numbers) and numbers[-1][1]
        if runs != is_open:
            words = {True: "running", False: "not running"}
            yield Difference(f"task instance {each.id}, by its last attempt", words[runs], words[is_open])


def _attempts(connection: Connection, run: int) -> dict[InstanceId, list[tuple[int, bool]]]:
    """By instance: number, and whether it is open, in order."""
    row = tables.attempt.c
    wanted = (
        select(row.instance_id, row.number, row.ended_at.is_(None))
        .where(row.instance_id.between(*ids_of(run)))
        .order_by(row.instance_id, row.number)
    )
    found: dict[InstanceId, list[tuple[int, bool]]] = defaultdict(list)
    for instance, number, is_open in connection.execute(wanted):
        found[instance].append((number, bool(is_open)))
    return found


def _of_ledger(connection: Connection, run: rows.AnyRow) -> Iterator[Difference]:
    """Each cycle that ended in the run is there as it ended, unless another backfill has ended it too."""
    settled = Settled(run.number, run.backfill_id, run.environment, run.scheduled, True, None)
    endings = endings_of(read_changed(connection, settled))
    for (task, month), ends in sorted(endings.items()):
        stored = read_months(connection, run.environment, [task], range(month, month + 1))
        known = ledger.outcomes_of(
            [ledger.Month(*packed) for _, _, *packed in stored], min(ends).cycle, max(ends).cycle
        )
        for end in ends:
            if not _tells_of(known.get(end.cycle), end, run.backfill_id):
                made = f"{ledger.ENDINGS[end.state]} in backfill {run.backfill_id} at {end.ended}"
                yield Difference(f"ledger: task {task}, cycle {end.cycle}", _told(known.get(end.cycle)), made)


def _tells_of(past: Past | None, end: ledger.CycleEnding, backfill: int) -> bool:
    if past is None or (end.state == State.SUCCEEDED and not past.succeeded_once):
        return False
    mine = past.ending == ledger.ENDINGS[end.state] and past.ended_at == min(max(0, end.ended), ledger.LATEST)
    return mine or past.backfill != backfill


def _told(past: Past | None) -> str:
    return "nothing" if past is None else f"{past.ending} in backfill {past.backfill} at {past.ended_at}"


def _of_audit(connection: Connection) -> Iterator[Difference]:
    broken = audit.broken(_entries(connection))
    if broken is not None:
        yield Difference(f"audit: entry {broken}", "a hash", "another: it was changed, or one before it has gone")


def _entries(connection: Connection) -> Iterator[StoredAudit]:
    """All in order, a part at a time: a cursor of the server would outlive who stops on the way."""
    row, last = tables.audit.c, 0
    wanted = select(tables.audit).order_by(row.id).limit(audit.AT_ONCE)
    while part := [rows.audit_of(found) for found in connection.execute(wanted.where(row.id > last))]:
        yield from part
        last = part[-1].id


def _by_state(counts: Sequence[int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in zip(COUNTS, counts, strict=True) if count) or "none"
