"""Trigger, update, cut; and what was ever done to a task instance."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from heapq import merge
from typing import Any

from backfilld.catalog.cycles import zone_of
from backfilld.catalog.documents import Document
from backfilld.catalog.fields import Refused
from backfilld.engine.states import TERMINAL
from backfilld.errors import Fault, InvalidRequest
from backfilld.interfaces.http.doors.dataworks.acting import on_instances
from backfilld.interfaces.http.doors.dataworks.actions import Action, Asked
from backfilld.interfaces.http.doors.dataworks.finding import AT_ONCE, Finder, every, few
from backfilld.interfaces.vendors.dataworks.fields import (
    Field,
    Form,
    a_list,
    day_moment,
    id_list,
    ids,
    milliseconds,
    needed,
    number,
    only,
    text,
    word,
)
from backfilld.interfaces.vendors.dataworks.paging import PAGES, page_of
from backfilld.interfaces.vendors.dataworks.refusals import NOTHING, FieldsRefused, Refusal, not_found, refused
from backfilld.interfaces.vendors.dataworks.words import ENVIRONMENTS, day_of, ms
from backfilld.ports import InstanceFilter, StoredAudit
from backfilld.service.access import ITSELF, Scope
from backfilld.service.views import ShownInstance

PRIORITIES = (1, 3, 5, 7, 8)
DAYS_BACK = 31
TRIGGER: Form = {
    "TaskId": needed(number),
    "TriggerTime": needed(milliseconds),
    "EnvType": Field(word(*ENVIRONMENTS)),
}
UPDATE: Form = {"TaskInstances": needed(a_list), "Comment": Field(text)}
CUT: Form = {"Id": needed(number), "UpstreamTaskInstanceIds": needed(ids), "Comment": Field(text)}
UPSTREAM, CUT_FIELDS = "UpstreamTaskInstanceIds", {"cut[0].instance": "Id", "reason": "Comment"}
"""Fields by the paths of what is asked of an amendment; any other is within the list of what is upstream."""
LOGS: Form = {"Id": needed(number), "Date": Field(day_moment), **PAGES}


def trigger(asked: Asked) -> Mapping[str, object]:
    """The newest instance of a task at that cycle that has not ended starts whatever its time, window or hold."""
    task = asked.services.catalogs.task(asked["TaskId"])
    moment, zone = asked["TriggerTime"], task.clock.zone
    day = day_of(moment, zone) - timedelta(days=task.clock.offset)
    finder, wanted = Finder(asked), InstanceFilter(tasks=frozenset({task.id}), first=day, last=day)
    meant = [each for each in finder.instances(wanted, None) if _is_due(finder, each, asked)]
    if not meant:
        raise not_found("task instance", f"of task {task.id} at that time that has not ended")
    number = max(each.stored.id for each in meant)
    answer = on_instances(asked, "trigger", [number])[str(number)]
    if not answer["Success"]:
        raise Refusal(400, "OperationDenied.Rejected", str(answer["Message"]))
    return {"Success": True}


def _is_due(finder: Finder, shown: ShownInstance, asked: Asked) -> bool:
    environment = finder.home(shown.backfill).stored.environment
    stored = shown.stored
    return (
        stored.cycle_time == asked["TriggerTime"]
        and stored.state not in TERMINAL
        and asked.get("EnvType", environment) == environment
    )


def update(asked: Asked) -> Mapping[str, object]:
    """Task instances get a priority inside their backfill; where they run cannot be changed."""
    of_priority: dict[int, list[int]] = {}
    for instance, priority in _updates(asked["TaskInstances"]):
        of_priority.setdefault(priority, []).append(instance)
    info: dict[str, object] = {}
    for priority, numbers in of_priority.items():
        info |= on_instances(asked, "set_priority", numbers, {"priority": priority})
    return {"SuccessInfo": info}


def _updates(given: list[Any]) -> Iterator[tuple[int, int]]:
    if not given:
        raise refused("TaskInstances", given, "a list of objects with Id and Priority")
    for place, each in enumerate(given):
        path = f"TaskInstances[{place}]"
        if not isinstance(each, Mapping):
            raise refused(path, each, "an object with Id and Priority")
        said = only(each, path, {"Id": lambda value: id_list([value])[0], "Priority": _priority})
        if missing := [name for name in ("Id", "Priority") if name not in said]:
            raise FieldsRefused([Fault(f"{path}.{name}", NOTHING, "it is needed here") for name in missing])
        yield said["Id"], said["Priority"]


def _priority(value: object) -> int:
    if value not in PRIORITIES or isinstance(value, bool):
        raise Refused(f"one of {', '.join(map(str, PRIORITIES))}")
    return int(str(value))


def cut(asked: Asked) -> Mapping[str, object]:
    """A task instance no longer waits for these: an amendment of its backfill."""
    services, instance = asked.services, asked["Id"]
    backfill = services.views.instance(instance).backfill
    wanted: dict[str, object] = {"cut": [{"instance": instance, "upstream": list(asked["UpstreamTaskInstanceIds"])}]}
    wanted |= {"reason": asked["Comment"]} if asked.get("Comment") else {}
    try:
        services.amending.amend(backfill, Document("RemoveTaskInstanceDependencies", wanted), asked.caller)
    except InvalidRequest as error:
        raise FieldsRefused(
            [replace(fault, path=CUT_FIELDS.get(fault.path, UPSTREAM)) for fault in error.faults]
        ) from None
    return {"Success": True}


def operation_logs(asked: Asked) -> Mapping[str, object]:
    """What was done to a task instance on a day, today unless one is given: the acts that name it, its date, or all."""
    shown = asked.services.views.instance(asked["Id"])
    zone = Finder(asked).home(shown.backfill).zone
    today = day_of(asked.now, zone)
    day = day_of(asked["Date"], zone) if asked.get("Date") is not None else today
    if day < today - timedelta(days=DAYS_BACK):
        raise refused("Date", day.isoformat(), f"one of the last {DAYS_BACK} days")
    found = [each for each in few(_of_day(asked, shown.backfill, day, zone), field="Date") if _is_about(each, shown)]

    def render(entry: StoredAudit) -> dict[str, object]:
        return {
            "TaskInstanceId": asked["Id"],
            "OperationSeq": entry.id,
            "OperationContent": _content(entry),
            "User": entry.by,
            "CreateTime": ms(entry.at),
        }

    return page_of(found, asked.fields, "OperationLogs", render)


def _of_day(asked: Asked, backfill: int, day: date, zone: str) -> Iterator[StoredAudit]:
    """What is about the backfill, or about no single one; read no further back than the day begins."""
    about = asked.services.store.audit_about
    mine, shared = (every(partial(about, each, limit=AT_ONCE)) for each in (backfill, None))
    for entry in merge(mine, shared, key=lambda each: -each.id):
        at = entry.at.astimezone(zone_of(zone)).date()
        if at == day:
            yield entry
        if at < day:
            return


def _is_about(entry: StoredAudit, shown: ShownInstance) -> bool:
    if entry.by == ITSELF.name:  # what became of it, and no operation
        return False
    about = json.loads(entry.about)
    if "filter" in about:  # whom else it has met nobody knows any more
        return shown.stored.id in ((about["filter"] or {}).get("id", {}).get("any_") or ())
    if about.get("backfill") != shown.backfill:
        return False
    runs, instances = about.get("runs"), about.get("instances")
    if instances is not None:
        return shown.stored.id in instances
    return runs is None or (isinstance(runs, list) and shown.run in runs)


def _content(entry: StoredAudit) -> str:
    """The act, and why, if whoever asked has said so."""
    reason = json.loads(entry.about).get("reason")
    return f"{entry.what}: {reason}" if reason else entry.what


ACTIONS = (
    Action("TriggerSchedulerTaskInstance", Scope.OPERATE, TRIGGER, trigger),
    Action("UpdateTaskInstances", Scope.OPERATE, UPDATE, update),
    Action("RemoveTaskInstanceDependencies", Scope.OPERATE, CUT, cut),
    Action("ListTaskInstanceOperationLogs", Scope.READ, LOGS, operation_logs),
)
