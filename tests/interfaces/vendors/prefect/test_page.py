"""The page about the door tells of every field that is taken, and names tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel

from backfilld.interfaces.vendors.prefect.bodies import AskedLogs, BulkSetState, LogFilter, NewFlowRun
from backfilld.interfaces.vendors.prefect.filters import Listed
from backfilld.interfaces.vendors.prefect.states import AskedState

HERE = Path(__file__).parent
PAGE = (HERE.parents[3] / "docs" / "vendors.md").read_text(encoding="utf-8").partition("\n## Prefect\n")[2]
SECTION = PAGE.partition("\n## ")[0]


def test_each_field_is_told_of() -> None:
    """A field that is not in the tables has no effect that anybody has written down."""
    forms: tuple[type[BaseModel], ...] = AskedState, BulkSetState, NewFlowRun, Listed, AskedLogs, LogFilter
    names = {name for form in forms for name in form.model_fields} - {"operator", "logs", "state_details"}
    told = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]*)`", SECTION)))) | {"task_runs", "work_pools"}

    assert names - told == {"work_pool_queues"}  # told of in words, as task runs and work pools are
    assert "their queues and task runs are refused" in SECTION


def test_each_test_is_there() -> None:
    """Every test that the page names is one."""
    files = {path.stem: path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py")}
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", SECTION))

    assert named
    assert {name for name in named if name not in files and f"def {name}(" not in "".join(files.values())} == set()
