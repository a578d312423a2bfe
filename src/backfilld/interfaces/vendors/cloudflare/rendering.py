"""What its clients read: instances, steps, workflows and operations."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from backfilld.catalog.models import Task, Workflow
from backfilld.dates import utc_text, utc_text_or_none
from backfilld.engine.states import AttemptState, State
from backfilld.interfaces.attempt_view import output_of
from backfilld.interfaces.vendors.cloudflare import words
from backfilld.interfaces.vendors.cloudflare.words import status_of, status_of_step
from backfilld.interfaces.vendors.uuids import uuid_of
from backfilld.ports import StoredAttempt
from backfilld.service.executions import Execution, Step

Json = dict[str, Any]
UNKNOWN = utc_text(datetime(1970, 1, 1, tzinfo=UTC))
"""When a workflow was made, a catalog does not say: of one that never ran nothing is known."""
_SUCCESS: Mapping[str, bool] = {words.COMPLETE: True, words.ERRORED: False, words.TERMINATED: False}
_STEPS: Mapping[State, bool] = {State.SUCCEEDED: True, State.SKIPPED: True} | dict.fromkeys(
    (State.FAILED, State.LOST, State.CANCELLED), False
)
_FAILED = frozenset({AttemptState.FAILED, AttemptState.LOST, AttemptState.STOPPED})


@dataclass(frozen=True, slots=True)
class Received:
    """An event that somebody has sent to an instance."""

    type: str
    at: str
    payload: object


def made(name: str, version: str, workflow: Workflow) -> Json:
    """An instance that was just accepted."""
    home = {"version_id": version, "workflow_id": workflow_id(workflow)}
    return {"id": name, "status": words.QUEUED, **home, "trigger_source": "api"}


def listed(execution: Execution, workflow: Workflow) -> Json:
    """An instance in a list."""
    stored = execution.shown.stored
    changed = _ended(execution) or execution.began_at or stored.accepted_at
    return {
        "id": execution.name,
        "status": status_of(execution),
        "version_id": str(stored.catalog_version),
        "workflow_id": workflow_id(workflow),
        "created_on": utc_text(stored.accepted_at),
        "modified_on": utc_text(changed),
        "started_on": utc_text_or_none(execution.began_at),
        "ended_on": utc_text_or_none(_ended(execution)),
        "trigger_source": _source(execution),
    }


def whole(execution: Execution, steps: Sequence[Step], events: Sequence[Received], *, simple: bool) -> Json:
    """An instance with its steps, the oldest first; a simple one only counts them."""
    stored = execution.shown.stored
    entries = sorted([*map(_step, steps), *map(_event, events)], key=lambda entry: str(entry["start"]))
    status = status_of(execution)
    return {
        "status": status,
        "params": execution.shown.terms.request.payload,
        "trigger": {"source": _source(execution)},
        "versionId": str(stored.catalog_version),
        "queued": utc_text(stored.accepted_at),
        "start": utc_text_or_none(execution.began_at),
        "end": utc_text_or_none(_ended(execution)),
        "success": _SUCCESS.get(status) if _ended(execution) else None,
        "error": _error_of(steps) if status == words.ERRORED else None,
        "output": output(steps),
        "step_count": len(entries),
        "steps": [] if simple else entries,
    }


def one_step(step: Step, attempt: StoredAttempt | None) -> Json:
    """A step, or one of its attempts, with all that it handed back."""
    status = status_of_step(step.instance) if attempt is None else words.OF_ATTEMPTS[attempt.state]
    last = attempt or (step.attempts[-1] if step.attempts else None)
    handed = output_of(last.output) if last and status == words.COMPLETE else None
    return {
        "status": status,
        "output": handed,
        "error": _error(step.task, last) if status == words.ERRORED else None,
    }


def one_event(event: Received) -> Json:
    """An event as a step that has waited for it."""
    return {"status": words.COMPLETE, "event_type": event.type, "output": event.payload, "error": None}


def workflow(flow: Workflow, project: str, counts: Mapping[str, int], times: tuple[datetime, datetime] | None) -> Json:
    """A workflow; times are those of its first and its newest instance."""
    first, newest = map(utc_text, times) if times else (UNKNOWN, UNKNOWN)
    return {
        "id": workflow_id(flow),
        "name": called(flow),
        "class_name": flow.name,
        "script_name": project,
        "created_on": first,
        "modified_on": newest,
        "triggered_on": newest if times else None,
        "instances": {status: counts.get(status, 0) for status in words.STATUSES},
    }


def operation(name: str, status: str, completed: datetime | None, error: str | None) -> Json:
    """A bulk operation in one of its three forms."""
    found: Json = {"id": name, "status": status}
    if completed is not None:
        found["completed"] = utc_text(completed)
    if error is not None:
        found["error"] = error
    return found


def called(flow: Workflow) -> str:
    """What its clients call a workflow: names have 64 characters at most there."""
    return flow.alias or flow.name


def workflow_id(flow: Workflow) -> str:
    """The UUID of a workflow."""
    return str(uuid_of("workflow", flow.id))


def output(steps: Sequence[Step]) -> str | float:
    """What the last of the tasks, in the order of the plan, handed back: a text or a number, else its JSON text."""
    handed = [found for found in map(_handed, steps) if found is not None]
    return _text_or_number(handed[-1]) if handed else ""


def _text_or_number(value: object) -> str | float:
    if isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    return json.dumps(value, ensure_ascii=False)


def _handed(step: Step) -> object:
    return output_of(step.attempts[-1].output) if step.attempts else None


def _ended(execution: Execution) -> datetime | None:
    return execution.shown.stored.done_at if execution.word in words.FINAL else None


def _source(execution: Execution) -> str:
    return "cron" if execution.shown.stored.schedule else "api"


def _step(step: Step) -> Json:
    ended, attempts = _STEPS.get(step.instance.stored.state), step.attempts
    changed, handed = step.instance.stored.changed_at, _handed(step)
    last = attempts[-1].ended_at if attempts else None
    return {
        "type": "step",
        "name": step.instance.task,
        "start": utc_text_or_none(attempts[0].claimed_at if attempts else changed),
        "end": utc_text_or_none(None if ended is None else last or changed),
        "success": ended,
        "attempts": [_attempt(step.task, each) for each in attempts],
        "config": _config(step.task),
        "output": None if handed is None else str(_text_or_number(handed)),
    }


def _attempt(task: Task, attempt: StoredAttempt) -> Json:
    failed = attempt.state in _FAILED
    return {
        "start": utc_text(attempt.started_at or attempt.claimed_at),
        "end": utc_text_or_none(attempt.ended_at),
        "success": True if attempt.state is AttemptState.SUCCEEDED else False if failed else None,
        "error": _error(task, attempt) if failed else None,
    }


def _config(task: Task) -> Json:
    backoff = "constant" if task.retry_backoff == 1 else "exponential"
    delay = _milliseconds(task.retry_delay.total_seconds())
    timeout = _milliseconds(task.timeout.total_seconds()) if task.timeout else "none"
    return {"retries": {"limit": task.retries, "delay": delay, "backoff": backoff}, "timeout": timeout}


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _event(event: Received) -> Json:
    """Nothing has waited for it: it came, and is kept."""
    return {
        "type": "waitForEvent",
        "name": event.type,
        "event_type": event.type,
        "start": event.at,
        "end": event.at,
        "finished": True,
        "error": None,
        "output": str(_text_or_number(event.payload)),
    }


def _error_of(steps: Iterable[Step]) -> Json | None:
    """The first failure in the order of the plan."""
    failed = (step for step in steps if _STEPS.get(step.instance.stored.state) is False)
    return next((_error(step.task, step.attempts[-1] if step.attempts else None) for step in failed), None)


def _error(task: Task, attempt: StoredAttempt | None) -> Json:
    if attempt is None:
        return {"name": task.name, "message": "it was set so by an operator"}
    code = "" if attempt.exit_code is None else f"exit code {attempt.exit_code}"
    return {"name": task.name, "message": attempt.reason or code or attempt.state.value}
