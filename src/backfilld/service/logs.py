"""Reading what attempts have written."""

from __future__ import annotations

from collections.abc import Iterator

from backfilld.ports import Executor, LogPart

BLOCK = 256 * 1024
LINES = 10
TAIL = 8 * 1024
"""Bytes that the last lines may have; longer ones are cut in front."""


def last_lines(executor: Executor, attempt: str) -> str:
    """The last lines of the attempt's output as text; bytes that are not UTF-8 are replaced."""
    text = executor.log(attempt, -TAIL, TAIL).data.decode(errors="replace")
    return "\n".join(text.rstrip("\n").split("\n")[-LINES:])


def blocks(executor: Executor, attempt: str, first: LogPart) -> Iterator[bytes]:
    """The output from `first` to the end that it had then, passing over a hole, also one that comes meanwhile."""
    part = first
    while part.data:
        yield part.data[: first.size - part.offset]
        offset = part.offset + len(part.data)
        if offset >= first.size:
            return
        part = executor.log(attempt, offset, min(BLOCK, first.size - offset))
