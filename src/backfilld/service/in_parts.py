"""Acts on many items, done part by part on the ticker's thread: each part is a round, with one for others between.

What a part came to is recorded by its round, so that a daemon that is killed goes on with what is not decided. Acts
are done one after the other, in the order in which they were asked.
"""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from itertools import islice
from uuid import UUID

from backfilld.catalog.models import Catalog
from backfilld.engine.acts import goes_backwards
from backfilld.engine.asking import (
    Answered,
    Asked,
    Order,
    Part,
    Pause,
    SetNotBefore,
    SetPriority,
    Targets,
    Verdict,
    rejected,
)
from backfilld.engine.events import Effect, Said
from backfilld.engine.states import Event
from backfilld.errors import ProductError, StoreConflict, StoreUnavailable
from backfilld.planning.plan import instance_id
from backfilld.ports import Items, Store, StoredAct, StoredRun
from backfilld.service.book import Book, Entry
from backfilld.service.operators import Operators, Wish, under
from backfilld.service.parts_seen import refuse_part
from backfilld.service.standing import date_sizes, runs_from
from backfilld.service.ticker import Ticker
from backfilld.service.tokens import Tokens
from backfilld.service.wishes import OPTIONS, wish_of

log = logging.getLogger(__name__)
PART = 500
"""Instances that a part moves or gives rows: a round of as many is over in some hundredths of a second."""
DATES = 50
"""Dates that a part is about at the most, as each has its row."""
MARK = PART // DATES
"""What a date counts for of which nothing is moved but a mark."""
MOST_TOLD = 100_000
"""Items of an act whose verdicts are kept until it ends."""
UNEXPECTED = "an error of the daemon; its log tells more"
_MARKS_ALONE = frozenset({Event.CANCELLED, Event.RERUN, Order.HOLD, Order.RELEASE, Order.STOP})
"""What gives no rows to a date that has none."""
Verdicts = Mapping[int, Verdict]
Piece = tuple[int, Sequence[int]]
"""A run's number, and some of the ordinals that are meant of it."""


@dataclass
class Doing:
    """An act under way; `rest` has what is not decided, in its order from the end."""

    act: StoredAct
    wish: Wish
    catalog: Catalog | None
    rest: list[Piece]
    ended: Future[Verdicts | None]
    """Told the verdicts, unless they are too many to be kept, or not those of all items."""
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    stopped: str | None = None
    """Why no more of it is to be done."""
    backfill: int | None = None
    """On which it is busy."""

    def item(self, run: int, ordinal: int) -> int:
        """The id of an item."""
        return run if self.act.of == "run" else instance_id(run, ordinal)

    def through(self, pieces: Sequence[Piece]) -> int:
        """The last item of these, in its order."""
        run, ordinals = pieces[-1]
        return self.item(run, ordinals[0 if goes_backwards(self.wish.act) else -1])

    def decided(self, verdicts: Verdicts) -> None:
        """What became of some items, for who waits."""
        if self.act.total <= MOST_TOLD:
            self.verdicts.update(verdicts)

    def took(self, pieces: Sequence[Piece]) -> None:
        """These are decided."""
        for run, ordinals in pieces:
            _, all_of_it = self.rest.pop()
            left = len(all_of_it) - len(ordinals)
            if left:
                backwards = goes_backwards(self.wish.act)
                self.rest.append((run, all_of_it[:left] if backwards else all_of_it[-left:]))


