"""The helper that works out forecasts: a process of its own, of low priority, with a view of the store that stands."""

from __future__ import annotations

import gc
import os
import pickle
import resource
import signal
import sys
from subprocess import PIPE, Popen, TimeoutExpired
from threading import Condition

from backfilld.errors import ForecastFailed, NotFound, ProductError
from backfilld.ports import Asker, ForecastAnswer, ForecastQuestion

PATIENCE, WORK = 100, 60
"""Seconds that an answer may take, and CPU seconds that it may cost."""
NICE = 10
"""The helper leaves the processor to whoever else wants it."""
QUEUE = 8
"""Who may wait for their turn: each keeps a thread of the door from whoever asks for something else."""
_COMMAND = (sys.executable, "-P", "-m", "backfilld.daemon.forecaster")
BUSY = "other forecasts are being made; ask again"
FOR_NOBODY = "nobody waits for it any more"
LATE = "it took too long: ask for fewer variants, or again when less is going on"


class HelperForecaster:
    """The port's `Forecaster`: a process a question, one at a time.

    It is killed when it is late, when nobody waits for its answer any more, and by `close`.
    """

    def __init__(self, store_url: str, nice: int = NICE) -> None:
        self._store_url, self._nice = store_url, nice
        self._turn = Condition()
        self._taken, self._waiting = False, 0
        self._working: Popen[bytes] | None = None
        self._closed = False

    def answer(self, question: ForecastQuestion, asker: Asker) -> ForecastAnswer:
        """The helper's answer; who comes while it works waits for as long as an answer may take, if few do already."""
        self._take_turn(asker)
        try:
            return self._answer(question, asker)
        finally:
            with self._turn:
                self._taken = False
                self._turn.notify_all()

    def close(self) -> None:
        """Kill the helper, and start none again."""
        self._closed = True
        if self._working is not None:
            self._working.kill()

    def _take_turn(self, asker: Asker) -> None:
        with asker.when_gone(self._look_again), self._turn:
            if self._waiting == QUEUE:
                raise ForecastFailed(BUSY)
            self._waiting += 1
            came = self._turn.wait_for(lambda: asker.gone or not self._taken, PATIENCE)
            self._waiting -= 1
            if not came:
                raise ForecastFailed(BUSY)
            if asker.gone:
                raise ForecastFailed(FOR_NOBODY)
            self._taken = True

    def _look_again(self) -> None:
        with self._turn:
            self._turn.notify_all()

    def _answer(self, question: ForecastQuestion, asker: Asker) -> ForecastAnswer:
        if self._closed:
            raise ForecastFailed("the daemon ends")
        with Popen(_COMMAND, stdin=PIPE, stdout=PIPE) as process:
            self._working = process
            if self._closed:  # just now: whoever closed may not have seen it
                process.kill()
            try:
                with asker.when_gone(process.kill):
                    said, _ = process.communicate(pickle.dumps((self._nice, self._store_url, question)), PATIENCE)
            except TimeoutExpired:
                process.kill()
                raise ForecastFailed(LATE) from None
        if asker.gone:
            raise ForecastFailed(FOR_NOBODY)
        if process.returncode:
            late = process.returncode == -signal.SIGXCPU
            raise ForecastFailed(LATE if late else f"its helper has ended with status {process.returncode}")
        found = pickle.loads(said)  # noqa: S301 - from our own child, which nobody else can write to
        if isinstance(found, ForecastAnswer):
            return found
        raise NotFound(*found) if isinstance(found, tuple) else ForecastFailed(found)


def main() -> None:
    """Answer the one question that comes in, and leave; a daemon that dies takes nobody's time for long."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the daemon's terminal: the daemon decides
    resource.setrlimit(resource.RLIMIT_CPU, (WORK, WORK + 1))
    gc.disable()  # all that is made here is kept to the end
    nice, url, question = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the daemon, our parent
    os.nice(nice)
    sys.stdout.buffer.write(pickle.dumps(_answer(url, question)))


def _answer(url: str, question: ForecastQuestion) -> object:
    """The answer, or what to say instead."""
    from backfilld.daemon.together import together
    from backfilld.service.outlook import look  # heavy, and the limits are set by now
    from backfilld.store.moment import at_one_moment

    try:
        with at_one_moment(url) as store:
            prospect = look(store, question)
        return prospect.answer(together)
    except NotFound as error:
        return error.what, error.ref
    except ProductError as error:
        return str(error)


if __name__ == "__main__":
    main()
