"""The engine for whoever only wants to know how it goes on: it decides as ever, and has nothing to remember."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import timedelta

from backfilld.engine.backfill import Backfill
from backfilld.engine.diary import Diary
from backfilld.engine.engine import Engine
from backfilld.engine.events import Effect
from backfilld.engine.plain import Begun, Ending, PlainRounds, Score
from backfilld.engine.run import Run
from backfilld.planning.plan import ORDINAL_MASK, RUN_BITS, InstanceId

Watch = Callable[[Run], None]
Found = tuple[Backfill, Run, int]


class Rehearsal(Engine):
    """Answers what starts and which backfills are done; `watch` is shown each run that has changed in a round."""

    def __init__(
        self, groups: Mapping[str, int], reserved: Mapping[str, int], starvation_after: timedelta, watch: Watch
    ) -> None:
        super().__init__(groups, reserved, starvation_after)
        self._watch = watch

    def plain_rounds(
        self, running: list[Ending], lengths: Callable[[Backfill], list[timedelta]], diary: Diary
    ) -> PlainRounds:
        """Whoever plays its plain rounds; `running` is a heap of what runs, `lengths` what attempts take, by task."""
        return PlainRounds(self._world, self._attempts, self._dispatcher, Score(running, lengths, diary))

    def finish(self, begun: Begun) -> list[Effect]:
        """Go on with a round in which attempts have ended."""
        self._world.effects = []
        self._looked_at |= begun.looked_at
        self._advance()
        return self._report()

    def find(self, instance: InstanceId) -> Found:
        """Whose an instance is that was started, its run, and its ordinal."""
        run = self._world.runs[instance >> RUN_BITS]
        return self._world.backfills[run.owner], run, instance & ORDINAL_MASK

    def known(self, backfill: int) -> Backfill | None:
        """A backfill that was said and not dismissed."""
        return self._world.backfills.get(backfill)

    def running(self) -> list[InstanceId]:
        """Every instance whose attempt is open, ascending."""
        return sorted(self._world.limits.running())

    def _news(self, changed: Collection[Run]) -> Iterator[Effect]:
        """Nothing is written down."""
        for run in changed:
            run.touched.clear()
            run.fresh = False
            self._watch(run)
        return iter(())

    def _show(self, changed: Collection[Run], marked: Collection[int], rewaited: Iterable[int]) -> None:
        """Nobody looks."""
