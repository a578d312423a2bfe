"""What a list is asked to show, as SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from backfilld.engine.snapshot import SETTLED
from backfilld.engine.states import STATE_MASK
from backfilld.planning.plan import InstanceId, split_id
from backfilld.ports import BackfillFilter, InstanceFilter, RunFilter
from backfilld.store import rows, tables
from backfilld.store.columns import tag_text
from backfilld.store.recording import COUNTS

Conditions = Iterator[ColumnElement[bool]]


def of_backfills(wanted: BackfillFilter) -> Conditions:
    """What holds of the row of a backfill that passes."""
    row = tables.backfill.c
    homes = (row.project_id, wanted.project), (row.workflow_id, wanted.workflow)
    if wanted.open:  # few are: the index of these, and not that of all of a workflow, is to be gone through
        homes = tuple((column + 0, value) for column, value in homes)  # type: ignore[assignment]
    same = *homes, (row.name, wanted.name), (row.by, wanted.by)
    yield from (column == value for column, value in same if value is not None)
    if wanted.name_like is not None:
        yield row.name.ilike(f"%{wanted.name_like}%")
    for key, value in wanted.tags:
        yield or_(row.tags.is_(None), row.tags.contains(tag_text(key, value), autoescape=True))
    if wanted.created_after is not None:
        yield row.accepted_at >= wanted.created_after
    if wanted.created_before is not None:
        yield row.accepted_at < wanted.created_before
    if wanted.open is not None:
        yield row.done_at.is_(None) if wanted.open else row.done_at.is_not(None)
    if wanted.outcomes is not None:
        yield and_(row.done_at.is_not(None), row.outcome.in_(sorted(wanted.outcomes)))


def of_runs(wanted: RunFilter) -> Conditions:
    """What holds of the row of a run that passes."""
    row, backfill = tables.run.c, tables.backfill.c
    if wanted.backfill is not None:
        yield row.backfill_id == wanted.backfill
    if wanted.project is not None:
        yield row.backfill_id.in_(select(backfill.id).where(backfill.project_id == wanted.project))
    if wanted.words is not None:
        settled = and_(row.settled, func.coalesce(row.outcome, "cancelled").in_(sorted(wanted.words & SETTLED)))
        yield or_(settled, row.settled.is_(False)) if wanted.words - SETTLED else settled
    homes = (backfill.project_id, wanted.projects), (backfill.workflow_id, wanted.workflows)
    if asked := [column.in_(sorted(ids)) for column, ids in homes if ids is not None]:
        # looked up run by run, from the newest on: most lists end before all of these backfills were found
        yield exists().where(backfill.id == row.backfill_id, *asked)
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


def instances_of(backfill: int, after: InstanceId | None) -> Select[Any]:
    """The rows of a backfill's instances: run by run in order, and in each a stretch of ids."""
    run, row = tables.run.c, tables.task_instance.c
    found = (
        select(tables.task_instance)
        .join_from(tables.run, tables.task_instance, rows.instances_of_run())
        .where(run.backfill_id == backfill, run.admitted_at.is_not(None), run.expired_at.is_(None))
        .order_by(run.number, row.id)
    )
    return found if after is None else found.where(run.number >= split_id(after)[0], row.id > after)


def of_instances(wanted: InstanceFilter) -> Conditions:
    """What holds of the row of an instance that passes, whatever its run is."""
    row = tables.task_instance.c
    if wanted.tasks is not None:
        yield row.task_id.in_(sorted(wanted.tasks))
    if wanted.states is not None:
        yield row.byte.bitwise_and(STATE_MASK).in_(sorted(map(int, wanted.states)))
    if wanted.changed_after is not None:
        yield row.changed_at >= wanted.changed_after
    if wanted.changed_before is not None:
        yield row.changed_at < wanted.changed_before


def with_states(wanted: InstanceFilter) -> Conditions:
    """What a run counts that has instances which pass."""
    row = tables.run.c
    if wanted.states is not None:
        yield or_(*(row[COUNTS[state]] > 0 for state in sorted(wanted.states)))


def _on_dates(wanted: RunFilter | InstanceFilter) -> Conditions:
    row = tables.run.c
    if wanted.first is not None:
        yield row.business_date >= wanted.first
    if wanted.last is not None:
        yield row.business_date <= wanted.last
