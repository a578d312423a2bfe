import doctest
import importlib
import pkgutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import demo
import pytest
from demo.job import BadInput
from demo.month import read_month
from demo.prepare import prepare
from demo.show import Pen, report
from demo.summaries import month_to_date
from demo.tables import read
from demo.tally import Tally
from demo.tasks import DAILY
from demo.weather import condition
from pipeline import DEMO, HOURLY, ORDER, Demo, Pipeline, catalog_tasks

FIRST = date(2013, 1, 1)
FLIGHT_COLUMNS = (
    "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,"
    "origin,dest,air_time,distance,hour,minute,time_hour\n"
)
GOOD = "2013,1,1,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-01-01T10:00:00Z\n"
NEVER_LEFT = "2013,1,1,NA,515,2,NA,819,NA,UA,1545,N14228,EWR,IAH,NA,1400,5,15,2013-01-01T10:00:00Z\n"


def prepared(folder: Path, flights: str) -> Pipeline:
    """A pipeline over one date with these flights and no weather."""
    for name, text in {"flights/2013-01-01": flights, "weather/2013-01-01": "", "airlines": "carrier,name\n"}.items():
        path = folder / "data" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Pipeline(folder / "data", folder / "out")


@pytest.mark.parametrize("flights", ["", FLIGHT_COLUMNS], ids=["no byte", "only a header"])
def test_every_task_accepts_empty_input(tmp_path: Path, flights: str):
    """A date with no flights and no weather goes through every task, the report included."""
    pipeline = prepared(tmp_path, flights)
    pipeline.run(FIRST)
    DAILY["weekly_report"](pipeline.job(FIRST))

    assert month_to_date(pipeline.job(FIRST)) == (1, Tally())
    lines = list(report(read_month(pipeline.out, FIRST), Pen(terminal=False)))
    assert "1 day, 0 flights, 0 cancelled, 0 miles" in lines


@pytest.mark.parametrize("task", [*HOURLY, "extract_flights"])
def test_the_catalog_starts_each_kind_of_task(pipeline: Pipeline, task: str):
    """The catalog's command of an hourly and of a daily task runs in a clean environment and leaves its file."""
    DAILY["extract_flights"](pipeline.job(FIRST))
    done = pipeline.start(task, FIRST, datetime(2013, 1, 1, 10, tzinfo=UTC))

    assert (done.returncode, done.stderr) == (0, "")
    name = "2013-01-01T10Z.csv" if task in HOURLY else "flights.csv"
    assert read(pipeline.job(FIRST).folder(task) / name)


def test_the_catalog_names_every_task_and_no_other():
    """The catalog's tasks are the daily functions and the hourly programs, each started under its own name."""
    tasks = catalog_tasks()

    assert set(tasks) == set(DAILY) | set(HOURLY)
    for name, task in tasks.items():
        assert f" {name}" in task["command"], name
    for number, name in enumerate(ORDER):  # the order in which these tests run them is one that the catalog allows
        assert {need for need in tasks[name].get("depends_on", ()) if isinstance(need, str)} <= set(ORDER[:number])


def test_an_instance_run_again_writes_the_same(pipeline: Pipeline):
    """A second run of a date replaces every file by an equal one."""
    pipeline.run(FIRST)
    before = {path: path.read_bytes() for path in pipeline.out.rglob("*") if path.is_file()}
    pipeline.run(FIRST)

    assert {path: path.read_bytes() for path in pipeline.out.rglob("*") if path.is_file()} == before


def test_a_contradiction_is_refused_for_good(tmp_path: Path):
    """A flight that has a delay but never left ends its task with the exit code that the catalog does not retry."""
    pipeline = prepared(tmp_path, FLIGHT_COLUMNS + NEVER_LEFT)
    DAILY["extract_flights"](pipeline.job(FIRST))
    done = pipeline.start("clean_flights", FIRST)

    assert done.returncode == 65
    assert "UA 1545 of 2013-01-01T10:00:00Z contradicts itself" in done.stderr
    assert not pipeline.job(FIRST).folder("clean_flights").exists()


