"""Filters over flow runs, flows and deployments: the client's grammar over what is shown of runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field, field_validator

from backfilld.interfaces.vendors.prefect.flow_runs import FlowRun
from backfilld.interfaces.vendors.prefect.states import Body, Lenient, Moment
from backfilld.interfaces.vendors.prefect.transitions import StateType
from backfilld.request.filters import LONGEST_PATTERN, MOST_VALUES
from backfilld.request.predicates import Operator, Test, Values, joined, test_of

Passes = Callable[[FlowRun], bool]
Most = Field(max_length=MOST_VALUES)
Uuids = Annotated[list[UUID], Most]
Texts = Annotated[list[str], Most]
Pattern = Annotated[str, Field(max_length=LONGEST_PATTERN)]


class Condition(Body):
    """What is asked of one value of a run; all of it has to hold."""

    operator: ClassVar[Operator] = "and_"

    def test(self) -> Test:
        """Whether values pass."""
        return test_of(self, self.operator)


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

    def of(self) -> Passes:
        """Whether a run passes."""
        bounds, null = Bounds(before_=self.before_, after_=self.after_).test(), self.is_null_
        return lambda run: (
            bounds((run.start_time or run.expected_start_time,)) and null in (None, run.start_time is None)
        )


class Versions(Condition):
    """Versions of a flow: no run has one."""

    any_: Texts | None = None


class Joined(Body):
    """Conditions with an operator of their own."""

    operator: Operator = "and_"

    def test(self) -> Test:
        """Whether values pass."""
        return test_of(self, self.operator)


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

    def of(self) -> Passes:
        """Whether a run's state passes."""
        tests = [_on(self.type, lambda run: run.state.type), _on(self.name, lambda run: run.state.name)]
        return joined([each for each in tests if each], self.operator)


class CreatedBy(Joined):
    """By whom a run was made: a token reads as DEPLOYMENT, a schedule as AUTOMATION."""

    id_: Uuids | None = None
    type_: Texts | None = None
    is_null_: bool | None = None

    def of(self) -> Passes:
        """Whether a run's maker passes; every run has one."""
        ids, types, null = self.id_, self.type_, self.is_null_
        tests: list[Passes | None] = [
            None if ids is None else lambda run: run.created_by_id in ids,
            None if types is None else lambda run: run.created_by_type in types,
            None if null is None else lambda run: not null,
        ]
        return joined([each for each in tests if each], self.operator)


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


class Slots(Body):
    """How many runs a deployment may have at once: none of ours says that."""

    ge_: int | None = None
    le_: int | None = None
    is_null_: bool | None = None

    def of(self) -> Passes:
        """Whether a deployment without a limit passes."""
        passes = self.ge_ is None and self.le_ is None and self.is_null_ in (None, True)
        return lambda run: passes


class FlowFilter(Body):
    """A filter over flows, which are our projects: these have no tags."""

    operator: Operator = "and_"
    id: Ids | None = None
    name: Name | None = None
    tags: Tags | None = None

    def test(self) -> Passes:
        """Whether the flow of a run passes."""
        tests = [_on(self.id, lambda run: run.flow_id), _on(self.name, lambda run: run.flow_name)]
        tests.append(_on(self.tags, lambda run: None))
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
        tests = [_on(self.id, lambda run: run.deployment_id), _on(self.name, lambda run: run.deployment_name)]
        tests.append(_on(self.work_queue_name, lambda run: None))
        tests.append(None if self.concurrency_limit is None else self.concurrency_limit.of())
        if self.tags is not None:
            tagged = self.tags.test()
            tests.append(lambda run: tagged(run.deployment_tags))
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

    def test(self) -> Passes:
        """Whether a run passes all of them."""
        given = (self.flow_runs, self.flows, self.deployments)
        return joined([each.test() for each in given if each is not None], "and_")


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


def _on(asked: Condition | Joined | None, value: Callable[[FlowRun], object]) -> Passes | None:
    """Whether a value of a run passes; None where nothing is asked."""
    if asked is None:
        return None
    test = asked.test()
    return lambda run: test(_some(value(run)))


def _asks(name: str, asked: Any) -> Passes:
    if isinstance(asked, StateFilter | CreatedBy | StartTime):
        return asked.of()
    test, value = asked.test(), attrgetter(name)
    if name == "tags":
        return lambda run: test(run.tags)
    return lambda run: test(_some(value(run)))


def _some(value: object) -> Values:
    return () if value is None else (value,)
