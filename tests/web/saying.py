"""A task that says what a test has it say, while it says it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from web.seeding import Seeded


@contextmanager
def saying(daemon: Seeded, name: str) -> Iterator[tuple[dict[str, Any], TextIO]]:
    """An instance that runs, and a file: what is written to it stands in its log. It succeeds when the file closes."""
    os.mkfifo(daemon.gate(name))
    backfill = daemon.submit(name, ["says"], gate=name)
    with daemon.gate(name).open("w", buffering=1) as said:  # waits until the task has it open
        yield daemon.instance(backfill, "says"), said
