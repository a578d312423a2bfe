"""Which addresses are those of this host alone, and how addresses are shown."""

from __future__ import annotations

import re
from ipaddress import ip_address

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names by which a host speaks to itself."""
HIDDEN = "***"
"""Stands for a secret."""
_PASSWORD = re.compile(r"(?<=:)[^:@/]+(?=@)|(?<=password=)[^&]+")


def is_loopback(host: str) -> bool:
    """Whether only this host can reach the address; raises ValueError for what is none."""
    return host == "localhost" or ip_address(host).is_loopback


def without_password(url: str) -> str:
    """The same address for people to see.

    >>> without_password("postgresql://me:secret@host/db"), without_password("https://host:8732")
    ('postgresql://me:***@host/db', 'https://host:8732')
    """
    return _PASSWORD.sub(HIDDEN, url)
