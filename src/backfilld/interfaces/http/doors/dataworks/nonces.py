"""Nonces: a request is answered once, whoever sends it again."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from hashlib import sha256
from threading import Lock

from backfilld.interfaces.vendors.dataworks.refusals import Refusal
from backfilld.interfaces.vendors.dataworks.signature import WINDOW
from backfilld.ports import IdempotencyKey, KeptAnswer, StoreKeys

NOTHING_KEPT = KeptAnswer(200, None, None, b"")
"""A nonce that comes again is refused, not answered again."""


class Nonces:
    """Those of requests whose time is still good; of requests that change something the store remembers them too."""

    def __init__(self, store: StoreKeys) -> None:
        self._store, self._lock = store, Lock()
        self._known: set[bytes] = set()
        self._until: deque[tuple[datetime, bytes]] = deque()

    def take(self, caller: str, nonce: str, now: datetime, *, lasting: bool) -> None:
        """Use up a caller's nonce; raises `Refusal` for one that was used. A lasting one survives a restart."""
        digest = sha256(f"{caller}\n{nonce}".encode()).digest()[:16]
        with self._lock:
            self._forget(now)
            if digest in self._known:
                raise _used()
            self._known.add(digest)
            # a client's clock may be ahead of ours: its time is good for as long again
            self._until.append((now + 2 * WINDOW, digest))
        if lasting:
            self._keep(IdempotencyKey(caller, f"nonce {nonce}", "nonce"), now)

    def _keep(self, key: IdempotencyKey, now: datetime) -> None:
        if self._store.used(key):
            raise _used()
        self._store.keep_answer(key, NOTHING_KEPT, now)

    def _forget(self, now: datetime) -> None:
        while self._until and self._until[0][0] < now:
            self._known.discard(self._until.popleft()[1])


def _used() -> Refusal:
    return Refusal(400, "SignatureNonceUsed", "A request with this nonce was answered before.")
