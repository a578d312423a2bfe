"""What clients send, beside filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, RootModel, field_validator

from backfilld.interfaces.vendors.prefect.filters import Filters, FlowRunFilter, Offset
from backfilld.interfaces.vendors.prefect.states import AskedState, Body, Lenient, Moment

MOST_AT_ONCE = 50
MOST_MADE = 100
Limit = Annotated[int, Field(ge=1, le=MOST_AT_ONCE)]
Tag = Annotated[str, Field(max_length=255)]


class SetState(Lenient):
    """A state for one run."""

    state: AskedState
    force: bool = False


class BulkSetState(SetState):
    """A state for the runs that pass, those with the greatest ids first."""

    flow_runs: FlowRunFilter | None = None
    limit: Limit = MOST_AT_ONCE


class BulkDelete(Lenient):
    """Runs to take from view."""

    flow_runs: FlowRunFilter | None = None
    limit: Limit = MOST_AT_ONCE


class Counted(Filters):
    """Runs to count."""


class NewFlowRun(Lenient):
    """A run of a deployment that is asked for."""

    state: AskedState | None = None
    name: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    context: dict[str, Any] = Field(default_factory=dict)
    tags: Annotated[list[Tag], Field(max_length=100)] = Field(default_factory=list)
    labels: Mapping[str, bool | int | float | str] = Field(default_factory=dict)
    idempotency_key: Annotated[str, Field(max_length=1_000)] | None = None
    parent_task_run_id: UUID | None = None
    work_queue_name: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    job_variables: Mapping[str, Any] | None = None
    infrastructure_document_id: UUID | None = None
    empirical_policy: Mapping[str, Any] | None = None
    enforce_parameter_schema: bool | None = None

    @field_validator("job_variables", "infrastructure_document_id", "empirical_policy")
    @classmethod
    def _not_here(cls, given: Any) -> Any:
        if given:
            raise ValueError("left out: the catalog says how and where tasks run, and how often again")
        return given

    @field_validator("enforce_parameter_schema")
    @classmethod
    def _always(cls, given: bool | None) -> bool | None:
        if given is False:
            raise ValueError("left out, or true: names of parameters are always held against the catalog")
        return given

    @field_validator("parameters", "context", "tags", "labels", mode="before")
    @classmethod
    def _none_is_empty(cls, given: Any, info: Any) -> Any:
        return ([] if info.field_name == "tags" else {}) if given is None else given

    @property
    def said(self) -> dict[str, Any]:
        """What is kept to be echoed."""
        fields = {"parameters", "context", "tags", "labels", "idempotency_key", "parent_task_run_id", "name"}
        return self.model_dump(mode="json", include=fields, exclude_none=True)


class NewFlowRuns(RootModel[Annotated[list[NewFlowRun], Field(max_length=MOST_MADE)]]):
    """Several runs of one deployment."""


class NewFlow(Lenient):
    """A flow that is asked for: it has to be there as a project."""

    name: str
    tags: list[Tag] | None = None
    labels: Mapping[str, Any] | None = None

    @field_validator("tags", "labels")
    @classmethod
    def _catalog_says(cls, given: Any) -> Any:
        if given:
            raise ValueError("left out, or empty: the catalog describes projects")
        return given


class NewDeployment(Lenient):
    """A deployment that is asked for: it has to be there as a workflow."""

    name: str
    flow_id: UUID


class RunIds(Body):
    """Which runs."""

    any_: Annotated[list[UUID], Field(max_length=MOST_MADE)]


class Level(Body):
    """Levels of log lines."""

    ge_: int | None = None
    le_: int | None = None


class LineTimes(Body):
    """When lines were written; both bounds are included."""

    before_: Moment | None = None
    after_: Moment | None = None


class TextSearch(Body):
    """What is searched for in lines and the names of their tasks."""

    query: Annotated[str, Field(max_length=200)]


class LogFilter(Body):
    """Which lines: those of named runs."""

    operator: Literal["and_"] = "and_"
    flow_run_id: RunIds
    level: Level | None = None
    timestamp: LineTimes | None = None
    text: TextSearch | None = None
    task_run_id: Mapping[str, Any] | None = None

    @field_validator("task_run_id")
    @classmethod
    def _of_none(cls, given: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        if given is not None and given.get("any_") is not None:
            raise ValueError("left out: lines are of runs, and there are no task runs")
        return given


class AskedLogs(Lenient):
    """Lines that are asked for."""

    logs: LogFilter
    sort: Literal["TIMESTAMP_ASC", "TIMESTAMP_DESC"] = "TIMESTAMP_ASC"
    limit: Annotated[int, Field(ge=0, le=200)] | None = None
    offset: Offset | None = None
