"""RerunWorkflowInstances: what it matches runs again as one operation, which can be asked how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from backfilld.catalog.fields import Refused
from backfilld.interfaces.http.doors.dataworks.actions import Action, Asked
from backfilld.interfaces.http.doors.dataworks.finding import Dated, Finder, a_status, day_asked, few, is_run_asked
from backfilld.interfaces.vendors.dataworks.fields import (
    Field,
    Form,
    an_object,
    day_moment,
    id_list,
    ids,
    inner_text,
    inner_truth,
    milliseconds,
    needed,
    number,
    only,
    text,
    text_list,
    word,
)
from backfilld.interfaces.vendors.dataworks.refusals import not_found, refused
from backfilld.interfaces.vendors.dataworks.words import ENVIRONMENTS, STATUSES, TYPES, holds
from backfilld.ports import InstanceFilter
from backfilld.request.filters import MOST_VALUES, Ids, InstanceCriteria
from backfilld.service.access import Scope
from backfilld.service.bulk import BulkWish
from backfilld.service.wishes import wish_of

RERUN: Form = {
    "ProjectId": needed(number),
    "WorkflowId": needed(number),
    "Type": needed(word(*TYPES)),
    "Bizdate": Field(day_moment),
    "StartTriggerTime": Field(milliseconds),
    "EndTriggerTime": Field(milliseconds),
    "EnvType": Field(word(*ENVIRONMENTS)),
    "Filter": Field(an_object),
    "Ids": Field(ids),
    "Name": Field(text),
    "Status": Field(word(*STATUSES)),
}


def _statuses(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Refused("a list of statuses")
    return tuple(map(a_status, value))


INSIDE = {
    "RerunDownstreamEnabled": inner_truth,
    "TaskIds": id_list,
    "TaskInstanceStatuses": _statuses,
    "TaskName": inner_text,
    "TaskTypes": text_list,
}
"""What is asked of the task instances of the workflow instances that pass."""


def rerun(asked: Asked) -> Mapping[str, object]:
    """All task instances that pass run again, whatever they ended with, and with them what is downstream if asked."""
    inside, finder = only(asked.get("Filter", {}), "Filter", INSIDE), Finder(asked)
    if ("StartTriggerTime" in asked.fields) != ("EndTriggerTime" in asked.fields):
        raise refused("StartTriggerTime", None, "given together with EndTriggerTime")
    runs = [each for each in finder.runs(day_asked(asked, "Bizdate"), asked.get("Ids")) if _is_meant(asked, each)]
    meant = list(few(_instances(finder, runs, inside), MOST_VALUES, "Filter"))
    if not meant:
        raise not_found("task instance", "that passes")
    wish = wish_of("rerun", {"downstream": True} if inside.get("RerunDownstreamEnabled") else {}).of(asked.caller)
    wanted = BulkWish(wish, InstanceCriteria(id=Ids(any_=meant)), {"filter": {"id": {"any_": meant}}})
    bulk = asked.services.bulk
    return {"OperationId": bulk.begin(wanted, bulk.find(wanted)).id}


def _is_meant(asked: Asked, found: Dated) -> bool:
    created = found.home.stored.accepted_at
    return (
        is_run_asked(asked, found)
        and asked.get("StartTriggerTime", created) <= created <= asked.get("EndTriggerTime", created)
        and found.run.expired_at is None
    )


def _instances(finder: Finder, runs: list[Dated], inside: Mapping[str, Any]) -> Iterator[int]:
    for each in runs:
        for shown in finder.instances(InstanceFilter(each.home.stored.id, each.run.number), None):
            item = finder.placed(shown, times=False).item
            if (
                item["TaskId"] in inside.get("TaskIds", (item["TaskId"],))
                and item["Status"] in inside.get("TaskInstanceStatuses", (item["Status"],))
                and item["TaskType"] in inside.get("TaskTypes", (item["TaskType"],))
                and holds(str(item["TaskName"]), inside.get("TaskName", ""))
            ):
                yield shown.stored.id


def result(asked: Asked) -> Mapping[str, object]:
    """How far it is: it has failed where nothing of it could be done."""
    act = asked.services.bulk.act(asked["OperationId"])
    if act.status in ("pending", "running"):
        return {"Result": {"Status": "NotRun"}}
    refusals = "; ".join(f"{each.item}: {each.reason}" for each in act.refusals if each.word == "rejected")
    nothing = act.counts.get("rejected", 0) == act.total
    if act.error is not None or nothing:
        return {"Result": {"Status": "Failure", "FailureMessage": act.error or refusals}}
    return {"Result": {"Status": "Success", **({"FailureMessage": refusals} if refusals else {})}}


ACTIONS = (
    Action("RerunWorkflowInstances", Scope.OPERATE, RERUN, rerun),
    Action("GetRerunWorkflowInstancesResult", Scope.READ, {"OperationId": needed(text)}, result),
)
