"""Pauses that last until a moment: an alarm for the first of them, and a look at each whose moment has come."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event as Flag
from threading import Lock

from backfilld.errors import StoreConflict, StoreUnavailable
from backfilld.interfaces.http.doors.prefect.notes import OBJECT, PAUSED_UNTIL, VENDOR
from backfilld.ports import Annotation, Clock, StoreAnnotations, Timers

log = logging.getLogger(__name__)
ALARM = "pauses"
TROUBLE = timedelta(minutes=1)
"""When the store is asked again after it could not answer."""
Lapse = Callable[[int], bool]
"""Has a run failed if it is still paused past its moment; False where that was refused."""


class Pauses:
    """Has runs looked at on a thread of its own, as that takes a round; idle until the alarm rings.

    What a daemon that has ended left in the store is taken up first, late rather than never.
    """

    def __init__(self, store: StoreAnnotations, clock: Clock, timers: Timers) -> None:
        self.turn = Lock()
        """Held by whoever judges a run and acts on it: a pause that lapses, or a client who ends it in time."""
        self._store, self._clock, self._timers = store, clock, timers
        self._until: dict[int, datetime] = {}
        self._alarm: datetime | None = None
        self._woken = Flag()
        self._stopping = self._taken_up = False

    def keep(self, run: int, until: datetime | None) -> None:
        """By when a run has to go on; None: it is not paused, or for good.

        With `turn` held, once its note is durable.
        """
        self._until.pop(run, None)
        if until is not None:
            self._until[run] = until
            if self._alarm is None or until < self._alarm:
                self._wake_at(until)

    def wake(self) -> None:
        """Time has come for one of them; any thread may say so."""
        self._woken.set()

    def stop(self) -> None:
        """End after what is under way."""
        self._stopping = True
        self._woken.set()

    def run(self, lapse: Lapse) -> None:
        """Look whenever woken, and at once, until `stop`. Raises `StoreConflict`."""
        self._woken.set()
        while self._woken.wait() and not self._stopping:
            self._woken.clear()
            self.look(lapse)

    def look(self, lapse: Lapse) -> None:
        """Have each run looked at whose moment has come, the earliest first, then set the alarm for the next one."""
        again = None
        try:
            self._take_up()
            for run, until in self._due():
                if self._stopping:
                    return
                self._lapsed(run, until, settled=self._tried(run, lapse))
        except StoreUnavailable as error:
            log.warning("pauses wait: %s", error)
            again = self._clock.now() + TROUBLE
        with self.turn:
            self._wake_at(again or min(self._until.values(), default=None))

    def _take_up(self) -> None:
        if self._taken_up:
            return
        with self.turn:
            for run, until in self._store.annotated(VENDOR, OBJECT, PAUSED_UNTIL).items():
                self._until.setdefault(int(run), datetime.fromisoformat(until))
            self._taken_up = True

    def _due(self) -> list[tuple[int, datetime]]:
        """Those whose moment has come, the earliest first."""
        with self.turn:
            now = self._clock.now()
            return sorted((each for each in self._until.items() if each[1] <= now), key=lambda each: each[1])

    def _tried(self, run: int, lapse: Lapse) -> bool:
        """One that brings an error of ours to light does not keep the others paused."""
        try:
            settled = lapse(run)
        except (StoreUnavailable, StoreConflict):
            raise
        except Exception:
            log.exception("run %d is to fail as it was paused for too long: that has failed", run, extra={"run": run})
            return False
        if not settled:
            log.error("run %d was paused for too long, and cannot be failed", run, extra={"run": run})
        return settled

    def _lapsed(self, run: int, until: datetime, *, settled: bool) -> None:
        """One that could not be failed is tried again when a daemon starts; a new pause is none of this."""
        with self.turn:
            if self._until.get(run) != until:
                return
            if settled:
                self._store.annotate([Annotation(VENDOR, OBJECT, str(run), PAUSED_UNTIL, None)], self._clock.now())
            del self._until[run]

    def _wake_at(self, moment: datetime | None) -> None:
        self._alarm = moment
        self._timers.wake_at(ALARM, moment)
