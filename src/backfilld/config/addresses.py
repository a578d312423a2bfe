"""Which addresses are those of this host alone."""

from __future__ import annotations

from ipaddress import ip_address

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names by which a host speaks to itself."""


def is_loopback(host: str) -> bool:
    """Whether only this host can reach the address; raises ValueError for what is none."""
    return host == "localhost" or ip_address(host).is_loopback
