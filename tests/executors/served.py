"""A runner behind its socket, in a thread of the test's own process: it can be ended and started again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from threading import Thread

from ports.executor_contract import GROUPS

from backfilld.daemon.runner import Hosting
from backfilld.daemon.serving import listening_at
from backfilld.executors.runner import Runner

EVERYBODY = frozenset(range(1 << 16))
SLOTS = {name: group.slots for name, group in GROUPS.items()}


class Served:
    """What `backfilld runner` is, less its process."""

    def __init__(self, folder: Path, users: frozenset[int] = EVERYBODY) -> None:
        self.socket, self._spool, self._users = folder / "runner.sock", folder / "spool", users
        self._loop = asyncio.new_event_loop()

    def start(self) -> None:
        """Listen from now on; whoever connects waits for the first answer."""
        self._listening = listening_at(self.socket)
        sock = self._listening.__enter__()
        self._hosting = Hosting(Runner(self._spool, GROUPS), SLOTS, self._users)
        self._thread = Thread(target=lambda: self._loop.run_until_complete(self._serve(sock)))
        self._thread.start()

    def end(self) -> None:
        """As after SIGTERM."""
        self._loop.call_soon_threadsafe(self._hosting.end)
        self._thread.join()
        self._listening.__exit__(None, None, None)

    async def _serve(self, sock: socket) -> None:
        """Until `end`; then hang up on who has connected in the last moment, as the end of a process would."""
        await self._hosting.serve(sock)
        await _some_turns()  # who is on the way in comes in: cancelled there, its transport would be left open
        accepting = asyncio.all_tasks() - {asyncio.current_task()}
        for task in accepting:
            task.cancel()
        await asyncio.gather(*accepting, return_exceptions=True)
        for connection in list(self._hosting._server.server_state.connections):
            connection.transport.close()
        await _some_turns()  # to hang up takes one, and may end what hangs up on others

    def restart(self) -> None:
        """Another runner on the same spool."""
        self.end()
        self.start()

    def close(self) -> None:
        """Give back what the loop holds."""
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


async def _some_turns() -> None:
    """Of the loop."""
    for _ in range(3):
        await asyncio.sleep(0)


@contextmanager
def served(folder: Path, users: frozenset[int] = EVERYBODY) -> Iterator[Served]:
    """A runner that listens until the end."""
    runner = Served(folder, users)
    runner.start()
    try:
        yield runner
    finally:
        runner.end()
        runner.close()
