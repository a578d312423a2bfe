"""Watching a backfill until it is done: bars on a terminal, lines in a pipe, nothing but the end as JSON."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import TracebackType
from typing import Protocol

import typer

from backfilld.interfaces.cli.bars import Bars
from backfilld.interfaces.cli.client import Daemon, View
from backfilld.interfaces.cli.endpoint import Unreachable
from backfilld.interfaces.cli.failures import describe
from backfilld.interfaces.cli.output import Exit, complain, console, print_json
from backfilld.interfaces.cli.progress import ENDED, last_line, line

PAUSE = 1.0
SHOWN_FAILURES = 3


class Display(Protocol):
    """Where progress is shown."""

    def __enter__(self) -> Display: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...

    def show(self, backfill: View) -> None:
        """Show how far the backfill is."""

    def silent(self, reason: str) -> None:
        """Show that the daemon does not answer at the moment."""


class Quiet:
    """Says nothing but that the daemon is silent, once for each silence."""

    def __init__(self) -> None:
        self._silent = False

    def __enter__(self) -> Quiet:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, backfill: View) -> None:
        """Note that the daemon answers."""
        self._silent = False

    def silent(self, reason: str) -> None:
        """On standard error, so that what is piped stays what it is."""
        if not self._silent:
            complain(f"{reason}; trying on")
        self._silent = True


class Lines(Quiet):
    """Prints a line whenever something has changed."""

    def __init__(self) -> None:
        super().__init__()
        self._last = ""

    def show(self, backfill: View) -> None:
        """The line goes out at once: whoever reads the pipe is waiting for it."""
        super().show(backfill)
        if (now := line(backfill)) != self._last:
            print(now, flush=True)
        self._last = now


def watch_to_end(daemon: Daemon, backfill: int, *, as_json: bool, patience: int) -> None:
    """Watch until it is done, say how it ended, and leave with the exit code that fits."""
    try:
        ended = _watched(daemon, backfill, _display(daemon, as_json=as_json), patience)
    except KeyboardInterrupt:
        complain(f"backfill {backfill} goes on; to see it again: backfill watch {backfill}")
        raise typer.Exit(Exit.INTERRUPTED) from None
    failures = daemon.get(f"/v1/backfills/{backfill}/failures")["items"] if ended["status"] == "failed" else []
    if as_json:
        print_json({**ended, "failures": failures})
    else:
        _tell_end(ended, failures)
    if ended["status"] != "succeeded":
        raise typer.Exit(Exit.FAILED)


def _display(daemon: Daemon, *, as_json: bool) -> Display:
    if as_json:
        return Quiet()
    out = console()
    return Bars(daemon) if out.is_terminal and not out.is_dumb_terminal else Lines()


def _watched(daemon: Daemon, backfill: int, display: Display, patience: int) -> View:
    last: View = {}
    with display as shown:
        for seen in _looks(daemon, backfill, patience):
            if isinstance(seen, Unreachable):
                shown.silent(str(seen))
                continue
            last = seen
            try:
                shown.show(last)
            except Unreachable as silence:  # gone between two questions: the next look counts
                shown.silent(str(silence))
    return last


def _looks(daemon: Daemon, backfill: int, patience: int) -> Iterator[View | Unreachable]:
    """The backfill once a second until it is done; a daemon that is silent for longer than `patience` is given up.

    The first look raises `Unreachable` at once: then there is nothing to wait for.
    """
    seen: View = daemon.get(f"/v1/backfills/{backfill}")
    yield seen
    heard = time.monotonic()
    while seen["status"] not in ENDED:
        time.sleep(PAUSE)
        try:
            seen = daemon.get(f"/v1/backfills/{backfill}")
            heard = time.monotonic()
            yield seen
        except Unreachable as silence:
            if time.monotonic() - heard > patience:
                raise
            yield silence


def _tell_end(ended: View, failures: list[View]) -> None:
    out = console()
    for failure in failures[:SHOWN_FAILURES]:
        out.print(describe(failure))
    if len(failures) > SHOWN_FAILURES:
        out.print(f"{len(failures) - SHOWN_FAILURES} more: backfill failures {ended['id']}")
    out.print(last_line(ended), style="" if ended["status"] == "succeeded" else "bold red")
