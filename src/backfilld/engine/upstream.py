"""Who an instance waits for, read off its plan; and who, in the end, keeps one that can no longer go on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import lru_cache

from backfilld.engine.states import DEAD, SATISFIED, State
from backfilld.planning.plan import CrossWait, Plan

Node = tuple[int, int]
"""Position of a date in run order, and ordinal."""
StateAt = Callable[[int, int], State]
LOOKED_AT = 5000
"""How many instances are looked at for the causes of one that is blocked."""


class Upstream:
    """The waits of one plan; what it left out is passed through, as a wait for what that waits for."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._crossing = lru_cache(maxsize=64)(self._cross_waits)

    def of(self, node: Node) -> list[Node]:
        """Every instance that this one waits for, in the order of the plan; what is left out in between as well."""
        found: dict[Node, None] = {}
        line = list(self._direct(node))
        while line:
            up = line.pop()
            if up not in found:
                found[up] = None
                if self._plan.left_out.get(up[0], 0) >> up[1] & 1:
                    line.extend(self._direct(up))
        return sorted(found)

    def causes(self, node: Node, state_at: StateAt) -> list[Node]:
        """The failed, lost and cancelled ones that a blocked instance goes back to, the nearest first.

        Not all of them where more than `LOOKED_AT` instances lie on the way.
        """
        seen, line, causes = {node}, deque([node]), list[Node]()
        while line and len(seen) < LOOKED_AT:
            for up in self._direct(line.popleft()):
                if up in seen or (state := state_at(*up)) in SATISFIED:
                    continue
                seen.add(up)
                (causes if state in DEAD else line).append(up)
        return causes

    def _direct(self, node: Node) -> Iterator[Node]:
        position, ordinal = node
        yield from ((position, up) for up in self._plan.template(position).upstream(ordinal))
        for wait in self._crossing(position):
            if ordinal in wait.children:
                yield from ((wait.position, up) for up in wait.parents)

    def _cross_waits(self, position: int) -> list[CrossWait]:
        return list(self._plan.cross_waits(position))
