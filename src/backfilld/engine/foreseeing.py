"""What an act would be answered as things are; nothing is done."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

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
    rejected,
    unchanged,
)
from backfilld.engine.marks import UNMARKED_INSTANCE, RunMarks
from backfilld.engine.on_runs import CONCERNED
from backfilld.engine.states import STATE_MASK, State
from backfilld.engine.verdicts import Subject, judge, together

DONE = rejected("it is done")


def foreseen_of_run(act: Act, states: Iterable[int], marks: RunMarks, now: datetime, *, settled: bool) -> Verdict:
    """The answer for a whole run, whose instances have these state bytes."""
    match act:
        case Change(event=kind):
            return _of_all(act, CONCERNED[kind], states)
        case Pause(until=until):
            if not settled and until is not None and until <= now:
                return rejected("that moment has passed")
            return _marked(marks.paused and marks.resume_at == until, settled)
        case SetPriority(priority=priority):
            return _marked(marks.priority == priority, settled)
        case SetNotBefore(moment=moment):
            return _marked(marks.not_before == moment, settled)
        case Order.RESUME:
            return ACCEPTED if marks.paused else unchanged("it is not paused")
        case Order.START | Replan():
            return rejected("only a whole backfill can be asked that")
        case Order():
            return _of_all(act, CONCERNED[act], states)


def _of_all(act: Act, concerned: frozenset[State], states: Iterable[int]) -> Verdict:
    """Instances with the same byte are answered alike."""
    bytes_ = (byte for byte in set(states) if byte & STATE_MASK in concerned)
    return together(judge(act, Subject(byte, UNMARKED_INSTANCE, None, 0)) for byte in bytes_)


def _marked(so_already: bool, settled: bool) -> Verdict:
    if settled:
        return DONE
    return NO_CHANGE if so_already else ACCEPTED
