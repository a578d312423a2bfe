"""Answers that go on as long as there is something to come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send


class Lasting(StreamingResponse):
    """Sends what comes, and calls `close` when there is nothing more to send or nobody to hear it."""

    def __init__(
        self,
        content: AsyncIterator[bytes],
        close: Callable[[], None],
        media_type: str | None,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(content, headers=headers, media_type=media_type)
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Until the end, or until the client has gone."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._close()
