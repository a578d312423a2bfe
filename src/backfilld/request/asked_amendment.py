"""What is asked to be changed of an accepted backfill: its form, and what its words mean on a day (spec 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from backfilld.catalog.documents import Document, Path, shown
from backfilld.catalog.fields import whole
from backfilld.catalog.models import RunPolicy as Policy
from backfilld.catalog.run_policies import another_time_than
from backfilld.dates import Period
from backfilld.errors import InvalidRequest
from backfilld.request.asked_dates import dated_range, periods_of, range_faults
from backfilld.request.faults import FieldFault
from backfilld.request.models import LONGEST_COMMENT, BizDates, Form, PlanHash, RunPolicy, Truth
from backfilld.request.reading import Reading, read_form
from backfilld.request.resolved import Limits

PARTS = ("parallelism", "priority", "on_failure", "run_policy", "add_dates", "drop_dates", "cut")
"""Of these at least one has to be asked."""
LARGEST_INSTANCE = 2**52


class AskedCut(Form):
    """A task instance, and those that it waits for so far and no longer shall."""

    instance: Annotated[int, BeforeValidator(whole(0, LARGEST_INSTANCE))]
    upstream: Annotated[list[Annotated[int, BeforeValidator(whole(0, LARGEST_INSTANCE))]], Field(min_length=1)]


class AmendmentRequest(Form):
    """Other terms, dates and waits for a backfill; what is left out stays as it is, a `run_policy` of null takes it.

    With `dry_run` nothing is written; with `expect_plan` nothing is done where the backfill has another plan. `reason`
    is for the audit.
    """

    parallelism: Annotated[int, Field(ge=1)] | None = None
    priority: Annotated[int, BeforeValidator(whole(1, 11))] | None = None
    on_failure: Literal["Continue", "Hold"] | None = None
    run_policy: RunPolicy | None = None
    add_dates: list[BizDates] = Field(default_factory=list)
    drop_dates: list[BizDates] = Field(default_factory=list)
    cut: list[AskedCut] = Field(default_factory=list)
    reason: Annotated[str, Field(max_length=LONGEST_COMMENT)] | None = None
    expect_plan: PlanHash | None = None
    dry_run: Truth = False


_FORMS: Mapping[Path, type[Form]] = {
    (): AmendmentRequest,
    ("run_policy",): RunPolicy,
    ("add_dates",): BizDates,
    ("drop_dates",): BizDates,
    ("cut",): AskedCut,
}


@dataclass(frozen=True, slots=True)
class AskedAmendment:
    """An amendment as it was asked, and the dates that are meant; `reading` knows where everything stands."""

    asked: AmendmentRequest
    add: tuple[Period, ...]
    drop: tuple[Period, ...]
    reading: Reading[AmendmentRequest]

    @property
    def parts(self) -> frozenset[str]:
        """What is asked to be changed, by field."""
        return frozenset(_parts(self.asked))

    @property
    def policy_asked(self) -> bool:
        """Whether another run policy is asked for, if only that of the tasks."""
        return "run_policy" in self.parts

    @property
    def policy(self) -> Policy | None:
        """The run policy that is asked for; None: each task has its own."""
        found = self.asked.run_policy
        return Policy(found.type, found.start_time, found.end_time, found.immediately) if found else None

    def refuse(self, faults: list[FieldFault]) -> None:
        """Raise `InvalidRequest` where there are any, each as its field was spelled."""
        if faults:
            raise InvalidRequest([placed for each in faults if (placed := self.reading.placed(each))])

    def said(self) -> dict[str, object]:
        """What was asked, with dates in place of words, as JSON."""
        given = self.asked.model_dump(mode="json", include=set(self.parts))
        dates = {"add_dates": self.add, "drop_dates": self.drop}
        return given | {name: [_range(each) for each in periods] for name, periods in dates.items() if periods}


def read_amendment(document: Document, today: date, limits: Limits) -> AskedAmendment:
    """What a document asks on a day; raises `InvalidRequest` with every fault of shape, dates and terms."""
    reading = read_form(document, AmendmentRequest, _FORMS, limits)
    if reading.request is None:
        raise InvalidRequest(reading.faults)
    asked = reading.request
    add = [dated_range(each, today) for each in asked.add_dates]
    drop = [dated_range(each, today) for each in asked.drop_dates]
    found = [
        *_term_faults(asked, limits),
        *range_faults(asked.add_dates, add, limits, ("add_dates",)),
        *range_faults(asked.drop_dates, drop, limits, ("drop_dates",)),
    ]
    faults = [*reading.faults, *(placed for each in found if (placed := reading.placed(each)))]
    if faults:
        raise InvalidRequest(faults)
    return AskedAmendment(asked, periods_of(add), periods_of(drop), reading)


def _term_faults(asked: AmendmentRequest, limits: Limits) -> Iterator[FieldFault]:
    if not _parts(asked):
        yield FieldFault((), "nothing to change", f"one of {', '.join(PARTS)}")
    if asked.parallelism is not None and asked.parallelism > limits.parallelism:
        yield FieldFault(("parallelism",), shown(asked.parallelism), f"an integer from 1 to {limits.parallelism}")
    policy = asked.run_policy
    if policy and policy.start_time == policy.end_time:
        path = ("run_policy", "end_time")
        yield FieldFault(path, shown(str(policy.end_time)), another_time_than(policy.end_time))


def _parts(asked: AmendmentRequest) -> list[str]:
    """A part that is empty changes nothing; a `run_policy` of null takes the policy away."""
    given = asked.model_fields_set
    return [part for part in PARTS if part in given and (part == "run_policy" or getattr(asked, part))]


def _range(period: Period) -> dict[str, str]:
    return {"start_biz_date": period.first.isoformat(), "end_biz_date": period.last.isoformat()}
