"""What the attempts of runs have written, line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from heapq import nlargest
from itertools import islice
from typing import Any

from backfilld.dates import utc_text
from backfilld.errors import NotFound
from backfilld.interfaces.http.doors.prefect.reading import FlowRuns, Seen
from backfilld.interfaces.http.services import Services
from backfilld.interfaces.vendors.prefect.bodies import AskedLogs, LogFilter
from backfilld.interfaces.vendors.prefect.searching import searches
from backfilld.ports import InstanceFilter, StoredAttempt
from backfilld.service.logs import BLOCK, blocks

INFO = 20
"""The level of every line: what a task writes does not say one."""
PAGE = 256
MOST_LINES = 200
_STEP = timedelta(microseconds=1)
Line = tuple[datetime, dict[str, Any]]


def lines(services: Services, asked: AskedLogs) -> list[dict[str, Any]]:
    """The lines that pass, run by run; of one attempt they are in their order, microseconds apart."""
    wanted, most = asked.logs, MOST_LINES if asked.limit is None else asked.limit
    if _is_below(wanted):
        return []
    first, passes = asked.offset or 0, _test(wanted)
    found: Iterator[Line] = (line for run in _runs(services, wanted) for line in _of_run(services, run) if passes(line))
    if asked.sort == "TIMESTAMP_DESC":
        found = iter(nlargest(first + most, found, key=lambda line: line[0]))
    return [view for _, view in islice(found, first, first + most)]


def _runs(services: Services, wanted: LogFilter) -> Iterator[Seen]:
    there = FlowRuns(services, services.ticker.clock.now())
    for each in wanted.flow_run_id.any_:
        try:
            yield there.one(each)
        except NotFound:
            continue


def _of_run(services: Services, run: Seen) -> Iterator[Line]:
    attempts = [(task, each) for task, instance in _instances(services, run) for each in _attempts(services, instance)]
    for task, attempt in sorted(attempts, key=lambda found: _began(found[1])):
        yield from _of_attempt(services, run, task, attempt)


def _instances(services: Services, run: Seen) -> Iterator[tuple[str, int]]:
    wanted, after = InstanceFilter(backfill=run.stored.id, run=run.shown.number), None
    while True:
        page = services.views.instances(wanted, after, PAGE)
        yield from ((each.task, each.stored.id) for each in page.items if each.stored.attempt)
        if (after := page.next) is None:
            return


def _attempts(services: Services, instance: int) -> tuple[StoredAttempt, ...]:
    return services.store.attempts(instance)


def _of_attempt(services: Services, run: Seen, task: str, attempt: StoredAttempt) -> Iterator[Line]:
    first = services.executor.log(attempt.attempt, 0, BLOCK)
    began = _began(attempt)
    for place, line in enumerate(_lines(blocks(services.executor, attempt.attempt, first))):
        moment = began + place * _STEP
        view = {"name": task, "level": INFO, "message": line, "timestamp": utc_text(moment)}
        yield moment, {**view, "flow_run_id": str(run.flow_run.id), "task_run_id": None}


def _lines(parts: Iterator[bytes]) -> Iterator[str]:
    left = b""
    for part in parts:
        *whole, left = (left + part).split(b"\n")
        yield from (line.decode(errors="replace") for line in whole)
    if left:
        yield left.decode(errors="replace")


def _began(attempt: StoredAttempt) -> datetime:
    return attempt.started_at or attempt.claimed_at


def _is_below(wanted: LogFilter) -> bool:
    """Whether only lines of other levels are asked for."""
    level = wanted.level
    return level is not None and not (level.ge_ or 0) <= INFO <= (INFO if level.le_ is None else level.le_)


def _test(wanted: LogFilter) -> Callable[[Line], bool]:
    """Whether a line was written when it is asked for, and has what is searched for, in itself or its task's name."""
    after, before = (wanted.timestamp.after_, wanted.timestamp.before_) if wanted.timestamp else (None, None)
    has = searches(wanted.text.query) if wanted.text else None

    def passes(line: Line) -> bool:
        moment, view = line
        if (after is not None and moment < after) or (before is not None and moment > before):
            return False
        return has is None or has(f"{view['message']} {view['name']}")

    return passes
