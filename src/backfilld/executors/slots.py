"""The workers of a runner: started when first needed, used again, let go when idle."""

from __future__ import annotations

import fcntl
import marshal
import os
import time
import uuid
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from backfilld.executors.processes import ATTEMPT_MARK, WORKER_MARK
from backfilld.executors.spool import Spool
from backfilld.executors.worker import MAX_LOG_LIMIT, Job
from backfilld.ports import LaunchSpec

PROGRAM = Path(__file__).with_name("worker.py")
OPTIONS = ("-I", "-S", "-X", "utf8")
PIPE_SIZE = 65536
LARGEST_JOB = 1 << 20
"""What an unprivileged pipe can be made to hold, so that handing over a job never waits for the worker to read it."""


@dataclass(eq=False, slots=True)
class Worker:
    """One worker process of ours: its pipes, and the attempt that it was given, if any."""

    pid: int
    group: str
    jobs: int
    answers: int
    attempt: str | None = None
    idle_since: float = 0.0

    def give(self, job: bytes) -> None:
        """Hand over one job; raises BrokenPipeError if the worker is dead, and then it has not seen the job."""
        if len(job) > PIPE_SIZE:
            fcntl.fcntl(self.jobs, fcntl.F_SETPIPE_SZ, len(job))
        os.write(self.jobs, job)

    def release(self) -> None:
        """Close our ends: it finishes its attempt, if it has one, and exits."""
        os.close(self.jobs)
        os.close(self.answers)


def packed(job: Job) -> bytes:
    """A job as the worker reads it; raises ValueError for one that is too large."""
    body = marshal.dumps(job)
    if len(body) > LARGEST_JOB - 4:
        raise ValueError(f"command and environment take {len(body)} bytes, more than {LARGEST_JOB}")
    return len(body).to_bytes(4, "big") + body


class Slots:
    """The workers of all groups. The last one used is used first, so that those not needed stay idle and end."""

    def __init__(self, spool: Spool, python: str, renew_every: int) -> None:
        self._spool = spool
        self._python = python
        self._renew_every = renew_every
        self._idle: defaultdict[str, list[Worker]] = defaultdict(list)
        self.workers: set[Worker] = set()

    def hand(self, spec: LaunchSpec, secrets: Mapping[str, str]) -> tuple[Worker, bool]:
        """Give the job to a worker of its group, and say if that one is new.

        OSError if none can be started, ValueError if the job is too large.
        """
        group, attempt, job = spec.group, spec.attempt, packed(self._job(spec, secrets))
        while idle := self._idle[group]:
            try:
                idle[-1].give(job)
            except BrokenPipeError:
                idle.pop()  # it died idle; the end of its answers says so too
            else:
                worker = idle.pop()
                worker.attempt = attempt
                return worker, False
        return self._hand_to_new(group, attempt, job), True

    def _job(self, spec: LaunchSpec, secrets: Mapping[str, str]) -> Job:
        """The job as its worker gets it, with what only this host knows in the environment."""
        environment = {
            **spec.environment,
            **secrets,
            ATTEMPT_MARK: spec.attempt,
            "BACKFILL_LOG_PATH": self._spool.log(spec.attempt),
            "BACKFILL_OUTPUT_FILE": self._spool.output(spec.attempt),
        }
        if spec.payload is not None:
            environment["BACKFILL_PAYLOAD_FILE"] = self._spool.write_payload(spec.attempt, spec.payload)
        limit, not_after = min(spec.log_limit, MAX_LOG_LIMIT), int(spec.not_after.timestamp() * 1e9)
        return spec.attempt, tuple(spec.command), environment, spec.cwd, limit, not_after

    def _hand_to_new(self, group: str, attempt: str, job: bytes) -> Worker:
        worker = self._start(group)
        worker.attempt = attempt
        self.workers.add(worker)
        with suppress(BrokenPipeError):  # it died at once: the end of its answers lets the tombstone decide
            worker.give(job)
        return worker

    def idle(self, worker: Worker) -> None:
        """The worker is free for another job."""
        worker.attempt = None
        worker.idle_since = time.monotonic()
        self._idle[worker.group].append(worker)

    def remove(self, worker: Worker) -> None:
        """Give the worker no more jobs."""
        self.workers.discard(worker)
        with suppress(ValueError):
            self._idle[worker.group].remove(worker)

    def idle_longer_than(self, seconds: float) -> list[Worker]:
        """Those that were given nothing for so long."""
        limit = time.monotonic() - seconds
        return [worker for idle in self._idle.values() for worker in idle if worker.idle_since <= limit]

    @property
    def any_idle(self) -> bool:
        """True while there is anybody to let go later."""
        return any(self._idle.values())

    def _start(self, group: str) -> Worker:
        """A new process in a session of its own; it reads its first job when it is ready."""
        jobs_out, jobs_in = os.pipe()
        answers_out, answers_in = os.pipe()
        try:
            pid = self._spawn(group, jobs_out, answers_in)
        except OSError:
            os.close(jobs_in)
            os.close(answers_out)
            raise
        finally:
            os.close(jobs_out)
            os.close(answers_in)
        os.set_blocking(answers_out, False)
        return Worker(pid, group, jobs_in, answers_out)

    def _spawn(self, group: str, jobs: int, answers: int) -> int:
        name = uuid.uuid4().hex
        complaints = str(self._spool.folder / "workers.log")
        append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        return os.posix_spawn(
            self._python,
            [self._python, *OPTIONS, str(PROGRAM), str(self._spool.folder), name, group, str(self._renew_every)],
            {WORKER_MARK: name},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, jobs, 0),
                (os.POSIX_SPAWN_DUP2, answers, 1),
                (os.POSIX_SPAWN_OPEN, 2, complaints, append, 0o600),
            ],
            setsid=True,
        )
