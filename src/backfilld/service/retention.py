"""What settled runs left behind goes when its time is over: instances, attempts and logs together, a little at a time.

The ledger, durations, the audit, and what stands of backfills and runs themselves stay for good.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from backfilld.ports import KEYS_KEPT, Clock, Executor, Store, Timers
from backfilld.request.models import InstanceRetention
from backfilld.request.retention import Retention
from backfilld.request.text import request_of
from backfilld.service.ticker import Ticker

log = logging.getLogger(__name__)
NAME = "retention"
"""Of the alarm."""
AT_ONCE = 200
"""Rows, and logs, of one step: some milliseconds."""
PAUSE = timedelta(milliseconds=50)
"""Between two steps: each holds up the writer for some milliseconds, and work goes on in between."""
AWAY = timedelta(minutes=1)
"""Before a host is asked again that did not answer."""
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Expiry:
    """Looks at each backfill that is done when something of it may go. All but `wake` on the ticker's thread.

    Idempotency keys are looked at with them, as what is done under one is mostly done to a backfill that ends some day.
    What is kept until when is worked out anew at each start, as the settings may have changed. Steps are not
    remembered: after a crash the store says where to go on.
    """

    def __init__(
        self, store: Store, executor: Executor, ticker: Ticker, clock: Clock, timers: Timers, usual: Retention
    ) -> None:
        """`usual` is for requests that do not say how long."""
        self._store, self._executor, self._ticker = store, executor, ticker
        self._clock, self._timers, self._usual = clock, timers, usual
        self._due: dict[int, datetime] = {}

    def begin(self) -> None:
        """Take up every backfill that is done; before the ticker runs."""
        self._due = dict.fromkeys(self._store.kept_backfills(), BEGINNING)
        self._ticker.at_rest = self.look_at
        self.wake()

    def look_at(self, backfill: int) -> None:
        """It is done, perhaps once more."""
        self._due[backfill] = BEGINNING
        self.wake()

    def wake(self) -> None:
        """Make a step; for every thread."""
        self._ticker.later(self._step)

    def _step(self) -> None:
        now = self._clock.now()
        wakes = self._forgotten(now), self._swept(now) or self._expired(now)
        self._timers.wake_at(NAME, min(filter(None, wakes), default=None))

    def _forgotten(self, now: datetime) -> datetime | None:
        """Idempotency keys go by their age; answers when the next of them does."""
        first = self._store.forget_keys(now - KEYS_KEPT, AT_ONCE)
        return None if first is None else max(first + KEYS_KEPT, now + PAUSE)

    def _swept(self, now: datetime) -> datetime | None:
        """Logs go before the rows that name them; None where nothing is left to go."""
        leaving = self._store.leaving(AT_ONCE)
        if leaving is None:
            return None
        if not self._executor.discard(leaving.values()):
            log.warning("a host does not answer: %d logs stay for now", len(leaving))
            return now + AWAY
        self._store.sweep(leaving.keys(), AT_ONCE)
        return now + PAUSE

    def _expired(self, now: datetime) -> datetime | None:
        """Take something from view, of the backfill whose time is over first; answers when to go on."""
        if not self._due:
            return None
        backfill = min(self._due, key=self._due.__getitem__)
        if self._due[backfill] > now:
            return self._due[backfill]
        then = None if backfill in self._ticker.running else self._store.expire(backfill, self._kept(backfill), now)
        if then is None:
            del self._due[backfill]
        else:
            self._due[backfill] = max(then, now + PAUSE)
        return now + PAUSE

    def _kept(self, backfill: int) -> Retention:
        """How long it said to keep its runs; what it did not say is as the settings say."""
        asked = request_of(self._store.backfill(backfill).request).instance_retention or InstanceRetention()
        return Retention(
            _or_usual(asked.success_retention, self._usual.success), _or_usual(asked.error_retention, self._usual.error)
        )


def _or_usual(asked: int | None, usual: timedelta) -> timedelta:
    return usual if asked is None else timedelta(milliseconds=asked)
