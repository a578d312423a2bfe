"""What a new daemon asks before it goes on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import or_, select

from backfilld.engine.asking import InstanceFacts
from backfilld.engine.events import RunFacts
from backfilld.engine.marks import UNMARKED_RUN, RunMarks
from backfilld.engine.states import STATE_MASK, State
from backfilld.ports import Operation, OperationStatus, StoredAttempt, StoredBackfill
from backfilld.store import rows, tables
from backfilld.store.database import Readable
from backfilld.store.marks import marks_of
from backfilld.store.prepared import in_batches


class Recovery:
    """The port's `StoreRecovery`."""

    _database: Readable

    def pending_operations(self) -> tuple[Operation, ...]:
        """Accepted, and neither completed nor failed; the oldest first."""
        row = tables.operation.c
        wanted = select(tables.operation).where(row.completed_at.is_(None)).order_by(row.accepted_at, row.backfill_id)
        with self._database.reading() as connection:
            return tuple(map(rows.operation_of, connection.execute(wanted)))

    def open_backfills(self) -> tuple[StoredBackfill, ...]:
        """Backfills with rows for their runs that are not done, in the order of acceptance."""
        row, operation = tables.backfill.c, tables.operation.c
        wanted = (
            select(tables.backfill)
            .join_from(tables.backfill, tables.operation)
            .where(row.done_at.is_(None), operation.status == OperationStatus.COMPLETED.value)
            .order_by(row.id)
        )
        with self._database.reading() as connection:
            return rows.backfills_of(connection, connection.execute(wanted))

    def run_facts(self, backfill: int) -> tuple[RunFacts, ...]:
        """Of the runs that were admitted or that acts have set something for, in run order."""
        row = tables.run.c
        wanted = (
            select(row.number, row.admitted_at, row.default_state, row.marks)
            .where(row.backfill_id == backfill)
            .where(or_(row.admitted_at.is_not(None), row.default_state.is_not(None), row.marks.is_not(None)))
            .order_by(row.number)
        )
        with self._database.reading() as connection:
            return tuple(
                RunFacts(
                    run=run.number,
                    states=rows.read_states(connection, run.number),
                    admitted=run.admitted_at is not None,
                    default=run.default_state,
                    marks=marks_of(RunMarks, run.marks, UNMARKED_RUN),
                )
                for run in connection.execute(wanted).all()
            )

    def instance_facts(self, backfill: int) -> tuple[InstanceFacts, ...]:
        """Of the instances that remember more than their state implies, ascending.

        Runs whose instances all are satisfied have none and are not looked into.
        """
        run, row = tables.run.c, tables.task_instance.c
        state = row.byte.bitwise_and(STATE_MASK)
        wanted = (
            select(row.id, row.attempt, row.failures, row.not_before, row.marks)
            .join_from(tables.run, tables.task_instance, rows.instances_of_run())
            .where(run.backfill_id == backfill, run.admitted_at.is_not(None))
            .where(or_(run.settled.is_(False), run.failed + run.lost + run.cancelled > 0))
            .where(or_(row.attempt > 0, row.not_before.is_not(None), row.marks.is_not(None)))
            .where(or_(state != int(State.SUCCEEDED), row.attempt > 1, row.marks.is_not(None)))
            .order_by(run.number, row.id)
        )
        with self._database.reading() as connection:
            return tuple(map(rows.facts_of, connection.execute(wanted)))

    def restored_at(self) -> datetime | None:
        """When this store was put back from a backup; None once a daemon has come to terms with its hosts."""
        with self._database.reading() as connection:
            found: datetime | None = connection.scalar(select(tables.lease.c.restored_at))
        return found

    def strangers(self, attempts: Iterable[str]) -> tuple[str, ...]:
        """Those of these attempts that are not known here, in their order."""
        row, names = tables.attempt.c, list(attempts)
        with self._database.reading() as connection:
            known = {
                found.hex()
                for part in in_batches(map(bytes.fromhex, names))
                for found in connection.scalars(select(row.uuid).where(row.uuid.in_(part)))
            }
        return tuple(name for name in names if name not in known)

    def open_attempts(self) -> tuple[StoredAttempt, ...]:
        """Attempts without an ending, whatever became of their instance."""
        row = tables.attempt.c
        wanted = select(tables.attempt).where(row.ended_at.is_(None)).order_by(row.instance_id, row.number)
        with self._database.reading() as connection:
            return tuple(map(rows.attempt_of, connection.execute(wanted)))
