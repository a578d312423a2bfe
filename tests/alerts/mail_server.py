"""A real mail server on a port of its own, which nobody listens on until it is up."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Thread
from types import TracebackType

from aiosmtpd.smtp import SMTP, Envelope, Session


class MailServer:
    """Keeps what it accepts; until `up` its port refuses connections, as that of a server that is down does."""

    def __init__(self) -> None:
        self.accepted: list[EmailMessage] = []
        self.refuses: str | None = None
        """What it answers instead of accepting."""
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))

    @property
    def url(self) -> str:
        """Of a channel that sends here."""
        return f"mailto://127.0.0.1:{self._socket.getsockname()[1]}?from=us@example.org&to=ops@example.org"

    @property
    def subjects(self) -> list[str]:
        """Of what it accepted, in order."""
        return [str(each["Subject"]) for each in self.accepted]

    def up(self) -> None:
        """Accept mail from now on."""
        self._thread.start()
        served = self._loop.create_server(lambda: SMTP(self, loop=self._loop), sock=self._socket)
        asyncio.run_coroutine_threadsafe(served, self._loop).result()

    def __enter__(self) -> MailServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()
        self._socket.close()

    async def _shut(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - theirs
        """The library's hook: a message is there, whole."""
        if self.refuses:
            return self.refuses
        assert isinstance(envelope.content, bytes)
        self.accepted.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """One that is up."""
    with MailServer() as server:
        server.up()
        yield server
