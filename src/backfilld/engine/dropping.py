"""What of a run has not started, so that it may be dropped (spec 5)."""

from __future__ import annotations

from collections.abc import Container

from backfilld.engine.events import RunFacts
from backfilld.engine.states import STATE_MASK, State
from backfilld.planning.plan import InstanceId, instance_id

_BEFORE_IT_STARTS = frozenset({State.WAITING, State.READY})


def unstarted(size: int, run: RunFacts | None, attempted: Container[InstanceId]) -> int:
    """The ordinals, as bits, that wait or are ready and never had an attempt.

    `size` counts the instances of the date; `run` is None where nothing of it is stored; `attempted` has those of its
    instances that had one.
    """
    if run is None or not run.states:
        default = State((run.default or 0) & STATE_MASK) if run else State.WAITING
        return (1 << size) - 1 if default in _BEFORE_IT_STARTS else 0
    bits = (
        byte & STATE_MASK in _BEFORE_IT_STARTS and instance_id(run.run, ordinal) not in attempted
        for ordinal, byte in enumerate(run.states)
    )
    return int("".join("01"[bit] for bit in bits)[::-1], 2)
