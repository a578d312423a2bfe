"""The outbox: messages that a round has caused, kept until a channel has accepted them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from backfilld.ports import Alert, AlertState, Tried
from backfilld.store import tables


def append(connection: Connection, alerts: Iterable[Alert], at: datetime) -> None:
    """Put messages behind the last one, to be tried at once; one that may be said only once and was, is left out."""
    number = None
    for alert in alerts:
        if number is None:
            number = connection.scalar(select(func.max(tables.alert.c.id))) or 0
        number += 1
        row = _new_row(alert, at) | {"id": number}
        kind = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        connection.execute(kind(tables.alert).values(row).on_conflict_do_nothing())


def settle(connection: Connection, tried: Tried) -> None:
    """What came of a try; nothing is said of one that is settled already."""
    row = tables.alert.c
    settled = None if tried.state is AlertState.WAITING else tried.at
    connection.execute(
        update(tables.alert)
        .where(row.id == tried.alert, row.settled_at.is_(None))
        .values(
            state=tried.state.value,
            tries=row.tries + 1,
            next_try=tried.next_try,
            settled_at=settled,
            error=tried.error,
        )
    )


def _new_row(alert: Alert, at: datetime) -> dict[str, Any]:
    return {
        "backfill_id": alert.backfill,
        "event": alert.event.value,
        "channel": alert.channel,
        "title": alert.title,
        "body": alert.text,
        "state": AlertState.WAITING.value,
        "created_at": at,
        "tries": 0,
        "next_try": at,
        "settled_at": None,
        "error": "",
    }
