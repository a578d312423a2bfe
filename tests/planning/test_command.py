"""`backfill plan FILE --catalog DIR`, offline."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from interfaces.cli.running import client, piped

CATALOG = """\
project: shop
id: 100
timezone: Europe/Berlin
business_date_offset: 1
workflows:
  - workflow: daily
    tasks:
      - {task: extract, id: 1, cron: "0 */12 * * *", virtual: true, priority: 3}
      - {task: clean, id: 2, cron: "0 1 * * *", virtual: true, depends_on: [extract]}
      - {task: load, id: 3, cron: "0 2 * * *", virtual: true, depends_on: [clean, {task: load, cycle: previous}]}
      - {task: week, id: 4, cron: "0 3 * * 2", virtual: true, depends_on: [{task: load, dates: 7}]}
  - workflow: reports
    tasks:
      - {task: load, id: 5, virtual: true, depends_on: [{project: shop, workflow: daily, task: load}]}
"""
REQUEST = """\
name: first
project_id: shop
workflow_id: daily
type: SupplementData
periods: {biz_dates: [{start_biz_date: 2024-01-01, end_biz_date: 2024-01-02}]}
default_run_properties:
  mode: AllDownstream
  root_task_ids: [extract]
  exclude_task_ids: [clean]
  parallelism: 2
  priority_weight_strategy: Upstream
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "shop.yaml").write_text(CATALOG)
    (tmp_path / "request.yaml").write_text(REQUEST)
    return tmp_path


def run(folder: Path, *arguments: str | Path) -> CompletedProcess[str]:
    """`backfill plan`, with no daemon anywhere."""
    return client("plan", *arguments, state=folder / "state")


def plan(folder: Path, *options: str) -> dict[str, Any]:
    return planned(run(folder, folder / "request.yaml", "--catalog", folder / "catalog", "--json", *options))


def planned(done: CompletedProcess[str]) -> dict[str, Any]:
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def refused(folder: Path) -> list[str]:
    """The lines on standard error of a command that must fail with exit code 2."""
    done = run(folder, folder / "request.yaml", "--catalog", folder / "catalog", "--json")
    assert done.returncode == 2, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()


def test_the_whole_object(folder: Path):
    """Every key, in its shape; a name that occurs in two workflows is written in full."""
    found = plan(folder, "--instances")
    names = {"daily": "shop/daily/load", "reports": "shop/reports/load"}
    assert len(found.pop("version_id")) == 36
    assert len(found.pop("plan_hash")) == 64
    (warning,) = found.pop("findings")
    assert warning.keys() == {"code", "severity", "subject", "message", "blocks"}
    assert (warning["code"], warning["severity"], warning["subject"]) == ("bridged", "warning", "clean")
    assert warning["blocks"] is False
    assert found == {
        "dates": ["2024-01-01", "2024-01-02"],
        "closed": [],
        "tasks": [
            {"id": 1, "name": "extract", "why": "root", "priority": 3, "weight": 3, "instances": 4},
            {
                "id": 3,
                "name": names["daily"],
                "why": "downstream of extract",
                "priority": 1,
                "weight": 4,
                "instances": 2,
            },
            {"id": 4, "name": "week", "why": "downstream of extract", "priority": 1, "weight": 1, "instances": 1},
            {
                "id": 5,
                "name": names["reports"],
                "why": "downstream of extract",
                "priority": 1,
                "weight": 5,
                "instances": 2,
            },
        ],
        "edges": [["extract", names["daily"]], [names["daily"], names["reports"]]],
        "previous_edges": [[names["daily"], names["daily"]]],
        "dates_edges": [[names["daily"], "week", 7]],
        "bridged": ["clean"],
        "passed_edges": [["extract", "clean"], ["clean", names["daily"]]],
        "left_out": [{"task": "clean", "dates": ["2024-01-01", "2024-01-02"], "cycles": None, "why": "excluded"}],
        "not_permitted": 0,
        "counts": {"dates": 2, "tasks": 4, "instances": 9, "left_out": 0},
        "instances": [
            instance(0, "extract", 1, "2024-01-01T23:00:00Z"),
            instance(1, "extract", 1, "2024-01-02T11:00:00Z"),
            instance(2, names["daily"], 1, "2024-01-02T01:00:00Z", 0, 1),
            instance(3, "week", 1, "2024-01-02T02:00:00Z", 2),
            instance(4, names["reports"], 1, "2024-01-01T23:00:00Z", 2),
            instance(SECOND, "extract", 2, "2024-01-02T23:00:00Z"),
            instance(SECOND + 1, "extract", 2, "2024-01-03T11:00:00Z"),
            instance(SECOND + 2, names["daily"], 2, "2024-01-03T01:00:00Z", 2, SECOND, SECOND + 1),
            instance(SECOND + 3, names["reports"], 2, "2024-01-02T23:00:00Z", SECOND + 2),
        ],
    }


SECOND = 1 << 20
"""The id of the second date's first instance."""


def instance(number: int, task: str, day: int, moment: str, *waits: int) -> dict[str, object]:
    return {
        "id": number,
        "task": task,
        "bizdate": f"2024-01-0{day}",
        "cycle_time": moment,
        "waits_for": list(waits),
    }


