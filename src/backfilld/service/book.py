"""Accepted backfills with their plans: recomputed from what was stored, never stored themselves."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import chain
from threading import Lock
from typing import Any
from uuid import UUID

from backfilld.catalog.models import Catalog, RunPolicy, TaskId
from backfilld.catalog.parse import catalog_of
from backfilld.engine.events import Accepted
from backfilld.engine.marks import OnFailure
from backfilld.errors import NotFound, PlanChanged
from backfilld.planning.amended import as_amended
from backfilld.planning.fingerprint import differing_parts
from backfilld.planning.plan import InstanceId, Plan, split_id
from backfilld.planning.planner import make_plan
from backfilld.ports import Recorded, StoredBackfill
from backfilld.request.amendment_text import amendment_json, amendment_of
from backfilld.request.amendments import Amendment
from backfilld.request.durations import ASSUMED, Duration
from backfilld.request.models import BackfillRequest
from backfilld.request.resolve import Circumstances, resolve
from backfilld.request.resolved import UNLIMITED, ResolvedRequest
from backfilld.request.text import request_of

PLANS_KEPT = 64
TERMS_KEPT = 1024


@dataclass(frozen=True, slots=True)
class Terms:
    """What was asked, and what it means under its own catalog version; its plan follows from these."""

    request: BackfillRequest
    resolved: ResolvedRequest
    catalog: Catalog

    @property
    def run_policy(self) -> RunPolicy | None:
        """The run policy by now; None: each task has its own."""
        return as_amended(self.resolved).run_policy


@dataclass(frozen=True, slots=True)
class Entry:
    """An accepted backfill, and what it means under its own catalog version."""

    stored: StoredBackfill
    resolved: ResolvedRequest
    catalog: Catalog
    plan: Plan
    hidden: frozenset[TaskId] = frozenset()
    """Tasks of the plan that are not there for whoever asked."""
    projects: frozenset[int] | None = None
    """The projects that are there for them; None: all."""

    @property
    def plan_changed(self) -> bool:
        """Whether the plan is no longer the one that was accepted, or last amended (new time-zone data, say)."""
        return self.plan.hash != self.stored.plan_hash

    @property
    def changed(self) -> PlanChanged | None:
        """What to say of a plan that changed."""
        if not self.plan_changed:
            return None
        return PlanChanged(self.stored.id, differing_parts(self.stored.plan_hash, self.plan.hash))

    def position(self, instance: InstanceId) -> tuple[int, int]:
        """Its date's position in run order, and its ordinal; `NotFound` for one of another backfill."""
        run, ordinal = split_id(instance)
        position = self.stored.position(run)
        if position is None:
            raise NotFound(f"run {run} of backfill", self.stored.id)
        return position, ordinal

    def sees(self, task: TaskId) -> bool:
        """Whether a task of its catalog is there for whoever asked."""
        return self.projects is None or self.catalog.tasks[task].project_id in self.projects

    def hides(self, instance: InstanceId) -> bool:
        """Whether this instance of its plan is not there for whoever asked."""
        if not self.hidden:
            return False
        position, ordinal = self.position(instance)
        tasks = self.plan.template(position).tasks
        return ordinal >= len(tasks) or self.plan.tasks[tasks[ordinal]].task.id in self.hidden

    def accepted(self) -> Accepted:
        """The backfill as the engine takes it."""
        stored = self.stored
        found = accepted(stored.id, self.plan, stored.runs, self.resolved, scheduled=stored.schedule is not None)
        return replace(found, marks=stored.marks)


def accepted(
    backfill: int, plan: Plan, runs: Sequence[int], resolved: ResolvedRequest, *, scheduled: bool = False
) -> Accepted:
    """A request as the engine takes it, with the numbers that it has been given."""
    return Accepted(
        backfill=backfill,
        plan=plan,
        runs=runs,
        environment=resolved.environment,
        priority=resolved.priority or 1,
        parallelism=resolved.parallelism,
        on_failure=OnFailure(resolved.on_failure),
        at_once=resolved.at_once,
        max_failed_dates=resolved.max_failed_dates,
        first=resolved.first,
        scheduled=scheduled,
    )


def circumstances_text(resolved: ResolvedRequest) -> str:
    """What must be stored beside the request, whose dates are absolute, so that it always means the same."""
    durations = {str(task): [*each] for task, each in sorted(resolved.durations.known.items())}
    permitted = None if resolved.permitted is None else sorted(resolved.permitted)
    return json.dumps(
        {
            "accepted_at": resolved.accepted_at.isoformat(),
            "durations": durations,
            "assumed_seconds": resolved.durations.assumed,
            "permitted": permitted,
        }
    )


