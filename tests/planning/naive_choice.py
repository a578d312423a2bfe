"""Which tasks a request means, which of them run, and why, naively (spec 4.3 and 4.7)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import networkx as nx
from planning.oracle import TaskSpec


@dataclass(frozen=True)
class Choice:
    """The flat fields of a selection, by names; `within` are the tasks of the workflow that is run."""

    mode: str = "ManualSelection"
    roots: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    include_projects: tuple[str, ...] = ()
    exclude_projects: tuple[str, ...] = ()
    within: tuple[str, ...] = ()


def graph_of(tasks: list[TaskSpec]) -> nx.DiGraph:
    """Every kind of edge."""
    graph = nx.DiGraph()
    graph.add_nodes_from(task.name for task in tasks)
    graph.add_edges_from((up, task.name) for task in tasks for up, _ in task.needs)
    return graph


def reached(tasks: list[TaskSpec], choice: Choice) -> set[str] | str:
    """The tasks that the mode means, before exclusions, or the code of the error."""
    graph = graph_of(tasks)
    chosen = set(choice.include or choice.roots)
    if choice.mode == "General" and not chosen <= {choice.roots[0]} | nx.descendants(graph, choice.roots[0]):
        return "not_downstream"
    if choice.mode == "Chain":
        start, end = choice.include
        if start != end and not nx.has_path(graph, start, end):
            return "no_chain"
        chosen = ({start} | nx.descendants(graph, start)) & ({end} | nx.ancestors(graph, end))
    if choice.mode == "AllDownstream":
        wanted = wanted_tasks(tasks, choice)
        chosen = {choice.roots[0], *choice.include} | (nx.descendants(graph, choice.roots[0]) & wanted)
    if choice.mode == "WithinWorkflow":
        chosen = chosen.union(*(nx.descendants(graph, name) for name in chosen)) & set(choice.within)
    return chosen


def wanted_tasks(tasks: list[TaskSpec], choice: Choice) -> set[str]:
    """The tasks of the projects that the request's lists leave."""
    projects = set(choice.include_projects) or {task.project for task in tasks}
    return {task.name for task in tasks if task.project in projects - set(choice.exclude_projects)}


def run_set(tasks: list[TaskSpec], choice: Choice) -> set[str] | str:
    """The selected tasks, or the code of the error."""
    chosen = reached(tasks, choice)
    return chosen if isinstance(chosen, str) else chosen - set(choice.exclude)


@dataclass(frozen=True)
class Verdict:
    """Of a choice that is no error: what runs, and what is said of each task, for a caller who sees some projects."""

    tasks: list[TaskSpec]
    choice: Choice
    permitted: frozenset[str] | None = None

    @cached_property
    def reached(self) -> set[str]:
        found = reached(self.tasks, self.choice)
        assert not isinstance(found, str)
        return found

    @cached_property
    def unseen(self) -> set[str]:
        """The tasks that the caller may not know of."""
        return {task.name for task in self.tasks if self.permitted is not None and task.project not in self.permitted}

    @cached_property
    def skipped(self) -> set[str]:
        """Selected, but passed through for their recurrence."""
        skip = {task.name for task in self.tasks if task.recurrence == "Skip"}
        return (self.reached & skip) - set(self.choice.exclude) - self.unseen

    @cached_property
    def runs(self) -> set[str]:
        """The tasks of the plan."""
        return self.reached - set(self.choice.exclude) - self.unseen - self.skipped

    def why(self, name: str) -> str:
        """Why a task of the plan is in."""
        of_mode = {"Chain": "on the path", "Exactly": "named"}
        if self.choice.mode in of_mode:
            return of_mode[self.choice.mode]
        if name in self.choice.roots:
            return "root"
        below = "downstream" if self.choice.mode == "WithinWorkflow" else f"downstream of {self.choice.roots[0]}"
        return "included" if name in self.choice.include else below

    def left_out(self) -> dict[str, str]:
        """Why each task is left out that the request names as a root, or reaches, or would reach in more projects."""
        whys = {name: self._why_left_out(name) for name in {task.name for task in self.tasks} - self.runs - self.unseen}
        return {name: why for name, why in whys.items() if why is not None}

    def _why_left_out(self, name: str) -> str | None:
        if name in self.choice.exclude and name in self.reached.union(self.choice.roots):
            return "excluded"
        if name in self.skipped:
            return "recurrence Skip"
        if name in self.choice.roots:
            return "anchor"
        return "project left out" if name in self._not_wanted else None

    @cached_property
    def _not_wanted(self) -> set[str]:
        """Below the root of AllDownstream, but in a project that the request leaves out."""
        if self.choice.mode != "AllDownstream":
            return set()
        return nx.descendants(graph_of(self.tasks), self.choice.roots[0]) - wanted_tasks(self.tasks, self.choice)
