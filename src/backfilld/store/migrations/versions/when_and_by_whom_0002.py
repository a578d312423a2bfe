"""The ledger says when each cycle ended and in which backfill; backfills say whether they ran a schedule's cycles.

Self-contained, as the program's own form of the ledger will change again.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SECOND = 1_000_000
LATEST = 2**32 - 1
AT_ONCE = 1_000

OLD_INTERVAL = struct.Struct("<qqii")
INTERVAL = struct.Struct("<qIIB")
STRETCH = struct.Struct("<II")
"""A backfill, and how many cycles in a row ended in it."""

MONTHS = sa.text("SELECT intervals FROM ledger_0001 WHERE environment = :environment AND task_id = :task")
ENDINGS = sa.text("""
    SELECT b.environment, i.task_id, i.cycle_time, a.ended_at, b.id, a.state
    FROM attempt a
    JOIN task_instance i ON i.id = a.instance_id
    JOIN run r ON r.number = i.id / 1048576
    JOIN backfill b ON b.id = r.backfill_id
    WHERE r.settled_at IS NOT NULL AND a.ended_at IS NOT NULL AND a.state IN ('succeeded', 'failed', 'stopped', 'lost')
    UNION ALL
    SELECT b.environment, i.task_id, i.cycle_time, i.changed_at, b.id, 'succeeded'
    FROM task_instance i
    JOIN run r ON r.number = i.id / 1048576
    JOIN backfill b ON b.id = r.backfill_id
    WHERE r.settled_at IS NOT NULL AND i.attempt = 0 AND i.byte % 16 = 3
    ORDER BY 1, 2, 3, 4
""")
"""Of attempts, and of virtual tasks, which have none."""
STATES = {"succeeded": 3, "failed": 4, "stopped": 4, "lost": 5}
"""An attempt that ran into its timeout is `stopped`, and its instance failed."""


def upgrade() -> None:
    """Carry the ledger over; there is no way back, as what is new would be lost.

    The old one knew how each cycle ended. When, and by whom, is found at the attempts: the last one of the cycle that
    ended so. A cycle without such an attempt is dropped: it counts as never run, and running it again does no harm.
    """
    op.add_column("backfill", sa.Column("scheduled", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.create_index("ix_backfill_plan_hash", "backfill", ["plan_hash"], unique=False)
    op.execute("CREATE TABLE ledger_0001 AS SELECT * FROM ledger")  # renamed, it would keep the names of constraints
    op.create_index("ix_ledger_0001", "ledger_0001", ["environment", "task_id"])
    op.drop_table("ledger")
    _fill(
        op.create_table(
            "ledger",
            sa.Column("environment", sa.Text(), nullable=False),
            sa.Column("task_id", KEY, autoincrement=False, nullable=False),
            sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("intervals", sa.LargeBinary(), nullable=False),
            sa.Column("ended", sa.LargeBinary(), nullable=False),
            sa.Column("backfills", sa.LargeBinary(), nullable=False),
            sa.PrimaryKeyConstraint("environment", "task_id", "month"),
        )
    )
    op.drop_table("ledger_0001")


Told = tuple[int, int, int]
"""Of one cycle: when it ended in seconds, the backfill, the code."""


def _fill(ledger: sa.Table) -> None:
    connection = op.get_bind()
    endings = connection.execute(ENDINGS, execution_options={"yield_per": AT_ONCE})
    for (environment, task), of_task in groupby(endings, key=itemgetter(0, 1)):
        months = _by_month(_told(_codes(connection, environment, task), of_task))
        rows = [
            {"environment": environment, "task_id": task, "month": month, **_packed(told)}
            for month, told in months.items()
        ]
        if rows:
            connection.execute(sa.insert(ledger), rows)


def _codes(connection: sa.Connection, environment: str, task: int) -> dict[int, int]:
    """Of each recorded cycle, in microseconds, how it ended."""
    stored = connection.execute(MONTHS, {"environment": environment, "task": task})
    intervals = (interval for (packed,) in stored for interval in OLD_INTERVAL.iter_unpack(packed))
    return {first + step * n: code for first, step, count, code in intervals for n in range(count)}


def _told(codes: dict[int, int], endings: Iterable[Any]) -> dict[int, Told]:
    """By cycle in seconds; of endings that fit the code the last."""
    return {
        cycle // SECOND: (min(ended // SECOND, LATEST), backfill, codes[cycle])
        for _, _, cycle, ended, backfill, state in endings
        if codes.get(cycle, 0) % 16 == STATES[state]
    }


def _by_month(told: dict[int, Told]) -> dict[int, dict[int, Told]]:
    months: dict[int, dict[int, Told]] = defaultdict(dict)
    for cycle in sorted(told):
        moment = datetime.fromtimestamp(cycle, UTC)
        months[moment.year * 12 + moment.month - 1][cycle] = told[cycle]
    return months


def _packed(told: dict[int, Told]) -> dict[str, bytes]:
    """Evenly spaced cycles that ended alike as one interval, neighbours of one backfill as one stretch."""
    stretches = groupby(backfill for _, backfill, _ in told.values())
    return {
        "intervals": b"".join(INTERVAL.pack(*interval) for interval in _intervals(told)),
        "ended": struct.pack(f"<{len(told)}I", *(ended for ended, _, _ in told.values())),
        "backfills": b"".join(STRETCH.pack(backfill, len(list(alike))) for backfill, alike in stretches),
    }


def _intervals(told: dict[int, Told]) -> list[list[int]]:
    intervals: list[list[int]] = []
    for cycle, (_, _, code) in told.items():
        if intervals and intervals[-1][3] == code:
            first, step, count, _ = intervals[-1]
            if count == 1 or cycle == first + step * count:
                intervals[-1][1:3] = [cycle - first if count == 1 else step, count + 1]
                continue
        intervals.append([cycle, 1, 1, code])
    return intervals
