"""Every act of an operator on a real daemon, and over a kill and a restart: what was answered has been done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from daemon.host import NOTE, Host, until

SOON = timedelta(seconds=5)
GATE = 'until [ -e "$ledger.go" ]; do sleep 0.02; done'


def ask(host: Host, what: str, number: int, act: str, **options: Any) -> dict[str, Any]:
    """What an act was answered, less the backfill."""
    answer = host.client.post(f"/v1/{what}/{number}/{act}", json=options)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["act"]
    return found


def done(host: Host, what: str, number: int, act: str, **options: Any) -> None:
    """The act was accepted for all that it named."""
    counts = ask(host, what, number, act, **options)["counts"]
    assert counts["accepted"], counts
    assert not counts["rejected"]


def again(host: Host) -> None:
    """The daemon is killed, and another one takes over."""
    host.kill()
    host.start()


def status(host: Host, backfill: int) -> str:
    return str(host.get(f"/v1/backfills/{backfill}")["status"])


def running(host: Host, backfill: int) -> int:
    return int(host.get(f"/v1/backfills/{backfill}")["counts"]["running"])


def gated(host: Host, **fields: Any) -> None:
    """A daemon with a task that waits for its gate, and one behind it."""
    first = {"task": "first", "command": f"{NOTE}; {GATE}", **fields}
    host.catalog([first, {"task": "second", "command": NOTE, "depends_on": ["first"]}])
    host.start()


def test_a_backfill_that_is_not_started_waits_for_its_start(host: Host) -> None:
    """Accepted with `auto_start_enabled: false` it starts nothing, whatever dies, until it is told to."""
    host.catalog([{"task": "t", "command": NOTE}])
    host.start()
    backfill = host.submit(roots=["t"], top={"auto_start_enabled": False})
    until(lambda: status(host, backfill) == "not_started")
    again(host)
    assert (status(host, backfill), host.lines()) == ("not_started", [])
    assert host.get(f"/v1/backfills/{backfill}")["reason"]["code"] == "not_started"

    done(host, "backfills", backfill, "start")

    assert host.ended(backfill)["status"] == "succeeded"
    assert ask(host, "backfills", backfill, "start")["counts"]["no_change"] == 1


def test_a_pause_lets_go_on_what_runs_and_lasts_over_a_kill(host: Host) -> None:
    """It is pausing while something runs, then paused; resumed, it goes on."""
    gated(host)
    backfill = host.submit(roots=["first", "second"])
    until(host.lines)
    done(host, "backfills", backfill, "pause")
    assert status(host, backfill) == "pausing"
    again(host)
    assert status(host, backfill) == "pausing"
    host.file("go").touch()
    until(lambda: status(host, backfill) == "paused")
    again(host)
    assert (status(host, backfill), len(host.lines())) == ("paused", 1)

    done(host, "backfills", backfill, "resume")

    assert host.ended(backfill)["status"] == "succeeded"
    assert [line.split()[0] for line in host.lines()] == ["first", "second"]


def test_a_pause_can_have_an_end(host: Host) -> None:
    """Paused until a moment that passes while nobody is there, it goes on with the next daemon."""
    gated(host)
    backfill = host.submit(roots=["first", "second"])
    until(host.lines)
    done(host, "backfills", backfill, "pause", until="2199-01-01T00:00:00Z")
    assert host.get(f"/v1/backfills/{backfill}")["resume_at"] == "2199-01-01T00:00:00Z"
    assert ask(host, "backfills", backfill, "pause", until="2024-01-01T00:00:00+01:00")["counts"]["rejected"] == 1
    soon = datetime.now(UTC) + SOON
    done(host, "backfills", backfill, "pause", until=soon.isoformat())
    host.file("go").touch()
    host.kill()
    until(lambda: datetime.now(UTC) > soon)
    host.start()

    assert host.ended(backfill)["status"] == "succeeded"


def test_a_paused_run_is_passed_over(host: Host) -> None:
    """The other dates go on; the paused one waits for its resume, and holds no cycles meanwhile."""
    host.catalog([{"task": "t", "command": f"{NOTE}; {GATE}"}])
    host.start()
    backfill = host.submit(last="2024-01-03", roots=["t"])
    until(host.lines)
    second = host.get(f"/v1/backfills/{backfill}/runs")["items"][1]
    done(host, "runs", second["id"], "pause")
    again(host)
    host.file("go").touch()
    until(lambda: host.get(f"/v1/backfills/{backfill}")["runs"] == {"succeeded": 2, "paused": 1})
    other = host.submit("2024-01-02", roots=["t"])
    assert host.ended(other)["status"] == "succeeded"

    done(host, "runs", second["id"], "resume")

    assert host.ended(backfill)["runs"] == {"succeeded": 3}


def test_what_runs_is_set_once_its_process_is_gone(host: Host) -> None:
    """Set to succeeded it is stopped first, also over a kill; then what waits for it goes on."""
    trap = {"kill_grace": "30s", "retries": 3}
    deaf = f"trap '' TERM; {NOTE}; {GATE}; exit 1"
    host.catalog(
        [{"task": "first", "command": deaf, **trap}, {"task": "second", "command": NOTE, "depends_on": ["first"]}]
    )
    host.start()
    backfill = host.submit(roots=["first", "second"])
    until(host.lines)
    first = host.one(backfill, "first")["id"]

    answered = ask(host, "task_instances", first, "set_succeeded")
    assert [(each["verdict"], each["seconds"]) for each in answered["verdicts"]] == [("later", 30)]
    assert host.one(backfill, "first")["state"] == "running"
    again(host)
    host.file("go").touch()

    assert host.ended(backfill)["status"] == "succeeded"
    assert [line.split()[0] for line in host.lines()] == ["first", "second"], "it was never tried again"


def test_a_failure_is_skipped_or_set_succeeded(host: Host) -> None:
    """Either lets what waits for it run, and is remembered as what it is."""
    host.catalog(
        [
            {"task": "a", "command": "exit 1"},
            {"task": "b", "command": "exit 1"},
            {"task": "after", "command": NOTE, "depends_on": ["a", "b"]},
        ]
    )
    host.start()
    backfill = host.submit(roots=["a", "b", "after"])
    assert host.ended(backfill)["status"] == "failed"
    done(host, "task_instances", host.one(backfill, "a")["id"], "skip")
    again(host)
    done(host, "task_instances", host.one(backfill, "b")["id"], "set_succeeded")

    assert host.ended(backfill)["status"] == "succeeded"
    assert [host.one(backfill, task)["state"] for task in ("a", "b", "after")] == ["skipped", "succeeded", "succeeded"]


def test_what_has_succeeded_is_run_again_with_its_downstream(host: Host) -> None:
    """Also after a restart; attempts are numbered on, and nothing of it starts before what it waits for."""
    host.catalog(
        [
            {"task": "a", "command": f'{NOTE}; test "$BACKFILL_ATTEMPT" -ge 2', "retries": 1, "retry_delay": 0},
            {"task": "b", "command": NOTE, "depends_on": ["a", {"task": "b", "cycle": "previous"}]},
        ]
    )
    host.start()
    backfill = host.submit(last="2024-01-02", roots=["a", "b"])
    assert host.ended(backfill)["status"] == "succeeded"
    before = len(host.lines())
    again(host)
    first = host.instances(backfill, task="a")[0]["id"]

    done(host, "task_instances", first, "rerun", downstream=True)

    until(lambda: len(host.lines()) == before + 3)
    assert host.ended(backfill)["status"] == "succeeded"
    started = [tuple(line.split()[::2]) for line in host.lines()[before:]]
    assert started == [("a", "3"), ("b", "2"), ("b", "2")]


def test_a_trigger_lifts_time_and_hold_once(host: Host) -> None:
    """What is held, and not due for years, starts when it is triggered; its downstream still waits for it."""
    gated(host, recurrence="Pause")
    backfill = host.submit(roots=["first", "second"], analysis={"blocked": False})
    until(lambda: host.instances(backfill) and host.one(backfill, "first")["state"] == "ready")
    first, second = (host.one(backfill, task)["id"] for task in ("first", "second"))
    done(host, "task_instances", first, "set_not_before", not_before="2199-01-01T00:00:00Z")
    done(host, "task_instances", second, "trigger")
    again(host)
    assert host.lines() == []
    assert host.one(backfill, "first")["not_before"] == "2199-01-01T00:00:00Z"

    done(host, "task_instances", first, "trigger")
    until(host.lines)
    host.file("go").touch()

    assert host.ended(backfill)["status"] == "succeeded"


def test_a_stop_ends_only_what_runs(host: Host) -> None:
    """It is cancelled and never retried; what does not run is rejected."""
    gated(host, retries=3)
    backfill = host.submit(roots=["first", "second"])
    until(host.lines)
    assert ask(host, "task_instances", host.one(backfill, "second")["id"], "stop")["counts"]["rejected"] == 1
    done(host, "backfills", backfill, "stop")

    assert host.ended(backfill)["status"] == "cancelled"
    assert [host.one(backfill, task)["state"] for task in ("first", "second")] == ["cancelled", "waiting"]


def test_the_terms_of_a_running_backfill_can_change(host: Host) -> None:
    """More dates in flight begin at once, fewer begin none until enough have ended, also after a kill."""
    host.catalog([{"task": "t", "command": f"{NOTE}; {GATE}"}])
    host.start()
    backfill = host.submit(last="2024-01-08", roots=["t"], parallelism=1)
    until(host.lines)
    done(host, "backfills", backfill, "replan", parallelism=3, on_failure="Continue")
    until(lambda: running(host, backfill) == 3)
    done(host, "backfills", backfill, "replan", parallelism=2)
    again(host)
    found = host.get(f"/v1/backfills/{backfill}")
    assert (found["parallelism"], found["on_failure"], found["counts"]["running"]) == (2, "Continue", 3)
    first = host.instances(backfill)[0]["id"]
    done(host, "task_instances", first, "cancel")
    until(lambda: host.get(f"/v1/task_instances/{first}")["state"] == "cancelled")
    assert running(host, backfill) == 2
    host.file("go").touch()

    assert host.ended(backfill)["runs"] == {"cancelled": 1, "succeeded": 7}


def test_an_instance_of_higher_priority_goes_first(host: Host) -> None:
    """Set while it waits for a slot, and still known after a kill."""
    host.settings.write_text(host.settings.read_text().replace("slots = 4", "slots = 1"))
    host.catalog([{"task": name, "command": f"{NOTE}; {GATE}"} for name in ("a", "b", "c")])
    host.start()
    backfill = host.submit(roots=["a", "b", "c"])
    until(host.lines)
    done(host, "task_instances", host.one(backfill, "c")["id"], "set_priority", priority=9)
    again(host)
    assert host.one(backfill, "c")["priority"] == 9
    host.file("go").touch()

    assert host.ended(backfill)["status"] == "succeeded"
    assert [line.split()[0] for line in host.lines()] == ["a", "c", "b"]


def test_a_backfill_pauses_itself(host: Host) -> None:
    """After its first dates, once; and whenever a date fails and so many have."""
    host.catalog([{"task": "t", "command": f'{NOTE}; test "$bizdate" -lt 20240103 -o -e "$ledger.go"'}])
    host.start()
    top = {"first": 1, "max_failed_dates": 1, "on_failure": "Continue"}
    backfill = host.submit(last="2024-01-04", roots=["t"], top=top)
    until(lambda: status(host, backfill) == "paused")
    again(host)
    found = host.get(f"/v1/backfills/{backfill}")
    assert (found["reason"]["code"], found["runs"]) == ("first", {"succeeded": 1, "paused": 3})

    done(host, "backfills", backfill, "resume")
    until(lambda: status(host, backfill) == "paused")
    found = host.get(f"/v1/backfills/{backfill}")
    assert (found["reason"]["code"], found["runs"]) == ("max_failed_dates", {"succeeded": 2, "failed": 1, "paused": 1})
    host.file("go").touch()
    done(host, "backfills", backfill, "rerun")
    done(host, "backfills", backfill, "resume")

    assert host.ended(backfill)["runs"] == {"succeeded": 4}


def test_a_filter_means_what_passes_it(host: Host) -> None:
    """Tasks, states and dates together; also instances of dates that have not begun."""
    host.catalog([{"task": name, "command": f"{NOTE}; {GATE}"} for name in ("a", "b")])
    host.start()
    backfill = host.submit(last="2024-01-04", roots=["a", "b"])
    until(lambda: len(host.lines()) == 2)
    wanted = {"tasks": ["b"], "states": ["waiting"], "start_biz_date": "2024-01-02", "end_biz_date": "2024-01-03"}
    answer = host.client.post(f"/v1/backfills/{backfill}/acts", json={"act": "skip", "filter": wanted})
    assert answer.json()["act"]["counts"] == {"accepted": 2, "rejected": 0, "no_change": 0, "later": 0}
    again(host)
    host.file("go").touch()

    assert host.ended(backfill)["counts"]["skipped"] == 2
    assert len(host.lines()) == 6


def test_the_audit_tells_of_acts_and_of_what_became_of_backfills(host: Host) -> None:
    """Each act once, with what it was about, in a chain of hashes that a kill does not break."""
    gated(host)
    backfill = host.submit(roots=["first", "second"])
    until(host.lines)
    done(host, "backfills", backfill, "pause")
    again(host)
    ask(host, "backfills", backfill, "pause")
    done(host, "backfills", backfill, "resume")
    host.file("go").touch()
    host.ended(backfill)

    entries = [entry for entry in host.get("/v1/audit")["items"] if entry["about"]["backfill"] == backfill]
    assert [(entry["by"], entry["what"]) for entry in reversed(entries)] == [
        ("local", "accepted"),
        ("local", "pause"),
        ("local", "pause"),
        ("local", "resume"),
        ("backfilld", "succeeded"),
        ("backfilld", "settled"),
    ]
    assert [entry["counts"] for entry in reversed(entries)][1:3] == [{"accepted": 1}, {"no_change": 1}]
    assert host.get("/v1/audit/check") == {"whole": True, "broken": None}
