"""The one form of a backfill request, field by field as the spec spells it (spec 3): shapes, no meaning."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Annotated, Any, Literal, NotRequired

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema
from typing_extensions import TypedDict

from backfilld.catalog.fields import LONGEST_NAME, TIME_PATTERN, time_of_day, whole
from backfilld.request.alerts import AlertType
from backfilld.request.relative import RELATIVE, days_back
from backfilld.request.retention import milliseconds

FIRST_YEAR, LAST_YEAR = 1970, 2199
LONGEST_COMMENT, LONGEST_PARAMETERS, LARGEST_PAYLOAD = 10_000, 200_000, 2**20
MOST_TAGS, MOST_PARAMETERS, MOST_DATES = 100, 10_000, 36_600
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PLAN = re.compile(r"[0-9a-fA-F]{12,64}", re.ASCII)
_TRUTHS = {"true": True, "false": False}


def _business_date(value: object) -> date | str:
    if isinstance(value, str) and days_back(value) is not None:
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            raise ValueError("a date yyyy-mm-dd that is in the calendar") from None
    if not isinstance(value, date) or isinstance(value, datetime) or not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"a date yyyy-mm-dd of the years {FIRST_YEAR} to {LAST_YEAR}, {RELATIVE}")
    return value


def _truth(value: object) -> bool:
    """Vendors' bodies write truth values as text."""
    known = value if isinstance(value, bool) else _TRUTHS.get(value.lower()) if isinstance(value, str) else None
    if known is None:
        raise ValueError("true or false")
    return known


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and bool(value.strip()) and len(value) <= LONGEST_NAME


def _name(value: object) -> str:
    if not isinstance(value, str) or not _is_name(value):
        hint = "; quote it" if isinstance(value, int | float | date) else ""
        raise ValueError(f"a text of 1 to {LONGEST_NAME} printable characters{hint}")
    return value


def _is_ref(value: object) -> bool:
    return _is_name(value) or (isinstance(value, int) and not isinstance(value, bool))


def _simple_reference(value: object) -> object:
    if not _is_ref(value):
        raise ValueError("an id or a name")
    return value


def _task_reference(value: object) -> object:
    parts = value if isinstance(value, Mapping) else {"task": value}
    if (
        "task" not in parts
        or not parts.keys() <= {"project", "workflow", "task"}
        or not all(map(_is_ref, parts.values()))
    ):
        raise ValueError("an id, a name, or {project: ..., workflow: ..., task: ...}")
    return value


def _parameters(value: object) -> object:
    if isinstance(value, Mapping) and len(value) > MOST_PARAMETERS:
        raise ValueError(f"at most {MOST_PARAMETERS:,} parameters")
    if isinstance(value, str) and len(value) > LONGEST_PARAMETERS:
        raise ValueError(f"a text of at most {LONGEST_PARAMETERS:,} characters")
    if value is not None and not isinstance(value, Mapping | str):
        raise ValueError("a mapping, or the same as text")
    return value


def compact(value: object) -> str:
    """The JSON text of a value, without a space too many; raises `ValueError` or `TypeError` for what is no JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _payload(value: object) -> object:
    try:
        size = len(compact(value).encode())
    except (ValueError, TypeError, RecursionError):
        raise ValueError("a JSON value") from None
    if size > LARGEST_PAYLOAD:
        raise ValueError(f"at most {LARGEST_PAYLOAD:,} bytes of compact JSON; these are {size:,}")
    return value


def _plan_hash(value: object) -> str:
    if not isinstance(value, str) or not _PLAN.fullmatch(value):
        raise ValueError("the hash of a plan, or its first characters: a text of 12 to 64 hexadecimal digits, quoted")
    return value.lower()


def _exactly(validate: Callable[[object], object], form: Any) -> PlainValidator:
    """One judge instead of the library's for each branch of a union: one fault, with the field's own path."""
    return PlainValidator(validate, json_schema_input_type=form)


_Ref = int | str


class TaskParts(TypedDict):
    """A task by its name, and where that is not the only one, by those of its workflow and project."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]  # the library's way to say it of a mapping

    project: NotRequired[_Ref]
    workflow: NotRequired[_Ref]
    task: _Ref


