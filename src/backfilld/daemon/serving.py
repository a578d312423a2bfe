"""Sockets that are listened on, and the server that answers on them."""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path

import uvicorn
from uvicorn.server import ServerState

from backfilld.ports import Clock

BACKLOG = 1024
FIRST_PASSED = 3
"""The descriptor of the first socket that systemd passes on."""


class DatedState(ServerState):
    """Reads the date of an answer when it is made; the library would wake up every second to have it at hand."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        super().__init__()

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """What every answer has."""
        return [(b"date", _date(self._clock.now().replace(microsecond=0)))]

    @default_headers.setter
    def default_headers(self, headers: list[tuple[bytes, bytes]]) -> None:
        """The library begins with none."""


@lru_cache(1)
def _date(second: datetime) -> bytes:
    """As HTTP writes it; answers of one second share it."""
    return format_datetime(second, usegmt=True).encode()


class Server(uvicorn.Server):
    """Sleeps while nobody asks, where the library's own loop wakes up ten times a second to look whether it should end.

    Signals are the daemon's: the library's handling of them ends the process before we could flush.
    """

    def __init__(self, config: uvicorn.Config, clock: Clock) -> None:
        super().__init__(config)
        self.server_state = DatedState(clock)
        self._over = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """Answer nothing new; any thread, at any time."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._over.set)

    async def main_loop(self) -> None:
        """Until `end`."""
        self._loop = asyncio.get_running_loop()
        if not self.should_exit:  # said before there was a loop to wake
            await self._over.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Install no handlers."""
        yield


@contextmanager
def listening(host: str, port: int, environment: Mapping[str, str]) -> Iterator[socket.socket]:
    """The bound address, before anything else is touched: two daemons do not share one, and early callers wait.

    A socket that systemd holds for us is taken as it is: it was bound before us and stays so after us.
    """
    with passed_socket(environment) or _bound(host, port) as sock:
        sock.listen(BACKLOG)
        yield sock


def passed_socket(environment: Mapping[str, str]) -> socket.socket | None:
    """The socket that systemd has opened (sd_listen_fds's protocol); raises OSError for none or several of TCP."""
    if environment.get("LISTEN_PID") != str(os.getpid()):
        return None
    if environment.get("LISTEN_FDS") != "1":
        raise OSError(f"systemd passes {environment.get('LISTEN_FDS')} sockets: one ListenStream= is allowed")
    os.set_inheritable(FIRST_PASSED, False)
    sock = socket.socket(fileno=FIRST_PASSED)
    if sock.family not in (socket.AF_INET, socket.AF_INET6) or sock.type != socket.SOCK_STREAM:
        raise OSError("systemd passes a socket that is not of TCP: ListenStream=127.0.0.1:8732 is one that is")
    return sock


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle on
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise OSError(f"{host}:{port}: {error.strerror}; --port takes another, 0 any") from None
    return sock


def address_of(sock: socket.socket, *, secure: bool = False) -> str:
    """The address as a URL for clients on this host; one that stands for every address is loopback to them."""
    host, port = sock.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # read, not bound
    scheme = "https" if secure else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


@contextmanager
def listening_at(path: Path) -> Iterator[socket.socket]:
    """A Unix socket at this path, for its owner and group; whose runner has died is taken over, whose lives is not."""
    with _locked(path.with_name(f"{path.name}.lock")), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        with suppress(FileNotFoundError):
            if not stat.S_ISSOCK(path.stat().st_mode):
                raise OSError(f"{path} is there, and is no socket")
            path.unlink()
        sock.bind(str(path))
        path.chmod(0o660)
        sock.listen(BACKLOG)
        yield sock


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OSError(f"{path} is held by another runner") from None
    else:
        yield
    finally:
        os.close(descriptor)
