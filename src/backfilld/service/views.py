"""Read models: what doors show of backfills, runs and instances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime

from backfilld.engine.marks import UNMARKED_RUN, RunMarks
from backfilld.engine.states import HELD, TRIGGERED
from backfilld.errors import Expired, NotFound, ProductError
from backfilld.planning.plan import InstanceId, split_id
from backfilld.ports import (
    InstanceFilter,
    Page,
    StoredAttempt,
    StoredBackfill,
    StoredInstance,
    StoredOutput,
    StoredRun,
    StoreReader,
)
from backfilld.service.access import Caller
from backfilld.service.book import Book, Entry, Terms
from backfilld.service.listing import Listing
from backfilld.service.parts_seen import refuse_partial_look
from backfilld.service.standing import HasSnapshot, Standing, Standings, runs_from


@dataclass(frozen=True, slots=True)
class ShownBackfill:
    """An accepted backfill, what was asked, and how it stands; `workflow` is None for all of the project."""

    stored: StoredBackfill
    terms: Terms
    standing: Standing
    project: str
    workflow: str | None
    obstacle: ProductError | None
    """What keeps all of it from going on, if anything does."""


@dataclass(frozen=True, slots=True)
class ShownRun:
    """One business date of a backfill; counts by state add up to its instances."""

    number: int
    backfill: int
    business_date: date
    word: str
    counts: tuple[int, ...]
    admitted_at: datetime | None
    settled_at: datetime | None
    """None while it is open, also when it was settled before."""
    marks: RunMarks = UNMARKED_RUN
    expired_at: datetime | None = None
    """When it was taken from view by its retention: only counts and outcome are left."""


@dataclass(frozen=True, slots=True)
class ShownInstance:
    """A task instance, with a row or without."""

    stored: StoredInstance
    backfill: int
    business_date: date
    task: str

    @property
    def run(self) -> int:
        """Its run's number."""
        return split_id(self.stored.id)[0]

    @property
    def held(self) -> bool:
        """Whether an operator keeps it from starting."""
        return bool(self.stored.byte & HELD)

    @property
    def triggered(self) -> bool:
        """Whether neither time, window nor hold count at its next start."""
        return bool(self.stored.byte & TRIGGERED)


@dataclass(frozen=True, slots=True)
class ShownOutput:
    """What a task handed back for a business date."""

    stored: StoredOutput
    business_date: date
    task: str


