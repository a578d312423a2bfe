"""Heads of requests that are taken: of a size that we say, and of which nobody can be mistaken where the body ends.

The parser judges the syntax and is left as strict as it comes; here is refused what it reads on purpose or by habit.
"""

from __future__ import annotations

from collections.abc import Sequence

LARGEST_HEAD = 16 * 2**10
"""Bytes of a request's line and headers."""
_BETWEEN = len("  HTTP/1.1\r\n\r\n")
_OF_HEADER = len(": \r\n")


class StrangeHead(Exception):
    """No head that we take."""


def refuse_strange(method: bytes, target: bytes, version: str, headers: Sequence[tuple[bytes, bytes]]) -> None:
    """Raise `StrangeHead` for such a head; the names of `headers` are in lower case, `version` is without `HTTP/`."""
    if method == b"CONNECT" or version not in ("1.0", "1.1"):  # no tunnels; 0.9 has no head, 2.0 is not of lines
        raise StrangeHead
    if _size(method, target, headers) > LARGEST_HEAD:
        raise StrangeHead
    _refuse_strange_hosts(version, [value for name, value in headers if name == b"host"])
    _refuse_strange_lengths(version, headers)


def _size(method: bytes, target: bytes, headers: Sequence[tuple[bytes, bytes]]) -> int:
    """Without the blanks that may stand around values."""
    each = sum(len(name) + len(value) + _OF_HEADER for name, value in headers)
    return _BETWEEN + len(method) + len(target) + each


def _refuse_strange_hosts(version: str, hosts: Sequence[bytes]) -> None:
    """RFC 9112, 3.2: one, which only 1.0 may leave out."""
    if len(hosts) > 1 or (not hosts and version != "1.0"):
        raise StrangeHead


def _refuse_strange_lengths(version: str, headers: Sequence[tuple[bytes, bytes]]) -> None:
    """RFC 9112, 6.1: one way to say how long the body is, of those that each server on the way knows."""
    encodings = [value.lower() for name, value in headers if name == b"transfer-encoding"]
    if not encodings:
        return
    if encodings != [b"chunked"] or version == "1.0" or any(name == b"content-length" for name, _ in headers):
        raise StrangeHead
