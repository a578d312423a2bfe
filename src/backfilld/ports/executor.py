"""Where attempts run, and what is reported about them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LaunchSpec:
    """One attempt, ready to start on a host. `attempt` is 32 hexadecimal digits and names it everywhere."""

    attempt: str
    group: str
    command: tuple[str, ...]
    """A program and its arguments, executed directly; a shell is a program too."""
    environment: Mapping[str, str]
    """The whole environment, less what only the host knows (log path, output file, secrets of the group)."""
    cwd: str | None
    log_limit: int
    """Bytes of output that are kept; past that the middle goes."""
    not_after: datetime
    """Refused when the host reads this later."""
    payload: bytes | None = None


class Ending(Enum):
    """How an attempt ended, as far as its host knows."""

    EXITED = "exited"
    STOPPED = "stopped"
    LOST = "lost"
    VOID = "void"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Started:
    """The attempt's process exists."""

    attempt: str
    at: datetime
    pid: int


@dataclass(frozen=True, slots=True)
class Ended:
    """No process of the attempt is left.

    EXITED: its program ended by itself, `exit_code` tells how (128 + n for signal n). STOPPED: it was told to stop and
    is gone. LOST: it started, and nobody knows how it ended. VOID: it never started and never will (its host
    was late, or gone). REFUSED: the same, because its host cannot take it (stale epoch, group full or unknown, too
    large).
    """

    attempt: str
    ending: Ending
    exit_code: int | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    output: bytes | None = None
    reason: str = ""


Outcome = Started | Ended


@dataclass(frozen=True, slots=True)
class LogPart:
    """Bytes of an attempt's output from `offset`. Offsets are stable; `hole` is the stretch that was cut out."""

    offset: int
    data: bytes
    size: int
    hole: tuple[int, int] | None = None


class Executor(Protocol):
    """Where attempts run. Every call is safe to repeat; nothing here waits for a task."""

    def launch(self, specs: Sequence[LaunchSpec], epoch: int) -> None:
        """Start each attempt at most once, ever. What cannot start is REFUSED in `outcomes`."""
        ...

    def stop(self, attempts: Mapping[str, float]) -> None:
        """End each attempt's whole process group: TERM, the given seconds of grace, KILL. `outcomes` reports it."""
        ...

    def reattach(self, attempts: Iterable[str]) -> None:
        """Find out about attempts launched by an earlier daemon: each is adopted, or its ending is in `outcomes`."""
        ...

    def outcomes(self) -> list[Outcome]:
        """Wait for news and take them all; empty only once the executor is closed."""
        ...

    def forget(self, attempts: Iterable[str]) -> None:
        """Their endings are durable elsewhere: their records may go (logs stay)."""
        ...

    def discard(self, attempts: Collection[str]) -> bool:
        """Remove the logs of attempts that have ended; False where a host does not answer: ask again later."""
        ...

    def records(self) -> frozenset[str]:
        """Every attempt that the host knows anything of: those that run, and those whose record has not gone.

        Raises a `ProductError` where the host does not answer.
        """
        ...

    def log(self, attempt: str, offset: int, limit: int) -> LogPart:
        """Output from `offset`, at most `limit` bytes, empty where there is none; negative counts from the end."""
        ...

    def trouble(self) -> str | None:
        """Why nothing can start or be heard of at the moment, for readiness; None if all is well."""
        ...

    def close(self) -> None:
        """Release the host; tasks that run go on."""
        ...


@dataclass(frozen=True, slots=True)
class SlotGroup:
    """A resource group on a host: how many attempts at once, and what only this host adds to their environment."""

    slots: int
    secrets: Mapping[str, str] = field(default_factory=dict)
