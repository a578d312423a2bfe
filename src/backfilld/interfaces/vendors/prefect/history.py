"""The state of a run as Prefect has it: what a client has put there, until the run itself has moved on.

What a client says of a run is kept word by word, with how the run stood right after. It stands while the run stands so,
while it is on its way there, and once it has come there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from backfilld.dates import utc_text
from backfilld.interfaces.vendors.prefect.states import AskedState, StateDetails
from backfilld.interfaces.vendors.prefect.transitions import FINAL, StateType

UNRESUMED = "The flow was paused and never resumed."
CANCELLING_SHOWN = timedelta(seconds=30)
"""How long a run reads as being cancelled that had no process to stop: as long as a worker of theirs may take."""
MOST_STATES = 200
"""States of a run that are remembered; the first ones go."""
_ON_ITS_WAY = frozenset(
    {("RUNNING", "SCHEDULED"), ("RUNNING", "PENDING"), ("PENDING", "SCHEDULED"), ("CANCELLING", "RUNNING")}
)
"""What a client has said, and what the run may be meanwhile."""


@dataclass(frozen=True, slots=True)
class State:
    """A state as it is shown; `details` has all of its keys, as JSON."""

    id: UUID
    type: StateType
    name: str
    timestamp: datetime
    message: str | None
    data: Any
    details: Mapping[str, Any]

    @property
    def due(self) -> datetime | None:
        """Its scheduled time."""
        return _moment(self.details["scheduled_time"])

    @property
    def pause_timeout(self) -> datetime | None:
        """Until when a pause may last."""
        return _moment(self.details["pause_timeout"])

    def view(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "id": str(self.id),
            "type": self.type,
            "name": self.name,
            "timestamp": utc_text(self.timestamp),
            "message": self.message,
            "data": self.data,
            "state_details": dict(self.details),
        }


@dataclass(frozen=True, slots=True)
class Facts:
    """How a run stands by itself: the type that is for, its name, and since when."""

    type: StateType
    name: str
    since: datetime
    ended: datetime | None
    due: datetime | None = None
    word: str = ""
    """Our own for it."""
    ending: bool = False
    """Whether nothing of it runs any more though it is not yet said to have ended."""
    pause: int | None = None
    """Which of its own pauses lasts; None where none does."""

    @property
    def mark(self) -> str:
        """Tells whether it has moved since."""
        return f"{self.type} {self.word} {self.ended.isoformat() if self.ended else ''}"


Said = Mapping[str, Any]
"""A state that was said of a run: its view, and how the run stood right after: `seen` is its mark, `pause` which.

Of a daemon that has ended right after the act neither is known, and the state stands where it can be what came of it.
"""


def said(state: State, facts: Facts | None) -> Said:
    """What is kept of a state; without facts nobody has looked yet at what came of it."""
    stood = {"seen": None, "pause": None} if facts is None else {"seen": facts.mark, "pause": facts.pause}
    return {**state.view(), **stood}


def state_of(kept: Said) -> State:
    """The state that was kept."""
    moment = datetime.fromisoformat(kept["timestamp"])
    words = kept["name"], moment, kept["message"], kept["data"]
    return State(UUID(kept["id"]), kept["type"], *words, details_of(kept["state_details"]))


def details_of(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """All keys of state details."""
    return StateDetails.model_validate(given).model_dump(mode="json")


_UNSAID = details_of({})


def by_itself(run: UUID, facts: Facts) -> State:
    """The state of a run of which no client has said anything: always the same one for the same facts."""
    name = uuid5(run, f"{facts.type} {facts.name} {facts.since.isoformat()}")
    due = utc_text(facts.due) if facts.due and facts.type == "SCHEDULED" else None
    details = {**_UNSAID, "flow_run_id": str(run), "scheduled_time": due}
    return State(name, facts.type, facts.name, facts.since, None, None, details)


def asked_state(run: UUID, asked: AskedState, number: UUID, due: datetime | None, now: datetime) -> State:
    """The state that a client has put there, under a new id; `due` is what it keeps of the state before it."""
    given = asked.state_details.model_dump(mode="json")
    given["flow_run_id"] = given["flow_run_id"] or str(run)
    if given["scheduled_time"] is None:
        at = now if asked.type == "SCHEDULED" else due if asked.type == "PENDING" else None
        given["scheduled_time"] = utc_text(at) if at else None
    return State(number, asked.type, asked.word, now, asked.message, asked.data, given)


def current(run: UUID, kept: Sequence[Said], facts: Facts, now: datetime) -> State:
    """The state that the run has."""
    if kept and _stands(kept[-1], facts):
        last = state_of(kept[-1])
        if last.type != "CANCELLING" or facts.ended is None or now < last.timestamp + CANCELLING_SHOWN:
            return last
    return by_itself(run, facts)


def states(run: UUID, kept: Sequence[Said], facts: Facts, accepted: datetime, now: datetime) -> list[State]:
    """All that it had as far as is known, the oldest first, the last one that which it has."""
    found = list(map(state_of, kept))
    last = current(run, kept, facts, now)
    if not found and facts.since > accepted:
        found.append(by_itself(run, Facts("SCHEDULED", "Scheduled", accepted, None, accepted)))
    return found if found and found[-1].id == last.id else [*found, last]


def _stands(kept: Said, facts: Facts) -> bool:
    word, seen, unmoved = kept["type"], kept["seen"], kept["seen"] == facts.mark
    if facts.ended is not None:
        return _stands_at_the_end(word, facts, unmoved=unmoved, was_open=seen is None or seen.endswith(" "))
    if word == "PAUSED" and seen is None:
        return facts.pause is not None
    if word == "PAUSED" and kept.get("pause") != facts.pause:
        return False  # it went on, and somebody else has paused it
    if word in FINAL:
        return unmoved or facts.type == "CANCELLING" or facts.ending
    overtaken = word in ("SCHEDULED", "PENDING") and facts.type in ("RUNNING", "CANCELLING")
    return word == facts.type or (word, facts.type) in _ON_ITS_WAY or (unmoved and not overtaken)


def _stands_at_the_end(word: str, facts: Facts, *, unmoved: bool, was_open: bool) -> bool:
    """An end that was asked for stands: the one that was there then, or the first one after."""
    if word == "CANCELLING":
        return unmoved and facts.type == "CANCELLED"
    same = word == facts.type or (word, facts.type) == ("CRASHED", "FAILED")
    return same and (unmoved or was_open)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
