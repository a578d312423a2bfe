"""What `depends_on` may say, and what it means."""

from __future__ import annotations

import pytest
from catalog.writing import catalog, faults

from backfilld.catalog.models import PREVIOUS, SAME, Dependency, LastDates

FLOWS = """
    - project: shop
      workflows:
        - workflow: daily
          tasks:
            - {task: extract, id: 1, virtual: true}
            - {task: both, id: 2, virtual: true}
            - {task: asked, id: 9, virtual: true, depends_on: [%s]}
        - workflow: weekly
          tasks: [{task: both, id: 3, virtual: true}, {task: report, id: 4, virtual: true}]
        - workflow: monthly
          tasks: [{task: report, id: 6, virtual: true}]
    - project: finance
      workflows: [{workflow: rates, tasks: [{task: feed, id: 5, virtual: true}]}]
"""


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("extract", Dependency(1, SAME)),
        ("1", Dependency(1, SAME)),
        ('"1"', Dependency(1, SAME)),
        ("both", Dependency(2, SAME)),  # the own workflow first
        ("{task: extract, cycle: previous}", Dependency(1, PREVIOUS)),
        ("{task: asked, cycle: previous}", Dependency(9, PREVIOUS)),
        ("{task: extract, dates: 7}", Dependency(1, LastDates(7))),
        ("{task: extract, dates: 366}", Dependency(1, LastDates(366))),
        ("{workflow: weekly, task: both}", Dependency(3, SAME)),
        ("{project: finance, workflow: rates, task: feed}", Dependency(5, SAME)),
        ("{project: finance, task: feed, cycle: previous}", Dependency(5, PREVIOUS)),
        ("{task: 5, dates: 2}", Dependency(5, LastDates(2))),
    ],
)
def test_dependencies(written: str, expected: Dependency) -> None:
    """By name, id or full reference; of the same cycle, the previous one, or the last dates."""
    assert catalog(FLOWS % written).tasks[9].depends_on == (expected,)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("extrakt", "did you mean extract?"),
        ("feed", "write {project: finance, workflow: rates, task: feed}"),
        ("report", "more than once: write {project: shop, workflow: weekly, task: report} or"),
        ("asked", "{task: asked, cycle: previous}: a task can only wait for its own previous cycle"),
        ("{task: asked, dates: 7}", "a task can only wait for its own previous cycle"),
        ("{task: extract, dates: 0}", "an integer from 1 to 366"),
        ("{task: extract, dates: 367}", "an integer from 1 to 366"),
        ("{task: extract, dates: 2, cycle: previous}", "cycle or dates, not both"),
        ("{task: extract, cycle: same}", "previous"),
        ("{task: extract, when: later}", "the keys project workflow task cycle dates"),
        ("{cycle: previous}", "with a task"),
        ("extract, extract", "each dependency once"),
        ("extract, 1", "each dependency once"),
        ("[extract]", "the id or name of a task"),
    ],
)
def test_what_no_dependency_can_be(written: str, words: str) -> None:
    """One fault, at the entry, with what to write instead."""
    [fault] = faults(FLOWS % written)
    assert words in fault.allowed
    assert fault.path.startswith("[0].workflows[0].tasks[2].depends_on[")
    assert fault.place
    assert fault.place.line == 8


def test_the_same_task_may_be_needed_in_two_ways() -> None:
    """A cycle and the one before it are two dependencies."""
    found = catalog(FLOWS % "extract, {task: extract, cycle: previous}").tasks[9].depends_on
    assert found == (Dependency(1, SAME), Dependency(1, PREVIOUS))


def test_every_loop_is_printed() -> None:
    """A ring within one cycle names its tasks in order; two rings are two faults."""
    found = faults("""
        project: p
        workflows:
          - workflow: w
            tasks:
              - {task: a, virtual: true, depends_on: [c]}
              - {task: b, virtual: true, depends_on: [a]}
              - {task: c, virtual: true, depends_on: [b]}
              - {task: d, virtual: true, depends_on: [e]}
              - {task: e, virtual: true, depends_on: [d]}
    """)
    assert [fault.given for fault in found] == ["p/w/a -> p/w/b -> p/w/c -> p/w/a", "p/w/d -> p/w/e -> p/w/d"]
    assert all("no ring" in fault.allowed for fault in found)


def test_a_ring_through_a_previous_cycle_is_none() -> None:
    """Waiting for yesterday's instance of what waits for today's is how state is carried on."""
    found = catalog("""
        project: p
        workflows:
          - workflow: w
            tasks:
              - {task: a, id: 1, virtual: true, depends_on: [{task: b, cycle: previous}]}
              - {task: b, id: 2, virtual: true, depends_on: [a]}
    """)
    assert found.dag.ordered() == [1, 2]
