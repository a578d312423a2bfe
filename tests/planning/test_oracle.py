"""Planning against the oracle, on random catalogs, requests and dates round clock changes."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import assume, given
from planning.asking import codes, content, instances, plan_of, reach, waits
from planning.naive_choice import run_set
from planning.oracle import Oracle
from planning.random_catalogs import Asked, asked

from backfilld.errors import DependencyLoop, ProductError
from backfilld.planning.plan import Plan, split_id


def oracle_of(ask: Asked) -> Oracle:
    """What the spec says of it; requests that are errors are left to other tests."""
    oracle = ask.oracle
    assume(oracle is not None)
    return oracle


def planned_without_loop(ask: Asked) -> tuple[Oracle, Plan]:
    oracle = oracle_of(ask)
    assume(nx.is_directed_acyclic_graph(oracle.waits))
    return oracle, plan_of(ask)


@given(asked())
def test_the_selection_is_the_oracles(ask: Asked):
    """Every mode selects what the spec says, less Skip and what may not be seen, or raises its error."""
    chosen = ask.verdict
    try:
        found: object = {planned.task.name for planned in plan_of(ask).tasks}
    except DependencyLoop:
        return
    except ProductError as error:
        found = error.code

    assert found == (run_set(ask.tasks, ask.choice) if chosen is None else chosen.runs)


@given(asked())
def test_tasks_come_upstream_first(ask: Asked):
    """In the order of same-cycle edges, also those between tasks that are not selected."""
    _, plan = planned_without_loop(ask)
    place = {planned.task.name: number for number, planned in enumerate(plan.tasks)}

    for task in ask.tasks:
        assert all(place.get(up, -1) < place.get(task.name, 99) for up, kind in task.needs if kind == "same")


@given(asked())
def test_every_instance_exists_once(ask: Asked):
    """The planned instances are every kept cycle of every selected task on every date, each once, counted right."""
    oracle, plan = planned_without_loop(ask)
    found = instances(plan)

    assert sorted(found.values()) == sorted(oracle.instances)
    assert plan.size == len(found)
    assert {task.task.name: task.instances for task in plan.tasks} == {
        name: sum(name == instance[0] for instance in oracle.instances) for name in oracle.selected
    }
    assert list(plan.dates) == sorted(oracle.dates, reverse=ask.order == "Desc")


@given(asked())
def test_who_waits_for_whom(ask: Asked):
    """Edges join planned instances only, and reach exactly what the oracle's reach: bridged, windowed, across dates."""
    oracle, plan = planned_without_loop(ask)
    found = waits(plan)

    assert set(found) == oracle.instances
    if found.edges != oracle.waits.edges:
        assert reach(found) == reach(oracle.waits)


@given(asked())
def test_a_loop_between_instances_is_an_error_and_nothing_else_is(ask: Asked):
    """`DependencyLoop` comes exactly when instances wait for each other, and names a ring."""
    oracle = oracle_of(ask)
    if nx.is_directed_acyclic_graph(oracle.waits):
        assert plan_of(ask).size == len(oracle.instances)
        return
    with pytest.raises(DependencyLoop) as caught:
        plan_of(ask)
    ring = caught.value.path
    assert (ring[0], len(ring) > 1) == (ring[-1], True)


@given(asked())
def test_ids_are_positions_and_topological_ordinals(ask: Asked):
    """Ordinals of a date are 0..n-1, its position stands above them, and what is waited for on a date comes before."""
    _, plan = planned_without_loop(ask)
    for position in range(len(plan.dates)):
        waiting = plan.waits_for(position)
        assert len(waiting) == plan.template(position).size
        for ordinal, ups in enumerate(waiting):
            for run, up in map(split_id, ups):
                assert run != position or up < ordinal
                assert 0 <= up < plan.template(run).size


@given(asked())
def test_templates_agree_with_themselves(ask: Asked):
    """A template's downstream mirrors its upstream, and `unmet` counts it."""
    _, plan = planned_without_loop(ask)
    for position in range(len(plan.dates)):
        template = plan.template(position)
        pairs = {(up, down) for down in range(template.size) for up in template.upstream(down)}
        assert {(up, down) for up in range(template.size) for down in template.downstream(up)} == pairs
        assert list(template.unmet()) == [len(template.upstream(n)) for n in range(template.size)]
        assert template.edges == len(pairs)


@given(asked())
def test_newest_first_is_refused_exactly_with_edges_across_dates(ask: Asked):
    """With Desc, an edge between two dates of the plan is an error."""
    oracle, plan = planned_without_loop(ask)
    assert ("desc_cross_date" in codes(plan)) == (ask.order == "Desc" and oracle.crosses)


@given(asked())
def test_weights_count_every_distinct_upstream_task_once(ask: Asked):
    """The effective priority is the own one, and with Upstream that of all distinct selected upstream tasks."""
    oracle, plan = planned_without_loop(ask)
    for task in plan.tasks:
        own = ask.priority or oracle.tasks[task.task.name].priority or 1
        upstream = ask.strategy == "Upstream"
        assert (task.priority, task.weight) == (
            own,
            oracle.weight(task.task.name, ask.priority) if upstream else own,
        )


@given(asked())
def test_the_same_input_gives_the_same_plan(ask: Asked):
    """Planning is deterministic: a second catalog and request of the same text give the same ids, edges and hash."""
    _, plan = planned_without_loop(ask)
    again = plan_of(ask)

    assert (again.hash, again.findings, content(again)) == (plan.hash, plan.findings, content(plan))
