"""Why an instance does not run yet, asked of what decides it; a view, computed when asked (house, rule 4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice, zip_longest
from typing import NamedTuple

from backfilld.engine.backfill import Backfill
from backfilld.engine.gates import Gate, Reason, first_shut
from backfilld.engine.occupancy import Occupied, occupied
from backfilld.engine.pools import Pool
from backfilld.engine.run import Run
from backfilld.engine.states import SATISFIED, STATE_MASK, State
from backfilld.engine.upstream import Node
from backfilld.engine.world import World
from backfilld.planning.plan import InstanceId, Plan, instance_id, split_id

NO_PLACE, PLACES_KEPT, DATE_AHEAD = "no_place", "places_kept", "date_ahead"
DATE_PAUSED, FIRST_BEGUN = "date_paused", "first_begun"
UPSTREAM, BLOCKED, STARTS = "waits_for", "blocked", "starts_next"
SHOWN = 10
"""How many upstream instances a reason names."""
SAMPLE = 1000
"""How many ready instances of a backfill are asked for their gate, of each date as many."""
_FIRST_SHOWN = (State.FAILED, State.LOST, State.CANCELLED, State.RUNNING, State.READY, State.WAITING)


@dataclass(frozen=True, slots=True)
class Asked:
    """The instance that is asked about, all that it waits for, and the byte that it has until its date is opened."""

    backfill: int
    position: int
    ordinal: int
    upstream: Collection[Node]
    unopened: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """A limit that is reached: how many are inside, how many fit, and of which backfills those inside are."""

    name: str
    inside: int
    limit: int
    backfills: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Why:
    """What keeps an instance: a stable code, until when if that is known, and who or what is in the way.

    The code is a gate's of a ready instance, one of this module's of a waiting one, else the word of its state.
    `upstream` has the first of those that are not satisfied, those that need an operator first; `more` counts the rest.
    """

    byte: int
    code: str
    until: datetime | None = None
    backfill: int | None = None
    run: int | None = None
    instance: InstanceId | None = None
    crowd: Crowd | None = None
    upstream: tuple[InstanceId, ...] = ()
    more: int = 0

    @property
    def state(self) -> State:
        """The instance's state."""
        return State(self.byte & STATE_MASK)


@dataclass(frozen=True, slots=True)
class Alike:
    """Ready instances with one reason: the first of them, its reason (with the earliest `until`), and how many."""

    instance: InstanceId
    why: Why
    count: int


@dataclass(frozen=True, slots=True)
class Situation:
    """What a backfill's ready instances wait for, and the dates that have a place.

    `ready` counts all of them; where the reasons together count fewer, the rest was not asked. `next` is the next
    moment that brings something of the backfill by itself: a retry, a cycle, a date, an opening.
    """

    placed: frozenset[int]
    places: Crowd
    kept: bool
    """Whether failed dates under Hold keep every place."""
    reasons: tuple[Alike, ...]
    ready: int
    next: datetime | None


class _Full(NamedTuple):
    """A pool that admits nobody, under the name and with the limit that it has for who waits."""

    name: str
    pool: Pool[InstanceId]
    limit: int | None


@dataclass(slots=True)
class _Counted:
    """Ready instances with one reason, while they are counted: the first, or the one that waits the least."""

    run: Run
    ordinal: int
    reason: Reason | None
    count: int = 0

    @property
    def first(self) -> tuple[Run, int, Reason | None]:
        """Who stands for all."""
        return self.run, self.ordinal, self.reason

    def add(self, run: Run, ordinal: int, reason: Reason | None) -> None:
        """One more; the earliest `until` speaks for all."""
        self.count += 1
        until = reason and reason.until
        if until and not (self.reason and self.reason.until and self.reason.until <= until):
            self.run, self.ordinal, self.reason = run, ordinal, reason


