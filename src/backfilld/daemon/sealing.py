"""Under which key secrets are encrypted that the store must give back."""

from __future__ import annotations

from backfilld.config.sources import CREDENTIALS, read_credential
from backfilld.errors import Fault, InvalidSettings
from backfilld.ports import Sealer

CREDENTIAL = "token_key"


def sealer() -> Sealer | None:
    """By the credential `token_key`, None where there is none; raises `InvalidSettings` for one that is no key."""
    text = read_credential(CREDENTIAL)
    if not text:
        return None
    from backfilld.store.sealing import AesSealer, sealing_key  # few have one, and the library takes its time

    try:
        return AesSealer(sealing_key(text))
    except ValueError:
        allowed = "32 random bytes in base64, as `openssl rand -base64 32` prints them"
        raise InvalidSettings([Fault(CREDENTIAL, f"another text in {CREDENTIALS}", allowed)]) from None
