"""Pieces of work that need nothing of one another, shared among the processors."""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, TypeVar

from backfilld.errors import ForecastFailed

T = TypeVar("T")
Work = Callable[[], T]
_PR_SET_PDEATHSIG = 1


def together(works: Sequence[Work[T]]) -> list[T]:
    """What each of them comes to, in their order: one process for each processor that we may use, ours among them.

    The others are forked, so that nothing is read or copied twice: for a process of one thread. Raises
    `ForecastFailed` where one of them ends before its work is done.
    """
    shares = min(len(os.sched_getaffinity(0)), len(works))
    others = [_fork(works[share::shares]) for share in range(1, shares)]
    results = [[work() for work in works[::shares]], *map(_result, others)]
    return list(_in_turn(results))


def _in_turn(results: Sequence[Sequence[T]]) -> Iterator[T]:
    """One of each, and one of each again, until there are no more."""
    for number in range(len(results[0])):
        yield from (each[number] for each in results if number < len(each))


def _fork(works: Sequence[Work[T]]) -> tuple[int, BinaryIO]:
    """A process that does some of the work, and where it writes what that comes to."""
    ours, theirs = os.pipe()
    parent, child = os.getpid(), os.fork()
    if child:
        os.close(theirs)
        return child, os.fdopen(ours, "rb")
    status = os.EX_SOFTWARE
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # it has nobody to work for then
        if os.getppid() == parent:
            with os.fdopen(theirs, "wb") as pipe:
                pickle.dump([work() for work in works], pipe)
            status = os.EX_OK
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(status)  # what the parent has begun is the parent's to end


def _result(other: tuple[int, BinaryIO]) -> list[T]:
    child, pipe = other
    with pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if status:
        raise ForecastFailed(f"a part of it has ended with status {os.waitstatus_to_exitcode(status)}")
    found: list[T] = pickle.loads(said)  # noqa: S301 - from our own child, which nobody else can write to
    return found
