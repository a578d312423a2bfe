"""Daemons that are born loaded: one process loads the program, and each daemon is a fork of it.

From its first line on it does what it does when it is started by its name; only the second of loading is spent once.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

ROOM = 1 << 17
"""Bytes of a request to be born, at most."""


class Born:
    """A daemon as `subprocess.Popen` would give it."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self.pid = int(line.recv(ROOM))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, or None while it lives."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code; raises `TimeoutExpired`."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("backfilld", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """If it lives."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self._line.settimeout(timeout)
            try:
                self.returncode = int(self._line.recv(ROOM))
            except (BlockingIOError, TimeoutError):
                return None
            self._line.close()
        return self.returncode


class Nursery:
    """The process that daemons are forked from; it ends with the one that asks."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            number = theirs.fileno()
            self._process = subprocess.Popen([sys.executable, "-P", __file__, str(number)], pass_fds=[number])

    def start(self, words: Sequence[str | Path], log: IO[bytes], environment: Mapping[str, str]) -> Born:
        """A daemon with these arguments, which writes to the log."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        asked = json.dumps([list(map(str, words)), dict(environment), str(Path.cwd())])
        with theirs:
            socket.send_fds(self._line, [asked.encode()], [log.fileno(), theirs.fileno()])
        return Born(ours)

    def close(self) -> None:
        """Nobody is born any more; who was lives on."""
        self._process.terminate()
        self._process.wait()
        self._line.close()


@cache
def nursery() -> Nursery:
    """The one of this process, which ends before it."""
    made = Nursery()
    atexit.register(made.close)
    return made


def bear(line: socket.socket) -> None:
    """Fork whenever asked, and return in each daemon; never in the first process."""
    while True:
        asked, descriptors, _, _ = socket.recv_fds(line, ROOM, 2)
        if not asked:
            sys.exit()
        if os.fork() == 0:
            line.close()
            return _watch_over(asked, *descriptors)
        for each in descriptors:
            os.close(each)


def _watch_over(asked: bytes, log: int, teller: int) -> None:
    """Return in the daemon; its parent tells its number and its end, as a shell does."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if pid := os.fork():
        os.close(log)
        os.write(teller, str(pid).encode())
        _, status = os.waitpid(pid, 0)
        os.write(teller, str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    os.close(teller)
    for standard in (1, 2):
        os.dup2(log, standard)
    os.close(log)
    words, environment, folder = json.loads(asked)
    sys.argv = words
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)


if __name__ == "__main__":
    from backfilld.__main__ import daemon, importing

    with importing():
        import alembic.command  # noqa: F401
        import uvicorn.loops.auto
        import uvicorn.protocols.http.auto  # noqa: F401

        import backfilld.daemon.main
        import backfilld.interfaces.cli.daemon  # noqa: F401
    assert threading.active_count() == 1, "a fork has only the thread that forks"
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever watches over a daemon is waited for by nobody
    bear(socket.socket(fileno=int(sys.argv[1])))
    daemon()
