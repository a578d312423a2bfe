"""Golden plans: what came of a request is never to change.

A backfill that was accepted is planned again at every start, and its hash compared: another hash for the same request
and catalog pauses it as `plan_changed`, for every user who has one open. So a case that fails here is a promise broken,
not a file to renew. New cases get their plan as `golden_plans.py` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from planning.asking import instances, reach, waits
from planning.golden_plans import Case, cases, outcome
from planning.oracle import Kind, Oracle, TaskSpec

from backfilld.catalog.parse import catalog_of
from backfilld.planning.planner import make_plan

golden = pytest.mark.parametrize("case", cases(), ids=lambda case: case.file.stem)
RULES = {
    "dates": 7,
    "cycles": 14,
    "selection": 10,
    "bridging": 7,
    "expansion": 11,
    "weights": 3,
    "provenance": 7,
    "analysis": 2,
    "types": 7,
}
"""How many cases each rule has at the least; files are named for the rule."""


@golden
def test_a_plan_stays_what_it_was(case: Case):
    """Hash, dates, counts, edges, provenance, findings."""
    assert "plan" in case.value, "a new case: run `python -m planning.golden_plans` in the folder `tests`"
    assert outcome(case) == case.value["plan"]


@golden
def test_it_is_planned_again_from_what_is_stored(case: Case):
    """The catalog's canonical text, the resolved request and the left-out bits give the same hash."""
    again = make_plan(case.request, catalog_of(case.catalog.content), case.plan.left_out)
    assert again.hash == case.value["plan"]["hash"]


@pytest.mark.parametrize("case", [case for case in cases() if case.plan.size < 1_000], ids=lambda case: case.file.stem)
def test_what_is_pinned_is_right(case: Case):
    """The instances, and who waits for whom, are the oracle's: nothing wrong is kept for ever."""
    moment = case.request.accepted_at.replace(microsecond=0) if case.request.at_once else None
    window = case.request.window.start, case.request.window.end
    runs = {task.task.name for task in case.plan.tasks}
    oracle = Oracle(list(specs(case)), runs, list(case.plan.dates), window, at_once=moment)

    assert set(instances(case.plan).values()) == oracle.instances
    assert reach(waits(case.plan)) == reach(oracle.waits)


def specs(case: Case) -> Iterator[TaskSpec]:
    """The tasks of the case, read from its text."""
    for project in case.value["catalog"]:
        for flow in project.get("workflows", ()):
            for task in flow["tasks"]:
                yield TaskSpec(
                    task["task"],
                    task.get("cron", "0 0 * * *"),
                    tuple(map(need, task.get("depends_on", ()))),
                    zone=task.get("timezone", project.get("timezone", "UTC")),
                    offset=project["business_date_offset"],
                )


def need(written: str | Mapping[str, Any]) -> tuple[str, Kind]:
    if isinstance(written, str):
        return written, "same"
    return written["task"], written.get("dates", written.get("cycle", "same"))


def test_every_rule_has_its_cases():
    """Cases are added, never taken away; each says what it shows, and no two ask the same."""
    found = cases()
    count = {rule: sum(case.file.stem.startswith(f"{rule}_") for case in found) for rule in RULES}

    assert all(count[rule] >= least for rule, least in RULES.items()), count
    assert sum(count.values()) == len(found)
    assert all(case.value["rule"].endswith(".") for case in found)
    assert len({case.file.read_text() for case in found}) == len(found)
