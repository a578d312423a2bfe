"""Every act on one instance, in every state, and its verdict (spec 5), as it is without flags and marks."""

from __future__ import annotations

from datetime import UTC, datetime

from backfilld.engine.asking import (
    CANCEL,
    RERUN,
    SET_FAILED,
    SET_SUCCEEDED,
    SKIP,
    Act,
    Change,
    Order,
    Pause,
    Replan,
    SetNotBefore,
    SetPriority,
    Word,
)
from backfilld.engine.states import Event, State

LATER = datetime(2024, 1, 3, 9, tzinfo=UTC)
ACTS: dict[str, Act] = {
    "cancel": CANCEL,
    "rerun": RERUN,
    "skip": SKIP,
    "set_succeeded": SET_SUCCEEDED,
    "set_failed": SET_FAILED,
    "cancel!": Change(Event.CANCELLED, force=True),
    "rerun!": Change(Event.RERUN, force=True),
    "skip!": Change(Event.SKIPPED, force=True),
    "set_succeeded!": Change(Event.SET_SUCCEEDED, force=True),
    "set_failed!": Change(Event.SET_FAILED, force=True),
    "hold": Order.HOLD,
    "release": Order.RELEASE,
    "trigger": Order.TRIGGER,
    "stop": Order.STOP,
    "set_priority": SetPriority(7),
    "set_not_before": SetNotBefore(LATER),
    "start": Order.START,
    "pause": Pause(),
    "resume": Order.RESUME,
    "replan": Replan(parallelism=2),
}
"""With `!` for who insists."""
TABLE = """
               WAITING READY RUNNING SUCCEEDED FAILED LOST SKIPPED CANCELLED LEFT_OUT
cancel         yes     yes   yes     no        no     no   no      same      no
rerun          same    same  no      yes       yes    yes  yes     yes       no
skip           yes     yes   later   no        yes    yes  same    yes       no
set_succeeded  yes     yes   later   same      yes    yes  yes     yes       no
set_failed     yes     yes   later   yes       same   yes  yes     yes       no
cancel!        yes     yes   yes     yes       yes    yes  yes     same      no
rerun!         same    same  later   yes       yes    yes  yes     yes       no
skip!          yes     yes   later   yes       yes    yes  same    yes       no
set_succeeded! yes     yes   later   same      yes    yes  yes     yes       no
set_failed!    yes     yes   later   yes       same   yes  yes     yes       no
hold           yes     yes   yes     no        no     no   no      no        no
release        same    same  same    same      same   same same    same      same
trigger        yes     yes   same    no        no     no   no      no        no
stop           no      no    yes     no        no     no   no      no        no
set_priority   yes     yes   yes     no        no     no   no      no        no
set_not_before yes     yes   no      no        no     no   no      no        no
start          no      no    no      no        no     no   no      no        no
pause          no      no    no      no        no     no   no      no        no
resume         no      no    no      no        no     no   no      no        no
replan         no      no    no      no        no     no   no      no        no
"""
WORDS = {"yes": Word.ACCEPTED, "no": Word.REJECTED, "same": Word.NO_CHANGE, "later": Word.LATER}
_STATES, *_LINES = [line.split() for line in TABLE.strip().splitlines()]
VERDICTS: dict[tuple[str, State], Word] = {
    (line[0], State[state]): WORDS[cell] for line in _LINES for state, cell in zip(_STATES, line[1:], strict=True)
}
COUNTS_FOR_NOTHING = [name for name in ACTS if name not in ("cancel", "cancel!", "rerun", "rerun!", "release")]
"""What is passed through is rejected by these in every state."""
