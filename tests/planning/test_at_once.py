"""Types outside SupplementData: one date, one instance a task, due at the moment of acceptance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import networkx as nx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from planning.asking import catalog_of, catalog_value, codes, instances, reach, resolved, waits
from planning.naive_choice import graph_of
from planning.oracle import Oracle, TaskSpec
from planning.random_catalogs import Asked, asked

from backfilld.catalog.documents import Document
from backfilld.catalog.models import Catalog
from backfilld.catalog.parse import parse_catalog
from backfilld.errors import DependencyLoop
from backfilld.planning.plan import Plan
from backfilld.planning.planner import make_plan
from backfilld.request.resolved import ResolvedRequest
from backfilld.request.selection import Exactly, Selection, WithinWorkflow

DAY = date(2024, 3, 10)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC))
KINDS = ["ManualWorkflow", "Manual", "SmokeTest", "TriggerWorkflow"]


@st.composite
def selections(draw: st.DrawFn, ask: Asked) -> tuple[set[str], Selection]:
    """Tasks by name, and the same selection by ids: exact ones, or all below some roots within one workflow."""
    ids = {task.name: number for number, task in enumerate(ask.tasks, 1)}
    home = draw(st.sampled_from(ask.tasks))
    within = {task.name for task in ask.tasks if (task.project, task.workflow) == (home.project, home.workflow)}
    roots = set(draw(st.lists(st.sampled_from(sorted(within)), min_size=1, unique=True)))
    if draw(st.booleans()):
        return roots, Exactly(frozenset(ids[name] for name in roots))
    below = roots.union(*(nx.descendants(graph_of(ask.tasks), name) for name in roots)) & within
    chosen = frozenset(ids[name] for name in roots), frozenset(ids[name] for name in within)
    return below, WithinWorkflow(*chosen)


def request(catalog: Catalog, selection: Selection, kind: str, moment: datetime) -> ResolvedRequest:
    some = resolved(catalog, [(DAY, DAY)], root_task_ids=[next(iter(catalog.tasks.values())).name])
    return replace(some, selection=selection, type=kind, accepted_at=moment)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data(), ask=asked(), moment=moments)
def test_one_instance_a_task(kind: str, data: st.DataObject, ask: Asked, moment: datetime):
    """Whatever its cron: its cycle is the acceptance, to the second, and edges are those among such cycles."""
    selected, selection = data.draw(selections(ask))
    catalog = catalog_of(ask.tasks)
    runs = {task.name for task in ask.tasks if task.name in selected and task.recurrence != "Skip"}
    oracle = Oracle(ask.tasks, runs, [DAY], at_once=moment.replace(microsecond=0))
    asks = request(catalog, selection, kind, moment)
    if not nx.is_directed_acyclic_graph(oracle.waits):
        with pytest.raises(DependencyLoop):
            make_plan(asks, catalog)
        return
    plan = make_plan(asks, catalog)

    assert sorted(instances(plan).values()) == sorted(oracle.instances)
    assert [task.instances for task in plan.tasks] == [1] * len(runs)
    assert reach(waits(plan)) == reach(oracle.waits)


@given(st.data(), asked(), moments, moments)
def test_the_moment_is_not_in_the_hash(data: st.DataObject, ask: Asked, one: datetime, other: datetime):
    """What was seen in a preview is the plan that is accepted a minute later; only due times differ."""
    _, selection = data.draw(selections(ask))
    catalog = catalog_of(ask.tasks)
    try:
        plans = [make_plan(request(catalog, selection, "Manual", moment), catalog) for moment in (one, other)]
    except DependencyLoop:
        assume(False)

    assert plans[0].hash == plans[1].hash
    assert shape(plans[0]) == shape(plans[1])
    if plans[0].size:
        apart = one.replace(microsecond=0) - other.replace(microsecond=0)
        assert plans[0].cycle_time(0, 0) - plans[1].cycle_time(0, 0) == apart


def shape(plan: Plan) -> object:
    return plan.dates, list(plan.template(0).tasks), plan.waits_for(0)


CHAIN = [
    TaskSpec("a"),
    TaskSpec("b", "0 6 * * 0", (("a", "same"), ("b", "previous"))),
    TaskSpec("c", "0 * * * *", (("b", "same"), ("a", 3))),
]


def exactly(kind: str, *names: str) -> Plan:
    """The plan of these tasks of the chain, each with two retries."""
    value = catalog_value(CHAIN)
    value[0]["defaults"] = {"retries": 2}
    catalog = parse_catalog([Document("test.yaml", value)])
    chosen = frozenset(task.id for task in catalog.tasks.values() if task.name in names)
    return make_plan(request(catalog, Exactly(chosen), kind, datetime(2024, 5, 1, 9, 30, 5, 7, tzinfo=UTC)), catalog)


def test_a_weekly_task_runs_on_any_day():
    """No cron is asked, no window, no earlier date: hours and weeks become one instance each."""
    plan = exactly("Manual", "a", "b", "c")

    assert plan.size == 3
    assert {at for _, _, at in instances(plan).values()} == {datetime(2024, 5, 1, 9, 30, 5, tzinfo=UTC)}
    assert plan.waits_for(0) == [[], [0], [0, 1]]
    assert codes(plan) == {}


def test_only_named_tasks_run():
    """Dependencies among them are kept, over what is not named; that is said."""
    plan = exactly("Manual", "a", "c")
    assert ([task.why for task in plan.tasks], plan.waits_for(0)) == (["named", "named"], [[], [0]])
    assert codes(plan) == {"bridged": ["b"]}


@pytest.mark.parametrize(("kind", "retries"), [("SmokeTest", 0), ("Manual", 2), ("ManualWorkflow", 2)])
def test_a_smoke_test_is_never_retried(kind: str, retries: int):
    """Other types keep the retries of the catalog."""
    assert {task.task.retries for task in exactly(kind, "a", "c").tasks} == {retries}


def test_why_a_task_of_a_workflow_is_in():
    """A root of the workflow, or downstream."""
    catalog = catalog_of(CHAIN)
    selection = WithinWorkflow(frozenset({1}), frozenset({1, 2, 3}))
    plan = make_plan(request(catalog, selection, "ManualWorkflow", datetime(2024, 5, 1, tzinfo=UTC)), catalog)
    assert {task.name: task.why for task in plan.tasks} == {"a": "root", "b": "downstream", "c": "downstream"}
