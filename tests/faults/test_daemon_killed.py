"""The daemon is killed: at any moment, and during an acceptance, a cancel, a recovery, a pause before a retry."""

from __future__ import annotations

import random
import signal
import time
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

import httpx
import pytest
from daemon.host import NOTE, Host, alive, asking, until
from faults.conftest import Judged, Rounds
from faults.trial import A_DATE, Trial
from store.place import Place

DICE = random.Random(20240229)
GATE = 'until test -e "$ledger.go"; do sleep 0.02; done'


def test_killed_at_random_points_nothing_starts_twice_and_nothing_is_missing(
    host: Host, rounds: Rounds, judged: Judged
) -> None:
    """SIGKILL at any moment, now and then while a request is planned: the end is that of an undisturbed run."""
    trial, kills = Trial(dates=rounds(9, 625), seed=20240101), rounds(5, 200)
    judged(kills, f"kills over {trial.dates * A_DATE} instances: starts, states, acceptances")
    host.catalog(trial.tasks())
    host.start()
    backfill, later = trial.submit(host), Later(host)
    for number in range(kills):
        if number % 4 == 3:
            later.send(f"key-{number}")
        time.sleep(DICE.uniform(0.0, 0.5))
        host.kill()
        host.start()
        later.settle()

    trial.judge(host, backfill)
    later.judge()


class Later:
    """Requests for dates far ahead, each sent while the daemon is about to be killed, and again afterwards."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.answered: list[str] = []
        self.keys: list[str] = []
        self._sending: Thread | None = None

    def send(self, key: str) -> None:
        """In a thread: nobody knows if an answer will come."""
        self.keys.append(key)
        self._sending = Thread(target=self._try, args=[key])
        self._sending.start()

    def _try(self, key: str) -> None:
        with suppress(httpx.TransportError):
            self._post(key)

    def _post(self, key: str) -> None:
        wanted = asking("2100-01-01", "2101-12-31", roots=["extract"])
        answer = self.host.client.post("/v1/backfills", json=wanted, headers={"Idempotency-Key": key})
        assert answer.status_code == 202, answer.text
        self.answered.append(answer.json()["id"])

    def settle(self) -> None:
        """After a restart: what was sent is sent again."""
        if self._sending:
            self._sending.join()
            self._sending = None
            self._post(self.keys[-1])

    def judge(self) -> None:
        """Each was accepted once, whole, and answered the same whenever it was answered."""
        assert len(set(self.answered)) == len(self.keys)
        for operation in set(self.answered):
            until(lambda operation=operation: self.host.get(f"/v1/operations/{operation}")["status"] == "completed")
            found = self.host.get(f"/v1/operations/{operation}")["backfill_id"]
            assert self.host.get(f"/v1/backfills/{found}")["runs"] == {"waiting": 730}


@pytest.mark.parametrize("delay", [pytest.param(0.0, marks=pytest.mark.long), 0.1])
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


def test_a_kill_during_recovery_is_one_kill_more(host: Host, rounds: Rounds, judged: Judged) -> None:
    """Killed again and again while it recovers, in the end the daemon finds everything as it was."""
    chain = [{"task": "a", "command": NOTE}, {"task": "b", "command": f"{NOTE}; sleep 0.05", "depends_on": ["a"]}]
    host.catalog(chain)
    host.start()
    backfill = host.submit(last="2024-01-25", roots=["a", "b"], parallelism=5)
    until(lambda: len(host.lines()) > 5)
    host.kill()
    kills = rounds(2, 30)
    judged(kills, "kills before the daemon was ready")
    for _ in range(kills):
        host.process = host.launch()
        time.sleep(DICE.uniform(0.0, 0.8))
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


def test_killed_right_after_the_answer_an_accepted_backfill_is_not_lost(
    host: Host, rounds: Rounds, judged: Judged
) -> None:
    """What was answered 202 is there after a kill in the same moment."""
    judged(tries := rounds(1, 30), "kills right after an answer")
    host.catalog([{"task": "t", "command": NOTE}])
    host.start()
    accepted = []
    for _ in range(tries):
        accepted.append(host.submit(last="2024-01-03", roots=["t"]))
        host.kill()
        host.start()

    assert {host.ended(backfill)["status"] for backfill in accepted} == {"succeeded"}
    assert len(host.lines()) == 3 * tries


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGABRT, marks=pytest.mark.long)])
def test_a_restart_leaves_tasks_running_and_the_next_daemon_adopts_them(host: Host, number: signal.Signals) -> None:
    """Tasks outlive a SIGTERM, and a SIGABRT as of systemd's watchdog; the next daemon tells their true exit codes."""
    host.catalog(
        [
            {"task": "fails", "command": f'{NOTE}; echo $$ > "$ledger.pid"; {GATE}; exit 7'},
            {"task": "works", "command": f"{NOTE}; {GATE}"},
        ]
    )
    host.start()
    backfill = host.submit(roots=["fails", "works"])
    until(lambda: sum(host.starts().values()) == 2 and Path(f"{host.ledger}.pid").exists())
    pid = int(Path(f"{host.ledger}.pid").read_text())

    host.end(number)
    assert host.process is not None
    assert host.process.returncode == (0 if number is signal.SIGTERM else -number)
    assert alive(pid)
    host.start()
    host.file("go").touch()

    assert host.ended(backfill)["status"] == "failed"
    codes = {}
    for item in host.instances(backfill):
        (attempt,) = host.get(f"/v1/task_instances/{item['id']}")["attempts"]
        codes[item["task"]] = attempt["exit_code"]
    assert codes == {"fails": 7, "works": 0}
    assert set(host.starts().values()) == {1}


def test_a_task_that_ended_while_no_daemon_ran_is_told_as_it_ended(host: Host) -> None:
    """The record on disk speaks for what nobody watched."""
    host.catalog([{"task": "short", "command": f"{NOTE}; sleep 0.5; exit 3"}])
    host.start()
    backfill = host.submit(roots=["short"])
    until(lambda: host.starts())
    host.kill()
    time.sleep(1.0)
    host.start()

    host.ended(backfill)
    (item,) = host.instances(backfill)
    (attempt,) = host.get(f"/v1/task_instances/{item['id']}")["attempts"]
    assert (item["state"], attempt["exit_code"]) == ("failed", 3)


def test_the_daemon_on_postgresql_goes_on_after_a_kill(tmp_path: Path, postgresql: Place) -> None:
    """The same daemon on the other database: killed in the middle of a backfill, it loses and repeats nothing."""
    host = Host(tmp_path, database=postgresql.url)
    host.catalog([{"task": "a", "command": NOTE}, {"task": "b", "command": f"{NOTE}; {GATE}", "depends_on": ["a"]}])
    with closing(host):
        host.start()
        backfill = host.submit(last="2024-01-06", roots=["a", "b"], parallelism=3)
        until(lambda: len(host.lines()) == 6)
        host.kill()
        host.file("go").touch()
        host.start()

        assert host.ended(backfill)["status"] == "succeeded"
        assert set(host.starts().values()) == {1}
        assert len(host.starts()) == 12
