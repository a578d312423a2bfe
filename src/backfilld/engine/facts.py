"""What an instance remembers beside its byte, and what follows from the byte where nothing is written down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from backfilld.engine.states import State

_ATTEMPTED = frozenset({State.RUNNING, State.SUCCEEDED, State.FAILED, State.LOST})


class Facts(NamedTuple):
    """What an instance remembers beside its byte: last attempt, failures since the last fresh start, not-before."""

    attempt: int
    failures: int
    not_before: datetime | None


NEVER_STARTED, STARTED_ONCE = Facts(0, 0, None), Facts(1, 0, None)
IMPLIED: Sequence[Facts] = [STARTED_ONCE if state in _ATTEMPTED else NEVER_STARTED for state in State]
