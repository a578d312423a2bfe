"""One slot's process: it takes one job at a time from its pipe, claims it, runs it and records how it ended.

It outlives the daemon and costs its start once a slot. It runs as `python -I -S worker.py` and imports only modules
that are compiled into the interpreter: no `os`, no `struct`, no `json`. Only the runner starts it; `record.py` reads
what it writes, with the sizes and marks from here.
"""

import _signal  # type: ignore[import-not-found]  # the stubs know only `signal`, which drags in `enum`
import errno
import marshal
import posix
import sys
import time

ENTRY_SIZE = 128
START = b"%b %8d %14d %19d %15d\n"  # attempt, leader's pid, its kernel start time, started (ns), log limit
START_SIZE = 93
END = b"%3d %19d%11b\n"  # exit code, ended (ns), end mark
END_MARK = b"end"
IDENTITY_TITLE = "backfilld worker"
MAX_LOG_LIMIT = 10**15 - 1

NOT_FOUND = 127
NOT_STARTED = 126
NO_ROOM_PAUSE = 1.0  # seconds between two tries to make a journal
PATIENCE = 0.02  # a task that ends within this many seconds is reported in one message instead of two
USUAL_PATH = "/usr/local/bin:/usr/bin:/bin"
OOM_SCORE = "/proc/self/oom_score_adj"
CHILD_ENDED = (_signal.SIGCHLD,)

# (attempt, command, environment, cwd, log limit, not after in ns)
Job = tuple[str, tuple[str, ...], dict[str, str], str | None, int, int]


def read_job() -> Job | None:
    """The next job; None at end of file, which is how the runner says that no more will come."""
    data = posix.read(0, 65536)
    while data and len(data) - 4 < int.from_bytes(data[:4], "big"):
        more = posix.read(0, 1 << 20)
        data = data + more if more else b""  # the runner died while writing: this job was never handed over
    return marshal.loads(data[4:]) if data else None  # noqa: S302  # from our own runner, through our own pipe


def tell(message: bytes) -> None:
    """Answer the runner; one that is gone reads the journal when it is back."""
    try:  # noqa: SIM105  # contextlib is not built in
        posix.write(1, message)
    except BrokenPipeError:
        pass


def read_file(path: str) -> bytes:
    """The first 4 KiB of a file of the kernel."""
    descriptor = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        return posix.read(descriptor, 4096)
    finally:
        posix.close(descriptor)


def kernel_start(pid: int) -> int:
    """When a process started, in the kernel's ticks since boot; pid and start name one process of a boot."""
    stat = read_file(f"/proc/{pid}/stat")
    return int(stat[stat.rindex(b")") + 2 :].split()[19])


def boot_id() -> str:
    """Which boot of the host this is."""
    return read_file("/proc/sys/kernel/random/boot_id").decode().strip()


def find_program(name: str, path: str) -> str:
    """Where `name` is on the task's own PATH, as execvp would find it; posix_spawnp would search the worker's."""
    if "/" in name:
        return name
    error: type[OSError] = FileNotFoundError
    for folder in path.split(":"):
        candidate = f"{folder or '.'}/{name}"
        try:
            mode = posix.stat(candidate).st_mode
        except OSError:
            continue
        if mode & 0o170000 == 0o100000:
            if posix.access(candidate, posix.X_OK):
                return candidate
            error = PermissionError
    number = errno.ENOENT if error is FileNotFoundError else errno.EACCES
    raise error(number, posix.strerror(number), name)


