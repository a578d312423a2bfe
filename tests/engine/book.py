"""One backfill as a store would know it from what the engine told, and what follows from that, naively."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from engine.layout import Node, layout

from backfilld.engine.asking import InstanceFacts, Order, Targets
from backfilld.engine.cycles import LONG_AGO
from backfilld.engine.events import Accepted, Moved, Restored, RunChanged, RunFacts
from backfilld.engine.marks import (
    UNMARKED,
    UNMARKED_INSTANCE,
    UNMARKED_RUN,
    BackfillMarks,
    InstanceMarks,
    OnFailure,
    RunMarks,
)
from backfilld.engine.states import (
    DEAD,
    FAILURES,
    HELD,
    PASS_THROUGH,
    SATISFIED,
    STATE_MASK,
    TERMINAL,
    Event,
    State,
)
from backfilld.planning.plan import PlannedTask, instance_id, split_id

_STATES = tuple(State)
Cycle = tuple[int, datetime, str, int]
"""Task, cycle time and environment, and the backfill if it shares nothing."""


@dataclass
class Book:
    """One backfill as a store would know it from what the engine told."""

    accepted: Accepted
    states: dict[int, bytearray] = field(default_factory=dict)
    runs: dict[int, RunChanged] = field(default_factory=dict)
    facts: dict[int, Moved] = field(default_factory=dict)
    open: dict[int, int] = field(default_factory=dict)
    started: dict[int, datetime] = field(default_factory=dict)
    stopping: set[int] = field(default_factory=set)
    turn: int = 0
    done: tuple[bool, str | None] = (False, None)
    held: set[Node] = field(default_factory=set)
    triggered: set[Node] = field(default_factory=set)
    marks: BackfillMarks = UNMARKED
    run_marks: dict[int, RunMarks] = field(default_factory=dict)
    instance_marks: dict[int, InstanceMarks] = field(default_factory=dict)
    flying: set[int] = field(default_factory=set)
    settled: set[int] = field(default_factory=set)
    keeping: set[int] = field(default_factory=set)
    """Dates that may keep a place which they took when there were more of them."""
    wished: dict[int, Event] = field(default_factory=dict)
    """What running instances are to become once their processes are gone."""

    gone: bool = False
    """Whether the engine has forgotten it, since it is done."""

    def __post_init__(self) -> None:
        self.marks = self.accepted.marks
        paused = {node for node in self.upstream if self.task(node).task.recurrence == "Pause"}
        self.held = {node for node in paused if not self.left_out(node)}

    @cached_property
    def upstream(self) -> dict[Node, list[Node]]:
        """Who waits for whom, instance by instance."""
        return layout(self.accepted.plan).upstream

    def node(self, instance: int) -> Node:
        """Where an instance of this backfill lies."""
        run, ordinal = split_id(instance)
        return self.accepted.runs.index(run), ordinal

    def instance(self, node: Node) -> int:
        """The number of a node."""
        return instance_id(self.accepted.runs[node[0]], node[1])

    @cached_property
    def tasks(self) -> dict[Node, PlannedTask]:
        """What runs where."""
        return layout(self.accepted.plan).tasks

    def task(self, node: Node) -> PlannedTask:
        """What runs there."""
        return self.tasks[node]

    @cached_property
    def cycles(self) -> dict[Node, Cycle]:
        """What may not run twice at once; what runs at once shares nothing."""
        alone, environment = self.accepted.backfill if self.accepted.at_once else 0, self.accepted.environment
        moment = self.accepted.plan.cycle_time
        return {node: (task.task.id, moment(*node), environment, alone) for node, task in self.tasks.items()}

    @cached_property
    def holders(self) -> dict[Cycle, int]:
        """The dates that hold each cycle while they are open."""
        return {cycle: node[0] for node, cycle in self.cycles.items() if not self.left_out(node)}

    def due(self, node: Node) -> datetime:
        """When its cycle comes, if that is waited for."""
        window = self.task(node).window
        at_once = self.accepted.at_once or (window and window.immediately)
        return LONG_AGO if at_once else self.cycles[node][1]

    def left_out(self, node: Node) -> bool:
        """Whether the plan passes it through."""
        return bool(self.accepted.plan.left_out.get(node[0], 0) >> node[1] & 1)

    def fresh(self, node: Node) -> int:
        """The byte of an instance whose date is opened."""
        return PASS_THROUGH if self.left_out(node) else HELD if node in self.held else 0

    def aimed(self, targets: Targets) -> set[Node]:
        """The instances that an act is aimed at."""
        return {
            node
            for node in self.upstream
            if (targets.runs is None or self.accepted.runs[node[0]] in targets.runs)
            and (targets.instances is None or self.instance(node) in targets.instances)
        }

    def heed(self, order: Order, targets: Targets) -> None:
        """Which instances are held, or triggered, from now on."""
        aimed = self.aimed(targets)
        unended = {node for node in aimed if self.state(node) not in TERMINAL and not self.left_out(node)}
        match order:
            case Order.RELEASE:
                self.held -= aimed
            case Order.HOLD:
                self.held |= unended
            case Order.TRIGGER:
                self.triggered |= {node for node in unended if self.state(node) is not State.RUNNING}

    @property
    def priority(self) -> int:
        """As it is by now."""
        return self.marks.priority or self.accepted.priority

    @property
    def parallelism(self) -> int:
        """As it is by now."""
        return self.marks.parallelism or self.accepted.parallelism

    @property
    def on_failure(self) -> OnFailure:
        """As it is by now."""
        return self.marks.on_failure or self.accepted.on_failure

    def mark(self, marks: BackfillMarks) -> None:
        """Acts have set this; with fewer places than there were, who has one keeps it until it is settled."""
        before, self.marks = self.parallelism, marks
        if self.parallelism < before:
            unsettled = {run for run, told in self.runs.items() if not told.settled and run in self.states}
            self.keeping |= {position for position, run in enumerate(self.accepted.runs) if run in unsettled}

    def of_run(self, position: int) -> RunMarks:
        """What acts have set for a run."""
        return self.run_marks.get(self.accepted.runs[position], UNMARKED_RUN)

    def paused(self, position: int) -> bool:
        """Whether nothing new of a date may start."""
        return self.marks.halt is not None or self.of_run(position).paused

    def paused_dates(self) -> list[int]:
        """The positions of those."""
        return [position for position in range(len(self.accepted.runs)) if self.paused(position)]

    def not_before(self, node: Node) -> datetime:
        """Before when it may not start, unless it is triggered."""
        known = self.facts.get(self.instance(node))
        moments = [self.due(node), self.of_run(node[0]).not_before, known.not_before if known else None]
        return LONG_AGO if node in self.triggered else max(filter(None, moments))

    def holds_cycles(self, position: int) -> bool:
        """Whether the cycles of a date are its own."""
        told = self.runs.get(self.accepted.runs[position])
        return not (self.done[0] or self.paused(position) or (told and told.settled))

    def now_flying(self) -> set[int]:
        """The dates with something ready or running: by the counts that are held against the bytes."""
        told = ((position, self.runs.get(run)) for position, run in enumerate(self.accepted.runs))
        return {position for position, run in told if run and (run.counts[State.READY] or run.counts[State.RUNNING])}

    def admissible(self, verdicts: list[str | None]) -> int:
        """How many dates may be in flight by `parallelism`, and by `first` while that has not come."""
        if self.accepted.first is None or self.marks.looked:
            return self.parallelism
        return min(self.parallelism, self.accepted.first - sum(word is not None for word in verdicts))

    def default(self, position: int) -> State:
        """The state that acts have set for a whole run."""
        told = self.runs.get(self.accepted.runs[position])
        return _STATES[(told.default or 0) & STATE_MASK] if told else State.WAITING

    def state(self, node: Node) -> State:
        """The state of an instance."""
        states = self.states.get(self.accepted.runs[node[0]])
        if states is None:
            return self.default(node[0])
        return _STATES[states[node[1]] & STATE_MASK]

    def byte(self, node: Node) -> int:
        """State and flags of an instance whose date is opened."""
        return self.states[self.accepted.runs[node[0]]][node[1]]

    def satisfied(self, node: Node) -> bool:
        """Whether all upstream is."""
        return all(self.state(up) in SATISFIED for up in self.upstream[node])

    def blocked(self) -> dict[Node, bool]:
        """Waiting instances that wait for nothing but dead ones; whether that goes back to a failure."""
        found: dict[Node, bool] = {}
        for node in sorted(self.upstream):  # dates and ordinals are in topological order
            unmet = [up for up in self.upstream[node] if self.state(up) not in SATISFIED]
            opened = self.accepted.runs[node[0]] in self.states  # before that it waits for its place as well
            dead = all(self.state(up) in DEAD or up in found for up in unmet)
            if opened and self.state(node) is State.WAITING and unmet and dead:
                found[node] = any(self.state(up) in FAILURES or found.get(up, False) for up in unmet)
        return found

    def verdict(self, position: int, blocked: dict[Node, bool]) -> str | None:
        """The outcome of a run if it is settled."""
        if self.accepted.runs[position] not in self.states:
            return "cancelled" if self.default(position) else None
        nodes = [(position, ordinal) for ordinal in range(self.accepted.plan.template(position).size)]
        if not all(self.state(node) in TERMINAL or node in blocked for node in nodes):
            return None
        if any(self.state(node) in FAILURES or blocked.get(node, False) for node in nodes):
            return "failed"
        return (
            "cancelled"
            if any(self.state(node) is State.CANCELLED or node in blocked for node in nodes)
            else "succeeded"
        )

    def keeps_place(self, position: int, verdict: str | None) -> bool:
        """Whether a settled run keeps its place under Hold."""
        return verdict == "failed" and self.on_failure is OnFailure.HOLD and not self.default(position)

    def restored(self) -> Restored:
        """What a daemon would find after a crash."""
        runs = [
            RunFacts(
                run,
                bytes(self.states.get(run, b"")),
                run in self.states,
                told.default if told else None,
                self.run_marks.get(run, UNMARKED_RUN),
            )
            for run in self.accepted.runs
            if (told := self.runs.get(run)) or run in self.states or run in self.run_marks
        ]
        known = self.facts.keys() | self.instance_marks.keys()
        facts = [self._facts(each) for each in sorted(known) if not self._finished(each)]
        return Restored(
            replace(self.accepted, marks=self.marks),
            runs,
            facts,
            {each: self.started[each] for each in self.open if each in self.started},
            self.turn,
        )

    def known(self, targets: Targets) -> list[InstanceFacts]:
        """What the store adds to an act on single instances: it alone remembers those of finished runs."""
        named = [each for each in targets.instances or () if each in self.facts or each in self.instance_marks]
        return [self._facts(each) for each in named]

    def _finished(self, instance: int) -> bool:
        """Whether its run has nothing left to do: of such the store tells nothing but the bytes."""
        states = self.states.get(split_id(instance)[0])
        return states is not None and all(State(byte & STATE_MASK) in SATISFIED for byte in states)

    def _facts(self, instance: int) -> InstanceFacts:
        told, marks = self.facts.get(instance), self.instance_marks.get(instance, UNMARKED_INSTANCE)
        if told is None:
            return InstanceFacts(instance, 0, 0, None, marks)
        return InstanceFacts(instance, told.attempt, told.failures, told.not_before, marks)
