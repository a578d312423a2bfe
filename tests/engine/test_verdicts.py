"""Each act in each state: whether it is done."""

from datetime import timedelta

import pytest
from engine.act_table import ACTS, COUNTS_FOR_NOTHING, LATER, VERDICTS

from backfilld.engine.asking import CANCEL, SET_FAILED, SET_SUCCEEDED, SetNotBefore, SetPriority, Word
from backfilld.engine.marks import UNMARKED_INSTANCE, InstanceMarks
from backfilld.engine.states import HELD, PASS_THROUGH, STOPPING, TRIGGERED, Event, State
from backfilld.engine.verdicts import Subject, judge


def subject(state: State, flags: int = 0, marks: InstanceMarks = UNMARKED_INSTANCE, not_before=None) -> Subject:
    return Subject(state | flags, marks, not_before, grace=10)


def test_the_table_is_whole():
    """Every act has a line, and every state a cell in it."""
    assert VERDICTS.keys() == {(name, state) for name in ACTS for state in State}


@pytest.mark.parametrize(("name", "state"), VERDICTS)
def test_an_act_is_answered_as_the_table_says(name, state):
    """Who is rejected is told why; who has to wait for a process, how many seconds at the most."""
    verdict = judge(ACTS[name], subject(state))

    assert verdict.word is VERDICTS[name, state]
    assert bool(verdict.reason) == (verdict.word is not Word.ACCEPTED)
    assert verdict.seconds == (10 if verdict.word is Word.LATER else None)


@pytest.mark.parametrize("name", COUNTS_FOR_NOTHING)
def test_what_the_plan_leaves_out_takes_no_act(name):
    """What is passed through neither starts nor ends by an operator's word."""
    assert judge(ACTS[name], subject(State.WAITING, PASS_THROUGH)).word is Word.REJECTED


@pytest.mark.parametrize(
    ("name", "it"),
    [
        ("hold", subject(State.READY, HELD)),
        ("trigger", subject(State.WAITING, TRIGGERED)),
        ("set_priority", subject(State.READY, marks=InstanceMarks(priority=7))),
        ("set_not_before", subject(State.READY, not_before=LATER)),
        ("stop", subject(State.RUNNING, STOPPING)),
        ("cancel", subject(State.RUNNING, STOPPING)),
        ("set_failed", subject(State.RUNNING, STOPPING, InstanceMarks(then=Event.SET_FAILED))),
    ],
)
def test_what_is_so_already_is_no_change(name, it):
    """An act that is asked again is answered, and nothing is written."""
    assert judge(ACTS[name], it).word is Word.NO_CHANGE


def test_what_is_set_to_something_else_is_a_change():
    """Another priority, another moment, another end while it is being stopped: the last word counts."""
    stopping = subject(State.RUNNING, STOPPING, InstanceMarks(then=Event.SET_FAILED))

    assert judge(SetPriority(8), subject(State.READY, marks=InstanceMarks(priority=7))).word is Word.ACCEPTED
    assert judge(SetNotBefore(None), subject(State.READY, not_before=LATER)).word is Word.ACCEPTED
    assert judge(SetNotBefore(LATER + timedelta(1)), subject(State.READY, not_before=LATER)).word is Word.ACCEPTED
    assert judge(SET_SUCCEEDED, stopping).word is Word.LATER
    assert judge(CANCEL, stopping).word is Word.ACCEPTED
    assert judge(SET_FAILED, subject(State.RUNNING, STOPPING)).word is Word.LATER


def test_a_held_instance_is_released():
    """In any state: what became terminal while it was held is free for its rerun."""
    assert {judge(ACTS["release"], subject(state, HELD)).word for state in State} == {Word.ACCEPTED}
