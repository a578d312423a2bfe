"""What operators can do to backfills, runs and instances."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace

from backfilld.catalog.models import Catalog
from backfilld.engine.asking import Act, Answered, Asked, Change, InstanceFacts, Replan, Targets
from backfilld.engine.events import Said
from backfilld.errors import Fault, InvalidRequest, NotFound
from backfilld.planning.plan import InstanceId, split_id
from backfilld.ports import Annotation, IdempotencyKey, Store, StoredRun, StoreReader
from backfilld.service.access import Caller
from backfilld.service.before import before
from backfilld.service.book import Book, Entry
from backfilld.service.catalogs import Shelf
from backfilld.service.choosing import Chosen, InstancesChosen, downstream_of
from backfilld.service.once import refuse_done
from backfilld.service.parts_seen import instances_meant
from backfilld.service.restoring import catalogs_of, reopened
from backfilld.service.ticker import Ticker

MOST_NAMED = 100_000
"""Instances that one act may name: each has its verdict."""


@dataclass(frozen=True, slots=True)
class Wish:
    """An act under its name, with the options that it was asked with, and by whom, for the audit."""

    name: str
    act: Act
    options: Mapping[str, object] = field(default_factory=dict)
    downstream: bool = False
    """Of a rerun of instances: also what is downstream of them and has run."""
    latest: bool = False
    """Of a rerun: with the command, parameters, timeout and retries of the running catalog."""
    by: str = "local"
    address: str = ""
    """From where it is asked."""
    once: IdempotencyKey | None = None
    """Their word for it."""

    def of(self, caller: Caller) -> Wish:
        """The same, asked by somebody."""
        return replace(self, by=caller.name, address=caller.address, once=caller.once)

    @property
    def told(self) -> dict[str, object]:
        """What the audit says of it beside its name and its targets."""
        return {**self.options, **({"from": self.address} if self.address else {})}


class Operators:
    """Each act is durable when its call returns; answers what became of each item."""

    def __init__(self, store: Store, book: Book, ticker: Ticker, shelf: Shelf, most_parallelism: int) -> None:
        self._store, self._book, self._ticker, self._shelf = store, book, ticker, shelf
        self._most_parallelism = most_parallelism
        self._reader: StoreReader = store

    def for_(self, caller: Caller) -> Operators:
        """The same for somebody: nothing is done to what they do not see."""
        if caller.projects is None:
            return self
        mine = copy(self)
        mine._reader, mine._book = self._store.seen_by(caller.projects), self._book.seen_by(caller.projects)
        return mine

    def targets_of_run(self, run: int) -> Targets:
        """One run; `NotFound` if there is none."""
        return Targets(self._reader.run(run).backfill, runs=(run,))

    def targets_of_instance(self, instance: InstanceId) -> Targets:
        """One instance, also of a run that was not admitted yet; `NotFound` if its plan has none."""
        run, ordinal = split_id(instance)
        backfill = self._run_of(instance, run).backfill
        entry = self._book.entry(backfill)
        if ordinal >= entry.plan.template(entry.position(instance)[0]).size or entry.hides(instance):
            raise NotFound("task instance", instance)
        return Targets(backfill, instances=(instance,))

    def targets_of(self, backfill: int, chosen: Chosen) -> Targets:
        """The instances of a backfill that pass a filter as they stand now, also those without rows.

        Raises `InvalidRequest` for tasks that the backfill does not have.
        """
        found = InstancesChosen(self._reader, self._book.entry(backfill)).ids(chosen)
        return Targets(backfill, instances=tuple(found))

    def act(self, wish: Wish, targets: Targets, told: Mapping[str, object] | None = None) -> Answered:
        """Have it done; `told` is what the audit says of the targets where that is shorter than they are.

        Of a backfill that the caller sees in part the act is done to the instances that are seen. Raises `PlanChanged`,
        `InvalidRequest` for more dates in flight than the settings allow, and `SeenInPart`.
        """
        entry = self._book.entry(targets.backfill)
        if entry.changed:
            raise entry.changed
        self._check(wish.act)
        targets = self._seen(entry, wish.act, targets)
        about = {"backfill": targets.backfill, **(_told(targets) if told is None else told), **wish.told}
        catalog = self._shelf.current if wish.latest else None
        if catalog is not None:
            wish = replace(wish, act=under(wish.act, catalog))
            about["catalog_version"] = str(catalog.version)
        if wish.downstream and targets.instances is not None:
            wider = downstream_of(self._store, entry, targets.instances)
            targets = Targets(targets.backfill, instances=_few([each for each in wider if not entry.hides(each)]))
        asked = Asked(wish.act, targets, (), wish.by, wish.name, _json(about), once=wish.once)

        def leave() -> tuple[list[Said], Asked]:
            refuse_done(self._store, asked.once)
            return self.said(entry, self._with_past(entry, asked), catalog)

        return self._ticker.acted(leave)

    def act_in_one(self, wishes: Sequence[tuple[Wish, Targets]], notes: Sequence[Annotation] = ()) -> Answered:
        """Have several acts on one backfill done in one round, in their order; what became of the first of them.

        Nothing starts in between. Each is audited with its targets; the notes are as durable as the first act, and
        kept unless all of that is rejected. Raises `PlanChanged`; for callers to whom all of
        the backfill is there, with acts by the plan's own catalog.
        """
        entry = self._book.entry(wishes[0][1].backfill)
        if entry.changed:
            raise entry.changed
        wanted = [self._asked(wish, targets) for wish, targets in wishes]

        def leave() -> tuple[list[Said], Asked]:
            first, *others = replace(wanted[0], notes=notes), *wanted[1:]
            said, asked = self.said(entry, self._with_past(entry, first), None)
            said += [self._with_what_is_known(self._with_past(entry, each), None) for each in others]
            return said, asked

        return self._ticker.acted(leave)

    def _asked(self, wish: Wish, targets: Targets) -> Asked:
        about = {"backfill": targets.backfill, **_told(targets), **wish.told}
        return Asked(wish.act, targets, (), wish.by, wish.name, _json(about))

    def _with_past(self, entry: Entry, asked: Asked) -> Asked:
        """Ticker's thread: also how its targets stood, for the audit."""
        stood = before(self._store, entry.resolved, asked.act, asked.targets)
        return replace(asked, about=_json({**json.loads(asked.about), **stood})) if stood else asked

    def said(self, entry: Entry, wanted: Asked, catalog: Catalog | None) -> tuple[list[Said], Asked]:
        """Ticker's thread: what is to be said so that it is done, and what will be answered; raises `Expired`."""
        asked = self._with_what_is_known(wanted, catalog)
        if wanted.targets.backfill in self._ticker.running:
            return [asked], asked
        facts = reopened(self._store, self._book, entry)  # a store that cannot tell leaves it unknown
        self._ticker.running.enter(entry)
        return [facts, asked], asked

    def _with_what_is_known(self, asked: Asked, catalog: Catalog | None) -> Asked:
        """Ticker's thread: a version is durable before anything names it."""
        if catalog is not None:
            self._store.keep_catalog(catalog.version, catalog.content, self._ticker.clock.now())
        known = self._known(asked.act, asked.targets)
        catalogs = catalogs_of(self._book, known)
        return replace(asked, known=known, catalogs=catalogs if catalog is None else (*catalogs, catalog))

    def _known(self, act: Act, targets: Targets) -> tuple[InstanceFacts, ...]:
        """What the engine may have forgotten of instances that were satisfied when a daemon started."""
        if not isinstance(act, Change) or targets.instances is None:
            return ()
        return self._store.facts_of(targets.instances)

    def _run_of(self, instance: InstanceId, run: int) -> StoredRun:
        try:
            return self._reader.run(run)
        except NotFound:
            raise NotFound("task instance", instance) from None

    def _seen(self, entry: Entry, act: Act, targets: Targets) -> Targets:
        """What of the targets is there for the caller."""
        if not entry.hidden:
            return targets
        if targets.instances is not None:
            return replace(targets, instances=[each for each in targets.instances if not entry.hides(each)])
        chosen = InstancesChosen(self._reader, entry).ids(instances_meant(entry, act, targets.runs), MOST_NAMED + 1)
        return Targets(targets.backfill, instances=_few(chosen))

    def _check(self, act: Act) -> None:
        asked = act.parallelism if isinstance(act, Replan) else None
        if asked is not None and asked > self._most_parallelism:
            allowed = f"an integer from 1 to {self._most_parallelism}"
            raise InvalidRequest([Fault("parallelism", str(asked), allowed)])


def _json(about: Mapping[str, object]) -> str:
    return json.dumps(about, separators=(",", ":"))


def under(act: Act, catalog: Catalog) -> Act:
    """The act by the command, parameters, timeout and retries of this catalog, if it is one that can be."""
    return replace(act, latest=catalog.version) if isinstance(act, Change) else act


def _told(targets: Targets) -> dict[str, object]:
    if targets.instances is not None:
        return {"instances": list(targets.instances)}
    return {} if targets.runs is None else {"runs": list(targets.runs)}


def _few(instances: Collection[InstanceId]) -> tuple[InstanceId, ...]:
    if len(instances) > MOST_NAMED:
        allowed = f"at most {MOST_NAMED:,} task instances at once: name fewer tasks, states or dates"
        raise InvalidRequest([Fault("filter", f"more than {MOST_NAMED:,} task instances", allowed)])
    return tuple(instances)
