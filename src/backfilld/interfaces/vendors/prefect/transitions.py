"""What becomes of a state that is asked for: the 81 cells that were measured on Prefect's own server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Literal, get_args

StateType = Literal[
    "SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING", "CANCELLED", "COMPLETED", "FAILED", "CRASHED"
]
Status = Literal["ACCEPT", "REJECT", "ABORT", "WAIT"]
TYPES: tuple[StateType, ...] = get_args(StateType)
FINAL = frozenset({"CANCELLED", "COMPLETED", "FAILED", "CRASHED"})
_WORDS: Mapping[str, Status] = {"A": "ACCEPT", "R": "REJECT", "r": "REJECT", "-": "ABORT"}
_CANCELS = "r"
"""Refused, and the run becomes cancelled instead."""
_CELLS: Mapping[StateType, str] = {
    #             SPRP CC CFC   asked for, in the order of TYPES
    "SCHEDULED": "AAAR rA AAA",
    "PENDING": "A-AR AA AAA",
    "RUNNING": "A-AA AA AAA",
    "PAUSED": "ARAR AA AAA",
    "CANCELLING": "RRRR RA RRR",
    "CANCELLED": "A-A- -A AA-",
    "COMPLETED": "AAA- -A AA-",
    "FAILED": "AAA- -A AA-",
    "CRASHED": "AAA- -A AA-",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer; `put` is the type of the state that is put in place, None where the old one is kept."""

    status: Status
    put: StateType | None
    reason: str = ""
    delay_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """A state that is asked for, and the one that the run has."""

    was: StateType
    asked: StateType
    name: str | None = None
    due: datetime | None = None
    """The scheduled time of the state that the run has."""
    deployed: bool = True
    """Whether the run is of one deployment: only then can it be scheduled again once it has ended."""


def decide(question: Question, now: datetime) -> Decision:
    """What becomes of it without force."""
    was, asked = question.was, question.asked
    if asked == "SCHEDULED" and question.name == "Late" and was != "SCHEDULED":
        return Decision("REJECT", None, "Only a scheduled run can be late.")
    if asked == "SCHEDULED" and was in FINAL and not question.deployed:
        return Decision("ABORT", None, "Only a run of a deployment can be scheduled again.")
    if asked == "RUNNING" and was in ("SCHEDULED", "PENDING") and question.due is not None and question.due > now:
        left = ceil((question.due - now).total_seconds())
        return Decision("WAIT", None, "Scheduled time is in the future.", left)
    cell = _CELLS[was].replace(" ", "")[TYPES.index(asked)]
    if cell == _CANCELS:
        return Decision("REJECT", "CANCELLED", "Nothing of it runs: it is cancelled at once.")
    if cell == "A":
        return Decision("ACCEPT", asked)
    return Decision(_WORDS[cell], None, f"A run that is {was} cannot become {asked}.")
