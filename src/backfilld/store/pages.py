"""Statements of pages, made once for each filter and for each set of projects: to make one costs more than its rows.

Each is asked with the numbers that differ from page to page: `after` or `first` and `last`, and at `most` how many.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, Select, bindparam, select

from backfilld.ports import BackfillFilter, InstanceFilter, RunFilter
from backfilld.store import filters, rows, tables
from backfilld.store.recording import COUNTS
from backfilld.store.sight import seen

Projects: TypeAlias = frozenset[int] | None
KEPT = 128
"""Statements of a kind that are remembered: lists are asked again and again with the same filter."""
SIZE = sum((tables.run.c[name] for name in COUNTS[1:]), tables.run.c[COUNTS[0]])
"""How many instances a run counts."""
_RUN, _ROW = tables.run.c, tables.task_instance.c
About: TypeAlias = Literal["anything", "one", "none"]
_ABOUT: Mapping[About, tuple[ColumnElement[bool], ...]] = {
    "anything": (),
    "one": (tables.audit.c.backfill_id == bindparam("ref"),),
    "none": (tables.audit.c.backfill_id.is_(None),),
}


@lru_cache(KEPT)
def backfills(wanted: BackfillFilter, projects: Projects, *, after: bool) -> Select[Any]:
    """Those that pass, the newest first: all, or those with lower numbers than `after`."""
    row = tables.backfill.c
    asked = select(tables.backfill).where(*filters.of_backfills(wanted), *seen(projects, row.id))
    asked = asked.where(row.id < bindparam("after")) if after else asked
    return asked.order_by(row.id.desc()).limit(bindparam("most"))


@lru_cache(KEPT)
def operations(projects: Projects, *, after: bool) -> Select[Any]:
    """Acceptances, that of the newest backfill first: all, or those of backfills with lower numbers than `after`."""
    row = tables.operation.c
    asked = select(tables.operation).where(*seen(projects, row.backfill_id))
    asked = asked.where(row.backfill_id < bindparam("after")) if after else asked
    return asked.order_by(row.backfill_id.desc()).limit(bindparam("most"))


@lru_cache(KEPT)
def newest_runs(wanted: RunFilter, projects: Projects, *, after: bool) -> Select[Any]:
    """Those that pass, the greatest numbers first: all, or those with lower numbers than `after`."""
    asked = select(tables.run).where(*filters.of_runs(wanted), *_mine(projects))
    asked = asked.where(_RUN.number < bindparam("after")) if after else asked
    return asked.order_by(_RUN.number.desc()).limit(bindparam("most"))


@lru_cache(KEPT)
def runs_of_one(projects: Projects) -> Select[Any]:
    """The runs of the backfill `ref` with greater numbers than `after`, in order."""
    mine = _RUN.backfill_id == bindparam("ref"), _RUN.number > bindparam("after"), *_mine(projects)
    return select(tables.run).where(*mine).order_by(_RUN.number).limit(bindparam("most"))


@lru_cache(KEPT)
def audit(about: About, projects: Projects, *, after: bool) -> Select[Any]:
    """Entries, the newest first: about the backfill `ref`, about no single one, or all; older than the one `after`."""
    row = tables.audit.c
    asked = select(tables.audit).where(*_ABOUT[about], *seen(projects, row.backfill_id))
    asked = asked.where(row.id < bindparam("after")) if after else asked
    return asked.order_by(row.id.desc()).limit(bindparam("most"))


@lru_cache(KEPT)
def bare_runs(wanted: InstanceFilter, projects: Projects) -> Select[Any]:
    """Runs without rows, with numbers from `first` to `last`, that may have instances which pass."""
    asked = select(tables.run).where(_RUN.number.between(bindparam("first"), bindparam("last")))
    asked = asked.where(_RUN.admitted_at.is_(None), *filters.of_runs_with(wanted), *_mine(projects))
    return asked.order_by(_RUN.number).limit(bindparam("most"))


@lru_cache(KEPT)
def some_runs(projects: Projects) -> Select[Any]:
    """Runs, by their numbers."""
    return select(tables.run).where(*_mine(projects))


@lru_cache(KEPT)
def run_dates(projects: Projects) -> Select[Any]:
    """Number, backfill and business date of runs, by their numbers."""
    return select(_RUN.number, _RUN.backfill_id, _RUN.business_date).where(*_mine(projects))


@lru_cache(KEPT)
def sizes(wanted: InstanceFilter, projects: Projects) -> Select[Any]:
    """Number and size of runs from `first` on that may have rows which pass, in order."""
    asked = select(_RUN.number, SIZE).where(*_with_rows(wanted, projects), _RUN.number >= bindparam("first"))
    return asked.order_by(_RUN.number).limit(bindparam("most"))


@lru_cache(KEPT)
def instances(wanted: InstanceFilter, projects: Projects) -> Select[Any]:
    """Rows with greater ids than `after` that pass, of the runs from `first` to `last`, in order."""
    return (
        select(tables.task_instance)
        .join_from(tables.run, tables.task_instance, rows.instances_of_run())
        .where(_RUN.number.between(bindparam("first"), bindparam("last")), *_with_rows(wanted, projects))
        .where(_ROW.id > bindparam("after"), *filters.of_instances(wanted))
        .order_by(_RUN.number, _ROW.id)
        .limit(bindparam("most"))
    )


def _with_rows(wanted: InstanceFilter, projects: Projects) -> tuple[ColumnElement[bool], ...]:
    """What holds of a run that may have rows which pass."""
    counted = *filters.of_runs_with(wanted), *filters.with_states(wanted), *_mine(projects)
    return _RUN.admitted_at.is_not(None), *counted


def _mine(projects: Projects) -> tuple[ColumnElement[bool], ...]:
    return seen(projects, _RUN.backfill_id)
