"""All effects of one tick as a handful of statements, each executed many times at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Dialect, Select, bindparam, or_, select, update

from backfilld.dates import midnight
from backfilld.engine.asking import Answered, Word
from backfilld.engine.events import (
    CHUNK,
    AttemptClosed,
    AttemptMoved,
    BackfillChanged,
    BackfillMarked,
    ByKind,
    InstanceMarked,
    Moved,
    RunAdmitted,
    RunChanged,
    RunMarked,
    Start,
    last_of_runs,
)
from backfilld.engine.states import AttemptState, State
from backfilld.planning.plan import InstanceId, instance_id, split_id
from backfilld.ports import Round, RunRows
from backfilld.store import acts, audit, keys, outbox, tables
from backfilld.store.annotations import write_said
from backfilld.store.columns import SECOND, chunks_of, micros, micros_or_none
from backfilld.store.history import History, Settled
from backfilld.store.marks import marks_text
from backfilld.store.prepared import Prepared, Row, changing, in_batches, inserting, upserting

COUNTS = tuple(state.name.lower() for state in State)
"""The columns of a run that count its instances, in the order of the states."""
FACTS = ("byte", "attempt", "failures", "not_before", "changed_at")
UNTOUCHED = (0, 0, None, None)
"""The facts, less the byte, of an instance that nothing happened to."""
CLAIM = ("instance_id", "number", "uuid", "epoch", "state", "claimed_at", "reason")
CLOSING = ("state", "started_at", "ended_at", "exit_code", "output", "reason")
RUN = (*COUNTS, "held_back", "settled", "settled_at", "outcome", "default_state")


class Recorder:
    """Writes rounds, inside a transaction that somebody else opens and ends."""

    def __init__(self, dialect: Dialect) -> None:
        self._history = History(dialect)
        self._advance = _advancing(dialect)
        self._admit = changing(tables.run, ("admitted_at",), dialect)
        self._make = inserting(tables.task_instance, ("id", "task_id", "cycle_time", *FACTS), dialect)
        self._claim = inserting(tables.attempt, CLAIM, dialect)
        self._go_on = changing(tables.attempt, ("state", "started_at"), dialect, keep=("started_at",))
        self._close = changing(tables.attempt, CLOSING, dialect, keep=("started_at",))
        self._move = changing(tables.task_instance, FACTS, dialect)
        self._count = changing(tables.run, RUN, dialect, keep=("settled_at",))
        self._colour = upserting(tables.run_states, ("id", "states"), dialect)
        self._mark_instance = changing(tables.task_instance, ("marks",), dialect)
        self._mark_run = changing(tables.run, ("marks",), dialect)
        self._mark_backfill = changing(tables.backfill, ("marks",), dialect)
        self._finish = changing(tables.backfill, ("done_at", "outcome"), dialect)

    def begin(self, connection: Connection, tick: Round, epoch: int) -> bool:
        """Put the round's number on the lease; False if the lease is not of that epoch, or has come so far already."""
        return self._advance.run(connection, [(tick.number, epoch, tick.number)]) == 1

    def write(self, connection: Connection, tick: Round, epoch: int) -> None:
        """Everything the round says; of several facts about one thing, the last."""
        said = ByKind(tick.effects)
        runs = last_of_runs(said.of(RunChanged))
        moved = _by_run(said.of(Moved))
        new = _never_admitted(connection, [effect.run for effect in said.of(RunAdmitted)])
        made = (_instance_rows(run, tick.rows[run], runs.get(run), moved.pop(run, {})) for run in new)
        self._make.run(connection, chain.from_iterable(made))
        self._admit.change(connection, [(micros(tick.at), run) for run in new])
        self._write_attempts(connection, said, tick, epoch)
        self._move.change(connection, [(*_facts(e), e.instance) for mine in moved.values() for e in mine.values()])
        self._write_marks(connection, said)
        settled = self._write_runs(connection, runs, _acted(said), tick.at)
        self._finish.change(connection, [_finished_row(effect) for effect in said.of(BackfillChanged)])
        acts.write_parts(connection, said.of(Answered))
        keys.remember_acts(connection, said.of(Answered), tick.at)
        write_said(connection, said.of(Answered), tick.at)
        audit.append(connection, chain(audit.entries_of(said), audit.settled_entries(settled)), tick.at)
        outbox.append(connection, tick.alerts, tick.at)

    def _write_attempts(self, connection: Connection, said: ByKind, tick: Round, epoch: int) -> None:
        closed = said.of(AttemptClosed)
        ended = {(effect.instance, effect.attempt) for effect in closed}
        going = [e for e in said.of(AttemptMoved) if (e.instance, e.attempt) not in ended]
        started = _starts(said.of(AttemptMoved))
        self._claim.run(connection, [_claim_row(start, tick, epoch) for start in said.of(Start)])
        self._go_on.change(connection, [_going_row(effect) for effect in going])
        self._close.change(connection, [_closing_row(effect, tick, started) for effect in closed])

    def _write_marks(self, connection: Connection, said: ByKind) -> None:
        """What acts have set; without acts this says nothing."""
        instances, runs, backfills = said.of(InstanceMarked), said.of(RunMarked), said.of(BackfillMarked)
        self._mark_instance.change(connection, [(marks_text(each.marks), each.instance) for each in instances])
        self._mark_run.change(connection, [(marks_text(each.marks), each.run) for each in runs])
        self._mark_backfill.change(connection, [(marks_text(each.marks), each.backfill) for each in backfills])

    def _write_runs(
        self, connection: Connection, runs: Mapping[int, RunChanged], acted: Collection[int], at: datetime
    ) -> list[tuple[int, int, str | None]]:
        """The runs as they are now; answers backfill, run and outcome of those settled, or acted on when settled."""
        fresh = _newly_settled(connection, [run for run, effect in runs.items() if effect.settled], acted)
        self._count.change(connection, [_run_row(effect, micros(at), fresh) for effect in runs.values()])
        self._colour.run(connection, [row for effect in runs.values() for row in _chunk_rows(effect)])
        for settled in fresh.values():
            if settled.admitted:
                self._history.settle(connection, settled)
        return [(settled.backfill, run, runs[run].outcome) for run, settled in fresh.items()]


