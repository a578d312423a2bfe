"""What a plan says of itself against the oracle: why a task is in or out, what is bridged, what is wrong."""

from __future__ import annotations

import re

import networkx as nx
from hypothesis import assume, given
from planning.asking import codes, plan_of
from planning.naive_choice import Verdict
from planning.naive_clock import DAY, placed
from planning.oracle import Oracle
from planning.random_catalogs import Asked, asked

from backfilld.planning.plan import LeftOut, Plan


def judged(ask: Asked) -> tuple[Verdict, Oracle, Plan]:
    """What the spec says, and the plan; requests that are errors are left to other tests."""
    verdict, oracle = ask.verdict, ask.oracle
    assume(verdict is not None)
    assume(nx.is_directed_acyclic_graph(oracle.waits))
    return verdict, oracle, plan_of(ask)


def names_of(ask: Asked) -> dict[int, str]:
    return {number: task.name for number, task in enumerate(ask.tasks, 1)}


def subjects(plan: Plan, code: str) -> set[str]:
    return set(codes(plan).get(code, ()))


@given(asked())
def test_why_a_task_is_in(ask: Asked):
    """Root, included, downstream of X, on the path: one of these words for every task of the plan."""
    verdict, _, plan = judged(ask)
    assert {task.name: task.why for task in plan.tasks} == {name: verdict.why(name) for name in verdict.runs}


@given(asked())
def test_why_a_task_is_left_out(ask: Asked):
    """Excluded, recurrence Skip, an anchor, in a project left out: each task once, for all dates of the plan."""
    verdict, _, plan = judged(ask)
    names = names_of(ask)

    assert {names[left.task]: left.why for left in plan.excluded} == verdict.left_out()
    assert all(left == LeftOut(left.task, plan.dates, left.why) for left in plan.excluded)
    assert len(plan.excluded) == len({left.task for left in plan.excluded})


@given(asked())
def test_what_may_not_be_seen_is_counted_and_never_named(ask: Asked):
    """Neither in the plan, nor bridged, left out or in a finding: only how many would have been in."""
    verdict, _, plan = judged(ask)
    names = names_of(ask)
    named = {names[task] for task in plan.bridged} | {names[left.task] for left in plan.cycles_left_out()}
    named |= {task.name for task in plan.tasks}
    for finding in plan.findings:
        named |= set(re.findall(r"\bt\d\b", f"{finding.subject} {finding.message}"))

    assert not named & verdict.unseen
    assert plan.not_permitted == len(verdict.reached & verdict.unseen)


@given(asked())
def test_what_is_bridged_is_named(ask: Asked):
    """`bridged` names every task inside a bridge; where a second edge across dates ends one, a finding says so."""
    verdict, oracle, plan = judged(ask)
    names = names_of(ask)

    assert {names[task] for task in plan.bridged} == oracle.bridged - verdict.unseen
    assert subjects(plan, "bridged") == oracle.inside(None, oracle.selected) - verdict.unseen
    assert subjects(plan, "bridge_ended") == oracle.ended


@given(asked())
def test_cycles_left_out_by_the_window_are_named(ask: Asked):
    """A date is named, and its cycles counted, where the window of the day drops cycles of a task of the plan."""
    _, oracle, plan = judged(ask)
    names = names_of(ask)
    outside = {
        (name, day): sum(not cycle.kept for cycle in cycles)
        for (name, day), cycles in oracle.day.items()
        if name in oracle.selected and not all(cycle.kept for cycle in cycles)
    }
    lefts = [left for left in plan.cycles_left_out() if left.why == "window"]

    assert {(names[left.task], day) for left in lefts for day in left.dates} == set(outside)
    assert {names[left.task]: left.cycles for left in lefts} == {
        task: sum(count for (name, _), count in outside.items() if name == task) for task, _ in outside
    }


@given(asked())
def test_dropped_cycles_are_found(ask: Asked):
    """A task that loses a cycle to another date where clocks change has the finding `cycle_dropped`."""
    _, oracle, plan = judged(ask)
    lost = {
        name
        for name in oracle.selected
        for day in oracle.dates
        for naive, moment in placed(
            oracle.tasks[name].cron, oracle.tasks[name].zone, day + oracle.tasks[name].offset * DAY
        )
        if moment is None and ask.window[0] <= naive <= ask.window[1]
    }
    assert subjects(plan, "cycle_dropped") == lost


@given(asked())
def test_what_has_no_cycle_is_found(ask: Asked):
    """Every task without an instance is warned of; if no root has one, or without roots no task, that is an error."""
    _, oracle, plan = judged(ask)
    idle = oracle.selected - {name for name, _, _ in oracle.instances}
    roots = (oracle.selected & set(ask.choice.roots) if ask.choice.mode != "Chain" else set()) or oracle.selected

    assert subjects(plan, "no_cycle") == idle
    assert ("no_root_cycle" in codes(plan)) == (bool(roots) and roots <= idle)
    assert ("nothing_selected" in codes(plan)) == (not oracle.selected)


@given(asked())
def test_paused_tasks_stop_the_request(ask: Asked):
    """A task of the plan with recurrence Pause is an error if it has instances; it is planned like any other."""
    _, oracle, plan = judged(ask)
    awake = {name for name, _, _ in oracle.instances}
    found = [finding for finding in plan.findings if finding.code == "paused_task"]

    assert {each.subject for each in found} == {name for name in awake if oracle.tasks[name].recurrence == "Pause"}
    assert all((each.severity, each.blocks) == ("error", True) for each in found)


@given(asked())
def test_isolated_tasks_are_found(ask: Asked):
    """What runs on its own beside others: no other task of the plan above or below it, over bridges of all kinds."""
    _, oracle, plan = judged(ask)
    graph = nx.Graph(
        (up, name) for name in oracle.selected for (up, _), end in oracle.steps_above(name, None) if end and up != name
    )
    awake = {name for name, _, _ in oracle.instances}

    assert subjects(plan, "isolated") == (awake - set(graph) if len(awake) > 1 else set())


@given(asked())
def test_only_errors_block_and_they_come_first(ask: Asked):
    """Errors, warnings, what is good to know; with `analysis` at its defaults every error stops the request."""
    _, _, plan = judged(ask)
    severities = [finding.severity for finding in plan.findings]

    assert severities == sorted(severities, key=("error", "warning", "info").index)
    assert all(finding.blocks == (finding.severity == "error") for finding in plan.findings)
