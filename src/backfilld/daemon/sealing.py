"""Who encrypts secrets that the store must give back."""

from __future__ import annotations

from backfilld.config.sealing import token_key
from backfilld.ports import Sealer


def sealer() -> Sealer | None:
    """By the key of this host, None where there is none; raises `InvalidSettings`."""
    key = token_key()
    if key is None:
        return None
    from backfilld.store.sealing import AesSealer  # few have a key, and the library takes its time

    return AesSealer(key)


def session_sealer(token: str) -> Sealer:
    """For sessions of the page, under a key made from the token of this host: with that anew, all of them end."""
    from backfilld.store.sealing import AesSealer, key_from

    return AesSealer(key_from(token, "sessions of the page"))
