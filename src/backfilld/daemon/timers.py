"""APScheduler as an alarm clock: in-memory, one job a timer, late rather than never."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler


class ApTimers:
    """Alarms by name; each name rings one callable."""

    def __init__(self) -> None:
        self._ring: dict[str, Callable[[], None]] = {}
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 10},
        )

    def on(self, name: str, ring: Callable[[], None]) -> None:
        """What happens when `name` rings; it must not block."""
        self._ring[name] = ring

    def wake_at(self, name: str, moment: datetime | None) -> None:
        """Ring `name` at `moment`, replacing its alarm; None takes it away."""
        if moment is not None:
            self._scheduler.add_job(self._ring[name], "date", run_date=moment, id=name, replace_existing=True)
            return
        try:
            self._scheduler.remove_job(name)
        except JobLookupError:
            return

    def start(self) -> None:
        """Alarms ring from now on; those set before too."""
        self._scheduler.start()

    def stop(self) -> None:
        """No alarm rings any more."""
        if self._scheduler.running:
            self._scheduler.remove_all_jobs()  # one that is ringing now would look for itself in a store that is closed
            self._scheduler.shutdown(wait=False)
