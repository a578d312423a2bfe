"""How far back cycles reach that others wait for across dates (spec 4.5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from backfilld.catalog.cycles import cycle_times, local_day
from backfilld.catalog.models import Clock, LastDates, Previous, Task
from backfilld.dates import DAY, midnight

LONGEST_LOOK = 366
"""Dates: as far back as `dates: n` can reach a `previous` cycle is looked for; a rarer one is not found."""


def first_waited_for(tasks: Sequence[Task], first: date) -> date:
    """The earliest business date with a cycle that one of the tasks, on `first` or later, waits for directly.

    `tasks` holds all that is upstream of each. `dates: n` reaches n - 1 dates back, `cycle: previous` the latest date
    with a cycle before anything on `first`, at most `LONGEST_LOOK` dates.
    """
    reaches = [need.cycle.n - 1 for task in tasks for need in task.depends_on if isinstance(need.cycle, LastDates)]
    clocks = {task.id: task.clock for task in tasks}
    before = {clocks[need.task] for task in tasks for need in task.depends_on if isinstance(need.cycle, Previous)}
    begin = min((_begin(task.clock, first) for task in tasks), default=midnight(first))
    return first - max([0, *reaches, *(_dates_back(clock, first, begin) for clock in before)]) * DAY


def _begin(clock: Clock, day: date) -> datetime:
    """The first moment of the local day on which a business date has its cycles."""
    own = day + clock.offset * DAY
    return midnight(own) - timedelta(seconds=local_day(clock.zone, own).offset)


def _dates_back(clock: Clock, first: date, begin: datetime) -> int:
    """How many dates before `first` the clock has its latest cycle before `begin`."""
    for back in range(1, LONGEST_LOOK + 1):
        cycles = cycle_times(clock, first - back * DAY)
        if cycles and cycles[0] < begin:
            return back
    return 0
