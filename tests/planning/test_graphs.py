"""Selection and bridging on real pipelines, against closures worked out by networkx."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import networkx as nx
import pytest
from planning.asking import catalog_of, resolved, waits
from planning.naive_choice import Choice, run_set
from planning.oracle import Oracle, TaskSpec

from backfilld.errors import NoChain, NotDownstream
from backfilld.planning.plan import Plan
from backfilld.planning.planner import make_plan

HERE = Path(__file__).parents[1] / "graphs"
BESIDE = Path(os.environ.get("BACKFILLD_GRAPHS", Path(__file__).parents[3] / "shared" / "graphs"))
FILES = {file.stem: file for folder in (BESIDE, HERE) for file in sorted(folder.glob("*.json"))}
INTERVALS = {"3h": "0 */3 * * *", "hourly": "@hourly", "daily": "@daily", "once": "@daily"}
DAY = date(2024, 1, 1)  # a Monday, and the first of a month
ROUNDS = 4

graphs = pytest.mark.parametrize("name", sorted(FILES))


def specs(name: str, *, crons: bool = False) -> list[TaskSpec]:
    """The tasks of a file, all daily or with the cycles and past dependencies that the source gives."""
    tasks = json.loads(FILES[name].read_text())["tasks"]
    result = [TaskSpec(t["name"], needs=tuple((up, "same") for up in dict.fromkeys(t["depends_on"]))) for t in tasks]
    if not crons:
        return result
    return [
        replace(
            spec,
            cron=task.get("cron") or INTERVALS.get(task.get("interval"), task.get("interval")) or "@daily",
            needs=spec.needs + tuple((past["name"], "previous") for past in task.get("depends_on_past", ())),
        )
        for spec, task in zip(result, tasks, strict=True)
    ]


def plan_of(tasks: list[TaskSpec], choice: Choice, last: date = DAY) -> Plan:
    catalog = catalog_of(tasks)
    fields = {"root_task_ids": choice.roots, "include_task_ids": choice.include, "exclude_task_ids": choice.exclude}
    return make_plan(resolved(catalog, [(DAY, last)], mode=choice.mode, **fields), catalog)


def graph_of(tasks: list[TaskSpec]) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from(task.name for task in tasks)
    graph.add_edges_from((up, task.name) for task in tasks for up, kind in task.needs if kind == "same")
    return graph


def names_of(plan: Plan) -> set[str]:
    return {planned.task.name for planned in plan.tasks}


def test_the_shipped_graphs_are_there():
    """Five real graphs ship with the tests, each with its source and a licence that allows it."""
    shipped = [json.loads(file.read_text()) for file in HERE.glob("*.json")]

    assert sorted(len(graph["tasks"]) for graph in shipped) == [14, 16, 23, 40, 1031]
    assert all(graph["source"] and graph["licence"] in {"Apache-2.0", "BSD-3-Clause"} for graph in shipped)


@graphs
@pytest.mark.parametrize("mode", ["General", "ManualSelection", "AllDownstream", "Chain"])
def test_every_mode_selects_what_networkx_reaches(name: str, mode: str):
    """Descendants, and what lies between two tasks, on graphs of all shapes, less random exclusions."""
    tasks, dice = specs(name), Random(f"{name} {mode}")
    graph = graph_of(tasks)
    for _ in range(ROUNDS):
        root = dice.choice(tasks).name
        below = sorted({root} | nx.descendants(graph, root))
        some = tuple(dice.sample(below, min(3, len(below))))
        exclude = tuple(task for task in below if task not in some and dice.random() < 0.2)
        choice = {
            "General": Choice("General", (root,), some, exclude),
            "ManualSelection": Choice("ManualSelection", (root,), some, exclude),
            "AllDownstream": Choice("AllDownstream", (root,), (), exclude),
            "Chain": Choice("Chain", include=(root, dice.choice(below)), exclude=exclude),
        }[mode]
        assert names_of(plan_of(tasks, choice)) == run_set(tasks, choice)


@graphs
def test_what_cannot_be_selected_is_an_error(name: str):
    """A chain against the arrows, and a task that is not downstream of General's root."""
    tasks = specs(name)
    up, down = next((up, task.name) for task in tasks for up, _ in task.needs)

    with pytest.raises(NoChain, match=r"reversed\?"):
        plan_of(tasks, Choice("Chain", include=(down, up)))
    with pytest.raises(NotDownstream):
        plan_of(tasks, Choice("General", (down,), (up,)))


@graphs
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_bridging_keeps_exactly_the_reachability_of_the_full_graph(name: str, share: float):
    """Between selected tasks, whatever is left out: the plan's closure is the full graph's."""
    tasks, dice = specs(name), Random(f"{name} {share}")
    keep = [task.name for task in tasks if dice.random() > share] or [tasks[0].name]
    plan = plan_of(tasks, Choice(roots=tuple(keep)))
    full, found = graph_of(tasks), nx.DiGraph()
    found.add_nodes_from(keep)
    found.add_edges_from((plan.tasks[edge.up].task.name, plan.tasks[edge.down].task.name) for edge in plan.edges)

    assert all(nx.descendants(found, task) == nx.descendants(full, task) & set(keep) for task in keep)
    assert {(up[0], down[0]) for up, down in waits(plan).edges} == set(found.edges)


@graphs
def test_real_cycles_and_past_dependencies(name: str):
    """With the source's own crons and dependencies on earlier cycles, over two dates, some tasks left out."""
    tasks, dice = specs(name, crons=True), Random(name)
    keep = [task.name for task in tasks if dice.random() > 0.3] or [tasks[0].name]
    last = date(2024, 1, 2)
    plan = plan_of(tasks, Choice(roots=tuple(keep)), last)
    oracle = Oracle(tasks, set(keep), [DAY, last])
    found = waits(plan)

    assert set(found) == oracle.instances
    assert set(found.edges) == set(oracle.waits.edges)
