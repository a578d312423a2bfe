"""A daemon that stands still, and a clock that somebody sets; judged by the tasks' ledger."""

from __future__ import annotations

import signal

from daemon.host import NOTE, Host, until

GATE = 'until test -e "$ledger.go"; do sleep 0.02; done'


def test_a_daemon_that_stood_still_catches_up(host: Host) -> None:
    """What ended while the daemon was stopped is told as it ended, and what waited for it runs."""
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
    still = len(host.lines())
    host.process.send_signal(signal.SIGCONT)

    ended = host.ended(backfill)
    assert still == 3
    assert ended["runs"] == {"succeeded": 2, "failed": 1}
    assert sorted(line.split()[0] for line in host.lines()) == ["first"] * 3 + ["second"] * 2
