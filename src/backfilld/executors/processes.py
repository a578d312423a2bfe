"""Which of the host's processes belong to an attempt, read from /proc, and how they are ended."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from backfilld.executors.record import Entry, Owner
from backfilld.executors.worker import boot_id, kernel_start

PROC = Path("/proc")
ATTEMPT_MARK = "BACKFILLD_ATTEMPT"
WORKER_MARK = "BACKFILLD_WORKER"


@dataclass(frozen=True, slots=True)
class Process:
    """One line of the process table; `start` in the kernel's ticks since boot."""

    pid: int
    group: int
    session: int
    start: int
    alive: bool
    """False for a zombie."""


def processes() -> list[Process]:
    """The whole process table, zombies too."""
    found = (_read(name) for name in os.listdir(PROC) if name.isdigit())  # noqa: PTH208  # names, not paths
    return [process for process in found if process]


def _read(pid: str) -> Process | None:
    try:
        stat = (PROC / pid / "stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, _parent, group, session, *rest = stat[stat.rindex(b")") + 2 :].split()
    return Process(int(pid), int(group), int(session), int(rest[15]), state not in b"ZX")


@dataclass(frozen=True, slots=True)
class Kin:
    """The processes of one attempt: its group, or (`whole`) everything in its worker's session but the worker.

    The whole session is meant only where the worker runs nothing else: while this attempt is its current one, or when
    it is dead. A pid may have been used again since, so a session counts only if the worker itself is still in the
    table, alive or zombie, or if one of its processes proves to be ours.
    """

    attempt: str
    owner: Owner
    entry: Entry | None
    whole: bool

    def living(self, table: Sequence[Process]) -> list[Process]:
        """Those of its processes that are in the table and no zombies."""
        session = [p for p in table if p.session == self.owner.pid and p.pid != self.owner.pid and p.alive]
        wanted = session if self.whole else [p for p in session if self.entry and p.group == self.entry.pid]
        if self.owner.boot != boot_id() or not wanted:
            return []
        return wanted if self._worker_in(table) or any(map(self._is_ours, wanted)) else []

    def _worker_in(self, table: Sequence[Process]) -> bool:
        return any(p.pid == self.owner.pid and p.start == self.owner.start for p in table)

    def _is_ours(self, process: Process) -> bool:
        """By start time or by its environment; a child killed before its exec still shows the worker's own."""
        if self.entry and (process.pid, process.start) == (self.entry.pid, self.entry.start):
            return True
        try:
            environment = (PROC / str(process.pid) / "environ").read_bytes().split(b"\0")
        except OSError:
            return False
        marks = (f"{ATTEMPT_MARK}={self.attempt}", f"{WORKER_MARK}={self.owner.name}")
        return any(mark.encode() in environment for mark in marks)


def signal_all(kin: Sequence[Process], number: signal.Signals) -> None:
    """Send a signal to the groups of these processes, and wake the stopped ones so that they can obey it.

    The worker leads its session and is alone in the group of that number, but for a child that has not come to its
    own group yet: that group is never signalled, only such a child.
    """
    for group in {process.group for process in kin if process.group != process.session}:
        _send(os.killpg, group, number)
    for process in kin:
        if process.group == process.session:
            _send(os.kill, process.pid, number)


def _send(send: Callable[[int, int], None], target: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        send(target, number)
        send(target, signal.SIGCONT)


def watch_process(pid: int, start: int | None = None) -> int | None:
    """A descriptor that becomes readable when the process is gone; None if it is gone, or another one by now."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    with suppress(FileNotFoundError, ProcessLookupError):
        if start is None or kernel_start(pid) == start:
            return descriptor
    os.close(descriptor)
    return None


def watch_owner(owner: Owner) -> int | None:
    """A descriptor that becomes readable when the owner is gone; None if it is gone already."""
    return watch_process(owner.pid, owner.start) if owner.boot == boot_id() else None
