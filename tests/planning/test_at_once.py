"""Types outside SupplementData: one date, one instance a task, due at the moment of acceptance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import networkx as nx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from planning.asking import at_once, catalog_of, catalog_value, codes, instances, reach, waits
from planning.naive_choice import Choice, Verdict
from planning.oracle import Oracle, TaskSpec
from planning.random_catalogs import Asked, asked

from backfilld.catalog.documents import Document
from backfilld.catalog.parse import parse_catalog
from backfilld.errors import DependencyLoop
from backfilld.planning.plan import Plan
from backfilld.planning.planner import make_plan
from backfilld.request.resolved import ResolvedRequest

DAY = date(2024, 3, 10)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC))
KINDS = ["ManualWorkflow", "Manual", "SmokeTest", "TriggerWorkflow"]


@st.composite
def within_or_exactly(draw: st.DrawFn, ask: Asked) -> Choice:
    """Exact tasks, or all below some roots within one workflow."""
    home = draw(st.sampled_from(ask.tasks))
    within = [task.name for task in ask.tasks if (task.project, task.workflow) == (home.project, home.workflow)]
    roots = draw(st.lists(st.sampled_from(within), min_size=1, unique=True))
    return Choice(draw(st.sampled_from(("Exactly", "WithinWorkflow"))), tuple(roots), within=tuple(within))


def accepted(ask: ResolvedRequest, moment: datetime) -> ResolvedRequest:
    return replace(ask, accepted_at=moment)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data(), ask=asked(), moment=moments)
def test_one_instance_a_task(kind: str, data: st.DataObject, ask: Asked, moment: datetime):
    """Whatever its cron: its cycle is the acceptance, to the second, and edges are those among such cycles."""
    choice, catalog = data.draw(within_or_exactly(ask)), catalog_of(ask.tasks)
    verdict = Verdict(ask.tasks, choice)
    oracle = Oracle(ask.tasks, verdict.runs, [DAY], at_once=moment.replace(microsecond=0))
    asks = accepted(at_once(catalog, DAY, kind, choice), moment)
    if not nx.is_directed_acyclic_graph(oracle.waits):
        with pytest.raises(DependencyLoop):
            make_plan(asks, catalog)
        return
    plan = make_plan(asks, catalog)

    assert sorted(instances(plan).values()) == sorted(oracle.instances)
    assert {task.name: (task.why, task.instances) for task in plan.tasks} == {
        name: (verdict.why(name), 1) for name in verdict.runs
    }
    assert reach(waits(plan)) == reach(oracle.waits)


@given(st.data(), asked(), moments, moments)
def test_the_moment_is_not_in_the_hash(data: st.DataObject, ask: Asked, one: datetime, other: datetime):
    """What was seen in a preview is the plan that is accepted a minute later; only due times differ."""
    catalog = catalog_of(ask.tasks)
    asks = at_once(catalog, DAY, "Manual", data.draw(within_or_exactly(ask)))
    try:
        plans = [make_plan(accepted(asks, moment), catalog) for moment in (one, other)]
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
    asks = at_once(catalog, DAY, kind, Choice("Exactly", names))
    return make_plan(accepted(asks, datetime(2024, 5, 1, 9, 30, 5, 7, tzinfo=UTC)), catalog)


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
