"""A round does only so much of what follows: that changes when things happen, never what comes of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from drawing import NOON, VIRTUAL, Play, draw
from engine.drawings import numbered
from engine.keeper import Keeper, Setting
from hypothesis import given, settings
from hypothesis import strategies as st

from backfilld.engine.events import (
    Accepted,
    AttemptEnded,
    BackfillChanged,
    Dismissed,
    Effect,
    Moved,
    RunAdmitted,
    Said,
    Start,
)
from backfilld.engine.marks import OnFailure
from backfilld.engine.states import AttemptState, State
from backfilld.planning.plan import Plan

GROUPS = {"g1": 2, "g2": 1}
MOST_ROUNDS = 3_000
GATES = {"gate": {"action": VIRTUAL}, "last": {"action": VIRTUAL}}
A_WEEK = range(1, 8)


@dataclass(frozen=True)
class Wanted:
    """Backfills of the same few tasks, and how their attempts end."""

    drawings: list[int]
    parallelism: int
    on_failure: OnFailure
    seed: int

    def accepted(self) -> Iterator[Accepted]:
        """In their order."""
        first = 1
        for number, drawing in enumerate(self.drawings, 1):
            plan = numbered(drawing, "UTC")[1]
            runs = range(first, first := first + len(plan.dates))
            yield Accepted(number, plan, runs, "Prod", 1 + number % 2, self.parallelism, self.on_failure)

    def ending(self, instance: int, attempt: int) -> tuple[AttemptState, int]:
        """The same whenever it comes."""
        succeeds = Random(f"{self.seed} {instance} {attempt}").random() < 0.8
        return (AttemptState.SUCCEEDED, 0) if succeeds else (AttemptState.FAILED, 1)


wanted = st.builds(
    Wanted,
    st.lists(st.integers(0, 149), min_size=1, max_size=3),
    st.integers(1, 3),
    st.sampled_from(OnFailure),
    st.integers(0, 99),
)


def lived(wanted: Wanted, budget: int | None, *, patiently: bool, dies: bool = False) -> object:
    """How all stands at the end; `patiently`: attempts end only where nothing is left over; `dies`: after each round.

    Every round is judged, and held against the budget.
    """
    keeper, now = Keeper(Setting(GROUPS, {}, timedelta(days=1), budget)), NOON
    running, said = deque[Start](), list[Said](wanted.accepted())
    for _ in range(MOST_ROUNDS):
        for effects in _rounds(keeper, said, now, dies=dies):
            _check_budget(keeper, effects)
            running += [each for each in effects if isinstance(each, Start)]
            said = [Dismissed(each.backfill) for each in effects if isinstance(each, BackfillChanged) and each.done]
        if running and not (patiently and keeper.engine.goes_on):
            start = running.popleft()
            state, code = wanted.ending(*start)
            said.append(AttemptEnded(*start, state, code, now))
        elif wake := keeper.engine.next_wake(now):
            now = wake
        elif not said:
            return _standing(keeper)
    raise AssertionError("it never ends")


def _rounds(keeper: Keeper, said: list[Said], now: datetime, *, dies: bool) -> Iterator[list[Effect]]:
    yield keeper.say(said, now)
    if dies:
        yield keeper.crash(now)


def _check_budget(keeper: Keeper, effects: list[Effect]) -> None:
    """One date more for each backfill at the most, and one instance without a process."""
    budget, books = keeper.setting.budget, keeper.books
    if budget is None:
        return
    plans = {
        run: (book.accepted.plan, place) for book in books.of.values() for place, run in enumerate(book.accepted.runs)
    }
    admitted = [each.run for each in effects if isinstance(each, RunAdmitted)]
    sizes = [plan.template(place).size for plan, place in map(plans.__getitem__, admitted)]
    assert sum(sizes) <= budget + sum(sorted(sizes)[-len(books.of) :])
    assert _passed(effects) <= budget + len(books.of)


def _standing(keeper: Keeper) -> object:
    """States, counts and outcomes, and the attempts of each instance."""
    return [
        (
            book.done,
            {run: bytes(states) for run, states in book.states.items()},
            {run: (told.counts, told.held_back, told.outcome) for run, told in book.runs.items()},
            {number: (facts.attempt, facts.failures) for number, facts in book.facts.items()},
        )
        for book in keeper.books.of.values()
    ]


@settings(max_examples=25, deadline=None)
@given(wanted, st.integers(1, 12), st.booleans())
def test_all_budgets_end_alike(wanted: Wanted, budget: int, patiently: bool) -> None:
    """Whatever a round may do, every instance ends as it does where there is no end of that."""
    assert lived(wanted, budget, patiently=patiently) == lived(wanted, None, patiently=True)


@settings(max_examples=8, deadline=None)
@given(wanted, st.integers(1, 5))
def test_who_dies_after_each_part_ends_alike(wanted: Wanted, budget: int) -> None:
    """What is recorded of a part is enough to go on from."""
    assert lived(wanted, budget, patiently=True, dies=True) == lived(wanted, None, patiently=True)


def test_what_is_left_over_goes_on_at_once() -> None:
    """The next wake is now until nothing is left over, and each round does as much as it may."""
    nine = [f"t{number}" for number in range(9)]
    play = Play(draw("\n".join(nine), tasks=dict.fromkeys(nine, GATES["gate"])), budget=4)
    passed = []
    while play.engine.goes_on:
        assert play.engine.next_wake(play.now) == play.now
        passed.append(_passed(play.effects))
        play.say()

    assert [*passed, _passed(play.effects)] == [4, 4, 1]
    assert play.engine.next_wake(play.now) is None
    assert play.word() == "succeeded"


def test_others_have_their_turn_in_between() -> None:
    """A backfill that needs no process keeps no other from hearing of its attempts, and from starting the next."""
    play = Play(draw("gate -> last", days=A_WEEK, tasks=GATES), parallelism=3, budget=1)
    play.accept(draw("extract -> load"))
    assert play.starts() == ["extract@19#2"]
    play.succeed("extract@19#2")

    assert play.starts() == ["load@19#2"]
    assert play.engine.goes_on


def test_each_has_its_share() -> None:
    """However long one goes on, others that need no process either are done in their own time."""
    play = Play(draw("gate -> last", days=A_WEEK, tasks=GATES), parallelism=7, priority=9, budget=2)
    play.accept(draw("gate -> last", tasks=GATES))
    for _ in range(4):
        play.say()

    assert play.engine.goes_on
    assert (play.word(backfill=2), play.word(backfill=1)) == ("succeeded", "queued")


def test_priorities_decide_in_each_part() -> None:
    """Of two that stand behind the same kind of gate, the higher priority gets the only slot."""
    plan = draw("gate -> extract", days=(1, 2), tasks=GATES)
    one, all_at_once = (_starts_of_two(plan, budget) for budget in (1, None))

    assert one == all_at_once == ["extract@1#2", "extract@2#2", "extract@1", "extract@2"]


def _starts_of_two(plan: Plan, budget: int | None) -> list[str]:
    """In the order in which they start, one after the other; the second backfill has the higher priority."""
    play, found = Play(groups={"default": 1}, budget=budget), list[str]()
    play.say(
        *(play.accepted(plan, 2, priority, OnFailure.CONTINUE, name) for priority, name in [(1, "Prod"), (5, "Dev")])
    )
    while play.open or play.engine.goes_on:
        found += play.starts()
        if play.engine.goes_on:
            play.say()
        else:
            play.succeed(found[-1])
    return found


def _passed(effects: list[Effect]) -> int:
    """How many succeeded without an attempt."""
    return sum(isinstance(each, Moved) and each.byte == State.SUCCEEDED and not each.attempt for each in effects)
