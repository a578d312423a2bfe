"""An act on all that a filter finds, as it is asked: its form, and every fault of its shape at once."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import BeforeValidator, Field

from backfilld.catalog.documents import Document
from backfilld.catalog.fields import LARGEST_ID, whole
from backfilld.errors import Fault
from backfilld.request.filters import Criteria, InstanceCriteria, Moment, RunCriteria, forms_of
from backfilld.request.models import Form, Truth
from backfilld.request.reading import read_form
from backfilld.request.resolved import Limits

MOST_AT_ONCE = 1_000
"""Items that are answered one by one."""
LONGEST_REASON = 1_000
StateAsked = Literal["succeeded", "failed", "skipped", "cancelled", "ready", "held", "released"]
RunStateAsked = Literal["succeeded", "failed", "skipped", "cancelled", "ready", "held", "released", "paused", "queued"]
OPTIONS = ("force", "downstream", "latest", "until", "not_before", "priority")


class AskedAct(Form):
    """An act, or the state that it is to bring, and its options.

    Up to `limit` items are answered one by one, more go on as an operation. With `dry_run` nothing is done; with
    `expect_count` nothing is done where the filter finds another number of items.
    """

    act: str | None = None
    force: Truth = False
    downstream: Truth = False
    latest: Truth = False
    until: Moment | None = None
    not_before: Moment | None = None
    priority: Annotated[int, BeforeValidator(whole(1, 11))] | None = None
    limit: Annotated[int, BeforeValidator(whole(1, MOST_AT_ONCE))] = 50
    dry_run: Truth = False
    expect_count: Annotated[int, BeforeValidator(whole(0, LARGEST_ID))] | None = None
    reason: Annotated[str, Field(max_length=LONGEST_REASON)] | None = None

    def options(self) -> dict[str, object]:
        """The options that were given, as JSON; one that is not wished is none."""
        given = self.model_dump(mode="json", include=self.model_fields_set & set(OPTIONS))
        return {name: value for name, value in given.items() if value is not False}


class AskedOfRuns(AskedAct):
    """An act on runs."""

    filter: RunCriteria
    state: RunStateAsked | None = None


class AskedOfInstances(AskedAct):
    """An act on task instances."""

    filter: InstanceCriteria
    state: StateAsked | None = None


A = TypeVar("A", bound=AskedAct)


def read_act_on_runs(document: Document) -> tuple[AskedOfRuns | None, tuple[Fault, ...]]:
    """What is asked of runs, as far as that can be read, and every fault."""
    return _read(document, AskedOfRuns, RunCriteria)


def read_act_on_instances(document: Document) -> tuple[AskedOfInstances | None, tuple[Fault, ...]]:
    """What is asked of task instances, as far as that can be read, and every fault."""
    return _read(document, AskedOfInstances, InstanceCriteria)


def _read(document: Document, form: type[A], criteria: type[Criteria]) -> tuple[A | None, tuple[Fault, ...]]:
    inside = {("filter", *path): each for path, each in forms_of(criteria).items()}
    reading = read_form(document, form, {(): form, ("filter",): criteria, **inside}, Limits(), {"filter": {}})
    return reading.request, reading.faults
