"""What an act does to one instance: a decision, whole, before anything is done (spec 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from backfilld.engine.asking import (
    ACCEPTED,
    NO_CHANGE,
    Act,
    Change,
    Order,
    Pause,
    Replan,
    SetNotBefore,
    SetPriority,
    Verdict,
    Word,
    rejected,
    unchanged,
)
from backfilld.engine.marks import InstanceMarks
from backfilld.engine.states import (
    FORCED,
    HELD,
    PASS_THROUGH,
    STATE_MASK,
    STOPPING,
    TERMINAL,
    TRANSITIONS,
    TRIGGERED,
    Event,
    State,
)

DONE = frozenset({Word.ACCEPTED, Word.LATER})
"""The words of verdicts on which something is done."""
_WANTED: Mapping[Event, State] = {
    Event.CANCELLED: State.CANCELLED,
    Event.SKIPPED: State.SKIPPED,
    Event.SET_SUCCEEDED: State.SUCCEEDED,
    Event.SET_FAILED: State.FAILED,
}
_OPEN = frozenset(State) - TERMINAL
_COUNTS_FOR_NOTHING = "the plan leaves it out: it counts for nothing"


@dataclass(frozen=True, slots=True)
class Subject:
    """One instance as an act finds it; `grace` is how many seconds its process has once it is told to stop.

    `unlike` says why the task of the version that a rerun names cannot take the planned one's place; empty if it can.
    """

    byte: int
    marks: InstanceMarks
    not_before: datetime | None
    grace: int
    unlike: str = ""

    @property
    def state(self) -> State:
        """Its state without the flags."""
        return State(self.byte & STATE_MASK)


def judge(act: Act, it: Subject) -> Verdict:
    """Whether the act is done to this instance, now or once its process is gone."""
    match act:
        case Change():
            verdict = _running(act, it) if it.state is State.RUNNING else _change(act, it)
            return rejected(it.unlike) if it.unlike and verdict.word in DONE else verdict
        case SetPriority(priority=priority):
            return _unended(it) or (NO_CHANGE if it.marks.priority == priority else ACCEPTED)
        case SetNotBefore(moment=moment):
            if it.state is State.RUNNING:
                return rejected("it runs already")
            return _unended(it) or (NO_CHANGE if it.not_before == moment else ACCEPTED)
        case Order():
            return _order(act, it)
        case Pause():
            return rejected("only a backfill or a run is paused: hold the instance")
        case Replan():
            return rejected("only a backfill has such terms")
        case _:
            assert_never(act)


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """The answer for a whole run: the act was done to those that it applies to."""
    found = list(verdicts)
    if any(each.word is Word.ACCEPTED for each in found):
        return ACCEPTED
    later = [each for each in found if each.word is Word.LATER]
    if later:
        return max(later, key=lambda each: each.seconds or 0)
    return unchanged("nothing of it that this applies to")


def _change(act: Change, it: Subject) -> Verdict:
    """One that does not run."""
    state, event = it.state, act.event
    if state is _WANTED.get(event) or (event is Event.RERUN and state in _OPEN):
        return unchanged(f"it is {_said(state)}")
    if it.byte & PASS_THROUGH and event not in (Event.CANCELLED, Event.RERUN):
        return rejected(_COUNTS_FOR_NOTHING)
    if (state, event) in (FORCED if act.force else TRANSITIONS):
        return ACCEPTED
    return rejected(_COUNTS_FOR_NOTHING if state is State.LEFT_OUT else f"it is {_said(state)}")


def _running(act: Change, it: Subject) -> Verdict:
    """Its process is stopped first; the last word on what it shall become counts."""
    then = None if act.event is Event.CANCELLED else act.event
    if it.byte & STOPPING and it.marks.then is then:
        return unchanged("it is being stopped for that already")
    if then is None:
        return ACCEPTED
    if then is Event.RERUN and not act.force:
        return rejected("it runs: stop it first, or insist")
    return Verdict(Word.LATER, "its process is stopped first", it.grace)


def _order(order: Order, it: Subject) -> Verdict:
    match order:
        case Order.HOLD:
            return _unended(it) or (unchanged("it is held") if it.byte & HELD else ACCEPTED)
        case Order.RELEASE:
            return ACCEPTED if it.byte & HELD else unchanged("it is not held")
        case Order.TRIGGER:
            return _trigger(it)
        case Order.STOP:
            if it.state is not State.RUNNING:
                return rejected(f"it does not run: it is {_said(it.state)}")
            return _running(Change(Event.CANCELLED), it)
        case Order.START | Order.RESUME:
            return rejected(f"only a whole backfill{' or run' if order is Order.RESUME else ''} can be {_PAST[order]}")
        case _:
            assert_never(order)


def _trigger(it: Subject) -> Verdict:
    if it.state is State.RUNNING:
        return unchanged("it runs already")
    return _unended(it) or (unchanged("it is triggered") if it.byte & TRIGGERED else ACCEPTED)


def _unended(it: Subject) -> Verdict | None:
    """Why not, for what will not start any more as things are."""
    if it.byte & PASS_THROUGH:
        return rejected(_COUNTS_FOR_NOTHING)
    return rejected(f"it is {_said(it.state)}: rerun it") if it.state in TERMINAL else None


_PAST = {Order.START: "started", Order.RESUME: "resumed"}


def _said(state: State) -> str:
    return state.name.lower().replace("_", " ")