class Views:
    """What is shown, put together from the engine's snapshot, the store and the plan; for every thread."""

    def __init__(self, store: StoreReader, book: Book, recorded: HasSnapshot) -> None:
        self._store, self._book = store, book
        self._standings = Standings(store, book, recorded)

    def for_(self, caller: Caller) -> Views:
        """The same for somebody: what is of projects that they do not see is not there.

        Counts of a backfill and of its runs are of all that these have.
        """
        if caller.projects is None:
            return self
        mine = copy(self)
        mine._store, mine._book = self._store.seen_by(caller.projects), self._book.seen_by(caller.projects)
        return mine

    def at_hand(self, *, backfill: int | None = None, instance: InstanceId | None = None) -> bool:
        """Whether a look at rows, and at this backfill or instance, takes neither a network nor a plan to be made."""
        return self._store.is_local and self._book.has_in_mind(backfill=backfill, instance=instance)

    def backfill(self, backfill: int) -> ShownBackfill:
        """One backfill; `NotFound` if there is none."""
        return self.shown(self._store.backfill(backfill))

    def named(self, instance_id: str, project: int | None) -> list[ShownBackfill]:
        """The backfills that their callers named so, of one project or of all."""
        return list(map(self.shown, self._store.named([instance_id], project)))

    def runs(self, backfill: int, after: int | None, limit: int) -> Page[ShownRun]:
        """The backfill's runs, in run order; `NotFound` if there is no such backfill."""
        stored = self._store.backfill(backfill)
        first = 0 if after is None else _after(stored, after)
        numbers = stored.runs[first : first + limit]
        items = tuple(self.shown_run(stored, run) for run in runs_from(self._store, stored, numbers))
        return Page(items, numbers[-1] if items and first + limit < len(stored.runs) else None)

    def instances(self, wanted: InstanceFilter, after: InstanceId | None, limit: int) -> Page[ShownInstance]:
        """The backfill's instances that pass, less those that have expired.

        `NotFound` if there is no such backfill, or it has no such run; `Expired` if all of that has gone.
        """
        assert wanted.backfill is not None
        entry = self._book.entry(wanted.backfill)
        if wanted.run is not None and entry.stored.position(wanted.run) is None:
            raise NotFound("run", wanted.run)
        page = Listing(self._store, entry).page(wanted, after, limit)
        if not page.items:
            self._refuse_expired(wanted.backfill, wanted.run)
        entry = self._book.entry(wanted.backfill)  # it may have been given more dates since
        return Page(tuple(shown_instances(entry, page.items)), page.next)

    def instance(self, instance: InstanceId) -> ShownInstance:
        """One instance, with a row or without; `NotFound` if there is none."""
        number, ordinal = split_id(instance)
        run = self._run_of(instance, number)
        entry = self._book.entry(run.backfill)
        if run.admitted_at is not None:
            found: StoredInstance | None = self._store.instance(instance)
        else:
            found = Listing(self._store, entry).one(run, ordinal)
        if found is None or found.task in entry.hidden:
            raise NotFound("task instance", instance)
        return shown_instance(entry, found)

    def outputs(self, backfill: int, after: InstanceId | None, limit: int) -> Page[ShownOutput]:
        """What the last attempts of the backfill's instances handed back, less those that have expired.

        `NotFound` if there is no such backfill, `Expired` if all of it has gone.
        """
        page, entry = self._store.outputs(backfill, after, limit), self._book.entry(backfill)
        if not page.items:
            self._refuse_expired(backfill, None)
        there = (each for each in page.items if each.task not in entry.hidden)
        return Page(tuple(_shown_output(entry, each) for each in there), page.next)

    def attempts(self, instance: InstanceId) -> tuple[StoredAttempt, ...]:
        """Every attempt of the instance, by number; `NotFound` if there is no such instance."""
        self.instance(instance)
        return self._store.attempts(instance)

    def attempt(self, instance: InstanceId, number: int | None) -> StoredAttempt:
        """One attempt of an instance, the last one if no number is given; `NotFound` if there is none."""
        found = [each for each in self.attempts(instance) if number in (None, each.number)]
        if not found:
            raise NotFound(
                "attempt of task instance", instance if number is None else f"{instance} with number {number}"
            )
        return found[-1]

    def entry(self, backfill: int) -> Entry:
        """The backfill with its plan; raises `NotFound`, and `PlanChanged` where that cannot be made again."""
        found = self._book.entry(backfill)
        if found.changed:
            raise found.changed
        return found

    def in_part(self, backfill: int) -> bool:
        """Whether some of the backfill's tasks are not there for the caller; `NotFound` if there is none."""
        return bool(self._book.entry(backfill).hidden)

    def whole(self, backfill: int) -> Entry:
        """A backfill with its plan; raises as `entry` does, and `SeenInPart` where some of it is hidden."""
        entry = self.entry(backfill)
        refuse_partial_look(entry)
        return entry

    def task_ids(self, backfill: int, ref: str) -> frozenset[int]:
        """The backfill's tasks of this id, name, or full name `project/workflow/task`; empty if there is none."""
        entry = self._book.entry(backfill)
        tasks = (planned.task for planned in entry.plan.tasks if planned.task.id not in entry.hidden)
        return frozenset(t.id for t in tasks if ref in (str(t.id), t.name, entry.catalog.full_name(t.id)))

    def terms(self, stored: StoredBackfill) -> Terms:
        """What a backfill that was read was asked."""
        return self._book.terms(stored)

    def shown_all(self, stored: Sequence[StoredBackfill]) -> tuple[ShownBackfill, ...]:
        """Backfills that were read, in their order."""
        return tuple(map(self._shown, stored, self._standings.of_all(stored)))

    def shown(self, stored: StoredBackfill) -> ShownBackfill:
        """A backfill that was read."""
        return self._shown(stored, self._standings.of(stored))

    def _shown(self, stored: StoredBackfill, standing: Standing) -> ShownBackfill:
        terms = self._book.terms(stored)
        resolved, catalog = terms.resolved, terms.catalog
        workflow = None if resolved.workflow_id is None else catalog.workflows[resolved.workflow_id].name
        project = catalog.by_id[resolved.project_id].name
        obstacle = self._book.entry(stored.id).changed if standing.word == "paused" else None
        return ShownBackfill(stored, terms, standing, project, workflow, obstacle)

    def run(self, run: int) -> ShownRun:
        """One run; `NotFound` if there is none."""
        found = self._store.run(run)
        return self.shown_run(self._store.backfill(found.backfill), found)

    def shown_run(self, stored: StoredBackfill, run: StoredRun) -> ShownRun:
        """A run of this backfill that was read."""
        view = self._standings.of_run(stored, run)
        settled_at = run.settled_at if run.settled else None
        moments = run.admitted_at, settled_at
        said = view.word, view.counts, *moments, run.marks, run.expired_at
        return ShownRun(run.number, stored.id, run.business_date, *said)

    def _run_of(self, instance: InstanceId, number: int) -> StoredRun:
        """The run of an instance; `Expired` if it has gone."""
        try:
            run = self._store.run(number)
        except NotFound:
            raise NotFound("task instance", instance) from None
        if run.expired_at is not None:
            raise Expired("task instance", instance, run.expired_at)
        return run

    def _refuse_expired(self, backfill: int, number: int | None) -> None:
        stored = self._store.backfill(backfill)
        if number is None:
            what, ref, since = "backfill", backfill, stored.expired_at
        else:
            (run,) = runs_from(self._store, stored, range(number, number + 1))
            what, ref, since = "run", number, run.expired_at
        if since is not None:
            raise Expired(f"what {what}", f"{ref} has run", since)


def _after(stored: StoredBackfill, run: int) -> int:
    """The position behind that of a run; who asks for one that it does not have gets all from there, by numbers."""
    position = stored.position(run)
    if position is not None:
        return position + 1
    return 0 if run < stored.first_run else len(stored.runs)


def _shown_output(entry: Entry, stored: StoredOutput) -> ShownOutput:
    position, _ = entry.position(stored.instance)
    return ShownOutput(stored, entry.stored.dates[position], entry.catalog.short_names[stored.task])


def shown_instance(entry: Entry, stored: StoredInstance) -> ShownInstance:
    """An instance of this backfill that was read."""
    (found,) = shown_instances(entry, [stored])
    return found


def shown_instances(entry: Entry, stored: Iterable[StoredInstance]) -> Iterator[ShownInstance]:
    """Instances of this backfill that were read; the date of each run is looked for once."""
    days: dict[int, date] = {}
    for each in stored:
        run, _ = split_id(each.id)
        if run not in days:
            days[run] = entry.stored.dates[entry.position(each.id)[0]]
        yield ShownInstance(each, entry.stored.id, days[run], entry.catalog.short_names[each.task])
