"""Whether something of a run has failed before, and is tried again."""

from __future__ import annotations

from backfilld.engine.states import State
from backfilld.ports import InstanceFilter, StoreReader
from backfilld.service.views import ShownRun

MOST = 256
"""Instances that are looked at: a run of more reads as if nothing of it had failed, where none of these has."""


def is_tried_again(store: StoreReader, run: ShownRun, state: State) -> bool:
    """Whether any of its instances in a state has failed before."""
    wanted = InstanceFilter(backfill=run.backfill, run=run.number, states=frozenset({state}))
    return any(each.failures for each in store.instances(wanted, None, MOST).items)


def awaits_retry(store: StoreReader, run: ShownRun) -> bool:
    """Whether the run waits, and not only for its time or window."""
    return run.word == "waiting" and run.counts[State.READY] > 0 and is_tried_again(store, run, State.READY)
