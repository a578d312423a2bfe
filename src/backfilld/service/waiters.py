"""How many instances of a backfill wait for what: counted run by run, ready ones by their gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from backfilld.engine.explaining import (
    BLOCKED,
    DATE_AHEAD,
    DATE_PAUSED,
    NO_PLACE,
    PLACES_KEPT,
    UPSTREAM,
    Crowd,
    Situation,
    Why,
)
from backfilld.engine.snapshot import HOLD_NOTHING, NOT_STARTED, SETTLED, BackfillView, RunView
from backfilld.engine.states import State
from backfilld.planning.plan import InstanceId
from backfilld.service.book import Entry
from backfilld.service.standing import SizeOf, date_sizes

RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Waiters:
    """Instances that one reason keeps: how many, exactly or at least, and one of them where that is known."""

    why: Why
    count: int
    at_least: bool = False
    instance: InstanceId | None = None


def most_first(waiters: Iterator[Waiters]) -> tuple[Waiters, ...]:
    """Those that are any, the most common reason first."""
    return tuple(sorted((each for each in waiters if each.count), key=lambda each: -each.count))


def waiters_of(entry: Entry, view: BackfillView, situation: Situation) -> Iterator[Waiters]:
    """All that is not ended of a backfill that the engine knows."""
    some = sum(each.count for each in situation.reasons) < situation.ready
    yield from (Waiters(each.why, each.count, some, each.instance) for each in situation.reasons)
    yield Waiters(Why(State.RUNNING, RUNNING), sum(run.counts[State.RUNNING] for run in view.runs()))
    counts = _waiting(view, situation.placed, date_sizes(entry))
    for code in (UPSTREAM, BLOCKED, DATE_AHEAD, DATE_PAUSED):
        yield Waiters(Why(State.WAITING, code), counts[code])
    no_place = PLACES_KEPT if situation.kept else NO_PLACE
    yield Waiters(Why(State.WAITING, no_place, crowd=situation.places), counts[NO_PLACE])


def waiters_at_rest(entry: Entry, waiting: int, blocked: int) -> Iterator[Waiters]:
    """The same of one that is done, of whose waiting instances so many are blocked; failed dates keep the others."""
    yield Waiters(Why(State.WAITING, BLOCKED), blocked)
    yield Waiters(Why(State.WAITING, PLACES_KEPT, crowd=kept_places(entry)), waiting - blocked)


def kept_places(entry: Entry) -> Crowd:
    """All places of a backfill."""
    return Crowd("dates in flight", entry.resolved.parallelism, entry.resolved.parallelism)


def _waiting(view: BackfillView, placed: frozenset[int], size_of: SizeOf) -> Counter[str]:
    """Waiting instances by what they wait for."""
    counts: Counter[str] = Counter()
    for position, run in enumerate(view.runs()):
        counts[BLOCKED] += run.held_back
        counts[_code(run, placed=position in placed)] += _not_blocked(run, position, size_of)
    return counts


def _code(run: RunView, *, placed: bool) -> str:
    """What those instances of a run wait for that wait and are not blocked."""
    if placed:
        return UPSTREAM
    if run.word in HOLD_NOTHING or run.word == NOT_STARTED:
        return DATE_PAUSED
    return DATE_AHEAD if run.word == "waiting" else NO_PLACE


def _not_blocked(run: RunView, position: int, size_of: SizeOf) -> int:
    """How many wait and are not blocked; of a date that was never opened, all or none."""
    if any(run.counts):
        return run.counts[State.WAITING] - run.held_back
    return 0 if run.word in SETTLED else size_of(position)
