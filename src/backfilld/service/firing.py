"""Schedules fire: each moment once, whatever is killed and whatever clocks do."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from queue import SimpleQueue
from threading import Event as Flag

from backfilld.catalog.schedules import Schedule, due_firings, firings, made_up
from backfilld.dates import utc_text
from backfilld.errors import ProductError, StoreConflict, StoreUnavailable
from backfilld.ports import Clock, Firing, Operation, Store, StoredSchedule, Timers
from backfilld.service.access import ITSELF, Caller
from backfilld.service.backfills import Backfills

log = logging.getLogger(__name__)
ALARM = "schedules"
LATE = timedelta(minutes=5)
"""What is found due only so much later was missed: the host slept, or its clock was set forward."""
SLOWEST_RETRY = 5.0
LONGEST_REASON = 2_000
UNEXPECTED = "an error of the daemon; its log tells more"


class Firer:
    """Fires what is due, on a thread of its own, as judging a request takes its time; idle until an alarm rings.

    A firing and what became of it are one transaction of the store, so none is made twice. Those of a paused schedule
    are not made, and not made up for.
    """

    def __init__(self, store: Store, backfills: Backfills, clock: Clock, timers: Timers) -> None:
        self.current: Mapping[str, Schedule] = {}
        self._store, self._backfills, self._clock, self._timers = store, backfills, clock, timers
        self._inbox: SimpleQueue[tuple[Schedule, ...] | None] = SimpleQueue()
        self._stopping = Flag()
        self._looked = clock.now()

    def keep(self, schedules: Iterable[Schedule]) -> None:
        """These are the schedules from now on. For its own thread, or before that runs."""
        current = {schedule.name: schedule for schedule in schedules}
        self._store.keep_schedules({name: schedule.times for name, schedule in current.items()}, self._clock.now())
        self.current = current

    def take(self, schedules: tuple[Schedule, ...]) -> None:
        """Have these kept soon."""
        self._inbox.put(schedules)

    def wake(self) -> None:
        """Time has come for something, or somebody was paused or resumed."""
        self._inbox.put(None)

    def stop(self) -> None:
        """End after what is under way."""
        self._stopping.set()
        self._inbox.put(None)

    def run(self) -> None:
        """Rounds until `stop`; what is due in the first one was missed. Raises `StoreConflict`."""
        now = self._clock.now()
        self._insist(partial(self.tick, now, now))
        while not self._stopping.is_set():
            news = self._inbox.get()
            if self._stopping.is_set():
                return
            if news is not None:
                self._insist(partial(self.keep, news))
            now = self._clock.now()
            self._insist(partial(self.tick, now, now - LATE))

    def to_fire(self) -> list[Schedule]:
        """The schedules that are not paused."""
        return list(self._awake(self._store.schedules()))

    def fire(self, schedule: Schedule, firing: Firing, caller: Caller = ITSELF) -> Operation:
        """Have the request of a firing accepted, or remember why not, and raise that."""
        try:
            operation = self._backfills.for_(caller).submit(schedule.request_at(firing.moment), firing)
        except (StoreUnavailable, StoreConflict):
            raise
        except ProductError as error:
            self._refuse(firing, "; ".join(str(error).splitlines()))
            raise
        fired = schedule.name, utc_text(firing.moment), operation.backfill
        about = {"schedule": schedule.name, "backfill": operation.backfill, "operation": operation.id}
        log.info("schedule %s fires for %s: backfill %s", *fired, extra=about)
        return operation

    def tick(self, now: datetime, missed_until: datetime) -> None:
        """Fire what is due, the earliest first; told again after trouble, it goes on where it was."""
        for moment, schedule in sorted(self._due(now, missed_until), key=lambda due: due[0]):
            if self._stopping.is_set():
                return
            self._fire_once(schedule, Firing(schedule.name, moment))
        self._looked = now
        self._timers.wake_at(ALARM, self._next(now))

    def _due(self, now: datetime, missed_until: datetime) -> Iterator[tuple[datetime, Schedule]]:
        states = self._store.schedules()
        for schedule in self._awake(states):
            # a clock that was set back shows moments anew: those that were fired then are found in the store
            due = due_firings(schedule, min(states[schedule.name].decided_until, self._looked), now)
            made = made_up(schedule, due, missed_until)
            if len(made) < len(due):
                log.warning("schedule %s: %d missed firings are not made up for", schedule.name, len(due) - len(made))
            if due and not made:
                self._store.pass_over(schedule.name, due[-1])
            yield from ((moment, schedule) for moment in made)

    def _fire_once(self, schedule: Schedule, firing: Firing) -> None:
        """One that is refused, or brings an error of ours to light, does not keep the others from firing."""
        if self._store.fired(firing) or self._store.schedules()[schedule.name].paused_at:
            return
        named, about = (schedule.name, utc_text(firing.moment)), {"schedule": schedule.name}
        try:
            self.fire(schedule, firing)
        except (StoreUnavailable, StoreConflict):
            raise
        except ProductError as error:
            log.error("schedule %s for %s is refused: %s", *named, error, extra=about)
        except Exception:
            log.exception("schedule %s for %s has failed", *named, extra=about)
            self._refuse(firing, UNEXPECTED)

    def _refuse(self, firing: Firing, reason: str) -> None:
        short = reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]} ..."
        self._store.refuse_firing(firing, short, self._clock.now())

    def _next(self, now: datetime) -> datetime | None:
        nexts = (next(firings(schedule, now), None) for schedule in self._awake(self._store.schedules()))
        return min(filter(None, nexts), default=None)

    def _awake(self, states: Mapping[str, StoredSchedule]) -> Iterator[Schedule]:
        return (schedule for name, schedule in self.current.items() if states[name].paused_at is None)

    def _insist(self, do: Callable[[], None]) -> None:
        """A store in trouble is asked again, and again."""
        pause = 0.05
        while not self._stopping.is_set():
            try:
                return do()
            except StoreUnavailable as error:
                log.warning("schedules wait: %s; asking again in %.2f s", error, pause)
                self._stopping.wait(pause)
                pause = min(2 * pause, SLOWEST_RETRY)
        return None
