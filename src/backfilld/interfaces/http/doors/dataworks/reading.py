"""Workflow instances and task instances: list, get, what is beside them, what they have written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from backfilld.interfaces.http.doors.dataworks.actions import Action, Asked
from backfilld.interfaces.http.doors.dataworks.finding import (
    MOST,
    TIMES,
    Dated,
    Finder,
    Placed,
    a_day,
    a_status,
    day_asked,
    few,
    is_run_asked,
    passes_times,
)
from backfilld.interfaces.vendors.dataworks.catalog import neighbour_kind
from backfilld.interfaces.vendors.dataworks.creating import ALL_SCHEDULED
from backfilld.interfaces.vendors.dataworks.fields import (
    Field,
    Form,
    an_object,
    day_moment,
    ids,
    needed,
    number,
    only,
    text,
    texts,
    whole,
    word,
)
from backfilld.interfaces.vendors.dataworks.instances import attempt_item, whole_instance
from backfilld.interfaces.vendors.dataworks.paging import NEWEST, PAGES, in_order, neighbours_of, page_of, sorting
from backfilld.interfaces.vendors.dataworks.refusals import refused
from backfilld.interfaces.vendors.dataworks.words import (
    ENVIRONMENTS,
    FILTERED,
    TYPES,
    day_of,
    holds,
    instance_trigger_of,
)
from backfilld.ports import Executor, InstanceFilter, Page
from backfilld.service.access import Scope
from backfilld.service.logs import BLOCK
from backfilld.service.views import ShownInstance

LARGEST_LOG = 4 * 2**20
"""Bytes of output that one answer has; the rest can be read at our own door."""
TIMED = ("StartedTime", "FinishedTime")
SORTED = Field(sorting("Id", "TriggerTime", "StartedTime", "FinishedTime", "CreateTime"))
RUNS: Form = {
    "ProjectId": needed(number),
    "BizDate": Field(day_moment),
    "EnvType": Field(word(*ENVIRONMENTS)),
    "Filter": Field(an_object),
    "Ids": Field(ids),
    "Name": Field(text),
    "Owner": Field(text),
    "SortBy": SORTED,
    "Tags": Field(texts),
    "Type": Field(word(*TYPES)),
    "UnifiedWorkflowInstanceId": Field(number),
    "WorkflowId": Field(number),
    **PAGES,
}
INSTANCES: Form = {
    "ProjectId": needed(number),
    "ProjectEnv": Field(word(*ENVIRONMENTS)),
    "Bizdate": Field(day_moment),
    "Filter": Field(an_object),
    "Id": Field(number),
    "Ids": Field(ids),
    "Owner": Field(text),
    "RuntimeResource": Field(text),
    "SortBy": SORTED,
    "Status": Field(word(*FILTERED)),
    "TaskId": Field(number),
    "TaskIds": Field(ids),
    "TaskName": Field(text),
    "TaskType": Field(text),
    "TriggerRecurrence": Field(word("Normal", "Pause", "Skip")),
    "TriggerType": Field(word("Scheduler", "Manual")),
    "UnifiedWorkflowInstanceId": Field(number),
    "WorkflowId": Field(number),
    "WorkflowInstanceId": Field(number),
    "WorkflowInstanceType": Field(word(*TYPES)),
    **PAGES,
}
NARROWING = ("Bizdate", "Id", "Ids", "WorkflowInstanceId", "UnifiedWorkflowInstanceId")


def list_runs(asked: Asked) -> Mapping[str, object]:
    """The dates of a project's backfills that pass."""
    day, rest = day_asked(asked, "BizDate"), only(asked.get("Filter", {}), "Filter", _OF_RUNS)
    found = Finder(asked).runs(day, asked.get("Ids"))
    passed = [each for each in found if is_run_asked(asked, each) and _is_filtered(each, rest)]
    ordered = in_order(passed, asked.get("SortBy", NEWEST), _run_key, lambda each: each.run.number)
    return page_of(ordered, asked.fields, "WorkflowInstances", lambda each: each.item)


_OF_RUNS = {"status": a_status, "executionDate": a_day}


