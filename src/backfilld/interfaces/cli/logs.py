"""`backfill logs`: what an attempt of a task instance wrote."""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import httpx
import typer

from backfilld.errors import Fault, InvalidRequest, NotFound
from backfilld.interfaces.cli.client import Daemon, Refused, View
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.legible import legible
from backfilld.interfaces.cli.options import Json
from backfilld.interfaces.cli.output import print_json

_ADDRESS = re.compile(r"(?P<backfill>\d+)/(?P<task>.+)/(?P<day>\d{4}-\d\d-\d\d)(?:/(?P<hour>\d\d:\d\d))?")
_FORM = "an id, or BACKFILL/TASK/DATE such as 12/extract/2013-01-05, with /HH:MM (UTC) where it has several cycles"
FIRST_TAIL, GROWTH = 64 * 1024, 8


@with_daemon
def logs(
    daemon: Daemon,
    instance: Annotated[
        str, typer.Argument(metavar="INSTANCE", help="Its id; or BACKFILL/TASK/DATE[/HH:MM, the cycle in UTC].")
    ],
    attempt: Annotated[int | None, typer.Option(min=1, help="Which attempt; left out: the last.")] = None,
    tail: Annotated[int | None, typer.Option(min=0, help="Only so many lines from the end.")] = None,
    as_json: Json = False,
) -> None:
    """Print the log of a task instance. With --json: one object with `instance`, `attempt` and `log`."""
    found = _instance(daemon, instance)
    asked = {} if attempt is None else {"attempt": attempt}
    path = f"/v1/task_instances/{found}/log"
    pieces = _whole(daemon, path, asked) if tail is None else iter([_tail(daemon, path, asked, tail)])
    if as_json:
        text = b"".join(pieces).decode(errors="replace")
        number = attempt or daemon.get(f"/v1/task_instances/{found}")["attempt"]
        print_json({"instance": found, "attempt": number, "log": text})
    else:
        _write(pieces)


def _instance(daemon: Daemon, address: str) -> int:
    if address.isascii() and address.isdigit():
        return int(address)
    if not (parts := _ADDRESS.fullmatch(address)):
        raise InvalidRequest([Fault("INSTANCE", address, _FORM)])
    found = [each for each in _named(daemon, parts) if (parts["hour"] or "") in each["cycle_time"]]
    if not found:
        raise NotFound("task instance", address)
    if len(found) > 1:
        cycles = ", ".join(f"{each['cycle_time'][11:16]} ({each['state']})" for each in found)
        raise InvalidRequest(
            [Fault("INSTANCE", address, f"one of its {len(found)} cycles, as {address}/HH:MM: {cycles}")]
        )
    return int(found[0]["id"])


def _named(daemon: Daemon, parts: re.Match[str]) -> Iterator[View]:
    for run in daemon.items(f"/v1/backfills/{parts['backfill']}/runs"):
        if run["bizdate"] == parts["day"]:
            yield from daemon.items(
                f"/v1/backfills/{parts['backfill']}/task_instances", run=run["id"], task=parts["task"]
            )


def _whole(daemon: Daemon, path: str, asked: dict[str, Any]) -> Iterator[bytes]:
    with daemon.answer("GET", path, params=asked) as response:
        yield from _without_hole(response.iter_bytes(), 0, _hole(response))


def _tail(daemon: Daemon, path: str, asked: dict[str, Any], lines: int) -> bytes:
    """The last lines: a larger piece of the end is asked for until it holds them all."""
    size = FIRST_TAIL
    while True:
        first, data = _end(daemon, path, asked, size)
        found = data.splitlines(keepends=True)
        if first == 0 or len(found) > lines:
            return b"".join(found[max(len(found) - lines, 0) :])
        size *= GROWTH


def _end(daemon: Daemon, path: str, asked: dict[str, Any], size: int) -> tuple[int, bytes]:
    """Where the last `size` bytes begin, and they themselves; an empty log has none to give."""
    try:
        with daemon.answer("GET", path, params=asked, headers={"Range": f"bytes=-{size}"}) as response:
            first = _first(response)
            return first, b"".join(_without_hole(response.iter_bytes(), first, _hole(response)))
    except Refused as error:
        if error.status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return 0, b""
        raise


def _first(response: httpx.Response) -> int:
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(found[1]) if found else 0


def _hole(response: httpx.Response) -> tuple[int, int] | None:
    found = re.fullmatch(r"(\d+)-(\d+)", response.headers.get("X-Log-Hole", ""))
    return (int(found[1]), int(found[2])) if found else None


def _without_hole(pieces: Iterable[bytes], at: int, hole: tuple[int, int] | None) -> Iterator[bytes]:
    """The pieces from offset `at` on; a note stands where the middle was cut out."""
    if hole is None:
        yield from pieces
        return
    start, end = hole
    noted = at >= end
    for piece in pieces:
        yield piece[: max(start - at, 0)]
        if not noted and at + len(piece) > start:
            noted = True
            yield f"\n[{end - start:,} bytes were cut out here: log_limit]\n".encode()
        yield piece[max(end - at, 0) :]
        at += len(piece)


def _write(pieces: Iterator[bytes]) -> None:
    """To a terminal as safe text, to a pipe byte by byte as it was written."""
    if not sys.stdout.isatty():
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    decoder, last = codecs.getincrementaldecoder("utf-8")(errors="replace"), "\n"
    for piece in pieces:
        if text := decoder.decode(piece):
            sys.stdout.write(legible(text))
            last = text[-1]
    sys.stdout.write("" if last == "\n" else "\n")
