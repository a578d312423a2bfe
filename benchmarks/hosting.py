"""What measurements through HTTP need: a real daemon process, a graph, a catalog, a request."""

from __future__ import annotations

import json
import os
import random
import signal
import socket as sockets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx

SLOTS = 8
BIN = Path(sys.executable).parent
COMPILED = Path(tempfile.gettempdir()) / "backfilld-bench-compiled"
FIRST = date(2014, 1, 1)
LAYER = 10
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Hosted:
    """A daemon that answers."""

    client: httpx.Client
    pid: int

    def cpu(self) -> float:
        """Seconds that it has worked so far, in user and kernel mode."""
        return self._seconds(11)

    def cpu_of_helpers(self) -> float:
        """The same of its processes that have ended so far, and of theirs: helpers, and workers with their tasks."""
        return self._seconds(13)

    def _seconds(self, field: int) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[field]) + int(fields[field + 1])) / _TICKS

    def rss(self, line: str = "VmRSS") -> float:
        """MB in memory now; with `VmHWM` the most so far."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split(f"{line}:")[1].split()[0]) / 1024


def pss(pid: int) -> float:
    """MB in memory now, each page that is shared with other processes counted in part."""
    found = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(found.split("Pss:")[1].split()[0]) / 1024


def store_url(folder: Path) -> str:
    """Where a daemon of this folder keeps what it knows."""
    return f"sqlite:///{folder / 'state' / 'backfilld.db'}"


class Service:
    """A process that says when it is ready: started, killed and started again on one folder."""

    def __init__(self, folder: Path, name: str, *words: str | Path) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self._command, self._address = [BIN / "backfilld", *words], folder / f"{name}.notify"
        self._told = sockets.socket(sockets.AF_UNIX, sockets.SOCK_DGRAM)
        self._told.bind(str(self._address))
        self._told.settimeout(1)

    def start(self) -> float:
        """Seconds from exec to READY."""
        began = time.perf_counter()
        self.process = subprocess.Popen(self._command, env=self._environment())
        while not self._heard("READY=1"):
            if self.process.poll() is not None:
                sys.exit("it did not start")
        return time.perf_counter() - began

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Signal the process, if there is one, and wait until it is gone."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait()
            self.process = None

    def _heard(self, word: str) -> bool:
        with suppress(TimeoutError):
            return self._told.recv(4096).decode() == word
        return False

    def _environment(self) -> dict[str, str]:
        """Compiled modules are at hand, as `make install` leaves them, also where Python was told to keep none."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, "PYTHONPYCACHEPREFIX": str(COMPILED), "NOTIFY_SOCKET": str(self._address)}


class RunnerHost(Service):
    """A runner that listens at `socket`."""

    def __init__(self, folder: Path) -> None:
        settings, self.socket = folder / "runner.toml", folder / "runner.sock"
        settings.write_text(f"log_level = 'warning'\n[resource_groups.default]\nslots = {SLOTS}\n")
        where = ["--settings", settings, "--spool", folder / "state" / "spool", "--socket", self.socket]
        super().__init__(folder, "runner", "runner", *where)


class Host(Service):
    """A daemon with a runner of its own, or the one at a socket."""

    def __init__(self, folder: Path, catalog: str, socket: Path | None = None) -> None:
        self.state = folder / "state"
        (folder / "catalog").mkdir(parents=True)
        (folder / "catalog" / "bench.yaml").write_text(catalog)
        settings = folder / "backfilld.toml"
        executor = f"executor = 'socket'\nrunner_socket = '{socket}'\n" if socket else ""
        settings.write_text(f"log_level = 'warning'\n{executor}[resource_groups.default]\nslots = {SLOTS}\n")
        where = ["--settings", settings, "--catalog", folder / "catalog", "--state", self.state, "--port", "0"]
        super().__init__(folder, "daemon", *where)

    @contextmanager
    def asked(self) -> Iterator[Hosted]:
        """The daemon that runs now."""
        assert self.process is not None
        found = json.loads((self.state / "endpoint.json").read_text())
        token = {"Authorization": f"Bearer {found['token']}"}
        with httpx.Client(base_url=found["url"], headers=token, timeout=120) as client:
            yield Hosted(client, self.process.pid)


@contextmanager
def runner(folder: Path) -> Iterator[Path]:
    """A runner in a process of its own; where it listens."""
    host = RunnerHost(folder)
    try:
        host.start()
        yield host.socket
    finally:
        host.end()


@contextmanager
def daemon(folder: Path, catalog: str, socket: Path | None = None) -> Iterator[Hosted]:
    """A daemon on a state folder, with this catalog, and with a runner of its own or the one at this socket."""
    host = Host(folder, catalog, socket)
    try:
        host.start()
        with host.asked() as hosted:
            yield hosted
    finally:
        host.end()


def layered(tasks: int, width: int = LAYER, seed: int = 1) -> dict[str, list[str]]:
    """Task -> its upstreams."""
    dice = random.Random(seed)
    names = [f"t{number:04}" for number in range(tasks)]
    return {
        name: sorted(dice.sample(names[start - width : start], min(width, dice.randint(1, 3)))) if start else []
        for number, name in enumerate(names)
        for start in [number // width * width]
    }


def catalog(tasks: Iterable[dict[str, Any]], zone: str = "UTC") -> str:
    """A catalog of one workflow; JSON is YAML."""
    return json.dumps({"project": "bench", "timezone": zone, "workflows": [{"workflow": "w", "tasks": list(tasks)}]})


def request(roots: Iterable[str], first: date, dates: int, **run: Any) -> dict[str, Any]:
    """These tasks on so many dates; `run` are further fields of `default_run_properties`."""
    period = {"start_biz_date": str(first), "end_biz_date": str(first + timedelta(days=dates - 1))}
    return {
        "name": "bench",
        "project_id": "bench",
        "type": "SupplementData",
        "periods": {"biz_dates": [period]},
        "default_run_properties": {"root_task_ids": list(roots), **run},
    }