BusinessDate = Annotated[date | str, _exactly(_business_date, date | str)]
"""A date, or until the request is accepted a word that `days_back` reads."""
TimeOfDay = Annotated[time, BeforeValidator(time_of_day), WithJsonSchema({"type": "string", "pattern": TIME_PATTERN})]
Truth = Annotated[bool, BeforeValidator(_truth)]
Name = Annotated[str, BeforeValidator(_name)]
Ref = Annotated[_Ref, _exactly(_simple_reference, _Ref)]
TaskRef = Annotated[_Ref | dict[str, _Ref], _exactly(_task_reference, _Ref | TaskParts)]
Parameters = Annotated[
    dict[str, object] | str | None, _exactly(_parameters, dict[str, str | int | dict[str, str | int]] | str | None)
]
Payload = Annotated[object, _exactly(_payload, Any)]
PlanHash = Annotated[str, BeforeValidator(_plan_hash)]
Dates = Annotated[int, BeforeValidator(whole(1, MOST_DATES))]
"""A number of dates."""
KeptFor = Annotated[int, _exactly(milliseconds, int | str)]
"""Milliseconds."""


class Form(BaseModel):
    """Unknown fields are refused; nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class BizDates(Form):
    """One range of business dates, both ends included."""

    start_biz_date: BusinessDate
    end_biz_date: BusinessDate


class Periods(Form):
    """The asked business dates, and the window of the day that picks cycles."""

    biz_dates: Annotated[list[BizDates], Field(min_length=1)]
    start_time: TimeOfDay | None = None
    end_time: TimeOfDay | None = None


class Analysis(Form):
    """Whether findings are looked for, and whether an error stops the request."""

    enabled: Truth = True
    blocked: Truth = True


class RunPolicy(Form):
    """The times of day from which and through which attempts may start, on which days; all three are needed."""

    type: Literal["Daily", "Weekend"]
    start_time: TimeOfDay
    end_time: TimeOfDay
    immediately: Truth = False


class Alert(Form):
    """After which ending who is told: `SmsMail` is both, any other word the name of a configured channel."""

    type: AlertType
    notice_type: Name


class DefaultRunProperties(Form):
    """Which tasks run, and how."""

    mode: Literal["General", "ManualSelection", "Chain", "AllDownstream"] = "ManualSelection"
    root_task_ids: list[TaskRef] = []
    include_task_ids: list[TaskRef] = []
    exclude_task_ids: list[TaskRef] = []
    include_project_ids: list[Ref] = []
    exclude_project_ids: list[Ref] = []
    parallelism: Annotated[int, Field(ge=1)] = 1
    order: Literal["Asc", "Desc"] = "Asc"
    priority: Annotated[int, BeforeValidator(whole(1, 11))] | None = None
    priority_weight_strategy: Literal["Disable", "Upstream"] = "Disable"
    runtime_resource: Name | None = None
    run_policy: RunPolicy | None = None
    analysis: Analysis = Analysis()
    alert: Alert | None = None


class InstanceRetention(Form):
    """How long the rows and logs of runs are kept after they settled; left out: as the settings say."""

    success_retention: KeptFor | None = None
    error_retention: KeptFor | None = None


class Tag(Form):
    """A key and a value that a backfill carries."""

    key: Name
    value: Annotated[str, Field(max_length=LONGEST_NAME)]


class BackfillRequest(Form):
    """What was asked, with every default in place; tasks are as the user named them."""

    name: Name
    project_id: Ref
    workflow_id: Ref | None = None
    env_type: Literal["Prod", "Dev"] = "Prod"
    type: Literal["SupplementData", "ManualWorkflow", "Manual", "SmokeTest", "TriggerWorkflow"]
    periods: Periods | None = None
    default_run_properties: DefaultRunProperties = DefaultRunProperties()
    workflow_parameters: Parameters = None
    task_parameters: Parameters = None
    auto_start_enabled: Truth = True
    comment: Annotated[str, Field(max_length=LONGEST_COMMENT)] | None = None
    tags: Annotated[list[Tag], Field(max_length=MOST_TAGS)] = []
    tag_creation_policy: Literal["Append", "Overwrite"] = "Append"
    instance_retention: InstanceRetention | None = None
    reprocess: Literal["All", "Failed", "Missing"] = "All"
    on_conflict: Literal["Queue", "Skip", "Reject"] = "Queue"
    on_failure: Literal["Continue", "Hold"] | None = None
    max_failed_dates: Dates | None = None
    first: Dates | None = None
    calendar: Name | None = None
    fit_window: Truth = False
    payload: Payload = None
    expect_plan: PlanHash | None = None
