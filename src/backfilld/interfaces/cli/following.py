"""A log as it grows, on the client's side: to the end of its attempt, also past a lost connection."""

from __future__ import annotations

import time
from collections.abc import Iterator

from backfilld.interfaces.cli.client import Daemon
from backfilld.interfaces.cli.endpoint import Unreachable

PAUSE = 1.0
"""Seconds before a daemon that has gone is asked again."""


def followed(daemon: Daemon, path: str, attempt: int, offset: int, patience: int) -> Iterator[bytes]:
    """What an attempt of the task instance at `path` writes from an offset on, until it has ended.

    A daemon that is silent for longer than `patience` seconds is given up; the first call raises `Unreachable` at
    once. Where the middle was cut out of a log while nobody was connected, some of it may come twice.
    """
    heard: float | None = None
    while True:
        try:
            asked = {"attempt": attempt, "follow": "true", "from": offset}
            with daemon.answer("GET", f"{path}/log", params=asked) as response:
                heard = time.monotonic()
                for piece in response.iter_bytes():
                    offset, heard = offset + len(piece), time.monotonic()
                    yield piece
            if _has_ended(daemon, path, attempt):
                return
        except Unreachable:
            if heard is None or time.monotonic() - heard > patience:
                raise
        time.sleep(PAUSE)


def _has_ended(daemon: Daemon, path: str, attempt: int) -> bool:
    """Whether nothing more comes: a daemon that ends closes the connection too."""
    found = [each for each in daemon.get(path)["attempts"] if each["number"] == attempt]
    return not found or found[0]["ended_at"] is not None
