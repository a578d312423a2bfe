"""What users can do with requests."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from uuid import uuid4

from backfilld.catalog.documents import Document
from backfilld.catalog.models import Catalog
from backfilld.errors import Fault, ProductError, StoreUnavailable
from backfilld.planning.plan import Finding, Plan
from backfilld.planning.planner import make_plan
from backfilld.ports import Clock, IdempotencyKey, NewBackfill, Operation, OperationStatus, Store
from backfilld.request.models import BackfillRequest
from backfilld.request.resolve import Circumstances, understand
from backfilld.request.resolved import Limits, ResolvedRequest
from backfilld.request.text import request_text
from backfilld.service.book import Book, circumstances_text
from backfilld.service.catalogs import Shelf
from backfilld.service.ticker import Ticker

log = logging.getLogger(__name__)


class PlanRefused(ProductError):
    """The plan has errors; nothing was written."""

    code = "plan_refused"

    def __init__(self, errors: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(f"{error.subject}: {error.message} [{error.code}]" for error in errors))
        self.errors = errors

    @property
    def faults(self) -> tuple[Fault, ...]:
        """One a finding."""
        return tuple(Fault(error.code, error.subject, error.message) for error in self.errors)


@dataclass(frozen=True, slots=True)
class Preview:
    """A request, what it means, and what it would run."""

    request: BackfillRequest
    resolved: ResolvedRequest
    plan: Plan
    catalog: Catalog

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop the request."""
        return tuple(finding for finding in self.plan.findings if finding.severity == "error")


def preview(document: Document, catalog: Catalog, circumstances: Circumstances) -> Preview:
    """The plan of a request; nothing is written.

    Raises `InvalidRequest` with every fault, and what `make_plan` raises. Errors in the plan are findings.
    """
    request, resolved = understand(document, catalog, circumstances)
    plan = make_plan(resolved, catalog, limits=circumstances.limits)
    return Preview(request, resolved, plan, catalog)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the administrator's settings allow a request."""

    limits: Limits
    resource_groups: frozenset[str]


class Backfills:
    """Previews and accepts requests."""

    def __init__(self, shelf: Shelf, store: Store, book: Book, ticker: Ticker, clock: Clock, allowed: Allowed) -> None:
        self._shelf, self._store, self._book, self._ticker = shelf, store, book, ticker
        self._clock, self._allowed = clock, allowed

    def preview(self, document: Document) -> Preview:
        """The plan of a request under the running catalog."""
        return preview(document, self._shelf.current, self._circumstances())

    def submit(self, document: Document, idempotency: IdempotencyKey | None = None) -> Operation:
        """Judge the request, then remember it: durable when this returns. Its runs are written right after.

        Raises what `preview` raises, `PlanRefused` for errors in the plan, and `KeyReused`.
        """
        if idempotency is not None and (known := self._store.used(idempotency)):
            return known
        made = self.preview(document)
        if made.errors:
            raise PlanRefused(made.errors)
        new = self._new(made, idempotency)
        return self._ticker.asked(lambda: ((), self._accept(new)))

    def begin(self, operation: Operation) -> None:
        """Write the runs of an accepted backfill and tell the engine. Ticker's thread, or before it runs."""
        try:
            stored = self._store.write_runs(operation.id, self._clock.now())
            entry = self._book.entry(stored.id)
        except StoreUnavailable:
            raise
        except ProductError as error:
            log.exception("operation %s came to nothing", operation.id)
            self._store.fail_operation(operation.id, str(error), self._clock.now())
            return
        self._ticker.running.enter(entry)
        self._ticker.tell(entry.accepted())

    def _accept(self, new: NewBackfill) -> Operation:
        operation = self._store.accept(new, self._clock.now())
        if operation.status is OperationStatus.PENDING:
            self._ticker.later(lambda: self.begin(operation))
        return operation

    def _circumstances(self) -> Circumstances:
        tasks = self._shelf.current.tasks
        return Circumstances(
            accepted_at=self._clock.now(),
            history=lambda environment: self._store.expected_seconds(environment, tasks),
            limits=self._allowed.limits,
            resource_groups=self._allowed.resource_groups,
        )

    def _new(self, made: Preview, idempotency: IdempotencyKey | None) -> NewBackfill:
        plan, resolved = made.plan, made.resolved
        return NewBackfill(
            operation=str(uuid4()),
            name=made.request.name,
            environment=resolved.environment,
            priority=resolved.priority or 1,
            request=request_text(made.request),
            resolved=circumstances_text(resolved),
            plan_hash=plan.hash,
            catalog_version=plan.catalog_version,
            catalog_content=made.catalog.content,
            dates=plan.dates,
            size=plan.size,
            left_out=plan.left_out,
            idempotency=idempotency,
        )
