"""What of a backfill has begun, so far as an amendment rests on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from backfilld.engine.states import STATE_MASK, State
from backfilld.planning.bridging import Bits
from backfilld.planning.plan import InstanceId, instance_id, split_id
from backfilld.ports import Store, StoredRun
from backfilld.request.amendments import DatedInstance
from backfilld.service.book import Entry
from backfilld.service.standing import runs_from

_STARTED = frozenset({State.RUNNING, State.READY})
_UNENDED = frozenset({State.WAITING, State.READY})


@dataclass(frozen=True, slots=True)
class Begun:
    """By date, the ordinals that were never started; and the instances that run, or are to be tried again."""

    unstarted: Mapping[date, Bits] = field(default_factory=dict)
    started: tuple[DatedInstance, ...] = ()


def begun(store: Store, entry: Entry, dates: Collection[date]) -> Begun:
    """What has begun of a backfill; the never started only of these dates."""
    tried = {each.instance for each in store.instance_facts(entry.stored.id) if each.attempt}
    return Begun(dict(_unstarted(store, entry, dates, tried)), tuple(_started(store, entry, tried)))


def _unstarted(
    store: Store, entry: Entry, dates: Collection[date], tried: Collection[InstanceId]
) -> Iterator[tuple[date, Bits]]:
    stored = entry.stored
    numbers = [number for number, day in zip(stored.runs, stored.dates, strict=True) if day in dates]
    for run in runs_from(store, stored, numbers):
        position, _ = entry.position(instance_id(run.number, 0))
        yield run.business_date, _never(store, run, entry.plan.template(position).size, tried)


def _never(store: Store, run: StoredRun, size: int, tried: Collection[InstanceId]) -> Bits:
    if run.admitted_at is None:
        return (1 << size) - 1
    states = store.state_bytes(run.number)
    return sum(
        1 << ordinal
        for ordinal, byte in enumerate(states)
        if State(byte & STATE_MASK) in _UNENDED and instance_id(run.number, ordinal) not in tried
    )


def _started(store: Store, entry: Entry, tried: Iterable[InstanceId]) -> Iterator[DatedInstance]:
    by_run: dict[int, list[int]] = {}
    for instance in sorted(tried):
        run, ordinal = split_id(instance)
        by_run.setdefault(run, []).append(ordinal)
    for run, ordinals in by_run.items():
        states = store.state_bytes(run)
        day = entry.stored.dates[entry.position(instance_id(run, 0))[0]]
        yield from (DatedInstance(day, each) for each in ordinals if State(states[each] & STATE_MASK) in _STARTED)
