"""What is not done, counted from rows that are still open; of messages also those that were given up."""

from __future__ import annotations

from sqlalchemy import func, select

from backfilld.ports import AlertState, Backlog
from backfilld.store import tables
from backfilld.store.database import Database


class BacklogStore:
    """What the port's `StoreBacklog` tells."""

    _database: Database

    def backlog(self) -> Backlog:
        """How much is not done."""
        backfill, alert = tables.backfill.c, tables.alert.c
        size = select(func.coalesce(func.sum(backfill.size), 0)).where(backfill.done_at.is_(None))
        waiting = select(func.count()).where(alert.settled_at.is_(None))
        failed = select(func.count()).where(alert.state == AlertState.FAILED.value)
        with self._database.reading() as connection:
            return Backlog(*(int(connection.scalar(each) or 0) for each in (size, waiting, failed)))
