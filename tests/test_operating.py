"""The operator's manual says what the program does."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.main import get_command

from backfilld.__main__ import _run, _run_runner
from backfilld.catalog.cron import parse_cron
from backfilld.catalog.cycles import cycle_times
from backfilld.catalog.models import Clock
from backfilld.daemon.terms import FORGOTTEN
from backfilld.executors.held import Held, ended_without_start
from backfilld.executors.record import Tombstone
from backfilld.executors.spool import Spool
from backfilld.interfaces.cli.app import app
from backfilld.interfaces.cli.daemon import daemon_app
from backfilld.interfaces.cli.output import Exit

ROOT = Path(__file__).parents[1]
MANUAL = (ROOT / "docs" / "operating.md").read_text()
BERLIN = "Europe/Berlin"


def rows(heading: str) -> list[list[str]]:
    """The cells of the table whose header begins so."""
    table = MANUAL.split(f"| {heading}")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in table]


@pytest.mark.parametrize("day", ["2024-03-30", "2024-10-26"])
def test_clocks_change_as_the_examples_say(day: str) -> None:
    """Each cron of the worked examples has those cycles, at those readings of the clock."""
    for cron, count, readings in rows(f"cron, {day}"):
        cycles = cycle_times(Clock(parse_cron(cron), BERLIN, 1), date.fromisoformat(day))
        shown = " ".join(f"{cycle.astimezone(ZoneInfo(BERLIN)):%H:%M}" for cycle in cycles)
        assert len(cycles) == int(count)
        assert shown.startswith(readings.removesuffix(" ..."))
        assert readings.endswith("...") or shown == readings


def test_each_reason_of_lost_is_explained(tmp_path: Path) -> None:
    """An operator who looks for what an attempt says finds it, word for word."""
    held = Held("0" * 32, "default")
    held.judge_by_record(Spool(tmp_path / "spool"))
    gone = ended_without_start("0" * 32, Tombstone.LOST)

    assert held.verdict
    assert [row[0] for row in rows("reason")] == [held.verdict.reason, gone.reason, FORGOTTEN]


def test_every_exit_code_is_listed() -> None:
    """No more and no fewer than there are."""
    assert [int(row[0]) for row in rows("code")] == [code.value for code in Exit]


def test_what_it_names_is_there() -> None:
    """Every command, unit and file of ours that an operator is sent to."""
    commands = {"backfill": get_command(app).commands, "backfilld": get_command(daemon_app(_run, _run_runner)).commands}
    named = set(re.findall(r"(?:`|^|-- )(backfilld?) ([a-z-]+)", MANUAL, re.MULTILINE))
    assert len(named) > 8
    assert all(command in commands[program] for program, command in named)
    units = set(re.findall(r"backfilld?(?:-runner)?\.(?:service|socket|slice)\b", MANUAL))
    assert {unit for unit in units if not (ROOT / "systemd" / unit).exists()} == set()
    assert all((ROOT / file).exists() for file in re.findall(r"`((?:benchmarks|systemd)/[\w./]+)`", MANUAL))
    assert all((ROOT / "docs" / file).exists() for file in re.findall(r"\]\(([\w./]+)\)", MANUAL))
