"""What a runner keeps on its host: journals, records that go in time, logs below their limit, and no leftovers."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from ports.executor_contract import (
    GROUPS,
    Gate,
    Host,
    attempt_id,
    in_a_minute,
    is_running,
    opened,
    ready,
    release,
    shell,
)

from backfilld.executors.logs import trim_log
from backfilld.executors.processes import Kin, processes
from backfilld.executors.record import Entry, Owner, Tombstone, entomb, read_claim, read_entry, read_owner
from backfilld.executors.retention import Retention
from backfilld.executors.runner import Runner
from backfilld.executors.spool import HOUR, Spool, SpoolUnfit
from backfilld.executors.worker import ENTRY_SIZE, boot_id, give_up_protection, kernel_start
from backfilld.ports import Ended, Ending, Executor

__all__ = ["ready", "release"]
MEBIBYTE = 1 << 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def spool(folder: Path) -> Iterator[Spool]:
    spool = Spool(folder)
    yield spool
    spool.close()


@contextmanager
def host_of(folder: Path, **settings: float) -> Iterator[Host]:
    with opened(lambda: Runner(folder, GROUPS, **settings)) as host:  # type: ignore[arg-type]
        yield host


def eventually(condition: Callable[[], bool]) -> None:
    """Look again and again; a condition that never comes is named by the test's own time limit."""
    while not condition():
        threading.Event().wait(0.01)


def test_a_full_journal_is_followed_by_a_new_one(folder: Path) -> None:
    """A worker begins a new journal and identity when the old one is full; every record stays readable."""
    with host_of(folder, renew_every=10) as host:
        attempts = []
        for i in range(65):
            attempts.append(host.launch(*shell(f"exit {i % 7}"), group="vault"))
            host.end_of(attempts[-1])
        journals = list((folder / "workers").glob("*.journal"))
        host.restart()
        host.executor.reattach(attempts)

        assert len(journals) == 7
        assert {journal.stat().st_size for journal in journals} == {10 * ENTRY_SIZE}
        assert [host.end_of(attempt).exit_code for attempt in attempts] == [i % 7 for i in range(65)]


def test_a_claim_names_its_owner_and_its_entry(folder: Path) -> None:
    """The claim is a link to the worker's identity; the entry in its journal has start and end."""
    with host_of(folder) as host:
        attempt = host.launch(*shell("exit 3"), log_limit=12345)
        ended = host.end_of(attempt)
        host.executor.close()
        spool = Spool(folder)
        owner = read_claim(spool, attempt)
        assert isinstance(owner, Owner)
        entry = read_entry(spool, owner, attempt)
        spool.close()
        host.restart()

    assert (owner.boot, owner.group) == (boot_id(), "default")
    assert entry is not None
    assert (entry.code, entry.log_limit) == (3, 12345)
    assert ended.started_at is not None
    assert abs(entry.started / 1e9 - ended.started_at.timestamp()) < 0.001


def test_a_half_written_identity_is_nobody() -> None:
    """Only a whole identity names an owner."""
    whole = b"backfilld worker\n17\n99\nboot\nname.0.journal\ngroup\nend\n"

    assert read_owner(whole) == Owner(17, 99, "boot", "name.0.journal", "group")
    assert all(read_owner(whole[:size]) is None for size in range(len(whole)))


def test_a_tombstone_found_is_void(spool: Spool) -> None:
    """A tombstone is exclusive, and void even if its maker was killed before it could write into it."""
    attempt = attempt_id()

    assert read_claim(spool, attempt) is None
    assert entomb(spool, attempt, Tombstone.VOID)
    assert not entomb(spool, attempt, Tombstone.LOST)
    assert read_claim(spool, attempt) is Tombstone.VOID


