"""What is looked up one by one, as statements made once: to make one costs twice as much as to have it answered.

Those of one thing are asked with `ref`, which says what is looked up; those of many by their keys, see `among`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Column, Select, bindparam, select

from backfilld.store import tables


def _by(column: Column[Any]) -> Select[Any]:
    """The rows whose column is `ref`."""
    return select(column.table).where(column == bindparam("ref"))


OPERATION = _by(tables.operation.c.id)
BACKFILL = _by(tables.backfill.c.id)
RUN = _by(tables.run.c.number)
INSTANCE = _by(tables.task_instance.c.id)
INSTANCES = select(tables.task_instance)
_REMEMBERED = ("id", "attempt", "failures", "not_before", "marks")
FACTS = select(*(tables.task_instance.c[name] for name in _REMEMBERED)).order_by(tables.task_instance.c.id)
ATTEMPTS = _by(tables.attempt.c.instance_id).order_by(tables.attempt.c.number)
_RAN = ("instance_id", "number", "state", "claimed_at", "started_at", "ended_at")
TIMES = (
    select(*(tables.attempt.c[name] for name in _RAN))
    .join(tables.task_instance, tables.task_instance.c.id == tables.attempt.c.instance_id)
    .where(tables.attempt.c.number > tables.task_instance.c.attempt - bindparam("most"))
    .order_by(tables.attempt.c.instance_id, tables.attempt.c.number)
)
"""Of each instance the last `most` attempts, without what they handed back."""
AMENDMENTS = select(tables.amendment).order_by(tables.amendment.c.backfill_id, tables.amendment.c.number)
"""Of each backfill."""
SCHEDULES = select(tables.schedule).order_by(tables.schedule.c.name)
FIRINGS = _by(tables.firing.c.schedule).order_by(tables.firing.c.moment.desc()).limit(bindparam("most"))
"""Of the schedule `ref` the latest, `most` of them."""
CHUNKS = select(tables.run_states)
STATES: Select[tuple[bytes]] = (
    select(tables.run_states.c.states)
    .where(tables.run_states.c.id.between(bindparam("first"), bindparam("last")))
    .order_by(tables.run_states.c.id)
)
"""The state bytes of these chunks."""


@cache
def alerts(*, of_one: bool, after: bool) -> Select[Any]:
    """The newest messages, `most` of them: of the backfill `ref` or of all, older than the one `after` or all."""
    row = tables.alert.c
    wanted = select(tables.alert).order_by(row.id.desc()).limit(bindparam("most"))
    wanted = wanted.where(row.backfill_id == bindparam("ref")) if of_one else wanted
    return wanted.where(row.id < bindparam("after")) if after else wanted
