"""`backfill plan` with `--plot` and `--dot`, and its table for plans of any size."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from interfaces.cli.fake_daemon import FakeDaemon
from interfaces.cli.running import client, piped
from interfaces.pictures.views import out_view, plan_view, task_view

CATALOG = """\
project: shop
timezone: UTC
workflows:
  - workflow: daily
    tasks:
      - {task: extract, id: 1, virtual: true}
      - {task: clean, id: 2, virtual: true, depends_on: [extract]}
      - {task: load, id: 3, virtual: true, depends_on: [clean, {task: load, cycle: previous}]}
"""
REQUEST = """\
name: first
project_id: shop
type: SupplementData
periods: {biz_dates: [{start_biz_date: 2024-01-01, end_biz_date: 2024-01-02}]}
default_run_properties: {mode: AllDownstream, root_task_ids: [extract], exclude_task_ids: [clean]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "shop.yaml").write_text(CATALOG)
    (tmp_path / "request.yaml").write_text(REQUEST)
    (tmp_path / "state").mkdir()
    return tmp_path


def offline(folder: Path) -> tuple[str | Path, ...]:
    return ("plan", folder / "request.yaml", "--catalog", folder / "catalog")


def boxes(file: Path) -> list[str]:
    """The names of the tasks that are drawn."""
    groups = ElementTree.fromstring(file.read_text()).iter("{http://www.w3.org/2000/svg}g")
    titles = (group.findtext("{*}title", "") for group in groups if "task" in group.get("class", ""))
    return [title.split("\n")[0] for title in titles]


def test_a_plan_is_drawn_offline(folder: Path):
    """Both pictures hold the tasks of the plan, what it passes through included; the table is printed as ever."""
    done = client(*offline(folder), "--plot", folder / "plan.svg", "--dot", folder / "plan.dot", state=folder / "state")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == client(*offline(folder), state=folder / "state").stdout
    assert boxes(folder / "plan.svg") == ["extract", "load", "clean"]
    assert '"load" -> "load" [label="previous"' in (folder / "plan.dot").read_text()
    assert sorted(file.name for file in folder.iterdir()) == [
        "catalog",
        "plan.dot",
        "plan.svg",
        "request.yaml",
        "state",
    ]


def test_json_stays_as_it_is_beside_a_picture(folder: Path):
    """What scripts read does not depend on pictures."""
    plain = client(*offline(folder), "--json", state=folder / "state")
    drawn = client(*offline(folder), "--json", "--plot", folder / "plan.svg", state=folder / "state")

    assert json.loads(plain.stdout) == json.loads(drawn.stdout)
    assert "grid" not in json.loads(plain.stdout)


def test_two_processes_draw_the_same_bytes(folder: Path):
    """Whatever order Python's sets have in them."""
    pictures = set()
    for seed in ("1", "2"):
        files = (folder / f"{seed}.svg", folder / f"{seed}.dot")
        done = piped(
            *offline(folder), "--plot", files[0], "--dot", files[1], state=folder / "state", PYTHONHASHSEED=seed
        )
        assert done.returncode == 0, done.stderr
        pictures.add((files[0].read_bytes(), files[1].read_bytes()))

    assert len(pictures) == 1


def test_graphviz_on_standard_output(folder: Path):
    """`--dot -` prints the graph alone, for a pipe; beside `--json` it is refused."""
    done = client(*offline(folder), "--dot", "-", state=folder / "state")
    both = client(*offline(folder), "--dot", "-", "--json", state=folder / "state")

    assert done.returncode == 0
    assert done.stdout.startswith("digraph plan {\n")
    assert done.stdout.endswith("}\n")
    assert (both.returncode, both.stdout) == (2, "")
    assert "--json and --dot -" in both.stderr


