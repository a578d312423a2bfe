"""Why not yet: what keeps an instance, and what the instances of a backfill wait for; computed when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import TypeVar

from backfilld.engine.explaining import BLOCKED, PLACES_KEPT, SHOWN, Asked, Explainer, Situation, Why
from backfilld.engine.snapshot import BackfillView
from backfilld.engine.states import STATE_MASK, State
from backfilld.engine.upstream import Node, Upstream
from backfilld.errors import NotFound, ProductError
from backfilld.planning.plan import InstanceId, instance_id
from backfilld.ports import StoredAttempt, StoredBackfill, StoredRun, StoreReader
from backfilld.service.access import ITSELF, Caller
from backfilld.service.book import Book, Entry
from backfilld.service.standing import runs_from
from backfilld.service.ticker import Ticker
from backfilld.service.views import ShownInstance, Views
from backfilld.service.waiters import Waiters, kept_places, most_first, waiters_at_rest, waiters_of

T = TypeVar("T")
Look = Callable[[Explainer, datetime], T]
"""Asked on the engine's thread."""
NOT_BEGUN, PLAN_CHANGED = "not_begun", "plan_changed"


@dataclass(frozen=True, slots=True)
class Seen:
    """An instance, and its last attempt."""

    shown: ShownInstance
    last: StoredAttempt | None

    @property
    def since(self) -> datetime | None:
        """When it came into its state: of a running one, when its process started, else when it was claimed."""
        if self.shown.stored.state is State.RUNNING and self.last:
            return self.last.started_at or self.last.claimed_at
        return self.shown.stored.changed_at


@dataclass(frozen=True, slots=True)
class Explained:
    """What keeps an instance, as of `now`.

    `waits_for` has what it waits for itself, or of a blocked one what it goes back to; `more` says how many there are
    beyond. `expected_end` is when a running one usually is done, if that is known and still to come.
    """

    about: Seen
    why: Why
    waits_for: tuple[Seen, ...]
    more: int
    expected_end: datetime | None
    obstacle: ProductError | None
    now: datetime


@dataclass(frozen=True, slots=True)
class ExplainedBackfill:
    """What a backfill's instances wait for that are not ended, as of `now`, and what comes next by itself."""

    stored: StoredBackfill
    word: str
    waiters: tuple[Waiters, ...]
    next: datetime | None
    obstacle: ProductError | None
    now: datetime


class Recorded:
    """The states of a backfill's instances as they are recorded, read a date at a time."""

    def __init__(self, store: StoreReader, runs: Sequence[int]) -> None:
        self._store, self._runs = store, runs
        self._date = lru_cache(maxsize=None)(self._read)

    def state(self, position: int, ordinal: int) -> State:
        """The state of an instance; of a date without rows, what an act has set for all of it."""
        states, default = self._date(position)
        return State((states[ordinal] if states else default) & STATE_MASK)

    def _read(self, position: int) -> tuple[bytes, int]:
        run = self._runs[position]
        states = self._store.state_bytes(run)
        return states, 0 if states else _without_rows(self._store.run(run))


def _without_rows(run: StoredRun) -> int:
    """What the instances of a date are whose rows are not made yet; those of one that has expired keep nobody back."""
    return (run.default or 0) if run.expired_at is None else int(State.LEFT_OUT)


