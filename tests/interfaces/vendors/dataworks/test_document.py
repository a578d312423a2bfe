"""The page about vendors says of every field of every operation where it acts, and which test shows that."""

from __future__ import annotations

import re
from pathlib import Path

from backfilld.interfaces.http.doors.dataworks.door import ACTIONS

HERE = Path(__file__).parent
PAGE = HERE.parents[3] / "docs" / "vendors.md"


def rows() -> list[list[list[str]]]:
    """The table's rows: of each cell the words that are set as code."""
    section = PAGE.read_text().split("\n## DataWorks\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[re.findall(r"`([^`]+)`", cell) for cell in line.strip("| ").split(" | ")] for line in lines]


def test_every_field_is_told() -> None:
    """Each field of each operation has its row, and no row tells of a field that there is not."""
    there = {(action.name, field) for action in ACTIONS.values() for field in action.form}
    told = set()
    for operations, fields, *_ in rows():
        for field in fields:
            named = [name for name, each in there if each == field] if operations == ["all"] else operations
            told |= {(name, field) for name in named}
    silent = {name for name, action in ACTIONS.items() if not action.form}
    assert told == there
    assert not silent


def test_every_test_is_there() -> None:
    """The tests that are named exist."""
    defined = {
        name for path in HERE.glob("test_*.py") for name in re.findall(r"^def (test_\w+)", path.read_text(), re.M)
    }
    named = {test for row in rows() for test in row[-1]}
    assert named <= defined
