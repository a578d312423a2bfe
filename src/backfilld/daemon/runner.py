"""The runner as a process of its own: constructed here, and served on its Unix socket."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping
from threading import Thread

import uvicorn

from backfilld.config.runner_settings import RunnerSettings
from backfilld.config.settings import read_secrets
from backfilld.daemon.clock import SystemClock
from backfilld.daemon.logs import log_to
from backfilld.daemon.serving import Server, listening_at
from backfilld.daemon.systemd import notify
from backfilld.executors.runner import Runner
from backfilld.interfaces.runner import Ear, PeerProtocol, runner_app
from backfilld.ports import SlotGroup

log = logging.getLogger(__name__)
LAST_ANSWERS = 1
"""Seconds that open requests have to finish after SIGTERM."""
A_DAY = 86_400
"""Seconds that the daemon's connections stay open with nothing to say."""


class Hosting:
    """A runner behind a socket."""

    def __init__(self, runner: Runner, slots: Mapping[str, int], users: frozenset[int]) -> None:
        self._runner, self._ear = runner, Ear()
        config = uvicorn.Config(
            runner_app(runner, slots, users, self._ear),
            http=PeerProtocol,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_keep_alive=A_DAY,
            timeout_graceful_shutdown=LAST_ANSWERS,
        )
        self._server = Server(config, SystemClock())
        self._loop: asyncio.AbstractEventLoop | None = None

    async def serve(self, sock: socket.socket) -> None:
        """Answer until `end`; tasks that run then go on, and the next runner on this spool adopts them."""
        self._loop = asyncio.get_running_loop()
        taking = Thread(target=self._take, args=(self._loop,), name="outcomes")
        taking.start()
        try:
            await self._server.serve([sock])
        finally:
            self._runner.close()
            await asyncio.to_thread(taking.join)

    def end(self) -> None:
        """Stop answering; loop's thread."""
        self._ear.close()
        self._server.end()

    def _take(self, loop: asyncio.AbstractEventLoop) -> None:
        while outcomes := self._runner.outcomes():
            loop.call_soon_threadsafe(self._ear.tell, outcomes)


def run_runner(settings: RunnerSettings) -> int:
    """Run a runner until it is asked to end; returns its exit code."""
    log_to(sys.stderr, settings, os.environ)
    groups = {
        name: SlotGroup(group.slots, read_secrets(group.secrets)) for name, group in settings.resource_groups.items()
    }
    with listening_at(settings.socket) as sock:
        runner = Runner(settings.spool_dir, groups)
        hosting = Hosting(runner, {name: group.slots for name, group in groups.items()}, settings.users)
        asyncio.run(_until_asked(hosting, sock))
    return 0


async def _until_asked(hosting: Hosting, sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    for end in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(end, hosting.end)
    notify("READY=1", os.environ)
    log.info("ready on %s", sock.getsockname())
    await hosting.serve(sock)
    notify("STOPPING=1", os.environ)
