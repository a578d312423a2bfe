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
TRIGGERED = 0x80
"""Of an instance alone: at its next start neither time, window nor hold counts."""
RELEASED = 0x80
"""Of a run's default alone: nothing of it is held, whatever the plan says."""

TERMINAL = frozenset({State.SUCCEEDED, State.FAILED, State.LOST, State.SKIPPED, State.CANCELLED, State.LEFT_OUT})
SATISFIED = frozenset({State.SUCCEEDED, State.SKIPPED, State.LEFT_OUT})
FAILURES = frozenset({State.FAILED, State.LOST})
DEAD = FAILURES | {State.CANCELLED}
"""What is downstream of these waits for an operator."""


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

    __hash__ = object.__hash__
    """Members are singletons; the inherited hash is several times slower."""


TRANSITIONS: Mapping[tuple[State, Event], State] = {
    # what happens by itself
    (State.WAITING, Event.UNBLOCKED): State.READY,
    (State.WAITING, Event.PASSED): State.LEFT_OUT,  # the plan left it out: it only hands its upstream on
    (State.READY, Event.BLOCKED): State.WAITING,  # an upstream that was satisfied is so no longer
    (State.LEFT_OUT, Event.BLOCKED): State.WAITING,  # it hands that on, and is left out again
    (State.READY, Event.CLAIMED): State.RUNNING,
    (State.RUNNING, Event.SUCCEEDED): State.SUCCEEDED,
    (State.RUNNING, Event.BACKED_OFF): State.READY,  # failed, a retry is left: not before its time
    (State.RUNNING, Event.VOIDED): State.READY,  # it never started: no failure
    (State.RUNNING, Event.FAILED): State.FAILED,
    (State.RUNNING, Event.LOST): State.LOST,  # nobody knows how it ended: running it again is not ours to choose
    (State.RUNNING, Event.SKIPPED): State.SKIPPED,  # by its exit code
    (State.RUNNING, Event.STOPPED): State.CANCELLED,  # an operator had it stopped: never retried
    # what operators may do; a running one is stopped first
    (State.WAITING, Event.CANCELLED): State.CANCELLED,
    (State.READY, Event.CANCELLED): State.CANCELLED,
    (State.SUCCEEDED, Event.RERUN): State.WAITING,
    (State.FAILED, Event.RERUN): State.WAITING,  # and ready in the same round if its date has a place
    (State.LOST, Event.RERUN): State.WAITING,
    (State.SKIPPED, Event.RERUN): State.WAITING,
    (State.CANCELLED, Event.RERUN): State.WAITING,
    (State.WAITING, Event.SKIPPED): State.SKIPPED,
    (State.READY, Event.SKIPPED): State.SKIPPED,
    (State.FAILED, Event.SKIPPED): State.SKIPPED,
    (State.LOST, Event.SKIPPED): State.SKIPPED,
    (State.CANCELLED, Event.SKIPPED): State.SKIPPED,
    (State.WAITING, Event.SET_SUCCEEDED): State.SUCCEEDED,
    (State.READY, Event.SET_SUCCEEDED): State.SUCCEEDED,
    (State.FAILED, Event.SET_SUCCEEDED): State.SUCCEEDED,
    (State.LOST, Event.SET_SUCCEEDED): State.SUCCEEDED,
    (State.SKIPPED, Event.SET_SUCCEEDED): State.SUCCEEDED,
    (State.CANCELLED, Event.SET_SUCCEEDED): State.SUCCEEDED,
    (State.WAITING, Event.SET_FAILED): State.FAILED,
    (State.READY, Event.SET_FAILED): State.FAILED,
    (State.SUCCEEDED, Event.SET_FAILED): State.FAILED,
    (State.LOST, Event.SET_FAILED): State.FAILED,
    (State.SKIPPED, Event.SET_FAILED): State.FAILED,
    (State.CANCELLED, Event.SET_FAILED): State.FAILED,
    # none of these for left_out: the plan decides that, and no act undoes a plan
}
FORCED: Mapping[tuple[State, Event], State] = {
    **TRANSITIONS,
    (State.SUCCEEDED, Event.CANCELLED): State.CANCELLED,
    (State.FAILED, Event.CANCELLED): State.CANCELLED,
    (State.LOST, Event.CANCELLED): State.CANCELLED,
    (State.SKIPPED, Event.CANCELLED): State.CANCELLED,
    (State.SUCCEEDED, Event.SKIPPED): State.SKIPPED,
}
"""What an operator may do who insists: still nothing to a running one before its process is gone."""


def after(state: State, event: Event) -> State:
    """The state that follows; raises `IllegalTransition` where the table has no line."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition(state.name, event.value) from None


ILLEGAL = 0xFF


def step(event: Event, lines: Mapping[tuple[State, Event], State] = TRANSITIONS) -> bytes:
    """A table's lines of one event as an array: the state that follows each state, `ILLEGAL` where there is none.

    >>> step(Event.CLAIMED)[State.READY] == State.RUNNING
    True
    """
    return bytes(lines.get((state, event), ILLEGAL) for state in State)


STEPS = {event: step(event) for event in Event}
FORCED_STEPS = {event: step(event, FORCED) for event in Event}


def counted(states: bytearray) -> list[int]:
    """How many bytes are in each state."""
    plain = states.translate(_STATES_ALONE)
    return [plain.count(state) for state in State]


_STATES_ALONE = bytes(byte & STATE_MASK for byte in range(256))
