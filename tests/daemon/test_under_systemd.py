"""What systemd and the daemon say to each other, with the test in systemd's place."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator

import httpx
import pytest
from daemon.host import BACKFILLD, PATIENCE, Host


class Supervisor:
    """Holds the address, starts the daemon, and hears what it says."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ear.bind(str(host.folder / "notify"))
        self.ear.settimeout(PATIENCE)
        self.address = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.address.getsockname()[1]}"

    def start(self, watchdog: float) -> None:
        """As a unit of Type=notify with a socket; the shell becomes the daemon, so its pid is the one to listen."""
        folder, held = self._host.folder, self.address.fileno()
        script = f'LISTEN_PID=$$ exec "$@" 3<&{held}'
        where = ["--settings", self._host.settings, "--catalog", folder / "catalog", "--state", self._host.state]
        environment = {
            **os.environ,
            "LISTEN_FDS": "1",
            "NOTIFY_SOCKET": str(folder / "notify"),
            "WATCHDOG_USEC": str(int(watchdog * 1e6)),
        }
        with (folder / "daemon.log").open("ab") as log:
            self._host.process = subprocess.Popen(
                ["/bin/bash", "-c", script, "bash", BACKFILLD, *where],
                stdout=log,
                stderr=log,
                env=environment,
                pass_fds=[held],
            )

    def hear(self, beginning: str) -> str:
        """The next word that begins so; others are passed over."""
        while not (word := self.ear.recv(4096).decode()).startswith(beginning):
            pass
        return word

    def close(self) -> None:
        """Let go of both sockets."""
        self.ear.close()
        self.address.close()


@pytest.fixture
def supervisor(host: Host) -> Iterator[Supervisor]:
    made = Supervisor(host)
    yield made
    made.close()


def test_the_life_of_a_unit(host: Host, supervisor: Supervisor) -> None:
    """Ready, watched, read again, ended and started again: nobody who calls meanwhile is refused."""
    host.catalog([{"task": "t", "virtual": True}])
    supervisor.start(watchdog=0.2)
    early = httpx.get(f"{supervisor.url}/healthz", timeout=PATIENCE)
    supervisor.hear("READY=1")
    supervisor.hear("WATCHDOG=1")
    supervisor.hear("WATCHDOG=1")
    assert f'"{supervisor.url}"' in (host.state / "endpoint.json").read_text()

    assert host.process is not None
    host.process.send_signal(signal.SIGHUP)
    assert int(supervisor.hear("RELOADING=1").split("MONOTONIC_USEC=")[1]) > 0
    supervisor.hear("READY=1")

    host.process.send_signal(signal.SIGTERM)
    supervisor.hear("STOPPING=1")
    host.process.wait(PATIENCE)
    with socket.create_connection(supervisor.address.getsockname(), PATIENCE) as caller:
        caller.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        supervisor.start(watchdog=600)
        between = caller.makefile("rb").readline()

    assert early.status_code == 200
    assert between == b"HTTP/1.1 200 OK\r\n"
