"""A forecast is what then happens, if all takes what is expected."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta
from heapq import heappop, heappush

import pytest
from drawing import NOON, VIRTUAL, Play, draw
from engine.test_makespan import GRAPHS, bench
from hypothesis import given, settings
from hypothesis import strategies as some

from backfilld.catalog.models import RunPolicy, Task
from backfilld.engine.engine import Engine
from backfilld.engine.events import (
    Accepted,
    AttemptClosed,
    AttemptEnded,
    BackfillChanged,
    Dismissed,
    Effect,
    Moved,
    OnFailure,
    Restored,
    RunChanged,
    RunFacts,
    Said,
    Start,
)
from backfilld.engine.forecast import Arrival, Forecast, Outlook, Takes, forecast
from backfilld.engine.marks import BackfillMarks, Halt
from backfilld.engine.states import STOPPING, AttemptState, State
from backfilld.planning.plan import Plan, split_id
from backfilld.request.durations import Duration, Durations

NIGHTS = RunPolicy("Daily", time(22), time(5, 59, 59))
OPENING = datetime(2024, 3, 1, 22, tzinfo=UTC)
HOUR = timedelta(hours=1)
EARLY = datetime(2024, 1, 4, 1, tzinfo=UTC)
"""When some cycles of the first days of January are still to come."""


def accepted(plan: Plan, number: int = 1, **terms: object) -> Accepted:
    """A backfill with its runs numbered after those of the ones before it."""
    runs = range(number * 1000, number * 1000 + len(plan.dates))
    given = {"environment": "Prod", "priority": 1, "parallelism": 1, "on_failure": OnFailure.CONTINUE, **terms}
    return Accepted(number, plan, runs, **given)


def hours(environment: str, task: Task) -> float:
    """Every task takes an hour."""
    return 3600.0


def told(plan: Plan, takes: Takes = hours, now: datetime = NOON, slots: int = 4, **terms: object) -> Forecast:
    return forecast(Outlook({"default": slots}, [accepted(plan, **terms)]), 1, takes, now)


class Life:
    """An engine whose attempts take what they take, as a daemon would have it; its facts are kept as a store does."""

    def __init__(self, accepted: Accepted, takes: Takes, now: datetime, slots: int) -> None:
        self.engine, self.accepted, self.takes, self.now = Engine({"default": slots}), accepted, takes, now
        self.running: list[tuple[datetime, int, int]] = []
        self.started: dict[int, datetime] = {}
        self.states: dict[int, bytearray] = {}
        self.ended: dict[int, datetime] = {}
        self.done: datetime | None = None
        self.say(accepted)

    def say(self, *said: Said) -> None:
        plan = self.accepted.plan
        for effect in self.engine.handle(said, self.now):
            match effect:
                case Start(instance=instance, attempt=attempt):
                    run, ordinal = split_id(instance)
                    template = plan.template(self.accepted.runs.index(run))
                    length = timedelta(seconds=self.takes("Prod", plan.tasks[template.tasks[ordinal]].task))
                    heappush(self.running, (self.now + length, instance, attempt))
                    self.started[instance] = self.now
                case RunChanged(run=run, chunks=chunks, settled=settled):
                    for number, part in chunks.items():
                        states = self.states.setdefault(run, bytearray())
                        states[number * 4096 : number * 4096 + len(part)] = part
                    if settled:
                        self.ended[run] = self.now
                case BackfillChanged(done=True):
                    self.done = self.now
                case AttemptClosed() | Moved():
                    pass

    def step(self) -> bool:
        """To the next moment at which something happens; false when nothing ever will."""
        moments = [*(each[0] for each in self.running[:1]), self.engine.next_wake(self.now)]
        moments = [each for each in moments if each is not None]
        if self.done or not moments:
            return False
        self.now = min(moments)
        ends = []
        while self.running and self.running[0][0] <= self.now:
            _, instance, attempt = heappop(self.running)
            ends.append(AttemptEnded(instance, attempt, AttemptState.SUCCEEDED, 0, self.now))
        self.say(*ends)
        return True

    def facts(self) -> Restored:
        """All that a store would know now."""
        runs = [RunFacts(run, bytes(states), admitted=True) for run, states in sorted(self.states.items())]
        live = {instance for _, instance, _ in self.running}
        return Restored(self.accepted, runs, (), {each: self.started[each] for each in live})


def test_a_chain_takes_what_its_tasks_take():
    """Two tasks of an hour on three dates, one after another: six hours, each date two."""
    found = told(draw("a -> b", days=range(1, 4)))

    assert found.end == NOON + 6 * HOUR
    assert [(each.begin, each.end) for each in found.dates] == [
        (NOON + n * HOUR, NOON + (n + 2) * HOUR) for n in (0, 2, 4)
    ]
    assert (found.openings, found.stall) == ((), None)


def test_nights_are_counted():
    """Eight hours a night, one slot, ten tasks of an hour: it needs a second night, and the date outlasts the first."""
    plan = draw("\n".join(f"t{n}" for n in range(10)), policy=NIGHTS)
    found = told(plan, slots=1)

    assert found.end == OPENING + 26 * HOUR
    assert found.openings == (OPENING, OPENING + 24 * HOUR)
    assert [each.outlasts for each in found.dates] == [True]


def test_tasks_without_a_process_take_no_time():
    """Only what runs takes time."""
    found = told(draw("gate -> a", tasks={"gate": {"action": VIRTUAL}}))

    assert found.end == NOON + HOUR


def test_others_are_reckoned_with():
    """A backfill of higher priority, and one that will come at night, take the only slot for their time."""
    mine, other = draw("a -> b -> c"), draw("x -> y", days=[20])
    urgent, coming = accepted(other, 2, priority=9), accepted(draw("z", days=[21]), 3, priority=9)
    standing = [accepted(mine), urgent]

    assert forecast(Outlook({"default": 1}, standing), 1, hours, NOON).end == NOON + 5 * HOUR
    arrivals = [Arrival(NOON + 3.5 * HOUR, coming)]
    assert forecast(Outlook({"default": 1}, standing, arrivals), 1, hours, NOON).end == NOON + 6 * HOUR


def test_slots_that_are_kept_for_schedules_are_not_reckoned_with():
    """One of two slots is left to a backfill that nobody has scheduled: four tasks of an hour take four."""
    mine = accepted(draw("a -> c\nb -> d"))

    assert forecast(Outlook({"default": 2}, [mine], (), {"default": 1}), 1, hours, NOON).end == NOON + 4 * HOUR


def test_what_has_run_for_a_while_is_done_sooner():
    """Half an hour of an hour is over; what should be over already, is over now."""
    plan = draw("a -> b")
    facts = [RunFacts(1000, bytes([State.RUNNING, State.WAITING]), admitted=True)]
    for ago, left in ((0.5, 1.5), (3.0, 1.0)):
        standing = Restored(accepted(plan), facts, (), {1000 << 20: NOON - ago * HOUR})
        assert forecast(Outlook({"default": 1}, [standing]), 1, hours, NOON).end == NOON + left * HOUR


def test_what_is_being_stopped_ends_cancelled_now():
    """Nothing follows it, and its date is over with the rest."""
    facts = [RunFacts(1000, bytes([State.RUNNING | STOPPING, State.WAITING, State.READY]), admitted=True)]
    standing = Restored(accepted(draw("a -> b\nc")), facts, (), {1000 << 20: NOON})

    assert forecast(Outlook({"default": 2}, [standing]), 1, hours, NOON).end == NOON + HOUR


@pytest.mark.parametrize("halt", list(Halt))
def test_what_is_halted_never_ends(halt: Halt):
    """Nothing moves until somebody does something: the forecast says what halts it."""
    found = told(draw("a"), marks=BackfillMarks(halt))

    assert found.end is None
    assert found.stall
    assert (found.stall.code, found.stall.since) == (halt.value, NOON)


def test_since_when_nothing_moves_is_its_own():
    """What others do later is no move of it: it stands since it was halted, or since its last task has ended."""
    other = Arrival(NOON + 9 * HOUR, accepted(draw("z", days=[21]), 3))
    halted = accepted(draw("a"), marks=BackfillMarks(Halt.OPERATOR))
    held = accepted(draw("a\nb", tasks={"b": {"recurrence": "Pause"}}))

    for mine, stands in ((halted, NOON), (held, NOON + HOUR)):
        found = forecast(Outlook({"default": 1}, [mine], [other]), 1, hours, NOON)
        assert found.stall
        assert found.stall.since == stands


def test_a_pause_with_an_end_is_waited_for():
    """It goes on when it is resumed."""
    marks = BackfillMarks(Halt.OPERATOR, NOON + 5 * HOUR)

    assert told(draw("a"), marks=marks).end == NOON + 6 * HOUR


def test_what_fits_no_window_never_ends():
    """Under fit_window a task that is longer than any night keeps all that waits for it."""
    plan = draw("a -> b", policy=NIGHTS, fit_window=True, durations=Durations({1: Duration(10, 9 * 3600)}))
    found = told(plan)

    assert (found.end, found.stall and found.stall.code) == (None, "fit_window")
    assert [each.end for each in found.dates] == [None]


def test_held_and_without_slots():
    """What never starts by itself is named with its reason."""
    assert told(draw("a", tasks={"a": {"recurrence": "Pause"}})).stall.code == "held"
    assert told(draw("a"), slots=0).stall.code == "no_slot"


def test_a_window_that_opens_for_nothing_is_not_waited_at_for_ever():
    """Night after night without a slot: it never ends, and that is said."""
    found = told(draw("a", policy=NIGHTS), slots=0)

    assert (found.end, found.stall and found.stall.code) == (None, "no_slot")


def test_to_pause_after_the_first_dates_is_no_end():
    """A canary is looked at before more begins."""
    found = told(draw("a", days=range(1, 5)), first=2)

    assert (found.end, found.stall and found.stall.code) == (None, "first")
    assert [each.end for each in found.dates] == [NOON + HOUR, NOON + 2 * HOUR, None, None]


def steady_life(name: str, dates: int, parallelism: int, slots: int) -> tuple[Life, Takes]:
    """A recorded graph at a hundredth of its pace."""
    graph = GRAPHS[name]
    plan = bench.plan_of(graph, dates)

    def takes(environment: str, task: Task) -> float:
        return graph.seconds[task.name] / 100

    return Life(accepted(plan, parallelism=parallelism), takes, NOON, slots), takes


@pytest.mark.parametrize("name", sorted(set(GRAPHS) & {"azkaban_animal", "azkaban_exectest1", "wf_blast_small"}))
def test_on_real_graphs_it_is_what_then_happens(name: str):
    """From the beginning and from any middle: the forecast ends when life does, date by date."""
    life, takes = steady_life(name, 3, 2, 8)
    seen = [(NOON, forecast(Outlook({"default": 8}, [life.accepted]), 1, takes, NOON))]
    steps = 0
    while life.step():
        steps += 1
        if steps % 25 == 0 and not life.done:
            seen.append((life.now, forecast(Outlook({"default": 8}, [life.facts()]), 1, takes, life.now)))
    assert life.done
    for moment, found in seen:
        assert found.end == life.done
        later = [life.ended[run] for run in life.accepted.runs if life.ended[run] > moment]
        assert [each.end for each in found.dates if each.end and each.end > moment] == later


@pytest.mark.parametrize("seed", range(6))
def test_with_durations_that_vary_the_end_lies_about_there(seed: int):
    """With all at p50 it ends within a fifth of what happens, with all at p90 no sooner than that less a twentieth."""
    graph = GRAPHS["azkaban_animal"]
    plan, chance = bench.plan_of(graph, 4), random.Random(seed)
    paces = [0.8, 0.9, 0.95, 1.0, 1.0, 1.0, 1.05, 1.1, 1.2]

    def true(environment: str, task: Task) -> float:
        return graph.seconds[task.name] * chance.choice(paces)

    life = Life(accepted(plan, parallelism=2), true, NOON, 8)
    while life.step():
        pass
    assert life.done
    took = life.done - NOON
    for quantile, low, high in ((1.0, 0.8, 1.2), (1.2, 0.95, 1.5)):
        found = told(plan, lambda e, task, q=quantile: graph.seconds[task.name] * q, slots=8, parallelism=2)
        assert found.end
        assert low * took <= found.end - NOON <= high * took


@settings(max_examples=40, deadline=None)
@given(
    text=some.sampled_from(
        ["a -> b -> c\na -> c", "a\nb\nc", "a -previous-> a", "a -> b\nc -> b\nd", "a -2-> b\na -> b"]
    ),
    dates=some.integers(1, 4),
    parallelism=some.integers(1, 3),
    slots=some.integers(1, 3),
    lengths=some.lists(some.integers(1, 14), min_size=4, max_size=4),
    window=some.booleans(),
    fit=some.booleans(),
    stop=some.integers(0, 12),
)
def test_a_forecast_from_the_middle_is_the_rest_of_life(text, dates, parallelism, slots, lengths, window, fit, stop):
    """Wherever a life is looked at, its forecast ends when it ends, and never where it never ends."""
    known = Durations({task: Duration(length * 1800, length * 1800) for task, length in enumerate(lengths, 1)})
    policy = NIGHTS if window else None
    plan = draw(text, days=range(1, dates + 1), policy=policy, fit_window=fit, durations=known)

    def takes(environment: str, task: Task) -> float:
        return lengths[task.id - 1] * 1800.0

    life = Life(accepted(plan, parallelism=parallelism), takes, NOON, slots)
    for _ in range(stop):
        if not life.step():
            break
    standing = life.accepted if not life.states else life.facts()
    if life.done:
        return
    found = forecast(Outlook({"default": slots}, [standing]), 1, takes, life.now)
    while life.step():
        pass
    assert found.end == life.done
    assert (found.stall is None) == (life.done is not None)


class Lives:
    """Several backfills in an engine, round by round: when each is done, and when its dates begin and end."""

    def __init__(self, outlook: Outlook, takes: Takes) -> None:
        self.engine = Engine(outlook.groups, outlook.reserved, outlook.starvation_after)
        self.takes, self.now = takes, EARLY
        self.said: list[Said] = list(outlook.standing)
        self.coming = sorted(outlook.arrivals, key=lambda each: each.moment)
        everybody = [*outlook.standing, *(each.accepted for each in self.coming)]
        self.known = {each.backfill: each for each in everybody}
        self.running: list[tuple[datetime, int, int]] = []
        self.done: dict[int, datetime] = {}
        self.begun: dict[int, datetime] = {}
        self.ended: dict[int, datetime] = {}

    def dates(self, number: int) -> list[tuple[datetime, datetime]]:
        """When the dates of one of them begin and end."""
        return [(self.begun[run], self.ended[run]) for run in self.known[number].runs]

    def live(self) -> None:
        """Until all are done."""
        while True:
            said, self.said = self.said, []
            for effect in self.engine.handle(said, self.now):
                self.heed(effect)
            if len(self.done) == len(self.known):
                return
            wakes = [self.engine.next_wake(self.now), *(each[0] for each in self.running[:1])]
            self.now = min(each for each in [*wakes, *(each.moment for each in self.coming[:1])] if each)
            while self.running and self.running[0][0] <= self.now:
                _, instance, attempt = heappop(self.running)
                self.said.append(AttemptEnded(instance, attempt, AttemptState.SUCCEEDED, 0, self.now))
            while self.coming and self.coming[0].moment <= self.now:
                self.said.append(self.coming.pop(0).accepted)

    def heed(self, effect: Effect) -> None:
        match effect:
            case Start(instance=instance, attempt=attempt):
                run, ordinal = split_id(instance)
                mine = self.known[run // 1000]
                planned = mine.plan.tasks[mine.plan.template(run % 1000).tasks[ordinal]]
                length = timedelta(seconds=self.takes(mine.environment, planned.task))
                heappush(self.running, (self.now + length, instance, attempt))
                self.begun.setdefault(run, self.now)
            case RunChanged(run=run, settled=True):
                self.ended.setdefault(run, self.now)
            case BackfillChanged(backfill=number, done=True):
                self.done[number] = self.now
                self.said.append(Dismissed(number))


SPECIAL: list[dict[str, object]] = [
    {"action": VIRTUAL},
    {"max_active": 1},
    {"cron": "0 */8 * * *"},
    {"cron": "0 22 * * *"},
]
DRAWINGS = ["a -> b -> c\na -> c", "a\nb\nc\nd", "a -previous-> a\nb -> c", "a -> c\nb -> c -> d"]


@some.composite
def backfills(draw_: some.DrawFn, number: int) -> Accepted:
    """A backfill of up to six dates: with doors or without, of one group or two, alone with its cycles or not."""
    tasks: dict[str, dict[str, object]] = {name: {} for name in "abc"}
    tasks[draw_(some.sampled_from("abc"))] |= draw_(some.sampled_from([{}, *SPECIAL, *SPECIAL[:1], *SPECIAL[3:]]))
    for name in draw_(some.sampled_from(["", "", "b", "ac"])):
        tasks[name] |= {"resource_group": "other"}
    first, policy = draw_(some.integers(1, 4)), draw_(some.sampled_from([None, None, None, NIGHTS]))
    return accepted(
        draw(draw_(some.sampled_from(DRAWINGS)), days=range(first, 7), tasks=tasks, policy=policy),
        number,
        environment=draw_(some.sampled_from(["Prod", *[f"own {number}"] * 3])),
        priority=draw_(some.sampled_from([1, number])),
        parallelism=draw_(some.integers(1, 3)),
        scheduled=draw_(some.booleans()),
    )


@settings(max_examples=60, deadline=None)
@given(
    data=some.data(),
    standing=some.integers(1, 2),
    arrivals=some.lists(some.integers(1, 60), max_size=2),
    slots=some.tuples(some.integers(1, 2), some.integers(1, 2)),
    reserved=some.integers(0, 2),
    lengths=some.lists(some.integers(1, 9), min_size=4, max_size=4),
    patience=some.sampled_from([1, 2, 3, 40]),
)
def test_of_several_backfills_each_goes_on_as_in_life(data, standing, arrivals, slots, reserved, lengths, patience):
    """Whoever is asked about, alone or beside others: its dates begin and end when the engine itself has them do so."""
    each = [data.draw(backfills(number)) for number in range(1, standing + len(arrivals) + 1)]
    outlook = Outlook(
        dict(zip(["default", "other"], slots, strict=True)),
        each[:standing],
        [Arrival(EARLY + half * HOUR / 2, new) for half, new in zip(arrivals, each[standing:], strict=True)],
        {"default": 1} if reserved == 0 and slots[0] > 1 else {},
        patience * HOUR,
    )

    def takes(environment: str, task: Task) -> float:
        return lengths[task.id - 1] * 1800.0

    lives = Lives(outlook, takes)
    lives.live()
    for mine in each:
        found = forecast(outlook, mine.backfill, takes, EARLY)
        assert found.end == lives.done[mine.backfill]
        assert [(date.begin, date.end) for date in found.dates] == lives.dates(mine.backfill)


def test_an_engine_under_rehearsal_plays_as_drawn():
    """The rehearsal starts what the engine starts, in the same order and at the same moments."""
    plan = draw("a -> b -> c\na -> c\nd", days=range(1, 4))
    play, moments = Play(plan, groups={"default": 2}, parallelism=2), []
    while names := play.starts():
        moments.append(play.now)
        play.now += HOUR
        play.succeed(*names)
    assert told(plan, slots=2, parallelism=2).end == moments[-1] + HOUR
