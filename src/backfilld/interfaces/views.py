"""Read models as JSON: times RFC 3339 in UTC, dates ISO, words in snake_case."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from math import isfinite
from typing import Any, NotRequired

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from backfilld.catalog.documents import too_deep
from backfilld.dates import utc_text
from backfilld.engine.marks import Halt
from backfilld.engine.states import State
from backfilld.interfaces.alert_view import AskedAlertView, asked_alert_view
from backfilld.interfaces.starting_view import FairnessView, RunPolicyView, fairness_view, run_policy_view
from backfilld.ports import Operation, StoredAmendment, StoredAttempt
from backfilld.service.views import ShownBackfill, ShownInstance, ShownRun

WORDS = {state: state.name.lower() for state in State}


class OperationView(TypedDict):
    """The acceptance of a backfill: pending, running, completed or failed; when it ended, and why it failed."""

    id: str
    status: str
    backfill_id: int
    completed: NotRequired[str]
    error: NotRequired[str]


class DatesView(TypedDict):
    """How many business dates, the earliest and the latest."""

    count: int
    first: str | None
    last: str | None


class TagView(TypedDict):
    """A tag."""

    key: str
    value: str


class ReasonView(TypedDict):
    """Why something does not go on: a stable code, and a sentence."""

    code: str
    message: str


class AmendmentView(TypedDict):
    """What was changed of a backfill: when, by whom, as it was asked, and the hash of the plan since."""

    number: int
    at: str
    by: str
    what: dict[str, Any]
    plan_hash: str


class BackfillView(TypedDict):
    """An accepted backfill; `counts` by state add up to `instances`, `runs` by word to the number of dates.

    `to_run` are the instances that are not left out by the plan. `schedule` is the one that asked for it, if one did.
    """

    id: int
    name: str
    schedule: str | None
    status: str
    reason: ReasonView | None
    type: str
    env_type: str
    project: str
    workflow: str | None
    dates: DatesView
    instances: int
    to_run: int
    counts: dict[str, int]
    runs: dict[str, int]
    parallelism: int
    order: str
    priority: int | None
    on_failure: str
    run_policy: RunPolicyView | None
    fairness: FairnessView | None
    max_failed_dates: int | None
    first: int | None
    resume_at: str | None
    alert: AskedAlertView | None
    reprocess: str
    on_conflict: str
    accepted_at: str
    done_at: str | None
    expired_at: str | None
    amendments: list[AmendmentView]
    plan_hash: str
    version_id: str
    tags: list[TagView]
    comment: str | None


class RunView(TypedDict):
    """One business date of a backfill; `counts` by state add up to its instances. `priority` is one that was set."""

    id: int
    backfill_id: int
    bizdate: str
    status: str
    counts: dict[str, int]
    admitted_at: str | None
    settled_at: str | None
    expired_at: str | None
    resume_at: str | None
    not_before: str | None
    priority: int | None


class InstanceView(TypedDict):
    """A task instance; `priority` is one that was set for it, `catalog_version` one that it was rerun under."""

    id: int
    backfill_id: int
    run_id: int
    task_id: int
    task: str
    bizdate: str
    cycle_time: str
    state: str
    held: bool
    triggered: bool
    priority: int | None
    catalog_version: str | None
    attempt: int
    failures: int
    not_before: str | None
    changed_at: str | None


class AttemptView(TypedDict):
    """One start of an instance; `output` is the JSON that the task handed back."""

    id: str
    number: int
    state: str
    claimed_at: str
    started_at: str | None
    ended_at: str | None
    exit_code: int | None
    reason: str
    output: object


class WholeInstanceView(InstanceView):
    """A task instance with its attempts, by number."""

    attempts: list[AttemptView]


def operation_view(operation: Operation) -> OperationView:
    """The operation as JSON."""
    view: OperationView = {
        "id": operation.id,
        "status": operation.status.value,
        "backfill_id": operation.backfill,
    }
    if operation.completed_at is not None:
        view["completed"] = utc_text(operation.completed_at)
    if operation.error is not None:
        view["error"] = operation.error
    return view


_FINAL = frozenset({"succeeded", "failed", "cancelled"})
"""Words of a backfill that is done. The store may know of the end a moment before the word does: both or neither."""


def backfill_view(shown: ShownBackfill) -> BackfillView:
    """The backfill as JSON."""
    stored, request, resolved = shown.stored, shown.terms.request, shown.terms.resolved
    marks = stored.marks
    return {
        "id": stored.id,
        "name": stored.name,
        "schedule": stored.schedule,
        "status": shown.standing.word,
        "reason": _reason(shown),
        "type": resolved.type,
        "env_type": stored.environment,
        "project": shown.project,
        "workflow": shown.workflow,
        "dates": dates_view(stored.dates),
        "instances": stored.size,
        "to_run": stored.to_run,
        "counts": _counts(shown.standing.counts),
        "runs": dict(shown.standing.runs),
        "parallelism": marks.parallelism or resolved.parallelism,
        "order": resolved.order,
        "priority": marks.priority or resolved.priority,
        "on_failure": marks.on_failure.value if marks.on_failure else resolved.on_failure,
        "max_failed_dates": resolved.max_failed_dates,
        "first": resolved.first,
        "resume_at": _moment(marks.resume_at),
        "run_policy": run_policy_view(shown.terms.run_policy),
        "fairness": fairness_view(shown.standing.fairness),
        "alert": asked_alert_view(resolved.alert),
        "reprocess": resolved.reprocess,
        "on_conflict": resolved.on_conflict,
        "accepted_at": utc_text(stored.accepted_at),
        "done_at": _moment(stored.done_at) if shown.standing.word in _FINAL else None,
        "expired_at": _moment(stored.expired_at),
        "amendments": list(map(amendment_view, stored.amendments)),
        "plan_hash": stored.plan_hash,
        "version_id": str(stored.catalog_version),
        "tags": [{"key": key, "value": value} for key, value in resolved.tags.items()],
        "comment": request.comment,
    }


def dates_view(dates: Sequence[date]) -> DatesView:
    """Business dates as JSON."""
    return {
        "count": len(dates),
        "first": min(dates).isoformat() if dates else None,
        "last": max(dates).isoformat() if dates else None,
    }


def amendment_view(amendment: StoredAmendment) -> AmendmentView:
    """What was changed of a backfill as JSON."""
    return {
        "number": amendment.number,
        "at": utc_text(amendment.at),
        "by": amendment.by,
        "what": json.loads(amendment.body)["asked"],
        "plan_hash": amendment.plan_hash,
    }


_HALTS = {
    Halt.NOT_STARTED: "it was accepted without being started: backfill start {id}",
    Halt.OPERATOR: "an operator has paused it: backfill resume {id}",
    Halt.FAILED_DATES: "it paused itself, as so many dates have failed (max_failed_dates): backfill resume {id}",
    Halt.FIRST: "it paused itself, as its first dates are settled (first): backfill resume {id}",
}


def _reason(shown: ShownBackfill) -> ReasonView | None:
    """Why nothing of it goes on."""
    halt = shown.stored.marks.halt
    if shown.obstacle is not None:
        return {"code": shown.obstacle.code, "message": str(shown.obstacle)}
    if halt is None or shown.standing.word in _FINAL:
        return None
    return {"code": halt.value, "message": _HALTS[halt].format(id=shown.stored.id)}


def run_view(run: ShownRun) -> RunView:
    """The run as JSON."""
    return {
        "id": run.number,
        "backfill_id": run.backfill,
        "bizdate": run.business_date.isoformat(),
        "status": run.word,
        "counts": _counts(run.counts),
        "admitted_at": _moment(run.admitted_at),
        "settled_at": _moment(run.settled_at),
        "expired_at": _moment(run.expired_at),
        "resume_at": _moment(run.marks.resume_at),
        "not_before": _moment(run.marks.not_before),
        "priority": run.marks.priority,
    }


def instance_view(shown: ShownInstance) -> InstanceView:
    """The task instance as JSON."""
    stored = shown.stored
    return {
        "id": stored.id,
        "backfill_id": shown.backfill,
        "run_id": shown.run,
        "task_id": stored.task,
        "task": shown.task,
        "bizdate": shown.business_date.isoformat(),
        "cycle_time": utc_text(stored.cycle_time),
        "state": WORDS[stored.state],
        "held": shown.held,
        "triggered": shown.triggered,
        "priority": stored.marks.priority,
        "catalog_version": str(version) if (version := stored.marks.catalog_version) else None,
        "attempt": stored.attempt,
        "failures": stored.failures,
        "not_before": _moment(stored.not_before),
        "changed_at": _moment(stored.changed_at),
    }


def whole_instance_view(shown: ShownInstance, attempts: Sequence[StoredAttempt]) -> WholeInstanceView:
    """The task instance with its attempts as JSON."""
    return {**instance_view(shown), "attempts": [attempt_view(attempt) for attempt in attempts]}


def attempt_view(attempt: StoredAttempt) -> AttemptView:
    """The attempt as JSON."""
    return {
        "id": attempt.attempt,
        "number": attempt.number,
        "state": attempt.state.value,
        "claimed_at": utc_text(attempt.claimed_at),
        "started_at": _moment(attempt.started_at),
        "ended_at": _moment(attempt.ended_at),
        "exit_code": attempt.exit_code,
        "reason": attempt.reason,
        "output": output_of(attempt.output),
    }


def output_of(data: bytes | None) -> object:
    """What a task handed back, as a value that every reader of JSON takes: numbers without a JSON form become null.

    So does the whole where it is nested deeper than a document may be, which many readers refuse.

    >>> output_of(b'{"rows": 3, "share": NaN}'), output_of(b"[" * 100 + b"]" * 100)
    ({'rows': 3, 'share': None}, None)
    """
    if data is None:
        return None
    try:
        value: object = json.loads(data, parse_constant=lambda name: None, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    return None if too_deep(value) else value


def _finite(text: str) -> float | None:
    number = float(text)
    return number if isfinite(number) else None


def _counts(counts: Sequence[int]) -> dict[str, int]:
    return {WORDS[state]: counts[state] for state in State}


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else utc_text(moment)
