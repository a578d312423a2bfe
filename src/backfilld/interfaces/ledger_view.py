"""The ledger as JSON: times RFC 3339 in UTC, dates ISO."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from backfilld.dates import utc_text
from backfilld.planning.recorded import CycleRecord
from backfilld.service.gaps import Answer, TaskHistory


class CycleView(TypedDict):
    """What became of a cycle: when it last ended, in which backfill, under which catalog version; null if never.

    `status` is `succeeded`, `stale` (something upstream succeeded later), `failed`, `lost`, `running`, `never_run`, or
    `not_due` (its time has not come). `held_by` is the active backfill that is to run it, or runs it now.
    """

    bizdate: str
    cycle_time: str
    status: str
    succeeded_once: bool
    ended_at: str | None
    backfill_id: int | None
    version_id: str | None
    held_by: int | None


class TaskLedgerView(TypedDict):
    """A task and its cycles, in order; `counts` has how many there are of each status that occurs."""

    id: int
    task: str
    name: str
    workflow: str
    project: str
    counts: dict[str, int]
    cycles: list[CycleView]


class LedgerView(TypedDict):
    """Tasks, upstream first, with their cycles on the business dates from first to last, both included."""

    env_type: str
    start_biz_date: str
    end_biz_date: str
    items: list[TaskLedgerView]


def ledger_view(answer: Answer) -> LedgerView:
    """The answer as JSON."""
    dates = answer.dates
    return {
        "env_type": answer.environment,
        "start_biz_date": dates.first.isoformat(),
        "end_biz_date": dates.last.isoformat(),
        "items": [_task(answer, history) for history in answer.histories],
    }


def _task(answer: Answer, history: TaskHistory) -> TaskLedgerView:
    catalog, task = answer.catalog, history.task
    return {
        "id": task.id,
        "task": catalog.short_names[task.id],
        "name": task.name,
        "workflow": catalog.workflows[task.workflow_id].name,
        "project": catalog.by_id[task.project_id].name,
        "counts": dict(Counter(each.status for each in history.cycles)),
        "cycles": [_cycle(each, answer) for each in history.cycles],
    }


def _cycle(cycle: CycleRecord, answer: Answer) -> CycleView:
    past = cycle.past
    version = past and answer.versions.get(past.backfill)
    return {
        "bizdate": cycle.business_date.isoformat(),
        "cycle_time": _moment(cycle.cycle),
        "status": cycle.status,
        "succeeded_once": bool(past and past.succeeded_once),
        "ended_at": _moment(past.ended_at) if past else None,
        "backfill_id": _named(past.backfill, answer) if past else None,
        "version_id": str(version) if version else None,
        "held_by": _named(cycle.held_by, answer),
    }


def _named(backfill: int | None, answer: Answer) -> int | None:
    return None if backfill in answer.strangers else backfill


def _moment(seconds: int) -> str:
    return utc_text(datetime.fromtimestamp(seconds, UTC))
