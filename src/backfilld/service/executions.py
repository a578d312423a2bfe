"""Executions of workflows that are not scheduled: found by their callers' names, paged, told with their steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from backfilld.catalog.documents import Document
from backfilld.catalog.models import Catalog, Task, Workflow
from backfilld.catalog.references import id_in
from backfilld.engine.states import STATE_MASK, STOPPING, TERMINAL, State
from backfilld.errors import Expired, NotFound
from backfilld.ports import BackfillFilter, InstanceFilter, StoredAttempt, StoredBackfill, StoreReader
from backfilld.request.execution import REQUEST_TYPES
from backfilld.service.backfills import Backfills
from backfilld.service.batches import Batches, Made, Wanted
from backfilld.service.views import ShownBackfill, ShownInstance, Views

STOPPING_WORD = "stopping"
"""Beside the words of backfills: all that is left of it is being stopped."""
AT_ONCE = 100
"""Backfills that are looked at together: each may bring a payload of a megabyte."""
PAGE = 1_000
_UNDER_WAY = frozenset({"running", "pausing"})


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution and how it stands: a word of backfills, or `stopping`."""

    shown: ShownBackfill
    word: str
    begun: bool
    """Whether any of it has ever run."""
    began_at: datetime | None

    @property
    def name(self) -> str:
        """Its caller's name for it, or its number."""
        return name_of(self.shown.stored)


@dataclass(frozen=True, slots=True)
class Step:
    """A task of an execution, with its attempts by number."""

    instance: ShownInstance
    task: Task
    attempts: tuple[StoredAttempt, ...]


def name_of(stored: StoredBackfill) -> str:
    """How callers name an execution."""
    return stored.instance_id or str(stored.id)


def executable(catalog: Catalog, project: int | None = None) -> list[Workflow]:
    """The workflows that can be executed, of one project or of all, in catalog order."""
    flows = catalog.workflows.values()
    return [flow for flow in flows if flow.type in REQUEST_TYPES and project in (None, flow.project_id)]


