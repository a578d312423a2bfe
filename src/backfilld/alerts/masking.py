"""Texts that tell of a channel without telling its secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, unquote_plus

MASK = "***"
_SHORTEST = 4
"""Shorter parts of a URL are no secrets, and would be found in words."""


def masked(text: str, url: str) -> str:
    """The text without the URL or any part of it that may be a secret: all but scheme, host and names of options.

    A host without a dot is a token in many a channel's URL.

    >>> masked("smtp.example.org refuses me@x.org, hunter22", "mailto://me%40x.org:hunter22@smtp.example.org")
    'smtp.example.org refuses ***, ***'
    """
    for secret in sorted({url, *_parts(url)}, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def _parts(url: str) -> Iterator[str]:
    """As they stand in the URL, and as they are meant."""
    authority, *tail = re.split("[/?&#]", url.partition("://")[2])
    users, _, place = authority.rpartition("@")
    host = place.partition(":")[0]
    raw = [*users.split(":"), *tail, *(piece.partition("=")[2] for piece in tail)]
    raw += [] if "." in host or host.startswith("[") or host == "localhost" else [host]
    for part in raw:
        yield from (each for each in (part, unquote(part), unquote_plus(part)) if len(each) >= _SHORTEST)
