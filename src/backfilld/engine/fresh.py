"""The bytes of instances to which nothing has happened yet: what the plan says, and what acts set for a whole run."""

from __future__ import annotations

from itertools import compress, count

from backfilld.engine.states import HELD, PASS_THROUGH, RELEASED, STATE_MASK
from backfilld.planning.plan import Plan


class Fresh:
    """The bytes of a plan's dates before they are opened."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.paused = frozenset(n for n, each in enumerate(plan.tasks) if each.task.recurrence == "Pause")
        """Tasks, by their place in the plan, whose instances are held from the beginning."""

    def states(self, position: int, default: int = 0) -> bytearray:
        """One byte an instance, where acts have set `default` for the whole run; what is left out is never held."""
        template = self._plan.template(position)
        states = bytearray((default & (STATE_MASK | HELD),)) * template.size
        if self.paused and not default & (HELD | RELEASED):
            for ordinal in compress(count(), map(self.paused.__contains__, template.tasks)):
                states[ordinal] |= HELD
        if left_out := self._plan.left_out.get(position):
            for ordinal in compress(count(), map(int, reversed(f"{left_out:b}"))):
                states[ordinal] = default & STATE_MASK | PASS_THROUGH
        return states
