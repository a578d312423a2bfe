"""The table of transitions, whole."""

import pytest

from backfilld.engine.states import FORCED, ILLEGAL, SATISFIED, TERMINAL, TRANSITIONS, Event, State, after, step
from backfilld.errors import IllegalTransition

TABLE = """
              WAITING    READY      RUNNING    SUCCEEDED  FAILED     LOST       SKIPPED    CANCELLED  LEFT_OUT
UNBLOCKED     READY      -          -          -          -          -          -          -          -
BLOCKED       -          WAITING    -          -          -          -          -          -          WAITING
CLAIMED       -          RUNNING    -          -          -          -          -          -          -
SUCCEEDED     -          -          SUCCEEDED  -          -          -          -          -          -
BACKED_OFF    -          -          READY      -          -          -          -          -          -
FAILED        -          -          FAILED     -          -          -          -          -          -
LOST          -          -          LOST       -          -          -          -          -          -
VOIDED        -          -          READY      -          -          -          -          -          -
STOPPED       -          -          CANCELLED  -          -          -          -          -          -
SKIPPED       SKIPPED    SKIPPED    SKIPPED    -          SKIPPED    SKIPPED    -          SKIPPED    -
CANCELLED     CANCELLED  CANCELLED  -          -          -          -          -          -          -
PASSED        LEFT_OUT   -          -          -          -          -          -          -          -
RERUN         -          -          -          WAITING    WAITING    WAITING    WAITING    WAITING    -
SET_SUCCEEDED SUCCEEDED  SUCCEEDED  -          -          SUCCEEDED  SUCCEEDED  SUCCEEDED  SUCCEEDED  -
SET_FAILED    FAILED     FAILED     -          FAILED     -          FAILED     FAILED     FAILED     -
"""
STATES, *LINES = [line.split() for line in TABLE.strip().splitlines()]
CELLS = [(State[state], Event[line[0]], cell) for line in LINES for state, cell in zip(STATES, line[1:], strict=True)]


def test_the_table_is_whole():
    """Every state and every event has its place in the table below, and nothing else is legal."""
    assert {(state, event) for state, event, _ in CELLS} == {(state, event) for state in State for event in Event}
    assert {(state, event): State[cell] for state, event, cell in CELLS if cell != "-"} == dict(TRANSITIONS)


@pytest.mark.parametrize(("state", "event", "cell"), CELLS)
def test_a_move_is_in_the_table_or_raises(state, event, cell):
    """`after` and `step` answer the table's line; where there is none, one raises and the other says so."""
    if cell == "-":
        with pytest.raises(IllegalTransition, match=f"{event.value} is not possible in state {state.name}"):
            after(state, event)
        assert step(event)[state] == ILLEGAL
    else:
        assert after(state, event) is State[cell]
        assert step(event)[state] == State[cell]


def test_only_operators_move_what_is_terminal():
    """From a terminal state only a rerun, a skip or setting the state leads on; what is left out only hands that on."""
    by_operators = {Event.RERUN, Event.SKIPPED, Event.SET_SUCCEEDED, Event.SET_FAILED}
    assert {event for state, event in TRANSITIONS if state in TERMINAL - {State.LEFT_OUT}} <= by_operators
    assert {event for state, event in TRANSITIONS if state is State.LEFT_OUT} == {Event.BLOCKED}
    assert SATISFIED < TERMINAL
    assert State.WAITING in {TRANSITIONS[state, Event.RERUN] for state in SATISFIED - {State.LEFT_OUT}}


def test_who_insists_still_changes_nothing_that_runs_or_is_left_out():
    """Force adds lines for what has ended, and only those that lead to what was asked."""
    more = FORCED.keys() - TRANSITIONS.keys()

    assert more == {(State[state], Event.CANCELLED) for state in ("SUCCEEDED", "FAILED", "LOST", "SKIPPED")} | {
        (State.SUCCEEDED, Event.SKIPPED)
    }
    assert dict(TRANSITIONS).items() <= dict(FORCED).items()
