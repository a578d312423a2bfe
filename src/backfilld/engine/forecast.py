"""When it will be: the engine itself under a clock that does not wait, not a second model of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from backfilld.catalog.models import Task
from backfilld.dates import aware
from backfilld.engine.backfill import Backfill
from backfilld.engine.diary import DateForecast, Diary
from backfilld.engine.events import Accepted, AttemptEnded, BackfillChanged, Dismissed, Effect, Restored, Said, Start
from backfilld.engine.explaining import Why
from backfilld.engine.plain import Ending
from backfilld.engine.rehearsal import Rehearsal
from backfilld.engine.run import Run
from backfilld.engine.states import AttemptState
from backfilld.engine.turns import STARVATION_AFTER
from backfilld.planning.plan import InstanceId

__all__ = ["Arrival", "DateForecast", "Forecast", "Outlook", "Stall", "Takes", "forecast"]

Takes = Callable[[str, Task], float]
"""Seconds that an attempt of a task takes in an environment."""
_SUCCEEDED = AttemptState.SUCCEEDED
_WAKES = 1000
"""So often in a row a window may open, say, for nothing; whoever has no slots then will have none."""
_FOR_EVER = datetime.max.replace(tzinfo=UTC)
_new = tuple.__new__  # what a named tuple's own constructor comes to, without its Python frame


@dataclass(frozen=True, slots=True)
class Arrival:
    """A backfill that will be accepted at a moment to come: the next firing of a schedule, say."""

    moment: datetime
    accepted: Accepted


@dataclass(frozen=True, slots=True)
class Outlook:
    """All that decides how it goes on: slots, the backfills as they stand in the order of acceptance, and who comes."""

    groups: Mapping[str, int]
    standing: Sequence[Accepted | Restored]
    arrivals: Sequence[Arrival] = ()
    reserved: Mapping[str, int] = field(default_factory=dict)
    starvation_after: timedelta = STARVATION_AFTER


@dataclass(frozen=True, slots=True)
class Stall:
    """Why a backfill never ends by itself, and since when nothing of it moves.

    `code` is the word of what halts it, or of what keeps most of its ready instances; None: it is not known why.
    """

    since: datetime
    code: str | None
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """How a backfill goes on if every attempt succeeds and takes what is expected; `dates` are in run order.

    `openings` are those of the run windows in which it starts something: the nights that it needs.
    """

    end: datetime | None
    dates: tuple[DateForecast, ...]
    openings: tuple[datetime, ...]
    stall: Stall | None


def forecast(outlook: Outlook, backfill: int, takes: Takes, now: datetime) -> Forecast:
    """How a backfill of the outlook goes on from `now`; what runs already has its time so far taken off."""
    return _Play(outlook, Diary(backfill), takes).from_now(aware(now).astimezone(UTC))


class _Play:
    """A rehearsal, and the moments at which its attempts end."""

    def __init__(self, outlook: Outlook, diary: Diary, takes: Takes) -> None:
        self._engine = Rehearsal(outlook.groups, outlook.reserved, outlook.starvation_after, self._see)
        self._outlook, self._diary, self._takes = outlook, diary, takes
        self._running: list[Ending] = []
        self._plain = self._engine.plain_rounds(self._running, self._lengths, diary)
        self._takes_of: dict[int, list[timedelta]] = {}
        self._coming = sorted(outlook.arrivals, key=lambda each: each.moment, reverse=True)
        self._said: list[Said] = list(outlook.standing)
        self._done, self._wakes = False, 0
        self._began = self._now = datetime.min.replace(tzinfo=UTC)

    def from_now(self, now: datetime) -> Forecast:
        """Round after round until the backfill is done, or nothing will ever happen."""
        self._began = now
        self._round(now)
        self._take_up()
        if self._said:
            self._round(now)
        while not self._done and self._wakes < _WAKES and (moment := self._next()):
            self._wake(moment)
            self._play_on()
        size = next(len(each.runs) for each in self._accepted() if each.backfill == self._diary.backfill)
        return Forecast(
            end=self._now if self._done else None,
            dates=tuple(map(self._diary.date, range(size))),
            openings=self._diary.openings,
            stall=None if self._done else self._stall(),
        )

    def _wake(self, moment: datetime) -> None:
        """One round, counted if nothing runs before or after, and nobody is to come."""
        busy = bool(self._running or self._coming)
        self._round(moment)
        self._wakes = 0 if busy or self._running else self._wakes + 1

    def _round(self, now: datetime) -> None:
        self._now = now
        said, self._said, running = self._said, [], self._running
        while running and running[0][0] <= now:
            _, instance, attempt = heappop(running)
            said.append(_new(AttemptEnded, (instance, attempt, _SUCCEEDED, 0, now)))
        while self._coming and self._coming[-1].moment <= now:
            said.append(self._coming.pop().accepted)
        self._heed(self._engine.handle(said, now))

    def _play_on(self) -> None:
        """On to where anything else happens than that attempts succeed."""
        while not (self._done or self._said):
            begun = self._plain.play(self._next_other() or _FOR_EVER)
            if begun is None:
                return
            self._now = begun.now
            self._heed(self._engine.finish(begun))

    def _heed(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if type(effect) is Start:
                self._start(*effect)
            elif type(effect) is BackfillChanged and effect.done:
                self._done |= effect.backfill == self._diary.backfill
                self._said.append(Dismissed(effect.backfill))  # as the daemon does

    def _next(self) -> datetime | None:
        """The next moment at which anything happens."""
        moment, running = self._next_other(), self._running
        return running[0][0] if running and (moment is None or running[0][0] < moment) else moment

    def _next_other(self) -> datetime | None:
        """The next moment at which anything happens but that an attempt ends."""
        moment, coming = self._engine.next_wake(self._now), self._coming
        return coming[-1].moment if coming and (moment is None or coming[-1].moment < moment) else moment

    def _start(self, instance: InstanceId, attempt: int) -> None:
        backfill, run, ordinal = self._engine.find(instance)
        task = run.shape.tasks[ordinal]
        heappush(self._running, (self._now + self._lengths(backfill)[task], instance, attempt))
        if backfill.number == self._diary.backfill:
            self._diary.starts(run, backfill.tasks[task].window, self._now)

    def _lengths(self, backfill: Backfill) -> list[timedelta]:
        """What the attempts of each task of the backfill take."""
        known = self._takes_of.get(backfill.number)
        if known is None:
            environment = backfill.accepted.environment
            known = [timedelta(seconds=self._takes(environment, each.task)) for each in backfill.tasks]
            self._takes_of[backfill.number] = known
        return known

    def _take_up(self) -> None:
        """What ran before goes on until it has taken what it should; what is late or stopped ends now."""
        fresh = {instance for _, instance, _ in self._running}
        started = {
            instance: at
            for each in self._outlook.standing
            if type(each) is Restored
            for instance, at in each.started.items()
        }
        for instance in self._engine.running():
            if instance in fresh:
                continue
            backfill, run, ordinal = self._engine.find(instance)
            attempt = run.recall(ordinal).attempt
            if run.stopping(ordinal):
                self._said.append(AttemptEnded(instance, attempt, AttemptState.STOPPED, None, self._now))
                continue
            end = started.get(instance, self._now) + self._lengths(backfill)[run.shape.tasks[ordinal]]
            heappush(self._running, (max(self._now, end), instance, attempt))

    def _see(self, run: Run) -> None:
        if run.settled:
            self._wakes = 0
        if run.owner == self._diary.backfill:
            self._diary.sees(run, self._now)

    def _accepted(self) -> list[Accepted]:
        standing = [each.accepted if isinstance(each, Restored) else each for each in self._outlook.standing]
        return [*standing, *(each.accepted for each in self._outlook.arrivals)]

    def _stall(self) -> Stall:
        backfill, since = self._engine.known(self._diary.backfill), self._diary.moved or self._began
        if backfill and backfill.marks.halt:
            return Stall(since, backfill.marks.halt.value)
        found = self._engine.explainer.backfill(self._diary.backfill, self._now)
        most = next(iter(found.reasons), None) if found else None
        return Stall(since, most.why.code if most else None, most.why if most else None)
