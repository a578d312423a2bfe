"""Dates of backfills and task instances as DataWorks shows them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from backfilld.catalog.models import Catalog, Task
from backfilld.engine.states import State
from backfilld.interfaces.attempt_view import output_of
from backfilld.interfaces.vendors.dataworks.catalog import group_of, owner_of, script_of, task_type
from backfilld.interfaces.vendors.dataworks.creating import ALL_SCHEDULED
from backfilld.interfaces.vendors.dataworks.words import (
    PAUSED_RUN,
    attempt_status,
    day_ms,
    instance_trigger_of,
    ms,
    recurrence,
    run_status,
    tag_list,
    task_status,
    without_nothing,
)
from backfilld.planning.windows import RunWindow
from backfilld.ports import StoredAttempt, StoredBackfill
from backfilld.request.models import compact
from backfilld.service.book import Terms
from backfilld.service.views import ShownInstance, ShownRun

OWNER = "owner"
"""The tag of a backfill that says whose it is, where that is not who has submitted it."""


@dataclass(frozen=True)
class Home:
    """A backfill, for what is shown of its dates and instances."""

    stored: StoredBackfill
    terms: Terms

    @property
    def catalog(self) -> Catalog:
        """The catalog that it was accepted under."""
        return self.terms.catalog

    @property
    def zone(self) -> str:
        """The zone of its project."""
        return self.catalog.by_id[self.stored.project].timezone

    @property
    def workflow(self) -> int:
        """Its workflow, or that of all scheduled ones."""
        return self.terms.resolved.workflow_id or ALL_SCHEDULED

    @property
    def type(self) -> str:
        """Who asked for it: a schedule, or somebody, and for what."""
        return "Normal" if self.stored.schedule else self.terms.resolved.type

    @property
    def owner(self) -> str:
        """Whose it is."""
        return self.terms.resolved.tags.get(OWNER, self.stored.by)

    @property
    def parameters(self) -> str | None:
        """As they were asked for."""
        asked = self.terms.request.workflow_parameters
        return asked if asked is None or isinstance(asked, str) else compact(asked)


@dataclass(frozen=True)
class Moment:
    """What a task instance is looked at with: its date as it stands, its attempts by number, and now."""

    run: ShownRun
    attempts: tuple[StoredAttempt, ...]
    now: datetime


def run_item(home: Home, run: ShownRun, *, retries: bool) -> dict[str, object]:
    """A date of a backfill: what DataWorks calls a workflow instance; `retries` says that it waits to try again."""
    stored = home.stored
    known = [each for each in (stored.accepted_at, run.admitted_at, run.settled_at) if each is not None]
    item = {
        "Id": run.number,
        "Name": stored.name,
        "Type": home.type,
        "Status": run_status(run.word, admitted=run.admitted_at is not None, retries=retries),
        "BizDate": day_ms(run.business_date, home.zone),
        "EnvType": stored.environment,
        "ProjectId": stored.project,
        "Owner": home.owner,
        "WorkflowId": home.workflow,
        "UnifiedWorkflowInstanceId": stored.id,
        "WorkflowParameters": home.parameters,
        "StartedTime": ms(run.admitted_at),
        "FinishedTime": ms(run.settled_at),
        "CreateTime": ms(stored.accepted_at),
        "CreateUser": stored.by,
        "ModifyTime": ms(max(known)),
        "Tags": tag_list(home.terms.resolved.tags),
    }
    return without_nothing(item)


def instance_item(home: Home, shown: ShownInstance, at: Moment) -> dict[str, object]:
    """A task instance, as its last attempt and its date leave it."""
    task = home.catalog.tasks[shown.stored.task]
    last = at.attempts[-1] if at.attempts else None
    item = {**_of_task(home, task), **_of_backfill(home, shown), **_of_itself(home, shown, at), **_times(last)}
    return without_nothing(item)


def _of_task(home: Home, task: Task) -> dict[str, object]:
    workflow = home.catalog.workflows[task.workflow_id]
    group = home.terms.resolved.resource_group or group_of(home.catalog, task, home.stored.environment)
    return {
        "TaskId": task.id,
        "TaskName": task.name,
        "TaskType": task_type(task.action),
        "Description": task.description,
        "TriggerType": instance_trigger_of(workflow.type),
        "WorkflowId": workflow.id,
        "WorkflowName": workflow.name,
        "ProjectId": task.project_id,
        "Owner": owner_of(home.catalog, task),
        "RerunMode": "AllAllowed",
        "Timeout": None if task.timeout is None else int(task.timeout.total_seconds()),
        "RuntimeResource": {"ResourceGroupId": group},
        "ScriptParameters": script_of(task)["Parameters"],
    }


def _of_backfill(home: Home, shown: ShownInstance) -> dict[str, object]:
    return {
        "Bizdate": day_ms(shown.business_date, home.zone),
        "WorkflowInstanceId": shown.run,
        "WorkflowInstanceType": home.type,
        "UnifiedWorkflowInstanceId": shown.backfill,
        "ProjectEnv": home.stored.environment,
        "EnvType": home.stored.environment,
        "CreateTime": ms(home.stored.accepted_at),
        "CreateUser": home.stored.by,
    }


def _of_itself(home: Home, shown: ShownInstance, at: Moment) -> dict[str, object]:
    stored, idle = shown.stored, shown.held or at.run.word in PAUSED_RUN
    asked = home.terms.resolved.priority or home.catalog.tasks[stored.task].priority
    return {
        "Id": stored.id,
        "Status": task_status(stored.state, idle=idle, timely=_is_timely(home, shown, at.now)),
        "TriggerTime": ms(stored.cycle_time),
        "TriggerRecurrence": recurrence(stored.state, idle=idle),
        "Priority": stored.marks.priority or asked or 1,
        "RunNumber": max(stored.attempt, 1),
        "OperationType": "Stop" if stored.state is State.CANCELLED else None,
        "ModifyTime": ms(stored.changed_at or home.stored.accepted_at),
    }


def attempt_item(item: dict[str, object], attempt: StoredAttempt) -> dict[str, object]:
    """The same instance as an earlier attempt of it left it."""
    return {**item, "RunNumber": attempt.number, "Status": attempt_status(attempt.state), **_times(attempt)}


def whole_instance(home: Home, shown: ShownInstance, at: Moment) -> dict[str, object]:
    """A task instance with what it runs."""
    item = instance_item(home, shown, at)
    item.pop("ScriptParameters")
    task = home.catalog.tasks[shown.stored.task]
    outputs = output_variables(at.attempts[-1].output if at.attempts else None)
    return {**item, "Script": script_of(task), "Tags": tag_list(task.tags), "Outputs": {"Variables": outputs}}


def output_variables(output: bytes | None) -> list[dict[str, str]]:
    """What an attempt has handed back, each of its fields a variable; what has no fields is one, called output.

    >>> output_variables(b'{"rows": 3, "note": "ok"}')[0]
    {'Name': 'rows', 'Type': 'Constant', 'Value': '3'}
    """
    handed = output_of(output)
    if handed is None:
        return []
    fields = handed if isinstance(handed, dict) else {"output": handed}
    return [{"Name": name, "Type": "Constant", "Value": _text(value)} for name, value in fields.items()]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _times(attempt: StoredAttempt | None) -> dict[str, object]:
    if attempt is None:
        return {}
    return without_nothing({"StartedTime": ms(attempt.started_at), "FinishedTime": ms(attempt.ended_at)})


def _is_timely(home: Home, shown: ShownInstance, now: datetime) -> bool:
    """Whether its time has come: its retry, its cycle, its window."""
    stored, task = shown.stored, home.catalog.tasks[shown.stored.task]
    if stored.not_before is not None and stored.not_before > now:
        return False
    policy = home.terms.run_policy or task.run_policy
    at_once = home.terms.resolved.at_once or (policy is not None and policy.immediately)
    if stored.cycle_time > now and not at_once:
        return False
    return policy is None or RunWindow.of(policy, home.zone).is_open(now)
