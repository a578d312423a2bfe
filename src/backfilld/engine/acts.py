"""What operators may do: each item is judged, and done or answered why not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import assert_never

from backfilld.engine.asking import (
    ACCEPTED,
    NO_CHANGE,
    Act,
    Answered,
    Asked,
    Change,
    InstanceFacts,
    Order,
    Pause,
    Replan,
    SetNotBefore,
    SetPriority,
    Verdict,
    rejected,
)
from backfilld.engine.attempts import Attempts
from backfilld.engine.backfill import Backfill
from backfilld.engine.facts import Facts
from backfilld.engine.holds import Holds
from backfilld.engine.marks import BackfillMarks
from backfilld.engine.on_instances import InstanceActs
from backfilld.engine.on_runs import MOST_OPENED, TOO_MANY, RunActs
from backfilld.engine.pausing import Pauses
from backfilld.engine.run import Run
from backfilld.engine.states import SATISFIED, Event
from backfilld.engine.world import World
from backfilld.planning.plan import InstanceId, split_id


class Acts:
    """Carries out acts and answers them; what an act does not apply to, it leaves alone."""

    def __init__(self, world: World, attempts: Attempts, pauses: Pauses) -> None:
        self._world, self._pauses = world, pauses
        holds = Holds(world)
        self._instances = InstanceActs(world, attempts, holds)
        self._runs = RunActs(world, self._instances, holds, pauses)

    def carry_out(self, said: Asked) -> bool:
        """Do what is asked to every target that it applies to; false for an unknown backfill."""
        act, aim = said.act, said.targets
        backfill = self._world.backfills.get(aim.backfill)
        if backfill is None:
            return False
        self._world.learn(said.catalogs)
        self._runs.room = MOST_OPENED
        if aim.instances is not None:
            self._remind(said.known)
            answered = Answered(said, "instance", dict(self._on_instances(act, backfill, aim.instances)))
        elif aim.runs is None and (whole := self._on_whole(act, backfill)):
            answered = Answered(said, "backfill", {backfill.number: whole})
        else:
            answered = Answered(said, "run", dict(self._on_runs(act, backfill, aim.runs)))
        self._world.effects.append(answered)
        return True

    def _on_instances(
        self, act: Act, backfill: Backfill, instances: Sequence[InstanceId]
    ) -> Iterator[tuple[InstanceId, Verdict]]:
        """Their runs are opened, since they are named."""
        for instance in _ordered(act, set(instances)):
            number, ordinal = split_id(instance)
            position = backfill.positions.get(number)
            if position is None or ordinal >= backfill.plan.template(position).size:
                yield instance, rejected(f"backfill {backfill.number} has no such instance")
            elif (run := self._runs.named(backfill, backfill.run_at(position))) is None:
                yield instance, rejected(TOO_MANY)
            else:
                yield instance, self._instances.do(act, backfill, run, ordinal)

    def _on_runs(self, act: Act, backfill: Backfill, runs: Sequence[int] | None) -> Iterator[tuple[int, Verdict]]:
        numbers = backfill.accepted.runs if runs is None else sorted(set(runs))
        for number in _ordered(act, numbers):
            position = backfill.positions.get(number)
            if position is None:
                yield number, rejected(f"backfill {backfill.number} has no such run")
            else:
                yield number, self._runs.do(act, backfill, position)

    def _on_whole(self, act: Act, backfill: Backfill) -> Verdict | None:
        """What is done to a backfill as such; None for what is done to each of its runs."""
        match act:
            case Pause():
                return self._pauses.pause(backfill, act)
            case Order.START:
                return self._pauses.start(backfill)
            case Order.RESUME:
                return self._pauses.resume(backfill)
            case SetPriority(priority=priority):
                return self._replan(backfill, replace(backfill.marks, priority=priority))
            case Replan():
                return self._replan(backfill, replanned(backfill.marks, act))
            case Change() | Order() | SetNotBefore():
                return None
            case _:
                assert_never(act)

    def _replan(self, backfill: Backfill, marks: BackfillMarks) -> Verdict:
        """Other terms from now on: what is in flight stays, and failed dates keep or leave their places anew.

        So what is done goes on if dates were left waiting for the places that failed ones keep.
        """
        if backfill.done and not backfill.unsettled:
            return rejected("it is done")
        if backfill.accepted.under(marks) == backfill.accepted:
            return NO_CHANGE
        self._world.mark_backfill(backfill, marks)
        for run in backfill.runs.values():
            if run.outcome == "failed":
                run.stirring()
        return ACCEPTED

    def _remind(self, known: Sequence[InstanceFacts]) -> None:
        """What only the store knows of satisfied instances: their attempts are numbered on."""
        for each in known:
            found = self._world.instance(each.instance)
            if found is not None:
                _learn(found[1], found[2], each)


def replanned(marks: BackfillMarks, act: Replan) -> BackfillMarks:
    """What acts have set for a backfill once it goes on under other terms."""
    return replace(
        marks,
        parallelism=act.parallelism or marks.parallelism,
        on_failure=act.on_failure or marks.on_failure,
        priority=act.priority or marks.priority,
    )


def _learn(run: Run, ordinal: int, known: InstanceFacts) -> None:
    if run.state(ordinal) not in SATISFIED:
        return
    if run.recall(ordinal).attempt != known.attempt:
        run.remember(ordinal, Facts(known.attempt, known.failures, known.not_before))
    if ordinal not in run.marked:
        run.mark_one(ordinal, replace(known.marks, then=None))


def goes_backwards(act: Act) -> bool:
    """What ends instances begins at the last, so that nothing is freed or blocked in between."""
    return isinstance(act, Change) and act.event is not Event.RERUN


def _ordered(act: Act, numbers: Iterable[int]) -> list[int]:
    return sorted(numbers, reverse=goes_backwards(act))
