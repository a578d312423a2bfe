"""The ledger for people: what became of each cycle of some tasks, in one environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from backfilld.catalog.models import Catalog, Task, TaskId
from backfilld.dates import DAY, Period, midnight
from backfilld.errors import Fault, InvalidRequest, NotFound
from backfilld.planning.horizon import first_waited_for
from backfilld.planning.plan import Plan
from backfilld.planning.planner import make_plan
from backfilld.planning.recorded import CycleRecord, Present, cycle_records
from backfilld.ports import Clock, StoreReader
from backfilld.request.resolved import Limits, ResolvedRequest
from backfilld.request.selection import ManualSelection
from backfilld.service.access import ITSELF, Caller
from backfilld.service.catalogs import Shelf
from backfilld.service.in_flight import Flights
from backfilld.service.question import Question, meaning_of

MOST_SHOWN = 100_000
MOST_COMPARED = 1_000_000
"""Cycles that are looked at to find the stale ones: a second or two of work."""
VERSIONS_KEPT = 4096


@dataclass(frozen=True, slots=True)
class TaskHistory:
    """A task, and what became of its cycles, in order."""

    task: Task
    cycles: tuple[CycleRecord, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Histories, upstream first; and the catalog versions of the backfills in them, where these are still known."""

    environment: str
    dates: Period
    catalog: Catalog
    histories: tuple[TaskHistory, ...]
    versions: Mapping[int, UUID]
    strangers: frozenset[int]
    """Backfills in them that are not to be named to whoever asks."""


class Gaps:
    """Asks catalog, ledger and engine; for every thread."""

    def __init__(self, shelf: Shelf, store: StoreReader, flights: Flights, clock: Clock, limits: Limits) -> None:
        self._shelf, self._store, self._flights, self._clock = shelf, store, flights, clock
        self._limits, self._caller = limits, ITSELF
        self._version = lru_cache(VERSIONS_KEPT)(self._read_version)

    def for_(self, caller: Caller) -> Gaps:
        """The same for somebody: tasks and backfills of projects that they do not see are not named."""
        if caller.projects is None:
            return self
        mine = copy(self)
        mine._store, mine._caller = self._store.seen_by(caller.projects), caller
        mine._version = lru_cache(VERSIONS_KEPT)(mine._read_version)
        return mine

    def answer(self, question: Question) -> Answer:
        """What became of each cycle under the running catalog.

        Stale is judged by the cycles on the asked dates, and on earlier ones as far as `first_waited_for` says. Raises
        `InvalidRequest` with every fault, also where it would be too much at once, and what `make_plan` raises.
        """
        now = self._clock.now()
        survey = _Survey(self._shelf.current, question, now, self._limits, self._caller)
        # first what is in flight: what settles in between is then in flight as well as recorded, and never neither
        present = Present(int(now.timestamp()), self._flights.of(survey.shown, question.environment))
        past = self._store.ledger(question.environment, survey.wider, *survey.span)
        asked = frozenset(planned.task.id for planned in survey.shown.tasks)
        records = cycle_records(survey.compared, survey.dates.first, asked, past, present)
        histories = tuple(TaskHistory(survey.catalog.tasks[task], cycles) for task, cycles in records.items())
        named = self._versions(histories), self._strangers(histories)
        return Answer(question.environment, survey.dates, survey.catalog, histories, *named)

    def _strangers(self, histories: Iterable[TaskHistory]) -> frozenset[int]:
        if self._caller.projects is None:
            return frozenset()
        held = {each.held_by for history in histories for each in history.cycles if each.held_by is not None}
        return frozenset(each for each in held | _ran(histories) if self._version(each) is None)

    def _versions(self, histories: Iterable[TaskHistory]) -> dict[int, UUID]:
        found = {backfill: self._version(backfill) for backfill in _ran(histories)}
        return {backfill: version for backfill, version in found.items() if version}

    def _read_version(self, backfill: int) -> UUID | None:
        try:
            return self._store.backfill(backfill).catalog_version
        except NotFound:
            return None


class _Survey:
    """The plans that an answer rests on: the cycles to show, and all that are compared to find the stale ones."""

    def __init__(self, catalog: Catalog, question: Question, now: datetime, limits: Limits, caller: Caller) -> None:
        self.catalog, self._question, self._now, self._limits = catalog, question, now, limits
        meant = meaning_of(question, catalog if caller.projects is None else catalog.only(caller.projects), now)
        self.dates = meant.dates
        self.wider = sorted(catalog.graph.ancestors(*meant.tasks))
        told = [task for task in self.wider if caller.sees(catalog.tasks[task].project_id)]
        self.shown = self._plan(told if question.upstream else meant.tasks, self.dates)
        self._refuse_more(self.shown, MOST_SHOWN, "cycles", "fewer dates or tasks")
        tasks = [catalog.tasks[task] for task in self.wider]
        since = first_waited_for(tasks, self.dates.first)
        self.compared = self._plan(self.wider, Period(since, self.dates.last))
        self._refuse_more(self.compared, MOST_COMPARED, "cycles with those upstream", "fewer dates at a time")

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Moments around all cycles that are compared: a local day begins within a day of the universal one."""
        offsets = [planned.task.clock.offset for planned in self.compared.tasks] or [0]
        first, last = self.compared.dates[0], self.compared.dates[-1]
        return midnight(first) + (min(offsets) - 1) * DAY, midnight(last) + (max(offsets) + 2) * DAY

    def _plan(self, tasks: Iterable[TaskId], dates: Period) -> Plan:
        return make_plan(
            ResolvedRequest(
                selection=ManualSelection(frozenset(tasks), frozenset()),
                periods=(dates,),
                accepted_at=self._now,
                environment=self._question.environment,
                analysed=False,
            ),
            self.catalog,
            limits=self._limits,
        )

    def _refuse_more(self, plan: Plan, most: int, what: str, instead: str) -> None:
        if plan.size > most:
            given = f"{plan.size:,} {what} from {self.dates.first} to {self.dates.last}"
            raise InvalidRequest([Fault("", given, f"at most {most:,}: ask for {instead}")])


def _ran(histories: Iterable[TaskHistory]) -> set[int]:
    """The backfills in which these cycles ended."""
    return {each.past.backfill for history in histories for each in history.cycles if each.past}
