"""Real pipelines in every mode, against closures worked out by networkx on the full graph."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from random import Random

import networkx as nx
import pytest
from planning.asking import at_once, catalog_of, codes, resolved, waits
from planning.naive_choice import Choice, Verdict
from planning.oracle import Oracle, TaskSpec

from backfilld.catalog.models import Catalog
from backfilld.errors import NoChain, NotDownstream
from backfilld.planning.plan import Plan, split_id
from backfilld.planning.planner import make_plan
from backfilld.request.durations import steady

HERE = Path(__file__).parents[1] / "graphs"
BESIDE = Path(os.environ.get("BACKFILLD_GRAPHS", Path(__file__).parents[3] / "shared" / "graphs"))
FILES = {file.stem: file for folder in (BESIDE, HERE) for file in sorted(folder.glob("*.json"))}
INTERVALS = {"3h": "0 */3 * * *", "hourly": "@hourly", "daily": "@daily", "once": "@daily"}
DAY, NEXT = date(2024, 1, 1), date(2024, 1, 2)  # a Monday, the first of a month, and a Tuesday
PROJECTS, WORKFLOWS = "pqr", "vw"
ROUNDS = 6

graphs = pytest.mark.parametrize("name", sorted(FILES))


@dataclass(frozen=True)
class Pipeline:
    """A real graph, its tasks dealt out to projects and workflows, each with a priority; all are daily."""

    tasks: list[TaskSpec]

    @cached_property
    def catalog(self) -> Catalog:
        return catalog_of(self.tasks)

    @cached_property
    def graph(self) -> nx.DiGraph:
        graph = nx.DiGraph()
        graph.add_nodes_from(task.name for task in self.tasks)
        graph.add_edges_from((up, task.name) for task in self.tasks for up, _ in task.needs)
        return graph

    @cached_property
    def busiest(self) -> TaskSpec:
        """The task with most downstream of it."""
        return max(self.tasks, key=lambda task: len(nx.descendants(self.graph, task.name)))

    def below(self, name: str) -> list[str]:
        """The task and all that is downstream of it."""
        return sorted({name} | nx.descendants(self.graph, name))


@lru_cache
def pipeline(name: str) -> Pipeline:
    dice = Random(name)
    return Pipeline(
        [
            replace(
                task,
                project=dice.choice(PROJECTS),
                workflow=dice.choice(WORKFLOWS),
                priority=dice.choice((None, 1, 4, 11)),
                recurrence=dice.choice(("Normal",) * 19 + ("Skip",)),
            )
            for task in specs(name)
        ]
    )


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


def general(flow: Pipeline, dice: Random) -> Choice:
    root = dice.choice(flow.tasks).name
    below = flow.below(root)
    return Choice("General", (root,), tuple(dice.sample(below, min(5, len(below)))))


def any_tasks(flow: Pipeline, dice: Random) -> Choice:
    some = [task.name for task in flow.tasks if dice.random() < 0.5] or [flow.tasks[0].name]
    return Choice("ManualSelection", (some[0],), tuple(some), some_of(flow, dice, 0.1))


def chain(flow: Pipeline, dice: Random) -> Choice:
    root = dice.choice(flow.tasks).name
    return Choice("Chain", include=(root, dice.choice(flow.below(root))), exclude=some_of(flow, dice, 0.2))


def all_downstream(flow: Pipeline, dice: Random) -> Choice:
    return narrowed(flow, dice, dice.choice(flow.tasks))


def from_the_busiest(flow: Pipeline, dice: Random) -> Choice:
    return narrowed(flow, dice, flow.busiest)


def narrowed(flow: Pipeline, dice: Random, root: TaskSpec) -> Choice:
    """All that is downstream, less some tasks and one project, or in two projects only, or all of it."""
    others = [project for project in PROJECTS if project != root.project]
    lists = dice.choice([{}, {"exclude_projects": tuple(others[:1])}, {"include_projects": (root.project, others[0])}])
    exclude = tuple(name for name in some_of(flow, dice, 0.15) if name != root.name)
    return Choice("AllDownstream", (root.name,), some_of(flow, dice, 0.02), exclude, **lists)


def within_workflow(flow: Pipeline, dice: Random) -> Choice:
    home = dice.choice(flow.tasks)
    within = [t.name for t in flow.tasks if (t.project, t.workflow) == (home.project, home.workflow)]
    return Choice("WithinWorkflow", tuple(dice.sample(within, 1 + len(within) // 4)), within=tuple(within))


def exactly(flow: Pipeline, dice: Random) -> Choice:
    return Choice("Exactly", some_of(flow, dice, 0.3) or (flow.tasks[0].name,))


def some_of(flow: Pipeline, dice: Random, share: float) -> tuple[str, ...]:
    return tuple(task.name for task in flow.tasks if dice.random() < share)


CHOICES = [general, any_tasks, chain, all_downstream, from_the_busiest, within_workflow, exactly]


def plan_of(flow: Pipeline, choice: Choice, last: date = DAY) -> Plan:
    """The plan with the strategy Upstream; types of one moment run on one date."""
    if choice.mode in ("WithinWorkflow", "Exactly"):
        return make_plan(at_once(flow.catalog, DAY, "Manual", choice), flow.catalog)
    fields = {
        "mode": choice.mode,
        "root_task_ids": choice.roots,
        "include_task_ids": choice.include,
        "exclude_task_ids": choice.exclude,
        "include_project_ids": list(choice.include_projects),
        "exclude_project_ids": list(choice.exclude_projects),
        "priority_weight_strategy": "Upstream",
    }
    return make_plan(resolved(flow.catalog, [(DAY, last)], **fields), flow.catalog)


@graphs
@pytest.mark.parametrize("choose", CHOICES)
def test_every_mode_on_real_graphs(name: str, choose: Callable[[Pipeline, Random], Choice]):
    """Run set, provenance, reachability, bridges, sizes, weights and paths are what the full graph says."""
    flow, dice = pipeline(name), Random(f"{name} {choose.__name__}")
    for _ in range(ROUNDS):
        choice = choose(flow, dice)
        plan, verdict = plan_of(flow, choice, NEXT), Verdict(flow.tasks, choice)

        holds_selection(plan, verdict, flow)
        holds_edges(plan, verdict.runs, flow.graph)
        if choice.mode not in ("WithinWorkflow", "Exactly"):
            holds_weights(plan, flow)


def holds_selection(plan: Plan, verdict: Verdict, flow: Pipeline) -> None:
    names = flow.catalog.short_names
    assert {task.name: task.why for task in plan.tasks} == {task: verdict.why(task) for task in verdict.runs}
    assert {names[left.task]: left.why for left in plan.excluded} == verdict.left_out()
    assert plan.size == len(plan.dates) * len(verdict.runs) == sum(task.instances for task in plan.tasks)


def holds_edges(plan: Plan, runs: set[str], graph: nx.DiGraph) -> None:
    """The same reachability among the run set; what lies between two of it and is left out is named as bridged."""
    found = nx.DiGraph()
    found.add_nodes_from(runs)
    found.add_edges_from((plan.tasks[edge.up].name, plan.tasks[edge.down].name) for edge in plan.edges)
    above, below = marks(graph, runs), marks(graph.reverse(copy=False), runs)

    assert marks(found, runs) == {task: above[task] for task in runs}
    assert set(codes(plan).get("bridged", ())) == {
        task for task in graph if task not in runs and above[task] and below[task]
    }
    for position in range(len(plan.dates)):
        pairs = {(split_id(up), down) for down, ups in enumerate(plan.waits_for(position)) for up in ups}
        assert pairs == {((position, edge.up), edge.down) for edge in plan.edges}


def marks(graph: nx.DiGraph, runs: set[str]) -> dict[str, int]:
    """For each task the bits of those of `runs` that are upstream of it, and its own."""
    bit = {task: 1 << number for number, task in enumerate(sorted(runs))}
    result: dict[str, int] = {}
    for task in nx.topological_sort(graph):
        result[task] = bit.get(task, 0)
        for up in graph.predecessors(task):
            result[task] |= result[up]
    return result


def holds_weights(plan: Plan, flow: Pipeline) -> None:
    """Every distinct task of the plan that is upstream counts once; the longest way down, in tasks of the plan."""
    own = {task.name: task.priority for task in plan.tasks}
    hops = longest(flow.graph, dict.fromkeys(own, 1.0))
    for task in plan.tasks:
        above = nx.ancestors(flow.graph, task.name) & own.keys()
        assert task.weight == own[task.name] + sum(own[up] for up in above)
        assert task.remaining == hops[task.name]


def longest(graph: nx.DiGraph, seconds: Mapping[str, float]) -> dict[str, float]:
    """For each task the most seconds on a way down from its start."""
    result: dict[str, float] = {}
    for task in reversed(list(nx.topological_sort(graph))):
        result[task] = seconds.get(task, 0) + max((result[down] for down in graph.successors(task)), default=0)
    return result


@pytest.mark.parametrize("name", [name for name in sorted(FILES) if '"seconds"' in FILES[name].read_text()])
def test_recorded_durations_give_the_remaining_paths(name: str):
    """With the source's own seconds, every second task left out: the longest way down over the bridges."""
    flow = pipeline(name)
    recorded = {task["name"]: task.get("seconds") for task in json.loads(FILES[name].read_text())["tasks"]}
    keep = [task for task in flow.tasks[::2] if recorded[task.name] is not None and task.recurrence == "Normal"]
    ids = {task.name: task.id for task in flow.catalog.tasks.values()}
    ask = resolved(
        flow.catalog, [(DAY, DAY)], root_task_ids=keep[:1] and [keep[0].name], include_task_ids=[t.name for t in keep]
    )
    history = steady({ids[t.name]: recorded[t.name] for t in keep})
    plan = make_plan(replace(ask, durations=history), flow.catalog)
    expected = longest(flow.graph, {task.name: recorded[task.name] for task in keep})

    assert {task.name: task.remaining for task in plan.tasks} == pytest.approx({t.name: expected[t.name] for t in keep})


