"""A backfill as the last daemon left it: bytes are taken, everything else is counted again."""

from __future__ import annotations

from backfilld.engine.amending import follow
from backfilld.engine.attempts import Attempts
from backfilld.engine.backfill import Backfill
from backfilld.engine.events import Restored
from backfilld.engine.facts import Facts
from backfilld.engine.report import standing
from backfilld.engine.run import Run
from backfilld.engine.states import State
from backfilld.engine.turns import starts_of
from backfilld.engine.world import World
from backfilld.planning.plan import instance_id, split_id


def restore(said: Restored, backfill: Backfill, world: World, attempts: Attempts) -> None:
    """Bring a new backfill to where it was; its places follow from what was ready, running or failed under Hold."""
    world.learn(said.catalogs)
    backfill.turn = said.turn
    world.turn = max(world.turn, said.turn)
    _open_runs(said, backfill, world)
    for run in backfill.runs.values():
        if run.is_settled():
            backfill.settle(run)
        elif run.counts[State.READY] or run.counts[State.RUNNING]:
            run.placed = True
            backfill.places.holders.add(run.position)
    backfill.starts = sum(starts_of(run) for run in backfill.runs.values() if run.opened)
    for run in list(backfill.runs.values()):
        _take_up(said, run, world, attempts)
        run.told = standing(run)
        run.stirring()
    for run in list(backfill.runs.values()):
        follow(backfill, run)
    backfill.done = backfill.is_done()
    backfill.failed_anew = False


def _open_runs(said: Restored, backfill: Backfill, world: World) -> None:
    """In run order: a date looks at the dates before it."""
    facts = {each.run: each for each in said.runs}
    for position, number in enumerate(said.accepted.runs):
        known = facts.get(number)
        if known is None:
            continue
        run = backfill.run_at(position)
        run.default, run.marks = known.default or 0, known.marks
        if known.admitted or known.states:
            backfill.open(run, bytearray(known.states))
            world.runs[number] = run
    for each in said.instances:
        number, ordinal = split_id(each.instance)
        run = world.runs[number]
        run.remember(ordinal, Facts(each.attempt, each.failures, each.not_before))
        run.mark_one(ordinal, each.marks)


def _take_up(said: Restored, run: Run, world: World, attempts: Attempts) -> None:
    """Put in line what is ready, and watch what runs."""
    backfill = world.backfills[run.owner]
    for ordinal in run.instances(frozenset({State.READY})):
        world.stir.ready.append((run, ordinal))
    for ordinal in run.instances(frozenset({State.RUNNING})):
        instance = instance_id(run.number, ordinal)
        attempts.occupy(backfill, run.shape.tasks[ordinal], instance)
        if run.stopping(ordinal):
            attempts.stop_again(backfill, run, ordinal)
        elif instance in said.started:
            attempts.watch(backfill, run, ordinal, said.started[instance])
