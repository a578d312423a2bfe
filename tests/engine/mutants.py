"""Faults planted in the engine, each the smallest change that breaks one rule; and the sentence that catches it.

Those that lie in how a daemon goes about it, recording after launching say, are in tests/service/test_ticking.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from engine.lives import Fragile, Harsh, Slow, Strict
from engine.trial import Trial

from backfilld.engine import attempts, dispatch, engine, flow
from backfilld.engine.admission import Admission
from backfilld.engine.attempts import Attempts
from backfilld.engine.backfill import Backfill
from backfilld.engine.doors import Door
from backfilld.engine.engine import Engine
from backfilld.engine.events import AttemptEnded, Effect, Restored
from backfilld.engine.gates import Gate, Limits, Reason
from backfilld.engine.pausing import Pauses
from backfilld.engine.pools import Pool
from backfilld.engine.rivals import Rivals
from backfilld.engine.run import Run
from backfilld.engine.states import HELD, STATE_MASK, AttemptState, State
from backfilld.engine.world import World

Patch = pytest.MonkeyPatch
Plant = Callable[[Patch], None]
_READY, _RUNNING = int(State.READY), frozenset({State.RUNNING})


@dataclass(frozen=True)
class Mutant:
    """A fault, and a part of the sentence that it is caught by."""

    plant: Plant
    caught_by: str
    life: type[Trial] = Trial

    @property
    def name(self) -> str:
        """In words."""
        return self.plant.__name__.replace("_", " ").strip()


def wrapping(patch: Patch, owner: Any, name: str, around: Callable[..., Any]) -> None:
    """Put a function in the place of another, which it is given first."""
    original = getattr(owner, name)
    patch.setattr(owner, name, lambda *args, **more: around(original, *args, **more))


def skips_the_window(patch: Patch) -> None:
    patch.setattr(Door, "shut_until", lambda self, now: None)


def starts_before_the_cycle(patch: Patch) -> None:
    opens(Gate.CYCLE)(patch)


def opens(gate: Gate) -> Callable[[Patch], None]:
    """Whoever only this gate holds back is started."""

    def shut(original: Callable[..., Reason | None], *args: Any) -> Reason | None:
        reason = original(*args)
        return None if reason and reason.gate is gate else reason

    return lambda patch: wrapping(patch, dispatch, "shut_before_slot", shut)


def starts_what_is_held(patch: Patch) -> None:
    opens(Gate.HELD)(patch)


def starts_what_is_paused(patch: Patch) -> None:
    opens(Gate.PAUSED)(patch)


def retries_before_the_time(patch: Patch) -> None:
    opens(Gate.RETRY)(patch)


def runs_a_cycle_twice_at_once(patch: Patch) -> None:
    patch.setattr(Rivals, "ahead", lambda *args: None)
    patch.setattr(Rivals, "running", lambda *args: None)


def overtakes_an_earlier_backfill(patch: Patch) -> None:
    wrapping(patch, Rivals, "ahead", lambda original, self, *args: None)


def ignores_max_active(patch: Patch) -> None:
    opens(Gate.MAX_ACTIVE)(patch)


def takes_one_slot_too_many(patch: Patch) -> None:
    patch.setattr(Pool, "admits", lambda self, limit=None: self.depth is None or len(self.holders) <= self.depth)


def takes_reserved_slots(patch: Patch) -> None:
    patch.setattr(Limits, "slots", lambda self, group, *, scheduled: self.group(group))


def starts_before_its_upstream(patch: Patch) -> None:
    def satisfied(original: Callable[..., None], run: Run, ordinal: int) -> None:
        for down in run.shape.downstream(ordinal):
            run.free(down)
        original(run, ordinal)

    wrapping(patch, flow, "satisfied", satisfied)


def retries_without_a_new_number(patch: Patch) -> None:
    def start(original: Callable[..., None], self: Attempts, backfill: Backfill, run: Run, ordinal: int) -> None:
        if last := run.facts.get(ordinal):
            run.facts[ordinal] = last._replace(attempt=max(last.attempt - 1, 0))
        original(self, backfill, run, ordinal)

    wrapping(patch, Attempts, "start", start)


def takes_lost_for_succeeded(patch: Patch) -> None:
    def judge(original: Callable[..., Any], ended: AttemptEnded, *args: Any, **more: Any) -> Any:
        lost = ended.state is AttemptState.LOST
        return original(ended._replace(state=AttemptState.SUCCEEDED, exit_code=0) if lost else ended, *args, **more)

    wrapping(patch, attempts, "judge", judge)


def takes_void_for_a_failure(patch: Patch) -> None:
    def judge(original: Callable[..., Any], ended: AttemptEnded, *args: Any, **more: Any) -> Any:
        void = ended.state is AttemptState.VOID
        return original(ended._replace(state=AttemptState.FAILED) if void else ended, *args, **more)

    wrapping(patch, attempts, "judge", judge)


def retries_what_was_cancelled(patch: Patch) -> None:
    wrapping(patch, attempts, "judge", lambda original, *args, stopping: original(*args, stopping=False))


def heeds_older_attempts(patch: Patch) -> None:
    patch.setattr(Run, "has_open", lambda self, ordinal, attempt: self.state(ordinal) is State.RUNNING)


def never_gives_a_slot_back(patch: Patch) -> None:
    patch.setattr(Attempts, "_leave", lambda self, backfill, task, instance: None)


def never_gives_a_place_back(patch: Patch) -> None:
    patch.setattr(Backfill, "_keep_or_leave", lambda self, run: None)


def admits_a_date_too_many(patch: Patch) -> None:
    def admits(original: Callable[..., bool], self: Pool[int], limit: int | None = None) -> bool:
        return len(self.holders) <= (self.depth or 0) if self.name == "dates in flight" else original(self, limit)

    wrapping(patch, Pool, "admits", admits)


def serves_the_first_again_and_again(patch: Patch) -> None:
    def start(original: Callable[..., None], self: Attempts, backfill: Backfill, *args: Any) -> None:
        original(self, backfill, *args)
        backfill.turn = 0

    wrapping(patch, Attempts, "start", start)


def serves_lower_priorities_first(patch: Patch) -> None:
    def place(backfill: Backfill, *_: Any) -> Any:
        return True, backfill.accepted.priority, backfill.turn, backfill.number, backfill

    patch.setattr(dispatch, "usual_place", place)
    patch.setattr(dispatch, "place", place)


def lets_backfills_starve(patch: Patch) -> None:
    patch.setattr(dispatch, "place", lambda backfill, *_: dispatch.usual_place(backfill))


def forgets_to_tell_who_is_to_stop(patch: Patch) -> None:
    patch.setattr(Attempts, "_stop", lambda self, *args: None)


def forgets_over_a_restart_who_is_to_stop(patch: Patch) -> None:
    patch.setattr(Attempts, "stop_again", lambda self, *args: None)


def forgets_failures_over_a_restart(patch: Patch) -> None:
    def restore(original: Callable[..., None], said: Restored, *args: Any) -> None:
        original(replace(said, instances=[replace(each, failures=0) for each in said.instances]), *args)

    wrapping(patch, engine, "restore", restore)


def starts_again_when_the_clock_goes_back(patch: Patch) -> None:
    def turn_back(original: Callable[..., None], self: World, now: Any) -> None:
        original(self, now)
        for run in self.runs.values():
            for ordinal in list(run.instances(_RUNNING)):
                run.states[ordinal] = _READY
                run.counts[State.RUNNING] -= 1
                run.counts[State.READY] += 1
                run.touch(ordinal)
                run.stir.ready.append((run, ordinal))

    wrapping(patch, World, "turn_back", turn_back)


def settles_with_a_held_instance(patch: Patch) -> None:
    def is_settled(original: Callable[..., bool], run: Run) -> bool:
        if run.opened and not run.finished:
            held = sum(byte & HELD != 0 and byte & STATE_MASK == _READY for byte in run.states)
            if held and not run.counts[State.RUNNING]:
                return run.counts[State.READY] == held and run.counts[State.WAITING] == run.held_back
        return original(run)

    wrapping(patch, Run, "is_settled", is_settled)


def never_pauses_for_its_first_dates(patch: Patch) -> None:
    patch.setattr(Pauses, "look", lambda self, backfill: None)


def begins_more_than_its_first_dates(patch: Patch) -> None:
    patch.setattr(Backfill, "first_begun", lambda self, position: False)


def spins(patch: Patch) -> None:
    wrapping(patch, Engine, "next_wake", lambda original, self, now: original(self, now) and now)


def forgets_what_is_left_over(patch: Patch) -> None:
    patch.setattr(Engine, "goes_on", property(lambda self: False))


def passes_over_dates_that_are_left_over(patch: Patch) -> None:
    patch.setattr(Admission, "go_on", lambda self: self.left_over.clear())


def tells_too_little(patch: Patch) -> None:
    def moves(original: Callable[..., list[Effect]], run: Run, now: Any) -> list[Effect]:
        return original(run, now)[1:]

    wrapping(patch, engine, "moves", moves)


MUTANTS = [
    Mutant(skips_the_window, "outside its window"),
    Mutant(starts_before_the_cycle, "before its time"),
    Mutant(retries_before_the_time, "before its time|too early"),
    Mutant(starts_what_is_held, "it was held"),
    Mutant(starts_what_is_paused, "it was paused"),
    Mutant(starts_before_its_upstream, "before its upstream"),
    Mutant(runs_a_cycle_twice_at_once, "same cycle twice|earlier backfill"),
    Mutant(overtakes_an_earlier_backfill, "belongs to an earlier"),
    Mutant(ignores_max_active, "more than max_active"),
    Mutant(takes_one_slot_too_many, "more than the slots|more than max_active"),
    Mutant(takes_reserved_slots, "a reserved slot"),
    Mutant(admits_a_date_too_many, "more dates in flight"),
    Mutant(never_gives_a_slot_back, "it could start|^$"),
    Mutant(never_gives_a_place_back, "a place is free|done is when"),
    Mutant(retries_without_a_new_number, "numbered on"),
    Mutant(takes_lost_for_succeeded, "lost was taken for|a retry was left"),
    Mutant(takes_void_for_a_failure, "a retry was left|miscounted"),
    Mutant(retries_what_was_cancelled, "taken for|CANCELLED|a retry", Strict),
    Mutant(heeds_older_attempts, "old news"),
    Mutant(serves_the_first_again_and_again, "not its turn"),
    Mutant(serves_lower_priorities_first, "lower priority|it starved"),
    Mutant(lets_backfills_starve, "it starved", Slow),
    Mutant(forgets_to_tell_who_is_to_stop, "told to stop"),
    Mutant(forgets_over_a_restart_who_is_to_stop, "told to stop", Harsh),
    Mutant(forgets_failures_over_a_restart, "miscounted|taken for|a retry|found", Fragile),
    Mutant(starts_again_when_the_clock_goes_back, "running is having|two attempts at once"),
    Mutant(settles_with_a_held_instance, "settled|more dates in flight"),
    Mutant(never_pauses_for_its_first_dates, "its first dates|everything is done"),
    Mutant(begins_more_than_its_first_dates, "its first dates"),
    Mutant(spins, "it spins"),
    Mutant(forgets_what_is_left_over, "a place is free|it needs no slot"),
    Mutant(passes_over_dates_that_are_left_over, "a place is free"),
    Mutant(tells_too_little, "chunks are"),
]
