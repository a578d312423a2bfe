"""The grids of the backfills that somebody looks at, or did a moment ago."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from backfilld.engine.asking import Answered, Replan
from backfilld.engine.events import BackfillChanged, ByKind, Moved, RunChanged, last_of_runs
from backfilld.planning.plan import split_id
from backfilld.ports import Store
from backfilld.service.book import Book
from backfilld.service.grid import KEPT, Grid
from backfilld.service.matrix import Matrix
from backfilld.service.news import Delta, Look, Resync

MOST_BYTES = 64 * 2**20
"""What grids may hold together; past that the least recently used go, but none that is listened to."""
REPLANNED = "its plan was amended"
TOO_MUCH = "too much has changed at once"


@dataclass(slots=True)
class Step:
    """What some rounds have brought, by backfill: the last word on each run, another plan, an outcome.

    `moved` has the ordinals of instances that were touched, by run: also of those that stand as before in the end.
    """

    changes: Mapping[int, Sequence[RunChanged]]
    replanned: Collection[int]
    outcomes: Mapping[int, str]
    moved: Mapping[int, Sequence[int]]

    @classmethod
    def of(cls, rounds: Iterable[ByKind]) -> Step:
        """Of these rounds together, in their order."""
        changes: dict[int, list[RunChanged]] = {}
        moved: dict[int, list[int]] = {}
        replanned: set[int] = set()
        rounds = tuple(rounds)
        for change in last_of_runs(change for each in rounds for change in each.of(RunChanged)).values():
            changes.setdefault(change.backfill, []).append(change)
        for run, ordinal in (split_id(each.instance) for effects in rounds for each in effects.of(Moved)):
            moved.setdefault(run, []).append(ordinal)
        for said in (said for each in rounds for said in each.of(Answered)):
            if isinstance(said.asked.act, Replan):
                replanned.add(said.asked.targets.backfill)
        ended = (each for effects in rounds for each in effects.of(BackfillChanged))
        return cls(changes, replanned, {each.backfill: each.outcome for each in ended if each.outcome}, moved)


@dataclass(slots=True)
class Loading:
    """A backfill whose bytes are being read, and what was recorded of it meanwhile."""

    backfill: int
    at: datetime
    changes: list[RunChanged] = field(default_factory=list)
    replanned: bool = False


class Grids:
    """Grids by backfill. Whoever takes a step, or wants two answers to be of one moment, holds `lock`.

    A grid is read while rounds go on: what they bring meanwhile is kept, and taken once all is read. What a round says
    of a run is what its bytes are from then on, so it may be taken though it was read already.
    """

    def __init__(self, store: Store, book: Book, newest: Callable[[], int]) -> None:
        """`newest` is the version of the last round that anybody was to be told of, told or not."""
        self._store, self._book, self._newest = store, book, newest
        self.lock, self._one_loads = Lock(), Lock()
        self._grids: OrderedDict[int, Grid] = OrderedDict()
        self._used: dict[int, datetime] = {}
        self._loading: Loading | None = None
        self.version = newest()
        """Of the last step."""

    @property
    def wanted(self) -> bool:
        """Whether there is any grid that has to be told of rounds."""
        return bool(self._grids) or self._loading is not None

    def open(self, backfill: int, now: datetime) -> None:
        """See that there is the grid of a backfill; `NotFound` or `PlanChanged` where there is none."""
        with self._one_loads:
            with self.lock:
                if backfill in self._grids:
                    self.use(backfill, now)
                    return
                loading = self._loading = Loading(backfill, now)
                if not self._grids:  # rounds until now were told to nobody, and are in what is read next
                    self.version = max(self.version, self._newest())
            try:
                while not self._read(loading):
                    pass
            finally:
                self._loading = None

    def look(self, backfill: int) -> Look | None:
        """All of a grid that is there; under the lock."""
        grid = self._grids.get(backfill)
        if grid is None:
            return None
        return Look(self.version, grid.changed_at, bytes(grid.states), tuple(grid.counts), grid.matrix.tag)

    def since(self, backfill: int, version: int) -> Delta | None:
        """What has changed after a version; None where that is not known any more."""
        grid = self._grids.get(backfill)
        changed = grid.since(version) if grid else None
        return Delta(backfill, self.version, changed, tuple(grid.counts)) if grid and changed else None

    def take(self, step: Step, version: int, now: datetime) -> list[Delta | Resync]:
        """Bring every grid to a version; answers what there is to tell of each. Under the lock."""
        self.version = max(self.version, version)
        self._take_while_loading(step)
        told = [self._taken(number, step, now) for number in {*step.changes, *step.replanned} & self._grids.keys()]
        return [each for each in told if each]

    def tidy(self, now: datetime, listened: Collection[int]) -> None:
        """Let go of what nobody has looked at for a while, and of what is too much. Under the lock."""
        for number in self._grids.keys() & set(listened):
            self.use(number, now)
        for grid in self._grids.values():
            grid.forget(now)
        idle = [number for number in self._grids if number not in listened]
        held = sum(grid.matrix.size for grid in self._grids.values())
        for number in idle:  # the least recently used first
            if held > MOST_BYTES or self._used[number] <= now - KEPT:
                held -= self._drop(number).matrix.size

    def drop(self) -> None:
        """Let go of all: none of them is to be relied on. Under the lock."""
        for number in list(self._grids):
            self._drop(number)

    def use(self, backfill: int, now: datetime) -> None:
        """Somebody looks at one that is there. Under the lock."""
        self._used[backfill] = now
        self._grids.move_to_end(backfill)

    def _drop(self, backfill: int) -> Grid:
        del self._used[backfill]
        return self._grids.pop(backfill)

    def _read(self, loading: Loading) -> bool:
        """Whether all bytes are there, and of one plan."""
        matrix = Matrix(self._book.entry(loading.backfill))
        states = matrix.read(self._store)
        with self.lock:
            if loading.replanned:
                loading.changes, loading.replanned = [], False
                return False
            grid = Grid(matrix, states, self.version)
            for change in loading.changes:
                grid.put(change)
            self._grids[loading.backfill] = grid
            self.use(loading.backfill, loading.at)
            return True

    def _take_while_loading(self, step: Step) -> None:
        if (loading := self._loading) is not None:
            loading.changes += step.changes.get(loading.backfill, ())
            loading.replanned = loading.replanned or loading.backfill in step.replanned

    def _taken(self, backfill: int, step: Step, now: datetime) -> Delta | Resync | None:
        if backfill in step.replanned:
            self._drop(backfill)
            return Resync(backfill, self.version, REPLANNED)
        grid = self._grids[backfill]
        changed = grid.take(step.changes[backfill], step.moved, self.version, now)
        if changed is None:
            return Resync(backfill, self.version, TOO_MUCH)
        return Delta(backfill, self.version, changed, tuple(grid.counts)) if changed.places else None
