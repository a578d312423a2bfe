"""From an action to a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfilld.catalog.models import Command, PythonCallable, Virtual
from backfilld.service.launching import command_of


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/bin/true", ("/bin/true",)),
        ("make  -C src report", ("make", "-C", "src", "report")),
        ("python -m flights.extract --limit=10", ("python", "-m", "flights.extract", "--limit=10")),
        ('echo "$bizdate"', ("/bin/sh", "-c", 'echo "$bizdate"')),
        ("LANG=C sort", ("/bin/sh", "-c", "LANG=C sort")),
        ("exit 3", ("/bin/sh", "-c", "exit 3")),
        ("cd src", ("/bin/sh", "-c", "cd src")),
        ("a; b", ("/bin/sh", "-c", "a; b")),
        ("ls ~", ("/bin/sh", "-c", "ls ~")),
        ("ls *.py", ("/bin/sh", "-c", "ls *.py")),
        ("", ("/bin/sh", "-c", "")),
    ],
)
def test_only_shell_syntax_needs_a_shell(text: str, command: tuple[str, ...]) -> None:
    """A command without shell syntax is executed directly, any other by the shell."""
    assert command_of(Command(text)) == command


@given(st.text("abc $'\"\\;&|<>()*?[]#~=%!{}\n-", min_size=1, max_size=12))
def test_direct_execution_means_what_the_shell_means(text: str) -> None:
    """Where the shell is left out, its words would have been the same."""
    command = command_of(Command(f"printf %s, {text}"))
    if command[0] == "printf":
        by_shell = subprocess.run(["/bin/sh", "-c", f"printf %s, {text}"], capture_output=True, check=True).stdout
        assert subprocess.run(command, capture_output=True, check=True).stdout == by_shell


def test_a_callable_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    """`module:function` is found from the working folder; what it raises is an exit code."""
    (tmp_path / "report.py").write_text("def good(): print('made')\ndef bad(): raise SystemExit(4)\n")
    good, bad = (
        subprocess.run(command_of(PythonCallable(f"report:{name}")), cwd=tmp_path, capture_output=True, check=False)
        for name in ("good", "bad")
    )
    assert (good.returncode, good.stdout, bad.returncode) == (0, b"made\n", 4)
    assert command_of(PythonCallable("report:good"))[0] == sys.executable


def test_a_virtual_task_has_no_process() -> None:
    """It succeeds at once; there is nothing to start."""
    assert command_of(Virtual()) == ()
