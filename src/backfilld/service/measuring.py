"""How the daemon does, as numbers: put together when somebody asks, from what is at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from backfilld.engine.snapshot import Snapshot, added
from backfilld.engine.states import State
from backfilld.errors import StoreUnavailable
from backfilld.planning.windows import RunWindow
from backfilld.ports import Backlog, Capacity, Clock, Executor, Store
from backfilld.service.catalogs import Shelf
from backfilld.service.forecasts import Forecasts
from backfilld.service.tally import Tally
from backfilld.service.ticker import Ticker

MOST_BACKFILLS = 50
"""Backfills that have numbers of their own: the oldest that are open. More are only counted."""


@dataclass(frozen=True, slots=True)
class Slots:
    """A resource group: its slots, those of them that scheduled requests alone may take, and those in use."""

    total: int
    reserved: int
    taken: int


@dataclass(frozen=True, slots=True)
class OneBackfill:
    """An open backfill: whether it may start something at this time of day, and when it is expected to end.

    `window_open` is None where it has no run window. `ends` is of the last forecast that was made, half of the time and
    nine of ten times; None where none was made, or it never ends by itself.
    """

    number: int
    window_open: bool | None
    ends: tuple[datetime | None, datetime | None]


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything, as of one moment."""

    catalog: str
    ready: bool
    instances: Mapping[str, int]
    """Of open backfills, by state; without those of dates that have not begun while the store does not answer."""
    words: Mapping[str, int]
    """Open backfills by their word."""
    oldest_wait: float
    """Seconds for which the one that waits longest has lacked nothing but a slot; 0 where nothing does."""
    slots: Mapping[str, Slots]
    backfills: Sequence[OneBackfill]
    backlog: Backlog | None
    """None while the store does not answer: all else is known without it."""
    tally: Tally


class Measuring:
    """Figures, for every thread."""

    def __init__(
        self,
        ticker: Ticker,
        store: Store,
        executor: Executor,
        forecasts: Forecasts,
        shelf: Shelf,
        clock: Clock,
        capacity: Capacity,
    ) -> None:
        self._ticker, self._store, self._executor = ticker, store, executor
        self._forecasts, self._shelf, self._clock, self._capacity = forecasts, shelf, clock, capacity

    def figures(self) -> Figures:
        """How things stand now."""
        ticker, now = self._ticker, self._clock.now()
        snapshot, backlog = ticker.snapshot, self._backlog()
        return Figures(
            catalog=str(self._shelf.current.version),
            ready=not (backlog is None or ticker.trouble or self._executor.trouble()),
            instances=_by_state(_sums(snapshot), backlog.instances if backlog else 0),
            words=Counter(view.word for view in snapshot.backfills.values()),
            oldest_wait=max((now - since).total_seconds() for since in (now, *_waits(snapshot))),
            slots=dict(self._slots(ticker.tally.taken)),
            backfills=tuple(self._each(snapshot, now)),
            backlog=backlog,
            tally=ticker.tally,
        )

    def _backlog(self) -> Backlog | None:
        try:
            return self._store.backlog()
        except StoreUnavailable:
            return None

    def _slots(self, taken: Mapping[str, int]) -> Iterator[tuple[str, Slots]]:
        """Groups of the settings, and those that are still in use though the settings know them no more."""
        total, reserved = self._capacity.groups, self._capacity.reserved
        for name in sorted({*total, *taken}):
            yield name, Slots(total.get(name, 0), reserved.get(name, 0), taken.get(name, 0))

    def _each(self, snapshot: Snapshot, now: datetime) -> Iterator[OneBackfill]:
        windows, ends = self._ticker.running.windows, self._forecasts.ends()
        for number in sorted(snapshot.backfills)[:MOST_BACKFILLS]:
            yield OneBackfill(number, _open(windows.get(number, ()), now), ends.get(number, (None, None)))


def _sums(snapshot: Snapshot) -> tuple[int, ...]:
    """Instances by state of all that the engine knows; what belongs to dates that have not begun is in none of them."""
    return added(view.counts for view in snapshot.backfills.values())


def _by_state(sums: Sequence[int], size: int) -> dict[str, int]:
    """By word; whatever is not counted otherwise waits, as its date has not begun."""
    found = {state.name.lower(): count for state, count in zip(State, sums, strict=True)}
    found["waiting"] += max(0, size - sum(sums))
    return found


def _waits(snapshot: Snapshot) -> Iterator[datetime]:
    """Since when each that lacks nothing but a slot does so."""
    waits = (view.fairness.waits_since for view in snapshot.backfills.values())
    yield from (since for since in waits if since is not None)


def _open(windows: Iterable[RunWindow], now: datetime) -> bool | None:
    found = [window.is_open(now) for window in windows]
    return any(found) if found else None
