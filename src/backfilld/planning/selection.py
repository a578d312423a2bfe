"""Which tasks are meant, and why each (spec 4.3)."""

from __future__ import annotations

from typing import assert_never

from backfilld.catalog.models import Catalog, TaskId
from backfilld.errors import NoChain, NotDownstream
from backfilld.request.selection import (
    AllDownstream,
    Chain,
    Exactly,
    General,
    ManualSelection,
    Selection,
    WithinWorkflow,
)


def select_tasks(selection: Selection, catalog: Catalog) -> frozenset[TaskId]:
    """The run set, before exclusions; raises `NotDownstream` and `NoChain`."""
    tasks, name = catalog.graph, catalog.short_names.__getitem__
    match selection:
        case General(root=root, include=include):
            if strangers := include - tasks.descendants(root):  # a task is its own descendant
                raise NotDownstream(name(root), sorted(map(name, strangers)))
            return include or frozenset({root})
        case ManualSelection(roots=roots, include=include):
            return include or roots
        case AllDownstream(root=root, include=include, within=within):
            return (tasks.descendants(root) & within) | include | {root}
        case Chain(start=start, end=end):
            chain = tasks.descendants(start) & tasks.ancestors(end)
            if not chain:
                raise NoChain(name(start), name(end), reversed_path=start in tasks.descendants(end))
            return chain
        case WithinWorkflow(roots=roots, within=within):
            return tasks.descendants(*roots) & within
        case Exactly(tasks=chosen):
            return chosen
        case _:
            assert_never(selection)


def named_roots(selection: Selection) -> frozenset[TaskId]:
    """The tasks given as roots; a chain has none."""
    match selection:
        case General(root=root) | AllDownstream(root=root):
            return frozenset({root})
        case Chain():
            return frozenset()
        case ManualSelection(roots=roots) | WithinWorkflow(roots=roots):
            return roots
        case Exactly(tasks=chosen):
            return chosen
        case _:
            assert_never(selection)


def project_left_out(selection: Selection, catalog: Catalog) -> frozenset[TaskId]:
    """Downstream of the root, but in a project that the request leaves out."""
    if not isinstance(selection, AllDownstream):
        return frozenset()
    return catalog.graph.descendants(selection.root) - selection.within


def reason(selection: Selection, task: TaskId, catalog: Catalog) -> str:
    """Why a task of the run set is in."""
    match selection:
        case Chain():
            return "on the path"
        case General(include=include) | ManualSelection(include=include) | AllDownstream(include=include):
            if task in named_roots(selection):
                return "root"
            if task in include:
                return "included"
            (root,) = named_roots(selection)
            return f"downstream of {catalog.tasks[root].name}"
        case WithinWorkflow(roots=roots):
            return "root" if task in roots else "downstream"
        case Exactly():
            return "named"
        case _:
            assert_never(selection)
