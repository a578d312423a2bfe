"""Under which words this door keeps what its clients say of runs."""

from __future__ import annotations

VENDOR, OBJECT = "prefect", "run"
STATES, MADE, DELETED = "states", "made", "deleted"
PAUSED_UNTIL = "paused_until"
"""By when a run that a client has paused has to go on; only of the last state that was put in place."""
