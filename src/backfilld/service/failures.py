"""What failed in a backfill, grouped by what was written last: one error on a hundred dates is one thing to mend."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from backfilld.dates import Period, merged
from backfilld.engine.states import FAILURES
from backfilld.errors import Expired
from backfilld.ports import Executor, InstanceFilter, StoredAttempt, StoredRun, StoreReader
from backfilld.service.logs import last_lines
from backfilld.service.standing import runs_from
from backfilld.service.views import ShownInstance, Views

LOOKED_AT = 1000
"""How many failures are grouped, and the most log tails that one question reads."""
LINE = 300
"""Characters of a last line that say which error it is."""
_VARIES = re.compile(
    r"""
    [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}                                     # a UUID
    | \d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?        # a moment
    | (?<![0-9a-z]) (?: 0x | (?=[0-9]*[a-f]) (?=[a-f]*[0-9]|[a-f]{8}) ) [0-9a-f]+ (?![0-9a-z])   # hexadecimal
    | \d+(?:[.,:/-]\d+)*                                                           # a number, a date, an address
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """An instance that failed or was lost, its last attempt, and the last lines that it wrote."""

    instance: ShownInstance
    attempt: StoredAttempt | None
    log_tail: str


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failures with the same last line but for what varies in it; `tasks` by count, dates as few periods ascending."""

    line: str
    count: int
    tasks: Mapping[str, int]
    dates: tuple[Period, ...]
    newest: Failure


@dataclass(frozen=True, slots=True)
class Failed:
    """The newest failures, newest first, grouped with the largest group first; `total` counts all that there are.

    Of a backfill that the caller sees in part `total` counts those that were read.
    """

    failures: tuple[Failure, ...]
    groups: tuple[FailureGroup, ...]
    total: int


class FailuresOf:
    """Reads what failed, the newest first, and no more than `most` rows and logs."""

    def __init__(self, store: StoreReader, views: Views, executor: Executor, most: int = LOOKED_AT) -> None:
        self._store, self._views, self._executor, self._most = store, views, executor, most

    def backfill(self, backfill: int) -> Failed:
        """What failed or was lost in the backfill and is kept; `NotFound`, or `Expired` if all that failed has gone."""
        stored = self._store.backfill(backfill)
        failed = [run for run in runs_from(self._store, stored, stored.runs) if _failed(run)]
        runs = [run for run in failed if run.expired_at is None]
        if failed and not runs:
            raise Expired("what failed in backfill", backfill, max(filter(None, (run.expired_at for run in failed))))
        total = sum(map(_failed, runs))
        wanted = InstanceFilter(backfill, states=FAILURES)
        found = self._read(wanted) if total <= self._most else self._newest(wanted, runs)
        if self._views.in_part(backfill):
            total = len(found)  # counts of runs tell of what is hidden, too
        found.sort(key=lambda each: (-_seconds(each.stored.changed_at), each.stored.id))
        failures = tuple(map(self._failure, found))
        return Failed(failures, grouped(failures), total)

    def _newest(self, wanted: InstanceFilter, runs: Iterable[StoredRun]) -> list[ShownInstance]:
        """By run, the one that was settled last first: so no more rows are read than are asked for."""
        found: list[ShownInstance] = []
        for run in sorted(runs, key=lambda run: (run.settled, -_seconds(run.settled_at), -run.number)):
            if len(found) >= self._most:
                break
            found += self._read(replace(wanted, run=run.number), len(found))
        return found

    def _read(self, wanted: InstanceFilter, known: int = 0) -> list[ShownInstance]:
        """The instances that pass, by id, up to the most that may be known."""
        found: list[ShownInstance] = []
        after: int | None = None
        while (left := self._most - known - len(found)) > 0:
            page = self._views.instances(wanted, after, left)
            found += page.items
            if (after := page.next) is None:
                break
        return found

    def _failure(self, instance: ShownInstance) -> Failure:
        attempts = self._store.attempts(instance.stored.id)
        tail = last_lines(self._executor, attempts[-1].attempt) if attempts else ""
        return Failure(instance, attempts[-1] if attempts else None, tail)


def grouped(failures: Iterable[Failure]) -> tuple[FailureGroup, ...]:
    """Failures by what was written last; the first of each group stands for it."""
    groups: dict[str, list[Failure]] = {}
    for failure in failures:
        groups.setdefault(without_what_varies(last_word(failure)), []).append(failure)
    made = (_group(line, same) for line, same in groups.items())
    return tuple(sorted(made, key=lambda group: -group.count))


def last_word(failure: Failure) -> str:
    """The last line of the log with anything in it; without one, what the host or the exit code says."""
    lines = [line.rpartition("\r")[2].strip() for line in failure.log_tail.rstrip().splitlines()]
    if written := next((line for line in reversed(lines) if line), ""):
        return written
    attempt = failure.attempt
    if attempt is None:
        return "set by an operator, without an attempt"
    return attempt.reason or f"nothing written, exit code {attempt.exit_code}"


def without_what_varies(line: str) -> str:
    """The line with `#` for numbers, dates, moments, hexadecimal and UUIDs, so that one error reads the same.

    >>> without_what_varies("2024-01-02 03:04:05,678 ERROR part 17 of 0xc0ffee: no table t_20240102")
    '# ERROR part # of #: no table t_#'
    >>> without_what_varies("bad face at 10.0.0.1:5432 after 1.5s")
    'bad face at # after #s'
    """
    return _VARIES.sub("#", line[:LINE])


def _group(line: str, same: list[Failure]) -> FailureGroup:
    days = {failure.instance.business_date for failure in same}
    return FailureGroup(
        line=line,
        count=len(same),
        tasks=dict(Counter(failure.instance.task for failure in same).most_common()),
        dates=tuple(merged(Period(day, day) for day in days)),
        newest=same[0],
    )


def _failed(run: StoredRun) -> int:
    """How many instances of a run failed or were lost."""
    return sum(run.counts[state] for state in FAILURES)


def _seconds(moment: datetime | None) -> float:
    """For sorting: what has no moment is the oldest."""
    return moment.timestamp() if moment else 0.0
