"""Read models as JSON: times RFC 3339 in UTC, dates ISO, words in snake_case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NotRequired

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from backfilld.dates import utc_text, utc_text_or_none
from backfilld.engine.snapshot import SETTLED
from backfilld.engine.states import STATE_MASK, State
from backfilld.interfaces.alert_view import AskedAlertView, asked_alert_view
from backfilld.interfaces.amendment_view import AmendmentView, amendment_view
from backfilld.interfaces.attempt_view import AttemptView, attempt_view
from backfilld.interfaces.dates_view import DatesView, dates_view
from backfilld.interfaces.standstill_view import ReasonView, standstill_view
from backfilld.interfaces.starting_view import FairnessView, RunPolicyView, fairness_view, run_policy_view
from backfilld.ports import Operation, StoredAttempt
from backfilld.service.views import ShownBackfill, ShownInstance, ShownRun

WORDS: Mapping[int, str] = {state: state.name.lower() for state in State}


class OperationView(TypedDict):
    """The acceptance of a backfill: pending, running, completed or failed; when it ended, and why it failed."""

    id: str
    status: str
    backfill_id: int
    completed: NotRequired[str]
    error: NotRequired[str]


class TagView(TypedDict):
    """A tag."""

    key: str
    value: str


class BackfillView(TypedDict):
    """An accepted backfill; `counts` by state add up to `instances`, `runs` by word to the number of dates.

    `to_run` are the instances that are not left out by the plan. `instance_id` is its caller's own name for it,
    `schedule` the one that asked for it, if one did, and `by` who did.
    """

    id: int
    name: str
    instance_id: str | None
    schedule: str | None
    by: str
    status: str
    reason: ReasonView | None
    type: str
    env_type: str
    project_id: int
    project: str
    workflow_id: int | None
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


def backfill_view(shown: ShownBackfill) -> BackfillView:
    """The backfill as JSON."""
    stored, request, resolved = shown.stored, shown.terms.request, shown.terms.resolved
    marks = stored.marks
    return {
        "id": stored.id,
        "name": stored.name,
        "instance_id": stored.instance_id,
        "schedule": stored.schedule,
        "by": stored.by,
        "status": shown.standing.word,
        "reason": standstill_view(shown),
        "type": resolved.type,
        "env_type": stored.environment,
        "project_id": resolved.project_id,
        "project": shown.project,
        "workflow_id": resolved.workflow_id,
        "workflow": shown.workflow,
        "dates": dates_view(stored.dates),
        "instances": stored.size,
        "to_run": stored.to_run,
        "counts": counts_view(shown.standing.counts),
        "runs": dict(shown.standing.runs),
        "parallelism": marks.parallelism or resolved.parallelism,
        "order": resolved.order,
        "priority": marks.priority or resolved.priority,
        "on_failure": marks.on_failure.value if marks.on_failure else resolved.on_failure,
        "max_failed_dates": resolved.max_failed_dates,
        "first": resolved.first,
        "resume_at": utc_text_or_none(marks.resume_at),
        "run_policy": run_policy_view(shown.terms.run_policy),
        "fairness": fairness_view(shown.standing.fairness),
        "alert": asked_alert_view(resolved.alert),
        "reprocess": resolved.reprocess,
        "on_conflict": resolved.on_conflict,
        "accepted_at": utc_text(stored.accepted_at),
        # the store may know of the end a moment before the word does: both or neither
        "done_at": utc_text_or_none(stored.done_at) if shown.standing.word in SETTLED else None,
        "expired_at": utc_text_or_none(stored.expired_at),
        "amendments": list(map(amendment_view, stored.amendments)),
        "plan_hash": stored.plan_hash,
        "version_id": str(stored.catalog_version),
        "tags": [{"key": key, "value": value} for key, value in resolved.tags.items()],
        "comment": request.comment,
    }


def run_view(run: ShownRun) -> RunView:
    """The run as JSON."""
    return {
        "id": run.number,
        "backfill_id": run.backfill,
        "bizdate": run.business_date.isoformat(),
        "status": run.word,
        "counts": counts_view(run.counts),
        "admitted_at": utc_text_or_none(run.admitted_at),
        "settled_at": utc_text_or_none(run.settled_at),
        "expired_at": utc_text_or_none(run.expired_at),
        "resume_at": utc_text_or_none(run.marks.resume_at),
        "not_before": utc_text_or_none(run.marks.not_before),
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
        "state": WORDS[stored.byte & STATE_MASK],
        "held": shown.held,
        "triggered": shown.triggered,
        "priority": stored.marks.priority,
        "catalog_version": str(version) if (version := stored.marks.catalog_version) else None,
        "attempt": stored.attempt,
        "failures": stored.failures,
        "not_before": utc_text_or_none(stored.not_before),
        "changed_at": utc_text_or_none(stored.changed_at),
    }


def whole_instance_view(shown: ShownInstance, attempts: Sequence[StoredAttempt]) -> WholeInstanceView:
    """The task instance with its attempts as JSON."""
    return {**instance_view(shown), "attempts": [attempt_view(attempt) for attempt in attempts]}


def counts_view(counts: Sequence[int]) -> dict[str, int]:
    """Instances by the word of their state."""
    return dict(zip(WORDS.values(), counts, strict=True))
