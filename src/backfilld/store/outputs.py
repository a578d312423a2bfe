"""What tasks handed back, of one backfill, in the order of its instances."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from backfilld.ports import Page, StoredOutput
from backfilld.store import tables

LOOKED_AT = 2_000
"""Instances that are looked at for one page: most hand back nothing."""


def read_outputs(connection: Connection, instances: Select[Any], limit: int) -> Page[StoredOutput]:
    """Of these instances, in their order; a page ends where enough were found, or looked at."""
    row, last = tables.task_instance.c, tables.attempt.c
    looked = instances.with_only_columns(row.id, row.task_id, row.attempt).limit(LOOKED_AT).subquery()
    wanted = (
        select(looked.c.id, looked.c.task_id, last.output)
        .join(tables.attempt, and_(last.instance_id == looked.c.id, last.number == looked.c.attempt))
        .where(last.output.is_not(None))
        .order_by(looked.c.id)
        .limit(limit + 1)
    )
    found = [StoredOutput(*each) for each in connection.execute(wanted)]
    if len(found) > limit:
        return Page(tuple(found[:limit]), found[limit - 1].instance)
    count, furthest = connection.execute(select(func.count(), func.max(looked.c.id)).select_from(looked)).one()
    return Page(tuple(found), furthest if count == LOOKED_AT else None)
