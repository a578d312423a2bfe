"""From an action to a process."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfilld.catalog.documents import Document
from backfilld.catalog.models import Catalog, Command, PythonCallable, Virtual
from backfilld.catalog.parse import parse_catalog
from backfilld.config.yaml_text import yaml_documents
from backfilld.planning.plan import Plan, instance_id
from backfilld.planning.planner import make_plan
from backfilld.ports import LaunchSpec, StoredBackfill
from backfilld.request.resolve import Circumstances, understand
from backfilld.service.book import Entry
from backfilld.service.launching import Launcher, command_of


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


SHOP = """
project: shop
id: 1
timezone: Asia/Tokyo
workflows:
  - workflow: daily
    id: 11
    parameters: {region: east}
    tasks:
      - {task: load, id: 1, virtual: true, parameters: {limit: "0", deep: "no"}}
      - {task: tell, id: 2, virtual: true, depends_on: [load]}
  - workflow: weekly
    id: 12
    parameters: {region: west}
    tasks: [{task: sum, id: 3, virtual: true, depends_on: [load]}]
  - workflow: repair
    id: 13
    type: Manual
    tasks: [{task: mend, id: 4, timezone: America/New_York, virtual: true}]
"""
ACCEPTED = datetime(2024, 7, 1, 23, 30, 59, 999_999, tzinfo=UTC)


def launched(newer: Catalog | None = None, /, **request: Any) -> dict[str, LaunchSpec]:
    """The launch spec of every task of a request for one date, by its name; as rerun by a newer catalog."""
    catalog = parse_catalog(yaml_documents(SHOP, "shop.yaml"), None)
    document = Document("request.yaml", {"name": "r", "project_id": "shop", **request})
    _, resolved = understand(document, catalog, Circumstances(ACCEPTED))
    plan = make_plan(resolved, catalog)
    stored = stored_backfill(plan)
    launcher = Launcher(Entry(stored, resolved, catalog, plan))
    return {
        plan.tasks[task].task.name: launcher.spec(instance_id(stored.first_run, ordinal), 1, "a" * 32, ACCEPTED, newer)
        for ordinal, task in enumerate(plan.template(0).tasks)
    }


def stored_backfill(plan: Plan) -> StoredBackfill:
    """The backfill of a plan, accepted as the first one."""
    return StoredBackfill(
        id=1,
        name="r",
        environment="Prod",
        priority=1,
        request="{}",
        resolved="{}",
        plan_hash=plan.hash,
        catalog_version=plan.catalog_version,
        dates=plan.dates,
        size=plan.size,
        left_out={},
        first_run=1,
        accepted_at=ACCEPTED,
        done_at=None,
        outcome=None,
        project=1,
    )


def supplement(**more: Any) -> dict[str, Any]:
    """A request for all tasks of the schedule on one date."""
    return {
        "type": "SupplementData",
        "periods": {"biz_dates": [{"start_biz_date": "2024-01-01", "end_biz_date": "2024-01-01"}]},
        "default_run_properties": {"mode": "AllDownstream", "root_task_ids": [1]},
        **more,
    }


NUMBERS = st.integers(-(10**30), 10**30)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))  # what a request may hold


@given(st.recursive(st.none() | st.booleans() | NUMBERS | TEXTS, st.lists, max_leaves=5))
def test_every_attempt_is_given_the_payload_exactly(value: Any) -> None:
    """The compact text of the payload, to every task, whatever it declares."""
    payload = {"rows": value, "unknown": 1}
    specs = launched(**supplement(payload=payload))

    assert {json.dumps(json.loads(spec.payload or b"")) for spec in specs.values()} == {json.dumps(payload)}
    assert len({spec.payload for spec in specs.values()}) == 1
    assert len(specs) == 3


def test_without_a_payload_there_is_no_file() -> None:
    """No payload, no bytes; an empty one is one."""
    assert {spec.payload for spec in launched(**supplement()).values()} == {None}
    assert {spec.payload for spec in launched(**supplement(payload={})).values()} == {b"{}"}


def test_a_payload_scalar_reaches_only_who_declares_it() -> None:
    """A scalar is a parameter of the tasks that declare its name, above the catalog's and below the task's own."""
    specs = launched(
        **supplement(payload={"limit": 7, "deep": "yes", "other": "x"}, task_parameters={"load": "deep=maybe"})
    )

    assert {name: spec.environment.get("limit") for name, spec in specs.items()} == {
        "load": "7",
        "tell": None,
        "sum": None,
    }
    assert specs["load"].environment["deep"] == "maybe"
    assert not any("other" in spec.environment for spec in specs.values())


def test_workflow_parameters_reach_the_workflow_that_was_named() -> None:
    """Tasks of another workflow keep what the catalog says."""
    specs = launched(**supplement(workflow_id="daily", workflow_parameters="region=north"))

    assert {name: spec.environment["region"] for name, spec in specs.items()} == {
        "load": "north",
        "tell": "north",
        "sum": "west",
    }


def test_at_once_the_cycle_is_the_moment_of_acceptance() -> None:
    """Outside the schedule `cyctime` is when the request was accepted, in the task's zone; the date is yesterday's."""
    spec = launched(type="Manual", default_run_properties={"root_task_ids": [4]})["mend"]

    assert spec.environment["cyctime"] == "20240701193059"
    assert spec.environment["BACKFILL_CYCLE_TIME"] == "2024-07-01T23:30:59Z"
    assert spec.environment["bizdate"] == "20240701", "in Tokyo it is the second of July"


def test_a_rerun_by_a_newer_catalog() -> None:
    """Command, parameters and working folder are the newer ones; what the request sets still wins."""
    asked = supplement(workflow_id="daily", workflow_parameters="region=north", task_parameters={"load": "deep=yes"})
    newer = parse_catalog(
        yaml_documents(
            SHOP.replace("region: east", "region: south").replace(
                'virtual: true, parameters: {limit: "0", deep: "no"}',
                'command: make it, cwd: /srv, parameters: {limit: "9", deep: "maybe", wide: "new"}',
            ),
            "shop.yaml",
        ),
        None,
    )
    spec = launched(newer, **asked)["load"]

    assert (spec.command, spec.cwd) == (("make", "it"), "/srv")
    found = {name: spec.environment[name] for name in ("region", "limit", "deep", "wide")}
    assert found == {"region": "north", "limit": "9", "deep": "yes", "wide": "new"}
    planned = launched(**asked)["load"]
    assert (planned.command, planned.environment["limit"], "wide" in planned.environment) == ((), "0", False)
    ids = ("BACKFILL_KEY", "BACKFILL_RUN_ID", "BACKFILL_INSTANCE_ID")
    assert [spec.environment[each] for each in ids] == [planned.environment[each] for each in ids]
