"""The word to systemd that work goes on: given only after a round was recorded, never while the store is in trouble."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta

from backfilld.daemon.systemd import notify
from backfilld.ports import Clock, Timers
from backfilld.service.ticker import Ticker

ALARM = "watchdog"


class Watchdog:
    """Has a round recorded twice in the time that systemd allows (`WatchdogSec=`), and says so when it is durable."""

    def __init__(self, ticker: Ticker, clock: Clock, timers: Timers, environment: Mapping[str, str]) -> None:
        self._ticker, self._clock, self._timers, self._environment = ticker, clock, timers, environment
        self._every = interval(environment)

    def begin(self) -> None:
        """Set the first alarm, if anybody watches."""
        if self._every:
            self._timers.wake_at(ALARM, self._clock.now() + self._every)

    def wake(self) -> None:
        """The alarm has rung."""
        self._ticker.prove(self._proved)

    def _proved(self) -> None:
        notify("WATCHDOG=1", self._environment)
        self.begin()


def interval(environment: Mapping[str, str]) -> timedelta | None:
    """Half of what systemd allows this process between two words; None if it does not watch.

    >>> interval({"WATCHDOG_USEC": "180000000"})
    datetime.timedelta(seconds=90)
    >>> interval({"WATCHDOG_USEC": "180000000", "WATCHDOG_PID": "1"})
    """
    watched = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    allowed = environment.get("WATCHDOG_USEC", "")
    return timedelta(microseconds=int(allowed)) / 2 if watched and allowed.isdigit() and int(allowed) else None
