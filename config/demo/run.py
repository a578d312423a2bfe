"""`make demo`: a month of real flights, planned and run by a daemon of its own on a free loopback port."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
PLACE = Path(os.environ.get("DEMO_DIR", ".demo")).resolve()
BIN = Path(sys.executable).parent
STARTS_WITHIN = 30
INTERRUPTED = 130
SETTINGS = "[resource_groups.default]\nslots = 4\n"
"""The demo's own: what this host says about a daemon, its database above all, is not for a demo to use."""


def main() -> int:
    """Prepare, run, report; the exit code is the first that is not 0."""
    data, out, state = PLACE / "data", PLACE / "out", PLACE / "state"
    if code := demo("prepare", "--data", str(data)):
        return code
    for old in (out, state):
        shutil.rmtree(old, ignore_errors=True)
    out.mkdir(parents=True)
    with daemon(state) as process:
        code = client(state, "submit", str(request(data, out)), "--watch")
        if code == 0 and (code := demo("report", "--out", str(out), "--month", "2013-01")) == 0:
            print(f"The files that the tasks wrote: {out}", flush=True)
        return code or finish(state, process)


def finish(state: Path, process: subprocess.Popen[bytes]) -> int:
    """Say where the page is; with KEEP=1 the daemon goes on until Ctrl-C, or ends by itself, which is an error."""
    if not os.environ.get("KEEP"):
        print("The page in the browser: make demo KEEP=1 keeps the daemon, and prints a link to it.")
        return 0
    address = json.loads((state / "endpoint.json").read_text())["url"]
    print(f"The page in the browser: {address}. This link logs in:", flush=True)
    if code := client(state, "token", "link"):
        return code
    print("Ctrl-C ends the daemon.", flush=True)
    try:
        return process.wait() or 1
    except KeyboardInterrupt:
        print()
        return 0


def request(data: Path, out: Path) -> Path:
    """January's request, with the folders of this run as parameters."""
    folders = {"interpreter": sys.executable, "code": str(HERE), "data": str(data), "out": str(out)}
    file = PLACE / "january.yaml"
    file.write_text((HERE / "january.yaml").read_text() + f"workflow_parameters: {json.dumps(folders)}\n")
    return file


@contextmanager
def daemon(state: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon with the demo's catalog; it ends with us."""
    settings = PLACE / "backfilld.toml"
    settings.write_text(SETTINGS)
    options = ["--settings", settings, "--catalog", HERE / "catalog", "--state", state, "--port", "0"]
    with (PLACE / "backfilld.log").open("w") as log:
        process = subprocess.Popen([BIN / "backfilld", *options], stderr=log, env=environment())
    try:
        wait_for(state / "endpoint.json", process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def wait_for(file: Path, process: subprocess.Popen[bytes]) -> None:
    """The daemon says where it is once it is ready."""
    deadline = time.monotonic() + STARTS_WITHIN
    while not file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"the daemon did not start:\n{(PLACE / 'backfilld.log').read_text()}")
        time.sleep(0.05)


def client(state: Path, *arguments: str) -> int:
    """The client, as a user would call it."""
    return subprocess.call([BIN / "backfill", *arguments, "--state", state], env=environment())


def environment() -> dict[str, str]:
    """Ours, but for what it says of another daemon."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BACKFILL")}


def demo(*arguments: str) -> int:
    """A step of the demo's own; its exit code."""
    return subprocess.call([sys.executable, "-m", "demo", *arguments], cwd=HERE)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
