"""The socket executor keeps every executor's promises, and what is said to a runner is lost on no way."""

from __future__ import annotations

import os
import random
import select
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Event

import httpx
import pytest
from executors.served import Served, served
from ports.executor_contract import (
    ExecutorContract,
    Gate,
    Host,
    attempt_id,
    is_running,
    opened,
    ready,
    release,
    shell,
)

from backfilld.daemon.serving import listening_at
from backfilld.executors.unix_http import RunnerAway, RunnerClient
from backfilld.executors.unix_socket import SocketExecutor
from backfilld.ports import Ended, Ending

__all__ = ["TestSocketExecutor", "ready", "release"]


def until(true: Callable[[], bool]) -> None:
    """Look again and again; what never comes is named by the test's own time limit."""
    while not true():
        Event().wait(0.01)


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as runner:
        yield runner


@pytest.fixture
def host(runner: Served) -> Iterator[Host]:
    epochs = count(1)
    with opened(lambda: SocketExecutor(runner.socket, next(epochs))) as host:
        yield host


class TestSocketExecutor(ExecutorContract):
    """The whole suite."""


def test_a_runner_that_ends_leaves_tasks_and_the_next_one_adopts_them(
    host: Host, runner: Served, ready: Gate, release: Gate
) -> None:
    """A restart of the runner is seen by nobody: the same process runs on, and its exit code is told."""
    attempt = host.launch(*shell(f"echo $$ > {ready.path}; read _ < {release.path}; exit 5"))
    pid = int(ready.wait())
    before = host.started(attempt)
    runner.restart()

    assert host.started(attempt) == before
    assert is_running(pid)
    release.open()
    assert host.end_of(attempt).exit_code == 5


def test_what_ends_while_the_runner_is_away_is_told(host: Host, runner: Served, ready: Gate, release: Gate) -> None:
    """Nobody need listen when a task ends: the next runner reads how it did, and tells without being asked."""
    attempt = host.launch(*shell(f"echo $$ > {ready.path}; read _ < {release.path}; exit 6"))
    leader = os.pidfd_open(int(ready.wait()))
    runner.end()
    release.open()
    select.select([leader], [], [])
    os.close(leader)
    runner.start()

    assert host.end_of(attempt).exit_code == 6


def test_what_is_asked_while_the_runner_is_away_waits_for_it(host: Host, runner: Served) -> None:
    """Launches and stops are kept in their order; readiness says why nothing starts."""
    runner.end()
    until(lambda: "away" in (host.executor.trouble() or ""))
    code = host.launch(*shell("exit 3"))
    stopped = host.launch("sleep", "1000")
    host.executor.stop({stopped: 30.0})
    runner.start()

    assert host.end_of(code).exit_code == 3
    assert host.end_of(stopped).ending is Ending.STOPPED
    assert host.executor.trouble() is None


def test_a_launch_that_waited_too_long_is_void(host: Host, runner: Served, tmp_path: Path) -> None:
    """A runner that comes back after `not_after` starts nothing: the instance is claimed anew."""
    runner.end()
    late = host.launch("touch", str(tmp_path / "ran"), not_after=datetime.now(UTC))
    runner.start()

    assert host.end_of(late).ending is Ending.VOID
    assert not (tmp_path / "ran").exists()


def test_a_launch_whose_answer_was_lost_starts_once(host: Host, runner: Served, tmp_path: Path) -> None:
    """A runner that dies between doing and answering is asked again, and finds that it was done."""
    dice = random.Random(5)
    endings = {}
    for _ in range(8):
        script = shell("echo $BACKFILLD_ATTEMPT >> ledger; exit 4")
        attempts = [host.launch(*script, cwd=str(tmp_path), group="wide") for _ in range(4)]
        for _ in range(dice.randrange(40_000)):  # from before the request to after the end
            pass
        runner.restart()
        endings |= {attempt: host.end_of(attempt) for attempt in attempts}
    starts = Counter((tmp_path / "ledger").read_text().split())

    assert starts == dict.fromkeys(endings, 1)
    assert {ended.exit_code for ended in endings.values()} == {4}


def test_a_daemon_that_was_replaced_is_refused(host: Host, runner: Served, tmp_path: Path) -> None:
    """Its news end, and whatever it asks is not done: the epoch of the one that came after it is higher."""
    newer = SocketExecutor(runner.socket, 7)
    until(lambda: newer.trouble() is None)
    until(lambda: "epoch 1 is over, 7 has begun" in (host.executor.trouble() or ""))
    spec = host.spec("touch", str(tmp_path / "ran"))
    host.executor.launch([spec], 1)
    with pytest.raises(RunnerAway, match="epoch 1 is over"):
        host.executor.log(spec.attempt, 0, 10)
    assert not host.executor.discard([spec.attempt])
    newer.reattach([spec.attempt])
    endings = [outcome for outcome in newer.outcomes() if isinstance(outcome, Ended)]
    newer.close()

    assert [ended.ending for ended in endings] == [Ending.VOID]
    assert not (tmp_path / "ran").exists()


def test_only_the_daemon_s_user_may_ask(tmp_path: Path) -> None:
    """The kernel says who is at the other end; anybody else is told that they may not, and nothing more."""
    with served(tmp_path, users=frozenset({os.geteuid() + 1})) as runner:
        stranger = SocketExecutor(runner.socket, 1)
        until(lambda: f"user {os.geteuid()} may not" in (stranger.trouble() or ""))
        with pytest.raises(RunnerAway, match="may not"):
            stranger.log(attempt_id(), 0, 10)
        stranger.close()


@pytest.mark.parametrize(
    "said", [b'["explode",[]]\n', b"[]\n", b"{\n", b'["launch",[[1,2]],1]\n', b'["launch",[3],"x"]\n', b'["stop",3]\n']
)
def test_a_call_that_nobody_knows_ends_the_connection(runner: Served, said: bytes) -> None:
    """What is no call is not guessed at, and what was said behind it is not done: it is to be said again."""
    with closing(RunnerClient(runner.socket, 1, 30)) as ear, closing(RunnerClient(runner.socket, 1, 30)) as mouth:
        news = ear.ask("GET", "/news")
        mouth.begin("/calls", Session=news.headers["Session"])
        mouth.send(b'["forget",[]]\n' + said + b'["reattach",["%032x"]]\n' % 1)

        assert list(ear.stream(news)) in ([], [b"[1,[]]\n"])


def test_who_says_no_epoch_is_refused(runner: Served) -> None:
    """Only what says which daemon it is can be told from one that was replaced."""
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(runner.socket)), base_url="http://runner") as client:
        assert client.get("/news").status_code == 400


def test_a_socket_has_one_runner(runner: Served) -> None:
    """A second one would take the first one's place behind its back; a file that is no socket is left alone."""
    with pytest.raises(OSError, match="another runner"), listening_at(runner.socket):
        pass
    file = runner.socket.with_name("file")
    file.touch()
    with pytest.raises(OSError, match="no socket"), listening_at(file):
        pass
    assert stat.S_IMODE(runner.socket.stat().st_mode) == 0o660


def test_the_slots_that_a_runner_lacks_are_named(runner: Served, caplog: pytest.LogCaptureFixture) -> None:
    """An attempt for which there is no slot will be refused: the log says so as soon as they know each other."""
    executor = SocketExecutor(runner.socket, 1, {"default": 2, "wide": 9, "other": 1})
    until(lambda: executor.trouble() is None)
    executor.close()

    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert told == [
        "the runner offers 8 slots of 'wide', the daemon counts on 9",
        "the runner offers 0 slots of 'other', the daemon counts on 1",
    ]
