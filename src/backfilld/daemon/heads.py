"""Heads of requests that are taken: of a size that we say, and of which nobody can be mistaken where the body ends."""

from __future__ import annotations

from typing import Any

import h11

LARGEST_HEAD = 16 * 2**10
"""Bytes of a request's line and headers."""
_BETWEEN = len("  HTTP/1.1\r\n\r\n")
_OF_HEADER = len(": \r\n")


class Heads(h11.Connection):
    """The library's side of a connection; it judges the size only of heads that do not come in one piece.

    The head of an answer whose length is known leaves with the first of its body: one piece is sent and read for less.
    """

    _kept = b""

    def send(self, event: Any) -> Any:
        """What to write now, None at the end; raises as the library does."""
        data = super().send(event)
        if isinstance(event, h11.Response) and _has_length(event):
            self._kept = data or b""
            return b""
        kept, self._kept = self._kept, b""
        return kept + data if kept and data is not None else data

    def next_event(self) -> Any:
        """What has come; raises `RemoteProtocolError` also for a head that we refuse."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            _refuse_strange(event)
        return event


def _has_length(answer: h11.Response) -> bool:
    """Whether its body is at hand; one that is streamed may be long in coming."""
    return any(name == b"content-length" for name, _ in answer.headers)


def _refuse_strange(asked: h11.Request) -> None:
    """Raise for one that is too large, or says in two ways how long its body is (RFC 9112, 6.1: a smuggler's)."""
    size = _BETWEEN + len(asked.method) + len(asked.target)
    size += sum(len(name) + len(value) + _OF_HEADER for name, value in asked.headers)
    if size > LARGEST_HEAD:
        raise h11.RemoteProtocolError("a head too large")
    names = {name for name, _ in asked.headers}
    if {b"content-length", b"transfer-encoding"} <= names:
        raise h11.RemoteProtocolError("two lengths")
