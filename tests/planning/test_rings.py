"""Rings of tasks, most of which are no rings of instances: what need not be made is not made."""

from __future__ import annotations

from datetime import date

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning.asking import planned
from planning.oracle import TaskSpec

from backfilld.errors import DependencyLoop
from backfilld.planning.loops import on_rings

DAYS = date(2024, 1, 1), date(2024, 1, 5)
EDGES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25)


@given(EDGES)
def test_what_is_on_a_ring_is_found(edges: list[tuple[int, int]]):
    """Nodes on rings and on paths between rings are found, others never; without a ring nothing is."""
    graph = nx.DiGraph(edges)
    rings = {n for part in nx.strongly_connected_components(graph) if len(part) > 1 for n in part}
    rings |= {n for n in graph if graph.has_edge(n, n)}
    between = {n for n in graph if nx.ancestors(graph, n) & rings and nx.descendants(graph, n) & rings}

    assert on_rings(edges) == rings | between


def ring(minute: int) -> list[TaskSpec]:
    """Each hour b needs a, and a the cycle before of b, which is due that many minutes past the hour."""
    return [
        TaskSpec("a", "30 * * * *", (("b", "previous"),)),
        TaskSpec("b", f"{minute} * * * *", (("a", "same"),)),
    ]


@pytest.mark.parametrize("minute", [30, 45])
def test_a_ring_that_goes_back_in_time_needs_no_instances(minute: int):
    """Where `same` never waits for a later cycle, `previous` breaks every ring: no template is made to know it."""
    assert planned(ring(minute), *DAYS).templates.of.cache_info().currsize == 0


def test_a_ring_that_waits_for_later_cycles_is_looked_at():
    """Half past needs the quarter past before it, which needs half past: each waits for the other."""
    with pytest.raises(DependencyLoop, match=r"a@.* -> b@.* -> a@"):
        planned(ring(15), *DAYS)


def test_a_plan_afresh_has_made_nothing():
    """It is the same plan, without what was made of the other."""
    plan = planned(ring(45), *DAYS)
    template = plan.template(0)
    again = plan.afresh()

    assert (again.hash, again.templates.of.cache_info().currsize) == (plan.hash, 0)
    assert (again.template(0).size, again.waits_for(1)) == (template.size, plan.waits_for(1))
