"""Acts on all that a filter finds: looked at beforehand, remembered with what they are aimed at, done in parts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Literal
from uuid import uuid4

from backfilld.engine.asking import Act, Change, SetNotBefore, Targets, Verdict
from backfilld.errors import NotFound, ProductError
from backfilld.planning.plan import InstanceId, instance_id, split_id
from backfilld.ports import Items, NewAct, Page, Sight, Store, StoredAct, StoredBackfill
from backfilld.request.asked_act import MOST_AT_ONCE
from backfilld.request.filters import InstanceCriteria, RunCriteria
from backfilld.service.access import ITSELF, Caller
from backfilld.service.book import Book
from backfilld.service.catalogs import Shelf
from backfilld.service.choosing import downstream_of
from backfilld.service.foreseen import Foreseeing
from backfilld.service.in_parts import InParts, Verdicts
from backfilld.service.matching import Found, Matching
from backfilld.service.operators import Wish
from backfilld.service.parts_seen import OF_INSTANCES
from backfilld.service.ticker import Ticker

SAMPLE = 20
"""Items of which is told what they would be answered."""
LARGE, LONG = 10_000, 500
"""Instances, or dates, of a backfill that are too many for one round."""
PATIENCE = 20.0
"""Seconds that somebody is kept waiting for the end of an act."""
Criteria = RunCriteria | InstanceCriteria
Of = Literal["run", "instance"]


class CountDiffers(ProductError):
    """The filter does not find as many items as the caller has seen; nothing was done."""

    code = "count_differs"

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(f"the filter finds {found:,} now, not the {expected:,} that were expected; look again")
        self.found = found

    @property
    def members(self) -> Mapping[str, object]:
        """How many it finds now."""
        return {"count": self.found}


@dataclass(frozen=True, slots=True)
class BulkWish:
    """An act on what a filter finds; `told` is what the audit says of it beside the act's options."""

    wish: Wish
    criteria: Criteria
    told: Mapping[str, object]
    expect_count: int | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """An act that is remembered and will be done, whatever is killed, while the token that asked for it is good.

    `ended` brings the verdicts of all its items.
    """

    id: str
    total: int
    ended: Future[Verdicts | None] | None
    """None for one that was begun by somebody else, or in another life of the daemon."""

    def verdicts(self, seconds: float) -> Verdicts | None:
        """What became of each item; None if that is not known in time, or it has ended before all were decided."""
        try:
            return None if self.ended is None else self.ended.result(seconds)
        except TimeoutError:
            return None


