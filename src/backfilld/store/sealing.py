"""Secrets that must be read again are stored encrypted, each bound to its owner."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backfilld.errors import Unsealable

KEY_BYTES = 32
_NONCE = 12
"""Bytes, as AES-GCM has it; by chance, which is safe for fewer than 2^32 secrets under one key (NIST SP 800-38D)."""


class AesSealer:
    """AES-256-GCM; a sealed secret is good for the owner that it was sealed for, and copied to another for nothing."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, secret: bytes, owner: str) -> bytes:
        """The secret encrypted."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, secret, owner.encode())

    def open(self, sealed: bytes, owner: str) -> bytes:
        """What was sealed for this owner; raises `Unsealable` for what was not, or under another key."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], owner.encode())
        except (InvalidTag, ValueError):
            raise Unsealable(f"the secret of {owner} cannot be read: it was sealed under another key") from None


def key_from(secret: str, purpose: str) -> bytes:
    """A key for one purpose alone, from a secret that has enough chance in it (HKDF, RFC 5869)."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(secret.encode())