def test_views_that_disagree_are_refused(tmp_path: Path):
    """The daily report adds up each view, and is refused when one of them lacks a flight."""
    pipeline = prepared(tmp_path, FLIGHT_COLUMNS + GOOD)
    pipeline.run(FIRST)
    table = pipeline.job(FIRST).folder("delay_by_origin") / "delays.csv"
    table.write_text(table.read_text().splitlines()[0] + "\n")

    with pytest.raises(BadInput, match="the views of 2013-01-01 disagree"):
        DAILY["daily_report"](pipeline.job(FIRST))


def test_a_month_to_date_without_the_day_before_is_refused(pipeline: Pipeline):
    """In the middle of a month a missing day before is named, never taken for zero."""
    day = date(2013, 1, 15)
    pipeline.run(day, ("extract_flights", "clean_flights"))

    with pytest.raises(BadInput, match=r"mtd_totals/2013-01-14/totals\.csv is missing"):
        DAILY["mtd_totals"](pipeline.job(day))


@pytest.mark.parametrize("task", HOURLY)
def test_an_hour_without_its_source_fails_and_leaves_nothing(tmp_path: Path, task: str):
    """An hourly task whose source is missing fails and leaves no file, not even half of one."""
    pipeline = Pipeline(tmp_path, tmp_path / "out")
    done = pipeline.start(task, FIRST, datetime(2013, 1, 1, 10, tzinfo=UTC))

    assert done.returncode == 1
    assert done.stderr
    assert [path for path in pipeline.out.rglob("*") if path.is_file()] == []


def test_data_is_prepared_once(data: Path):
    """A folder that is there is left as it is."""
    before = (data / "airlines.csv").stat().st_mtime_ns

    assert prepare(data) is False
    assert (data / "airlines.csv").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("temp", "wind", "precip", "visib", "word"),
    [
        ("40", "25", "0.1", "1", "rain"),
        ("30", "25", "0.1", "1", "freezing"),
        ("", "", "0.1", "", "rain"),
        ("40", "25", "0", "1", "fog"),
        ("40", "25", "0", "10", "windy"),
        ("40", "5", "0", "10", "fair"),
        ("", "", "", "", "fair"),
    ],
)
def test_an_hour_has_one_condition(temp: str, wind: str, precip: str, visib: str, word: str):
    """Of several conditions the worst one counts; what nobody measured is none."""
    assert condition({"temp": temp, "wind_speed": wind, "precip": precip, "visib": visib}) == word


def test_the_report_of_january(january: Demo):
    """The report has the month's sums, all its days, and the airlines by name."""
    lines = list(report(read_month(january.out, FIRST), Pen(terminal=False)))

    assert lines[0] == "Flights out of New York, January 2013"
    assert "31 days, 27,004 flights, 521 cancelled, 27,188,805 miles" in lines
    texts = [" ".join(line.split()) for line in lines]  # how wide the columns are is not the point
    assert any(text.startswith("Thu 31 45.0 F 2.14 in 928 85 9.2% 28.7 32.6") for text in texts)
    assert any(text.startswith("UA United Air Lines Inc. 4,637") for text in texts)
    assert all(line.isascii() for line in lines)


def test_a_month_that_was_not_run_has_no_report(tmp_path: Path):
    """Asked for a month without outputs, the report command says so in one line and fails."""
    asked = [sys.executable, "-m", "demo", "report", "--out", str(tmp_path), "--month", "2013-02"]
    done = subprocess.run(asked, cwd=DEMO, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"no daily report of 2013-02 is under {tmp_path}: run the pipeline first\n"


def test_the_report_differs_only_in_colour_on_a_terminal(january: Demo):
    """On a terminal the lines are the same but for escapes and blocks."""
    month = read_month(january.out, FIRST)
    plain, coloured = ("\n".join(report(month, Pen(terminal=terminal))) for terminal in (False, True))

    for escape in ("\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[36m"):
        coloured = coloured.replace(escape, "")
    assert [line.rstrip() for line in coloured.replace("█", "#").splitlines()] == plain.splitlines()


def test_the_examples_in_the_docstrings_are_true():
    """Every example in the demo's own package runs and gives what it says."""
    modules = [importlib.import_module(f"demo.{module.name}") for module in pkgutil.iter_modules(demo.__path__)]
    results = [doctest.testmod(module) for module in modules]

    assert sum(result.failed for result in results) == 0
    assert sum(result.attempted for result in results) >= 3
