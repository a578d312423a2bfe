"""Filters over flow runs, flows and deployments: the client's grammar over what is shown of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, field_validator

from backfilld.interfaces.vendors.prefect.conditions import (
    Bounds,
    CreatedBy,
    DeploymentIds,
    Ids,
    Keys,
    Moments,
    Name,
    ParentFlowRuns,
    ParentTaskRuns,
    Passes,
    Queues,
    Slots,
    StartTime,
    StateFilter,
    Tags,
    Versions,
    on,
    some,
)
from backfilld.interfaces.vendors.prefect.states import Body, Lenient
from backfilld.request.predicates import Operator, joined

Offset = Annotated[int, Field(ge=0, lt=2**32)]
"""Runs to pass over: there are never more."""


class FlowRunFilter(Body):
    """A filter over runs; `operator` joins what is asked, and nothing asked is true."""

    operator: Operator = "and_"
    id: Ids | None = None
    name: Name | None = None
    tags: Tags | None = None
    deployment_id: DeploymentIds | None = None
    work_queue_name: Queues | None = None
    state: StateFilter | None = None
    flow_version: Versions | None = None
    start_time: StartTime | None = None
    end_time: Moments | None = None
    expected_start_time: Bounds | None = None
    next_scheduled_start_time: Bounds | None = None
    parent_flow_run_id: ParentFlowRuns | None = None
    parent_task_run_id: ParentTaskRuns | None = None
    idempotency_key: Keys | None = None
    created_by: CreatedBy | None = None

    def test(self) -> Passes:
        """Whether a run passes."""
        names = (name for name in type(self).model_fields if name != "operator")
        asked = [(name, each) for name in names if (each := getattr(self, name)) is not None]
        return joined([_asks(name, each) for name, each in asked], self.operator)

    @property
    def only(self) -> Sequence[UUID] | None:
        """The only ids with which a run can pass; None where others may too."""
        return None if self.id is None or self.operator == "or_" else self.id.any_


class FlowFilter(Body):
    """A filter over flows, which are our projects: these have no tags."""

    operator: Operator = "and_"
    id: Ids | None = None
    name: Name | None = None
    tags: Tags | None = None

    def test(self) -> Passes:
        """Whether the flow of a run passes."""
        tests = [on(self.id, lambda run: run.home.flow_id), on(self.name, lambda run: run.home.flow_name)]
        tests.append(on(self.tags, lambda run: None))
        return joined([each for each in tests if each], self.operator)


class DeploymentFilter(Body):
    """A filter over deployments, which are our workflows: these have no work queue, and no limit."""

    operator: Operator = "and_"
    id: Ids | None = None
    name: Name | None = None
    tags: Tags | None = None
    work_queue_name: Queues | None = None
    concurrency_limit: Slots | None = None

    def test(self) -> Passes:
        """Whether the deployment of a run passes; of what is asked, a run of no deployment has nothing."""
        tests = [on(self.id, lambda run: run.home.deployment_id), on(self.name, lambda run: run.home.deployment_name)]
        tests.append(on(self.work_queue_name, lambda run: None))
        tests.append(None if self.concurrency_limit is None else self.concurrency_limit.of())
        if self.tags is not None:
            tagged = self.tags.test()
            tests.append(lambda run: tagged(run.home.deployment_tags))
        return joined([each for each in tests if each], self.operator)


class Filters(Lenient):
    """The filters of a body, of which each has to hold."""

    flows: FlowFilter | None = None
    flow_runs: FlowRunFilter | None = None
    deployments: DeploymentFilter | None = None
    task_runs: Mapping[str, Any] | None = None
    work_pools: Mapping[str, Any] | None = None
    work_pool_queues: Mapping[str, Any] | None = None

    @field_validator("task_runs", "work_pools", "work_pool_queues")
    @classmethod
    def _none_of_these(cls, given: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        if any(value is not None for name, value in (given or {}).items() if name != "operator"):
            raise ValueError("left out: there are no task runs, work pools or their queues here to filter by")
        return given

    @property
    def asks_anything(self) -> bool:
        """Whether there may be runs that do not pass."""
        return any(each.model_dump(exclude={"operator"}, exclude_none=True) for each in self._given)

    def test(self) -> Passes:
        """Whether a run passes all of them."""
        return joined([each.test() for each in self._given], "and_")

    @property
    def _given(self) -> Sequence[FlowRunFilter | FlowFilter | DeploymentFilter]:
        return [each for each in (self.flow_runs, self.flows, self.deployments) if each is not None]


Sort = Literal[
    "ID_DESC",
    "START_TIME_ASC",
    "START_TIME_DESC",
    "EXPECTED_START_TIME_ASC",
    "EXPECTED_START_TIME_DESC",
    "NAME_ASC",
    "NAME_DESC",
    "NEXT_SCHEDULED_START_TIME_ASC",
    "END_TIME_DESC",
]


class Listed(Filters):
    """What a list is asked to show."""

    sort: Sort | None = None
    limit: Annotated[int, Field(ge=0, le=200)] | None = None
    offset: Offset = 0


def _asks(name: str, asked: Any) -> Passes:
    if isinstance(asked, StateFilter | CreatedBy | StartTime):
        return asked.of()
    test, value = asked.test(), attrgetter(name)
    if name == "tags":
        return lambda run: test(run.tags)
    return lambda run: test(some(value(run)))
