"""Alerts, joined: what is noticed, who is told in what words, and the thread that sends."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from threading import Thread

from backfilld.alerts.channels import AppriseNotifier
from backfilld.alerts.outbox import Outbox
from backfilld.alerts.rules import Policy, alerts_for
from backfilld.config.alerts import AlertSettings
from backfilld.interfaces.reasons import reason
from backfilld.ports import Alert, AlertEvent, Timers
from backfilld.service.failures import FailuresOf
from backfilld.service.last_words import last_words
from backfilld.service.noticing import Notices
from backfilld.service.ticker import Ticker
from backfilld.service.views import Views

FAILURES_READ = 20
"""Failures whose logs are read for one message."""
LAST_MESSAGE = 0.2
"""Seconds that a message under way has to be accepted after SIGTERM."""
_OF_FAILURES = frozenset({AlertEvent.FIRST_FAILURE, AlertEvent.ENDED})


class Alerting:
    """The alerts of a daemon, as its settings want them."""

    def __init__(
        self, settings: AlertSettings, environment: Mapping[str, str], ticker: Ticker, views: Views, timers: Timers
    ) -> None:
        """Raises `InvalidSettings` where a channel's file cannot be read."""
        self.notifier = AppriseNotifier(settings.urls(environment), settings.allow_hosts)
        ticker.notices = notices_of(settings, ticker)
        failures = FailuresOf(ticker.store, views, ticker.executor, FAILURES_READ)
        self.outbox = Outbox(
            ticker.store,
            self.notifier,
            timers,
            ticker.clock,
            durably=ticker.later,
            details=partial(_details, failures),
            give_up_after=settings.give_up_after,
        )
        self._thread = Thread(target=self.outbox.run, name="alerts", daemon=True)

    def start(self) -> None:
        """Send from now on, first what the last daemon left."""
        self._thread.start()
        self.outbox.wake()

    def stop(self) -> None:
        """Begin nothing more, and end soon what is under way."""
        self.outbox.stop()
        if self._thread.is_alive():
            self._thread.join(LAST_MESSAGE)
        self.notifier.close()


def notices_of(settings: AlertSettings, ticker: Ticker) -> Notices:
    """What is to be noticed for requests and for the operator; nothing wakes up for what nobody is told."""
    policy = Policy(settings.channel, settings.events, reason)
    told = settings.channel is not None and AlertEvent.STALLED in settings.events
    return Notices(ticker.running.subject, partial(alerts_for, policy=policy), settings.stalled_after if told else None)


def _details(failures: FailuresOf, alert: Alert) -> str:
    return last_words(failures.backfill(alert.backfill)) if alert.event in _OF_FAILURES else ""
