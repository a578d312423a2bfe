"""The heartbeat: take events, let the engine decide, record, then act. Only this thread touches engine and writer."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event as Flag
from typing import TypeVar
from uuid import uuid4

from backfilld.engine.asking import Answered, Asked
from backfilld.engine.engine import Engine
from backfilld.engine.events import (
    AttemptClosed,
    AttemptMoved,
    BackfillChanged,
    ByKind,
    Dismissed,
    Effect,
    RunAdmitted,
    Said,
    Start,
    Stop,
)
from backfilld.engine.snapshot import SETTLED
from backfilld.engine.states import AttemptState
from backfilld.errors import StoreUnavailable
from backfilld.ports import Clock, Ended, Executor, Outcome, Round, Started, Store, Timers
from backfilld.service.callers import Callers, Job, Question, answer_to
from backfilld.service.hands import Hands
from backfilld.service.inbox import Inbox
from backfilld.service.noticing import Notices
from backfilld.service.open_attempts import OpenAttempts
from backfilld.service.running import Running
from backfilld.service.tally import Tally

log = logging.getLogger(__name__)
T = TypeVar("T")
RIDE = timedelta(seconds=1)
"""How long news that changes no decision waits for a transaction to ride in."""
SLOWEST_RETRY = 5.0


class Ticker:
    """One round after another, each in one transaction; any thread may tell it something, ask it, or let it act."""

    def __init__(
        self, engine: Engine, store: Store, executor: Executor, clock: Clock, timers: Timers, epoch: int
    ) -> None:
        self.engine, self.store, self.executor, self.clock = engine, store, executor, clock
        self.attempts = OpenAttempts()
        self.running = Running()
        """What the engine was told of. Ticker's thread, or before it runs."""
        self.snapshot = engine.snapshot
        """What doors may show: the engine's, once what it tells of is durable."""
        self.acts: Counter[int] = Counter()
        """How many acts each backfill has seen since the start."""
        self.at_rest: Callable[[int], None] = lambda backfill: None
        """Told on the ticker's thread of each backfill that is done, once that is durable."""
        self.published: Callable[[int, ByKind], None] = lambda number, effects: None
        """Told on the ticker's thread of every round, by the number of the last one that was recorded."""
        self.notices = Notices(self.running.subject)
        """What people are to be told of a round."""
        self.tally = Tally()
        """What was counted since the start."""
        self.trouble: str | None = None
        """Why nothing can be recorded at the moment, for readiness."""
        self._hands = Hands(
            executor, self.attempts, lambda run: self.running.launcher(run), engine.catalog_of, self.heard
        )
        self._timers, self._epoch = timers, epoch
        self._inbox: Inbox[Said | Outcome | Job | None] = Inbox(self.tally.heard)
        self._stopping = Flag()
        self._riders: list[Effect] = []
        self._ride_by: datetime | None = None
        self._dismissed: list[Said] = []
        self._kept: set[int] = set()
        self._callers = Callers(self._inbox.put, lambda: self.trouble)
        self._alarm: datetime | None = None
        self._rounds = 0

    def tell(self, *said: Said) -> None:
        """Leave events for the next round."""
        for each in said:
            self._inbox.put(each)

    def heard(self, outcomes: Iterable[Outcome]) -> None:
        """Leave an executor's news for the next round."""
        for each in outcomes:
            self._inbox.put(each)

    def wake(self) -> None:
        """Time has come for something: make a round."""
        self._inbox.put(None)

    def asked(self, question: Question[T]) -> T:
        """The result of a question, asked on the ticker's thread, once what it says is durable.

        Raises `StoreUnavailable` while the store is in trouble, or busy for long: then it was not done and never will
        be. `MaybeDone` says that a round with it could not be recorded in time: that one may still become durable, so
        who asks again should say that it is the same.
        """
        return self._callers.patiently(question, lambda result, effects: result)

    def acted(self, question: Question[Asked]) -> Answered:
        """What the act that a question results in was answered; raises as `asked` does."""
        return self._callers.patiently(question, answer_to)

    def in_turn(self, question: Question[T], then: Callable[[T, Sequence[Effect]], None]) -> None:
        """Have a question asked after whatever else has come; `then` is told once what it says is durable.

        Whoever asks one after the other leaves a round between them: news does not wait for two.
        """
        job = self._callers.eventually(question, then)

        def breathe() -> Sequence[Said]:
            self._inbox.put(job)
            return ()

        self._inbox.put(breathe)

    def keep(self, backfill: int) -> None:
        """Ticker's thread. More acts on a backfill are to come: it is not let go of in between, though it be done."""
        self._kept.add(backfill)

    def release(self, backfill: int) -> None:
        """Ticker's thread. No more acts on it are to come."""
        self._kept.discard(backfill)
        view = self.engine.snapshot.backfills.get(backfill)
        if backfill in self.running and view is not None and view.word in SETTLED:
            self._dismiss(backfill)

    def later(self, write: Callable[[], Sequence[Said] | None]) -> None:
        """Have `write` done on the ticker's thread before the next round, however long the store is in trouble.

        What it says is heard in that round, before whatever was asked after it.
        """

        def run() -> Sequence[Said]:
            said: list[Said] = []
            self.insist(lambda: said.extend(write() or ()))
            return said

        self._inbox.put(run)

    def prove(self, then: Callable[[], None]) -> None:
        """Have a round recorded though nothing has happened, and `then` done on the ticker's thread: it is durable."""

        def run() -> Sequence[Said]:
            proof = Round(self._next_round(), self.clock.now(), [])
            self._record(proof)
            then()
            return ()

        self._inbox.put(run)

    def stop(self) -> None:
        """End after the present round; what runs goes on."""
        self._stopping.set()
        self._inbox.put(None)

    def run(self) -> None:
        """Rounds until `stop`; raises `StoreConflict` when another daemon took over."""
        while not self._stopping.is_set():
            news = self._inbox.wait()
            if any(each is None for each in news):  # the alarm may have rung, whatever the clock reads now
                self._alarm = None
            wake = self.tick(news)
            if self.engine.goes_on:
                self.wake()  # behind whatever has come meanwhile
            else:
                self._set_alarm(wake)
        self._flush()

    def tick(self, news: Sequence[Said | Outcome | Job | None]) -> datetime | None:
        """One round; answers when to wake next if nothing happens before."""
        self.tally.begins()
        said, self._dismissed = self._dismissed, []
        for each in news:
            if isinstance(each, Started | Ended):
                said += self._translated(each)
            elif callable(each):
                said += each()
            elif each is not None:
                said.append(each)
        now = self.clock.now()
        endings = self.attempts.endings(news)
        effects = [*self._riders, *self.engine.handle(said, now)]
        if self.engine.dropped:
            log.info("unheeded, as too old or about nothing open: %s", self.engine.dropped)
        kinds = ByKind(effects)
        alerts = self.notices.of(kinds, self.snapshot, self.engine, now)
        if alerts or not self._may_wait(effects, now):
            self._riders, self._ride_by = [], None
            self._record_and_act(kinds, Round(self._next_round(), now, effects, endings=endings, alerts=alerts))
        self.snapshot = self.engine.snapshot
        self.published(self._rounds, kinds)
        self.tally.taken, self.tally.starved = self.engine.taken(), self.engine.starved
        self._callers.answer(effects)
        wakes = self.engine.next_wake(now), self._ride_by, self.notices.next_wake()
        return min(filter(None, wakes), default=None)

    def _may_wait(self, effects: list[Effect], now: datetime) -> bool:
        """News that changes no decision waits a while for a transaction to ride in."""
        if not all(isinstance(effect, AttemptMoved) and effect.state is AttemptState.RUNNING for effect in effects):
            return False
        self._riders = effects
        self._ride_by = self._ride_by or (now + RIDE if effects else None)
        return self._ride_by is None or now < self._ride_by

    def _set_alarm(self, wake: datetime | None) -> None:
        """An alarm that rings early costs a round; one that is set anew each round costs more."""
        if wake is not None and (self._alarm is None or wake < self._alarm):
            self._alarm = wake
            self._timers.wake_at("engine", wake)

    def _translated(self, outcome: Outcome) -> list[Said]:
        event = self.attempts.event_of(outcome, self.clock.now())
        if event is not None:
            return [event]
        # whoever is asked to stop what has ended tells its end again: it may have been on its way already
        log.info("news of an attempt that is not open: %s", outcome.attempt, extra={"attempt": outcome.attempt})
        self.executor.forget([outcome.attempt])
        return []

    def _next_round(self) -> int:
        self._rounds += 1
        return self._rounds

    def _record_and_act(self, said: ByKind, told: Round) -> None:
        """Record a round whose claims and rows are not made yet, then do what it says."""
        starts = said.of(Start)
        claims = {(start.instance, start.attempt): uuid4().hex for start in starts}
        rows = {effect.run: self.running.rows(effect.run) for effect in said.of(RunAdmitted)}
        whole = replace(told, rows=rows, claims=claims)
        self._record(whole)
        for key, name in claims.items():
            self.attempts.open(name, key)
        self._hands.launch(starts, claims, self._epoch, whole.at)
        self.tally.started(len(starts))
        if whole.alerts:
            self._timers.wake_at("alerts", whole.at)
        self._hands.stop(said.of(Stop))
        closed = said.of(AttemptClosed)
        self.tally.ends.update(each.state for each in closed)
        self._hands.forget(closed)
        for number in self._at_rest(said):
            self._dismiss(number)

    def _record(self, told: Round) -> None:
        began = self.tally.stopwatch()
        self.insist(lambda: self.store.record(told))
        self.tally.recorded(began)

    def _at_rest(self, said: ByKind) -> set[int]:
        """The backfills that are done since this round, or that an act has brought back for nothing."""
        ended = {effect.backfill for effect in said.of(BackfillChanged) if effect.done}
        known = self.engine.snapshot.backfills
        acted = [effect.asked.targets.backfill for effect in said.of(Answered)]
        self.acts.update(acted)
        idle = {number for number in acted if number in known and known[number].word in SETTLED}
        return (ended | idle) - self._kept

    def _dismiss(self, backfill: int) -> None:
        """What is done costs nothing; a rerun brings it back from the store."""
        self.running.leave(backfill)
        self._dismissed.append(Dismissed(backfill))
        self.at_rest(backfill)
        self.wake()

    def insist(self, write: Callable[[], object]) -> None:
        """Ticker's thread. Until it is durable nothing else is done: a store in trouble is asked again, and again."""
        pause = 0.05
        while True:
            try:
                write()
            except StoreUnavailable as error:
                log.warning("%s; asking again in %.2f s", error, pause)
                self.trouble = str(error)
                if self._stopping.wait(pause):
                    raise
                pause = min(2 * pause, SLOWEST_RETRY)
            else:
                self.trouble = None
                return

    def _flush(self) -> None:
        """What waited for a ride goes now."""
        riders, self._riders = self._riders, []
        if riders:
            self._record_and_act(ByKind(riders), Round(self._next_round(), self.clock.now(), riders))