def circumstances_of(text: str) -> Circumstances:
    """The same read again; limits and resource groups were judged when it was accepted."""
    found: dict[str, Any] = json.loads(text)
    older = {task: (seconds, seconds) for task, seconds in found.get("expected_seconds", {}).items()}
    durations = {int(task): Duration(*each) for task, each in found.get("durations", older).items()}
    permitted = found.get("permitted")  # older texts have none: their callers could see everything
    return Circumstances(
        accepted_at=datetime.fromisoformat(found["accepted_at"]),
        history=lambda environment: durations,
        assumed_seconds=found.get("assumed_seconds", ASSUMED.total_seconds()),
        limits=UNLIMITED,
        permitted=None if permitted is None else frozenset(permitted),
    )


def amendment_body(asked: Mapping[str, object], amendments: Iterable[Amendment]) -> str:
    """What is stored of an amendment: what was asked, and what it means."""
    return json.dumps({"asked": asked, "means": list(map(amendment_json, amendments))}, separators=(",", ":"))


def amendments_of(body: str) -> list[Amendment]:
    """What the body of a stored amendment means."""
    return list(map(amendment_of, json.loads(body)["means"]))


class Book:
    """Entries by backfill id, for every thread; the ones asked for last are kept."""

    def __init__(self, store: Recorded) -> None:
        self._store = store
        self._projects: frozenset[int] | None = None
        self._lock = Lock()
        self._catalog = lru_cache(maxsize=8)(self._read_catalog)
        self._entries: OrderedDict[int, Entry] = OrderedDict()
        self._terms = lru_cache(maxsize=TERMS_KEPT)(self._read_terms)

    def seen_by(self, projects: frozenset[int] | None) -> Book:
        """The same book for somebody to whom only these projects are there; None: all."""
        mine = copy(self)
        mine._projects = projects
        return mine

    def entry(self, backfill: int) -> Entry:
        """The backfill with its plan; `NotFound` if there is none."""
        with self._lock:
            found = self._entries.get(backfill) or self._keep(self._make(backfill))
        self._refuse_unseen(found.stored)
        if self._projects is None:
            return found
        return replace(found, hidden=_hidden(found, self._projects), projects=self._projects)

    def has_in_mind(self, *, backfill: int | None = None, instance: InstanceId | None = None) -> bool:
        """Whether no plan has to be made first for this backfill, or for the one with this instance."""
        if instance is None:
            return backfill is None or backfill in self._entries
        run, _ = split_id(instance)
        return any(each.stored.position(run) is not None for each in list(self._entries.values()))

    def amended(self, entry: Entry) -> None:
        """From now on the backfill is this one."""
        with self._lock:
            self._keep(replace(entry, hidden=frozenset(), projects=None))

    def terms(self, stored: StoredBackfill) -> Terms:
        """What the backfill was asked, without its plan: cheap enough for listings."""
        bodies = tuple(each.body for each in stored.amendments)
        return self._terms(stored.request, stored.resolved, stored.catalog_version, bodies)

    def catalog(self, version: UUID) -> Catalog:
        """A catalog version that is remembered; `NotFound` if it never was."""
        return self._catalog(version)

    def _keep(self, entry: Entry) -> Entry:
        self._entries[entry.stored.id] = entry
        self._entries.move_to_end(entry.stored.id)
        if len(self._entries) > PLANS_KEPT:
            self._entries.popitem(last=False)
        return entry

    def _make(self, backfill: int) -> Entry:
        stored = self._store.backfill(backfill)
        self._refuse_unseen(stored)
        terms = self.terms(stored)
        plan = make_plan(terms.resolved, terms.catalog, stored.left_out, UNLIMITED)
        return Entry(stored, terms.resolved, terms.catalog, plan)

    def _refuse_unseen(self, stored: StoredBackfill) -> None:
        if self._projects is not None and stored.project not in self._projects:
            raise NotFound("backfill", stored.id)

    def _read_terms(self, request: str, resolved: str, version: UUID, bodies: tuple[str, ...]) -> Terms:
        catalog, asked = self._catalog(version), request_of(request)
        amendments = tuple(chain.from_iterable(map(amendments_of, bodies)))
        found = resolve(asked, catalog, circumstances_of(resolved))
        return Terms(asked, replace(found, amendments=amendments), catalog)

    def _read_catalog(self, version: UUID) -> Catalog:
        return catalog_of(self._store.catalog(version))


def _hidden(entry: Entry, projects: frozenset[int]) -> frozenset[TaskId]:
    return frozenset(each.task.id for each in entry.plan.tasks if each.task.project_id not in projects)