def test_instances_only_when_asked(folder: Path):
    """Without `--instances` the object is the same but for that key, and the same again in another process."""
    long, short = plan(folder, "--instances"), plan(folder)
    assert long.pop("instances")
    arguments = (folder / "request.yaml", "--catalog", folder / "catalog", "--json")
    assert long == short == planned(piped("plan", *arguments, state=folder / "state"))


def test_a_dataworks_body_in_json_is_the_same_request(folder: Path):
    """PascalCase JSON plans to the same hash as snake_case YAML."""
    body = {
        "Name": "first",
        "ProjectId": 100,
        "Type": "SupplementData",
        "Periods": {"BizDates": [{"StartBizDate": "2024-01-01", "EndBizDate": "2024-01-02"}]},
        "DefaultRunProperties": {
            "Mode": "AllDownstream",
            "RootTaskIds": [1],
            "ExcludeTaskIds": [2],
            "Parallelism": 2,
            "PriorityWeightStrategy": "Upstream",
        },
    }
    expected = plan(folder)
    (folder / "request.json").write_text(json.dumps(body))
    done = run(folder, folder / "request.json", "--catalog", folder / "catalog", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, expected)


def test_people_get_a_table(folder: Path):
    """Without `--json`: tasks by dates, why each is in, what is passed through and what is left out."""
    done = run(folder, folder / "request.yaml", "--catalog", folder / "catalog")
    assert done.returncode == 0
    for word in ("2024-01-01", "extract", "downstream of extract", "passed through", "left out", "clean"):
        assert word in done.stdout


def test_a_bad_catalog_is_told_line_by_line(folder: Path):
    """Each fault with file, line and column."""
    broken = CATALOG.replace("depends_on: [extract]", "depends_on: [exract]").replace("0 3 * * 2", "0 3 31 2 *")
    (folder / "catalog" / "shop.yaml").write_text(broken)
    lines = refused(folder)
    assert len(lines) == 2
    assert all(":" in line and "shop.yaml" in line for line in lines)
    assert any("shop.yaml:9:" in line and "exract" in line for line in lines)
    assert any("shop.yaml:11:" in line for line in lines)


def test_a_bad_request_is_told_line_by_line(folder: Path):
    """All faults at once, each on a line of its own."""
    broken = REQUEST.replace("parallelism: 2", "parallelism: 11").replace("[clean]", "[cleen]")
    (folder / "request.yaml").write_text(broken)
    lines = refused(folder)
    assert len(lines) == 2
    assert any("parallelism" in line and "11" in line for line in lines)
    assert any("exclude_task_ids" in line and "cleen" in line for line in lines)


def test_a_loop_between_instances_is_one_line(folder: Path):
    """The ring is printed with tasks and cycles."""
    ring = CATALOG.replace("depends_on: [extract]", "depends_on: [extract, {task: load, dates: 2}]")
    (folder / "catalog" / "shop.yaml").write_text(ring)
    (folder / "request.yaml").write_text(REQUEST.replace("exclude_task_ids: [clean]", "exclude_task_ids: []"))
    (line,) = refused(folder)
    assert "clean" in line
    assert "load" in line


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("exclude_task_ids: [clean]", "exclude_task_ids: [clean]\n  order: Desc"), "desc_cross_date"),
        (("2024-01-02}]", '2024-01-02}], start_time: "05:00:00", end_time: "06:00:00"'), "no_root_cycle"),
        (("mode: AllDownstream", "mode: General\n  include_task_ids: [clean]"), "nothing_selected"),
    ],
)
def test_a_plan_with_an_error_is_shown_and_refused(folder: Path, change: tuple[str, str], code: str):
    """The object names the finding, standard error has its line, and the exit code is 2."""
    (folder / "request.yaml").write_text(REQUEST.replace(*change))
    done = run(folder, folder / "request.yaml", "--catalog", folder / "catalog", "--json")
    assert done.returncode == 2
    assert code in {found["code"] for found in json.loads(done.stdout)["findings"] if found["severity"] == "error"}
    (line,) = done.stderr.splitlines()
    assert code in line


def test_files_that_are_not_there_or_cannot_be_read(folder: Path):
    """A missing request, a missing or empty catalog folder, a folder as request, bytes that are no text: one line."""
    (folder / "empty").mkdir()
    (folder / "ring").symlink_to(folder / "ring")  # nobody can read it, not even root
    (folder / "bytes.yaml").write_bytes(b"name: \xff\xfe")
    (folder / "broken.json").write_text('{"name": ')
    request, catalog = folder / "request.yaml", folder / "catalog"
    for arguments in (
        (folder / "absent.yaml", "--catalog", catalog),
        (folder / "empty", "--catalog", catalog),
        (folder / "bytes.yaml", "--catalog", catalog),
        (folder / "broken.json", "--catalog", catalog),
        (request, "--catalog", folder / "absent"),
        (request, "--catalog", folder / "empty"),
        (request, "--catalog", folder / "ring"),
        (folder / "ring", "--catalog", catalog),
    ):
        done = client("plan", *arguments, state=folder / "state")
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
