"""What a task instance waits for directly, and what waits for it, as it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import copy

from backfilld.engine.upstream import Node, Upstream
from backfilld.planning.plan import InstanceId, Plan, instance_id, split_id
from backfilld.ports import Page, StoredInstance, StoreReader
from backfilld.service.access import Caller
from backfilld.service.book import Book, Entry
from backfilld.service.listing import Listing
from backfilld.service.views import ShownInstance, Views, shown_instance


class Neighbours:
    """Asks plan and store; for every thread. What the plan leaves out is passed through, and named as well."""

    def __init__(self, store: StoreReader, book: Book, views: Views) -> None:
        self._store, self._book, self._views = store, book, views

    def for_(self, caller: Caller) -> Neighbours:
        """The same for somebody: neighbours of projects that they do not see are not there."""
        if caller.projects is None:
            return self
        mine = copy(self)
        mine._store, mine._book = self._store.seen_by(caller.projects), self._book.seen_by(caller.projects)
        mine._views = self._views.for_(caller)
        return mine

    def upstream(self, instance: InstanceId, after: InstanceId | None, limit: int) -> Page[ShownInstance]:
        """What it waits for, by id; raises `NotFound`, `Expired` and `PlanChanged`."""
        return self._page(instance, lambda plan, node: Upstream(plan).of(node), after, limit)

    def downstream(self, instance: InstanceId, after: InstanceId | None, limit: int) -> Page[ShownInstance]:
        """What waits for it, by id; raises `NotFound`, `Expired` and `PlanChanged`."""
        return self._page(instance, downstream_of, after, limit)

    def _page(
        self,
        instance: InstanceId,
        find: Callable[[Plan, Node], Iterable[Node]],
        after: InstanceId | None,
        limit: int,
    ) -> Page[ShownInstance]:
        entry = self._book.entry(self._views.instance(instance).backfill)
        if entry.changed:
            raise entry.changed
        runs = entry.stored.runs
        nodes = find(entry.plan, entry.position(instance))
        found = sorted(instance_id(runs[position], ordinal) for position, ordinal in nodes)
        there = [each for each in found if (after is None or each > after) and not entry.hides(each)]
        page = there[:limit]
        return Page(tuple(self._shown(entry, page)), page[-1] if len(there) > limit else None)

    def _shown(self, entry: Entry, instances: Iterable[InstanceId]) -> Iterator[ShownInstance]:
        """As they stand; what has expired meanwhile is left out."""
        wanted = list(instances)
        planned = list(self._without_rows(entry, wanted))  # before the rows: what is given one meanwhile has it then
        rows = self._store.some_instances(wanted)
        known = {each.id: each for each in planned} | dict(rows)
        return (shown_instance(entry, known[each]) for each in wanted if each in known)

    def _without_rows(self, entry: Entry, instances: list[InstanceId]) -> Iterator[StoredInstance]:
        listing, runs = Listing(self._store, entry), self._store.some_runs({split_id(each)[0] for each in instances})
        for number, ordinal in map(split_id, instances):
            run = runs.get(number)
            if run and run.admitted_at is None and run.expired_at is None and (found := listing.one(run, ordinal)):
                yield found


def downstream_of(plan: Plan, node: Node) -> Iterator[Node]:
    """Every instance that waits for this one, also through what the plan leaves out."""
    seen, line = set[Node](), [node]
    while line:
        for down in _direct(plan, line.pop()):
            if down not in seen:
                seen.add(down)
                yield down
                if plan.left_out.get(down[0], 0) >> down[1] & 1:
                    line.append(down)


def _direct(plan: Plan, node: Node) -> Iterator[Node]:
    position, ordinal = node
    yield from ((position, down) for down in plan.template(position).downstream(ordinal))
    for later in range(position + 1, len(plan.dates)):  # a date waits for earlier ones alone
        for wait in plan.cross_waits(later):
            if wait.position == position and ordinal in wait.parents:
                yield from ((later, down) for down in wait.children)