class Explainer:
    """Looks at what the engine knows, and changes nothing. Only the engine's thread may ask."""

    def __init__(self, world: World) -> None:
        self._world = world

    def goes_by(self, backfill: int, plan: Plan) -> bool:
        """Whether this is the backfill's plan here too, or nothing is known of it."""
        known = self._world.backfills.get(backfill)
        return known is None or known.plan.hash == plan.hash

    def groups(self) -> Mapping[str, Occupied]:
        """Who has slots of each resource group, and how many stand in line for one."""
        return occupied(self._world)

    def instance(self, asked: Asked, now: datetime) -> Why | None:
        """What keeps the instance from running; None for one of a backfill that is not known here."""
        known = self._world.backfills.get(asked.backfill)
        if known is None:
            return None
        run = known.runs.get(asked.position)
        byte = run.states[asked.ordinal] if run and run.opened else asked.unopened
        state = State(byte & STATE_MASK)
        if state is State.WAITING:
            return self._waiting(known, run, asked, byte)
        if run and state is State.READY:
            return self._ready(known, run, asked.ordinal, now)
        return Why(byte, state.name.lower())

    def backfill(self, backfill: int, now: datetime) -> Situation | None:
        """What the ready instances wait for, by reason, the most common first; None where it is not known here."""
        known = self._world.backfills.get(backfill)
        if known is None:
            return None
        placed = [known.runs[position] for position in sorted(known.places.holders)]
        reasons = self._reasons(known, placed, now)
        return Situation(
            placed=frozenset(known.places.holders),
            places=_places(known),
            kept=known.done,
            reasons=reasons,
            ready=sum(run.counts[State.READY] for run in placed),
            next=min(self._moments(known, placed, reasons), default=None),
        )

    def _ready(self, backfill: Backfill, run: Run, ordinal: int, now: datetime) -> Why:
        return self._why(backfill, run, ordinal, first_shut(backfill, run, ordinal, self._world.limits, now))

    def _why(self, backfill: Backfill, run: Run, ordinal: int, reason: Reason | None) -> Why:
        byte = run.states[ordinal]
        if reason is None:
            return Why(byte, STARTS)
        full = self._full(backfill, run.shape.tasks[ordinal], reason.gate)
        crowd = None if full is None else self._inside(full)
        return Why(byte, reason.gate.value, reason.until, reason.backfill, reason.run, reason.instance, crowd)

    def _full(self, backfill: Backfill, task: int, gate: Gate) -> _Full | None:
        """What is full where that is the reason."""
        match gate:
            case Gate.SLOT:
                slots = backfill.slots[task]
                assert slots is not None
                full = slots.full()
                return _Full(full.name, full, full.depth)
            case Gate.MAX_ACTIVE:
                pool = self._world.limits.active[backfill.task_ids[task]]
                return _Full(backfill.tasks[task].name, pool, backfill.max_active[task])
            case _:
                return None

    def _inside(self, full: _Full) -> Crowd:
        owners = {self._world.runs[split_id(holder)[0]].owner for holder in full.pool.holders}
        return Crowd(full.name, len(full.pool.holders), full.limit or 0, tuple(sorted(owners)))

    def _waiting(self, backfill: Backfill, run: Run | None, asked: Asked, byte: int) -> Why:
        if run and run.opened and run.blocked(asked.ordinal):
            return _behind(backfill, BLOCKED, asked, byte)
        if run and run.placed:
            return _behind(backfill, UPSTREAM, asked, byte)
        if backfill.halted or (run and run.marks.paused):
            return Why(byte, DATE_PAUSED, backfill.resumes(asked.position))
        if backfill.lies_ahead(asked.position):
            return Why(byte, DATE_AHEAD, backfill.begins(asked.position))
        if backfill.first_begun(asked.position):
            return Why(byte, FIRST_BEGUN)
        return Why(byte, PLACES_KEPT if backfill.done else NO_PLACE, crowd=_places(backfill))

    def _reasons(self, backfill: Backfill, placed: Iterable[Run], now: datetime) -> tuple[Alike, ...]:
        """Counted by reason first: who is inside of what is full is looked up once, not for each that waits."""
        alike: dict[tuple[object, ...], _Counted] = {}
        in_turn = chain.from_iterable(zip_longest(*map(ready_of, placed)))
        for run, ordinal in islice(filter(None, in_turn), SAMPLE):
            reason = first_shut(backfill, run, ordinal, self._world.limits, now)
            key = self._key(backfill, run.shape.tasks[ordinal], reason)
            counted = alike.get(key) or alike.setdefault(key, _Counted(run, ordinal, reason))
            counted.add(run, ordinal, reason)
        found = (
            Alike(instance_id(each.run.number, each.ordinal), self._why(backfill, *each.first), each.count)
            for each in alike.values()
        )
        return tuple(sorted(found, key=lambda each: -each.count))

    def _key(self, backfill: Backfill, task: int, reason: Reason | None) -> tuple[object, ...]:
        """The same for those that one answer is about."""
        if reason is None:
            return (None,)
        full = self._full(backfill, task, reason.gate)
        return reason.gate, reason.backfill, full and full.name

    def _moments(self, backfill: Backfill, placed: Iterable[Run], reasons: Iterable[Alike]) -> Iterator[datetime]:
        """When something is due by the clock, or a pause ends; what is paused is due for nothing else."""
        world, number = self._world, backfill.number
        yield from (each.why.until for each in reasons if each.why.until)
        if backfill.halted:
            yield from filter(None, [backfill.marks.resume_at])
            return
        yield from (moment for (owner, _), moment in world.resumes.live.items() if owner == number)
        for run in (run for run in placed if not run.marks.paused):
            alarms = (world.retries_and_cycles.live.get(instance_id(run.number, each)) for each in run.asleep)
            yield from filter(None, alarms)  # who waits for a window is among the reasons
        for position in _with_instances(backfill, backfill.passed_over):
            if not backfill.run_at(position).marks.paused:
                yield world.dates_ahead.live[number, position]


