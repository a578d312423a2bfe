"""What settled runs left behind goes while other work goes on; what may be asked of the rest."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from daemon.host import NOTE, Host, until

SPEAK = f"{NOTE}; echo I was here"
AT_ONCE = {"instance_retention": {"success_retention": 0, "error_retention": 0}}


def logs(host: Host) -> set[str]:
    """The attempts whose output is in the spool."""
    return {path.stem for path in (host.state / "spool").glob("**/*.out")}


def asked(host: Host, path: str) -> tuple[int, str]:
    """The status of an answer, and the code of its problem."""
    answer = host.client.get(path)
    return answer.status_code, answer.json().get("code", "") if answer.status_code != 200 else ""


def backfill_cli(host: Host, *arguments: str) -> str:
    """What the client prints."""
    client = [Path(sys.executable).parent / "backfill", *arguments, "--state", host.state]
    return subprocess.run(client, check=True, capture_output=True, text=True).stdout


def test_what_is_over_goes_while_another_backfill_works(work: Host) -> None:
    """Kept for no time at all: instances, attempts and logs go as soon as it is done; it still says how it ended.

    The other, which is not done, keeps its settled dates; the ledger knows what both have run.
    """
    gate = 'until [ -e "$ledger.go" ]; do sleep 0.02; done'
    work.serve([{"task": "one", "command": SPEAK}, {"task": "two", "command": gate}])
    open_one = work.submit("2024-01-01", "2024-01-02", roots=["one", "two"], top=AT_ONCE)
    until(lambda: len(work.starts()) == 1)
    gone = work.submit("2024-02-01", "2024-02-03", roots=["one"], top=AT_ONCE)
    first = work.get(f"/v1/backfills/{gone}/runs")["items"][0]["id"] << 20

    until(lambda: work.get(f"/v1/backfills/{gone}")["expired_at"])

    found = work.get(f"/v1/backfills/{gone}")
    assert (found["status"], found["counts"]["succeeded"], found["runs"]) == ("succeeded", 3, {"succeeded": 3})
    runs = work.get(f"/v1/backfills/{gone}/runs")["items"]
    assert all(run["expired_at"] and run["counts"]["succeeded"] == 1 for run in runs)
    for path in (
        f"/v1/task_instances/{first}",
        f"/v1/task_instances/{first}/log",
        f"/v1/task_instances/{first}/explain",
        f"/v1/backfills/{gone}/task_instances",
        f"/v1/backfills/{gone}/task_instances?run={runs[0]['id']}",
    ):
        assert asked(work, path) == (410, "expired"), path
    for what, number in (("backfills", gone), ("runs", runs[0]["id"]), ("task_instances", first)):
        answer = work.client.post(f"/v1/{what}/{number}/rerun", json={})
        assert (answer.status_code, answer.json()["code"]) == (410, "expired")
        assert "submit what is to run again" in answer.json()["detail"]
    more = {"add_dates": [{"start_biz_date": "2024-02-04", "end_biz_date": "2024-02-04"}]}
    assert work.client.patch(f"/v1/backfills/{gone}", json=more).status_code == 410
    assert ", expired" in backfill_cli(work, "list")
    one = next(each for each in work.instances(open_one, task="one") if each["state"] == "succeeded")
    assert work.log(one) == b"I was here\n"
    assert work.get(f"/v1/backfills/{open_one}/runs")["items"][0]["expired_at"] is None

    work.file("go").touch()
    until(lambda: work.get(f"/v1/backfills/{open_one}")["expired_at"])
    assert set(work.starts().values()) == {1}


def test_a_rerun_outruns_retention(work: Host) -> None:
    """Who reruns what is done and kept has it back: nothing of it goes before it is done again."""
    work.serve([{"task": "one", "command": f'{SPEAK}; test -e "$ledger.mended"'}])
    backfill = work.submit(roots=["one"], top={"instance_retention": {"error_retention": "1 day"}})
    assert work.ended(backfill)["status"] == "failed"

    work.file("mended").touch()
    work.act("backfills", backfill, "rerun")
    until(lambda: work.get(f"/v1/backfills/{backfill}")["status"] == "succeeded")

    assert work.ended(backfill)["expired_at"] is None
    assert len(work.one(backfill, "one")["attempts"]) == 2


def test_shorter_settings_count_from_the_next_start(host: Host) -> None:
    """What said nothing of it is kept as the settings say; a request's own word counts more. The logs go too."""
    host.catalog([{"task": "one", "command": SPEAK}, {"task": "bad", "command": f"{SPEAK}; exit 1"}])
    host.start()
    usual = [host.submit(roots=["one"]), host.submit(roots=["bad"])]
    own = host.submit("2024-02-01", roots=["one"], top={"instance_retention": {"success_retention": "1 day"}})
    ended = [host.ended(backfill) for backfill in (*usual, own)]
    assert [each["expired_at"] for each in ended] == [None] * 3
    kept = host.one(own, "one")["attempts"][0]["id"]
    assert len(logs(host)) == 3

    host.end(signal.SIGTERM)
    host.settings.write_text(host.settings.read_text() + "[retention]\nsuccess = 1\nerror = '1s'\n")
    host.start()

    until(lambda: all(host.get(f"/v1/backfills/{backfill}")["expired_at"] for backfill in usual))
    until(lambda: logs(host) == {kept})
    assert host.get(f"/v1/backfills/{own}")["expired_at"] is None
    assert host.log(host.one(own, "one")) == b"I was here\n"
    assert asked(host, f"/v1/backfills/{usual[1]}/failures") == (410, "expired")
    known = json.dumps(host.get("/v1/ledger?project=p&task=bad&start_biz_date=2024-01-01&end_biz_date=2024-01-01"))
    assert "failed" in known
