"""When the dates and the instances of a plan are due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from backfilld.dates import midnight
from backfilld.engine.run import Run
from backfilld.planning.plan import Plan

LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Cycles:
    """The cycle times of a plan, by position of the date; `at_once`: nobody waits for them."""

    def __init__(self, plan: Plan, *, at_once: bool) -> None:
        self._plan, self._at_once = plan, at_once
        windows = [each.window for each in plan.tasks]
        self.immediate = frozenset(task for task, window in enumerate(windows) if window and window.immediately)
        """The tasks that do not wait for their cycle times."""

    def first(self, position: int) -> datetime:
        """When the first cycle of a date is due; the date itself where it has none, long ago if one need not wait.

        What the plan leaves out waits for no cycle: a date that was dropped as a whole comes to its end at once.
        """
        template = self._plan.template(position)
        if self._at_once or not self.immediate.isdisjoint(template.tasks) or self._plan.leaves_out_whole(position):
            return LONG_AGO
        return self._moment(position, min(template.cycles, default=0))

    def last(self, position: int) -> datetime:
        """Past when nothing of a date waits for its cycle."""
        return (
            LONG_AGO if self._at_once else self._moment(position, max(self._plan.template(position).cycles, default=0))
        )

    def of(self, run: Run, ordinal: int) -> datetime:
        """When an instance of an opened run is due."""
        return self._moment(run.position, run.shape.template.cycles[ordinal])

    def _moment(self, position: int, second: int) -> datetime:
        return midnight(self._plan.dates[position]) + timedelta(seconds=second)
