"""What users can do with requests."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from backfilld.catalog.documents import Document
from backfilld.catalog.models import Catalog
from backfilld.engine.events import Said
from backfilld.errors import Fault, ProductError, StoreUnavailable
from backfilld.planning.difference import Difference, compare, sentences
from backfilld.planning.fingerprint import differing_parts
from backfilld.planning.plan import Finding, Plan
from backfilld.ports import Clock, Firing, NewBackfill, Operation, Store
from backfilld.request.durations import ASSUMED
from backfilld.request.resolve import Circumstances
from backfilld.request.resolved import Limits
from backfilld.service.acceptance import new_backfill
from backfilld.service.access import ITSELF, Caller
from backfilld.service.book import Book
from backfilld.service.catalogs import Shelf
from backfilld.service.holders import Holders
from backfilld.service.parts_seen import refuse_part
from backfilld.service.previews import Preview, Surroundings, preview
from backfilld.service.ticker import Ticker

log = logging.getLogger(__name__)
PLANS_SEEN = 16
"""Plans that were shown and are remembered, to say what has moved since."""


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


class PlanMoved(ProductError):
    """What would run is not what the caller saw; nothing was written."""

    code = "plan_moved"

    def __init__(self, expected: str, now: str, changes: Sequence[str]) -> None:
        super().__init__(f"what would run is no longer plan {expected[:12]}, but {now[:12]}: {'; '.join(changes)}")
        self.now, self.changes = now, tuple(changes)

    @property
    def members(self) -> Mapping[str, object]:
        """The hash that would be right now, and what has changed."""
        return {"plan_hash": self.now, "changes": self.changes}


class CyclesHeld(ProductError):
    """Another active backfill holds cycles of a request with `on_conflict: Reject`; nothing was written."""

    code = "cycles_held"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the administrator's settings allow a request."""

    limits: Limits
    resource_groups: frozenset[str]
    channels: frozenset[str] | None = None
    """Through which alerts can go; None: any is taken."""
    assumed_seconds: float = ASSUMED.total_seconds()
    """What a task takes of which nothing is known."""