def _is_filtered(found: Dated, wanted: Mapping[str, Any]) -> bool:
    """`executionDate` is the day on which it began, by the clocks of its project."""
    if wanted.get("status", found.item["Status"]) != found.item["Status"]:
        return False
    if "executionDate" not in wanted:
        return True
    day, began, zone = wanted["executionDate"], found.run.admitted_at, found.home.zone
    return began is not None and day_of(began, zone) == (day_of(day, zone) if isinstance(day, datetime) else day)


def _run_key(found: Dated, name: str) -> Any:
    """A date of a backfill is triggered when it is asked for."""
    return found.item.get("CreateTime" if name == "TriggerTime" else name)


def get_run(asked: Asked) -> Mapping[str, object]:
    """One date of a backfill."""
    finder = Finder(asked)
    run = finder.run(asked["Id"])
    return {"WorkflowInstance": finder.dated(finder.home(run.backfill), run).item}


def list_instances(asked: Asked) -> Mapping[str, object]:
    """The task instances of a project that pass; with `Id` also how earlier attempts of it ended."""
    if not any(asked.get(name) is not None for name in NARROWING):
        raise refused("Bizdate", asked.get("Bizdate", 0), f"given, or one of {', '.join(NARROWING[1:])}")
    order, times = asked.get("SortBy", NEWEST), only(asked.get("Filter", {}), "Filter", TIMES)
    timed, finder = order.field in TIMED or bool(times), Finder(asked)
    found = [each for each in _candidates(asked, finder, timed=timed) if passes_times(each.item, times)]
    ordered = in_order(found, order, lambda each, name: each.item.get(name), lambda each: each.shown.stored.id)
    if "Id" in asked.fields:
        history = [item for each in ordered for item in _history(finder, each)]
        return page_of(history, asked.fields, "TaskInstances", lambda item: item)
    return page_of(ordered, asked.fields, "TaskInstances", lambda each: finder.placed(each.shown, times=True).item)


def _candidates(asked: Asked, finder: Finder, *, timed: bool) -> Iterator[Placed]:
    wanted = _filter(asked)
    for shown in finder.instances(wanted, _numbers(asked)):
        found = finder.placed(shown, times=timed)
        if _passes(asked, wanted, found):
            yield found


def _numbers(asked: Asked) -> set[int] | None:
    """The only ids that can pass; None where any may."""
    named = [set(each) for each in ([asked["Id"]] if "Id" in asked.fields else None, asked.get("Ids")) if each]
    return set.intersection(*named) if named else None


def _filter(asked: Asked) -> InstanceFilter:
    tasks = [{asked["TaskId"]}] if "TaskId" in asked.fields else []
    tasks += [set(asked["TaskIds"])] if "TaskIds" in asked.fields else []
    day, run = day_asked(asked, "Bizdate"), asked.get("WorkflowInstanceId")
    backfill = asked.get("UnifiedWorkflowInstanceId")
    return InstanceFilter(backfill, run, frozenset(set.intersection(*tasks)) if tasks else None, None, day, day)


def _passes(asked: Asked, wanted: InstanceFilter, found: Placed) -> bool:
    item, day = found.item, found.shown.business_date
    names = (
        *("ProjectId", "ProjectEnv", "Owner", "Status", "TaskType", "TriggerRecurrence", "TriggerType"),
        *("UnifiedWorkflowInstanceId", "WorkflowInstanceId", "WorkflowInstanceType"),
    )
    group = dict(item["RuntimeResource"])["ResourceGroupId"]  # type: ignore[call-overload]
    return (
        all(asked.get(name, item.get(name)) == item.get(name) for name in names)
        and wanted.first in (None, day)
        and (wanted.tasks is None or item["TaskId"] in wanted.tasks)
        and holds(str(item["TaskName"]), asked.get("TaskName", ""))
        and asked.get("RuntimeResource", group) == group
        and asked.get("WorkflowId", item["WorkflowId"]) in _homes(found)
    )


def _homes(found: Placed) -> set[object]:
    flow = found.home.catalog.workflows[found.home.catalog.tasks[found.shown.stored.task].workflow_id]
    return {flow.id} | ({ALL_SCHEDULED} if instance_trigger_of(flow.type) == "Scheduler" else set())