@graphs
def test_what_cannot_be_selected_is_an_error(name: str):
    """A chain against the arrows, and a task that is not downstream of General's root."""
    flow = pipeline(name)
    up, down = next((up, task.name) for task in flow.tasks for up, _ in task.needs)

    with pytest.raises(NoChain, match=r"reversed\?"):
        plan_of(flow, Choice("Chain", include=(down, up)))
    with pytest.raises(NotDownstream):
        plan_of(flow, Choice("General", (down,), (up,)))


def test_the_shipped_graphs_are_there():
    """Five real graphs ship with the tests, each with its source and a licence that allows it."""
    shipped = [json.loads(file.read_text()) for file in HERE.glob("*.json")]

    assert sorted(len(graph["tasks"]) for graph in shipped) == [14, 16, 23, 40, 1031]
    assert all(graph["source"] and graph["licence"] in {"Apache-2.0", "BSD-3-Clause"} for graph in shipped)


@graphs
def test_real_cycles_and_past_dependencies(name: str):
    """With the source's own crons and dependencies on earlier cycles, over two dates, some tasks left out."""
    tasks, dice = specs(name, crons=True), Random(name)
    keep = [task.name for task in tasks if dice.random() > 0.3] or [tasks[0].name]
    plan = plan_of(Pipeline(tasks), Choice(roots=tuple(keep)), NEXT)
    oracle = Oracle(tasks, set(keep), [DAY, NEXT])
    found = waits(plan)

    assert set(found) == oracle.instances
    assert set(found.edges) == set(oracle.waits.edges)
