"""Filters over runs and task instances: what may be asked of them, in which order, and whether one passes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field

from backfilld.catalog.documents import Path
from backfilld.catalog.fields import LARGEST_ID, whole
from backfilld.request.models import Form, Truth
from backfilld.request.predicates import Operator, Test, Values, test_of

MOST_VALUES = 10_000
"""Values that one list of a filter may have."""
LONGEST_PATTERN = 1_000
RunWord = Literal[
    "not_started", "queued", "running", "waiting", "pausing", "paused", "succeeded", "failed", "cancelled"
]
StateWord = Literal["waiting", "ready", "running", "succeeded", "failed", "lost", "skipped", "cancelled", "left_out"]


def _moment(value: object) -> object:
    """Only a text says which zone it is in."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ValueError("a time with its offset, such as 2024-05-06T22:00:00Z")
    return found.astimezone(UTC)


def _day(value: object) -> object:
    """Only a date as it is written everywhere here."""
    try:
        return date.fromisoformat(value if isinstance(value, str) and len(value) == len("yyyy-mm-dd") else "")
    except ValueError:
        raise ValueError("a date such as 2024-05-06") from None


Id = Annotated[int, BeforeValidator(whole(0, LARGEST_ID))]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Day = Annotated[date, BeforeValidator(_day)]
Most = Field(max_length=MOST_VALUES)
Pattern = Annotated[str, Field(max_length=LONGEST_PATTERN)]


class Condition(Form):
    """What is asked in one respect; an empty one is true. `operator` joins what it asks."""

    operator: Operator = "and_"

    def test(self) -> Test:
        """Whether values pass."""
        return test_of(self, self.operator)


class Ids(Condition):
    """Numbers that are looked for, or not wanted."""

    any_: Annotated[list[Id], Most] | None = None
    not_any_: Annotated[list[Id], Most] | None = None


class Texts(Condition):
    """Names; `like_` is part of one in either case, where `%` stands for any text and `_` for any sign."""

    any_: Annotated[list[str], Most] | None = None
    not_any_: Annotated[list[str], Most] | None = None
    like_: Pattern | None = None
    is_null_: Truth | None = None


class Tags(Condition):
    """Tags, written as `key=value`, or as `key` for any value of it; null is to have none."""

    any_: Annotated[list[str], Most] | None = None
    not_any_: Annotated[list[str], Most] | None = None
    all_: Annotated[list[str], Most] | None = None
    is_null_: Truth | None = None


class Numbers(Condition):
    """A number; `before_` and `after_` are bounds, both included."""

    any_: Annotated[list[Id], Most] | None = None
    not_any_: Annotated[list[Id], Most] | None = None
    before_: Id | None = None
    after_: Id | None = None
    is_null_: Truth | None = None


class Days(Condition):
    """A date; `before_` and `after_` are bounds, both included."""

    any_: Annotated[list[Day], Most] | None = None
    not_any_: Annotated[list[Day], Most] | None = None
    before_: Day | None = None
    after_: Day | None = None


class Moments(Condition):
    """A moment; `before_` and `after_` are bounds, both included."""

    before_: Moment | None = None
    after_: Moment | None = None
    is_null_: Truth | None = None


class Truths(Condition):
    """Whether something is so."""

    any_: list[Truth] | None = None
    not_any_: list[Truth] | None = None


class RunStates(Condition):
    """Words of runs."""

    any_: list[RunWord] | None = None
    not_any_: list[RunWord] | None = None


class InstanceStates(Condition):
    """States of task instances."""

    any_: list[StateWord] | None = None
    not_any_: list[StateWord] | None = None


class Criteria(Form):
    """What both kinds of items can be asked. `operator` joins the respects that are given; none at all is true.

    `name`, `project`, `workflow` and `tags` are those of the backfill.
    """

    operator: Operator = "and_"
    id: Ids | None = None
    backfill: Ids | None = None
    name: Texts | None = None
    project: Texts | None = None
    workflow: Texts | None = None
    tags: Tags | None = None
    business_date: Days | None = None


class RunCriteria(Criteria):
    """A filter over runs. `priority` is one that was set for a run."""

    state: RunStates | None = None
    priority: Numbers | None = None
    admitted_at: Moments | None = None
    settled_at: Moments | None = None


class InstanceCriteria(Criteria):
    """A filter over task instances; `task` is an id, a name or a full name, the times are of the last attempt."""

    run: Ids | None = None
    task: Texts | None = None
    state: InstanceStates | None = None
    held: Truths | None = None
    cycle_time: Moments | None = None
    attempt: Numbers | None = None
    started_at: Moments | None = None
    ended_at: Moments | None = None


def forms_of(criteria: type[Criteria]) -> dict[Path, type[Form]]:
    """What stands where in a filter of this kind."""
    found = ((name, each) for name, field in criteria.model_fields.items() for each in get_args(field.annotation))
    return {(name,): each for name, each in found if isinstance(each, type) and issubclass(each, Condition)}


@dataclass(frozen=True, slots=True)
class Stage:
    """Some of what a filter asks, for whoever learns of an item little by little."""

    tests: tuple[tuple[str, Test], ...]
    every: bool
    """Whether all tests have to hold, or one."""
    last: bool
    """Whether nothing is asked beyond this stage."""

    def decide(self, values: Callable[[str], Values]) -> bool | None:
        """Whether the item passes; None while that rests with later stages."""
        for name, test in self.tests:
            if test(values(name)) is not self.every:
                return not self.every
        return self.every if self.last else None


def stages(criteria: Criteria, *respects: Collection[str]) -> list[Stage]:
    """The filter in stages, each about some respects; all of them together are about every respect that it names."""
    asked = {name: each.test() for name, each in criteria if isinstance(each, Condition)}
    every = criteria.operator == "and_" or not asked
    found = [tuple((name, asked[name]) for name in names if name in asked) for names in respects]
    return [Stage(tests, every, not any(found[number + 1 :])) for number, tests in enumerate(found)]


def wanted(criteria: Criteria, respect: str) -> Sequence[Any] | None:
    """The only values by which an item can pass in a respect; None where others may too."""
    condition = getattr(criteria, respect)
    if condition is None or criteria.operator == "or_" or condition.operator == "or_":
        return None
    found: Sequence[Any] | None = condition.any_
    return found
