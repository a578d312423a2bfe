"""`backfill logs`: what an attempt of a task instance wrote."""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Annotated, Any

import httpx
import typer

from backfilld.interfaces.cli.client import Daemon, Refused
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.instances import Instance, instance_of
from backfilld.interfaces.cli.legible import legible
from backfilld.interfaces.cli.options import Json
from backfilld.interfaces.cli.output import print_json

_RANGE = re.compile(r"bytes \d+-(?P<last>\d+)/(?P<size>\d+)")
TAIL = 64 * 1024


@with_daemon
def logs(
    daemon: Daemon,
    instance: Instance,
    attempt: Annotated[int | None, typer.Option(min=1, help="Which attempt; left out: the last.")] = None,
    tail: Annotated[int | None, typer.Option(min=0, help="Only so many lines from the end.")] = None,
    as_json: Json = False,
) -> None:
    """Print the log of a task instance. With --json: one object with `instance`, `attempt` and `log`."""
    found = instance_of(daemon, instance)
    asked = {} if attempt is None else {"attempt": attempt}
    path = f"/v1/task_instances/{found}/log"
    pieces = _whole(daemon, path, asked) if tail is None else iter([_tail(daemon, path, asked, tail)])
    if as_json:
        text = b"".join(pieces).decode(errors="replace")
        number = attempt or daemon.get(f"/v1/task_instances/{found}")["attempt"]
        print_json({"instance": found, "attempt": number, "log": text})
    else:
        _write(pieces)


def _whole(daemon: Daemon, path: str, asked: dict[str, Any]) -> Iterator[bytes]:
    with daemon.answer("GET", path, params=asked) as response:
        yield from _with_note(response.iter_bytes(), _hole(response))


def _tail(daemon: Daemon, path: str, asked: dict[str, Any], lines: int) -> bytes:
    """The last lines: a piece of the end mostly holds them; else all that there is goes by."""
    found = _end(daemon, path, asked)
    if found is None or found.count(b"\n") <= lines:
        found = b"".join(_whole(daemon, path, asked))
    kept = BytesIO(found).readlines()  # a carriage return ends no line: progress bars write many
    return b"".join(kept[max(len(kept) - lines, 0) :])


def _end(daemon: Daemon, path: str, asked: dict[str, Any]) -> bytes | None:
    """The last bytes; None where the daemon gives none up to the end: an empty log, or the middle is cut out there."""
    try:
        with daemon.answer("GET", path, params=asked, headers={"Range": f"bytes=-{TAIL}"}) as response:
            last = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
            return response.read() if last and int(last["last"]) + 1 == int(last["size"]) else None
    except Refused as error:
        if error.status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return None
        raise


def _hole(response: httpx.Response) -> tuple[int, int] | None:
    found = re.fullmatch(r"(\d+)-(\d+)", response.headers.get("X-Log-Hole", ""))
    return (int(found[1]), int(found[2])) if found else None


def _with_note(pieces: Iterable[bytes], hole: tuple[int, int] | None) -> Iterator[bytes]:
    """The whole log as the daemon sends it, which is without the hole; a note stands where that is."""
    if hole is None:
        yield from pieces
        return
    left = hole[0]
    for piece in pieces:
        if 0 <= left <= len(piece):
            yield piece[:left]
            yield f"\n[{hole[1] - hole[0]:,} bytes were cut out here: log_limit]\n".encode()
            yield piece[left:]
            left = -1
        else:
            yield piece
            left -= len(piece)


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
