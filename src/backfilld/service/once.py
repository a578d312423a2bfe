"""Nothing is done twice under one idempotency key."""

from __future__ import annotations

from backfilld.errors import AnswerLost
from backfilld.ports import IdempotencyKey, StoreKeys


def refuse_done(store: StoreKeys, once: IdempotencyKey | None) -> None:
    """Raise `AnswerLost` where it was done under this key, `KeyReused` where something else was.

    For the ticker's thread, right before something is done: what was asked before and is answered late is durable by
    then.
    """
    if once is not None and (used := store.used(once)):
        raise AnswerLost(once.key, used.at)
