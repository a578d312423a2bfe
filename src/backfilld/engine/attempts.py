"""The life of attempts: claimed, asked to stop, ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from backfilld.engine import flow
from backfilld.engine.backfill import Backfill
from backfilld.engine.changing import change
from backfilld.engine.events import AttemptClosed, AttemptEnded, AttemptMoved, AttemptStarted, Start, Stop
from backfilld.engine.facts import Facts
from backfilld.engine.judging import PLAIN_SUCCESS, judge
from backfilld.engine.run import Run
from backfilld.engine.states import (
    DEAD,
    FAILURES,
    SATISFIED,
    STATE_MASK,
    STEPS,
    STOPPING,
    TRANSITIONS,
    AttemptState,
    Event,
)
from backfilld.engine.world import World
from backfilld.planning.plan import ORDINAL_MASK, RUN_BITS, InstanceId, instance_id

_CLAIM, _SUCCEED = STEPS[Event.CLAIMED], STEPS[Event.SUCCEEDED]
_new = tuple.__new__  # what a named tuple's own constructor comes to, without its Python frame


class Attempts:
    """Starts, stops and ends attempts, and keeps count of what they use."""

    def __init__(self, world: World) -> None:
        self._world = world

    def start(self, backfill: Backfill, run: Run, ordinal: int) -> None:
        """Claim the next attempt of a ready instance."""
        instance, attempt = run.number << RUN_BITS | ordinal, 1
        last = run.facts.get(ordinal)
        run.claim(ordinal)
        if last is not None:
            attempt = last.attempt + 1
            run.remember(ordinal, Facts(attempt, last.failures, None))
        self.occupy(backfill, run.shape.tasks[ordinal], instance)
        world = self._world
        world.turn += 1
        backfill.turn = world.turn
        backfill.starts += 1
        world.effects.append(_new(Start, (instance, attempt)))

    def occupy(self, backfill: Backfill, task: int, instance: InstanceId) -> None:
        """Take the slot of a running instance, and count it for its task."""
        for holders in backfill.counted_in[task]:
            holders.add(instance)

    def pass_virtual(self, run: Run, ordinal: int) -> None:
        """A task without a process succeeds as soon as it may start; it has no attempt."""
        run.move(ordinal, _CLAIM)
        run.move(ordinal, _SUCCEED)
        facts = run.facts.get(ordinal)
        run.remember(ordinal, facts or Facts(0, 0, None))
        flow.satisfied(run, ordinal)

    def started(self, said: AttemptStarted) -> bool:
        """A process exists; false when that is no news of the open attempt."""
        found = self._world.instance(said.instance)
        if found is None or not found[1].has_open(found[2], said.attempt):
            return False
        backfill, run, ordinal = found
        state = AttemptState.STOPPING if run.stopping(ordinal) else AttemptState.RUNNING
        self._world.effects.append(AttemptMoved(said.instance, said.attempt, state, said.at))
        self.watch(backfill, run, ordinal, said.at)
        return True

    def watch(self, backfill: Backfill, run: Run, ordinal: int, started_at: datetime) -> None:
        """Ring when the attempt has taken too long; one that is being stopped already has no deadline."""
        timeout = self._world.task(backfill, run, ordinal).timeout
        if timeout is not None and not run.stopping(ordinal):
            self._world.deadlines.set(instance_id(run.number, ordinal), started_at + timeout)

    def time_out(self, instance: InstanceId) -> None:
        """The attempt has taken too long: it is stopped, which will count as a failure."""
        found = self._world.instance(instance)
        assert found is not None
        self._stop(instance, *found)

    def end(self, backfill: Backfill, run: Run, ordinal: int, then: Event | None = None) -> None:
        """An operator wants a running instance stopped; it will end cancelled, and then become what else was asked."""
        self._world.mark_instance(run, ordinal, replace(run.marks_of(ordinal), then=then))
        if run.stopping(ordinal):
            return
        run.mark(ordinal, STOPPING)
        instance = instance_id(run.number, ordinal)
        self._world.deadlines.drop(instance)
        self._stop(instance, backfill, run, ordinal)

    def stop_again(self, backfill: Backfill, run: Run, ordinal: int) -> None:
        """After a restart: nobody knows whether the executor was ever asked to stop it."""
        task = self._world.task(backfill, run, ordinal)
        instance = instance_id(run.number, ordinal)
        self._world.effects.append(Stop(instance, run.recall(ordinal).attempt, task.kill_grace))

    def ended(self, said: AttemptEnded) -> bool:
        """No process of an attempt is left; false when it is not the open one."""
        instance, attempt, _, exit_code, at = said
        world, ordinal = self._world, instance & ORDINAL_MASK
        run = world.runs.get(instance >> RUN_BITS)
        if run is None or not run.has_open(ordinal, attempt):
            return False
        backfill = world.backfills[run.owner]
        task = run.shape.tasks[ordinal]
        self._leave(backfill, task, instance)
        failures = run.facts[ordinal].failures if ordinal in run.facts else 0
        stopping = run.states[ordinal] & STOPPING != 0
        rules = world.task(backfill, run, ordinal) if run.marked else backfill.tasks[task].task
        verdict = judge(said, rules, failures, stopping=stopping)
        world.effects.append(_new(AttemptClosed, (instance, attempt, verdict.attempt, exit_code, at)))
        if verdict is PLAIN_SUCCESS and attempt == 1:  # as its state implies: nothing to remember
            run.move(ordinal, _SUCCEED)
            flow.satisfied(run, ordinal)
        else:
            run.move(ordinal, STEPS[verdict.event])
            run.remember(ordinal, Facts(attempt, verdict.failures, verdict.not_before))
            _spread(run, ordinal)
        if stopping:
            self._follow(backfill, run, ordinal)
        return True

    def _follow(self, backfill: Backfill, run: Run, ordinal: int) -> None:
        """What was asked while the process was stopped is done now, if the table has a line for how it ended."""
        marks = run.marks_of(ordinal)
        if marks.then is None:
            return
        self._world.mark_instance(run, ordinal, replace(marks, then=None))
        if (run.state(ordinal), marks.then) in TRANSITIONS:
            change(self._world, backfill, run, ordinal, marks.then)

    def _leave(self, backfill: Backfill, task: int, instance: InstanceId) -> None:
        """Give back what a running instance uses."""
        world = self._world
        for holders in backfill.counted_in[task]:
            holders.remove(instance)
        world.left.append((backfill.task_ids[task], instance))
        if instance in world.deadlines.live:
            world.deadlines.drop(instance)

    def _stop(self, instance: InstanceId, backfill: Backfill, run: Run, ordinal: int) -> None:
        attempt = run.recall(ordinal).attempt
        self._world.effects.append(AttemptMoved(instance, attempt, AttemptState.STOPPING, self._world.now))
        self._world.effects.append(Stop(instance, attempt, self._world.task(backfill, run, ordinal).kill_grace))


def _spread(run: Run, ordinal: int) -> None:
    """Pass on to those who wait what has become of an instance that ran."""
    state = run.states[ordinal] & STATE_MASK
    if state in SATISFIED:
        flow.satisfied(run, ordinal)
    elif state in DEAD:
        flow.died(run, ordinal, failed=state in FAILURES)
    elif run.unmet[ordinal]:  # since it started, an act has taken back what it waited for
        run.move(ordinal, STEPS[Event.BLOCKED])
        flow.evaluate(run, ordinal)
    else:
        run.stir.ready.append((run, ordinal))
