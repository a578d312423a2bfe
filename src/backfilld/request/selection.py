"""Flat fields become one closed shape: what a mode cannot mean, it cannot say (spec 4.3)."""

from __future__ import annotations

from dataclasses import dataclass

from backfilld.catalog.models import TaskId


@dataclass(frozen=True, slots=True)
class General:
    """One root, or instead of it some tasks that are it or downstream of it."""

    root: TaskId
    include: frozenset[TaskId]


@dataclass(frozen=True, slots=True)
class ManualSelection:
    """Any tasks: the includes if there are some, else the roots."""

    roots: frozenset[TaskId]
    include: frozenset[TaskId]


@dataclass(frozen=True, slots=True)
class Chain:
    """Every task on a dependency path from `start` to `end`."""

    start: TaskId
    end: TaskId


@dataclass(frozen=True, slots=True)
class AllDownstream:
    """The root, what is downstream of it among `within` (the tasks of the wanted projects), and the includes."""

    root: TaskId
    include: frozenset[TaskId]
    within: frozenset[TaskId]


@dataclass(frozen=True, slots=True)
class WithinWorkflow:
    """The roots and all that is downstream of them among `within`, the tasks of one workflow."""

    roots: frozenset[TaskId]
    within: frozenset[TaskId]


@dataclass(frozen=True, slots=True)
class Exactly:
    """These tasks, and no others."""

    tasks: frozenset[TaskId]


Selection = General | ManualSelection | Chain | AllDownstream | WithinWorkflow | Exactly
