"""The outbox at work: what waits in the store goes to its channels, one message after the other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from threading import Event as Flag

from backfilld.alerts.rules import after_refusal
from backfilld.errors import ProductError, StoreConflict, StoreUnavailable
from backfilld.ports import Alert, AlertState, Clock, Message, Notifier, Store, StoredAlert, Timers, Tried

log = logging.getLogger(__name__)
ALARM, NEXT_TRY = "alerts", "alerts to try again"
"""The alarms that wake the outbox: a round's, and its own. With one for both it might put off the round's."""
AT_ONCE = 100
TROUBLE = timedelta(minutes=1)
"""When the store is asked again after it could not answer."""
Durably = Callable[[Callable[[], None]], None]
"""Has a write done, however long the store is in trouble, on the one thread that writes."""


class Outbox:
    """Sends on a thread of its own, which sleeps until it is woken.

    A message is marked as sent before the next one is begun. Only a daemon that ends between a channel's acceptance and
    that mark sends one message twice, this one.
    """

    def __init__(
        self,
        store: Store,
        notifier: Notifier,
        timers: Timers,
        clock: Clock,
        *,
        durably: Durably,
        details: Callable[[Alert], str],
        give_up_after: timedelta,
    ) -> None:
        """`details` is what is looked up only when a message goes, as lines behind its text."""
        self._store, self._notifier, self._timers, self._clock = store, notifier, timers, clock
        self._durably, self._details, self._give_up_after = durably, details, give_up_after
        self._woken = Flag()
        self._stopping = False

    def wake(self) -> None:
        """Something may be due; any thread may say so."""
        self._woken.set()

    def run(self) -> None:
        """Send what is due whenever woken, until `stop`."""
        while self._woken.wait() and not self._stopping:
            self._woken.clear()
            self.send_due()

    def stop(self) -> None:
        """Begin nothing more; what is under way is still marked if it is accepted."""
        self._stopping = True
        self._woken.set()

    def send_due(self) -> None:
        """Try every message that is due, then set the alarm for the first that waits."""
        try:
            while not self._stopping and (due := self._store.due_alerts(self._clock.now(), AT_ONCE)):
                self._send(due)
            if not self._stopping:
                self._timers.wake_at(NEXT_TRY, self._store.next_alert_try())
        except ProductError as error:
            log.warning("the outbox has to wait: %s", error)
            self._timers.wake_at(NEXT_TRY, self._clock.now() + TROUBLE)
        except Exception:  # what is wrong with one message must not silence all that come later
            log.exception("the outbox has failed; it tries again")
            self._timers.wake_at(NEXT_TRY, self._clock.now() + TROUBLE)

    def _send(self, due: Iterable[StoredAlert]) -> None:
        begun: list[StoredAlert] = []

        def messages() -> Iterator[Message]:
            for each in due:
                if self._stopping:
                    return
                begun.append(each)
                yield self._message(each.alert)

        for error in self._notifier.send(messages()):
            if error is None or not self._stopping:
                self._remember(begun[-1], error)

    def _message(self, alert: Alert) -> Message:
        return Message(alert.channel, alert.title, "\n".join(filter(None, [alert.text, self._more(alert)])))

    def _more(self, alert: Alert) -> str:
        """Nothing where it cannot be looked up, as it has gone say: that keeps neither this message nor others back."""
        try:
            return self._details(alert)
        except (StoreUnavailable, StoreConflict):
            raise
        except ProductError as error:
            about = {"backfill": alert.backfill}
            log.info("a message about backfill %d goes without details: %s", alert.backfill, error, extra=about)
        except Exception:
            about = {"backfill": alert.backfill}
            log.exception("a message about backfill %d goes without details", alert.backfill, extra=about)
        return ""

    def _remember(self, stored: StoredAlert, error: str | None) -> None:
        """Durable when it returns."""
        now, done = self._clock.now(), Flag()
        if error is None:
            tried = Tried(stored.id, AlertState.SENT, now)
        else:
            tried = after_refusal(stored, error, now, self._give_up_after)
            then = f"again at {tried.next_try}" if tried.next_try else "given up"
            about = {"backfill": stored.alert.backfill}
            refused = stored.id, stored.alert.channel, error, then
            log.warning("message %d through %s was not accepted: %s; %s", *refused, extra=about)

        def write() -> None:
            self._store.tried(tried)
            done.set()

        self._durably(write)
        done.wait()