class Journal:
    """A preallocated file of run records, and the identity file beside it whose hard links are the claims."""

    def __init__(self, stem: str, group: str, capacity: int) -> None:
        self.identity = f"{stem}.id"
        self._write_identity(f"{stem}.journal", group)
        self._file = create(f"{stem}.journal")
        try:
            posix.posix_fallocate(self._file, 0, capacity * ENTRY_SIZE)
        except OSError:
            self.close()
            raise
        self._offset = -ENTRY_SIZE
        self._end = (capacity - 1) * ENTRY_SIZE

    def _write_identity(self, journal: str, group: str) -> None:
        pid = posix.getpid()
        name = journal[journal.rindex("/") + 1 :]
        lines = (IDENTITY_TITLE, pid, kernel_start(pid), boot_id(), name, group, "end", "")
        identity = "\n".join(map(str, lines)).encode()
        descriptor = create(self.identity)
        try:
            if posix.write(descriptor, identity) < len(identity):
                raise OSError(errno.ENOSPC, posix.strerror(errno.ENOSPC))
            posix.fsync(descriptor)  # after a power cut an empty claim would read as a tombstone
        finally:
            posix.close(descriptor)

    @property
    def is_full(self) -> bool:
        """True when there is no room for another entry."""
        return self._offset >= self._end

    def begin(self, attempt: str, pid: int, start: int, started: int, log_limit: int) -> None:
        """The first half of the next entry: this process is running."""
        self._offset += ENTRY_SIZE
        posix.pwrite(self._file, START % (attempt.encode(), pid, start, started, log_limit), self._offset)

    def end(self, code: int, ended: int) -> None:
        """The second half: this is how it ended."""
        posix.pwrite(self._file, END % (code, ended, END_MARK), self._offset + START_SIZE)

    def close(self) -> None:
        """Write no more into it; the claims still name it."""
        posix.close(self._file)


def create(path: str) -> int:
    """A new file for writing, of the owner alone."""
    return posix.open(path, posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL | posix.O_CLOEXEC, 0o600)


class Slot:
    """Runs jobs, one after another."""

    def __init__(self, spool: str, name: str, group: str, capacity: int) -> None:
        self._spool = spool
        self._name = name
        self._group = group
        self._capacity = capacity
        self._renewals = 0
        self._home = posix.open(".", posix.O_RDONLY | posix.O_CLOEXEC)
        self._null = posix.open("/dev/null", posix.O_RDONLY | posix.O_CLOEXEC)
        self._reset = [n for n in _signal.valid_signals() if _signal.getsignal(n) == _signal.SIG_IGN]
        self._journal = self._new_journal()

    def _new_journal(self) -> Journal:
        """A journal; on a full disk that may take until there is room, and jobs wait, as long as they may."""
        while True:
            stem = f"{self._spool}/workers/{self._name}.{self._renewals}"
            self._renewals += 1
            try:
                return Journal(stem, self._group, self._capacity)
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                    raise
                for path in (f"{stem}.journal", f"{stem}.id"):
                    if posix.access(path, posix.F_OK):
                        posix.unlink(path)
                time.sleep(NO_ROOM_PAUSE)

    def run(self, job: Job) -> None:
        """Claim the attempt, run it to its end and record that; what cannot be claimed is only answered."""
        attempt, command, environment, cwd, log_limit, not_after = job
        if self._journal.is_full:
            self._journal.close()
            self._journal = self._new_journal()
        refusal = b"late\n" if time.time_ns() > not_after else self._claim(attempt)
        if refusal:
            tell(refusal)
            return
        started = time.time_ns()
        try:
            pid = self._start(f"{self._spool}/{attempt}.out", command, environment, cwd)
        except (OSError, ValueError) as error:
            self._could_not(attempt, error, started, log_limit)
        else:
            self._see_through(attempt, pid, started, log_limit)

    def _claim(self, attempt: str) -> bytes:
        """Make the claim, which only one worker can, once; or answer why not."""
        try:
            posix.link(self._journal.identity, f"{self._spool}/{attempt}.claim")
        except FileExistsError:
            return b"taken\n"
        except OSError as error:
            return b"unclaimed %d\n" % (error.errno or 0)
        return b""

    def _start(self, log: str, command: tuple[str, ...], environment: dict[str, str], cwd: str | None) -> int:
        """Start the command in a process group of its own; what hinders it is written into its log."""
        out = posix.open(log, posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND | posix.O_CLOEXEC, 0o600)
        try:
            if cwd is not None:
                posix.chdir(cwd)
            return posix.posix_spawn(
                find_program(command[0], environment.get("PATH", USUAL_PATH)),
                command,
                environment,
                file_actions=[(posix.POSIX_SPAWN_DUP2, fd, to) for fd, to in ((self._null, 0), (out, 1), (out, 2))],
                setpgroup=0,
                setsigmask=(),
                setsigdef=self._reset,
            )
        except (OSError, ValueError) as error:
            posix.write(out, f"backfilld: cannot start: {error}\n".encode("utf-8", "surrogateescape"))
            raise
        finally:
            posix.close(out)
            if cwd is not None:
                posix.fchdir(self._home)

    def _could_not(self, attempt: str, error: Exception, started: int, log_limit: int) -> None:
        code = NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_STARTED
        self._journal.begin(attempt, 0, 0, started, log_limit)
        self._journal.end(code, started)
        tell(b"ended 0 %d %d %d 0\n" % (started, code, started))

    def _see_through(self, attempt: str, pid: int, started: int, log_limit: int) -> None:
        """Record the start, wait, record the end; only then may the pid be used again, and the runner be answered."""
        self._journal.begin(attempt, pid, kernel_start(pid), started, log_limit)
        code = wait_for(pid, b"started %d %d\n" % (pid, started))
        ended = time.time_ns()
        self._journal.end(code, ended)
        posix.waitpid(pid, 0)
        tell(b"ended %d %d %d %d %d\n" % (pid, started, code, ended, group_lives(pid)))