class InParts:
    """Does acts in parts. All of it is for the ticker's thread, or before that runs."""

    def __init__(
        self, store: Store, book: Book, ticker: Ticker, operators: Operators, tokens: Tokens, part: int = PART
    ) -> None:
        """`part` is how many instances one moves or gives rows; the token that asked is looked at before each."""
        self._store, self._book, self._ticker, self._operators = store, book, ticker, operators
        self._tokens, self._most = tokens, part
        self._queue: deque[Doing] = deque()
        self._asking = False
        """Whether a part is on its way; never more than one is."""

    def recover(self) -> None:
        """Go on with what an earlier daemon has left; once it is known what else was open."""
        for act in self._store.open_acts():
            self.begin(act)

    def begin(self, act: StoredAct, ended: Future[Verdicts | None] | None = None) -> None:
        """Go on with an act where it is; `ended` is told the verdicts of what is done from here on."""
        try:
            wish, catalog = self._wish(act)
        except ProductError as error:  # of a newer program, say
            log.exception("operation %s cannot be read", act.id)
            self._store.end_act(act.id, self._ticker.clock.now(), str(error))
            if ended is not None:
                ended.set_result(None)
            return
        rest = list(_undecided(self._store.items_of(act.id), act, backwards=goes_backwards(wish.act)))
        self._queue.append(Doing(act, wish, catalog, rest, ended or Future()))
        self._go_on()

    def stop(self, act: str, why: str) -> Future[Verdicts | None] | None:
        """Do no more of an act after the part that is under way: it fails for this reason. None if it has ended."""
        for doing in self._queue:
            if doing.act.id == act:
                doing.stopped = why
                self._queue.remove(doing)  # others need not be waited for
                self._queue.appendleft(doing)
                return doing.ended
        return None

    def _wish(self, act: StoredAct) -> tuple[Wish, Catalog | None]:
        asked = json.loads(act.asked)
        wish = wish_of(act.name, {name: asked[name] for name in asked if name in OPTIONS})
        if not wish.latest:
            return wish, None
        catalog = self._book.catalog(UUID(asked["catalog_version"]))
        return replace(wish, act=under(wish.act, catalog)), catalog

    def _go_on(self) -> None:
        if self._queue and not self._asking:
            self._asking = True
            self._ticker.in_turn(self._next, self._done)

    def _next(self) -> tuple[Sequence[Said], Asked | None]:
        """What is to be said next; no act takes the loop down."""
        doing, found = self._queue[0], list[tuple[Sequence[Said], Asked | None]]()
        try:
            self._ticker.insist(lambda: found.append(self._part(doing)))
        except (StoreUnavailable, StoreConflict):
            raise
        except Exception as error:
            log.exception("operation %s has failed", doing.act.id)
            self._end(doing, str(error) if isinstance(error, ProductError) else UNEXPECTED)
            return (), None
        return found[-1]

    def _done(self, asked: Asked | None, effects: Sequence[Effect]) -> None:
        """A part is durable, or an act has ended."""
        self._asking = False
        for effect in effects if asked else ():
            if isinstance(effect, Answered) and effect.asked is asked:
                self._tell(effect)
        self._go_on()

    def _tell(self, answered: Answered) -> None:
        for doing in self._queue:
            if answered.asked.part and doing.act.id == answered.asked.part.act:
                doing.decided(answered.verdicts)

    def _part(self, doing: Doing) -> tuple[Sequence[Said], Asked | None]:
        """The next part is taken only once nothing can fail any more: a store in trouble is asked for it again."""
        if not doing.stopped and doing.rest:
            doing.stopped = self._tokens.over(doing.act.token)
        if doing.stopped or not doing.rest:
            self._end(doing, doing.stopped)
            return (), None
        backfill = self._store.run(doing.rest[-1][0]).backfill
        self._turn_to(doing, backfill)
        entry = self._ticker.running.entry(backfill) or self._book.entry(backfill)
        pieces = list(self._pieces(doing, entry))
        try:
            if entry.changed:
                raise entry.changed
            self._refuse_part(doing, backfill)
            said, asked = self._operators.said(entry, self._asked(doing, backfill, pieces), doing.catalog)
        except (StoreUnavailable, StoreConflict):
            raise
        except ProductError as error:
            self._reject(doing, pieces, str(error))
            return (), None
        doing.took(pieces)
        return said, asked

    def _refuse_part(self, doing: Doing, backfill: int) -> None:
        """Whole dates are for who sees all of them; of instances only those were found that are seen."""
        projects = self._tokens.projects(doing.act.token) if doing.act.of == "run" else None
        if projects is not None:
            refuse_part(self._book.seen_by(projects).entry(backfill))

    def _asked(self, doing: Doing, backfill: int, pieces: Sequence[Piece]) -> Asked:
        items = [doing.item(run, ordinal) for run, ordinals in pieces for ordinal in ordinals]
        aim = Targets(backfill, runs=items) if doing.act.of == "run" else Targets(backfill, instances=items)
        return Asked(doing.wish.act, aim, by=doing.act.by, part=Part(doing.act.id, doing.through(pieces)))

    def _reject(self, doing: Doing, pieces: Sequence[Piece], reason: str) -> None:
        order = reversed if goes_backwards(doing.wish.act) else iter
        items = [doing.item(run, ordinal) for run, ordinals in pieces for ordinal in order(ordinals)]
        self._store.reject_items(doing.act.id, items, reason)
        doing.decided(dict.fromkeys(items, rejected(reason)))
        doing.took(pieces)

    def _pieces(self, doing: Doing, entry: Entry) -> Iterator[Piece]:
        """As much of what is next as a round may take, all of one backfill; of a date that needs rows all of it."""
        room, size_of = self._most, date_sizes(entry)
        mine = list(_ahead(doing, entry, self._most))
        runs = {run.number: run for run in runs_from(self._store, entry.stored, [number for number, _ in mine])}
        for number, ordinals in mine:
            weight = _weight(doing, runs[number], ordinals, size_of(entry.position(instance_id(number, 0))[0]))
            if weight > room and room < self._most:
                return
            whole = doing.act.of == "run" or runs[number].admitted_at is None or len(ordinals) <= room
            yield number, ordinals if whole else _first(ordinals, room, backwards=goes_backwards(doing.wish.act))
            room -= weight
            if room <= 0:
                return

    def _turn_to(self, doing: Doing, backfill: int | None) -> None:
        """Be busy on this backfill, and let go of the one before."""
        if doing.backfill not in (None, backfill):
            self._ticker.release(doing.backfill)
        if backfill is not None:
            self._ticker.keep(backfill)
        doing.backfill = backfill

    def _end(self, doing: Doing, error: str | None = None) -> None:
        self._ticker.insist(lambda: self._store.end_act(doing.act.id, self._ticker.clock.now(), error))
        self._turn_to(doing, None)
        self._queue.remove(doing)
        doing.ended.set_result(doing.verdicts if error is None and doing.act.total <= MOST_TOLD else None)


