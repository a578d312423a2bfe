"""What can be asked of one value of a run, in the client's grammar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from backfilld.interfaces.vendors.prefect.flow_runs import FlowRun
from backfilld.interfaces.vendors.prefect.states import Body, Moment
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
        tests = [on(self.type, lambda run: run.state.type), on(self.name, lambda run: run.state.name)]
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
            None if ids is None else lambda run: run.maker.id in ids,
            None if types is None else lambda run: run.maker.type in types,
            None if null is None else lambda run: not null,
        ]
        return joined([each for each in tests if each], self.operator)


class Slots(Body):
    """How many runs a deployment may have at once: none of ours says that."""

    ge_: int | None = None
    le_: int | None = None
    is_null_: bool | None = None

    def of(self) -> Passes:
        """Whether a deployment without a limit passes."""
        passes = self.ge_ is None and self.le_ is None and self.is_null_ in (None, True)
        return lambda run: passes


def on(asked: Condition | Joined | None, value: Callable[[FlowRun], object]) -> Passes | None:
    """Whether a value of a run passes; None where nothing is asked."""
    if asked is None:
        return None
    test = asked.test()
    return lambda run: test(some(value(run)))


def some(value: object) -> Values:
    """The values of what may be null."""
    return () if value is None else (value,)
