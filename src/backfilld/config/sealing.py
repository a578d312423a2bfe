"""The key under which the store encrypts secrets that it must give back: the credential `token_key`."""

from __future__ import annotations

from base64 import b64decode

from backfilld.config.sources import CREDENTIALS, read_credential
from backfilld.errors import Fault, InvalidSettings

CREDENTIAL = "token_key"
KEY_BYTES = 32


def token_key() -> bytes | None:
    """The key, None where no such credential is given; raises `InvalidSettings`, which does not tell it."""
    text = read_credential(CREDENTIAL)
    if not text:
        return None
    try:
        key = b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        allowed = f"{KEY_BYTES} random bytes in base64, as `openssl rand -base64 {KEY_BYTES}` prints them"
        raise InvalidSettings([Fault(CREDENTIAL, f"another text in ${CREDENTIALS}", allowed)])
    return key
