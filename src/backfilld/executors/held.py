"""What a runner keeps of an attempt that occupies a slot."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from datetime import UTC, datetime

from backfilld.executors.logs import read_output
from backfilld.executors.processes import Kin
from backfilld.executors.record import Entry, Owner, Tombstone, read_claim, read_entry
from backfilld.executors.slots import Worker
from backfilld.executors.spool import Spool
from backfilld.ports import Ended, Ending


@dataclass(eq=False, slots=True)
class Held:
    """An attempt in a slot, from its hand-over or adoption until no process of it is left.

    `worker` is ours, `owner` somebody else's or a dead one's. `order` is the strongest signal that it is to get, if
    any; `obeyed` says that one was sent. `verdict` is how it ended, told once its processes are gone.
    """

    attempt: str
    group: str
    log_limit: int = 0
    worker: Worker | None = None
    owner: Owner | None = None
    entry: Entry | None = None
    whole_session: bool = True
    pid: int = 0
    started: int = 0
    log_size: int = 0
    order: signal.Signals | None = None
    obeyed: bool = False
    stopping: bool = False
    verdict: Ended | None = None
    watching: bool = False

    def kin(self, spool: Spool) -> Kin | None:
        """Its processes, as far as its record names them; None before there is a claim."""
        if self.owner is None and isinstance(claim := read_claim(spool, self.attempt), Owner):
            self.owner = claim
        if self.owner is None:
            return None
        self.entry = self.entry or read_entry(spool, self.owner, self.attempt)
        return Kin(self.attempt, self.owner, self.entry, self.whole_session)

    def read(self, spool: Spool) -> None:
        """Take from the owner's journal what it says by now."""
        if self.owner and (entry := read_entry(spool, self.owner, self.attempt)):
            self.entry = entry
            self.pid, self.started, self.log_limit = entry.pid, entry.started, entry.log_limit

    def ended(self, spool: Spool, code: int, started: int, ended: int) -> None:
        """It ended and its exit code is known."""
        output, reason = read_output(spool, self.attempt)
        ending = Ending.STOPPED if self.stopping else Ending.EXITED
        self.verdict = Ended(self.attempt, ending, code, moment(started), moment(ended), output, reason)

    @property
    def is_over(self) -> bool:
        """True once its record has the end mark."""
        return self.entry is not None and self.entry.code is not None

    def judge_by_record(self, spool: Spool) -> None:
        """Its owner is gone, or is done with it: what the journal says now is final. What is left of it has to go."""
        self.read(spool)
        if self.entry and self.entry.code is not None and self.entry.ended is not None:
            self.ended(spool, self.entry.code, self.entry.started, self.entry.ended)
            self.order = self.order or signal.SIGKILL
        else:
            self._lost()

    def _lost(self) -> None:
        self.whole_session = True
        self.order = signal.SIGKILL
        ending = Ending.STOPPED if self.stopping else Ending.LOST
        started = moment(self.started) if self.started else None
        self.verdict = Ended(self.attempt, ending, started_at=started, reason="its worker was killed")


def ended_without_start(attempt: str, tombstone: Tombstone) -> Ended:
    """The ending that a tombstone stands for."""
    if tombstone is Tombstone.LOST:
        return Ended(attempt, Ending.LOST, reason="the host went down, and nothing tells whether it had started")
    return Ended(attempt, Ending.VOID)


def moment(nanoseconds: int) -> datetime:
    """Nanoseconds since 1970 as an aware moment."""
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
