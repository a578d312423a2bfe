"""What an administrator says of the HTTP door: where it is, who may stand before it, how often it may be knocked at."""

from __future__ import annotations

import os
import re
import ssl
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from backfilld.config.addresses import is_loopback
from backfilld.config.sources import CREDENTIALS

MOST = 1_000_000
Often = Annotated[int, Field(ge=1, le=MOST)]
_ACCOUNT = re.compile("[0-9a-f]{32}")


class RateSettings(BaseModel):
    """Requests a second of one token and from one address; wrong tokens a minute from one address.

    And streams and logs that are followed at once, with one token and from one address; and what Datadog's clients may
    execute a minute, all together and from one address, and how many instances of a workflow may wait.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: Often = 500
    address: Often = 1_000
    guesses: Often = 20
    token_streams: Often = 200
    address_streams: Often = 500
    executions: Often = 200
    address_executions: Often = 50
    waiting: Often = 500


def bindable(host: str, *, guarded: bool) -> str:
    """An address that may be listened on; `guarded` says that tokens go through TLS on their way to it."""
    try:
        if is_loopback(host) or guarded:
            return host
    except ValueError:
        raise ValueError("an IP address, or localhost") from None
    raise ValueError(
        "a loopback address, such as 127.0.0.1; another only with tls_certificate and tls_key, "
        "or with trusted_proxies, which speak TLS for us"
    )


def network(value: str) -> str:
    """An address or a network of addresses."""
    try:
        ip_network(value)
    except ValueError:
        raise ValueError("IP addresses or networks, such as 10.0.0.5 or 10.1.0.0/16") from None
    return value


def account(value: str) -> str:
    """The id of an account as Cloudflare's clients have it."""
    if not _ACCOUNT.fullmatch(value):
        raise ValueError("32 hexadecimal digits, in lower case")
    return value


def credential(path: Path) -> Path:
    """A file, which may be one of the unit's credentials."""
    return Path(os.environ.get(CREDENTIALS, "")) / path


def usable_pair(certificate: Path | None, key: Path | None) -> None:
    """Raise ValueError unless both are left out, or are a certificate in PEM and its key."""
    if (certificate is None) != (key is None):
        raise ValueError("both, tls_certificate and tls_key, or neither")
    if certificate is None or key is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, credential(key))
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"the key of tls_certificate, both in readable PEM files: {error}") from None