class Executions:
    """Those of one workflow, as far as they are there for whoever asks; for every thread."""

    def __init__(self, workflow: Workflow, backfills: Backfills, views: Views, store: StoreReader) -> None:
        self.workflow, self._backfills, self._views, self._store = workflow, backfills, views, store
        self.every = BackfillFilter(project=workflow.project_id, workflow=workflow.id)

    def make(self, wanted: Sequence[Mapping[str, object]], names: Sequence[str | None], now: datetime) -> list[Made]:
        """Have these accepted, all or none: fields of requests, and their callers' names; who has none gets one.

        Raises what `Batches.submit` raises.
        """
        flow = self.workflow
        home = {"project_id": flow.project_id, "workflow_id": flow.id, "type": REQUEST_TYPES[flow.type]}
        asked = [
            Wanted(Document("body.json", {"name": flow.name, **each, **home}), name or str(uuid4()))
            for each, name in zip(wanted, names, strict=True)
        ]
        return Batches(self._backfills, self._store).submit(asked, now)

    def one(self, name: str) -> Execution:
        """The one of this name, or of this number where it was given none; raises `NotFound`."""
        found = self._views.named(name, self.workflow.project_id) or self._numbered(name)
        if not found or found[0].stored.workflow != self.workflow.id:
            raise NotFound("instance", name)
        return self._standing(found[0])

    def numbers(
        self, wanted: BackfillFilter, most: int, *, ascending: bool = False, after: int | None = None, skip: int = 0
    ) -> Sequence[int]:
        """The ids of at most so many that pass and come after one in this order, less the first `skip`."""
        return self._store.backfill_numbers(wanted, ascending=ascending, after=after, skip=skip, most=most)

    def total(self, wanted: BackfillFilter) -> int:
        """How many pass."""
        return self._store.count_backfills(wanted)

    def going(self, wanted: BackfillFilter, passes: Callable[[Execution], bool]) -> Sequence[int]:
        """The ids of those that have not ended and pass, looked at one by one."""
        found = self._store.backfill_numbers(replace(wanted, open=True))
        return [each.shown.stored.id for each in self.some(found) if passes(each)]

    def some(self, numbers: Sequence[int]) -> Iterator[Execution]:
        """Those of these ids that are there, in this order."""
        for start in range(0, len(numbers), AT_ONCE):
            part = numbers[start : start + AT_ONCE]
            found = {each.id: each for each in self._store.some_backfills(part)}
            yield from (self._standing(self._views.shown(found[each])) for each in part if each in found)

    def named(self, numbers: Sequence[int]) -> list[str]:
        """How callers name those of these ids that are there, in this order."""
        found = {each.id: each for each in self._store.some_backfills(numbers)}
        return [name_of(found[each]) for each in numbers if each in found]

    def open_numbers(self) -> Sequence[int]:
        """The ids of those that have not ended, the newest first."""
        return self._store.backfill_numbers(replace(self.every, open=True))

    def times(self) -> tuple[datetime, datetime] | None:
        """When its first and its newest one were accepted; None where there is none."""
        ends = {each for oldest in (True, False) for each in self.numbers(self.every, 1, ascending=oldest)}
        found = self._store.some_backfills(ends)
        return (found[0].accepted_at, found[-1].accepted_at) if found else None

    def count(self) -> tuple[Mapping[str, int], Sequence[Execution]]:
        """How many have ended with each word, and those that are open."""
        return self._store.outcomes(self.every), list(self.some(self.open_numbers()))

    def steps(self, execution: Execution) -> list[Step]:
        """Its tasks that have begun, in the order of the plan; none where they are not kept any more."""
        return [self._step(execution, each) for each in self.instances(execution) if has_begun(each)]

    def step(self, execution: Execution, name: str) -> Step:
        """Its task of this name, begun or not; raises `NotFound`."""
        found = next((each for each in self.instances(execution) if each.task == name), None)
        if found is None:
            raise NotFound("step", name)
        return self._step(execution, found)

    def instances(self, execution: Execution) -> list[ShownInstance]:
        """All its task instances, in the order of the plan; none where they are not kept any more."""
        return list(self._instances(execution.shown.stored.id))

    def _step(self, execution: Execution, instance: ShownInstance) -> Step:
        task = execution.shown.terms.catalog.tasks[instance.stored.task]
        return Step(instance, task, self._store.attempts(instance.stored.id))

    def _instances(self, backfill: int) -> Iterator[ShownInstance]:
        after = None
        while True:
            try:
                page = self._views.instances(InstanceFilter(backfill), after, PAGE)
            except Expired:
                return
            yield from page.items
            if (after := page.next) is None:
                return

    def _numbered(self, name: str) -> list[ShownBackfill]:
        number = id_in(name)
        found = () if number is None else self._store.some_backfills([number])
        mine = (each for each in found if each.instance_id is None and each.project == self.workflow.project_id)
        return list(map(self._views.shown, mine))

    def _standing(self, shown: ShownBackfill) -> Execution:
        number, word = shown.stored.runs[0], shown.standing.word
        if word in _UNDER_WAY and is_stopping(self._store.state_bytes(number)):
            word = STOPPING_WORD
        run = self._store.some_runs([number]).get(number)
        begun = word != "waiting" or any(map(has_begun, self._instances(shown.stored.id)))
        return Execution(shown, word, begun, run.admitted_at if run else None)


def has_begun(instance: ShownInstance) -> bool:
    """Whether it was ever started, or has ended without that."""
    state = instance.stored.state
    return instance.stored.attempt > 0 or (state in TERMINAL and state is not State.LEFT_OUT)


def is_stopping(states: bytes) -> bool:
    """Whether all that has not ended is being stopped.

    >>> is_stopping(bytes([State.RUNNING | STOPPING, State.CANCELLED])), is_stopping(bytes([State.CANCELLED]))
    (True, False)
    """
    open_ones = [byte for byte in states if State(byte & STATE_MASK) not in TERMINAL]
    return bool(open_ones) and all(byte & STOPPING for byte in open_ones)
