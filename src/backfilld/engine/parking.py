"""Ready instances that are not worth asking about again before something particular happens."""

from __future__ import annotations

from heapq import heappop, heappush

from backfilld.engine.backfill import Backfill
from backfilld.engine.run import Run
from backfilld.engine.states import STATE_MASK, State
from backfilld.planning.plan import InstanceId

_READY = int(State.READY)


class Crowds:
    """Those that wait for a task to come below its `max_active`: in order, by task and backfill."""

    def __init__(self) -> None:
        self.of: dict[int, dict[int, list[int]]] = {}

    def join(self, task_id: int, run: Run, ordinal: int) -> None:
        """One more instance waits for the task."""
        heappush(self.of.setdefault(task_id, {}).setdefault(run.owner, []), run.key(ordinal))

    def backfills(self, task_id: int) -> list[int]:
        """Whose instances wait for the task."""
        return list(self.of.get(task_id, ()))

    def next(self, task_id: int, backfill: Backfill) -> tuple[Run, int] | None:
        """Take the first that is still ready."""
        crowd = self.of.get(task_id, {}).get(backfill.number, [])
        while crowd:
            key = heappop(crowd)
            run, ordinal = backfill.find(key)
            if run.states[ordinal] & STATE_MASK == _READY and run.key(ordinal) == key:
                return run, ordinal
        self._drop(task_id, backfill.number)
        return None

    def forget(self, backfill: int) -> None:
        """Drop everything of a dismissed backfill."""
        for task_id in list(self.of):
            self._drop(task_id, backfill)

    def _drop(self, task_id: int, backfill: int) -> None:
        crowds = self.of.get(task_id, {})
        crowds.pop(backfill, None)
        if not crowds:
            self.of.pop(task_id, None)


class Behind:
    """Those that wait for another backfill's run or instance of the same cycle."""

    def __init__(self) -> None:
        self.of_run: dict[int, dict[int, list[tuple[Run, int]]]] = {}
        self.of_instance: dict[InstanceId, list[tuple[Run, int]]] = {}

    def a_run(self, backfill: int, run: int, waiting: tuple[Run, int]) -> None:
        """Wait for a run of a backfill to settle, or for the backfill to be done."""
        self.of_run.setdefault(backfill, {}).setdefault(run, []).append(waiting)

    def an_instance(self, instance: InstanceId, waiting: tuple[Run, int]) -> None:
        """Wait for an instance to end."""
        self.of_instance.setdefault(instance, []).append(waiting)

    def settled(self, backfill: int, run: int) -> list[tuple[Run, int]]:
        """Take those that waited for the run."""
        return self.of_run.get(backfill, {}).pop(run, [])

    def done(self, backfill: int) -> list[tuple[Run, int]]:
        """Take those that waited for any run of the backfill."""
        return [each for waiting in self.of_run.pop(backfill, {}).values() for each in waiting]

    def ended(self, instance: InstanceId) -> list[tuple[Run, int]]:
        """Take those that waited for the instance."""
        return self.of_instance.pop(instance, [])
