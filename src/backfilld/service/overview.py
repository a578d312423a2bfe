"""What is going on now, over all open backfills: how many instances are where, and who needs somebody to look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from backfilld.engine.marks import Halt
from backfilld.engine.snapshot import PAUSED, PAUSING, added
from backfilld.engine.states import State
from backfilld.errors import NotFound
from backfilld.planning.windows import RunWindow
from backfilld.ports import StoreReader
from backfilld.service.access import Caller
from backfilld.service.forecasts import Forecasts, Latest
from backfilld.service.ticker import Ticker
from backfilld.service.views import ShownBackfill, Views

MOST_SHOWN = 200
"""Open backfills that are told of one by one, the newest; more are only counted."""
FORESEEN = 20
"""Of these, the newest, a forecast is made for whoever looks."""
OLD = timedelta(minutes=5)
"""A forecast of this age is made anew: for one look one of them, so that looking never keeps a processor busy."""
_BY_ITSELF = frozenset({Halt.FAILED_DATES, Halt.FIRST})


class Attention(Enum):
    """Why somebody has to look at an open backfill: of itself it will not be done, or not with everything."""

    OBSTACLE = "not_continued"
    PAUSED_ITSELF = "paused_itself"
    FAILED = "failed"
    NEVER_ENDS = "never_ends"


@dataclass(frozen=True, slots=True)
class Hours:
    """A run window, and the stretch of time for which it is open now, else the next one; None: it never closes."""

    window: RunWindow
    opens: datetime
    closes: datetime | None


@dataclass(frozen=True, slots=True)
class Open:
    """An open backfill: the hours in which something of it may start, none if it always may, and its last forecast."""

    shown: ShownBackfill
    hours: tuple[Hours, ...]
    latest: Latest
    attention: Attention | None


@dataclass(frozen=True, slots=True)
class Overview:
    """All that is open as of one moment: who needs somebody first, then the newest.

    `counts` by state are of all `size` that the caller sees, also of those that are not among `backfills`.
    """

    now: datetime
    size: int
    counts: tuple[int, ...]
    backfills: tuple[Open, ...]


class Overviews:
    """For every thread."""

    def __init__(self, ticker: Ticker, store: StoreReader, views: Views, forecasts: Forecasts) -> None:
        self._ticker, self._store, self._views, self._forecasts = ticker, store, views, forecasts

    def for_(self, caller: Caller) -> Overviews:
        """The same for somebody: what is of projects that they do not see is not there."""
        if caller.projects is None:
            return self
        mine = copy(self)
        mine._store = self._store.seen_by(caller.projects)
        mine._views, mine._forecasts = self._views.for_(caller), self._forecasts.for_(caller)
        return mine

    def now(self) -> Overview:
        """As it stands, with the forecasts that there are; one that is old is renewed meanwhile."""
        now, known = self._ticker.clock.now(), self._ticker.snapshot.backfills
        there = [each for each in self._store.some_backfills(known) if each.done_at is None]
        shown = self._views.shown_all(there[-MOST_SHOWN:])
        self._renew_one(shown[-FORESEEN:], now)
        rest = (known[each.id].counts for each in there[:-MOST_SHOWN])
        found = sorted(self._each(shown, now), key=lambda each: (each.attention is None, -each.shown.stored.id))
        return Overview(now, len(there), added([*(each.standing.counts for each in shown), *rest]), tuple(found))

    def _each(self, shown: Sequence[ShownBackfill], now: datetime) -> Iterator[Open]:
        windows = self._ticker.running.windows
        for each in shown:
            latest = self._forecasts.known(each.stored.id)
            hours = sorted((Hours(it, *it.stretch(now)) for it in windows.get(each.stored.id, ())), key=_first_to_open)
            yield Open(each, tuple(hours), latest, attention_of(each, latest))

    def _renew_one(self, shown: Sequence[ShownBackfill], now: datetime) -> None:
        numbers = (each.stored.id for each in reversed(shown))
        backfill = next((each for each in numbers if _is_old(self._forecasts.known(each), now)), None)
        if backfill is not None:
            with suppress(NotFound):  # its retention has taken it meanwhile
                self._forecasts.latest(backfill)


def _is_old(latest: Latest, now: datetime) -> bool:
    if latest.good_until is not None and now < latest.good_until:
        return False
    return latest.answer is None or now - latest.answer.now >= OLD


def attention_of(shown: ShownBackfill, latest: Latest) -> Attention | None:
    """What of an open backfill somebody has to see to, the gravest first; None while it goes on by itself."""
    counts, halt = shown.standing.counts, shown.stored.marks.halt
    if shown.obstacle is not None:
        return Attention.OBSTACLE
    if halt in _BY_ITSELF:
        return Attention.PAUSED_ITSELF
    if counts[State.FAILED] or counts[State.LOST]:  # with a retry left it would be ready
        return Attention.FAILED
    meant_to_go_on = halt is None and shown.standing.word not in (PAUSED, PAUSING)
    if meant_to_go_on and latest.answer and latest.answer.courses[0].p50.end is None:
        return Attention.NEVER_ENDS
    return None


def _first_to_open(hours: Hours) -> tuple[datetime, str]:
    return hours.opens, str(hours.window)
