"""The `run_policy` of a task or of a project's defaults (spec 5, Run policy)."""

from __future__ import annotations

from datetime import time

from backfilld.catalog.fields import Section, choice, section_of, time_of_day, truth
from backfilld.catalog.models import RunPolicy

KEY = "run_policy"


def read_run_policy(section: Section) -> RunPolicy | None:
    """The policy under a section's `run_policy`, its faults told; None where it is null (at any time) or wrong."""
    value = section.values[KEY]
    found = [] if value is None else section_of(section.document, (*section.path, KEY), value, section.faults)
    return _policy(found[0]) if found else None


def another_time_than(start: time) -> str:
    """What `end_time` takes, for who gave the time of `start_time`."""
    return f'another time than start_time; the whole day is "00:00:00" to "23:59:59", not {start} to {start}'


def _policy(section: Section) -> RunPolicy | None:
    section.allow_only(("type", "start_time", "end_time", "immediately"))
    kind = section.needed("type", choice("Daily", "Weekend"))
    start, end = section.needed("start_time", time_of_day), section.needed("end_time", time_of_day)
    immediately = section.take("immediately", truth, default=False)
    if kind is None or start is None or end is None:
        return None
    if start == end:
        section.refuse("end_time", another_time_than(start))
        return None
    return RunPolicy("Weekend" if kind == "Weekend" else "Daily", start, end, immediately)
