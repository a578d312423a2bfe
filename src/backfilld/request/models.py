"""The one form of a backfill request, field by field as the spec spells it (spec 3): shapes, no meaning."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

FIRST_YEAR, LAST_YEAR = 1970, 2199
LONGEST_NAME, LONGEST_COMMENT, LONGEST_PARAMETERS = 255, 10_000, 200_000
MOST_IDS, MOST_TAGS = 10_000, 100
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d):([0-5]\d)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _business_date(value: object) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, date) or isinstance(value, datetime) or not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"a date yyyy-mm-dd of the years {FIRST_YEAR} to {LAST_YEAR}")
    return value


def _time_of_day(value: object) -> time:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError('a time "hh:mm:ss", quoted, from "00:00:00" to "23:59:59"')
    return time.fromisoformat(found.group())


def _truth(value: object) -> bool:
    """Vendors' bodies write truth values as text."""
    known = {"true": True, "false": False}.get(str(value).lower())
    if known is None:
        raise ValueError("true or false")
    return known


def _printable(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or not value.strip() or len(value) > LONGEST_NAME:
        raise ValueError(f"a text of 1 to {LONGEST_NAME} printable characters")
    return value


def _reference(value: object) -> int | str | dict[str, object]:
    if isinstance(value, bool) or not isinstance(value, int | str | dict):
        raise ValueError("an id, a name, or {project: ..., workflow: ..., task: ...}")
    return value


def _simple_reference(value: object) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("an id or a name")
    return value


BusinessDate = Annotated[date, BeforeValidator(_business_date)]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
Truth = Annotated[bool, BeforeValidator(_truth)]
Name = Annotated[str, BeforeValidator(_printable)]
TaskRef = Annotated[int | str | dict[str, object], BeforeValidator(_reference)]
Ref = Annotated[int | str, BeforeValidator(_simple_reference)]
TaskRefs = Annotated[list[TaskRef], Field(max_length=MOST_IDS)]
Refs = Annotated[list[Ref], Field(max_length=MOST_IDS)]


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


class DefaultRunProperties(Form):
    """Which tasks run, and how."""

    mode: Literal["General", "ManualSelection", "Chain", "AllDownstream"] = "ManualSelection"
    root_task_ids: TaskRefs = []
    include_task_ids: TaskRefs = []
    exclude_task_ids: TaskRefs = []
    include_project_ids: Refs = []
    exclude_project_ids: Refs = []
    parallelism: Annotated[int, Field(ge=1)] = 1
    order: Literal["Asc", "Desc"] = "Asc"
    priority: Annotated[int, Field(ge=1, le=11)] | None = None
    priority_weight_strategy: Literal["Disable", "Upstream"] = "Disable"
    runtime_resource: Name | None = None
    run_policy: object = None
    analysis: Analysis = Analysis()
    alert: object = None


class Tag(Form):
    """A key and a value that a backfill carries."""

    key: Name
    value: Annotated[str, Field(max_length=LONGEST_NAME)]


class BackfillRequest(Form):
    """What was asked, with every default in place. Dates are dates; tasks are as the user named them."""

    name: Name
    project_id: Ref
    workflow_id: Ref | None = None
    env_type: Literal["Prod", "Dev"] = "Prod"
    type: Literal["SupplementData", "ManualWorkflow", "Manual", "SmokeTest", "TriggerWorkflow"]
    periods: Periods | None = None
    default_run_properties: DefaultRunProperties = DefaultRunProperties()
    workflow_parameters: dict[str, object] | Annotated[str, Field(max_length=LONGEST_PARAMETERS)] | None = None
    task_parameters: dict[str, object] | Annotated[str, Field(max_length=LONGEST_PARAMETERS)] | None = None
    auto_start_enabled: Truth = True
    comment: Annotated[str, Field(max_length=LONGEST_COMMENT)] | None = None
    tags: Annotated[list[Tag], Field(max_length=MOST_TAGS)] = []
    tag_creation_policy: Literal["Append", "Overwrite"] = "Append"
    instance_retention: object = None
    reprocess: Literal["All", "Failed", "Missing"] = "All"
    on_conflict: Literal["Queue", "Skip", "Reject"] = "Queue"
    on_failure: Literal["Continue", "Hold"] | None = None
    max_failed_dates: object = None
    first: object = None
    calendar: object = None
    fit_window: Truth = False
    payload: object = None
    expect_plan: object = None


NOT_BUILT = {
    "type": "SupplementData",
    "auto_start_enabled": True,
    "instance_retention": None,
    "reprocess": "All",
    "on_conflict": "Queue",
    "max_failed_dates": None,
    "first": None,
    "calendar": None,
    "fit_window": False,
    "payload": None,
    "expect_plan": None,
    "default_run_properties.run_policy": None,
    "default_run_properties.alert": None,
    "default_run_properties.analysis.enabled": True,
    "default_run_properties.analysis.blocked": True,
}
"""Fields whose effect does not exist yet, with the only value that they take: anything else is refused, not ignored."""
