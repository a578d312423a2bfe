"""What items would be answered if an act were done to them now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from math import ceil

from backfilld.catalog.models import Catalog, Task
from backfilld.engine.asking import Act, Verdict, rejected
from backfilld.engine.foreseeing import foreseen_of_run
from backfilld.engine.fresh import Fresh
from backfilld.engine.on_instances import unlike_planned
from backfilld.engine.states import State
from backfilld.engine.verdicts import Subject, judge
from backfilld.planning.plan import instance_id
from backfilld.ports import Items, Store, StoredInstance, StoredRun
from backfilld.service.book import Book, Entry
from backfilld.service.listing import Listing
from backfilld.service.parts_seen import in_part


class Foreseeing:
    """Looks at rows and plans, and changes nothing."""

    def __init__(self, store: Store, book: Book) -> None:
        """The book is as it is for who asks."""
        self._store, self._book = store, book

    def of_runs(self, act: Act, items: Items, most: int, now: datetime) -> dict[int, Verdict]:
        """What the first of these runs would be answered."""
        return {run: self._of_run(act, self._store.run(run), now) for run in islice(items, most)}

    def of_instances(self, act: Act, items: Items, most: int, latest: Catalog | None) -> dict[int, Verdict]:
        """What the first of these instances would be answered; `latest` is the catalog of a rerun under it."""
        return {each: self._of_instance(act, each, run, latest) for each, run in islice(_instances(items), most)}

    def _of_run(self, act: Act, run: StoredRun, now: datetime) -> Verdict:
        entry = self._book.entry(run.backfill)
        if why := entry.changed or in_part(entry):
            return rejected(str(why))
        if run.admitted_at is not None:
            states: bytes | bytearray = self._store.state_bytes(run.number)
        else:
            states = Fresh(entry.plan).states(entry.position(instance_id(run.number, 0))[0], run.default or 0)
        return foreseen_of_run(act, states, run.marks, now, settled=run.settled)

    def _of_instance(self, act: Act, instance: int, number: int, latest: Catalog | None) -> Verdict:
        run = self._store.run(number)
        entry = self._book.entry(run.backfill)
        position, ordinal = entry.position(instance)
        if run.admitted_at is not None:
            found: StoredInstance | None = self._store.instance(instance)
        else:
            found = Listing(self._store, entry).one(run, ordinal)
        if found is None:
            return rejected(f"backfill {run.backfill} has no such instance")
        return judge(act, _subject(entry, found, position, ordinal, latest))


def _instances(items: Items) -> Iterator[tuple[int, int]]:
    for run, ordinals in items.items():
        yield from ((instance_id(run, ordinal), run) for ordinal in ordinals)


def _subject(entry: Entry, found: StoredInstance, position: int, ordinal: int, latest: Catalog | None) -> Subject:
    task: Task = entry.plan.tasks[entry.plan.template(position).tasks[ordinal]].task
    grace = ceil(task.kill_grace.total_seconds()) if found.state is State.RUNNING else 0
    unlike = "" if latest is None else unlike_planned(task, latest.tasks.get(task.id))
    return Subject(found.byte, found.marks, found.not_before, grace, unlike)
