"""A daemon that stands still, and a clock that somebody sets; judged by the tasks' ledger."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from daemon.host import NOTE, Host, until
from faults.conftest import Judged, Rounds
from faults.trial import Trial

GATE = 'until test -e "$ledger.go"; do sleep 0.02; done'


def test_a_daemon_that_stood_still_catches_up(host: Host, rounds: Rounds, judged: Judged) -> None:
    """What ended while the daemon was stopped is told as it ended, and what waited for it runs."""
    seconds = rounds(0, 60)
    judged(1, f"stopped for {seconds} s")
    host.catalog(
        [
            {"task": "first", "command": f'{NOTE}; {GATE}; echo over >> "$ledger.over"; test "$bizdate" != 20240102'},
            {"task": "second", "command": NOTE, "depends_on": ["first"]},
        ]
    )
    host.start()
    backfill = host.submit(last="2024-01-03", roots=["first", "second"], parallelism=3)
    until(lambda: len(host.lines()) == 3)
    assert host.process is not None

    host.process.send_signal(signal.SIGSTOP)
    host.file("go").touch()
    over = host.file("over")
    until(lambda: over.exists() and over.read_text().count("over") == 3)
    time.sleep(seconds)
    still = len(host.lines())
    host.process.send_signal(signal.SIGCONT)

    ended = host.ended(backfill)
    assert still == 3
    assert ended["runs"] == {"succeeded": 2, "failed": 1}
    assert sorted(line.split()[0] for line in host.lines()) == ["first"] * 3 + ["second"] * 2


@pytest.mark.long
@pytest.mark.parametrize(("first", "then"), [("+1800", "+0"), ("+0", "+86400")], ids=["half an hour back", "a day on"])
def test_a_clock_that_is_set_changes_no_end(host: Host, tmp_path: Path, first: str, then: str, judged: Judged) -> None:
    """The daemon's clock is set while a backfill runs: no start twice, none missing, every end as ever."""
    judged(1, "set once in the middle; starts, states")
    clock, trial = tmp_path / "clock", Trial(dates=20)
    clock.write_text(first)
    host.environment = {
        "LD_PRELOAD": faking(),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    host.catalog(trial.tasks())
    host.start()
    backfill = trial.submit(host)
    until(lambda: len(host.lines()) > 80)
    accepted = host.get(f"/v1/backfills/{backfill}")["accepted_at"]
    clock.write_text(then)

    trial.judge(host, backfill)
    done = host.get(f"/v1/backfills/{backfill}")["done_at"]
    assert (done < accepted) == (then == "+0"), "the clock was not set in time"


def faking() -> str:
    """The library that lets one process read another time."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    assert found, "libfaketime is missing: as root, apt-get install faketime"
    return str(found[0])
