"""Its words for how something stands."""

from __future__ import annotations

from collections.abc import Mapping

from backfilld.engine.states import HELD, STOPPING, AttemptState, State
from backfilld.service.executions import Execution
from backfilld.service.views import ShownInstance

QUEUED, RUNNING, PAUSED, ERRORED, TERMINATED = "queued", "running", "paused", "errored", "terminated"
COMPLETE, PAUSING, WAITING, ROLLING_BACK = "complete", "waitingForPause", "waiting", "rollingBack"
STATUSES = (QUEUED, RUNNING, PAUSED, ERRORED, TERMINATED, COMPLETE, PAUSING, WAITING, ROLLING_BACK)
"""All that its clients ask for; nothing here is ever rolled back."""
OF_WORDS: Mapping[str, str] = {
    "not_started": QUEUED,
    "queued": QUEUED,
    "running": RUNNING,
    "stopping": TERMINATED,
    "waiting": WAITING,
    "pausing": PAUSING,
    "paused": PAUSED,
    "succeeded": COMPLETE,
    "failed": ERRORED,
    "cancelled": TERMINATED,
}
FINAL = frozenset({"succeeded", "failed", "cancelled"})
ENDED: Mapping[str, frozenset[str]] = {
    status: frozenset(word for word in FINAL if OF_WORDS[word] == status) for status in STATUSES
}
"""Our words for the instances of a status that have ended."""
OPEN = frozenset(OF_WORDS[word] for word in OF_WORDS if word not in FINAL)
"""Statuses that an instance may have that has not."""
OF_STATES: Mapping[State, str] = {
    State.WAITING: QUEUED,
    State.READY: QUEUED,
    State.RUNNING: RUNNING,
    State.SUCCEEDED: COMPLETE,
    State.SKIPPED: COMPLETE,
    State.LEFT_OUT: COMPLETE,
    State.FAILED: ERRORED,
    State.LOST: ERRORED,
    State.CANCELLED: TERMINATED,
}
OF_ATTEMPTS: Mapping[AttemptState, str] = {
    AttemptState.CLAIMED: RUNNING,
    AttemptState.RUNNING: RUNNING,
    AttemptState.STOPPING: TERMINATED,
    AttemptState.SUCCEEDED: COMPLETE,
    AttemptState.FAILED: ERRORED,
    AttemptState.LOST: ERRORED,
    AttemptState.STOPPED: TERMINATED,
    AttemptState.VOID: QUEUED,
}


def status_of(execution: Execution) -> str:
    """The status of an instance: it is queued, not waiting, while nothing of it has run."""
    found = OF_WORDS[execution.word]
    return QUEUED if found == WAITING and not execution.begun else found


def status_of_step(step: ShownInstance) -> str:
    """The status of a step: after a failed attempt it is waiting for the next one."""
    state, byte = step.stored.state, step.stored.byte
    if state is State.RUNNING:
        return TERMINATED if byte & STOPPING else RUNNING
    if state is State.READY:
        return PAUSED if byte & HELD else WAITING if step.stored.failures else QUEUED
    return OF_STATES[state]
