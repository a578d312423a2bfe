"""Planning once more, naively, from the words of the spec: instance by instance, no sharing, nothing imported of it.

Who waits for whom is found by walking every path.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property

import networkx as nx
from planning.naive_clock import DAY, placed

Kind = str | int
"""`same`, `previous`, or n: the cycles of the last n business dates."""
Instance = tuple[str, date, datetime]
"""Task, business date, cycle time in UTC."""


@dataclass(frozen=True)
class TaskSpec:
    """One task as the tests write it; `needs` are pairs of a task's name and a kind."""

    name: str
    cron: str = "0 0 * * *"
    needs: tuple[tuple[str, Kind], ...] = ()
    project: str = "p"
    workflow: str = "w"
    zone: str = "UTC"
    offset: int = 0
    priority: int | None = None
    recurrence: str = "Normal"


@dataclass(frozen=True)
class Cycle:
    """A moment in UTC, and whether the window of the day keeps it."""

    moment: datetime
    kept: bool


def cycles_of(task: TaskSpec, bizdate: date, window: tuple[time, time]) -> list[Cycle]:
    """All cycles of a task for a business date, ascending, each marked whether the window keeps it."""
    kept: dict[datetime, bool] = {}
    for naive, moment in placed(task.cron, task.zone, bizdate + task.offset * DAY):
        if moment is not None:
            kept[moment] = kept.get(moment, False) or window[0] <= naive <= window[1]
    return [Cycle(moment, kept[moment]) for moment in sorted(kept)]


def partners(child: int, children: list[datetime], parents: list[datetime]) -> list[datetime]:
    """Rule 5: the parent's cycles on the same date that the child's cycle number `child` waits for."""
    if len(children) == len(parents):
        return [parents[child]]
    own = children[child]
    low = children[child - 1] if child else None
    last = child == len(children) - 1
    found = [p for p in parents if (low is None or p > low) and (last or p <= own)]
    if found:
        return found
    earlier = [p for p in parents if p <= own]
    return [earlier[-1] if earlier else parents[0]]