def test_after_a_reboot_a_missing_claim_proves_nothing(folder: Path) -> None:
    """The claims of the last moments may not have reached the disk: until this boot launches, no claim is lost."""
    folder.mkdir()
    (folder / "epoch").write_text("1 another-boot 0\n")
    unknown, later = attempt_id(), attempt_id()
    with host_of(folder) as host:
        host.executor.reattach([unknown])
        assert host.end_of(unknown).ending is Ending.LOST
        host.restart()
        host.executor.reattach([unknown])
        assert host.end_of(unknown).ending is Ending.LOST
        assert host.run("true").exit_code == 0
        host.executor.reattach([later, unknown])
        assert host.end_of(later).ending is Ending.VOID
        assert host.end_of(unknown).ending is Ending.LOST


def test_an_owner_of_another_boot_is_dead(folder: Path) -> None:
    """After a reboot a pid means nothing: an attempt without an end mark is lost, and nobody is killed for it."""
    attempt, pid = attempt_id(), os.getpid()
    lines = ("backfilld worker", pid, kernel_start(pid), "another-boot", "name.0.journal", "default", "end", "")
    folder.mkdir()
    (folder / f"{attempt}.claim").write_text("\n".join(map(str, lines)))
    with host_of(folder) as host:
        host.executor.reattach([attempt])
        assert host.end_of(attempt).ending is Ending.LOST


def test_a_reused_pid_is_not_ours() -> None:
    """A session counts only if its worker is still in the table, or one of its processes proves to be ours."""
    with subprocess.Popen(["sleep", "1000"], start_new_session=True) as stranger:
        entry = Entry(stranger.pid, 1, 0, 0, None, None)
        same_pid = Owner(stranger.pid, kernel_start(stranger.pid) - 1, boot_id(), "name.0.journal", "default")
        assert Kin(attempt_id(), same_pid, entry, whole=True).living(processes()) == []
        stranger.kill()