def _advancing(dialect: Dialect) -> Prepared:
    row = tables.lease.c
    statement = (
        update(tables.lease)
        .values(round=bindparam("new_round"))
        .where(row.epoch == bindparam("our_epoch"), row.round < bindparam("this_round"))
    )
    return Prepared(statement, ("new_round", "our_epoch", "this_round"), dialect)


def _never_admitted(connection: Connection, runs: Iterable[int]) -> list[int]:
    """A run that is admitted again after a rerun has its rows."""
    row = tables.run.c
    return [
        run
        for part in in_batches(runs)  # most rounds have none, and make no statement
        for run in connection.scalars(select(row.number).where(row.number.in_(part), row.admitted_at.is_(None)))
    ]


def _acted(said: ByKind) -> set[int]:
    """The runs that an act has changed something of."""
    return {
        split_id(number)[0] if answered.of == "instance" else number
        for answered in said.of(Answered)
        if answered.of != "backfill"
        for number, verdict in answered.verdicts.items()
        if verdict.word is Word.ACCEPTED
    }


def _newly_settled(connection: Connection, runs: Iterable[int], acted: Collection[int]) -> dict[int, Settled]:
    """Of these runs, those that are open so far, and those whose outcome an act may have changed."""
    found = (connection.execute(_still_open(part, acted)) for part in in_batches(runs))
    return {row[0]: Settled(*row) for row in chain.from_iterable(found)}


def _still_open(runs: list[int], acted: Collection[int]) -> Select[Any]:
    row, of = tables.run.c, tables.backfill.c
    again = [run for run in runs if run in acted]
    return (
        select(row.number, of.id, of.environment, of.scheduled, row.admitted_at.is_not(None), row.settled_at)
        .join_from(tables.run, tables.backfill)
        .where(row.number.in_(runs), or_(row.settled.is_(False), row.number.in_(again)))
    )


def _by_run(effects: Iterable[Moved]) -> dict[int, dict[int, Moved]]:
    """The last word on each instance, by run and ordinal: a round may admit thousands of dates."""
    moved: dict[int, dict[int, Moved]] = {}
    for effect in effects:
        run, ordinal = split_id(effect.instance)
        moved.setdefault(run, {})[ordinal] = effect
    return moved


def _instance_rows(run: int, rows: RunRows, run_now: RunChanged | None, moved: Mapping[int, Moved]) -> list[Row]:
    """New rows, in the state that the round leaves them in."""
    start = micros(midnight(rows.business_date))
    states = _states(len(rows.tasks), run_now)
    first = instance_id(run, 0)
    made: list[Row] = [
        (first + ordinal, task, start + second * SECOND, byte, *UNTOUCHED)
        for ordinal, (task, second, byte) in enumerate(zip(rows.tasks, rows.cycles, states, strict=True))
    ]
    for ordinal, effect in moved.items():
        made[ordinal] = (*made[ordinal][:3], *_facts(effect))
    return made


def _states(size: int, run: RunChanged | None) -> bytes:
    states = bytearray(size)
    for chunk, part in (run.chunks if run else {}).items():
        states[chunk * CHUNK : chunk * CHUNK + len(part)] = part
    return bytes(states)


def _facts(effect: Moved) -> Row:
    return effect.byte, effect.attempt, effect.failures, micros_or_none(effect.not_before), micros(effect.at)


def _claim_row(start: Start, tick: Round, epoch: int) -> Row:
    uuid = bytes.fromhex(tick.claims[start.instance, start.attempt])
    return start.instance, start.attempt, uuid, epoch, AttemptState.CLAIMED.value, micros(tick.at), ""


def _going_row(effect: AttemptMoved) -> Row:
    started = micros(effect.at) if effect.state is AttemptState.RUNNING else None
    return effect.state.value, started, effect.instance, effect.attempt


def _starts(effects: Iterable[AttemptMoved]) -> dict[tuple[InstanceId, int], datetime]:
    return {(e.instance, e.attempt): e.at for e in effects if e.state is AttemptState.RUNNING}


def _closing_row(effect: AttemptClosed, tick: Round, started: Mapping[tuple[InstanceId, int], datetime]) -> Row:
    key = effect.instance, effect.attempt
    told = tick.endings.get(key)
    began = (told and told.started_at) or started.get(key)
    ended = (told and told.ended_at) or effect.at
    output, reason = (told.output, told.reason) if told else (None, "")
    return effect.state.value, micros_or_none(began), micros(ended), effect.exit_code, output, reason, *key


def _run_row(effect: RunChanged, at: int, fresh: Mapping[int, object]) -> Row:
    settled_at = at if effect.run in fresh else None
    default = None if effect.default is None else int(effect.default)
    return *effect.counts, effect.held_back, effect.settled, settled_at, effect.outcome, default, effect.run


def _chunk_rows(effect: RunChanged) -> list[Row]:
    first, _ = chunks_of(effect.run)
    return [(first + chunk, bytes(states)) for chunk, states in effect.chunks.items()]


def _finished_row(effect: BackfillChanged) -> Row:
    return (micros(effect.at) if effect.done else None), effect.outcome, effect.backfill