def _history(finder: Finder, found: Placed) -> Iterator[dict[str, object]]:
    """The newest first."""
    shown = found.shown
    now = finder.placed(shown, times=True).item
    yield now
    earlier = [each for each in finder.moment(shown).attempts if each.number < shown.stored.attempt]
    for attempt in reversed(earlier):
        yield attempt_item(now, attempt)


def get_instance(asked: Asked) -> Mapping[str, object]:
    """One task instance, with what it runs."""
    finder, shown = Finder(asked), asked.services.views.instance(asked["Id"])
    return {"TaskInstance": whole_instance(finder.home(shown.backfill), shown, finder.moment(shown))}


def read_log(asked: Asked) -> Mapping[str, object]:
    """What an attempt has written, the last one unless a number is given; nothing where none was started."""
    run_number, views = asked.get("RunNumber"), asked.services.views
    if run_number is None and not views.attempts(asked["Id"]):
        return {"TaskInstanceLog": ""}
    attempt = views.attempt(asked["Id"], run_number)
    return {"TaskInstanceLog": _written(asked.services.executor, attempt.attempt)}


def _written(executor: Executor, attempt: str) -> str:
    data, at = bytearray(), 0
    while len(data) < LARGEST_LOG:
        part = executor.log(attempt, at, BLOCK)
        data += part.data
        at = part.offset + len(part.data)
        if not part.data or at >= part.size:
            return data.decode("utf-8", "replace")
    return f"{data.decode('utf-8', 'replace')}\n[{part.size - at:,} more bytes]\n"


def upstream(asked: Asked) -> Mapping[str, object]:
    """What a task instance waits for."""
    finder, me = Finder(asked), asked.services.views.instance(asked["Id"])
    return _near(
        asked, "UpstreamTaskInstances", asked.services.neighbours.upstream, lambda up: _neighbour(finder, up, up, me)
    )


def downstream(asked: Asked) -> Mapping[str, object]:
    """What waits for a task instance."""
    finder, me = Finder(asked), asked.services.views.instance(asked["Id"])
    return _near(
        asked,
        "DownstreamTaskInstances",
        asked.services.neighbours.downstream,
        lambda down: _neighbour(finder, down, me, down),
    )


def _near(
    asked: Asked,
    name: str,
    read: Callable[[int, int | None, int], Page[ShownInstance]],
    render: Callable[[ShownInstance], dict[str, object]],
) -> dict[str, object]:
    """All are read together: whoever reads a page of them looks for all of them."""
    found = read(asked["Id"], None, MOST + 1).items
    return neighbours_of(list(few(iter(found), field="Id")), asked.fields, name, render)


def _neighbour(finder: Finder, each: ShownInstance, up: ShownInstance, down: ShownInstance) -> dict[str, object]:
    return {"DependencyType": _kind(finder, up, down), "TaskInstance": finder.placed(each, times=True).item}


def _kind(finder: Finder, up: ShownInstance, down: ShownInstance) -> str:
    """Between two dates it crosses cycles; within one the catalog says, and what is bridged over stays within it."""
    if up.run != down.run:
        return "CrossCycle"
    needs = finder.home(down.backfill).catalog.tasks[down.stored.task].depends_on
    kinds = {neighbour_kind(need) for need in needs if need.task == up.stored.task}
    return "CrossCycle" if kinds == {"CrossCycle"} else "Normal"


ONE: Form = {"Id": needed(number)}
ACTIONS = (
    Action("ListWorkflowInstances", Scope.READ, RUNS, list_runs),
    Action("GetWorkflowInstance", Scope.READ, ONE, get_run),
    Action("ListTaskInstances", Scope.READ, INSTANCES, list_instances),
    Action("GetTaskInstance", Scope.READ, ONE, get_instance),
    Action("GetTaskInstanceLog", Scope.READ, {**ONE, "RunNumber": Field(whole(1, 10**6))}, read_log),
    Action("ListUpstreamTaskInstances", Scope.READ, {**ONE, **PAGES}, upstream),
    Action("ListDownstreamTaskInstances", Scope.READ, {**ONE, **PAGES}, downstream),
)
