"""SIGKILL at delicate moments: during an acceptance, a cancel, a recovery, a pause before a retry."""

from __future__ import annotations

import random
import time
from datetime import datetime, timedelta
from threading import Thread

import httpx
import pytest
from daemon.host import NOTE, Host, alive, asking, until

DICE = random.Random(20240229)


@pytest.mark.parametrize("delay", [0.0, 0.1])
def test_an_acceptance_that_was_killed_is_whole_or_not_at_all(host: Host, delay: float) -> None:
    """Sent again with its key, the request is accepted once, with all of its dates, whenever the daemon was killed."""
    host.catalog([{"task": "t", "command": NOTE}])
    host.start()
    wanted = asking("2100-01-01", "2113-12-31", roots=["t"])
    key = {"Idempotency-Key": f"key-{delay}"}
    answers: list[httpx.Response] = []

    def send() -> None:
        try:
            answers.append(host.client.post("/v1/backfills", json=wanted, headers=key))
        except httpx.TransportError:
            return

    sending = Thread(target=send)
    sending.start()
    time.sleep(delay)
    host.kill()
    sending.join()
    host.start()
    answer = host.client.post("/v1/backfills", json=wanted, headers=key)
    assert answer.status_code == 202, answer.text
    again = answer.json()

    until(lambda: host.get(f"/v1/operations/{again['id']}")["status"] == "completed")
    assert [each.json()["id"] for each in answers if each.status_code == 202] in ([], [again["id"]])
    (found,) = host.get("/v1/backfills")["items"]
    assert found["id"] == again["backfill_id"]
    until(lambda: host.get(f"/v1/backfills/{found['id']}")["runs"] == {"waiting": 5113})


def test_a_cancel_that_was_killed_is_carried_through(host: Host) -> None:
    """What was being stopped is stopped by the next daemon, though it ignores TERM, and nothing new starts."""
    deaf = f"""trap '' TERM; {NOTE}; echo $$ >> "$ledger.pids"; while :; do sleep 0.1; done"""
    host.catalog([{"task": "deaf", "command": deaf, "kill_grace": "1s", "retries": 3, "retry_delay": 0}])
    host.start()
    backfill = host.submit(last="2024-01-08", roots=["deaf"], parallelism=3)
    until(lambda: len(host.lines()) == 3)

    host.act("backfills", backfill, "cancel")
    host.kill()
    host.start()

    ended = host.ended(backfill)
    assert (ended["status"], ended["counts"]["cancelled"]) == ("cancelled", 8)
    assert not any(alive(int(pid)) for pid in host.file("pids").read_text().split())
    assert len(host.lines()) == 3


def test_a_kill_during_recovery_is_one_kill_more(host: Host) -> None:
    """Killed again and again while it recovers, in the end the daemon finds everything as it was."""
    chain = [{"task": "a", "command": NOTE}, {"task": "b", "command": f"{NOTE}; sleep 0.05", "depends_on": ["a"]}]
    host.catalog(chain)
    host.start()
    backfill = host.submit(last="2024-01-25", roots=["a", "b"], parallelism=5)
    until(lambda: len(host.lines()) > 5)
    host.kill()
    for _ in range(4):
        host.process = host.launch()
        time.sleep(DICE.uniform(0.6, 1.6))
        host.kill()
    host.start()

    assert host.ended(backfill)["status"] == "succeeded"
    assert set(host.starts().values()) == {1}
    assert set(host.started_cycles().values()) == {1}
    assert len(host.started_cycles()) == 50


def test_a_retry_and_a_timeout_outlive_the_daemon(host: Host) -> None:
    """After a kill a retry still keeps its time, and a timeout is counted from the attempt's own start."""
    host.catalog(
        [
            {"task": "flaky", "command": f'{NOTE}; test "$BACKFILL_ATTEMPT" = 2', "retries": 1, "retry_delay": "3s"},
            {"task": "hangs", "command": f"{NOTE}; exec sleep 300", "timeout": "2s"},
        ]
    )
    host.start()
    backfill = host.submit(roots=["flaky", "hangs"])
    until(
        lambda: host.one(backfill, "flaky")["not_before"] and host.one(backfill, "hangs")["attempts"][0]["started_at"]
    )
    host.kill()
    host.start()

    assert host.ended(backfill)["status"] == "failed"
    first, second = host.one(backfill, "flaky")["attempts"]
    assert moment(second["started_at"]) - moment(first["ended_at"]) >= timedelta(seconds=3)
    (hung,) = host.one(backfill, "hangs")["attempts"]
    assert hung["state"] == "stopped"
    assert moment(hung["ended_at"]) - moment(hung["started_at"]) >= timedelta(seconds=2)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
