"""Which runs and task instances pass a filter, of all that are there for whoever asks.

What is cheap to know is asked first: a backfill as a whole, then its dates, then states and tasks from a byte an
instance; rows are read only where nothing of that decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from backfilld.engine.fresh import Fresh
from backfilld.engine.states import HELD, STATE_MASK, State
from backfilld.planning.plan import instance_id, split_id
from backfilld.ports import Attempted, Items, Store, StoredBackfill, StoredRun, StoreReader
from backfilld.request.filters import Criteria, InstanceCriteria, RunCriteria, Stage, stages, wanted
from backfilld.request.predicates import Values
from backfilld.service.book import Book, Entry
from backfilld.service.standing import HasSnapshot, Standings, runs_from

PAGE = 1_000
OF_BACKFILL = ("backfill", "name", "project", "workflow", "tags")
OF_RUN = ("state", "priority", "admitted_at", "settled_at")
OF_CELL = ("task", "state", "held")
OF_INSTANCE = ("id", "cycle_time", "attempt", "started_at", "ended_at")
NEVER = Attempted(0, None, None)


@dataclass(frozen=True, slots=True)
class Found:
    """What has passed, and the backfills and projects that it belongs to, ascending."""

    items: Items
    backfills: tuple[int, ...]
    projects: frozenset[int]

    @property
    def count(self) -> int:
        """How many items these are."""
        return sum(map(len, self.items.values()))


class Matching:
    """Looks for what passes, for somebody to whom some projects are there; None: all."""

    def __init__(self, store: Store, book: Book, recorded: HasSnapshot, projects: frozenset[int] | None) -> None:
        self._all = store
        self._store: StoreReader = store if projects is None else store.seen_by(projects)
        self._book = book.seen_by(projects)
        self._standings = Standings(self._store, self._book, recorded)

    def runs(self, criteria: RunCriteria) -> Found:
        """The runs that pass, also those of a backfill that the caller sees only in part."""
        of_backfill, of_date, of_run = stages(criteria, OF_BACKFILL, ("id", "business_date"), OF_RUN)
        found = _Finding()
        for stored, decided in self._backfills(criteria, of_backfill, wanted(criteria, "id")):
            for run, sure in self._dates(stored, of_date, "id", decided):
                if sure or of_run.decide(partial(self._of_run, stored, run)):
                    found.add(stored, run.number, (0,))
        return found.all()

    def instances(self, criteria: InstanceCriteria) -> Found:
        """The task instances that pass; raises `PlanChanged` where a backfill is named whose plan has changed."""
        of_backfill, of_date, *later = stages(criteria, OF_BACKFILL, ("run", "business_date"), OF_CELL, OF_INSTANCE)
        found, named = _Finding(), wanted(criteria, "backfill")
        for stored, decided in self._backfills(criteria, of_backfill, self._runs_named(criteria)):
            entry = self._book.entry(stored.id)
            if entry.changed:
                if named is not None:
                    raise entry.changed
                continue
            inside = _Inside(entry, self._all, *later)
            for run, sure in self._dates(stored, of_date, "run", decided):
                found.add(stored, run.number, inside.of(run, everything=sure))
        return found.all()

    def _backfills(
        self, criteria: Criteria, stage: Stage, runs: Sequence[int] | None
    ) -> Iterator[tuple[StoredBackfill, bool]]:
        """Those of which something may pass, and whether all of it does."""
        for stored in self._candidates(wanted(criteria, "backfill"), runs):
            decided = stage.decide(partial(self._of_backfill, stored))
            if decided is not False:
                yield stored, bool(decided)

    def _candidates(self, named: Sequence[int] | None, runs: Sequence[int] | None) -> Iterator[StoredBackfill]:
        if named is None and runs is not None:
            named = [run.backfill for run in self._store.some_runs(set(runs)).values()]
        if named is not None:
            yield from self._store.some_backfills(set(named))
            return
        after = None
        while True:
            page = self._store.backfills(after, PAGE)
            yield from page.items
            if (after := page.next) is None:
                return

    @staticmethod
    def _runs_named(criteria: InstanceCriteria) -> Sequence[int] | None:
        """The only runs in which anything can pass; None for all."""
        runs, ids = wanted(criteria, "run"), wanted(criteria, "id")
        return runs if ids is None else sorted({split_id(each)[0] for each in ids})

    def _dates(
        self, stored: StoredBackfill, stage: Stage, respect: str, everything: bool
    ) -> Iterator[tuple[StoredRun, bool]]:
        """The dates of a backfill of which something may pass, and whether all of it does; none that have expired."""
        decided = {}
        for number, day in zip(stored.runs, stored.dates, strict=True):
            values: dict[str, Values] = {respect: (number,), "business_date": (day,)}
            verdict = everything or stage.decide(values.__getitem__)
            if verdict is not False:
                decided[number] = bool(verdict)
        for run in runs_from(self._store, stored, sorted(decided)):
            if run.expired_at is None:
                yield run, decided[run.number]

    def _of_backfill(self, stored: StoredBackfill, respect: str) -> Values:
        match respect:
            case "backfill":
                return (stored.id,)
            case "name":
                return (stored.name,)
            case "tags":
                tags = self._book.terms(stored).resolved.tags
                return {spelling for key, value in tags.items() for spelling in (key, f"{key}={value}")}
            case "project":
                return str(stored.project), self._book.terms(stored).catalog.by_id[stored.project].name
            case _:
                return self._workflow(stored)

    def _workflow(self, stored: StoredBackfill) -> Values:
        if stored.workflow is None:
            return ()
        return str(stored.workflow), self._book.terms(stored).catalog.workflows[stored.workflow].name

    def _of_run(self, stored: StoredBackfill, run: StoredRun, respect: str) -> Values:
        match respect:
            case "state":
                return (self._standings.word_of_run(stored, run),)
            case "priority":
                return _some(run.marks.priority)
            case "admitted_at":
                return _some(run.admitted_at)
            case _:
                return _some(run.settled_at if run.settled else None)


@dataclass(slots=True)
class _Finding:
    """What has passed so far."""

    items: dict[int, Sequence[int]] = field(default_factory=dict)
    owners: dict[int, int] = field(default_factory=dict)

    def add(self, stored: StoredBackfill, run: int, ordinals: Sequence[int]) -> None:
        if ordinals:
            self.items[run] = ordinals
            self.owners[stored.id] = stored.project

    def all(self) -> Found:
        return Found(dict(sorted(self.items.items())), tuple(sorted(self.owners)), frozenset(self.owners.values()))


class _Inside:
    """The instances of one backfill's dates: first by task and state byte, which dates have in common."""

    def __init__(self, entry: Entry, store: Store, of_cell: Stage, of_instance: Stage) -> None:
        self._entry, self._store = entry, store
        self._cell, self._instance = of_cell, of_instance
        self._fresh = Fresh(entry.plan)
        self._decided: dict[int, bool | None] = {}

    def of(self, run: StoredRun, *, everything: bool) -> Sequence[int]:
        """The ordinals that pass, ascending."""
        position, _ = self._entry.position(instance_id(run.number, 0))
        template = self._entry.plan.template(position)
        if everything and not self._entry.hidden:
            return range(template.size)
        one = _OneRun(self._entry, self._store, position, run.number)
        verdicts = self._verdicts(template.tasks, self._states(run, position), everything)
        return [
            ordinal
            for ordinal, passes in enumerate(verdicts)
            if (self._instance.decide(partial(one.values, ordinal)) if passes is None else passes)
        ]

    def _states(self, run: StoredRun, position: int) -> bytes | bytearray:
        if run.admitted_at is not None:
            return self._store.state_bytes(run.number)
        return self._fresh.states(position, run.default or 0)

    def _verdicts(self, tasks: Sequence[int], states: Sequence[int], everything: bool) -> Iterator[bool | None]:
        known = self._decided
        for task, byte in zip(tasks, states, strict=False):
            cell = task << 8 | byte
            if cell not in known:
                known[cell] = self._judged(task, byte, everything)
            yield known[cell]

    def _judged(self, task: int, byte: int, everything: bool) -> bool | None:
        if self._entry.plan.tasks[task].task.id in self._entry.hidden:
            return False
        return everything or self._cell.decide(partial(self._of_cell, task, byte))

    def _of_cell(self, task: int, byte: int, respect: str) -> Values:
        match respect:
            case "task":
                planned = self._entry.plan.tasks[task].task
                return str(planned.id), planned.name, self._entry.catalog.full_name(planned.id)
            case "state":
                return (State(byte & STATE_MASK).name.lower(),)
            case _:
                return (bool(byte & HELD),)


@dataclass
class _OneRun:
    """What is known of the single instances of a run; attempts are read when somebody asks for any."""

    entry: Entry
    store: Store
    position: int
    number: int

    @cached_property
    def attempts(self) -> Mapping[int, Attempted]:
        """The last attempts, by ordinal."""
        return self.store.last_attempts(self.number)

    def values(self, ordinal: int, respect: str) -> Values:
        """What an instance goes by."""
        match respect:
            case "id":
                return (instance_id(self.number, ordinal),)
            case "cycle_time":
                return (self.entry.plan.cycle_time(self.position, ordinal),)
        last = self.attempts.get(ordinal, NEVER)
        match respect:
            case "attempt":
                return (last.number,)
            case "started_at":
                return _some(last.started_at)
            case _:
                return _some(last.ended_at)


def _some(value: object) -> Values:
    return () if value is None else (value,)
