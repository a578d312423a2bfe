"""How log lines look: JSON for machines, text for people; each with what it is about and which request caused it."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import TextIO

from backfilld.config.sources import FileSettings, LogFormat
from backfilld.interfaces.cli.legible import legible
from backfilld.interfaces.http.asking import now_asking

ABOUT = ("request", "caller", "operation", "schedule", "backfill", "instance", "attempt")
"""What a line may be about; calls of `logging` give it by `extra`, the request is added here."""
QUIET = ("apscheduler", "alembic", "uvicorn")
"""Libraries that have little to say to whoever runs the daemon."""
_PRIORITIES = {"DEBUG": 7, "INFO": 6, "WARNING": 4, "ERROR": 3, "CRITICAL": 2}


def log_to(stream: TextIO, settings: FileSettings, environment: Mapping[str, str]) -> None:
    """Have all lines written to the stream, as the settings want them; `auto` is JSON where the journal reads it."""
    journal = is_journal(stream, environment)
    chosen = LogFormat.JSON if journal else LogFormat.TEXT
    wanted = chosen if settings.log_format is LogFormat.AUTO else settings.log_format
    lines = _json() if wanted is LogFormat.JSON else Text("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Prioritised(lines) if journal else lines)
    handler.addFilter(tell_request)
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
    for library in QUIET:
        logging.getLogger(library).setLevel(logging.WARNING)


def is_journal(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether systemd's journal reads the stream: `JOURNAL_STREAM` names the device and inode that it was given."""
    said = environment.get("JOURNAL_STREAM")
    if not said:
        return False
    try:
        found = os.fstat(stream.fileno())
    except OSError:
        return False
    return said == f"{found.st_dev}:{found.st_ino}"


def tell_request(record: logging.LogRecord) -> bool:
    """Add the request that is being answered, and who asks; no line is left out."""
    if asking := now_asking():
        vars(record).setdefault("request", asking.id)
        vars(record).setdefault("caller", asking.caller)
    return True


class Text(logging.Formatter):
    """A line for people, what it is about at its end; whatever could move a terminal's cursor is spelled out."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and a traceback below where there is one."""
        return legible(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        """What stands before a traceback."""
        told = [f"{name}={vars(record)[name]}" for name in ABOUT if vars(record).get(name) is not None]
        return " ".join([super().formatMessage(record), *told])


class Prioritised(logging.Formatter):
    """The same for the journal, which takes the priority from the front of each line."""

    def __init__(self, lines: logging.Formatter) -> None:
        super().__init__()
        self._lines = lines

    def format(self, record: logging.LogRecord) -> str:
        """The line or lines."""
        mark = f"<{_PRIORITIES.get(record.levelname, 6)}>"
        return mark + self._lines.format(record).replace("\n", f"\n{mark}")


def _json() -> logging.Formatter:
    # a library that only this format needs
    from pythonjsonlogger.json import JsonFormatter

    return JsonFormatter(
        "%(levelname)s %(name)s %(message)s",
        rename_fields={"levelname": "level", "name": "logger", "exc_info": "traceback"},
        timestamp="time",
    )
