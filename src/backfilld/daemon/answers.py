"""How an answer is written: in one piece where it can be, and in a form that its client knows."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


class Pen(asyncio.Transport):
    """A connection's transport, that an answer writes to; between `hold` and `release` it collects."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._kept: list[Any] | None = None

    def hold(self) -> None:
        """Write nothing for now."""
        self._kept = []

    def release(self) -> None:
        """Write what was kept, in one piece, and from now on at once."""
        kept, self._kept = self._kept, None
        if kept:
            self._transport.write(b"".join(kept))

    def write(self, data: Any) -> None:
        """Send it, or keep it."""
        if self._kept is None:
            self._transport.write(data)
        else:
            self._kept.append(data)

    def close(self) -> None:
        """Send what is kept, and then no more."""
        self.release()
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether nothing more can be sent."""
        return self._transport.is_closing()


class Answer(RequestResponseCycle):
    """The library's: a request, and the answer that an app gives to it.

    The head of one whose length is known leaves with the first of its body: one piece is sent and read for less.
    """

    transport: Pen
    _ends_with_connection = False

    async def send(self, message: Any) -> None:
        """What the app says, as ASGI has it; raises as the library does."""
        begins = message["type"] == "http.response.start"
        if self.scope["http_version"] == "1.0":
            self._spare_chunks(message, begins=begins)
        if begins:
            self.transport.hold()
        await super().send(message)
        if not (begins and self.expected_content_length):
            self.transport.release()

    def _spare_chunks(self, message: Any, *, begins: bool) -> None:
        """HTTP/1.0 knows none (RFC 9112, 6.1): without a length, the end of the connection is that of the body."""
        if begins and not any(name.lower() == b"content-length" for name, _ in message.get("headers", [])):
            self.chunked_encoding, self._ends_with_connection = False, True
        elif self._ends_with_connection:
            self.expected_content_length = len(message.get("body", b""))
