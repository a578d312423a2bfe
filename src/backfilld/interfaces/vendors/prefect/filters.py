"""Filters over flow runs, flows and deployments: the client's grammar over what is shown of runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field, field_validator

from backfilld.interfaces.vendors.prefect.flow_runs import FlowRun
from backfilld.interfaces.vendors.prefect.states import Body, Lenient, Moment
from backfilld.interfaces.vendors.prefect.transitions import StateType
from backfilld.request.filters import LONGEST_PATTERN, MOST_VALUES, Operator, Values, joined, test_of

Passes = Callable[[FlowRun], bool]
Most = Field(max_length=MOST_VALUES)
Uuids = Annotated[list[UUID], Most]
Texts = Annotated[list[str], Most]
Pattern = Annotated[str, Field(max_length=LONGEST_PATTERN)]


class Condition(Body):
    """What is asked of one value of a run; all of it has to hold."""

    operator: ClassVar[Operator] = "and_"

    def passes(self, values: Values) -> bool:
        """Whether they pass."""
        return test_of(self, self.operator)(values)


class Ids(Condition):
    """Ids that are looked for, or not wanted."""

    any_: Uuids | None = None
    not_any_: Uuids | None = None


class Name(Condition):
    """Names; `like_` is part of one in either case, `%` and `_` stand for any text and any sign."""

    any_: Texts | None = None
    like_: Pattern | None = None


class Keys(Condition):
    """Idempotency keys."""

    any_: Texts | None = None
    not_any_: Texts | None = None


class Types(Condition):
    """State types."""

    any_: list[StateType] | None = None
    not_any_: list[StateType] | None = None


class Moments(Condition):
    """A moment; both bounds are included."""

    before_: Moment | None = None
    after_: Moment | None = None
    is_null_: bool | None = None


class Bounds(Condition):
    """A moment that every run has, or that no bound holds without."""

    before_: Moment | None = None
    after_: Moment | None = None


class StartTime(Moments):
    """Bounds are held against the expected start where there was none yet; null is not to have started."""

    def of(self, run: FlowRun) -> bool:
        """Whether the run passes."""
        bounds = Bounds(before_=self.before_, after_=self.after_)
        null = self.is_null_ is None or self.is_null_ is (run.start_time is None)
        return null and bounds.passes((run.start_time or run.expected_start_time,))


class Versions(Condition):
    """Versions of a flow: no run has one."""

    any_: Texts | None = None


class Joined(Body):
    """Conditions with an operator of their own."""

    operator: Operator = "and_"

    def passes(self, values: Values) -> bool:
        """Whether they pass."""
        return test_of(self, self.operator)(values)


class Tags(Joined):
    """Tags of a run."""

    all_: Texts | None = None
    any_: Texts | None = None
    is_null_: bool | None = None


class DeploymentIds(Joined):
    """Of which deployment a run is."""

    any_: Uuids | None = None
    is_null_: bool | None = None


class Queues(Joined):
    """Through which work queue a run goes."""

    any_: Texts | None = None
    is_null_: bool | None = None


class ParentFlowRuns(Joined):
    """Of which flow run a run is part: ours are of none."""

    any_: Uuids | None = None


class ParentTaskRuns(Joined):
    """Which task run has asked for a run."""

    any_: Uuids | None = None
    is_null_: bool | None = None


class StateFilter(Joined):
    """A state by its type and name."""

    type: Types | None = None
    name: Keys | None = None

    def of(self, run: FlowRun) -> bool:
        """Whether the run's state passes."""
        asked = [(self.type, run.state.type), (self.name, run.state.name)]
        return joined([_holds(each, value) for each, value in asked if each is not None], self.operator)(run)


class CreatedBy(Joined):
    """By whom a run was made: a token reads as DEPLOYMENT, a schedule as AUTOMATION."""

    id_: Uuids | None = None
    type_: Texts | None = None
    is_null_: bool | None = None

    def of(self, run: FlowRun) -> bool:
        """Whether the run's maker passes; every run has one."""
        tests: list[Passes] = []
        if self.id_ is not None:
            tests.append(lambda run: run.created_by_id in (self.id_ or ()))
        if self.type_ is not None:
            tests.append(lambda run: run.created_by_type in (self.type_ or ()))
        if self.is_null_ is not None:
            tests.append(lambda run: not self.is_null_)
        return joined(tests, self.operator)(run)


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

    def passes(self, run: FlowRun) -> bool:
        """Whether a run passes."""
        names = (name for name in type(self).model_fields if name != "operator")
        asked = [(name, each) for name in names if (each := getattr(self, name)) is not None]
        return joined([_asks(name, each) for name, each in asked], self.operator)(run)

    @property
    def only(self) -> Sequence[UUID] | None:
        """The only ids with which a run can pass; None where others may too."""
        return None if self.id is None or self.operator == "or_" else self.id.any_


class FlowFilter(Body):
    """A filter over flows, which are our projects."""

    operator: Operator = "and_"
    id: Ids | None = None
    name: Name | None = None

    def passes(self, run: FlowRun) -> bool:
        """Whether the flow of a run passes."""
        asked = [(self.id, run.flow_id), (self.name, run.flow_name)]
        return joined([_holds(each, value) for each, value in asked if each is not None], self.operator)(run)


class DeploymentFilter(Body):
    """A filter over deployments, which are our workflows."""

    operator: Operator = "and_"
    id: Ids | None = None
    name: Name | None = None

    def passes(self, run: FlowRun) -> bool:
        """Whether the deployment of a run passes; a run of no deployment never does where anything is asked."""
        asked = [(self.id, run.deployment_id), (self.name, run.deployment_name)]
        return joined([_holds(each, value) for each, value in asked if each is not None], self.operator)(run)


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
        if given:
            raise ValueError("left out: there are no task runs, work pools or their queues here to filter by")
        return given

    def passes(self, run: FlowRun) -> bool:
        """Whether a run passes all of them."""
        return all(each.passes(run) for each in (self.flow_runs, self.flows, self.deployments) if each is not None)


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
    offset: Annotated[int, Field(ge=0)] = 0


def _holds(asked: Condition | Joined, value: object) -> Passes:
    return lambda run: asked.passes(_some(value))


def _asks(name: str, asked: Any) -> Passes:
    if isinstance(asked, StateFilter | CreatedBy | StartTime):
        return asked.of
    if name == "tags":
        return lambda run: asked.passes(run.tags)
    return lambda run: asked.passes(_some(getattr(run, name)))


def _some(value: object) -> Values:
    return () if value is None else (value,)
