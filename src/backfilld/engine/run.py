"""One business date in memory: a byte an instance, and counts."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from datetime import datetime

from backfilld.engine.facts import IMPLIED, STARTED_ONCE, Facts
from backfilld.engine.joins import Join
from backfilld.engine.marks import UNMARKED_INSTANCE, UNMARKED_RUN, InstanceMarks
from backfilld.engine.shape import WEIGHTS, Shape
from backfilld.engine.states import (
    FAILURES,
    FORCED_STEPS,
    HELD,
    ILLEGAL,
    PASS_THROUGH,
    SATISFIED,
    STATE_MASK,
    STEPS,
    STOPPING,
    TRIGGERED,
    Event,
    State,
    counted,
)
from backfilld.engine.stir import Stir
from backfilld.errors import IllegalTransition
from backfilld.planning.plan import RUN_BITS

NO_COUNTS = (0,) * len(State)
UNTOUCHED: tuple[object, ...] = (NO_COUNTS, 0, False, None, None)
"""How a run stands of which nothing was ever reported."""
_FLAGS = HELD | PASS_THROUGH
_UNSTARTED_FLAGS = _FLAGS | TRIGGERED
_UNBLOCK, _PASS, _CLAIM = STEPS[Event.UNBLOCKED], STEPS[Event.PASSED], STEPS[Event.CLAIMED]
_EVENT_OF = {steps: event for table in (FORCED_STEPS, STEPS) for event, steps in table.items()}
_WAITING, _READY, _RUNNING = int(State.WAITING), int(State.READY), int(State.RUNNING)


class Run:
    """A run's instances by ordinal; nothing but its number until it is opened (first admitted, restored).

    An instance is dead when it can only go on after a rerun: failed, lost or cancelled, or blocked, which is waiting
    with nothing unmet but dead ones. Per instance, `unmet` counts the upstream that is not satisfied, `dead` those of
    it that are dead, `doomed` those of `dead` that go back to a failure. `held_back` counts the blocked ones and
    `held_by_failure` the doomed of them. `joins` says which other dates' instances wait for an ordinal. `default` is
    the byte that acts on the whole run have set: its flags hold until it is opened, CANCELLED until something of it is
    rerun. A finished run (every instance satisfied) keeps only its bytes. `marks` are the run's own, `marked` has those
    of single instances; it has `let_go` of its cycles when it is settled or paused.
    """

    __slots__ = (
        "asleep",
        "counts",
        "dead",
        "default",
        "doomed",
        "due",
        "facts",
        "finished",
        "fresh",
        "held_back",
        "held_by_failure",
        "joins",
        "let_go",
        "marked",
        "marks",
        "number",
        "opened",
        "outcome",
        "owner",
        "placed",
        "position",
        "settled",
        "shape",
        "states",
        "stir",
        "stirred",
        "told",
        "touched",
        "unmet",
    )
    shape: Shape
    due: datetime
    """The last of its cycle times: past it, nothing of the run waits for its cycle."""

    def __init__(self, number: int, owner: int, position: int, stir: Stir[Run]) -> None:
        self.number, self.owner, self.position, self.stir = number, owner, position, stir
        self.states = bytearray()
        self.counts = list(NO_COUNTS)
        self.unmet = self.dead = self.doomed = array("I")
        self.held_back = self.held_by_failure = 0
        self.joins: dict[int, list[Join[Run]]] = {}
        self.facts: dict[int, Facts] = {}
        self.asleep: set[int] = set()
        self.touched: set[int] = set()
        self.default = 0
        self.marks = UNMARKED_RUN
        self.marked: dict[int, InstanceMarks] = {}
        self.outcome: str | None = None
        self.told: tuple[object, ...] = UNTOUCHED
        self.opened = self.placed = self.settled = self.finished = self.stirred = self.fresh = self.let_go = False

    def open(self, shape: Shape, states: bytearray, due: datetime) -> None:
        """Give the run its instances; their waits are counted next (see `waits`)."""
        self.shape, self.states, self.due, self.opened = shape, states, due, True
        self.default &= STATE_MASK
        self.counts = counted(states)
        self.unmet = shape.unmet()

    def finish(self) -> None:
        """Let go of all but the bytes: every instance is satisfied, so nothing here can move but by an operator."""
        self.finished = True
        self.unmet = self.dead = self.doomed = array("I")
        self.joins, self.asleep = {}, set()
        del self.shape

    def unfinish(self, shape: Shape) -> None:
        """Have everything again; the waits are counted next."""
        self.finished, self.shape, self.unmet = False, shape, shape.unmet()

    def forget_waits(self) -> None:
        """Let go of all that is counted of who waits for whom; it is counted anew."""
        self.joins = {}
        self.dead = self.doomed = array("I")
        self.held_back = self.held_by_failure = 0

    def move(self, ordinal: int, steps: bytes) -> None:
        """Change one instance's state by the table's lines of one event; flags stay, but a stop or trigger is over."""
        byte = self.states[ordinal]
        old = byte & STATE_MASK
        new = steps[old]
        if new == ILLEGAL:
            raise IllegalTransition(State(old).name, _EVENT_OF[steps].value)
        self.states[ordinal] = byte & (_FLAGS if new > _READY else _UNSTARTED_FLAGS) | new
        self.counts[old] -= 1
        self.counts[new] += 1
        self.touched.add(ordinal)
        if not self.stirred:
            self.stirred = True
            self.stir.runs.append(self)

    def claim(self, ordinal: int) -> None:
        """A ready instance starts: that settles nothing and frees nobody, so the engine need not look at the run."""
        stirred, self.stirred = self.stirred, True
        self.move(ordinal, _CLAIM)
        self.stirred = stirred
        self.stir.claimed[self] = None

    def mark(self, ordinal: int, flag: int) -> None:
        """Set a flag of one instance."""
        self._put(ordinal, self.states[ordinal] | flag)

    def unmark(self, ordinal: int, flag: int) -> None:
        """Clear a flag of one instance."""
        self._put(ordinal, self.states[ordinal] & ~flag)

    def pass_through(self, ordinal: int) -> None:
        """From now on the plan leaves out an instance that was never started."""
        self._put(ordinal, self.states[ordinal] & ~(HELD | TRIGGERED) | PASS_THROUGH)

    def set_default(self, default: int) -> None:
        """Set the byte for all of a run."""
        if self.default != default:
            self.default = default
            self.stirring()

    def stirring(self) -> None:
        """Something of the run has changed: the engine is to look at it."""
        if not self.stirred:
            self.stirred = True
            self.stir.runs.append(self)

    def free(self, ordinal: int) -> bool:
        """Nothing is unmet: a waiting instance becomes ready, or left out if the plan says so (then true).

        In a run without a place it keeps waiting, and in one that was settled until now: that one is admitted again.
        """
        byte = self.states[ordinal]
        if byte & STATE_MASK != _WAITING or not self.placed or self.settled:
            return False
        if byte & PASS_THROUGH:
            self.move(ordinal, _PASS)
            return True
        self.move(ordinal, _UNBLOCK)
        self.stir.ready.append((self, ordinal))
        return False

    def key(self, ordinal: int) -> int:
        """What sorts the instance among the ready ones of its backfill."""
        key = self.shape.keys[ordinal] | self.position << RUN_BITS
        if self.prioritised():
            own = self.marks_of(ordinal).priority
            wanted = self.marks.priority if own is None else own
            if wanted is not None:
                key += (self.shape.priorities[self.shape.tasks[ordinal]] - wanted) * WEIGHTS
        return key

    def prioritised(self) -> bool:
        """Whether an act has given some of it another priority than the plan does."""
        return bool(self.marked) or self.marks.priority is not None

    def state(self, ordinal: int) -> State:
        """The instance's state; before the run is opened, what an act has set for all of it."""
        if self.opened:
            return State(self.states[ordinal] & STATE_MASK)
        return State(self.default & STATE_MASK)

    def cancelled_whole(self) -> bool:
        """Whether an act has cancelled all of it, and nothing of it was rerun since."""
        return self.default & STATE_MASK == State.CANCELLED

    def blocked(self, ordinal: int) -> bool:
        """Whether the instance waits, directly or through others, only on failed, lost or cancelled ones."""
        return bool(
            self.dead
            and self.states[ordinal] & STATE_MASK == _WAITING
            and 0 < self.unmet[ordinal] == self.dead[ordinal]
        )

    def is_settled(self) -> bool:
        """Spec 5: every instance is terminal or blocked."""
        if not self.opened:
            return self.cancelled_whole()
        counts = self.counts
        return not counts[_READY] and not counts[_RUNNING] and counts[_WAITING] == self.held_back

    def goes_on(self) -> bool:
        """Whether it has a place and something to do with it, as an open run.

        What was stirred in such a run changes nothing for its backfill: nothing is settled, and no place comes free.
        """
        rests = self.settled or self.let_go or self.marks.paused
        return self.placed and not rests and not self.is_settled() and not self.stalled()

    def result(self) -> str:
        """The outcome of a settled run: succeeded, failed or cancelled."""
        if any(self.counts[state] for state in FAILURES) or self.held_by_failure:
            return "failed"
        return "succeeded" if self.all_satisfied() else "cancelled"

    def all_satisfied(self) -> bool:
        """Whether nothing here will ever move by itself or be rerun from failure."""
        return self.opened and sum(self.counts[state] for state in SATISFIED) == len(self.states)

    def stalled(self) -> bool:
        """Whether it has a place and can do nothing with it: it only waits for other dates."""
        return self.placed and not self.settled and not self.counts[_READY] and not self.counts[_RUNNING]

    def instances(self, among: frozenset[State]) -> Iterator[int]:
        """Ordinals in one of these states, ascending."""
        if not any(self.counts[state] for state in among):
            return iter(())
        numbers = bytes(among)
        return (ordinal for ordinal, byte in enumerate(self.states) if byte & STATE_MASK in numbers)

    def has_open(self, ordinal: int, attempt: int) -> bool:
        """Whether this very attempt of the instance is open."""
        if ordinal >= len(self.states) or self.states[ordinal] & STATE_MASK != _RUNNING:
            return False
        return self.facts.get(ordinal, STARTED_ONCE).attempt == attempt

    def recall(self, ordinal: int) -> Facts:
        """What is known of an instance; what is not written down follows from its state."""
        return self.facts.get(ordinal) or IMPLIED[self.states[ordinal] & STATE_MASK]

    def remember(self, ordinal: int, facts: Facts) -> None:
        """Write down what an instance has to remember beside its (new) state."""
        self.facts.pop(ordinal, None)
        if facts != self.recall(ordinal):
            self.facts[ordinal] = facts

    def mark_one(self, ordinal: int, marks: InstanceMarks) -> None:
        """What acts have set for one instance from now on."""
        self.marked.pop(ordinal, None)
        if marks != UNMARKED_INSTANCE:
            self.marked[ordinal] = marks

    def marks_of(self, ordinal: int) -> InstanceMarks:
        """What acts have set for one instance."""
        return self.marked.get(ordinal, UNMARKED_INSTANCE)

    def stopping(self, ordinal: int) -> bool:
        """Whether an operator has asked to stop the running instance."""
        return bool(self.states[ordinal] & STOPPING)

    def touch(self, ordinal: int) -> None:
        """Something that is told of the instance has changed."""
        self.touched.add(ordinal)
        self.stirring()

    def _put(self, ordinal: int, byte: int) -> None:
        self.states[ordinal] = byte
        self.touch(ordinal)
