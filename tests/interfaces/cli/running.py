"""The client as its users have it: a process, in a pipe or on a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

from typer.testing import CliRunner

from backfilld.interfaces.cli.app import app

CLIENT = str(Path(sys.executable).with_name("backfill"))
ESCAPE = "\x1b"


def environment(state: Path | None = None, **more: str) -> dict[str, str]:
    """A user's, with colours forced, as CI systems do, so that a pipe has to withstand that."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BACKFILL", "XDG_"))}
    found = {} if state is None else {"BACKFILL_STATE": str(state)}
    return kept | {"TERM": "xterm-256color", "FORCE_COLOR": "1", "COLUMNS": "", "LINES": ""} | found | more


def piped(*arguments: str | Path, state: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run it as a process in a pipe, to its end."""
    return subprocess.run(
        [CLIENT, *map(str, arguments)],
        env=environment(state, **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def client(*arguments: str | Path, state: Path, told: str = "") -> subprocess.CompletedProcess[str]:
    """The same without a process of its own, where only what it says matters; `told` is its standard input."""
    given = list(map(str, arguments))
    result = CliRunner().invoke(app, given, told, env=environment(state), prog_name="backfill")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return subprocess.CompletedProcess(given, result.exit_code, result.stdout, result.stderr)


def on_terminal(*arguments: str | Path, state: Path, columns: int = 80, typed: str = "") -> tuple[int, str]:
    """Run it on a pseudo-terminal, at which somebody types; its exit code and all that it wrote there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [CLIENT, *map(str, arguments)], env=environment(state), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    os.write(ours, typed.encode())
    written = b""
    with suppress(OSError):  # EIO: the other side is closed
        while piece := os.read(ours, 65_536):
            written += piece
    os.close(ours)
    return process.wait(60), written.decode()
