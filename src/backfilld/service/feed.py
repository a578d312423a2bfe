"""From durable rounds to what those are told who look on: several times a second, and only while somebody does.

A version is one growing number: the epoch of the lease, and below it the round. It says what a grid has, and what a
change leads to, also over restarts: who has a grid of one version, and applies every change of a later one, has the
daemon's bytes.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event

from backfilld.engine.events import ByKind
from backfilld.engine.snapshot import Snapshot
from backfilld.ports import Clock, Store
from backfilld.service.book import Book
from backfilld.service.grid import KEPT
from backfilld.service.grids import Grids, Step
from backfilld.service.list_news import CAME_LATE, ListNews
from backfilld.service.news import Counts, Look, News, Over, Resync, Status
from backfilld.service.standing import HasSnapshot, Standings

log = logging.getLogger(__name__)
ROUND_BITS = 36
"""Of a version. With 17 more for the epoch, readers of JSON hold it exactly."""
PAUSE = 0.2
"""Seconds between two batches of news."""
IN_TROUBLE = "news could not be told"


@dataclass(frozen=True, eq=False)
class Subscription:
    """Somebody who looks on: at some backfills, and at the list of all. `sink` is told all news of everybody."""

    backfills: frozenset[int]
    lists: bool
    sink: Callable[[Sequence[News]], None]


class Feed:
    """Tells what rounds change. `run` has a thread of its own; rounds cost the ticker nothing while nobody looks on."""

    def __init__(self, store: Store, book: Book, recorded: HasSnapshot, clock: Clock, epoch: int) -> None:
        self._store, self._book, self._recorded, self._clock = store, book, recorded, clock
        self._standings = Standings(store, book, recorded)
        self._first = self._newest = epoch << ROUND_BITS
        self._grids = Grids(store, book, lambda: self._newest)
        self._list = ListNews(recorded, self._counts)
        self._rounds: deque[tuple[int, ByKind, Snapshot]] = deque()
        self._shown: Snapshot | None = None
        """As of the last round that grids were told of: so no word is ahead of its bytes.

        None: they were told of none yet. Then the newest does, as all that it shows was durable before they were read.
        """
        self._news, self._stopping = Event(), Event()
        self._subscriptions: set[Subscription] = set()
        self._leaving: deque[Subscription] = deque()
        self._words: dict[int, str] = {}
        """What those who listen to a backfill were told last."""
        self._outcomes: dict[int, str] = {}
        """How those have ended that somebody listens to, as far as it was needed."""
        self._wanted = False

    def published(self, number: int, effects: ByKind) -> None:
        """A round is durable, or only the snapshot is another. Ticker's thread, round after round."""
        self._newest = self._first + number
        if self._wanted or self._grids.wanted:
            self._rounds.append((self._newest, effects, self._recorded.snapshot))
            self._news.set()

    def look(self, backfill: int) -> Look:
        """The bytes of a backfill, as of the last batch of news; `NotFound`, or `PlanChanged` if they would be misread.

        May read all of them from the store: not for an event loop.
        """
        while True:
            self._grids.open(backfill, self._clock.now())
            self._news.set()  # the thread is to see when nobody looks any more
            with self._grids.lock:
                if found := self._grids.look(backfill):
                    return found

    def subscribe(self, new: Subscription, since: int | None, begin: Callable[[int, Sequence[News]], None]) -> None:
        """Tell `new.sink` all news from now on, and before that `begin` the version of now and what comes first.

        That is what has happened since a version, if one is given, and then the word of each of its backfills. Raises
        as `look` does, and may take as long.
        """
        now = self._clock.now()
        for backfill in new.backfills:
            self._grids.open(backfill, now)
        with self._grids.lock:
            if new.lists:
                self._list.use(self._grids.version, now)
            self._tell(list(self._new(now)))  # from here on all have been told the same
            missed = list(self._missed(new, since))
            words = [self._status(backfill) for backfill in sorted(new.backfills)]
            self._words |= {each.backfill: each.word for each in words}
            self._subscriptions.add(new)
            self._wanted = self._wanted or new.lists or bool(new.backfills)
            begin(self._grids.version, [*missed, *words])
        self._news.set()  # what happened meanwhile was perhaps told to nobody

    def unsubscribe(self, old: Subscription) -> None:
        """Tell it nothing more, soon. Waits for nothing."""
        self._leaving.append(old)
        self._news.set()

    def run(self) -> None:
        """Batches of news until `stop`."""
        patience: float | None = None
        while not self._stopping.is_set():
            self._news.wait(patience)
            self._news.clear()
            patience = self._batch_or_start_over()
            self._stopping.wait(PAUSE)
        with self._grids.lock:
            self._tell([Over(self._grids.version)])

    def stop(self) -> None:
        """End, and have everybody told so. Any thread, at any time."""
        self._stopping.set()
        self._news.set()

    def batch(self) -> float | None:
        """Tell what has happened since the last batch; answers after how many seconds there may be more to do.

        None: only what happens can bring anything.
        """
        now = self._clock.now()
        with self._grids.lock:
            self._part()
            self._tell(list(self._new(now)))
            self._grids.tidy(now, self._listened())
            listed = self._list.wanted(now)
            self._wanted = listed or bool(self._listened())
            if not self._wanted and not self._grids.wanted:
                self._shown = None
            times = (self._list.next_look(now) if listed else None, KEPT if self._grids.wanted or listed else None)
        return min((each.total_seconds() for each in times if each is not None), default=None)

    def _part(self) -> None:
        """Those who left are not told, and nothing is remembered for them."""
        while self._leaving:
            self._subscriptions.discard(self._leaving.popleft())
        listened = self._listened()
        self._words = {number: word for number, word in self._words.items() if number in listened}
        self._outcomes = {number: word for number, word in self._outcomes.items() if number in listened}

    def _new(self, now: datetime) -> Iterator[News]:
        rounds, listened = [self._rounds.popleft() for _ in range(len(self._rounds))], self._listened()
        if rounds:
            step = Step.of(effects for _, effects, _ in rounds)
            version, _, self._shown = rounds[-1]
            told = self._grids.take(step, version, now)
            yield from (each for each in told if each.backfill in listened)
            self._outcomes |= {number: word for number, word in step.outcomes.items() if number in listened}
            if self._list.wanted(now):
                self._list.stir((*step.changes, *step.outcomes))
        yield from self._new_words()
        if any(each.lists for each in self._subscriptions):
            self._list.use(self._grids.version, now)
        if self._list.wanted(now):
            yield from self._list.news(self._grids.version, now)

    def _batch_or_start_over(self) -> float | None:
        """A fault of ours ends no daemon: who looks on is told to look anew."""
        try:
            return self.batch()
        except Exception:
            log.exception(IN_TROUBLE)
            with self._grids.lock:
                self._grids.drop()
                about = (*sorted(self._listened()), None)
                self._tell([Resync(each, self._grids.version, IN_TROUBLE) for each in about])
            return KEPT.total_seconds()

    def _new_words(self) -> Iterator[Status]:
        for status in [self._status(backfill) for backfill in self._words]:
            if status.word != self._words[status.backfill]:
                self._words[status.backfill] = status.word
                yield status

    def _status(self, backfill: int) -> Status:
        """From the snapshot; of one that the engine does not know any more, the word that it has ended with."""
        view = (self._shown or self._recorded.snapshot).backfills.get(backfill)
        word = view.word if view else self._outcomes.get(backfill)
        if word is None:
            stored = self._store.backfill(backfill)
            word = stored.outcome or self._standings.of(stored).word
            if stored.outcome:
                self._outcomes[backfill] = stored.outcome
        return Status(backfill, self._grids.version, word)

    def _counts(self, backfill: int, version: int) -> Counts:
        stored = self._store.backfill(backfill)
        standing, project = self._standings.of(stored), self._book.terms(stored).resolved.project_id
        return Counts(backfill, version, project, standing.word, standing.counts, standing.runs)

    def _missed(self, new: Subscription, since: int | None) -> Iterable[News]:
        if since is None:
            return
        for backfill in sorted(new.backfills):
            missed = self._grids.since(backfill, since)
            if missed is None:
                yield Resync(backfill, self._grids.version, CAME_LATE)
            elif missed.changed.places:
                yield missed
        if new.lists:
            yield from self._list.since(since, self._grids.version)

    def _listened(self) -> frozenset[int]:
        return frozenset[int]().union(*(each.backfills for each in self._subscriptions))

    def _tell(self, news: Sequence[News]) -> None:
        if news:
            for sink in {each.sink for each in self._subscriptions}:
                sink(news)