def test_files_that_cannot_be_written_are_all_named(folder: Path):
    """A folder that is not there, and a file that is a folder: a line each, and nothing is left behind."""
    (folder / "taken.dot").mkdir()
    plot, dot = folder / "absent" / "plan.svg", folder / "taken.dot"
    done = client(*offline(folder), "--plot", plot, "--dot", dot, state=folder / "state")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f"--plot: given {plot}; allowed: a file that can be written (No such file or directory)",
        f"--dot: given {dot}; allowed: a file that can be written (Is a directory)",
    ]
    assert not list(folder.rglob("*.part"))


def test_a_picture_replaces_the_one_before_behind_its_link(folder: Path):
    """A link stays a link; the file that it leads to is the new picture, as readable as any new file."""
    (folder / "new").touch()
    (folder / "old.svg").write_text("old")
    (folder / "link.svg").symlink_to(folder / "old.svg")
    client(*offline(folder), "--plot", folder / "link.svg", state=folder / "state")

    assert (folder / "link.svg").is_symlink()
    assert boxes(folder / "old.svg") == ["extract", "load", "clean"]
    assert (folder / "old.svg").stat().st_mode == (folder / "new").stat().st_mode


def test_what_is_no_file_is_written_to(folder: Path):
    """A device stays what it is."""
    done = client(*offline(folder), "--plot", "/dev/null", state=folder / "state")

    assert done.returncode == 0
    assert Path("/dev/null").is_char_device()


def test_a_plan_with_an_error_is_drawn_and_refused(folder: Path):
    """The picture shows what is wrong."""
    (folder / "request.yaml").write_text(REQUEST.replace("[clean]", "[clean], order: Desc"))
    done = client(*offline(folder), "--plot", folder / "plan.svg", state=folder / "state")

    assert done.returncode == 2
    assert "desc_cross_date" in (folder / "plan.svg").read_text()


def test_the_daemon_is_asked_once(daemon: FakeDaemon, request_file: Path, tmp_path: Path):
    """Its one answer, with the grid, makes table and pictures, whatever the size of the plan."""
    size = 4_000
    grid = {"pattern_of": [0, 1], "counts": [[size, 1], [0, 1]], "left_out": [0, 0]}
    tasks = [task_view("extract", size, "root"), task_view("load")]
    counts = {"dates": 2, "tasks": 2, "instances": size + 2, "left_out": 3}
    left_out = [out_view("load", "exists", ["2024-01-01/2024-01-02"], 3), out_view("clean", "excluded")]
    closed = [{"date": f"2024-02-0{day}", "why": "Carnival"} for day in (1, 2)]
    daemon.on(
        "POST",
        "/v1/plans",
        plan_view(tasks, grid=grid, counts=counts, left_out=left_out, closed=closed, not_permitted=1),
    )
    done = client("plan", request_file, "--plot", tmp_path / "plan.svg", state=daemon.state)

    assert (done.returncode, done.stderr) == (0, "")
    (asked,) = [each for each in daemon.asked if each.path == "/v1/plans"]
    assert (asked.query["grid"], asked.query["instances"]) == (["true"], ["false"])
    assert boxes(tmp_path / "plan.svg") == ["extract", "load", "clean"]
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[0].startswith("2 dates 2 tasks 4,002 instances (3 of them left out) 2024-01-01..2024-01-02")
    assert lines[2:] == [
        "extract root 1 3 4,000 . 4,000",
        "load downstream of the root 1 3 1 1 2",
        "closed: 2024-02-01, 2024-02-02 (Carnival)",
        "left out: load, 3 cycles on 2 dates (exists)",
        "left out: clean, 1 date (excluded)",
        "left out: 1 task (not permitted)",
    ]


def test_many_closed_days_are_counted(daemon: FakeDaemon, request_file: Path):
    """More than three dates with one reason are a number."""
    closed = [{"date": f"2024-02-0{day}", "why": "Saturday"} for day in range(1, 5)]
    daemon.on("POST", "/v1/plans", plan_view(["extract"], closed=closed))

    assert "closed: 4 dates (Saturday)\n" in client("plan", request_file, state=daemon.state).stdout
