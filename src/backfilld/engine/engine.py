"""All backfills, taking turns: what is said and the time in, effects out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from backfilld.catalog.models import Catalog
from backfilld.dates import aware
from backfilld.engine.acts import Acts
from backfilld.engine.admission import Admission
from backfilld.engine.alarms import Alarms
from backfilld.engine.amending import Amendments
from backfilld.engine.asking import Asked
from backfilld.engine.attempts import Attempts
from backfilld.engine.backfill import VIRTUAL, Backfill
from backfilld.engine.dispatch import Dispatcher
from backfilld.engine.events import (
    Accepted,
    Amended,
    AttemptEnded,
    AttemptStarted,
    BackfillChanged,
    Dismissed,
    Effect,
    Restored,
    Said,
)
from backfilld.engine.explaining import Explainer
from backfilld.engine.pausing import Pauses
from backfilld.engine.report import moves, run_changes
from backfilld.engine.restore import restore
from backfilld.engine.run import Run
from backfilld.engine.snapshot import Snapshot, with_changes
from backfilld.engine.turns import STARVATION_AFTER
from backfilld.engine.world import World
from backfilld.planning.plan import InstanceId

NOTHING_RESERVED: Mapping[str, int] = {}
_OPEN = False, None


class Engine:
    """The scheduler's rules (spec 5), pure: no clock, no I/O. One thread calls it; `snapshot` is for all.

    `groups` gives the slots of each resource group, `reserved` how many of them only scheduled requests may take; who
    could start but got no slot for `starvation_after` gets the next one. Whatever was recorded when a daemon ended is
    to be said in one round as `Restored`, in the order of acceptance, so that nothing starts before all is known.
    `budget` is how many instances one round may give rows, and how many without a process it may pass; None: all.
    """

    def __init__(
        self,
        groups: Mapping[str, int],
        reserved: Mapping[str, int] = NOTHING_RESERVED,
        starvation_after: timedelta = STARVATION_AFTER,
        budget: int | None = None,
    ) -> None:
        self._world = World(groups, reserved, starvation_after, budget)
        self._attempts = Attempts(self._world)
        self._pauses = Pauses(self._world)
        self._acts = Acts(self._world, self._attempts, self._pauses)
        self._admission = Admission(self._world)
        self._dispatcher = Dispatcher(self._world, self._attempts)
        self._amendments = Amendments(self._world, self._pauses, self._dispatcher)
        self._heed: Mapping[type, Callable[[Any], bool]] = {
            Accepted: self._accept,
            Restored: self._restore,
            AttemptStarted: self._attempts.started,
            AttemptEnded: self._attempts.ended,
            Asked: self._acts.carry_out,
            Amended: self._amend,
            Dismissed: self._dismiss,
        }
        world = self._world
        times = world.retries_and_cycles, world.deadlines, world.dates_ahead, world.resumes, world.doors.openings
        self._alarms: Sequence[Alarms[Any]] = times
        self._set = [each.live for each in times]
        """What is set to ring, by kind of alarm."""
        self._changed: dict[Run, None] = {}
        self._looked_at: dict[Backfill, None] = {}
        self._unsure: dict[Backfill, None] = {}
        """Those of which this round may have changed whether they are done."""
        self._told: dict[int, tuple[bool, str | None]] = {}
        self.snapshot = Snapshot()
        self.explainer = Explainer(self._world)
        self.dropped: tuple[Said, ...] = ()
        """What the last round left unheeded: of an older attempt, or about what is not known."""

    def handle(self, said: Sequence[Said], now: datetime) -> list[Effect]:
        """One round: heed all that is said, ring what is due, then start what may start; answers what to record and do.

        An instance that changed is reported once (`Moved`), a run that changed once (`RunChanged`), after all else.
        """
        world, heed = self._world, self._heed
        if now.tzinfo is not UTC:
            now = aware(now).astimezone(UTC)  # moments of one zone object compare fastest
        if now < world.now:
            world.turn_back(now)
        world.now = now
        world.effects = []
        self.dropped = tuple([each for each in said if not heed[type(each)](each)])
        if any(self._set):
            self._ring(now)
        self._advance()
        return self._report()

    def next_wake(self, now: datetime) -> datetime | None:
        """The next moment that brings something, not before `now`; None: only events can change anything."""
        if self.goes_on:
            return now
        if not any(self._set):
            return None
        firsts = [first for each in self._alarms if each.live and (first := each.first())]
        return max(min(firsts), now) if firsts else None

    @property
    def goes_on(self) -> bool:
        """Whether the last round has left something over: the next is to follow at once, with whatever has come."""
        return bool(self._admission.left_over or self._dispatcher.wanting.get(VIRTUAL))

    def taken(self) -> dict[str, int]:
        """How many slots of each group are in use."""
        return {name: len(pool.holders) for name, pool in self._world.limits.groups.items()}

    @property
    def starved(self) -> int:
        """How many attempts were started out of turn, as their backfill had waited too long."""
        return self._world.starved

    def catalog_of(self, instance: InstanceId) -> Catalog | None:
        """The version that an opened instance was rerun under; None where that is its plan's."""
        world = self._world
        found = world.instance(instance) if world.catalogs else None
        version = found and found[1].marks_of(found[2]).catalog_version
        return world.catalogs[version] if version else None

    def _accept(self, accepted: Accepted) -> bool:
        world = self._world
        if accepted.backfill in world.backfills:
            return False
        backfill = Backfill(accepted, world.stir, world.dates_ahead)
        world.join(backfill)
        self._told[backfill.number] = (False, None)
        world.stir.backfills[backfill.number] = None
        self._pauses.watch(backfill)
        return True

    def _restore(self, said: Restored) -> bool:
        if not self._accept(said.accepted):
            return False
        backfill = self._world.backfills[said.accepted.backfill]
        restore(said, backfill, self._world, self._attempts)
        self._pauses.watch(backfill)
        self._told[backfill.number] = (False, None) if said.open else _closing(backfill)
        return True

    def _amend(self, said: Amended) -> bool:
        if not self._amendments.carry_out(said):
            return False
        done, _ = self._told[said.accepted.backfill]
        self._told[said.accepted.backfill] = done, None  # the store has opened it again: that it is done is news
        return True

    def _dismiss(self, said: Dismissed) -> bool:
        world = self._world
        backfill = world.backfills.get(said.backfill)
        if backfill is None or not backfill.done or self._is_new_or_stirred(backfill):
            return False
        del self._told[backfill.number]
        world.leave(backfill)
        self._admission.forget(backfill)
        self._dispatcher.forget(backfill)
        for run in backfill.runs.values():
            self._changed.pop(run, None)
        return True

    def _is_new_or_stirred(self, backfill: Backfill) -> bool:
        """Whether this round has already brought something about it, so that `done` may not hold any more."""
        stir = self._world.stir
        return backfill.number in stir.backfills or any(run.owner == backfill.number for run in stir.runs)

    def _ring(self, now: datetime) -> None:
        """What is due by the clock becomes an event like any other."""
        world = self._world
        for number, position in world.dates_ahead.due(now):
            backfill = world.backfills[number]
            backfill.enqueue(position)
            backfill.run_at(position).stirring()
        for instance in world.retries_and_cycles.due(now):
            found = world.instance(instance)
            assert found is not None
            _, run, ordinal = found
            run.asleep.discard(ordinal)
            run.stirring()
            world.stir.ready.append((run, ordinal))
        for run, ordinal in world.doors.opening(now):
            run.asleep.discard(ordinal)
            run.stirring()
            world.stir.ready.append((run, ordinal))
        for instance in world.deadlines.due(now):
            self._attempts.time_out(instance)
        self._pauses.ring(now)

    def _advance(self) -> None:
        """Settle, admit and dispatch until nothing more follows, or no more may: dates may pass without a process."""
        world = self._world
        world.may_open = world.may_pass = world.budget
        if self._admission.left_over:
            self._admission.go_on()
        while True:
            touched = self._look()
            for backfill in touched:
                self._close(backfill)
            self._admission.admit(touched)
            if not self._dispatcher.dispatch(self._looked_at) and not self._world.stir.backfills:
                return

    def _look(self) -> list[Backfill]:
        """See what the stirred runs have come to; answers the backfills for which that may change something."""
        world = self._world
        runs, world.stir.runs = world.stir.runs, []
        touched = {world.backfills[number]: None for number in world.stir.backfills}
        world.stir.backfills.clear()
        self._looked_at |= touched
        for run in runs:
            run.stirred = False
            self._changed[run] = None
            backfill = world.backfills[run.owner]
            self._looked_at[backfill] = None
            if backfill.done or not run.goes_on():
                touched[backfill] = None
                self._review(backfill, run)
        self._unsure |= touched
        return list(touched)

    def _review(self, backfill: Backfill, run: Run) -> None:
        """See whether a run is settled, or open again, and whether it still holds its cycles."""
        backfill.review(run, self._world.now)
        holds_none = run.settled or run.marks.paused
        if holds_none and not run.let_go:
            self._dispatcher.settled(backfill, run)
        run.let_go = holds_none

    def _close(self, backfill: Backfill) -> None:
        """See whether the backfill is done, or open again, or has come to a limit of its own."""
        backfill.done = backfill.is_done()
        self._pauses.look(backfill)
        if backfill.let_go == backfill.holds_cycles:
            backfill.let_go = not backfill.holds_cycles
            if backfill.let_go:
                self._dispatcher.settled_all(backfill)

    def _report(self) -> list[Effect]:
        world, changed = self._world, self._changed
        changed.update(world.stir.claimed)
        effects = world.effects
        effects.extend(self._news(changed))
        if self._unsure:
            effects.extend(self._closings())
        self._show(changed, world.marked, world.rewaited)
        for told in (changed, world.stir.claimed, world.served, world.marked, world.rewaited, self._looked_at):
            told.clear()
        return effects

    def _news(self, changed: Collection[Run]) -> Iterator[Effect]:
        """The facts of what has changed in this round."""
        for run in changed:
            yield from moves(run, self._world.now)
        yield from run_changes(changed)

    def _show(self, changed: Collection[Run], marked: Collection[int], rewaited: Iterable[int]) -> None:
        """The same for other threads to look at."""
        self.snapshot = with_changes(self.snapshot, self._world.backfills, changed, marked, rewaited)

    def _closings(self) -> Iterator[BackfillChanged]:
        """Each backfill that is no longer as it was last reported."""
        for backfill in self._unsure:
            closing = _closing(backfill)
            if closing != self._told[backfill.number]:
                self._told[backfill.number] = closing
                yield BackfillChanged(backfill.number, *closing, at=self._world.now)
        self._unsure.clear()


def _closing(backfill: Backfill) -> tuple[bool, str | None]:
    return (True, backfill.result()) if backfill.done else _OPEN
