"""`backfill logs`: what an attempt of a task instance wrote."""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import chain
from typing import Annotated, Any

import httpx
import typer

from backfilld.interfaces.cli.client import Daemon, Refused
from backfilld.interfaces.cli.connecting import with_daemon
from backfilld.interfaces.cli.following import followed
from backfilld.interfaces.cli.instances import Instance, instance_of
from backfilld.interfaces.cli.legible import legible
from backfilld.interfaces.cli.options import PATIENCE, Json, Patience
from backfilld.interfaces.cli.output import print_json

_RANGE = re.compile(r"bytes \d+-(?P<last>\d+)/(?P<size>\d+)")
TAIL = 64 * 1024


@with_daemon
def logs(
    daemon: Daemon,
    instance: Instance,
    attempt: Annotated[int | None, typer.Option(min=1, help="Which attempt; left out: the last.")] = None,
    tail: Annotated[int | None, typer.Option(min=0, help="Only so many lines from the end.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as it grows, until the attempt ends.")] = False,
    as_json: Json = False,
    patience: Patience = PATIENCE,
) -> None:
    """Print the log of a task instance. With --json: one object with `instance`, `attempt` and `log`."""
    found = instance_of(daemon, instance)
    asked = {} if attempt is None else {"attempt": attempt}
    path = f"/v1/task_instances/{found}"
    log = f"{path}/log"
    pieces: Iterable[bytes]
    if follow:
        number = attempt or daemon.get(path)["attempt"]
        begun, offset = (b"", 0) if tail is None else _begun(daemon, log, {"attempt": number}, tail)
        pieces = chain([begun], followed(daemon, path, number, offset, patience))
    else:
        pieces = _whole(daemon, log, asked) if tail is None else iter([_tail(daemon, log, asked, tail)])
    if as_json:
        text = b"".join(pieces).decode(errors="replace")
        number = attempt or daemon.get(path)["attempt"]
        print_json({"instance": found, "attempt": number, "log": text})
    else:
        _write(pieces)


def _whole(daemon: Daemon, path: str, asked: dict[str, Any]) -> Iterator[bytes]:
    with daemon.answer("GET", path, params=asked) as response:
        yield from _with_note(response.iter_bytes(), _hole(response))


def _tail(daemon: Daemon, path: str, asked: dict[str, Any], lines: int) -> bytes:
    """The last lines: a piece of the end mostly holds them; else all that there is goes by."""
    end = _end(daemon, path, asked)
    enough = end is not None and end[0].count(b"\n") > lines
    return _last(end[0] if end and enough else b"".join(_whole(daemon, path, asked)), lines)


def _begun(daemon: Daemon, path: str, asked: dict[str, Any], lines: int) -> tuple[bytes, int]:
    """The last lines as far as they are in the last piece, and the offset behind them."""
    data, size = _end(daemon, path, asked) or (b"", 0)
    return _last(data, lines), size


def _last(data: bytes, lines: int) -> bytes:
    kept = BytesIO(data).readlines()  # a carriage return ends no line: progress bars write many
    return b"".join(kept[max(len(kept) - lines, 0) :])


def _end(daemon: Daemon, path: str, asked: dict[str, Any]) -> tuple[bytes, int] | None:
    """The last bytes, and the size of all; None where the daemon gives none up to the end.

    That is an empty log, or the middle is cut out there.
    """
    try:
        with daemon.answer("GET", path, params=asked, headers={"Range": f"bytes=-{TAIL}"}) as response:
            last = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
            size = int(last["size"]) if last else 0
            return (response.read(), size) if last and int(last["last"]) + 1 == size else None
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


def _write(pieces: Iterable[bytes]) -> None:
    """To a terminal as safe text, to a pipe byte by byte as it was written."""
    if not sys.stdout.isatty():
        for piece in pieces:
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()  # whoever follows is waiting for it
        return
    decoder, last = codecs.getincrementaldecoder("utf-8")(errors="replace"), "\n"
    for piece in pieces:
        if text := decoder.decode(piece):
            sys.stdout.write(legible(text))
            sys.stdout.flush()
            last = text[-1]
    sys.stdout.write("" if last == "\n" else "\n")
