"""A caller that costs hardly anything, so that a thousand of them do not hinder what they call."""

from __future__ import annotations

import asyncio

import httpx


class Client:
    """One that keeps its connection, and opens another where the daemon has ended it meanwhile."""

    def __init__(self, url: httpx.URL, token: str) -> None:
        self._where, self._token = (url.host, url.port), token
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> int:
        """The status of the answer, which is read and not looked at."""
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self._token}\r\n"
        while True:
            reader, writer = self._line = self._line or await asyncio.open_connection(*self._where)
            try:
                writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                answer = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                self._line = None
            else:
                await reader.readexactly(int(answer.lower().split(b"content-length: ")[1].split()[0]))
                return int(answer.split(maxsplit=2)[1])

    def close(self) -> None:
        """Go away."""
        if self._line:
            self._line[1].close()
