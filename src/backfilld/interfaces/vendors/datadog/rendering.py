"""What its clients read: instances and workflows. They know no status: our word stands beside what they know."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backfilld.catalog.models import Task, Workflow
from backfilld.dates import utc_text, utc_text_or_none
from backfilld.engine.snapshot import SETTLED
from backfilld.engine.states import FAILURES
from backfilld.interfaces.attempt_view import output_of
from backfilld.interfaces.vendors.uuids import uuid_of
from backfilld.service.executions import Execution, Step

Json = dict[str, Any]
TRIGGER = "api"
"""How a workflow is triggered that can be executed: its clients call these kinds."""


@dataclass(frozen=True, slots=True)
class Known:
    """A workflow, and when it was executed first and last, if ever."""

    flow: Workflow
    times: tuple[datetime, datetime] | None


def made(name: str) -> Json:
    """An instance that was accepted, or cancelled."""
    return {"data": {"id": name}}


def listed(names: Sequence[str], total: int) -> Json:
    """A page of instances."""
    return {"data": [{"id": name} for name in names], "meta": {"page": {"totalCount": total}}}


def whole(execution: Execution, steps: Sequence[Step]) -> Json:
    """An instance; the output is that of the last task, in the order of the plan, that handed one back."""
    shown = execution.shown
    ended = shown.stored.done_at if execution.word in SETTLED else None
    handed = [each.attempts[-1].output for each in steps if each.attempts and each.attempts[-1].output is not None]
    attributes = {
        "id": execution.name,
        "status": execution.word,
        "payload": shown.terms.request.payload,
        "createdAt": utc_text(shown.stored.accepted_at),
        "startedAt": utc_text_or_none(execution.began_at),
        "finishedAt": utc_text_or_none(ended),
        "output": output_of(handed[-1]) if handed else None,
        "error": next(filter(None, map(_error, steps)), None),
    }
    return {"data": {"id": execution.name, "type": "workflowInstances", "attributes": attributes}}


def workflow(known: Known, *, spec: bool) -> Json:
    """A workflow; its times are those of its first and its newest execution, as a catalog tells none."""
    flow = known.flow
    attributes: Json = {
        "name": flow.name,
        "published": True,
        "tags": sorted(f"{key}:{value}" for key, value in flow.tags.items()),
        "spec": _spec(flow) if spec else None,
    }
    if flow.description is not None:
        attributes["description"] = flow.description
    if known.times:
        attributes["createdAt"], attributes["updatedAt"] = map(utc_text, known.times)
    return {"id": workflow_id(flow), "type": "workflows", "attributes": attributes}


def workflow_id(flow: Workflow) -> str:
    """The UUID of a workflow."""
    return str(uuid_of("workflow", flow.id))


def has(flow: Workflow, query: str) -> bool:
    """Whether it passes: with a colon the query is a tag, else part of a name."""
    key, colon, value = query.partition(":")
    if colon:
        return flow.tags.get(key) == value
    return any(query.casefold() in text.casefold() for text in (flow.name, flow.owner or ""))


def order(known: Sequence[Known], by: Sequence[tuple[str, bool]]) -> list[Known]:
    """In the order of these fields, the first counts most; what has no value comes last."""
    found = list(known)
    for field, descending in reversed(by):
        value = _VALUES[field]
        with_value = [each for each in found if value(each) is not None]
        without = [each for each in found if value(each) is None]
        found = [*sorted(with_value, key=lambda each: value(each), reverse=descending), *without]
    return found


_VALUES: Mapping[str, Callable[[Known], Any]] = {
    "name": lambda known: known.flow.name,
    "creatorName": lambda known: known.flow.owner,
    "ownerName": lambda known: known.flow.owner,
    "createdAt": lambda known: known.times and known.times[0],
    "updatedAt": lambda known: known.times and known.times[1],
    "lastExecutedAt": lambda known: known.times and known.times[1],
}


def _spec(flow: Workflow) -> Json:
    within = {task.id: task for task in flow.tasks}
    roots = [task.name for task in flow.tasks if within.keys().isdisjoint(need.task for need in task.depends_on)]
    return {
        "handle": flow.name,
        "triggers": [{"apiTrigger": {}, "startStepNames": roots}],
        "inputSchema": {
            "parameters": [
                {"name": name, "type": "STRING", "defaultValue": value} for name, value in flow.parameters.items()
            ]
        },
        "steps": [_step(task, flow) for task in flow.tasks],
    }


def _step(task: Task, flow: Workflow) -> Json:
    after = [other.name for other in flow.tasks if any(need.task == task.id for need in other.depends_on)]
    edges = [{"branchName": "main", "nextStepName": name} for name in after]
    return {"name": task.name, "actionId": "backfilld.task", "outboundEdges": edges}


def _error(step: Step) -> str | None:
    if step.instance.stored.state not in FAILURES:
        return None
    last = step.attempts[-1] if step.attempts else None
    code = f"exit code {last.exit_code}" if last and last.exit_code is not None else "it was set so by an operator"
    return f"{step.task.name}: {(last.reason if last else '') or code}"