class Oracle:
    """A catalog, a run set, dates in any order and a window of the day: the instances, and who waits for whom.

    With `at_once` that moment is the only cycle of every task on every date.
    """

    def __init__(
        self,
        tasks: list[TaskSpec],
        selected: set[str],
        dates: list[date],
        window: tuple[time, time] = (time(0), time(23, 59, 59)),
        *,
        at_once: datetime | None = None,
    ) -> None:
        self.tasks = {task.name: task for task in tasks}
        self.selected, self.dates = selected, sorted(dates)
        self.day = {
            (name, day): [Cycle(at_once, kept=True)] if at_once else cycles_of(task, day, window)
            for name, task in self.tasks.items()
            for day in self.dates
        }

    def planned(self, name: str, day: date) -> list[datetime]:
        """The cycle times of a task's instances on a date."""
        if name not in self.selected or (name, day) not in self.day:
            return []
        return [cycle.moment for cycle in self.day[name, day] if cycle.kept]

    @cached_property
    def instances(self) -> set[Instance]:
        """Everything that will run."""
        return {(name, day, at) for name in self.selected for day in self.dates for at in self.planned(name, day)}

    @cached_property
    def waits(self) -> nx.DiGraph:
        """An edge from each instance to each that waits for it."""
        graph = nx.DiGraph()
        graph.add_nodes_from(self.instances)
        for name, day, at in self.instances:
            for up, kind in self.upstream(name, day):
                graph.add_edges_from((need, (name, day, at)) for need in self.needed(up, kind, (name, day, at)))
        return graph

    def upstream(self, name: str, day: date) -> set[tuple[str, Kind]]:
        """The selected tasks that a task waits for on a date, through everything that has no instance in between."""
        return {(up, kind) for (up, kind), end in self.steps_above(name, day) if end}

    def steps_above(self, name: str, day: date | None) -> set[tuple[tuple[str, Kind], bool]]:
        """Every (task, kind) met on the way up, and whether the way ends there; None: as if all tasks had cycles."""
        found: set[tuple[tuple[str, Kind], bool]] = set()
        stack: list[tuple[str, Kind]] = [(name, "same")]
        while stack:
            for step in self.steps((node := stack.pop()), start=node == (name, "same")):
                end = self.ends(step, day)
                if (step, end) not in found:
                    found.add((step, end))
                    stack += [] if end else [step]
        return found

    def steps(self, node: tuple[str, Kind], *, start: bool) -> Iterator[tuple[str, Kind]]:
        """One edge up: a bridged task's edge to itself is not followed, nor a second edge across dates."""
        for up, kind in self.tasks[node[0]].needs:
            if (start or up != node[0]) and "same" in (kind, node[1]):
                yield up, node[1] if kind == "same" else kind

    def ends(self, step: tuple[str, Kind], day: date | None) -> bool:
        """A selected task ends the way, but one without an instance on the date only after an edge across dates."""
        up, kind = step
        return up in self.selected and (day is None or kind != "same" or bool(self.planned(up, day)))

    def needed(self, up: str, kind: Kind, child: Instance) -> Iterator[Instance]:
        """The instances of one upstream task that one instance waits for."""
        name, day, at = child
        if kind == "previous":
            earlier = [(m, d) for d in self.dates if d <= day for m in self.planned(up, d) if m < at]
            if earlier:
                moment, on = max(earlier)
                yield up, on, moment
        elif kind == "same":
            children = [cycle.moment for cycle in self.day[name, day]]
            parents = [cycle.moment for cycle in self.day[up, day]]
            kept = self.planned(up, day)
            yield from ((up, day, m) for m in partners(children.index(at), children, parents) if m in kept)
        else:
            window = [day - n * DAY for n in range(int(kind))]
            yield from ((up, d, m) for d in window for m in self.planned(up, d))

    @property
    def bridged(self) -> set[str]:
        """The tasks inside a bridge: through what is not selected anywhere, through what has no cycle on a date."""
        passed = self.inside(None, self.selected)
        for day in self.dates:
            passed |= self.inside(day, {name for name in self.selected if self.planned(name, day)})
        return passed

    def inside(self, day: date | None, starts: set[str]) -> set[str]:
        """The tasks on a way up from one of `starts` that reaches an end."""
        graph = nx.DiGraph()
        for name in starts:
            steps = self.steps_above(name, day)
            for node in [(name, "same"), *(step for step, end in steps if not end)]:
                inner = "start" if node == (name, "same") else "inside"
                for step in self.steps(node, start=inner == "start"):
                    graph.add_edge((inner, *node), ("end" if self.ends(step, day) else "inside", *step))
        lead = {n for end in graph for n in nx.ancestors(graph, end) if end[0] == "end"}
        return {name for where, name, _ in lead if where == "inside"}

    @property
    def ended(self) -> set[str]:
        """The selected tasks above which a bridge ends at a second edge across dates that leads to the plan."""
        graph = nx.DiGraph((up, task.name) for task in self.tasks.values() for up, _ in task.needs)
        graph.add_nodes_from(self.tasks)
        fed = self.selected.union(*(nx.descendants(graph, name) for name in self.selected))
        return {
            name
            for name in self.selected
            for (node, carried), end in self.steps_above(name, None)
            if not end and carried != "same"
            for up, kind in self.tasks[node].needs
            if kind != "same" and up != node and up in fed
        }

    @property
    def crosses(self) -> bool:
        """Whether an instance waits for one of another date."""
        return any(up[1] != down[1] for up, down in self.waits.edges)

    def weight(self, name: str, given: int | None) -> int:
        """Effective priority under Upstream: the own one, and that of every distinct selected task upstream of it."""
        graph = nx.DiGraph()
        graph.add_nodes_from(self.tasks)
        graph.add_edges_from((up, t.name) for t in self.tasks.values() for up, kind in t.needs if kind == "same")
        counted = {name} | (nx.ancestors(graph, name) & self.selected)
        return sum(given or self.tasks[each].priority or 1 for each in counted)
