import shutil
from pathlib import Path

import pytest
from figures import check_january
from pipeline import Demo


def test_the_daemon_runs_january_and_every_figure_is_true(january: Demo):
    """1,740 instances through the real daemon: each task's files hold the figures that others have counted."""
    check_january(january.out)
    assert "1,740" in january.printed
    assert "27,004" in january.printed
    assert "\x1b" not in january.printed


def test_the_demo_keeps_its_page_until_ctrl_c(january: Demo):
    """The link that it prints at its end logs a browser in; Ctrl-C ends the daemon, and that is no error."""
    assert january.browser == (200, 204, 200)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("mtd_totals/2013-01-31/totals.csv", "31,27004", "31,27003"),
        ("daily_report/2013-01-15/report.json", '"dep_delay": 109', '"dep_delay": 108'),
        ("weather_daily/2013-01-31/weather.csv", "2.14", "2.15"),
        ("delay_by_origin/2013-01-20/delays.csv", "EWR,", "EWX,"),
        ("weekly_report/2013-01-27/report.json", '"flights": 1032', '"flights": 1031'),
        ("departures_by_hour/2013-01-01/2013-01-01T10Z.csv", "EWR,2", "EWR,3"),
    ],
)
def test_the_check_sees_one_wrong_figure(january: Demo, tmp_path: Path, file: str, old: str, new: str):
    """One changed number in one of the 1,740 instances' files does not pass for January."""
    out = tmp_path / "out"
    shutil.copytree(january.out, out)
    right = (out / file).read_text()
    assert old in right
    (out / file).write_text(right.replace(old, new, 1))

    with pytest.raises(AssertionError):
        check_january(out)


def test_the_check_misses_no_instance(january: Demo, tmp_path: Path):
    """A month that lacks the file of a single hour does not pass for January."""
    out = tmp_path / "out"
    shutil.copytree(january.out, out)
    (out / "extract_weather" / "2013-01-20" / "2013-01-20T12Z.csv").unlink()

    with pytest.raises(AssertionError):
        check_january(out)
