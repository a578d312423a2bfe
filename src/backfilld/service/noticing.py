"""What of a round deserves a word to people: seen where it happens, said by whoever knows how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from backfilld.engine.alarms import Alarms
from backfilld.engine.engine import Engine
from backfilld.engine.events import BackfillChanged, ByKind, RunChanged
from backfilld.engine.explaining import Situation
from backfilld.engine.snapshot import BackfillView, Snapshot
from backfilld.engine.states import State
from backfilld.ports import Alert, AlertEvent, Occasion, Subject

IDLE = "queued"
"""The word of a backfill whose turn it is, and of which nothing runs."""
NOT_BEGUN = "not_begun"
AlertsFor = Callable[[Occasion], Sequence[Alert]]


def nobody(occasion: Occasion) -> Sequence[Alert]:
    """Where there is nobody to be told."""
    return ()


class Notices:
    """Looks at each round once, on the ticker's thread. Endings are noticed each time, all else once a backfill.

    What was noticed is forgotten when the backfill ends or a daemon does: that a channel hears it only once is the
    outbox's to hold.
    """

    def __init__(
        self,
        subject_of: Callable[[int], Subject],
        alerts_for: AlertsFor = nobody,
        stalled_after: timedelta | None = None,
    ) -> None:
        """`stalled_after` None: nobody is to be told of what is stalled, and nothing wakes up for it."""
        self._subject_of, self._alerts_for, self._stalled_after = subject_of, alerts_for, stalled_after
        self._noticed: dict[int, set[AlertEvent]] = {}
        self._stalls: Alarms[int] = Alarms()

    def of(self, said: ByKind, before: Snapshot, engine: Engine, now: datetime) -> list[Alert]:
        """What people are to be told of a round that the engine has just made; `before` is how things stood then."""
        changed = _changed(before, engine.snapshot)
        self._forget(before, engine.snapshot)
        self._follow(changed, now)
        found = list(self._occasions(_events(said, before, changed), said, engine, now))
        return [alert for occasion in found for alert in self._alerts_for(occasion)]

    def next_wake(self) -> datetime | None:
        """When something may have stalled."""
        return self._stalls.first()

    def _occasions(
        self, events: Iterable[tuple[int, AlertEvent]], said: ByKind, engine: Engine, now: datetime
    ) -> Iterator[Occasion]:
        views = engine.snapshot.backfills
        for number, event in events:
            if self._is_news(number, event):
                yield self._occasion(event, views[number], now)
        for number in self._stalls.due(now):
            situation = engine.explainer.backfill(number, now)
            if situation and situation.ready and self._is_news(number, AlertEvent.STALLED):
                yield self._occasion(AlertEvent.STALLED, views[number], now, situation=situation)
        for changed in said.of(BackfillChanged):
            if changed.done:
                self._noticed.pop(changed.backfill, None)
                yield self._occasion(AlertEvent.ENDED, views[changed.backfill], now, outcome=changed.outcome)

    def _is_news(self, backfill: int, event: AlertEvent) -> bool:
        noticed = self._noticed.setdefault(backfill, set())
        news = event not in noticed
        noticed.add(event)
        return news

    def _forget(self, before: Snapshot, after: Snapshot) -> None:
        """What the engine knows no more."""
        for number in before.backfills.keys() - after.backfills.keys() if after is not before else ():
            self._stalls.drop(number)
            self._noticed.pop(number, None)

    def _follow(self, changed: Iterable[BackfillView], now: datetime) -> None:
        """Since when it is a backfill's turn and nothing of it runs."""
        if self._stalled_after is None:
            return
        for view in changed:
            number = view.backfill
            if view.word != IDLE:
                self._stalls.drop(number)
            elif number not in self._stalls and AlertEvent.STALLED not in self._noticed.get(number, ()):
                self._stalls.set(number, now + self._stalled_after)

    def _occasion(
        self,
        event: AlertEvent,
        view: BackfillView,
        now: datetime,
        *,
        outcome: str | None = None,
        situation: Situation | None = None,
    ) -> Occasion:
        subject = self._subject_of(view.backfill)
        counts = Counter({state.name.lower(): count for state, count in zip(State, view.counts, strict=True) if count})
        if not_begun := subject.size - counts.total():
            counts[NOT_BEGUN] = not_begun
        return Occasion(event, subject, now, view.words, counts, outcome, situation)


def _changed(before: Snapshot, after: Snapshot) -> list[BackfillView]:
    """The backfills that are not as they were."""
    if after is before:
        return []
    return [view for number, view in after.backfills.items() if view is not before.backfills.get(number)]


def _events(said: ByKind, before: Snapshot, changed: Iterable[BackfillView]) -> Iterator[tuple[int, AlertEvent]]:
    for run in said.of(RunChanged):
        if run.counts[State.RUNNING]:
            yield run.backfill, AlertEvent.STARTED
        if run.counts[State.FAILED] or run.counts[State.LOST]:
            yield run.backfill, AlertEvent.FIRST_FAILURE
    for view in changed:
        known = before.backfills.get(view.backfill)
        if view.fairness.starved > (known.fairness.starved if known else 0):
            yield view.backfill, AlertEvent.STARVED