def _ahead(doing: Doing, entry: Entry, most: int) -> Iterator[Piece]:
    """What comes next of a backfill, no more than a part may be about."""
    named = 0
    for run, ordinals in islice(reversed(doing.rest), DATES):
        if named >= most or entry.stored.position(run) is None:
            return
        yield run, ordinals
        named += len(ordinals)


def _undecided(items: Items, act: StoredAct, *, backwards: bool) -> Iterator[Piece]:
    """What an act has not come to yet, the last of it first."""
    for run, ordinals in sorted(items.items(), reverse=not backwards):
        if act.decided is None:
            yield run, ordinals
        elif left := [each for each in ordinals if _is_ahead(act, run, each, backwards=backwards)]:
            yield run, left


def _is_ahead(act: StoredAct, run: int, ordinal: int, *, backwards: bool) -> bool:
    item = run if act.of == "run" else instance_id(run, ordinal)
    assert act.decided is not None
    return item < act.decided if backwards else item > act.decided


def _weight(doing: Doing, run: StoredRun, ordinals: Sequence[int], size: int) -> int:
    """What a date asks of a round."""
    act = doing.wish.act
    if doing.act.of == "instance":
        return MARK + (len(ordinals) if run.admitted_at is not None else size)
    if isinstance(act, Pause | SetPriority | SetNotBefore) or act is Order.RESUME:
        return MARK
    kind = act if isinstance(act, Order) else getattr(act, "event", None)
    return MARK if run.admitted_at is None and kind in _MARKS_ALONE else MARK + size


def _first(ordinals: Sequence[int], most: int, *, backwards: bool) -> Sequence[int]:
    """So many of them, from the end where an act begins."""
    return ordinals[-most:] if backwards else ordinals[:most]
