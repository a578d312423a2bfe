"""The output of attempts: read by offset, and kept below its limit by cutting out the middle."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable
from contextlib import suppress

from backfilld.executors.spool import Spool, is_attempt, punch_hole
from backfilld.ports import LogPart

BLOCK = 4096
MAX_OUTPUT = 64 * 1024


def read_log(spool: Spool, attempt: str, offset: int, limit: int) -> LogPart:
    """Output from `offset`, which counts from the end if negative; from a hole's end on if it lies in the hole.

    The bytes never reach into the hole: the next read, from where they end, goes on behind it.
    """
    try:
        descriptor = os.open(spool.log(attempt), os.O_RDONLY | os.O_CLOEXEC) if is_attempt(attempt) else -1
    except FileNotFoundError:
        descriptor = -1
    if descriptor < 0:
        return LogPart(max(offset, 0), b"", 0)
    try:
        return _part(descriptor, offset, limit)
    finally:
        os.close(descriptor)


def _part(descriptor: int, offset: int, limit: int) -> LogPart:
    size = os.fstat(descriptor).st_size
    hole = _hole(descriptor, size)
    first = offset if offset >= 0 else max(size + offset, 0)
    if hole and hole[0] <= first < hole[1]:
        first = hole[1]
    end = min(first + max(limit, 0), size)
    if hole and first < hole[0]:
        end = min(end, hole[0])
    data = os.pread(descriptor, max(end - first, 0), first)
    return LogPart(first, data, size, hole)


def _hole(descriptor: int, size: int) -> tuple[int, int] | None:
    """The file itself remembers what was cut out of it."""
    if not size or (start := os.lseek(descriptor, 0, os.SEEK_HOLE)) >= size:
        return None
    try:
        return start, os.lseek(descriptor, start, os.SEEK_DATA)
    except OSError:  # ENXIO: no data behind it
        return start, size


def remove_logs(spool: Spool, attempts: Iterable[str]) -> None:
    """The attempts' output goes; what is gone already is left alone."""
    for attempt in filter(is_attempt, attempts):
        with suppress(FileNotFoundError):
            os.unlink(spool.log(attempt))  # noqa: PTH108  # hundreds at once: a Path costs more than the call


def trim_log(spool: Spool, attempt: str, limit: int) -> int:
    """Cut out the middle so that head and tail, half the limit each, stay; the file's size, 0 where there is none.

    Cuts are made at whole blocks, so up to two blocks more than the limit are kept.
    """
    path = spool.log(attempt)
    try:
        size = os.stat(path).st_size  # noqa: PTH116  # once an attempt: a Path costs more than the call
    except FileNotFoundError:
        return 0
    start = -(-(limit // 2) // BLOCK) * BLOCK
    end = (size - (limit - limit // 2)) // BLOCK * BLOCK
    if size > limit and end > start:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            punch_hole(descriptor, start, end)
        finally:
            os.close(descriptor)
    return size


def read_output(spool: Spool, attempt: str) -> tuple[bytes | None, str]:
    """The JSON that the task handed back, or why it is not taken; neither where it handed back nothing."""
    try:
        descriptor = os.open(spool.output(attempt), os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None, ""
    except OSError as error:
        return None, f"its output file cannot be read: {error.strerror}"
    try:
        return _checked(descriptor)
    finally:
        os.close(descriptor)


def _checked(descriptor: int) -> tuple[bytes | None, str]:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return None, "its output file is not a file"
    data = os.read(descriptor, MAX_OUTPUT + 1)
    if len(data) > MAX_OUTPUT:
        return None, f"its output file has more than {MAX_OUTPUT} bytes"
    try:
        json.loads(data)
    except (ValueError, RecursionError):  # bad JSON, bad UTF-8, or nested too deeply
        return None, "its output file is not JSON"
    return data, ""
