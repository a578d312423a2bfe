"""What every executor promises, whatever lies between it and its runner; one suite for all of them.

A test module inherits `ExecutorContract` in a class of its own and gives the fixture `host`.
"""

from __future__ import annotations

import os
import select
import signal
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backfilld.ports import Ended, Ending, Executor, LaunchSpec, Outcome, SlotGroup, Started

GROUPS: Mapping[str, SlotGroup] = {
    "default": SlotGroup(2),
    "wide": SlotGroup(8),
    "vault": SlotGroup(1, {"DB_PASSWORD": "s3cret"}),
}
"""What the host of every executor under test offers."""

LIBC_SIGNALS = 1 << 31 | 1 << 32
"""32 and 33, which glibc keeps for itself: its posix_spawn leaves them ignored in every child."""

MINUTE = timedelta(minutes=1)


def in_a_minute() -> datetime:
    return datetime.now(UTC) + MINUTE


def attempt_id() -> str:
    return uuid.uuid4().hex


def shell(script: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", script)


def is_running(pid: int) -> bool:
    """True for a process that exists and is no zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat[stat.rindex(b")") + 2 :][:1] not in b"ZX"


class Host:
    """A host whose executor can be closed and opened again, as by a daemon that restarts; collects what it tells."""

    def __init__(self, connect: Callable[[], Executor]) -> None:
        self._connect = connect
        self.executor = connect()
        self.told: list[Outcome] = []
        self.launched: list[str] = []
        self.epoch = 1

    def spec(self, *command: str, **changes: object) -> LaunchSpec:
        values: dict[str, object] = {
            "attempt": attempt_id(),
            "group": "default",
            "command": command,
            "environment": {"PATH": os.environ["PATH"]},
            "cwd": None,
            "log_limit": 1_000_000,
            "not_after": in_a_minute(),
        }
        return LaunchSpec(**(values | changes))  # type: ignore[arg-type]

    def launch(self, *command: str, **changes: object) -> str:
        spec = self.spec(*command, **changes)
        self.launched.append(spec.attempt)
        self.executor.launch([spec], self.epoch)
        return spec.attempt

    def run(self, *command: str, **changes: object) -> Ended:
        return self.end_of(self.launch(*command, **changes))

    def started(self, attempt: str) -> Started:
        return self._wait(lambda o: isinstance(o, Started) and o.attempt == attempt)  # type: ignore[return-value]

    def end_of(self, attempt: str) -> Ended:
        return self._wait(lambda o: isinstance(o, Ended) and o.attempt == attempt)  # type: ignore[return-value]

    def _wait(self, wanted: Callable[[Outcome], bool]) -> Outcome:
        """Takes the first such outcome out of what was told, waiting for it."""
        while not (found := next((o for o in self.told if wanted(o)), None)):
            news = self.executor.outcomes()
            assert news, "the executor closed"
            self.told += news
        self.told.remove(found)
        return found

    def restart(self) -> None:
        """Another daemon takes over, with a higher epoch; nothing is remembered but the host's own disk."""
        self.executor.close()
        self.told.clear()
        self.epoch += 1
        self.executor = self._connect()

    def text(self, attempt: str) -> str:
        return self.executor.log(attempt, 0, 1_000_000).data.decode()

    def clean_up(self) -> None:
        """Leave no process behind."""
        ended = {o.attempt for o in self.told if isinstance(o, Ended)}
        rest = [a for a in self.launched if a not in ended]
        self.executor.stop(dict.fromkeys(rest, 0.0))
        for attempt in rest:
            self.end_of(attempt)
        self.executor.close()


class Gate:
    """A named pipe: a task says that it is there, or waits until it may go on."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path

    def wait(self) -> str:
        return self.path.read_text()

    def open(self) -> None:
        self.path.write_text("go\n")


@pytest.fixture
def ready(tmp_path: Path) -> Gate:
    return Gate(tmp_path / "ready")


@pytest.fixture
def release(tmp_path: Path) -> Gate:
    return Gate(tmp_path / "release")


@contextmanager
def opened(connect: Callable[[], Executor]) -> Iterator[Host]:
    host = Host(connect)
    try:
        yield host
    finally:
        host.clean_up()


class ExecutorContract:
    """The tests."""

    @pytest.mark.parametrize("code", [0, 1, 3, 255])
    def test_an_exit_code_is_told(self, host: Host, code: int) -> None:
        """An attempt that ends by itself is told as exited, with its code and its times."""
        before = datetime.now(UTC)
        ended = host.run(*shell(f"exit {code}"))

        assert (ended.ending, ended.exit_code) == (Ending.EXITED, code)
        assert ended.started_at is not None
        assert ended.ended_at is not None
        assert before - timedelta(seconds=1) <= ended.started_at <= ended.ended_at <= datetime.now(UTC)

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGPIPE])
    def test_a_death_by_signal_is_an_exit_code(self, host: Host, number: signal.Signals) -> None:
        """A task that a signal n ended has exited with 128 + n."""
        assert host.run(*shell(f"kill -{int(number)} $$")).exit_code == 128 + number

    def test_a_running_attempt_is_told_as_started(self, host: Host, ready: Gate, release: Gate) -> None:
        """While its process runs, an attempt is told as started, with the pid that the task itself sees."""
        attempt = host.launch(*shell(f"echo $$ > {ready.path}; read _ < {release.path}"))
        pid = int(ready.wait())

        assert host.started(attempt).pid == pid
        release.open()
        assert host.end_of(attempt).exit_code == 0

    def test_the_environment_is_exact(self, host: Host) -> None:
        """A task sees what its spec says, where its log and its output go, its name, and nothing else."""
        attempt = host.launch("/usr/bin/env", environment={"bizdate": "20130101", "note": "a 'b' $c ü"})
        ended = host.end_of(attempt)
        seen = dict(line.split("=", 1) for line in host.text(attempt).splitlines())

        assert ended.exit_code == 0
        assert {n: seen.pop(n) for n in ("bizdate", "note")} == {"bizdate": "20130101", "note": "a 'b' $c ü"}
        assert seen.pop("BACKFILLD_ATTEMPT") == attempt
        assert Path(seen.pop("BACKFILL_LOG_PATH")).is_absolute()
        assert Path(seen.pop("BACKFILL_OUTPUT_FILE")).is_absolute()
        assert seen == {}

    def test_secrets_of_the_group_come_from_the_host(self, host: Host) -> None:
        """Only attempts of the group see its secrets, and a value of the same name does not replace them."""
        script = shell('echo "<$DB_PASSWORD>"')
        of_group = host.launch(*script, group="vault", environment={"DB_PASSWORD": "mine"})
        of_other = host.launch(*script)

        assert (host.end_of(of_group).exit_code, host.end_of(of_other).exit_code) == (0, 0)
        assert (host.text(of_group), host.text(of_other)) == ("<s3cret>\n", "<>\n")

    def test_a_task_starts_clean(self, host: Host) -> None:
        """A task has no signal blocked or ignored, no descriptor but three, nothing to read, and a group of its own."""
        signals = host.launch("grep", "-E", "Sig(Blk|Ign)", "/proc/self/status")
        descriptors = host.launch("ls", "/proc/self/fd", group="wide")
        read = host.launch("wc", "-c", group="wide")
        group = host.launch("cut", "-d ", "-f1,5", "/proc/self/stat", group="wide")
        for attempt in (signals, descriptors, read, group):
            assert host.end_of(attempt).exit_code == 0

        masks = [int(line.split()[1], 16) for line in host.text(signals).splitlines()]
        assert [mask & ~LIBC_SIGNALS for mask in masks] == [0, 0]
        assert host.text(descriptors).split() == ["0", "1", "2", "3"]  # the last is the folder that ls reads
        assert host.text(read) == "0\n"
        assert len(set(host.text(group).split())) == 1

    def test_a_task_runs_in_its_folder(self, host: Host, tmp_path: Path) -> None:
        """Each attempt has the working directory that it asks for; the next one is not moved by it."""
        here = host.launch("pwd", cwd=str(tmp_path))
        host.end_of(here)
        there = host.launch("pwd")
        host.end_of(there)

        assert host.text(here) == f"{tmp_path}\n"
        assert host.text(there) != f"{tmp_path}\n"

    @pytest.mark.parametrize(
        ("command", "cwd", "code", "why"),
        [
            ("no-such-program", None, 127, "No such file or directory"),
            ("/no/such/program", None, 127, "No such file or directory"),
            ("true", "/no/such/folder", 127, "/no/such/folder"),
            ("/etc/passwd", None, 126, "Permission denied"),
            ("/", None, 126, "Permission denied"),
            ("nul\0", None, 126, "null"),
        ],
    )
    def test_what_cannot_start_has_failed(self, host: Host, command: str, cwd: str | None, code: int, why: str) -> None:
        """A command that cannot be started is an ordinary failure, and its log says in one line why."""
        attempt = host.launch(command, cwd=cwd)
        ended = host.end_of(attempt)

        assert (ended.ending, ended.exit_code) == (Ending.EXITED, code)
        assert host.text(attempt).count("\n") == 1
        assert why in host.text(attempt)

    def test_a_large_environment_fits(self, host: Host) -> None:
        """A command and environment of hundreds of kilobytes reach the task; ones beyond all measure are refused."""
        large = {f"v{i}": "x" * 100_000 for i in range(4)}

        assert host.run(*shell("test ${#v3} = 100000"), environment=large).exit_code == 0
        assert host.run("true", environment={f"v{i}": "x" * 100_000 for i in range(20)}).ending is Ending.REFUSED

    def test_a_late_launch_is_void(self, host: Host, tmp_path: Path) -> None:
        """After `not_after` nothing starts, now or ever."""
        spec = host.spec("touch", str(tmp_path / "ran"), not_after=datetime.now(UTC) - MINUTE)
        host.executor.launch([spec], 1)

        assert host.end_of(spec.attempt).ending is Ending.VOID
        host.executor.reattach([spec.attempt])
        assert host.end_of(spec.attempt).ending is Ending.VOID
        assert not (tmp_path / "ran").exists()

    def test_a_stale_epoch_is_refused(self, host: Host) -> None:
        """A daemon that was replaced cannot start anything, not even after the runner's restart."""
        host.restart()
        assert host.run("true").exit_code == 0
        host.restart()
        stale = host.spec("true")
        host.executor.launch([stale], 1)
        ended = host.end_of(stale.attempt)

        assert ended.ending is Ending.REFUSED
        assert "epoch" in ended.reason

    def test_slots_are_never_exceeded(self, host: Host, release: Gate) -> None:
        """A full group refuses; a slot is free again when its attempt is told as ended."""
        waiting = [host.launch(*shell(f"read _ < {release.path}; exit 7")) for _ in range(2)]
        refused = host.run("true")
        elsewhere = host.run("true", group="wide")
        host.executor.stop({waiting[0]: 1.0})
        host.end_of(waiting[0])

        assert refused.ending is Ending.REFUSED
        assert elsewhere.exit_code == 0
        assert host.run("true").exit_code == 0

    def test_an_unknown_group_is_refused(self, host: Host) -> None:
        """A host runs only what belongs to its groups."""
        assert host.run("true", group="nowhere").ending is Ending.REFUSED

    def test_a_repeated_launch_starts_nothing(self, host: Host, tmp_path: Path) -> None:
        """The same attempt launched again, while it runs or later, runs once; its end may be told again."""
        ledger = tmp_path / "ledger"
        spec = host.spec(*shell(f"echo ran >> {ledger}; exit 5"))
        host.executor.launch([spec, spec], 1)
        codes = [host.end_of(spec.attempt).exit_code]
        host.executor.launch([spec], 1)
        codes.append(host.end_of(spec.attempt).exit_code)

        assert codes == [5, 5]
        assert ledger.read_text() == "ran\n"

    def test_a_payload_goes_in_and_an_output_comes_out(self, host: Host) -> None:
        """The task finds its payload in a file, and what it writes as JSON into another is told with its end."""
        script = shell('cat "$BACKFILL_PAYLOAD_FILE" > "$BACKFILL_OUTPUT_FILE"')

        assert host.run(*script, payload=b'{"rows": 3}').output == b'{"rows": 3}'

    @pytest.mark.parametrize(
        ("script", "why"),
        [
            ("head -c 70000 /dev/zero | tr '\\0' 1 > $BACKFILL_OUTPUT_FILE", "65536 bytes"),
            ("echo '{' > $BACKFILL_OUTPUT_FILE", "JSON"),
            ("mkfifo $BACKFILL_OUTPUT_FILE", "not a file"),
            ("ln -s /etc/passwd $BACKFILL_OUTPUT_FILE", "cannot be read"),
        ],
    )
    def test_an_unfit_output_is_left_out(self, host: Host, script: str, why: str) -> None:
        """Output that is too large, no JSON or no file is left out, says why, and changes nothing else."""
        ended = host.run(*shell(script))

        assert (ended.exit_code, ended.output) == (0, None)
        assert why in ended.reason

    def test_stop_ends_the_whole_group(self, host: Host, ready: Gate) -> None:
        """A stopped attempt's children are gone when that is told."""
        attempt = host.launch(*shell(f"sleep 1000 & echo $! > {ready.path}; wait"))
        child = int(ready.wait())
        host.executor.stop({attempt: 30.0})
        ended = host.end_of(attempt)

        assert (ended.ending, ended.exit_code) == (Ending.STOPPED, 128 + signal.SIGTERM)
        assert not is_running(child)

    def test_who_ignores_term_is_killed(self, host: Host, ready: Gate) -> None:
        """After the grace the group is killed, also when its leader has gone and only a deaf child is left."""
        deaf = f"trap '' TERM; echo $$ > {ready.path}; while :; do sleep 1; done"
        attempt = host.launch(*shell(f'sh -c "{deaf.replace("$", chr(92) + "$")}" & wait'))
        child = int(ready.wait())
        host.executor.stop({attempt: 0.05})

        assert host.end_of(attempt).ending is Ending.STOPPED
        assert not is_running(child)

    def test_a_stop_during_the_grace_shortens_it(self, host: Host, ready: Gate) -> None:
        """A second stop may shorten the grace; repeating one changes nothing else."""
        attempt = host.launch(*shell(f"trap '' TERM; echo $$ > {ready.path}; while :; do sleep 1; done"))
        child = int(ready.wait())
        host.executor.stop({attempt: 3600.0})
        host.executor.stop({attempt: 3600.0})
        host.executor.stop({attempt: 0.0})
        ended = host.end_of(attempt)

        assert (ended.ending, ended.exit_code) == (Ending.STOPPED, 128 + signal.SIGKILL)
        assert not is_running(child)

    def test_a_frozen_task_can_be_stopped(self, host: Host, ready: Gate) -> None:
        """A task that was suspended is woken to obey."""
        attempt = host.launch(*shell(f"echo > {ready.path}; kill -STOP $$"))
        ready.wait()
        host.executor.stop({attempt: 30.0})

        assert host.end_of(attempt).ending is Ending.STOPPED

    def test_a_stop_right_after_the_launch_counts(self, host: Host) -> None:
        """A stop that comes before the process exists ends it as soon as it does."""
        attempt = host.launch("sleep", "1000")
        host.executor.stop({attempt: 30.0})

        assert host.end_of(attempt).ending is Ending.STOPPED

    def test_what_a_task_leaves_behind_is_ended(self, host: Host) -> None:
        """When an attempt is told as ended no process of its group is left, though its leader ended by itself."""
        attempt = host.launch(*shell("sleep 1000 & echo $!; exit 4"))
        ended = host.end_of(attempt)

        assert (ended.ending, ended.exit_code) == (Ending.EXITED, 4)
        assert not is_running(int(host.text(attempt)))

    def test_an_unknown_attempt_is_void_for_ever(self, host: Host, tmp_path: Path) -> None:
        """An attempt that never started is void once it was asked for, and a late launch of it starts nothing."""
        spec = host.spec("touch", str(tmp_path / "ran"))
        host.executor.reattach([spec.attempt])
        endings = [host.end_of(spec.attempt).ending]
        host.executor.launch([spec], 1)
        endings.append(host.end_of(spec.attempt).ending)
        host.executor.stop({spec.attempt: 1.0})
        endings.append(host.end_of(spec.attempt).ending)

        assert endings == [Ending.VOID] * 3
        assert not (tmp_path / "ran").exists()

    def test_a_running_attempt_is_adopted(self, host: Host, ready: Gate, release: Gate) -> None:
        """A new daemon is told again that it started, with the true time and pid, and later its exit code."""
        attempt = host.launch(*shell(f"echo > {ready.path}; read _ < {release.path}; exit 5"))
        ready.wait()
        before = host.started(attempt)
        host.restart()
        host.executor.reattach([attempt])

        assert host.started(attempt) == before
        release.open()
        ended = host.end_of(attempt)
        assert (ended.ending, ended.exit_code, ended.started_at) == (Ending.EXITED, 5, before.at)

    def test_an_end_while_nobody_listened_is_told(self, host: Host, ready: Gate, release: Gate) -> None:
        """An attempt that ended while no daemon was there is told as it ended, again if asked again."""
        attempt = host.launch(*shell(f"echo $$ > {ready.path}; read _ < {release.path}; exit 6"))
        leader = os.pidfd_open(int(ready.wait()))
        host.executor.close()
        release.open()
        select.select([leader], [], [])
        os.close(leader)
        host.restart()
        host.executor.reattach([attempt])
        assert host.end_of(attempt).exit_code == 6
        host.executor.reattach([attempt])
        assert host.end_of(attempt).exit_code == 6

    def test_an_adopted_attempt_occupies_its_slot(self, host: Host, release: Gate) -> None:
        """Slots are never exceeded by adopting."""
        waiting = [host.launch(*shell(f"read _ < {release.path}")) for _ in range(2)]
        for attempt in waiting:
            host.started(attempt)
        host.restart()
        host.executor.reattach(waiting)

        assert host.run("true").ending is Ending.REFUSED

    def test_an_adopted_attempt_can_be_stopped(self, host: Host, ready: Gate) -> None:
        """TERM, grace and KILL reach an adopted attempt's group too."""
        attempt = host.launch(*shell(f"trap '' TERM; echo $$ > {ready.path}; while :; do sleep 1; done"))
        leader = int(ready.wait())
        host.started(attempt)
        host.restart()
        host.executor.stop({attempt: 0.05})
        ended = host.end_of(attempt)

        assert (ended.ending, ended.exit_code) == (Ending.STOPPED, 128 + signal.SIGKILL)
        assert not is_running(leader)

    def test_a_log_is_read_by_offset(self, host: Host) -> None:
        """Any stretch of the output can be read, from the front or the end; what is not there is empty."""
        attempt = host.launch(*shell("printf 0123456789; printf err >&2"))
        host.end_of(attempt)
        part = host.executor.log(attempt, 2, 3)
        tail = host.executor.log(attempt, -4, 100)

        assert (part.offset, part.data, part.size, part.hole) == (2, b"234", 13, None)
        assert (tail.offset, tail.data) == (9, b"9err")
        assert host.executor.log(attempt, 100, 10).data == b""
        assert host.executor.log(attempt_id(), 0, 10).data == b""
        assert host.executor.log("../../etc/passwd", 0, 10).data == b""

    def test_the_middle_of_a_long_log_goes(self, host: Host) -> None:
        """Of 50 MB of output with a limit of 1 MB, head and tail stay, at their own offsets, and the hole is told."""
        attempt = host.launch(*shell("seq -f %09.0f 1 5000000"), log_limit=1_000_000)
        assert host.end_of(attempt).exit_code == 0
        head = host.executor.log(attempt, 0, 10_000_000)
        assert head.hole is not None
        tail = host.executor.log(attempt, len(head.data), 10_000_000)

        assert head.size == 50_000_000
        assert tail.offset == head.hole[1]
        assert 1_000_000 <= len(head.data) + len(tail.data) < 1_010_000
        assert head.data.startswith(b"000000001\n000000002\n")
        assert tail.data.endswith(b"004999999\n005000000\n")
        number = -(-tail.offset // 10)
        assert tail.data[number * 10 - tail.offset :].startswith(b"%09d\n" % (number + 1))

    def test_a_log_stays(self, host: Host) -> None:
        """Forgetting an attempt, however often, keeps its output."""
        attempt = host.launch("echo", "hello")
        host.end_of(attempt)
        host.executor.forget([attempt])
        host.executor.forget([attempt])
        assert host.text(attempt) == "hello\n"

    def test_a_discarded_log_is_gone(self, host: Host, ready: Gate, release: Gate) -> None:
        """What is discarded reads as empty, as often as it is told; who runs still, and who is not named, keeps his."""
        over, other = host.launch(*shell("echo over")), host.launch(*shell("echo other"))
        assert host.end_of(over).ending is host.end_of(other).ending is Ending.EXITED
        living = host.launch(*shell(f"echo living; echo > {ready.path}; cat {release.path}"))
        ready.wait()

        for _ in range(2):
            assert host.executor.discard([over, living, attempt_id(), "../../etc/passwd"])
        assert (host.text(over), host.text(other), host.text(living)) == ("", "other\n", "living\n")
        release.open()
        host.end_of(living)

    def test_a_host_tells_what_it_has_records_of(self, host: Host, ready: Gate, release: Gate) -> None:
        """What runs, what has ended, and what was found never to have started, also after a restart; nothing else."""
        over = host.launch(*shell("exit 3"))
        host.end_of(over)
        living = host.launch(*shell(f"echo > {ready.path}; cat {release.path}"))
        ready.wait()
        never = attempt_id()
        host.executor.reattach([never])
        host.end_of(never)
        host.restart()

        host.executor.forget([over])
        assert host.executor.records() == {over, living, never}
        host.executor.reattach([living])
        release.open()
        assert host.end_of(living).ending is Ending.EXITED

    def test_a_forgotten_attempt_never_starts_again(self, host: Host) -> None:
        """As long as a launch of it could still come, a forgotten attempt's record stays."""
        spec = host.spec(*shell("exit 9"))
        host.executor.launch([spec], 1)
        host.end_of(spec.attempt)
        host.executor.forget([spec.attempt])
        host.restart()
        host.executor.launch([spec], host.epoch)

        assert host.end_of(spec.attempt).exit_code == 9

    def test_close_ends_the_wait(self, host: Host) -> None:
        """Who waits for news is sent home with nothing when the executor is closed, and so is who asks later."""
        answers: list[list[Outcome]] = []
        waiting = threading.Thread(target=lambda: answers.append(host.executor.outcomes()))
        waiting.start()
        executor = host.executor
        host.restart()
        waiting.join()

        assert answers == [[]]
        assert executor.outcomes() == []
