"""A plan as a list of instances and what each waits for, worked out once a plan: lives share their plans."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from backfilld.planning.plan import Plan, PlannedTask

Node = tuple[int, int]
"""Position of a date and ordinal."""


class Layout(NamedTuple):
    """Who waits for whom, and what runs where, instance by instance."""

    upstream: dict[Node, list[Node]]
    tasks: dict[Node, PlannedTask]


class _Same:
    """A plan known by itself: it is no key, and telling whether two are equal would cost more than the answer."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __hash__(self) -> int:
        return id(self.plan)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.plan is self.plan


def layout(plan: Plan) -> Layout:
    """The layout of a plan."""
    return _layout(_Same(plan))


@lru_cache(1_000)
def _layout(same: _Same) -> Layout:
    plan = same.plan
    upstream: dict[Node, list[Node]] = {}
    for position in range(len(plan.dates)):
        template = plan.template(position)
        for ordinal in range(template.size):
            upstream[position, ordinal] = [(position, up) for up in template.upstream(ordinal)]
        for cross in plan.cross_waits(position):
            for child in cross.children:
                upstream[position, child] += [(cross.position, up) for up in cross.parents]
    return Layout(upstream, {node: plan.tasks[plan.template(node[0]).tasks[node[1]]] for node in upstream})
