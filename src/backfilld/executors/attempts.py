"""The attempts that occupy slots: adopted, stopped, and let out only when no process of them is left."""

from __future__ import annotations

import logging
import os
import signal
from collections import Counter
from collections.abc import Callable, Sequence

from backfilld.executors.held import Held, ended_without_start, moment
from backfilld.executors.logs import trim_log
from backfilld.executors.processes import Process, signal_all, watch_owner, watch_process
from backfilld.executors.record import Owner, Tombstone, entomb, read_claim
from backfilld.executors.spool import Spool
from backfilld.executors.waiting import Waiter
from backfilld.executors.worker import MAX_LOG_LIMIT
from backfilld.ports import Ended, Ending, Outcome, Started

_LOG = logging.getLogger(__name__)
SOON = 0.05
LATER = 5.0


class Attempts:
    """Every attempt in a slot, and the news of them. Called under the runner's lock.

    An attempt in doubt is one of which the process table has to tell what is left; `inspect` is given the table.
    """

    def __init__(self, spool: Spool, waiter: Waiter, freed: Callable[[Held], None]) -> None:
        self._spool = spool
        self._waiter = waiter
        self._freed = freed
        self._held: dict[str, Held] = {}
        self._load: Counter[str] = Counter()
        self.doubtful: set[Held] = set()
        self.news: list[Outcome] = []

    def __contains__(self, attempt: str) -> bool:
        return attempt in self._held

    def get(self, attempt: str | None) -> Held | None:
        """The attempt, if it occupies a slot."""
        return self._held.get(attempt) if attempt else None

    def load(self, group: str) -> int:
        """How many slots of the group are taken."""
        return self._load[group]

    @property
    def names(self) -> frozenset[str]:
        """Those that occupy a slot."""
        return frozenset(self._held)

    @property
    def running(self) -> list[Held]:
        """Those that are known to have a process."""
        return [held for held in self._held.values() if held.pid]

    def hold(self, held: Held) -> None:
        """The attempt takes a slot of its group."""
        self._held[held.attempt] = held
        self._load[held.group] += 1

    def release(self, held: Held) -> None:
        """The attempt gives back its slot and its worker."""
        del self._held[held.attempt]
        self._load[held.group] -= 1
        self.doubtful.discard(held)
        self._freed(held)

    def tell_started(self, held: Held) -> None:
        """Its process exists; nothing is reported as long as that is not known."""
        if held.pid:
            self.news.append(Started(held.attempt, moment(held.started), held.pid))

    def settle(self, attempt: str) -> None:
        """Find out about an attempt that holds no slot: by a tombstone, or by the record of who claimed it."""
        try:
            claim = self._claim(attempt)
            if isinstance(claim, Tombstone):
                self.news.append(ended_without_start(attempt, claim))
            else:
                self._settle_claimed(attempt, claim)
        except OSError:
            _LOG.exception("attempt %s cannot be settled; trying again", attempt, extra={"attempt": attempt})
            self._waiter.after(LATER, lambda: self._settle_again(attempt))

    def _settle_again(self, attempt: str) -> None:
        if attempt not in self._held:
            self.settle(attempt)

    def refuse(self, attempt: str, reason: str, ending: Ending = Ending.REFUSED) -> None:
        """It was not taken and never will be; unless it was claimed earlier, and then its record says the truth."""
        self._waiter.wake()
        try:
            refused = entomb(self._spool, attempt, Tombstone.VOID)
        except OSError:
            _LOG.exception("attempt %s cannot be refused; trying again", attempt, extra={"attempt": attempt})
            self._waiter.after(LATER, lambda: self.refuse(attempt, reason, ending))
            return
        if refused:
            self.news.append(Ended(attempt, ending, reason=reason))
        else:
            self.settle(attempt)

    def _claim(self, attempt: str) -> Owner | Tombstone:
        tombstone = Tombstone.LOST if self._spool.rebooted else Tombstone.VOID
        if entomb(self._spool, attempt, tombstone):
            return tombstone
        return read_claim(self._spool, attempt) or Tombstone.VOID

    def _settle_claimed(self, attempt: str, owner: Owner) -> None:
        """Watch first, then read: what is read after the owner's end is final."""
        descriptor = watch_owner(owner)
        held = Held(attempt, owner.group, MAX_LOG_LIMIT, owner=owner)
        held.read(self._spool)
        self.hold(held)
        if descriptor is not None and not held.is_over:
            self._adopt(held, descriptor)
        else:
            if descriptor is not None:
                os.close(descriptor)
            held.whole_session = False  # its worker may run another attempt by now
            self.judge(held)

    def _adopt(self, held: Held, descriptor: int) -> None:
        self._waiter.watch(descriptor, lambda: self._owner_gone(held, descriptor))
        if held.pid:
            self.tell_started(held)
        else:
            self._waiter.after(SOON, lambda: self._look_for_start(held))

    def _look_for_start(self, held: Held) -> None:
        """Between its claim and its first record: that takes a moment, unless the host is very busy."""
        if not self._is_held(held) or held.verdict:
            return
        held.read(self._spool)
        if held.pid:
            self.tell_started(held)
        else:
            self._waiter.after(SOON, lambda: self._look_for_start(held))

    def _owner_gone(self, held: Held, descriptor: int) -> None:
        self._waiter.unwatch(descriptor)
        os.close(descriptor)
        self.judge(held)

    def worker_died(self, held: Held) -> None:
        """Its worker, one of ours, has died; if the attempt was not claimed by then, it never started."""
        try:
            claim = self._claim(held.attempt)
        except OSError:
            _LOG.exception("attempt %s cannot be settled; trying again", held.attempt, extra={"attempt": held.attempt})
            self._waiter.after(LATER, lambda: self.worker_died(held))
            return
        if isinstance(claim, Tombstone):
            held.verdict = ended_without_start(held.attempt, claim)
            self._finish(held)
        else:
            held.owner = claim
            self.judge(held)

    def judge(self, held: Held) -> None:
        """Nobody will write its record any more; what it says is reported once none of its processes is left."""
        held.judge_by_record(self._spool)
        self.doubt(held)

    def ended(self, held: Held, code: int, times: tuple[int, int], leftovers: bool) -> None:
        """Our worker reports that the leader has ended; processes that it left behind are killed."""
        held.ended(self._spool, code, *times)
        if leftovers or held.order:
            held.order = held.order or signal.SIGKILL
            self.doubt(held)
        else:
            self._finish(held)

    def stop(self, held: Held, grace: float) -> None:
        """TERM now, KILL when the grace is over."""
        held.stopping = held.stopping or held.verdict is None
        held.order = held.order or signal.SIGTERM
        self.doubt(held)
        self._waiter.after(max(grace, 0.0), lambda: self._grace_is_over(held))

    def _grace_is_over(self, held: Held) -> None:
        if self._is_held(held):
            held.order = signal.SIGKILL
            self.doubt(held)

    def doubt(self, held: Held) -> None:
        """Look into the process table for what is left of it."""
        self.doubtful.add(held)

    def inspect(self, doubtful: set[Held], table: Sequence[Process]) -> None:
        """Send what is ordered to those that live; let those out of which none does."""
        for held in filter(self._is_held, doubtful):
            kin = held.kin(self._spool)
            living = kin.living(table) if kin else []
            self._enforce(held, living)
            if held.verdict and not living:
                self._finish(held)
            elif held.verdict:
                self._await(held, living[0])

    def _enforce(self, held: Held, living: Sequence[Process]) -> None:
        """TERM once, KILL as often as somebody is left."""
        if living and held.order and not (held.order is signal.SIGTERM and held.obeyed):
            signal_all(living, held.order)
            held.obeyed = True
        elif held.order and not living and not held.verdict:
            self._waiter.after(SOON, lambda: self.doubt(held))  # its worker has not started it yet

    def _await(self, held: Held, process: Process) -> None:
        """Look again when this one is gone; nothing else shows when a group is empty."""
        if held.watching:
            return
        descriptor = watch_process(process.pid, process.start)
        if descriptor is None:
            self._waiter.after(0, lambda: self.doubt(held))
        else:
            held.watching = True
            self._waiter.watch(descriptor, lambda: self._kin_gone(held, descriptor))

    def _kin_gone(self, held: Held, descriptor: int) -> None:
        self._waiter.unwatch(descriptor)
        os.close(descriptor)
        held.watching = False
        self.doubt(held)

    def _finish(self, held: Held) -> None:
        """No process of it is left: its ending is reported, and its slot is free."""
        assert held.verdict is not None
        self.trim(held)
        self.release(held)
        self.news.append(held.verdict)

    def trim(self, held: Held) -> bool:
        """Keep its log below its limit; True while it grows beyond."""
        try:
            size = trim_log(self._spool, held.attempt, held.log_limit)
        except OSError:
            _LOG.exception("the log of attempt %s cannot be cut", held.attempt, extra={"attempt": held.attempt})
            return False
        grows = size > held.log_limit and size > held.log_size
        held.log_size = size
        return grows

    def _is_held(self, held: Held) -> bool:
        return self._held.get(held.attempt) is held
