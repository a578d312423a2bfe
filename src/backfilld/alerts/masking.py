"""Texts that tell of a channel without telling its secrets."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

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
    split = urlsplit(url)
    host = split.netloc.rpartition("@")[2].partition(":")[0]
    raw = [*split.netloc.rpartition("@")[0].split(":"), *split.path.split("/"), split.fragment]
    raw += [value for _, value in parse_qsl(split.query)]
    raw += [] if "." in host or host == "localhost" else [host]
    for part in raw:
        yield from {each for each in (part, unquote(part)) if len(each) >= _SHORTEST}
