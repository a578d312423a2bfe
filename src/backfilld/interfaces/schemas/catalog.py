"""The JSON Schema of a catalog's documents: every key, what it takes, and a word about it."""

from __future__ import annotations

from typing import Any

from backfilld.catalog.calendars import WEEKDAYS
from backfilld.catalog.dependencies import MOST_DATES
from backfilld.catalog.fields import ALIAS_PATTERN
from backfilld.catalog.models import WORKFLOW_TYPES
from backfilld.interfaces.schemas.words import (
    CRON,
    DATE,
    DRAFT,
    DURATION,
    EXIT_CODES,
    ID,
    NAME,
    PARAMETERS,
    SIZE,
    TAGS,
    TIME_OF_DAY,
    TRUTH,
    Schema,
    choice,
    mapping,
    one_or_list,
    optional,
    text,
    told,
    whole,
)

_ZONE = told("A time zone, such as Europe/Berlin.", text(255))
_RUN_POLICY = mapping(
    {"type": choice("Daily", "Weekend"), "start_time": TIME_OF_DAY, "end_time": TIME_OF_DAY, "immediately": TRUTH},
    *("type", "start_time", "end_time"),
)
_REF: Schema = {"type": ["integer", "string"]}
_NEED = {
    "anyOf": [
        _REF,
        mapping(
            {
                "project": _REF,
                "workflow": _REF,
                "task": _REF,
                "cycle": told("Its latest cycle before this one.", choice("previous")),
                "dates": told("Its cycles of so many business dates, this one included.", whole(1, MOST_DATES)),
            },
            "task",
        ),
    ]
}
_SETTINGS = {
    "cron": told("Five fields in the task's timezone; left out: one cycle at 00:00.", CRON),
    "timezone": _ZONE,
    "retries": told("How often it is tried again.", whole(0, 100)),
    "retry_delay": told("How long before the first retry: 30s, 10m, 1h30m, or seconds.", DURATION),
    "retry_backoff": told("By what each further delay is longer.", {"type": "number", "minimum": 1, "maximum": 10}),
    "timeout": told("After which an attempt is stopped, and has failed; null: never.", optional(DURATION)),
    "kill_grace": told("From TERM to KILL.", DURATION),
    "max_active": told("How many of its instances run at once, anywhere.", optional(whole(1, 1_000_000))),
    "resource_group": told("The pool of slots where it runs.", NAME),
    "priority": told("1 to 11, higher first.", optional(whole(1, 11))),
    "recurrence": told("Pause: planned, but held. Skip: passed through.", choice("Normal", "Pause", "Skip")),
    "smoke_test": told("Whether a request of type SmokeTest may run it in Prod.", TRUTH),
    "on_lost": told("What follows where nobody knows how an attempt ended.", choice("stop", "retry")),
    "skip_exit_codes": told("Exit codes that mean: nothing to do, go on.", EXIT_CODES),
    "no_retry_exit_codes": told("Exit codes after which a retry is no use.", EXIT_CODES),
    "cwd": told("The folder that it runs in.", optional({"type": "string", "pattern": "^/"})),
    "log_limit": told("Bytes of output that are kept; past that the middle goes.", SIZE),
    "owner": optional(text(255)),
    "run_policy": told("The hours in which it may start; null: at any time.", optional(_RUN_POLICY)),
    "parameters": told("Environment variables; values may use expressions such as $[yyyymmdd].", PARAMETERS),
    "tags": TAGS,
}
_TASK = mapping(
    {
        "task": told("Its name, unique in its workflow.", NAME),
        "id": ID,
        "command": told('What runs; "$bizdate" and parameters are environment variables.', text(100_000)),
        "python": told("A callable that runs in a process of its own: module:function.", text()),
        "virtual": told("No process: it succeeds at once.", {"const": True}),
        "depends_on": told("What it waits for.", {"type": "array", "items": _NEED}),
        "description": optional(text()),
        **_SETTINGS,
    },
    "task",
) | {"oneOf": [{"required": [key]} for key in ("command", "python", "virtual")]}
_WORKFLOW = mapping(
    {
        "workflow": told("Its name, unique in its project.", NAME),
        "id": told("From 2: 1 stands for all Scheduled workflows.", {**ID, "minimum": 2}),
        "type": told("Manual and Triggered ones run only when a request asks for them.", choice(*WORKFLOW_TYPES)),
        "parameters": PARAMETERS,
        "tags": TAGS,
        "owner": optional(text(255)),
        "description": optional(text()),
        "alias": told("A short name for vendors' clients.", optional({"type": "string", "pattern": ALIAS_PATTERN})),
        "tasks": {"type": "array", "items": {"$ref": "#/$defs/task"}},
    },
    "workflow",
)
_OFFSET = "How many days after a business date its cycles are; 1 if left out."
_DEV = mapping({"parameters": PARAMETERS, "resource_group": optional(NAME)})
_PROJECT = mapping(
    {
        "project": told("Its name, unique in the catalog.", NAME),
        "id": ID,
        "timezone": _ZONE,
        "business_date_offset": told(_OFFSET, whole(0, 31)),
        "defaults": told("What its tasks have unless they say otherwise.", mapping(_SETTINGS)),
        "environments": told("What is otherwise in Dev; Prod is the base.", mapping({"Dev": _DEV})),
        "workflows": {"type": "array", "items": {"$ref": "#/$defs/workflow"}},
    },
    "project",
)
_HOLIDAY = {"anyOf": [DATE, mapping({"date": DATE, "name": NAME}, "date")]}
_DAYS = [*WEEKDAYS, *(day[:3] for day in WEEKDAYS)]
_CALENDAR = mapping(
    {
        "calendar": told("Its name, for `calendar:` of a request.", NAME),
        "weekend": {"type": "array", "items": choice(*_DAYS), "uniqueItems": True, "maxItems": 6},
        "holidays": {"anyOf": [{"type": "array", "items": _HOLIDAY}, {"type": "object"}]},
        "business_days": told("These alone; nothing beside it.", {"type": "array", "items": DATE, "minItems": 1}),
    },
    "calendar",
)


def catalog_schema() -> dict[str, Any]:
    """Of one file of a catalog: a project, a calendar, or a list of such."""
    calendar = {"required": ["calendar"], "not": {"required": ["project"]}}
    item = {"if": calendar, "then": {"$ref": "#/$defs/calendar"}, "else": {"$ref": "#/$defs/project"}}
    kinds = {"item": item, "project": _PROJECT, "workflow": _WORKFLOW, "task": _TASK, "calendar": _CALENDAR}
    return {"$schema": DRAFT, "title": "A catalog of backfilld", **one_or_list("item"), "$defs": kinds}
