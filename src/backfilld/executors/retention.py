"""Records that are not needed any more, and when they may go: in small steps, over many restarts."""

from __future__ import annotations

import logging
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path

from backfilld.executors.processes import watch_owner
from backfilld.executors.record import read_owner
from backfilld.executors.spool import HOUR, Spool, is_attempt

_LOG = logging.getLogger(__name__)
AGAIN = 5.0
"""Seconds between two tries to write a list."""
STEP = 100
"""Attempts, or workers' files, that one step removes: a few milliseconds even on a slow folder."""


class Retention:
    """Forgotten attempts, listed by the hour in which their records may go.

    A claim may only go when nobody can be late to make it: one hour after the last moment at which its attempt was
    allowed to start. The lists are files, so a restart changes nothing; a step done twice does no harm.
    """

    def __init__(self, spool: Spool, clock: Callable[[], float] = time.time) -> None:
        self._spool = spool
        self._clock = clock
        self._unlisted: dict[str, float] = {}
        self._hours = {int(path.name) for path in spool.forgotten.iterdir()}
        self._hour: int | None = None
        self._offset = 0
        self._sweep = self._worker_files()

    def forget(self, not_after: Mapping[str, float]) -> None:
        """List these attempts; each was allowed to start until the moment given (seconds since 1970).

        Where the disk has no room for the list they are kept in mind, and listed at a later step.
        """
        self._unlisted.update(not_after)
        self._list()

    def _list(self) -> None:
        by_hour: defaultdict[int, list[str]] = defaultdict(list)
        for attempt, moment in self._unlisted.items():
            by_hour[int((moment + HOUR) // HOUR) + 1].append(f"{attempt}\n")
        try:
            for hour, lines in by_hour.items():
                with (self._spool.forgotten / str(hour)).open("ab", buffering=0) as file:
                    file.write("".join(lines).encode())  # one write: a kill leaves all of it or nothing
                self._hours.add(hour)
        except OSError as error:
            _LOG.warning("%d attempts cannot be listed as forgotten: %s", len(self._unlisted), error)
        else:
            self._unlisted.clear()

    @property
    def next_step(self) -> float | None:
        """Seconds until there is something to remove; 0 if there is now, None if nothing is listed."""
        if self._sweep or self._hour is not None:
            return 0.0
        if self._unlisted:
            return AGAIN
        return max(min(self._hours) * HOUR - self._clock(), 0.0) if self._hours else None

    def step(self) -> None:
        """Remove a little of what may go now."""
        if self._unlisted:
            self._list()
        if self._sweep:
            self._sweep_some()
        elif self._hours and min(self._hours) * HOUR <= self._clock():
            self._remove_some(min(self._hours))

    def _remove_some(self, hour: int) -> None:
        self._offset = self._offset if self._hour == hour else 0
        self._hour = hour
        path = self._spool.forgotten / str(hour)
        with path.open("rb") as file:
            file.seek(self._offset)
            lines = [line.decode().strip() for line in islice(iter(file.readline, b""), STEP)]
            self._offset = file.tell()
        self._remove_records(filter(is_attempt, lines))
        if not lines:
            path.unlink()
            self._hours.discard(hour)
            self._hour = None
            self._sweep = self._worker_files()

    def _remove_records(self, attempts: Iterable[str]) -> None:
        """The claim last: as long as it is there, the rest can be found."""
        for attempt in attempts:
            for path in (self._spool.payload(attempt), self._spool.output(attempt), self._spool.claim(attempt)):
                with suppress(FileNotFoundError):
                    os.unlink(path)  # noqa: PTH108  # three a record: a Path costs more than the call

    def _worker_files(self) -> list[tuple[Path, bool]]:
        """Every identity file, and whether its worker has a newer one."""
        newest: defaultdict[str, int] = defaultdict(int)
        identities = [(path, *_name_and_number(path)) for path in self._spool.workers.glob("*.id")]
        for _, name, number in identities:
            newest[name] = max(newest[name], number)
        return [(path, number < newest[name]) for path, name, number in identities]

    def _sweep_some(self) -> None:
        """Remove journals which no claim names and no worker uses; a worker uses the newest of its own."""
        chosen, self._sweep = self._sweep[-STEP:], self._sweep[:-STEP]
        for identity, superseded in chosen:
            with suppress(FileNotFoundError):
                if identity.stat().st_nlink == 1 and (superseded or _is_dead(identity)):
                    identity.with_suffix(".journal").unlink(missing_ok=True)
                    identity.unlink()


def _name_and_number(identity: Path) -> tuple[str, int]:
    name, number, _ = identity.name.split(".")
    return name, int(number)


def _is_dead(identity: Path) -> bool:
    """Is the worker gone? One that has only begun to write its identity is not."""
    owner = read_owner(identity.read_bytes())
    if owner is None:
        return time.time() - identity.stat().st_mtime > HOUR
    descriptor = watch_owner(owner)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is None