def _with_instances(backfill: Backfill, positions: Collection[int]) -> Iterator[int]:
    """Those dates that have any; years of dates have a few patterns."""
    templates = backfill.plan.templates
    pattern_of = templates.calendar.pattern_of
    sizes = {pattern: templates.size(pattern) for pattern in {pattern_of[position] for position in positions}}
    return (position for position in positions if sizes[pattern_of[position]])


def ready_of(run: Run) -> Iterator[tuple[Run, int]]:
    """The ready instances of a run, ascending, found without a look at each byte in turn."""
    plain = run.states.translate(_READY_ALONE)
    ordinal = plain.find(1)
    while ordinal >= 0:
        yield run, ordinal
        ordinal = plain.find(1, ordinal + 1)


_READY_ALONE = bytes(byte & STATE_MASK == State.READY for byte in range(256))


def _behind(backfill: Backfill, code: str, asked: Asked, byte: int) -> Why:
    states = {node: _state(backfill, node) for node in asked.upstream}
    unmet = [node for node, state in states.items() if state not in SATISFIED]
    left_out = backfill.plan.left_out
    unmet.sort(key=lambda node: (left_out.get(node[0], 0) >> node[1] & 1, _FIRST_SHOWN.index(states[node]), node))
    shown = (instance_id(backfill.accepted.runs[position], ordinal) for position, ordinal in unmet[:SHOWN])
    return Why(byte, code, upstream=tuple(shown), more=max(len(unmet) - SHOWN, 0))


def _state(backfill: Backfill, node: Node) -> State:
    run = backfill.runs.get(node[0])
    return State.WAITING if run is None else run.state(node[1])


def _places(backfill: Backfill) -> Crowd:
    return Crowd("dates in flight", len(backfill.places.holders), backfill.places.depth or 0)
