"""What is changed of an accepted backfill while it runs: judged whole, made durable, then carried out (spec 5)."""

from __future__ import annotations

import json
from copy import copy
from dataclasses import replace
from functools import partial

from backfilld.catalog.cycles import zone_of
from backfilld.catalog.documents import Document, shown
from backfilld.engine.asking import Asked, Replan, Targets
from backfilld.engine.events import Amended, Said
from backfilld.engine.marks import BackfillMarks, OnFailure
from backfilld.planning.fingerprint import differing_parts
from backfilld.ports import Clock, NewAmendment, Store
from backfilld.request.asked_amendment import AskedAmendment, read_amendment
from backfilld.request.faults import FieldFault
from backfilld.request.resolved import Limits
from backfilld.service.access import ITSELF, Caller
from backfilld.service.amendment import Judge, Judged
from backfilld.service.backfills import PlanMoved
from backfilld.service.begun import begun
from backfilld.service.book import Book, Entry, amendment_body
from backfilld.service.holders import Holders
from backfilld.service.once import refuse_done
from backfilld.service.parts_seen import refuse_part
from backfilld.service.previews import Surroundings
from backfilld.service.restoring import refuse_expired, reopened
from backfilld.service.standing import runs_from
from backfilld.service.ticker import Ticker

TRIES = 3
"""How often an amendment is judged while rounds go on; what has begun meanwhile makes it judged anew."""
REOPENING = frozenset({"add_dates", "cut"})
"""What can be asked of a backfill of which every date is settled."""


class Amending:
    """Each amendment is durable when its call returns, and all of it is done or nothing."""

    def __init__(
        self, store: Store, book: Book, ticker: Ticker, clock: Clock, holders: Holders, limits: Limits
    ) -> None:
        self._store, self._book, self._ticker, self._clock = store, book, ticker, clock
        self._holders, self._limits = holders, limits
        self._judge = Judge(store, Surroundings(store, holders), limits)

    def for_(self, caller: Caller) -> Amending:
        """The same for somebody, to whom a backfill of projects that they do not see is not there."""
        mine = copy(self)
        mine._book = self._book.seen_by(caller.projects)
        mine._judge = Judge(self._store, Surroundings(self._store, self._holders, caller.projects), self._limits)
        return mine

    def amend(self, backfill: int, document: Document, by: Caller = ITSELF) -> Judged:
        """Judge it and, unless it is a dry run, have it done.

        Raises `NotFound`, `SeenInPart`, `Expired` and `PlanChanged` for the backfill, `InvalidRequest` with every
        fault of the amendment, `PlanMoved` for another plan than it expects, and for added dates what a request raises.
        """
        for _ in range(TRIES):
            found = self._judged(backfill, document)
            if found.dry_run:
                return found
            if done := self._ticker.asked(partial(self._unless_overtaken, found, by)):
                return done
        return self._ticker.asked(lambda: self._leave(self._judged(backfill, document), by))

    def _judged(self, backfill: int, document: Document) -> Judged:
        accepted, entry = self._holders.accepted, self._amendable(backfill)
        today = self._clock.now().astimezone(zone_of(entry.catalog.by_id[entry.resolved.project_id].timezone)).date()
        asked = read_amendment(document, today, self._limits)
        _refuse_another_plan(entry, asked)
        self._refuse_once_done(entry, asked)
        return self._judge.judged(entry, asked, accepted)

    def _amendable(self, backfill: int) -> Entry:
        entry = self._book.entry(backfill)
        refuse_part(entry)
        if entry.changed:
            raise entry.changed
        refuse_expired(self._store, entry)
        return entry

    def _refuse_once_done(self, entry: Entry, asked: AskedAmendment) -> None:
        if self._store.backfill(entry.stored.id).done_at is not None and not self._brings_back(entry, asked):
            allowed = "only together with add_dates or cut: every date of the backfill is settled"
            said = asked.said()
            asked.refuse([FieldFault((part,), shown(said[part]), allowed) for part in sorted(asked.parts)])

    def _brings_back(self, entry: Entry, asked: AskedAmendment) -> bool:
        """Whether it may let a backfill go on that is done: any may, where dates wait for places that failures keep."""
        return bool(asked.parts & REOPENING) or any(
            not run.settled for run in runs_from(self._store, entry.stored, entry.stored.runs)
        )

    def _unless_overtaken(self, found: Judged, by: Caller) -> tuple[list[Said], Judged | None]:
        """Ticker's thread, as all that begins: nothing comes between this look and the round that carries it out."""
        now = self._book.entry(found.before.stored.id)
        accepted = found.before.resolved.on_conflict == "Queue" or self._holders.accepted == found.accepted
        if not accepted or now.stored.amendments != found.before.stored.amendments:
            return [], None
        if found.rests_on_what_began and begun(self._store, now, found.dropped) != found.begun:
            return [], None
        return self._leave(found, by)

    def _leave(self, found: Judged, by: Caller) -> tuple[list[Said], Judged]:
        """Ticker's thread: durable first, then told to the engine in the same round."""
        refuse_done(self._store, by.once)
        number, running = found.before.stored.id, self._ticker.running
        facts = None if number in running else reopened(self._store, self._book, found.before)
        stored, at = self._store.backfill(number), self._clock.now()
        reopens = stored.done_at is not None and self._brings_back(found.before, found.asked)
        new = _new(found, by, stored.marks, reopens=reopens)
        self._ticker.insist(lambda: self._store.amend(new, at))
        entry = replace(found.after, stored=self._store.backfill(number))
        self._book.amended(entry)
        running.enter(entry)
        if new.added:
            self._holders.begins(number)
        said: list[Said] = [Amended(entry.accepted(), Asked(new.terms, Targets(number), by=by.name))]
        return ([replace(facts, open=new.reopens), *said] if facts else said), replace(found, after=entry)


def _refuse_another_plan(entry: Entry, asked: AskedAmendment) -> None:
    expected = asked.asked.expect_plan
    if expected is None or entry.plan.hash.startswith(expected):
        return
    parts = differing_parts(expected, entry.plan.hash) if len(expected) == len(entry.plan.hash) else ()
    raise PlanMoved(expected, entry.plan.hash, [f"other {', '.join(parts)}" if parts else "something of it"])


def _new(found: Judged, by: Caller, marks: BackfillMarks, *, reopens: bool) -> NewAmendment:
    stored, plan, asked = found.before.stored, found.after.plan, found.asked.asked
    number, known = len(stored.amendments) + 1, set(stored.dates)
    terms = Replan(asked.parallelism, OnFailure(asked.on_failure) if asked.on_failure else None, asked.priority)
    about: dict[str, object] = {"backfill": stored.id, "amendment": number, "from": by.address}
    return NewAmendment(
        backfill=stored.id,
        number=number,
        by=by.name,
        once=by.once,
        body=amendment_body(found.asked.said(), found.means),
        plan_hash=plan.hash,
        dates=plan.dates,
        added=tuple(sorted(set(plan.dates) - known)),
        size=plan.size,
        to_run=plan.to_run,
        terms=terms,
        about=json.dumps(about | found.told(marks), separators=(",", ":")),
        reopens=reopens,
    )
