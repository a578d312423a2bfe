"""Which dates of a plan wait for which."""

from __future__ import annotations

from collections.abc import Iterator

from backfilld.catalog.models import SAME, LastDates
from backfilld.planning.plan import CrossWait, Plan


class Crossings:
    """The waits from date to date; most plans have none, and then nobody asks for them date by date."""

    def __init__(self, plan: Plan) -> None:
        kinds = {edge.kind for edge in plan.edges}
        self._plan, self._any = plan, bool(kinds - {SAME})
        self._dates_back = max((kind.n for kind in kinds if isinstance(kind, LastDates)), default=0)

    def waits(self, position: int) -> Iterator[CrossWait]:
        """What a date waits for on earlier ones."""
        return self._plan.cross_waits(position) if self._any else iter(())

    def reach(self, position: int, task: int) -> Iterator[int]:
        """The later dates that may wait for a task's cycles of this one: to the next date on which it has any."""
        plan, beyond = self._plan, False
        for later in range(position + 1, len(plan.dates) if self._any else 0):
            if beyond and (plan.dates[later] - plan.dates[position]).days >= self._dates_back:
                return
            yield later
            beyond = beyond or task in plan.template(later).tasks
