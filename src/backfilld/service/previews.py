"""A request judged: what it means, what it would run, and what is wrong with that. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from backfilld.catalog.documents import Document
from backfilld.catalog.models import Catalog, TaskId
from backfilld.dates import midnight
from backfilld.planning.analysis import by_severity
from backfilld.planning.bridging import Bits
from backfilld.planning.conflicts import held_cycles
from backfilld.planning.hindsight import conflict_finding, unsure_upstream
from backfilld.planning.history import Outcomes, Succeeded
from backfilld.planning.plan import Finding, Plan
from backfilld.planning.planner import make_plan
from backfilld.planning.reprocess import leave_out_existing, leave_out_unfailed
from backfilld.ports import StoredBackfill
from backfilld.request.models import BackfillRequest
from backfilld.request.resolve import Circumstances, understand
from backfilld.request.resolved import ResolvedRequest
from backfilld.service.holders import Holder

IN_FLIGHT = "in flight elsewhere"
ANOTHER = "another backfill"
FURTHEST = timedelta(days=33)
"""How far a cycle can lie from its business date: the largest offset, and a zone."""


class Ledger(Protocol):
    """What became of cycles: the store."""

    def ledger(
        self, environment: str, tasks: Iterable[TaskId], first: datetime, last: datetime
    ) -> Iterator[tuple[TaskId, Outcomes]]:
        """The outcomes of the tasks' cycles from `first` to `last`."""
        ...

    def succeeded(
        self, environment: str, tasks: Iterable[TaskId], first: datetime, last: datetime
    ) -> Iterator[tuple[TaskId, Set[int]]]:
        """At least from `first` to `last`, the tasks' cycles that ever succeeded."""
        ...


class HoldersNow(Protocol):
    """Who holds cycles."""

    def of(self, environment: str) -> Iterator[Holder]:
        """The backfills of an environment that hold cycles, in the order of acceptance."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a plan is judged against beside the catalog."""

    ledger: Ledger
    holders: HoldersNow
    projects: frozenset[int] | None = None
    """Whose backfills may be named; None: all."""

    def names(self, stored: StoredBackfill) -> str | None:
        """What another backfill is called to whoever asks; None if it is not there for them."""
        if self.projects is not None and stored.project not in self.projects:
            return None
        return f"backfill {stored.id} ({stored.name})"


@dataclass(frozen=True, slots=True)
class Preview:
    """A request, what it means, and what it would run."""

    request: BackfillRequest
    resolved: ResolvedRequest
    plan: Plan
    catalog: Catalog
    findings: tuple[Finding, ...]
    """The plan's and those that history and other backfills bring, errors first."""

    def with_findings(self, found: Iterable[Finding]) -> Preview:
        """The same with these as well."""
        return replace(self, findings=by_severity((*self.findings, *found)))

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop the request."""
        return tuple(finding for finding in self.findings if finding.blocks)


def preview(
    document: Document, catalog: Catalog, circumstances: Circumstances, surroundings: Surroundings | None = None
) -> Preview:
    """The plan of a request; without `surroundings` history and other backfills are not asked.

    Raises `InvalidRequest` with every fault, and what `make_plan` raises. Errors in the plan are findings.
    """
    request, resolved = understand(document, catalog, circumstances)
    plan = make_plan(resolved, catalog, limits=circumstances.limits)
    made = Preview(request, resolved, plan, catalog, plan.findings)
    if not resolved.at_once:
        made = _unjudged(made) if surroundings is None else judged(made, surroundings)
    return _expected(made)


def _unjudged(made: Preview) -> Preview:
    """Without a daemon there is no history, and nobody is active."""
    asked = ("reprocess", made.resolved.reprocess, "All"), ("on_conflict", made.resolved.on_conflict, "Queue")
    message = "is not applied: only a daemon knows what ran and what runs"
    return made.with_findings(
        [
            Finding("no_history", "warning", f"{name} {value}", message)
            for name, value, usual in asked
            if value != usual
        ],
    )


def judged(made: Preview, around: Surroundings) -> Preview:
    """Less what need not run, and with what history and other backfills have to say."""
    resolved, plan, found = made.resolved, _unrecorded(made.plan, made.resolved, around.ledger), []
    for holder, held in list(_held(plan, resolved.environment, around.holders)):
        stored = holder.entry.stored
        found.append(conflict_finding(around.names(stored) or ANOTHER, resolved.on_conflict, held))
        if resolved.on_conflict == "Skip":
            plan = plan.leaving_out(IN_FLIGHT, held)
    made = replace(made, plan=plan)
    return made.with_findings([*_wanted(made, found), *_nothing_left(plan), *_unsure(made, around.ledger)])


def _unrecorded(plan: Plan, resolved: ResolvedRequest, ledger: Ledger) -> Plan:
    """The plan less the cycles that need not run again."""
    if resolved.reprocess == "All" or not plan.dates:
        return plan
    asked = resolved.environment, [task.task.id for task in plan.tasks], *_span(plan)
    if resolved.reprocess == "Missing":
        return leave_out_existing(plan, ledger.succeeded(*asked))
    return leave_out_unfailed(plan, ledger.ledger(*asked))


def _held(plan: Plan, environment: str, holders: HoldersNow) -> Iterator[tuple[Holder, Mapping[int, Bits]]]:
    """The backfills that hold cycles of the plan, and which; those left out already are no concern."""
    for holder in holders.of(environment):
        found = held_cycles(plan, holder.entry.plan, holder.positions)
        wanted = {position: each & ~plan.left_out.get(position, 0) for position, each in found.items()}
        if any(wanted.values()):
            yield holder, wanted


def _wanted(made: Preview, conflicts: Sequence[Finding]) -> Iterator[Finding]:
    """Conflicts are told of to who asked for an analysis, and always when they refuse the request."""
    return (each for each in conflicts if made.resolved.analysed or each.blocks)


def _nothing_left(plan: Plan) -> Iterator[Finding]:
    if plan.size and not plan.to_run:
        yield Finding("nothing_left", "warning", "selection", "every cycle is left out: nothing will run")


def _unsure(made: Preview, ledger: Ledger) -> Iterator[Finding]:
    resolved, plan = made.resolved, made.plan
    if resolved.analysed and plan.dates:
        ask = partial(_succeeded, ledger, resolved.environment, _span(plan))
        yield from unsure_upstream(plan, made.catalog, resolved.permitted, ask)


def _succeeded(ledger: Ledger, environment: str, span: tuple[datetime, datetime], tasks: Sequence[TaskId]) -> Succeeded:
    return ledger.succeeded(environment, tasks, *span)


def _span(plan: Plan) -> tuple[datetime, datetime]:
    """All moments at which cycles of a plan's dates can lie."""
    return midnight(min(plan.dates)) - FURTHEST, midnight(max(plan.dates)) + FURTHEST


def _expected(made: Preview) -> Preview:
    """A plan that is not the one seen before is an error."""
    expected = made.resolved.expect_plan
    if expected is None or made.plan.hash.startswith(expected):
        return made
    message = f"is not what would run now: the plan is {made.plan.hash}; look at it again"
    return made.with_findings([Finding("plan_moved", "error", f"expect_plan {expected}", message, blocks=True)])