class Bulk:
    """What can be done to many items at once, for every thread."""

    def __init__(self, store: Store, book: Book, ticker: Ticker, shelf: Shelf, in_parts: InParts) -> None:
        self._store, self._book, self._ticker, self._shelf, self._in_parts = store, book, ticker, shelf, in_parts
        self._caller = ITSELF

    def for_(self, caller: Caller) -> Bulk:
        """The same for somebody: what they do not see is not found."""
        mine = copy(self)
        mine._caller = caller
        return mine

    def find(self, wanted: BulkWish) -> Found:
        """What the act is meant for, as it stands now; raises `CountDiffers`."""
        matching = Matching(self._store, self._book, self._ticker, self._caller.projects)
        if isinstance(wanted.criteria, RunCriteria):
            found = matching.runs(wanted.criteria)
        else:
            found = matching.instances(wanted.criteria)
            found = replace(found, items=self._downstream(found)) if wanted.wish.downstream else found
        if wanted.expect_count not in (None, found.count):
            raise CountDiffers(wanted.expect_count or 0, found.count)
        return found

    def foresee(self, wanted: BulkWish, found: Found) -> dict[int, Verdict]:
        """What the first items would be answered; nothing is done."""
        foreseeing, act = Foreseeing(self._store, self._book.seen_by(self._caller.projects)), wanted.wish.act
        if isinstance(wanted.criteria, RunCriteria):
            return foreseeing.of_runs(act, found.items, SAMPLE, self._ticker.clock.now())
        latest = self._shelf.current if wanted.wish.latest else None
        return foreseeing.of_instances(act, found.items, SAMPLE, latest)

    def begin(self, wanted: BulkWish, found: Found) -> Begun:
        """Have it done: it is durable when this returns. One that is known under its key is answered as it is."""
        of: Of = "run" if isinstance(wanted.criteria, RunCriteria) else "instance"
        return self._begin(wanted.wish, of, found, wanted.told)

    def begin_large(self, wish: Wish, targets: Targets, told: Mapping[str, object]) -> Begun | None:
        """Have an act on one backfill done in parts, as `begin` does; None where one round takes it as it is.

        Raises `PlanChanged`.
        """
        entry = self._book.seen_by(self._caller.projects).entry(targets.backfill)
        if not _is_large(wish.act, targets, entry.stored) or entry.hidden:
            return None
        if entry.changed:
            raise entry.changed
        items: Items = _by_run(targets.instances or ())
        if targets.instances is None:
            items = dict.fromkeys(sorted(entry.stored.runs), (0,))
        found = Found(items, (targets.backfill,), frozenset({entry.stored.project}))
        if wish.downstream and targets.instances is not None:
            found = replace(found, items=self._downstream(found))
        return self._begin(wish, "run" if targets.instances is None else "instance", found, told)

    def _begin(self, wish: Wish, of: Of, found: Found, told: Mapping[str, object]) -> Begun:
        if wish.once is not None and (used := self._store.used(wish.once)):
            known = self._store.act(used.operations[0])
            return Begun(known.id, known.total, None)
        new, now = self._new(wish, of, found, told), self._ticker.clock.now()
        self._store.begin_act(new, now)
        ended: Future[Verdicts | None] = Future()
        self._ticker.later(partial(self._in_parts.begin, self._store.act(new.id), ended))
        return Begun(new.id, found.count, ended)

    def act(self, act: str) -> StoredAct:
        """One act and how far it is; `NotFound` if it is of a project that the caller does not see."""
        found, caller = self._store.act(act), self._caller
        if caller.projects is None or found.project in caller.projects or found.by == caller.name:
            return found
        raise NotFound("operation", act)

    def acts(self, after: int | None, limit: int) -> Page[StoredAct]:
        """The acts that are there for the caller, the newest first."""
        caller = self._caller
        mine = None if caller.projects is None else Sight(caller.name, caller.projects)
        return self._store.acts(after, limit, mine)

    def stop(self, act: str) -> StoredAct:
        """Have no more of an act done; what is decided stays. `NotFound` as for `act`."""
        self.act(act)
        ending = self._ticker.asked(lambda: ((), self._in_parts.stop(act, f"stopped by {self._caller.name}")))
        Begun(act, 0, ending).verdicts(PATIENCE)
        return self.act(act)

    def _new(self, wish: Wish, of: Of, found: Found, told: Mapping[str, object]) -> NewAct:
        about = dict(told)
        if len(found.backfills) == 1:
            about["backfill"] = found.backfills[0]
        if wish.latest:
            catalog = self._shelf.current
            self._store.keep_catalog(catalog.version, catalog.content, self._ticker.clock.now())
            about["catalog_version"] = str(catalog.version)
        return NewAct(
            id=str(uuid4()),
            name=wish.name,
            by=wish.by,
            asked=json.dumps({**about, **wish.told}, separators=(",", ":"), ensure_ascii=False),
            of=of,
            items=found.items,
            project=next(iter(found.projects)) if len(found.projects) == 1 else None,
            once=wish.once,
            token=self._caller.token,
        )

    def _downstream(self, found: Found) -> Items:
        """These instances, and those downstream of them that have begun."""
        book, wider = self._book.seen_by(self._caller.projects), dict[int, list[int]]()
        for backfill in found.backfills:
            entry = book.entry(backfill)
            mine = ((run, each) for run, each in found.items.items() if entry.stored.position(run) is not None)
            named = (instance_id(run, ordinal) for run, ordinals in mine for ordinal in ordinals)
            wider |= _by_run(each for each in downstream_of(self._store, entry, named) if not entry.hides(each))
        return dict(sorted(wider.items()))


def _by_run(instances: Iterable[InstanceId]) -> dict[int, list[int]]:
    """The ordinals by run; of one run they come together."""
    runs = groupby(map(split_id, sorted(instances)), key=itemgetter(0))
    return {run: [ordinal for _, ordinal in group] for run, group in runs}


def _is_large(act: Act, targets: Targets, stored: StoredBackfill) -> bool:
    """Whether one round would be kept busy for long: by what is named, or by all runs of a backfill."""
    if targets.instances is not None:
        return len(targets.instances) > MOST_AT_ONCE
    each_run = isinstance(act, Change | SetNotBefore) or act in OF_INSTANCES
    return targets.runs is None and each_run and (stored.size > LARGE or len(stored.dates) > LONG)
