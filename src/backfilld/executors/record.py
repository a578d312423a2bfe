"""What a host's disk knows of an attempt: its claim, and its entry in its worker's journal."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from backfilld.executors.spool import Spool
from backfilld.executors.worker import END_MARK, ENTRY_SIZE, IDENTITY_TITLE, START_SIZE


class Tombstone(Enum):
    """A claim by nobody: the attempt will never start."""

    VOID = b"void\n"
    LOST = b"lost\n"
    """Made after the host went down: that a claim is missing then proves nothing, it may not have reached the disk."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The worker that holds a claim: a process of one boot, and where it keeps its records."""

    pid: int
    start: int
    boot: str
    journal: str
    group: str

    @property
    def name(self) -> str:
        """The worker's own name, which its environment carries too."""
        return self.journal.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Entry:
    """One run record; `code` and `ended` (ns since 1970) are None until the end mark is there.

    `pid` is 0 for a command that could not be started.
    """

    pid: int
    start: int
    started: int
    log_limit: int
    code: int | None
    ended: int | None


def read_owner(identity: bytes) -> Owner | None:
    """The owner that an identity file names; None for anything else."""
    lines = identity.decode(errors="replace").split("\n")
    if len(lines) != 8 or lines[0] != IDENTITY_TITLE or lines[6] != "end":
        return None
    return Owner(int(lines[1]), int(lines[2]), lines[3], lines[4], lines[5])


def read_claim(spool: Spool, attempt: str) -> Owner | Tombstone | None:
    """Who holds an attempt's claim, if anybody does."""
    try:
        content = Path(spool.claim(attempt)).read_bytes()
    except FileNotFoundError:
        return None
    return read_owner(content) or (Tombstone.LOST if content == Tombstone.LOST.value else Tombstone.VOID)


def entomb(spool: Spool, attempt: str, tombstone: Tombstone) -> bool:
    """Make sure that an attempt which has no claim never gets one; False if it has one.

    A void tombstone is one exclusive create: made, but still empty when we are killed, it says the same.
    """
    try:
        if tombstone is Tombstone.LOST:
            _link_lost(spool, attempt)
        else:
            descriptor = os.open(spool.claim(attempt), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            os.close(descriptor)
    except FileExistsError:
        return False
    return True


def _link_lost(spool: Spool, attempt: str) -> None:
    draft = spool.folder / "lost.new"
    draft.write_bytes(Tombstone.LOST.value)
    try:
        os.link(draft, spool.claim(attempt))
    finally:
        draft.unlink()


def read_entry(spool: Spool, owner: Owner, attempt: str) -> Entry | None:
    """The attempt's entry in its owner's journal; None before its process is known."""
    try:
        journal = (spool.workers / owner.journal).read_bytes()
    except FileNotFoundError:  # killed between the two files
        return None
    at = journal.find(attempt.encode())
    return None if at < 0 else _parse(journal[at : at + ENTRY_SIZE])


def _parse(entry: bytes) -> Entry:
    pid, start, started, log_limit = map(int, entry[:START_SIZE].split()[1:])
    end = entry[START_SIZE:].split()
    if len(end) != 3 or end[2] != END_MARK:
        return Entry(pid, start, started, log_limit, None, None)
    return Entry(pid, start, started, log_limit, int(end[0]), int(end[1]))