def test_one_runner_a_spool(folder: Path) -> None:
    """A second runner would not know what the first has launched: it is turned away, the folder is the owner's."""
    with host_of(folder), pytest.raises(SpoolUnfit, match="another runner"):
        Spool(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


class Hand:
    """A clock that is set by hand."""

    def __init__(self, moment: datetime) -> None:
        self.now = moment.timestamp()

    def __call__(self) -> float:
        return self.now


def finished(retention: Retention) -> None:
    while retention.next_step == 0:
        retention.step()


def test_records_go_an_hour_after_the_last_possible_start(spool: Spool) -> None:
    """Forgotten, a record stays as long as a launch could be late, over restarts; then it goes, and its log stays."""
    clock, attempts = Hand(in_a_minute()), [attempt_id() for _ in range(250)]
    for attempt in attempts:
        for path in (spool.claim(attempt), spool.payload(attempt), spool.output(attempt), spool.log(attempt)):
            Path(path).touch()
    kept = attempt_id()
    Path(spool.claim(kept)).touch()
    first = Retention(spool, clock)
    finished(first)
    first.forget(dict.fromkeys(attempts, clock.now))
    clock.now += HOUR - 1
    finished(first)
    assert all(Path(spool.claim(attempt)).exists() for attempt in attempts)

    clock.now += HOUR + 1
    second = Retention(spool, clock)
    second.step()
    second.step()
    third = Retention(spool, clock)  # killed on its way
    finished(third)
    left = {path.name for path in spool.folder.iterdir() if path.is_file()} - {"lock"}
    assert left == {f"{attempt}.out" for attempt in attempts} | {f"{kept}.claim"}
    assert third.next_step is None
    assert list(spool.forgotten.iterdir()) == []


def test_a_torn_line_spoils_only_itself(spool: Spool) -> None:
    """A list of forgotten attempts that lost a piece still names the others, and no path but theirs."""
    attempt = attempt_id()
    Path(spool.claim(attempt)).touch()
    (spool.forgotten / "1").write_text(f"../{'0' * 30}\nabc{attempt_id()}\n\n{attempt}\n12")
    finished(Retention(spool))

    assert not Path(spool.claim(attempt)).exists()


def test_journals_go_with_their_last_claim(folder: Path) -> None:
    """A journal stays while a claim names it or its worker uses it, and no longer."""
    clock = Hand(in_a_minute())
    with host_of(folder, renew_every=5) as host:
        attempts = []
        for _ in range(12):
            attempts.append(host.launch("true", group="vault"))
            host.end_of(attempts[-1])
        host.executor.forget(attempts[:11])
        assert len(list((folder / "workers").iterdir())) == 6
        host.executor.close()
        eventually(lambda: not any(is_running(owner.pid) for owner in owners(folder)))
        reap_children()
        spool = Spool(folder)
        clock.now += 3 * HOUR
        finished(Retention(spool, clock))
        spool.close()
        host.restart()

        assert len(list((folder / "workers").iterdir())) == 2
        host.executor.reattach(attempts[11:])
        assert host.end_of(attempts[11]).exit_code == 0


def owners(folder: Path) -> list[Owner]:
    found = [read_owner(path.read_bytes()) for path in (folder / "workers").glob("*.id")]
    return [owner for owner in found if owner]


def reap_children() -> None:
    """A closed runner leaves its workers to whoever is their parent: here, to us."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                return
        except ChildProcessError:
            return


@contextmanager
def pumping(executor: Executor) -> Iterator[list[object]]:
    """Take the outcomes in a thread, as a daemon does."""
    told: list[object] = []

    def pump() -> None:
        while news := executor.outcomes():
            told.extend(news)

    thread = threading.Thread(target=pump)
    thread.start()
    yield told
    executor.close()
    thread.join()


def test_a_log_is_cut_while_its_task_writes(folder: Path, release: Gate) -> None:
    """A task that writes without end does not fill the disk: its log is cut while it runs."""
    runner = Runner(folder, GROUPS)
    with host_of(folder.with_name("other")) as other, pumping(runner) as told:
        script = f"head -c 50000000 /dev/zero | tr '\\0' x; read _ < {release.path}"
        spec = other.spec(*shell(script), log_limit=MEBIBYTE)
        runner.launch([spec], 1)
        log = folder / f"{spec.attempt}.out"
        eventually(lambda: log.exists() and log.stat().st_size == 50_000_000)
        eventually(lambda: log.stat().st_blocks * 512 <= MEBIBYTE + 8192)
        assert log.stat().st_size == 50_000_000
        release.open()
        eventually(lambda: any(isinstance(outcome, Ended) for outcome in told))


@pytest.mark.parametrize(
    ("size", "limit", "kept"),
    [(0, 0, 0), (100, 10, 100), (9000, 100, 9000 - 4096), (90_000, 20_000, 90_000 - 16 * 4096), (50, 50, 50)],
)
def test_a_log_is_cut_at_whole_blocks(spool: Spool, size: int, limit: int, kept: int) -> None:
    """Only whole blocks go, between the first and the last half of the limit."""
    attempt = attempt_id()
    log = Path(spool.log(attempt))
    log.write_bytes(b"x" * size)

    assert trim_log(spool, attempt, limit) == size
    content = log.read_bytes()
    assert (len(content), content.count(b"x")) == (size, kept)
    assert content[: limit // 2].strip(b"x") == content[size - limit // 2 :].strip(b"x") == b""


def test_idle_workers_are_let_go(folder: Path) -> None:
    """A worker that is not needed for a while ends, and is buried; the next task gets a new one."""
    runner = Runner(folder, GROUPS, idle_seconds=0.05)
    with host_of(folder.with_name("other")) as other, pumping(runner) as told:
        for count in (1, 2):
            runner.launch([other.spec("true")], 1)
            eventually(lambda count=count: len(told) >= count)  # type: ignore[misc]
            eventually(lambda: not any(Path(f"/proc/{owner.pid}").exists() for owner in owners(folder)))
        assert [outcome.exit_code for outcome in told if isinstance(outcome, Ended)] == [0, 0]


def test_launches_and_outcomes_go_on_in_two_threads(folder: Path) -> None:
    """While one thread takes the outcomes another launches: every attempt ends once, in no more than its slots."""
    runner = Runner(folder, GROUPS)
    with host_of(folder.with_name("other")) as other, pumping(runner) as told:
        specs = [other.spec(*shell(f"exit {i % 5}"), group="wide") for i in range(200)]
        for done in range(0, 200, 8):
            runner.launch(specs[done : done + 8], 1)
            eventually(lambda done=done: sum(isinstance(o, Ended) for o in told) == done + 8)  # type: ignore[misc]
        ends = {outcome.attempt: outcome.exit_code for outcome in told if isinstance(outcome, Ended)}

    assert ends == {spec.attempt: i % 5 for i, spec in enumerate(specs)}
    assert len(owners(folder)) == 8


def descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def test_no_descriptor_is_lost(tmp_path: Path) -> None:
    """A runner gives back every descriptor that it took, after ends, stops, adoptions and deaths."""
    before = descriptors()
    with host_of(tmp_path / "spool") as host:
        for _ in range(20):
            host.run("true")
        host.run(*shell("sleep 1000 & exit 0"))
        waiting = host.launch("sleep", "1000")
        host.started(waiting)
        host.restart()
        host.executor.reattach([waiting])
        host.executor.stop({waiting: 5.0})
        host.end_of(waiting)
        host.executor.log(waiting, 0, 10)

    assert descriptors() == before


def test_a_worker_holds_nothing_of_the_daemon(folder: Path, tmp_path: Path) -> None:
    """A file that the daemon has open, inheritable or not, is not kept open by workers that outlive it."""
    held = os.open(tmp_path / "held", os.O_RDWR | os.O_CREAT)
    os.set_inheritable(held, True)
    with host_of(folder) as host:
        host.run("true")
        (worker,) = owners(folder)
        links = [str(path.readlink()) for path in Path(f"/proc/{worker.pid}/fd").iterdir()]
    os.close(held)

    assert str(tmp_path / "held") not in links
    assert len(links) == 6  # its two pipes, its complaints, its journal, its home and nothing to read


def test_a_worker_needs_nothing_but_the_interpreter() -> None:
    """Workers import no module from a file of ours or of the library: their start and their memory stay small."""
    probe = (
        "import sys; before = set(sys.modules); sys.argv = ['worker']\n"
        f"source = open({str(Path(sys.modules[Spool.__module__].__file__ or '').with_name('worker.py'))!r}).read()\n"
        "exec(compile(source, 'worker', 'exec'), {'__name__': 'worker'})\n"
        "print(sorted(set(sys.modules) - before - set(sys.builtin_module_names)))"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", probe], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_late_is_judged_by_the_worker_too(folder: Path) -> None:
    """A job that its worker comes to after `not_after` is refused by it, though the runner found it in time."""
    past = in_a_minute() - timedelta(minutes=2)
    runner = Runner(folder, GROUPS, clock=Hand(past - timedelta(minutes=1)))
    with opened(lambda: runner) as host:
        spec = host.spec("true", not_after=past)
        host.executor.launch([spec], 1)
        ended = host.end_of(spec.attempt)

    assert ended.ending is Ending.VOID
    assert "worker" in ended.reason


def test_a_launch_whose_answer_was_lost_is_settled(folder: Path, tmp_path: Path) -> None:
    """If it never came it is void, and when it comes after all it starts nothing."""
    runner = Runner(folder, GROUPS)
    with opened(lambda: runner) as host:
        spec = host.spec("touch", str(tmp_path / "ran"))
        runner.reattach([spec.attempt])
        endings = [host.end_of(spec.attempt).ending]
        runner.launch([spec], 1)
        endings.append(host.end_of(spec.attempt).ending)

    assert endings == [Ending.VOID] * 2
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(("score", "left"), [("-500", "0"), ("0", "0"), ("200", "200")])
def test_a_task_is_not_spared_when_memory_is_short(tmp_path: Path, score: str, left: str) -> None:
    """A worker gives up what protects its runner; what makes it more likely to go stays."""
    file = tmp_path / "oom_score_adj"
    file.write_text(f"{score}\n")
    give_up_protection(str(file))

    assert file.read_text().splitlines()[0] == left
