"""What is remembered of callers' words for requests: that they were done, and what was answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from backfilld.request.once import IdempotencyKey

KEYS_KEPT = timedelta(days=2)
"""How long a key is known after it was used: whoever sends it again later asks for something new."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it was sent; `location` is its header of that name, if it had one."""

    status: int
    media_type: str | None
    location: str | None
    body: bytes


@dataclass(frozen=True, slots=True)
class UsedKey:
    """What was done under a key: `operations` are the ids of those that were accepted under it.

    `answer` is None where a daemon ended, or its store was in trouble, before the answer could be kept: done it is.
    """

    at: datetime
    operations: tuple[str, ...]
    answer: KeptAnswer | None


class StoreKeys(Protocol):
    """The memory of keys. Who remembers something done under a key does so in the same transaction."""

    def used(self, key: IdempotencyKey) -> UsedKey | None:
        """What was done under this key, if anything; raises `KeyReused` when something else was asked under it."""
        ...

    def keep_answer(self, key: IdempotencyKey, answer: KeptAnswer, now: datetime) -> None:
        """Remember what is answered under this key; the first answer stays."""
        ...

    def forget_keys(self, before: datetime, most: int) -> datetime | None:
        """Forget some of the keys that were used before; answers when the first of those that stay was used."""
        ...
