"""HTTP to a runner over its Unix socket: as lean as the standard library's, for it is on the way of every task."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path

from backfilld.errors import ProductError

READ_SIZE = 65536


class RunnerAway(ProductError):
    """The runner does not answer, or not us; the same call may work later."""

    code = "runner_away"


class _UnixConnection(HTTPConnection):
    """HTTP's other end is a path."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("runner", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Open the socket, or leave none behind."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class RunnerClient:
    """One connection, opened when it is needed; of one thread, but for `hang_up`."""

    def __init__(self, path: Path, epoch: int, patience: float) -> None:
        self._connection = _UnixConnection(path, patience)
        self._headers = {"Epoch": str(epoch)}

    def ask(self, method: str, target: str, body: bytes | None = None) -> HTTPResponse:
        """The answer, whose body is still to be read; raises `RunnerAway` for none and for a refusal."""
        with self._or_away():
            self._connection.request(method, target, body, self._headers)
            answer = self._connection.getresponse()
            if answer.status < 400:
                return answer
            refusal = answer.read().decode(errors="replace")
        raise RunnerAway(f"the runner refuses: {refusal}")

    def begin(self, target: str, **headers: str) -> None:
        """Begin a request whose body never ends; raises `RunnerAway`."""
        with self._or_away():
            self._connection.putrequest("POST", target)
            for name, value in {**self._headers, **headers, "Transfer-Encoding": "chunked"}.items():
                self._connection.putheader(name, value)
            self._connection.endheaders()

    def send(self, data: bytes) -> None:
        """A piece of that body; raises `RunnerAway`."""
        with self._or_away():
            self._connection.send(b"%x\r\n%b\r\n" % (len(data), data))

    def read(self, answer: HTTPResponse) -> bytes:
        """The whole body of an answer; raises `RunnerAway`."""
        with self._or_away():
            return answer.read()

    def stream(self, answer: HTTPResponse) -> Iterator[bytes]:
        """The body of an answer, piece by piece as it comes; raises `RunnerAway` where it breaks off."""
        with self._or_away():
            while data := answer.read1(READ_SIZE):
                yield data

    @contextmanager
    def _or_away(self) -> Iterator[None]:
        try:
            yield
        except (OSError, HTTPException) as error:
            self.close()
            raise RunnerAway(f"the runner is away: {error or type(error).__name__}") from None

    def wait_for_ever(self) -> None:
        """From now on a silence means that there is no news."""
        self._connection.sock.settimeout(None)

    def hang_up(self) -> None:
        """End what another thread waits for."""
        with suppress(OSError, AttributeError):
            self._connection.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._connection.close()
