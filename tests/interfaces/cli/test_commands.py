"""What holds of every command: JSON for scripts, exit codes that are written down, nothing that moves a cursor."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from interfaces.cli.fake_daemon import FakeDaemon, backfill, run_of
from interfaces.cli.running import client
from typer.main import get_command

from backfilld.interfaces.cli.app import app
from backfilld.interfaces.cli.output import EXIT_CODES, Exit

PROMISED = (
    "plan submit list show watch start pause resume cancel rerun skip hold release trigger stop set set-state amend "
    "explain forecast failures gaps logs schedules catalog token audit schema"
)
HEAVY = ("httpx", "rich.console", "pydantic", "pendulum", "yaml", "fastapi")
"""What costs more to import than to say a version."""
FREE = {
    "name",
    "comment",
    "message",
    "reason",
    "title",
    "error",
    "by",
    "what",
    "task",
    "project",
    "workflow",
    "channel",
}
"""What people, files and tasks write."""
POISON = "a\x1b[2J\x9b1m\u202eb\nc"


def commands(group: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that call it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *path, name)
        else:
            yield (*path, name), command


EVERY = list(commands(get_command(app)))


def test_every_promised_command_is_there() -> None:
    """The list of the contract, each a command or a group of them."""
    assert set(PROMISED.split()) <= {path[0] for path, _ in EVERY}


@pytest.mark.parametrize(("path", "command"), EVERY, ids=lambda each: " ".join(each) if isinstance(each, tuple) else "")
def test_every_command_speaks_json_and_says_what_it_does(path: tuple[str, ...], command: Any) -> None:
    """There is no command without --json, a sentence of help, and a word about each of its options."""
    options = {way: parameter for parameter in command.params for way in parameter.opts}
    assert "--json" in options, path
    assert command.help
    assert [way for way, parameter in options.items() if not parameter.help] == []


def test_exit_codes_are_written_down() -> None:
    """The help ends with each code that the client leaves with, and no other."""
    assert [int(code) for code in re.findall(r"(?<=[ ;])(\d+) (?=[a-zA-Z])", EXIT_CODES)] == sorted(Exit)


def test_a_version_costs_no_heavy_import() -> None:
    """What a command needs is imported when it is called, and not for the others."""
    said = f"import sys; from backfilld.interfaces.cli.app import app; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def poisoned(value: Any, key: str = "") -> Any:
    """The same with what moves a cursor in every free text."""
    if isinstance(value, dict):
        return {name: poisoned(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [poisoned(each, key) for each in value]
    return POISON if isinstance(value, str) and key in FREE else value


ENTRY = {"id": 1, "at": "2024-05-01T10:00:00Z", "by": "x", "what": "x", "counts": {}, "about": {"reason": "x"}}
CYCLE = {"task": "x", "bizdate": "2013-01-01", "cycle_time": "2013-01-01T05:00:00Z", "state": "running"}
WAIT = {"message": "x", "waits_for": [CYCLE], "more": 0}
ALERT = {
    "id": 1,
    "created_at": "x",
    "channel": "x",
    "state": "sent",
    "tries": 1,
    "next_try": None,
    "title": "x",
    "error": "x",
}
ACT = {
    "id": "3f9a0c1b-e2d4-4778-8a11-0c5c2c2f7a01",
    "status": "failed",
    "act": "skip",
    "of": "instance",
    "by": "x",
    "total": 1,
    "done": 1,
    "counts": {"rejected": 1},
    "refusals": [{"of": "instance", "id": 1, "verdict": "rejected", "reason": "x", "seconds": None}],
    "accepted_at": "2024-05-01T10:00:00Z",
    "error": "x",
}
ANSWERS: dict[str, Any] = {
    "/v1/backfills": {"items": [backfill()], "next": None},
    "/v1/backfills/3": {**backfill(status="succeeded", succeeded=4), "comment": "x", "reason": {"message": "x"}},
    "/v1/backfills/3/runs": {"items": [run_of(11, "2013-01-01")], "next": None},
    "/v1/task_instances/4000000/explain": {**CYCLE, "reason": WAIT},
    "/v1/audit": {"items": [ENTRY], "next": None},
    "/v1/alerts": {"items": [ALERT], "next": None},
    "/v1/operations": {"items": [ACT], "next": None},
    f"/v1/operations/{ACT['id']}": ACT,
    "/v1/workflows": {"items": [{"id": 1, "project": "x", "name": "x", "type": "Manual", "tasks": 1}], "next": None},
}


@pytest.mark.parametrize(
    "words",
    [
        "list",
        "show 3",
        "watch 3",
        "explain 4000000",
        "audit",
        "alerts list",
        "operations",
        f"operation {ACT['id']}",
        "catalog list",
        "catalog show x",
        "pause 9",
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_nothing_moves_the_cursor(words: str, as_json: bool, daemon: FakeDaemon) -> None:
    """Whatever stands in names, reasons and errors: it is spelled out, in text, in JSON and in what is refused."""
    for path, answer in ANSWERS.items():
        daemon.on("GET", path, poisoned(answer))
    done = client(*words.split(), *(["--json"] if as_json else []), state=daemon.state)
    told = done.stdout + done.stderr
    assert told
    assert not set(told) & set("\x1b\x9b\u202e\x07")
    if as_json and done.returncode == 0:
        json.loads(done.stdout)
