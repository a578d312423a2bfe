"""The JSON Schemas of requests and schedules: made from the one form of a request."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from backfilld.interfaces.schemas.words import CRON, DRAFT, choice, mapping, one_or_list, text, told
from backfilld.request.models import BackfillRequest


def request_schema() -> dict[str, Any]:
    """Of a file for `backfill submit`, in its native spelling; a DataWorks body in PascalCase has another."""
    return {"$schema": DRAFT, **TypeAdapter(BackfillRequest).json_schema(), "title": "A request to backfilld"}


def schedule_schema() -> dict[str, Any]:
    """Of one file of schedules: one of them, or a list."""
    request = TypeAdapter(BackfillRequest).json_schema()
    kinds = {**request.pop("$defs"), "request": request}
    kinds["schedule"] = mapping(
        {
            "schedule": told("Its name, by which what it did is remembered.", text(100)),
            "cron": told("Five fields, on the clock of its zone.", CRON),
            "timezone": told("A time zone, such as Europe/Berlin; UTC if left out.", text(255)),
            "catch_up": told("Of firings that were missed.", choice("once", "all", "none")),
            "request": {"$ref": "#/$defs/request"},
        },
        *("schedule", "cron", "request"),
    )
    return {"$schema": DRAFT, "title": "Schedules of backfilld", **one_or_list("schedule"), "$defs": kinds}
