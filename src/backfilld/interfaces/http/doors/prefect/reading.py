"""Runs as flow runs, with what clients have said of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any
from uuid import UUID, uuid5

from backfilld.catalog.models import Catalog
from backfilld.engine.snapshot import SETTLED
from backfilld.engine.states import State as InstanceState
from backfilld.errors import Fault, InvalidRequest, NotFound
from backfilld.interfaces.http.doors.prefect.notes import DELETED, MADE, OBJECT, STATES, VENDOR
from backfilld.interfaces.http.doors.retried import is_tried_again
from backfilld.interfaces.http.services import Services
from backfilld.interfaces.vendors.prefect.facts import Closer, facts_of
from backfilld.interfaces.vendors.prefect.filters import Filters
from backfilld.interfaces.vendors.prefect.flow_runs import FlowRun, Home, Maker
from backfilld.interfaces.vendors.prefect.history import Facts, Said, current
from backfilld.interfaces.vendors.prefect.ids import Kind, id_of, number_of, owner_id
from backfilld.interfaces.vendors.prefect.making import instance_id
from backfilld.interfaces.vendors.prefect.narrowing import Narrowed, narrowed
from backfilld.ports import RunFilter, StoredBackfill
from backfilld.service.views import ShownRun

PAGE = 256
LOOKED_AT = 20_000
"""Runs that one request may have looked at; what the store can tell apart is not looked at."""
_NARROWING = "a filter by id, state type, deployment id, flow id or idempotency key that leaves fewer"
_MAKERS = UUID("6f1f7f1e-6d0f-5d0c-9a55-0d4a3f1c2b11")
"""Under which names of makers become ids."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A run as it is shown to a client, and what that comes from."""

    flow_run: FlowRun
    shown: ShownRun
    stored: StoredBackfill
    facts: Facts
    kept: tuple[Said, ...]


