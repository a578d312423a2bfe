"""What is told of messages to people, and of those that wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from backfilld.ports import Alert, AlertEvent, AlertState, Page, StoredAlert
from backfilld.store import lookups, tables
from backfilld.store.packed import rows_of
from backfilld.store.sight import Sighted


class MessageReader(Sighted):
    """What the port's `StoreReader` tells of messages."""

    def alerts(self, backfill: int | None, after: int | None, limit: int) -> Page[StoredAlert]:
        """Messages, about one backfill or all, the newest first."""
        wanted = lookups.alerts(of_one=backfill is not None, after=after is not None)
        wanted = self._of_seen(wanted, tables.alert.c.backfill_id)
        asked = {"ref": backfill, "after": after, "most": limit + 1}
        with self._database.reading() as connection:
            found = tuple(map(alert_of, rows_of(connection, wanted, asked)))
        return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)


class Messages(MessageReader):
    """What the port's `StoreRecovery` tells of them."""

    def due_alerts(self, now: datetime, limit: int) -> tuple[StoredAlert, ...]:
        """Messages whose next try has come, the one that waits longest first."""
        row = tables.alert.c
        wanted = (
            select(tables.alert)
            .where(row.settled_at.is_(None), row.next_try <= now)
            .order_by(row.next_try, row.id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return tuple(map(alert_of, connection.execute(wanted)))

    def next_alert_try(self) -> datetime | None:
        """When the first message that waits is to be tried; None when none waits."""
        row = tables.alert.c
        with self._database.reading() as connection:
            found: datetime | None = connection.scalar(select(func.min(row.next_try)).where(row.settled_at.is_(None)))
        return found


def alert_of(row: Sequence[Any]) -> StoredAlert:
    """The row as a message."""
    number, backfill, event, channel, title, body, state, *facts = row
    created_at, tries, next_try, settled_at, error = facts
    alert = Alert(backfill, AlertEvent(event), channel, title, body)
    return StoredAlert(number, alert, AlertState(state), created_at, tries, next_try, settled_at, error)
