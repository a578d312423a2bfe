"""What durability costs: tasks a second and Python's CPU a task, with 1, 10 and 100 tasks in a commit.

A task is two rounds: claimed (Start, Moved), then ended (AttemptClosed, Moved, RunChanged with its chunk). And what the
ledger costs to read.
Run it: `python benchmarks/store.py [URL]`; without a URL it makes a SQLite file in the working directory's disk.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine

from backfilld.engine.events import AttemptClosed, Effect, Moved, RunAdmitted, RunChanged, Start
from backfilld.engine.states import AttemptState, State
from backfilld.planning.plan import instance_id
from backfilld.ports import Ended, Ending, NewBackfill, Round, RunRows
from backfilld.store import tables
from backfilld.store.ledger import NOTHING, CycleEnding, month_of, with_endings
from backfilld.store.sql import SqlStore

NOW = datetime(2024, 1, 1, tzinfo=UTC)
TEN_YEARS = (datetime(2014, 1, 1, 2, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC))
TASKS = 100
DATES = 20


class Rounds:
    """Numbers the rounds of one lease."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._number = 0

    def record(self, effects: Sequence[Effect], **beside: object) -> None:
        """One more round."""
        self._number += 1
        at = NOW + timedelta(seconds=self._number)
        self._store.record(Round(self._number, at, effects, **beside))  # type: ignore[arg-type]


def accepted(store: SqlStore, dates: int, tasks: int) -> range:
    days = tuple(date(2013, 1, 1) + timedelta(days=number) for number in range(dates))
    new = NewBackfill(str(uuid4()), "bench", "Prod", 1, "{}", "{}", "hash", uuid4(), "content", days, dates * tasks, 1)
    operation = store.accept(new, NOW)
    return store.write_runs(operation.id, NOW).runs


def admit(rounds: Rounds, run: int, tasks: int) -> bytearray:
    states = bytearray([State.READY]) * tasks
    rows = RunRows(date(2013, 1, 1) + timedelta(days=run), range(tasks), [0] * tasks)
    rounds.record([RunAdmitted(run), changed(run, states, {0: bytes(states)})], rows={run: rows})
    return states


def changed(run: int, states: bytearray, chunks: dict[int, bytes]) -> RunChanged:
    counts = tuple(states.count(state) for state in State)
    settled = counts[State.SUCCEEDED] == len(states)
    return RunChanged(run, 1, counts, 0, settled, "succeeded" if settled else None, None, chunks)


def play(rounds: Rounds, run: int, states: bytearray, at_once: int) -> Iterator[tuple[float, float]]:
    """Seconds of CPU in the store, user and system, for each group of tasks."""
    for first in range(0, len(states), at_once):
        group = [instance_id(run, ordinal) for ordinal in range(first, min(first + at_once, len(states)))]
        claims = {(instance, 1): uuid4().hex for instance in group}
        starts: list[Effect] = [Start(instance, 1) for instance in group]
        starts += [Moved(instance, State.RUNNING, 1, 0, None, NOW) for instance in group]
        ends: list[Effect] = [AttemptClosed(instance, 1, AttemptState.SUCCEEDED, 0, NOW) for instance in group]
        ends += [Moved(instance, State.SUCCEEDED, 1, 0, None, NOW) for instance in group]
        endings = {key: Ended(uuid, Ending.EXITED, 0, NOW, NOW + timedelta(seconds=1)) for key, uuid in claims.items()}
        states[first : first + len(group)] = bytes([State.SUCCEEDED]) * len(group)
        ends.append(changed(run, states, {0: bytes(states)}))
        before = resource.getrusage(resource.RUSAGE_THREAD)
        rounds.record(starts, claims=claims)
        rounds.record(ends, endings=endings)
        after = resource.getrusage(resource.RUSAGE_THREAD)
        yield after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime


def measure(url: str) -> None:
    store = SqlStore(url)
    print(f"{'tasks a commit':>14} {'transitions/s':>14} {'user us a task':>14} {'system':>7}")
    for at_once in (1, 10, 100):
        store.take_lease(NOW)
        rounds = Rounds(store)
        runs = accepted(store, DATES, TASKS)
        states = {run: admit(rounds, run, TASKS) for run in runs}
        started = time.perf_counter()
        spent = [both for run in runs for both in play(rounds, run, states[run], at_once)]
        wall = time.perf_counter() - started
        user, system = (1e6 * sum(part) / (DATES * TASKS) for part in zip(*spent, strict=True))
        print(f"{at_once:>14} {2 * DATES * TASKS / wall:>14,.0f} {user:>14.0f} {system:>7.0f}")
    store.take_lease(NOW)
    rounds = Rounds(store)
    for tasks in (1_000, 24_000):
        (run,) = accepted(store, 1, tasks)
        started = time.perf_counter()
        admit(rounds, run, tasks)
        print(f"rows of a run of {tasks:,}: {tasks / (time.perf_counter() - started):,.0f} rows/s")
    started = time.perf_counter()
    accepted(store, 36_600, 1)
    print(f"acceptance of 36,600 dates: {time.perf_counter() - started:.2f} s")
    measure_ledger(store, url)
    store.close()


def measure_ledger(store: SqlStore, url: str) -> None:
    """A thousand daily tasks, ten years, each month's cycles of one backfill; and as many tasks without a past."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        for task in range(1_000):
            connection.execute(tables.ledger.insert(), [{"task_id": task, **row} for row in ten_years()])
    engine.dispose()
    for name, first in (("3,650,000 outcomes", 0), ("no outcome", 5_000)):
        started, count = time.perf_counter(), 0
        for _, outcomes in store.ledger("Past", range(first, first + 1_000), *TEN_YEARS):
            count += len(outcomes)
        print(f"ledger of 1,000 tasks, {name}: {count:,} in {time.perf_counter() - started:.2f} s")


@cache
def ten_years() -> Sequence[dict[str, object]]:
    start, end = (int(edge.timestamp()) for edge in TEN_YEARS)
    months = groupby(
        (CycleEnding(cycle, State.SUCCEEDED, cycle) for cycle in range(start, end, 86_400)), key=month_of_ending
    )
    packed = ((month, with_endings(NOTHING, month, list(endings))) for month, endings in months)
    return [{"environment": "Past", "month": month, **row._asdict()} for month, row in packed]


def month_of_ending(ending: CycleEnding) -> int:
    return month_of(ending.cycle)


def main(arguments: Sequence[str]) -> None:
    if arguments:
        measure(arguments[0])
        return
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        measure(f"sqlite:///{folder}/bench.db")


if __name__ == "__main__":
    main(sys.argv[1:])
