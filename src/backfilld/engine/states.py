"""States and events of a task instance, and the one table of transitions (spec 5)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, IntEnum

from backfilld.errors import IllegalTransition


class State(IntEnum):
    """A task instance's state; the number is the low half of its stored byte."""

    WAITING = 0
    READY = 1
    RUNNING = 2
    SUCCEEDED = 3
    FAILED = 4
    LOST = 5
    SKIPPED = 6
    CANCELLED = 7
    LEFT_OUT = 8


STATE_MASK = 0x0F
HELD = 0x10
PASS_THROUGH = 0x20
"""Left out by the plan: becomes `left_out` once its upstream is satisfied."""
STOPPING = 0x40

TERMINAL = frozenset(
    {State.SUCCEEDED, State.FAILED, State.LOST, State.SKIPPED, State.CANCELLED, State.LEFT_OUT}
)
SATISFIED = frozenset({State.SUCCEEDED, State.SKIPPED, State.LEFT_OUT})


class AttemptState(Enum):
    """What became of one start of an instance."""

    CLAIMED = "claimed"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    LOST = "lost"
    VOID = "void"


class Event(Enum):
    """What may happen to an instance."""

    UNBLOCKED = "unblocked"
    BLOCKED = "blocked"
    CLAIMED = "claimed"
    SUCCEEDED = "succeeded"
    BACKED_OFF = "backed_off"
    FAILED = "failed"
    LOST = "lost"
    VOIDED = "voided"
    STOPPED = "stopped"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    PASSED = "passed"
    RERUN = "rerun"
    SET_SUCCEEDED = "set_succeeded"
    SET_FAILED = "set_failed"


TRANSITIONS: Mapping[tuple[State, Event], State] = {}


def after(state: State, event: Event) -> State:
    """The state that follows; raises `IllegalTransition` where the table has no line."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition(state.name, event.value) from None