def wait_for(pid: int, hello: bytes) -> int:
    """The exit code of a child, which stays a zombie; `hello` is sent unless it ends at once."""
    _signal.sigtimedwait(CHILD_ENDED, PATIENCE)
    end = posix.waitid(posix.P_PID, pid, posix.WEXITED | posix.WNOWAIT | posix.WNOHANG)
    if end is None:
        tell(hello)
        end = posix.waitid(posix.P_PID, pid, posix.WEXITED | posix.WNOWAIT)
        _signal.sigtimedwait(CHILD_ENDED, 0)  # still pending, it would cut the next wait short
    assert end is not None
    return end.si_status if end.si_code == posix.CLD_EXITED else 128 + end.si_status


def group_lives(group: int) -> bool:
    """True if anything, be it a zombie, is left of a group whose leader was reaped a moment ago."""
    try:
        posix.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def detach() -> None:
    """Outlive whoever started us: no signal that is meant for the daemon, none of its open files."""
    for number in (_signal.SIGINT, _signal.SIGTERM, _signal.SIGHUP, _signal.SIGQUIT):
        _signal.signal(number, _signal.SIG_IGN)
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)  # an inherited "ignore" would lose every exit code
    _signal.pthread_sigmask(_signal.SIG_SETMASK, CHILD_ENDED)
    give_up_protection(OOM_SCORE)
    for name in posix.listdir("/proc/self/fd"):
        if int(name) > 2:
            try:  # noqa: SIM105  # contextlib is not built in
                posix.close(int(name))
            except OSError:
                pass  # the folder's own descriptor


def give_up_protection(score: str) -> None:
    """When memory is short the kernel spares the runner; not the task, which would inherit that."""
    if int(read_file(score)) < 0:
        descriptor = posix.open(score, posix.O_WRONLY | posix.O_CLOEXEC)
        posix.write(descriptor, b"0\n")
        posix.close(descriptor)


def main() -> None:
    """Serve the spool, name and group given as arguments until the runner's end of the pipe is closed."""
    spool, name, group, capacity = sys.argv[1:]
    detach()
    slot = Slot(spool, name, group, int(capacity))
    while job := read_job():
        slot.run(job)
    posix._exit(0)


if __name__ == "__main__":
    main()
