"""Schedules and their firings as JSON."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from typing_extensions import TypedDict

from backfilld.catalog.schedules import Schedule
from backfilld.dates import utc_text, utc_text_or_none
from backfilld.ports import StoredFiring
from backfilld.service.schedules import ShownSchedule


class MomentView(TypedDict):
    """A moment in UTC, and as the schedule's clock shows it, with its offset."""

    utc: str
    local: str


class FiringView(TypedDict):
    """What became of a firing: accepted as a backfill, or refused for a reason; `by` is null if its time came."""

    moment: MomentView
    by: str | None
    at: str
    status: str
    operation_id: str | None
    backfill_id: int | None
    reason: str | None


class ScheduleView(TypedDict):
    """A schedule as it stands; `next` is null while it is paused, `last` its latest firing."""

    name: str
    cron: str
    timezone: str
    catch_up: str
    paused: bool
    paused_at: str | None
    known_since: str
    next: MomentView | None
    last: FiringView | None


class WholeScheduleView(ScheduleView):
    """A schedule with its file, its request as it stands there, and its latest firings, the newest first."""

    file: str
    request: dict[str, Any]
    firings: list[FiringView]


def schedule_view(shown: ShownSchedule) -> ScheduleView:
    """The schedule as JSON."""
    schedule, stored = shown.schedule, shown.stored
    return {
        "name": schedule.name,
        "cron": schedule.cron.text,
        "timezone": schedule.timezone,
        "catch_up": schedule.catch_up,
        "paused": stored.paused_at is not None,
        "paused_at": utc_text_or_none(stored.paused_at),
        "known_since": utc_text(stored.known_since),
        "next": None if shown.next is None else moment_view(schedule, shown.next),
        "last": firing_view(schedule, shown.firings[0]) if shown.firings else None,
    }


def whole_schedule_view(shown: ShownSchedule) -> WholeScheduleView:
    """The schedule with all that is known of it."""
    template = shown.schedule.template
    return {
        **schedule_view(shown),
        "file": template.file,
        "request": json.loads(json.dumps(template.value, default=date.isoformat)),
        "firings": [firing_view(shown.schedule, each) for each in shown.firings],
    }


def firing_view(schedule: Schedule, stored: StoredFiring) -> FiringView:
    """The firing as JSON."""
    return {
        "moment": moment_view(schedule, stored.firing.moment),
        "by": stored.firing.by,
        "at": utc_text(stored.at),
        "status": "accepted" if stored.refusal is None else "refused",
        "operation_id": stored.operation,
        "backfill_id": stored.backfill,
        "reason": stored.refusal,
    }


def moment_view(schedule: Schedule, moment: datetime) -> MomentView:
    """The moment in both ways to write it."""
    return {"utc": utc_text(moment), "local": schedule.local(moment).isoformat()}
