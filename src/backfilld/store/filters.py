"""What a list is asked to show, as SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from backfilld.engine.states import STATE_MASK, State
from backfilld.planning.plan import InstanceId, split_id
from backfilld.ports import BackfillFilter, InstanceFilter, RunFilter
from backfilld.store import rows, tables
from backfilld.store.recording import COUNTS

Conditions = Iterator[ColumnElement[bool]]


def of_backfills(wanted: BackfillFilter) -> Conditions:
    """What holds of the row of a backfill that passes."""
    row = tables.backfill.c
    same = (row.name, wanted.name), (row.project_id, wanted.project), (row.workflow_id, wanted.workflow)
    yield from (column == value for column, value in (*same, (row.by, wanted.by)) if value is not None)
    if wanted.name_like is not None:
        yield row.name.ilike(f"%{wanted.name_like}%")
    if wanted.created_after is not None:
        yield row.accepted_at >= wanted.created_after
    if wanted.created_before is not None:
        yield row.accepted_at < wanted.created_before
    if wanted.open is not None:
        yield row.done_at.is_(None) if wanted.open else row.done_at.is_not(None)


def of_runs(wanted: RunFilter) -> Conditions:
    """What holds of the row of a run that passes."""
    row, backfill = tables.run.c, tables.backfill.c
    if wanted.backfill is not None:
        yield row.backfill_id == wanted.backfill
    if wanted.project is not None:
        yield row.backfill_id.in_(select(backfill.id).where(backfill.project_id == wanted.project))
    if wanted.settled is not None:
        yield row.settled.is_(wanted.settled)
    yield from _on_dates(wanted)


def of_runs_with(wanted: InstanceFilter) -> Conditions:
    """What holds of the row of a run that may have instances that pass."""
    row = tables.run.c
    yield row.expired_at.is_(None)
    if wanted.backfill is not None:
        yield row.backfill_id == wanted.backfill
    if wanted.run is not None:
        yield row.number == wanted.run
    yield from _on_dates(wanted)


def instances(wanted: InstanceFilter, after: InstanceId | None) -> Select[Any]:
    """Run by run in order, and in each a stretch of ids: the counts spare the runs that have nothing to show."""
    run, row = tables.run.c, tables.task_instance.c
    found = (
        select(tables.task_instance)
        .join_from(tables.run, tables.task_instance, rows.instances_of_run())
        .where(run.admitted_at.is_not(None), *of_runs_with(wanted), *_of_instances(wanted))
        .order_by(run.number, row.id)
    )
    return found if after is None else found.where(run.number >= split_id(after)[0], row.id > after)


def _of_instances(wanted: InstanceFilter) -> Conditions:
    row = tables.task_instance.c
    if wanted.tasks is not None:
        yield row.task_id.in_(sorted(wanted.tasks))
    if wanted.states is not None:
        yield from _in_states(wanted.states)
    if wanted.changed_after is not None:
        yield row.changed_at >= wanted.changed_after
    if wanted.changed_before is not None:
        yield row.changed_at < wanted.changed_before


def _in_states(states: frozenset[State]) -> Conditions:
    run, row = tables.run.c, tables.task_instance.c
    yield or_(*(run[COUNTS[state]] > 0 for state in sorted(states)))
    yield row.byte.bitwise_and(STATE_MASK).in_(sorted(map(int, states)))


def _on_dates(wanted: RunFilter | InstanceFilter) -> Conditions:
    row = tables.run.c
    if wanted.first is not None:
        yield row.business_date >= wanted.first
    if wanted.last is not None:
        yield row.business_date <= wanted.last
