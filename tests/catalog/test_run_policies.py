"""The `run_policy` of a task: read whole or refused, field by field."""

from __future__ import annotations

from datetime import time

import pytest
from catalog.writing import catalog, faults, task

from backfilld.catalog.models import RunPolicy

HOURS = 'start_time: "22:00:00", end_time: "06:00:00"'


def test_a_policy_of_a_task() -> None:
    """Type and both times; a cycle time is waited for unless `immediately` says not."""
    [found] = catalog(task(f"virtual: true, run_policy: {{type: Weekend, {HOURS}, immediately: true}}")).tasks.values()
    assert found.run_policy == RunPolicy("Weekend", time(22), time(6), immediately=True)


def test_a_policy_of_the_defaults_reaches_every_task_but_those_that_say_null() -> None:
    """A task's own policy beats the default; null takes it away."""
    found = catalog(f"""
        project: p
        defaults: {{run_policy: {{type: Daily, {HOURS}}}}}
        workflows:
          - workflow: w
            tasks:
              - {{task: one, virtual: true}}
              - {{task: two, virtual: true, run_policy: null}}
              - {{task: three, virtual: true, run_policy: {{type: Weekend, {HOURS}}}}}
    """)
    one, two, three = (each.run_policy for each in found.tasks.values())
    assert (one, two) == (RunPolicy("Daily", time(22), time(6)), None)
    assert three == RunPolicy("Weekend", time(22), time(6))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("{}", [("type", "is needed here"), ("start_time", "is needed here"), ("end_time", "is needed here")]),
        (f"{{type: Nightly, {HOURS}}}", [("type", "Daily or Weekend")]),
        (f"{{type: Daily, {HOURS}, immediately: 1}}", [("immediately", "true or false")]),
        (f"{{type: Daily, {HOURS}, at_once: true}}", [("at_once", "one of the keys type start_time")]),
        ('{type: Daily, start_time: 22:00:00, end_time: "6:00"}', [("start_time", "quoted"), ("end_time", "hh:mm:ss")]),
        ('{type: Daily, start_time: "22:00:00", end_time: "22:00:00"}', [("end_time", "another time than start_time")]),
    ],
)
def test_what_a_policy_may_not_say(policy: str, expected: list[tuple[str, str]]) -> None:
    """Every fault at once, with the field's path and what it takes."""
    told = faults(task(f"virtual: true, run_policy: {policy}"))
    assert [fault.path for fault in told] == [f"workflows[0].tasks[0].run_policy.{field}" for field, _ in expected]
    for fault, (_, words) in zip(told, expected, strict=True):
        assert words in fault.allowed
