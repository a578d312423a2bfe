"""What callers' words for requests were used for, and what was answered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from backfilld.engine.asking import Answered
from backfilld.errors import KeyReused
from backfilld.ports import IdempotencyKey, KeptAnswer, UsedKey
from backfilld.store import tables
from backfilld.store.database import Readable

ANSWER = ("status", "media_type", "location", "body")


class UsedKeys:
    """The part of the port's `StoreKeys` that reads."""

    _database: Readable

    def used(self, key: IdempotencyKey) -> UsedKey | None:
        """What was done under this key, if anything; raises `KeyReused` when something else was asked under it."""
        with self._database.reading() as connection:
            return find_used(connection, key)


def find_used(connection: Connection, key: IdempotencyKey) -> UsedKey | None:
    """What was done under this key, if anything; raises `KeyReused` when something else was asked under it."""
    found = connection.execute(select(tables.idempotency).where(_is(key))).one_or_none()
    if found is None:
        return None
    if found.digest != key.digest:
        raise KeyReused(key.key)
    answer = None if found.status is None else KeptAnswer(*(found._mapping[name] for name in ANSWER))
    return UsedKey(found.used_at, tuple(found.operations.split()), answer)


def remember(connection: Connection, key: IdempotencyKey, now: datetime, operations: Iterable[str] = ()) -> None:
    """That something is done under this key, by the transaction that does it; a key that is known stays as it is."""
    if connection.scalar(select(tables.idempotency.c.used_at).where(_is(key))) is None:
        values = {"caller": key.caller, "key": key.key, "digest": key.digest, "used_at": now}
        connection.execute(insert(tables.idempotency), values | {"operations": " ".join(operations)})


def remember_acts(connection: Connection, answered: Iterable[Answered], now: datetime) -> None:
    """That these acts are done, of those that were asked under a key."""
    for each in answered:
        if each.asked.once is not None:
            remember(connection, each.asked.once, now)


def keep_answer(connection: Connection, key: IdempotencyKey, answer: KeptAnswer, now: datetime) -> None:
    """What is answered under this key; the first answer stays."""
    remember(connection, key, now)
    unanswered = update(tables.idempotency).where(_is(key), tables.idempotency.c.status.is_(None))
    connection.execute(unanswered.values({name: getattr(answer, name) for name in ANSWER}))


def forget(connection: Connection, before: datetime, most: int) -> datetime | None:
    """Some of the keys that were used before go; answers when the first of those that stay was used."""
    row = tables.idempotency.c
    old = select(row.caller, row.key).where(row.used_at < before).order_by(row.used_at).limit(most)
    for caller, key in connection.execute(old).all():
        connection.execute(delete(tables.idempotency).where(row.caller == caller, row.key == key))
    found: datetime | None = connection.scalar(select(func.min(row.used_at)))
    return found


def _is(key: IdempotencyKey) -> ColumnElement[bool]:
    row = tables.idempotency.c
    return and_(row.caller == key.caller, row.key == key.key)
