"""What a log line looks like: one JSON object for the journal, text for people, each with what it is about."""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from backfilld.config.runner_settings import RunnerSettings
from backfilld.config.sources import LogFormat
from backfilld.daemon.logs import is_journal, log_to

log = logging.getLogger("backfilld.trial")


@pytest.fixture
def clean_logging() -> Iterator[None]:
    """The root logger as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def lines(text: LogFormat, *, level: str = "info") -> io.StringIO:
    """Where lines go from now on."""
    stream = io.StringIO()
    logging.getLogger().handlers.clear()  # of the test's own, as a process has none when it starts
    log_to(stream, RunnerSettings(log_format=text, log_level=level), {})
    return stream


@pytest.mark.usefixtures("clean_logging")
def test_a_line_of_json() -> None:
    """A line is one object: time, level, logger, message, what it is about; an error's traceback is in it too."""
    stream = lines(LogFormat.JSON)
    log.info("attempt %s\nhas ended", "ab12", extra={"attempt": "ab12", "instance": 7})
    try:
        raise OSError("no disk")
    except OSError:
        log.exception("failed")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert {key: first[key] for key in first if key != "time"} == {
        "level": "INFO",
        "logger": "backfilld.trial",
        "message": "attempt ab12\nhas ended",
        "attempt": "ab12",
        "instance": 7,
    }
    assert first["time"].endswith("+00:00")
    assert "OSError: no disk" in second["traceback"]


@pytest.mark.usefixtures("clean_logging")
def test_a_line_for_people() -> None:
    """What it is about stands at its end, and nothing in it moves a terminal's cursor."""
    stream = lines(LogFormat.TEXT)
    log.warning("a name: %s", "\x1b[2J", extra={"backfill": 3, "attempt": "ab12"})
    (line,) = stream.getvalue().splitlines()
    assert line.endswith(r"WARNING backfilld.trial: a name: \x1b[2J backfill=3 attempt=ab12")


@pytest.mark.usefixtures("clean_logging")
@pytest.mark.parametrize(("level", "told"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_levels(level: str, told: int) -> None:
    """A level tells what is as grave, and what is graver."""
    stream = lines(LogFormat.TEXT, level=level)
    for each in (log.debug, log.info, log.warning, log.error):
        each("said")
    assert stream.getvalue().count("said") == told


@pytest.mark.usefixtures("clean_logging")
def test_the_journal(tmp_path: Path) -> None:
    """Where the journal reads the stream a line is JSON behind its priority; what only inherited the word is not it."""
    with (tmp_path / "journal").open("w+") as stream:
        found = os.fstat(stream.fileno())
        environment = {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"}
        logging.getLogger().handlers.clear()
        log_to(stream, RunnerSettings(), environment)
        log.error("two\nlines")
        stream.flush()
        (line,) = (tmp_path / "journal").read_text().splitlines()
    assert line[:3] == "<3>"
    assert json.loads(line[3:])["message"] == "two\nlines"
    assert not is_journal(io.StringIO(), environment)
    assert not is_journal(io.StringIO(), {})