class FlowRuns:
    """The runs that are there for a caller, less those that were deleted at this door."""

    def __init__(
        self,
        services: Services,
        now: datetime,
        give_up: Callable[[Seen], Seen] | None = None,
        looked_at: int = LOOKED_AT,
    ) -> None:
        """`give_up` has runs failed that were to be resumed by a moment that has passed, as soon as one is seen."""
        self._services, self._now, self._give_up, self._most = services, now, give_up, looked_at

    def one(self, wanted: UUID | str) -> Seen:
        """One run; `NotFound` if there is none, or the id is none of ours."""
        number = _number(wanted)
        found = None if number is None else next(self._some([number]), None)
        if found is None:
            raise NotFound("flow run", wanted)
        return found

    def facts(self, seen: Seen) -> Facts:
        """How a run stands by now."""
        return self._facts(self._as_one(self._services.views.run(seen.shown.number)), seen.stored)

    def passing(self, filters: Filters) -> Iterator[Seen]:
        """Those that pass, the greatest ids first; raises `InvalidRequest` where too many are to be looked at."""
        only, passes = filters.flow_runs.only if filters.flow_runs else None, filters.test()
        found = self._within(narrowed(filters)) if only is None else self._some(map(_number, only))
        return (seen for seen in found if passes(seen.flow_run))

    def count(self, filters: Filters) -> int:
        """How many pass."""
        return sum(1 for _ in self.passing(filters)) if filters.asks_anything else self._all()

    def _all(self) -> int:
        deleted = map(int, self._services.annotations.annotated(VENDOR, OBJECT, DELETED))
        there = self._services.store.count_runs(RunFilter())
        return there - len(self._services.store.run_dates(deleted))

    def _within(self, where: Narrowed) -> Iterator[Seen]:
        if where.keys is not None:
            named = self._services.store.named([instance_id(key) for key in where.keys])
            yield from self._some(number for each in named for number in each.runs)
            return
        wanted = RunFilter(words=where.words, projects=where.flows, workflows=where.deployments)
        after, looked = None, 0
        while True:
            page = self._services.overall.runs(wanted, None, after, min(PAGE, self._most))
            yield from self._dressed(page.items, self._owners(run.backfill for run in page.items))
            after, looked = page.next, looked + len(page.items)
            if after is None:
                return
            if looked >= self._most:
                raise InvalidRequest([Fault("flow_runs", f"more than {self._most:,} runs to look at", _NARROWING)])

    def _some(self, numbers: Iterable[int | None]) -> Iterator[Seen]:
        wanted = sorted({number for number in numbers if number is not None}, reverse=True)
        for start in range(0, len(wanted), PAGE):
            rows = self._services.store.some_runs(wanted[start : start + PAGE])
            owners = self._owners(row.backfill for row in rows.values())
            shown = (self._services.views.shown_run(owners[row.backfill], row) for row in rows.values())
            yield from self._dressed(sorted(shown, key=lambda run: -run.number), owners)

    def _dressed(self, runs: Sequence[ShownRun], owners: Mapping[int, StoredBackfill]) -> Iterator[Seen]:
        notes = self._services.annotations.annotations(VENDOR, OBJECT, [str(run.number) for run in runs])
        for run in runs:
            said = notes.get(str(run.number), {})
            if not said.get(DELETED):
                seen = self._seen(run, owners[run.backfill], said)
                yield self._give_up(seen) if self._give_up and is_given_up(seen, self._now) else seen

    def _owners(self, backfills: Iterable[int]) -> Mapping[int, StoredBackfill]:
        return {each.id: each for each in self._services.store.some_backfills(set(backfills))}

    def _seen(self, run: ShownRun, stored: StoredBackfill, said: Mapping[str, Any]) -> Seen:
        run = self._as_one(run)
        kept = tuple(said.get(STATES, ()))
        facts = self._facts(run, stored)
        return Seen(self._flow_run(run, stored, facts, said), run, stored, facts, kept)

    def _as_one(self, run: ShownRun) -> ShownRun:
        """The run, read again where its row was read before it ended, and its word after."""
        known = run.backfill in self._services.ticker.snapshot.backfills
        torn = run.settled_at is None if run.word in SETTLED else not known
        return self._services.views.run(run.number) if torn else run

    def _facts(self, run: ShownRun, stored: StoredBackfill) -> Facts:
        return facts_of(run, stored.accepted_at, self._closer(run), self._now)

    def _closer(self, run: ShownRun) -> Closer:
        store = self._services.store
        return Closer(partial(store.state_bytes, run.number), partial(is_tried_again, store, run))

    def _flow_run(self, run: ShownRun, stored: StoredBackfill, facts: Facts, said: Mapping[str, Any]) -> FlowRun:
        terms, made = self._services.views.terms(stored), said.get(MADE, {})
        run_id = id_of(Kind.FLOW_RUN, run.number)
        state = current(run_id, said.get(STATES, ()), facts, self._now)
        began = sum(run.counts[each] for each in _BEGUN) > 0
        return FlowRun(
            number=run.number,
            id=run_id,
            name=made.get("name") or f"{stored.name} {run.business_date}",
            home=_home(stored, terms.catalog),
            tags=tuple(made.get("tags", [_tag(*each) for each in terms.resolved.tags.items()])),
            parameters=made.get("parameters", _parameters(terms.request)),
            state=state,
            created=stored.accepted_at,
            expected_start_time=state.due or facts.due or stored.accepted_at,
            start_time=run.admitted_at if began else None,
            end_time=facts.ended,
            idempotency_key=made.get("idempotency_key"),
            work_queue_name=terms.request.default_run_properties.runtime_resource,
            maker=_maker(stored),
            said=made,
        )


def is_given_up(seen: Seen, now: datetime) -> bool:
    """Whether it is paused, and was to be resumed before."""
    state = seen.flow_run.state
    return state.type == "PAUSED" and state.pause_timeout is not None and state.pause_timeout <= now


_BEGUN = InstanceState.RUNNING, InstanceState.SUCCEEDED, InstanceState.FAILED, InstanceState.LOST


def _home(stored: StoredBackfill, catalog: Catalog) -> Home:
    flow = owner_id(Kind.FLOW, stored.project), catalog.by_id[stored.project].name
    if stored.workflow is None:
        return Home(*flow)
    workflow = catalog.workflows[stored.workflow]
    tags = tuple(_tag(*each) for each in workflow.tags.items())
    return Home(*flow, owner_id(Kind.DEPLOYMENT, workflow.id), workflow.name, tags)


def _maker(stored: StoredBackfill) -> Maker:
    if stored.schedule:
        return Maker(_maker_id(stored.schedule), "AUTOMATION", stored.schedule)
    return Maker(_maker_id(stored.by), "DEPLOYMENT", stored.by)


@lru_cache(1024)
def _maker_id(name: str) -> UUID:
    return uuid5(_MAKERS, name)


def _number(wanted: UUID | str) -> int | None:
    try:
        return number_of(Kind.FLOW_RUN, wanted if isinstance(wanted, UUID) else UUID(wanted))
    except ValueError:
        return None


def _tag(key: str, value: str) -> str:
    return f"{key}={value}" if value else key


def _parameters(request: Any) -> dict[str, Any]:
    """What a native request hands its tasks."""
    mappings = (each for each in (request.payload, request.workflow_parameters) if isinstance(each, Mapping))
    return {str(name): value for each in mappings for name, value in each.items()}