class Explaining:
    """Asks the engine on its own thread for what it alone knows, and the plan and the store for the rest."""

    def __init__(self, store: StoreReader, book: Book, views: Views, ticker: Ticker) -> None:
        self._store, self._book, self._views, self._ticker = store, book, views, ticker
        self._caller = ITSELF

    def for_(self, caller: Caller) -> Explaining:
        """The same for somebody: who is in the way, or upstream, is not named where they do not see it."""
        if caller.projects is None:
            return self
        mine = copy(self)
        mine._store, mine._book = self._store.seen_by(caller.projects), self._book.seen_by(caller.projects)
        mine._views, mine._caller = self._views.for_(caller), caller
        return mine

    def instance(self, instance: InstanceId) -> Explained:
        """Why this instance does not run, with a row or without; `NotFound` if there is none."""
        shown = self._views.instance(instance)

        def about_it(entry: Entry) -> Look[tuple[Why | None, datetime]]:
            node = entry.position(instance)
            ups = () if entry.plan_changed else Upstream(entry.plan).of(node)
            asked = Asked(shown.backfill, *node, ups, shown.stored.byte)
            return lambda explainer, now: (explainer.instance(asked, now), now)

        entry, (why, now) = self._ask(shown.backfill, about_it)
        why = why or self._at_rest(entry, shown)
        named, more = why.upstream, why.more
        if why.code == BLOCKED:
            causes = self._causes(entry, entry.position(instance))
            named, more = tuple(causes[:SHOWN]), max(len(causes) - SHOWN, 0)
        about, told = self._seen(instance), [each for each in named if not entry.hides(each)]
        end, more = _expected_end(entry, about, why, now), more + len(named) - len(told)
        why = self._without_strangers(why)
        return Explained(about, why, tuple(map(self._seen, told)), more, end, entry.changed, now)

    def backfill(self, backfill: int) -> ExplainedBackfill:
        """How many of the backfill's instances wait for what; `NotFound` if there is none."""

        def look(explainer: Explainer, now: datetime) -> tuple[Situation | None, BackfillView | None, datetime]:
            return explainer.backfill(backfill, now), self._ticker.engine.snapshot.backfills.get(backfill), now

        entry, (situation, view, now) = self._ask(backfill, lambda entry: look)
        word = self._views.backfill(backfill).standing.word if view is None else view.word
        if situation is None or view is None:
            waiters, coming = self._waiters_at_rest(entry), None
        else:
            waiters, coming = waiters_of(entry, view, situation), situation.next
        told = [self._told(entry, each) for each in most_first(waiters)]
        return ExplainedBackfill(self._store.backfill(backfill), word, tuple(told), coming, entry.changed, now)

    def _told(self, entry: Entry, waiters: Waiters) -> Waiters:
        """The same, naming nobody that the caller does not see."""
        hidden = waiters.instance is not None and entry.hides(waiters.instance)
        why = self._without_strangers(waiters.why)
        return replace(waiters, why=why, instance=None if hidden else waiters.instance)

    def _ask(self, backfill: int, question: Callable[[Entry], Look[T]]) -> tuple[Entry, T]:
        """What the engine says of a backfill, and the backfill under the plan that it went by then."""
        while True:  # an amendment that came in between is carried out in the round that follows
            entry = self._book.entry(backfill)
            found = self._ticker.asked(partial(self._look, entry, question(entry)))
            if found is not None:
                return entry, found

    def _look(self, entry: Entry, look: Look[T]) -> tuple[tuple[()], T | None]:
        explainer, now = self._ticker.engine.explainer, self._ticker.clock.now()
        return (), look(explainer, now) if explainer.goes_by(entry.stored.id, entry.plan) else None

    def _at_rest(self, entry: Entry, shown: ShownInstance) -> Why:
        """Of a backfill that the engine does not know: done, not begun, or not to be continued."""
        byte, state = shown.stored.byte, shown.stored.state
        if state not in (State.WAITING, State.READY):
            return Why(byte, state.name.lower())
        if entry.plan_changed:
            return Why(byte, PLAN_CHANGED)
        if self._store.backfill(shown.backfill).done_at is None:
            return Why(byte, NOT_BEGUN)
        if self._store.run(shown.run).settled:
            return Why(byte, BLOCKED)
        return Why(byte, PLACES_KEPT, crowd=kept_places(entry))

    def _causes(self, entry: Entry, node: Node) -> list[InstanceId]:
        """What a blocked instance goes back to, as it is recorded: nothing there moves by itself."""
        runs, recorded = entry.stored.runs, Recorded(self._store, entry.stored.runs)
        return [
            instance_id(runs[position], each) for position, each in Upstream(entry.plan).causes(node, recorded.state)
        ]

    def _seen(self, instance: InstanceId) -> Seen:
        attempts = self._store.attempts(instance)
        return Seen(self._views.instance(instance), attempts[-1] if attempts else None)

    def _without_strangers(self, why: Why) -> Why:
        """The same, naming no backfill that the caller does not see."""
        if self._caller.projects is None:
            return why
        if why.backfill is not None and not self._sees(why.backfill):
            why = replace(why, backfill=None, run=None, instance=None)
        if why.crowd is not None:
            known = tuple(each for each in why.crowd.backfills if self._sees(each))
            why = replace(why, crowd=replace(why.crowd, backfills=known))
        return why

    def _sees(self, backfill: int) -> bool:
        try:
            self._store.backfill(backfill)
        except NotFound:
            return False
        return True

    def _waiters_at_rest(self, entry: Entry) -> Iterator[Waiters]:
        shown = self._views.backfill(entry.stored.id)
        waiting = shown.standing.counts[State.WAITING]
        if entry.plan_changed or shown.stored.done_at is None:
            return iter([Waiters(Why(State.WAITING, PLAN_CHANGED if entry.plan_changed else NOT_BEGUN), waiting)])
        blocked = sum(run.held_back for run in runs_from(self._store, entry.stored, entry.stored.runs))
        return waiters_at_rest(entry, waiting, blocked)


def _expected_end(entry: Entry, about: Seen, why: Why, now: datetime) -> datetime | None:
    known = entry.resolved.durations.known.get(about.shown.stored.task)
    if why.state is not State.RUNNING or known is None or about.since is None:
        return None
    end = about.since + timedelta(seconds=known.p50)
    return end if end > now else None
