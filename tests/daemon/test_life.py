"""The daemon as a process: starting, ending, being killed, going on."""

from __future__ import annotations

import signal
import stat
from pathlib import Path

from daemon.host import NOTE, TRIES, Host, until

PIPELINE = [
    {"task": "extract", "command": NOTE},
    {"task": "hours", "cron": "0 */2 * * *", "command": f"{NOTE}; sleep 0.03", "depends_on": ["extract"]},
    {"task": "load", "command": NOTE, "depends_on": ["hours", {"task": "load", "cycle": "previous"}]},
]
NAMES = [task["task"] for task in PIPELINE]


def test_an_accepted_backfill_runs_to_its_end(host: Host) -> None:
    """Every instance of the plan starts once, downstream after upstream, and the backfill has succeeded."""
    host.catalog(PIPELINE)
    host.start()
    backfill = host.submit(last="2024-01-03", roots=NAMES, parallelism=2)

    found = host.ended(backfill)

    assert found["status"] == "succeeded"
    assert found["counts"]["succeeded"] == found["instances"] == 3 * 14
    assert set(host.starts().values()) == {1}
    assert len(host.starts()) == 42
    loads = [line for line in host.ledger.read_text().splitlines() if line.startswith("load")]
    assert loads == sorted(loads)


def test_sigterm_ends_the_daemon_within_two_seconds(host: Host) -> None:
    """2 s, with a task that runs on, and a client that follows it: its stream is ended, not cut off."""
    host.catalog([{"task": "long", "command": f"{NOTE}; sleep 60"}])
    host.start()
    backfill = host.submit(roots=["long"])
    until(host.starts)

    with host.client.stream("GET", "/v1/stream", params={"topics": f"list,backfill:{backfill}"}) as stream:
        took = [host.end(signal.SIGTERM)]
        assert b'"status":"running"' in stream.read()
    while took[-1] >= 2 and len(took) < TRIES:
        host.start()
        took.append(host.end(signal.SIGTERM))

    assert min(took) < 2
    host.start()
    assert host.client.post(f"/v1/backfills/{backfill}/cancel").status_code == 200
    assert host.ended(backfill)["status"] == "cancelled"


def test_a_second_daemon_on_the_same_store_is_refused(host: Host) -> None:
    """One store has one daemon; the second says so in one line and touches nothing."""
    host.catalog(PIPELINE)
    host.start()

    second = host.launch()

    assert second.wait(30) not in (0, None)
    told = (host.folder / "daemon.log").read_text()
    assert "Traceback" not in told
    assert host.get("/v1/backfills")["items"] == []


def test_the_token_is_for_its_owner_alone(host: Host) -> None:
    """Token and endpoint have mode 0600, and the token outlives a restart."""
    host.catalog(PIPELINE)
    host.start()
    token = (host.state / "token").read_text()
    assert all(stat.S_IMODE((host.state / name).stat().st_mode) == 0o600 for name in ("token", "endpoint.json"))

    host.kill()
    host.start()

    assert (host.state / "token").read_text() == token


def test_a_bad_catalog_stops_the_start_and_not_the_running_one(host: Host) -> None:
    """At the start a bad catalog is refused with its faults and exit code 2; on SIGHUP the running one stays."""
    host.catalog([{"task": "a", "command": "true", "depends_on": ["nothing"]}])
    assert host.launch().wait(30) == 2
    told = (host.folder / "daemon.log").read_text()
    assert "nothing" in told
    assert "Traceback" not in told

    host.catalog(PIPELINE)
    host.start()
    (host.folder / "catalog" / "p.yaml").write_text("project: [")
    assert host.process is not None
    host.process.send_signal(signal.SIGHUP)
    until(lambda: "what runs stays" in (host.folder / "daemon.log").read_text())

    assert host.ended(host.submit(roots=NAMES))["status"] == "succeeded"


def test_an_accepted_backfill_keeps_its_catalog_for_life(host: Host) -> None:
    """After a reload and a restart a backfill still runs the commands that it was accepted with."""
    slow = [
        {"task": "first", "command": f"{NOTE}; sleep 1"},
        {"task": "next", "command": NOTE, "depends_on": ["first"]},
    ]
    host.catalog(slow)
    host.start()
    backfill = host.submit(roots=["first", "next"])
    until(lambda: host.starts())
    host.catalog([{"task": "first", "command": "false"}, {"task": "next", "command": "false"}])
    host.kill()
    host.start()

    assert host.ended(backfill)["status"] == "succeeded"


def test_cancel_stops_what_runs_and_rerun_goes_on_from_there(host: Host) -> None:
    """Cancelled instances end, nothing new starts; a rerun, also after a restart, counts attempts on."""
    host.catalog([{"task": "long", "command": f'{NOTE}; test -e "$ledger.go" || sleep 60'}])
    host.start()
    backfill = host.submit(last="2024-01-03", roots=["long"], parallelism=2)
    until(lambda: sum(host.starts().values()) == 2)

    assert host.client.post(f"/v1/backfills/{backfill}/cancel").status_code == 200
    cancelled = host.ended(backfill)
    host.kill()
    Path(f"{host.ledger}.go").touch()
    host.start()
    assert host.client.post(f"/v1/backfills/{backfill}/rerun").status_code == 200

    assert cancelled["status"] == "cancelled"
    assert cancelled["counts"]["cancelled"] == 3
    assert host.ended(backfill)["status"] == "succeeded"
    attempts = sorted(line.rsplit(" ", 1)[1] for line in host.starts())
    assert attempts == ["1", "1", "1", "2", "2"]


def test_a_start_is_told_though_nothing_else_happens(host: Host) -> None:
    """An attempt that goes on reads `running`, with the moment of its start, while nothing else is recorded."""
    host.catalog([{"task": "long", "command": f"{NOTE}; sleep 30"}])
    host.start()
    backfill = host.submit(roots=["long"])
    until(host.starts)
    (item,) = host.instances(backfill)

    until(lambda: host.get(f"/v1/task_instances/{item['id']}")["attempts"][0]["state"] == "running")

    assert host.get(f"/v1/task_instances/{item['id']}")["attempts"][0]["started_at"]
    host.client.post(f"/v1/backfills/{backfill}/cancel")


def test_what_the_host_cannot_take_fails_with_its_reason(host: Host) -> None:
    """An environment beyond all measure is a failed attempt, not a daemon that tries for ever."""
    large = {f"p{number}": f"{number}" * 30_000 for number in range(10, 60)}
    host.catalog([{"task": "large", "command": "true", "parameters": large}, {"task": "small", "command": NOTE}])
    host.start()
    found = host.ended(host.submit(roots=["large", "small"]))

    assert found["counts"] | {"failed": 1, "succeeded": 1} == found["counts"]
    (item,) = host.instances(found["id"], state="failed")
    (attempt,) = host.get(f"/v1/task_instances/{item['id']}")["attempts"]
    assert attempt["state"] == "failed"
    assert "bytes" in attempt["reason"]
