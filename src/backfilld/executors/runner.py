"""The host's half of every executor: slots, their workers, and what becomes of each attempt."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from backfilld.executors.attempts import LATER, SOON, Attempts
from backfilld.executors.held import Held
from backfilld.executors.logs import read_log, remove_logs
from backfilld.executors.processes import processes
from backfilld.executors.retention import Retention
from backfilld.executors.slots import PIPE_SIZE, Slots, Worker
from backfilld.executors.spool import HOUR, Spool
from backfilld.executors.waiting import Waiter
from backfilld.ports import Ending, LaunchSpec, LogPart, Outcome, SlotGroup

_LOG = logging.getLogger(__name__)
LOG_LOOK = 1.0
"""Seconds between two looks at the sizes of logs."""


class Runner:
    """Runs attempts on this host; one a spool. Every call is safe to repeat and none but `outcomes` waits.

    `outcomes` is the loop: one thread calls it again and again, and workers' answers, alarms and processes' ends are
    seen there. The other calls may come from any thread; a launch writes straight into a worker's pipe.
    """

    def __init__(
        self,
        spool: Path,
        groups: Mapping[str, SlotGroup],
        python: str = sys.executable,
        *,
        idle_seconds: float = 60.0,
        renew_every: int = 1000,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._spool = Spool(spool)
        self._groups = groups
        self._clock = clock
        self._idle_seconds = idle_seconds
        self._slots = Slots(self._spool, python, renew_every)
        self._retention = Retention(self._spool, clock)
        self._waiter = Waiter()
        self._lock = threading.Lock()
        self._attempts = Attempts(self._spool, self._waiter, self._freed)
        self._not_after: dict[str, float] = {}
        self._armed: set[Callable[[], None]] = set()
        self._closed = False
        self._looping = False
        self._arm(self._retain, SOON)

    def launch(self, specs: Sequence[LaunchSpec], epoch: int) -> None:
        """Start each attempt at most once, ever. A late one ends VOID; a stale epoch or a full group: REFUSED."""
        with self._lock:
            self._launch_all(specs, epoch)

    def stop(self, attempts: Mapping[str, float]) -> None:
        """End each attempt's whole group: TERM, the given seconds of grace, KILL. A shorter grace later counts."""
        with self._lock:
            for attempt, grace in attempts.items():
                if attempt not in self._attempts:
                    self._attempts.settle(attempt)
                if held := self._attempts.get(attempt):
                    self._attempts.stop(held, grace)
            self._waiter.wake()

    def reattach(self, attempts: Iterable[str]) -> None:
        """Adopt what still runs, and report how the others ended; an attempt that never started never will."""
        with self._lock:
            for attempt in attempts:
                if held := self._attempts.get(attempt):
                    self._attempts.tell_started(held)
                else:
                    self._attempts.settle(attempt)
            self._arm(self._look_at_logs, LOG_LOOK)
            self._waiter.wake()

    def records(self) -> frozenset[str]:
        """Every attempt that occupies a slot, or that anybody has ever claimed and whose record has not gone."""
        with self._lock:
            return self._attempts.names | self._spool.claimed()

    def outcomes(self) -> list[Outcome]:
        """Wait for news and take them all; empty only once the runner is closed."""
        while True:
            with self._lock:
                if self._attempts.news or self._closed:
                    return self._take()
                self._looping = True
            self._turn()

    def forget(self, attempts: Iterable[str]) -> None:
        """Their endings are durable elsewhere: their records go an hour after they could no longer start."""
        with self._lock:
            horizon = self._spool.horizon
            self._retention.forget({a: self._not_after.pop(a, horizon) for a in attempts})
            if self._arm(self._retain, SOON):
                self._waiter.wake()

    def discard(self, attempts: Collection[str]) -> None:
        """Remove the logs of attempts that have ended; one that occupies a slot keeps its own."""
        remove_logs(self._spool, [attempt for attempt in attempts if attempt not in self._attempts])

    def log(self, attempt: str, offset: int, limit: int) -> LogPart:
        """Output from `offset`, at most `limit` bytes; a negative offset counts from the end."""
        return read_log(self._spool, attempt, offset, limit)

    def close(self) -> None:
        """Give up the spool: tasks go on, their workers end after them, and another runner may take it."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            for worker in list(self._slots.workers):
                self._part_with(worker)
            self._spool.close()
            if self._looping:
                self._waiter.wake()
            else:
                self._waiter.close()

    def _take(self) -> list[Outcome]:
        if self._looping and self._closed:
            self._waiter.close()
        self._looping = False
        news, self._attempts.news = self._attempts.news, []
        return news

    def _turn(self) -> None:
        """Wait for something and do what it asks; the process table is read once for all in doubt, and unlocked."""
        readable = self._waiter.wait()
        with self._lock:
            if self._closed:
                return
            for action in self._waiter.actions(readable):
                action()
            doubtful, self._attempts.doubtful = self._attempts.doubtful, set()
        if doubtful:
            table = processes()
            with self._lock:
                if not self._closed:
                    self._attempts.inspect(doubtful, table)

    def _launch_all(self, specs: Sequence[LaunchSpec], epoch: int) -> None:
        """What a full disk does not let us remember waits for room; what is late by then ends VOID."""
        if self._closed:
            return
        try:
            if epoch >= self._spool.epoch and specs:
                self._spool.enter(epoch, max(spec.not_after.timestamp() for spec in specs))
        except OSError as error:
            _LOG.warning("%d launches wait, as the spool cannot be written: %s", len(specs), error)
            self._waiter.after(LATER, lambda: self._launch_all(specs, epoch))
            self._waiter.wake()
            return
        for spec in specs:
            if spec.attempt not in self._attempts:
                self._launch(spec, self._fault(spec, epoch))

    def _launch(self, spec: LaunchSpec, fault: str) -> None:
        """Hand the attempt to a worker, or refuse it."""
        not_after = spec.not_after.timestamp()
        self._not_after[spec.attempt] = not_after
        if self._clock() > not_after:
            self._attempts.refuse(spec.attempt, f"it was to start by {spec.not_after.isoformat()}", Ending.VOID)
            return
        try:
            if fault:
                raise ValueError(fault)
            worker, is_new = self._slots.hand(spec, self._groups[spec.group].secrets)
        except (OSError, ValueError) as error:
            self._attempts.refuse(spec.attempt, str(error))
            return
        self._attempts.hold(Held(spec.attempt, spec.group, spec.log_limit, worker))
        if is_new:
            self._waiter.watch(worker.answers, lambda: self._hear(worker))

    def _fault(self, spec: LaunchSpec, epoch: int) -> str:
        """Why the attempt may not start; empty if it may."""
        group = self._groups.get(spec.group)
        if epoch < self._spool.epoch:
            return f"epoch {epoch} is over, {self._spool.epoch} has begun"
        if group is None:
            return f"this host has no resource group {spec.group!r}"
        if self._attempts.load(spec.group) >= group.slots:
            return f"all {group.slots} slots of {spec.group!r} are taken"
        return ""

    def _hear(self, worker: Worker) -> None:
        """Take a worker's answers; the end of them is its death."""
        try:
            answers = os.read(worker.answers, PIPE_SIZE)
        except BlockingIOError:
            return
        for answer in answers.splitlines():
            if held := self._attempts.get(worker.attempt):
                self._answer(held, answer.split())
        if not answers:
            self._bury(worker)

    def _answer(self, held: Held, words: Sequence[bytes]) -> None:
        match words:
            case b"started", pid, started:
                self._started(held, int(pid), int(started))
            case b"ended", pid, started, code, ended, leftovers:
                held.pid = int(pid)
                self._attempts.ended(held, int(code), (int(started), int(ended)), leftovers != b"0")
            case (b"late",):
                self._attempts.release(held)
                self._attempts.refuse(held.attempt, "its worker came to it too late", Ending.VOID)
            case (b"taken",):
                self._attempts.release(held)
                self._attempts.settle(held.attempt)
            case b"unclaimed", number:
                self._attempts.release(held)
                self._attempts.refuse(held.attempt, f"it could not be claimed: {os.strerror(int(number))}")

    def _started(self, held: Held, pid: int, started: int) -> None:
        held.pid, held.started = pid, started
        self._attempts.tell_started(held)
        self._arm(self._look_at_logs, LOG_LOOK)
        if held.order:
            self._attempts.doubt(held)

    def _freed(self, held: Held) -> None:
        """An attempt has left its slot: its worker may have the next one, or be buried."""
        worker = held.worker
        if worker in self._slots.workers:
            self._slots.idle(worker)
            self._arm(self._retire, self._idle_seconds)
        elif worker:
            self._reap(worker.pid)

    def _bury(self, worker: Worker) -> None:
        """A worker has died. It stays a zombie, and its pid its own, until its attempt's processes are gone."""
        self._part_with(worker)
        held = self._attempts.get(worker.attempt)
        if held:
            self._attempts.worker_died(held)
        else:
            self._reap(worker.pid)

    def _part_with(self, worker: Worker) -> None:
        self._waiter.unwatch(worker.answers)
        self._slots.remove(worker)
        worker.release()

    def _reap(self, pid: int) -> None:
        with suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG) == (0, 0):  # it is still on its way out
                self._waiter.after(SOON, lambda: self._reap(pid))

    def _retire(self) -> None:
        """Let go of the workers that have been idle for long; one that is busy keeps the alarm going."""
        for worker in self._slots.idle_longer_than(self._idle_seconds):
            self._part_with(worker)
            self._reap(worker.pid)
        if self._slots.any_idle:
            self._arm(self._retire, self._idle_seconds)

    def _look_at_logs(self) -> None:
        """Only while something runs; often only while a log grows beyond its limit."""
        grows = [self._attempts.trim(held) for held in self._attempts.running]
        if grows:
            self._arm(self._look_at_logs, SOON if any(grows) else LOG_LOOK)

    def _retain(self) -> None:
        """Remove a little of what is not needed any more."""
        self._retention.step()
        delay = self._retention.next_step
        if delay is not None:
            self._arm(self._retain, min(max(delay, 2 * SOON), HOUR))

    def _arm(self, action: Callable[[], None], seconds: float) -> bool:
        """Set an alarm of which there is only one at a time; False if it is set already."""
        if action in self._armed:
            return False
        self._armed.add(action)
        self._waiter.after(seconds, lambda: self._ring(action))
        return True

    def _ring(self, action: Callable[[], None]) -> None:
        self._armed.discard(action)
        action()