class Backfills:
    """Previews and accepts requests."""

    def __init__(
        self, shelf: Shelf, store: Store, book: Book, ticker: Ticker, clock: Clock, *, allowed: Allowed
    ) -> None:
        self._shelf, self._store, self._book, self._ticker = shelf, store, book, ticker
        self._clock, self._allowed, self._caller = clock, allowed, ITSELF
        self.holders = Holders(store, book, ticker)
        self.ends: Callable[[Preview], Iterable[Finding]] = lambda made: ()
        """Says when a plan that is only looked at would end."""
        self._seen: deque[Plan] = deque(maxlen=PLANS_SEEN)

    def for_(self, caller: Caller) -> Backfills:
        """The same for somebody, to whom only what they see can be named and planned; they own what they submit."""
        mine = copy(self)
        mine._caller = caller
        return mine

    def preview(self, document: Document, dates_from: datetime | None = None) -> Preview:
        """The plan of a request under the running catalog, the ledger, and the backfills that are active now.

        Its words for dates are counted from `dates_from`, else from now.
        """
        made = self._made(document, dates_from)
        return made.with_findings(self.ends(made))

    def judged(self, document: Document, instance_id: str | None = None, at: datetime | None = None) -> NewBackfill:
        """What `submit` would remember of a request, now or at another moment; raises as that does, writes nothing."""
        made = self._made(document, None, at)
        self._refuse(made)
        return new_backfill(made, self._caller, instance_id=instance_id)

    def refuse_unseen(self, backfill: int) -> None:
        """Raise `NotFound` for a backfill that is not there for the caller."""
        projects = self._caller.projects
        (self._store if projects is None else self._store.seen_by(projects)).backfill(backfill)

    def changes_since(self, backfill: int, made: Preview) -> Difference:
        """What is different from the plan of a backfill.

        Raises `NotFound`, `SeenInPart`, and `PlanChanged` when that backfill's own plan cannot be made again.
        """
        entry = self._book.seen_by(self._caller.projects).entry(backfill)
        refuse_part(entry)
        if entry.changed:
            raise entry.changed
        return compare(entry.plan, made.plan)

    def submit(self, document: Document, firing: Firing | None = None, instance_id: str | None = None) -> Operation:
        """Judge the request, then remember it: durable when this returns. Its runs are written right after.

        What was accepted before under the caller's key, or for the same firing, is answered instead.

        Raises what `preview` raises, `PlanMoved`, `CyclesHeld`, `PlanRefused` for other errors in the plan,
        `KeyReused`, and `AlreadyExists` for an `instance_id` that another backfill of the project has.
        """
        if known := self.known(firing):
            return known[0]
        moment, operations = firing.moment if firing else None, None
        while operations is None:  # a backfill that was accepted since the judgement may hold the same cycles
            accepted, made = self.holders.accepted, self._made(document, moment)
            self._refuse(made)
            new = new_backfill(made, self._caller, firing, instance_id)
            operations = self._ticker.asked(partial(self._accept_unless_overtaken, made, new, accepted))
        return operations[0]

    def accept(self, new: Sequence[NewBackfill], at: datetime) -> tuple[Operation, ...]:
        """Remember requests that were judged by one moment, all or none; raises `AlreadyExists`, `KeyReused`.

        What was accepted before under the caller's key is answered instead. None of them may skip or reject what
        another backfill holds: that was not looked at again.
        """
        return self.known() or self._ticker.asked(lambda: ((), self._accept(new, at)))

    def known(self, firing: Firing | None = None) -> tuple[Operation, ...]:
        """What was accepted before under the caller's key, or for this firing, if anything was."""
        once = self._caller.once
        if once is not None and (used := self._store.used(once)):
            return tuple(map(self._store.operation, used.operations))
        fired = self._store.fired(firing) if firing else None
        return (self._store.operation(fired.operation),) if fired and fired.operation else ()

    @property
    def catalog(self) -> Catalog:
        """The running catalog, as far as the caller sees it; dependencies may lead out of it."""
        current, seen = self._shelf.current, self._caller.projects
        return current if seen is None else current.only(seen)

    @property
    def most_instances(self) -> int:
        """What the settings allow a request."""
        return self._allowed.limits.instances

    def begin(self, operation: Operation) -> None:
        """Write the runs of an accepted backfill and tell the engine. Before the ticker runs, or on its thread."""
        self._ticker.tell(*self._begun(operation))

    def _begun(self, operation: Operation) -> Sequence[Said]:
        """Write the runs; what is to be said of them to the engine."""
        try:
            stored = self._store.write_runs(operation.id, self._clock.now())
            entry = self._book.entry(stored.id)
        except StoreUnavailable:
            raise
        except ProductError as error:
            about = {"operation": operation.id, "backfill": operation.backfill}
            log.exception("operation %s came to nothing", operation.id, extra=about)
            self._store.fail_operation(operation.id, str(error), self._clock.now())
            self.holders.came_to_nothing(operation.backfill)
            return ()
        if entry.changed:
            log.error("%s", entry.changed, extra={"backfill": stored.id})
            self.holders.came_to_nothing(stored.id)
            return ()
        self._ticker.running.enter(entry)
        return (entry.accepted(),)

    def _made(self, document: Document, dates_from: datetime | None, at: datetime | None = None) -> Preview:
        surroundings = Surroundings(self._store, self.holders, self._caller.projects)
        circumstances = self._circumstances(dates_from, at or self._clock.now())
        made = preview(document, self._shelf.current, circumstances, surroundings)
        self._seen.append(made.plan.afresh())
        return made

    def _refuse(self, made: Preview) -> None:
        """Raise what stops the request, if anything does."""
        codes = {error.code for error in made.errors}
        if "plan_moved" in codes:
            raise PlanMoved(str(made.resolved.expect_plan), made.plan.hash, self._moves(made))
        if made.resolved.on_conflict == "Reject" and codes == {"held_elsewhere"}:
            raise CyclesHeld("; ".join(f"{error.subject} {error.message}" for error in made.errors))
        if codes:
            raise PlanRefused(made.errors)

    def _moves(self, made: Preview) -> list[str]:
        """What moved since the expected plan: in full if that is still known, else which parts of it."""
        expected = str(made.resolved.expect_plan)
        plans = (plan for plan in reversed(self._seen) if plan.hash.startswith(expected))
        known = next(filter(self._sees, plans), None)
        if known is None and (stored := self._store.backfill_by_hash(expected)):
            entry = self._book.entry(stored.id)
            known = None if entry.plan_changed or not self._sees(entry.plan) else entry.plan
        if known is not None:
            return sentences(compare(known, made.plan))
        if len(expected) < len(made.plan.hash):
            return ["that plan is not known here any more"]
        parts = differing_parts(expected, made.plan.hash)
        return [f"other {', '.join(parts)}" if parts else "something of it"]

    def _sees(self, plan: Plan) -> bool:
        """Whether all of a plan is there for the caller."""
        return all(self._caller.sees(each.task.project_id) for each in plan.tasks)

    def _accept_unless_overtaken(
        self, made: Preview, new: NewBackfill, accepted: int
    ) -> tuple[tuple[()], tuple[Operation, ...] | None]:
        """Ticker's thread, as all acceptances: none comes between the look and the acceptance."""
        if made.resolved.on_conflict != "Queue" and self.holders.accepted != accepted:
            return (), None
        return (), self._accept([new], made.resolved.accepted_at)

    def _accept(self, new: Sequence[NewBackfill], at: datetime) -> tuple[Operation, ...]:
        """Accepted at the moment that they were judged by: their words for dates and their cycles may rest on that."""
        operations = self._store.accept_all(new, at)
        if operations[0].id == new[0].operation:  # known ones were begun when they were accepted
            for operation in operations:
                self.holders.begins(operation.backfill)
                self._ticker.later(partial(self._begun, operation))
        return operations

    def _circumstances(self, dates_from: datetime | None, at: datetime) -> Circumstances:
        tasks = self._shelf.current.tasks
        return Circumstances(
            accepted_at=at,
            dates_from=dates_from,
            history=lambda environment: self._store.durations(environment, tasks),
            assumed_seconds=self._allowed.assumed_seconds,
            limits=self._allowed.limits,
            resource_groups=self._allowed.resource_groups,
            channels=self._allowed.channels,
            permitted=self._caller.projects,
        )
