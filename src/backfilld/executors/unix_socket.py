"""The executor whose runner is another process of this host, behind a Unix socket."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from urllib.parse import urlencode

from backfilld.executors.outbox import SILENCE, Outbox
from backfilld.executors.unix_http import RunnerAway, RunnerClient
from backfilld.executors.wire import Messages, line, outcome_of
from backfilld.ports import Ended, LaunchSpec, LogPart, Outcome

log = logging.getLogger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds between two looks for a runner that is away."""
WRITE = 5.0
"""Seconds that a runner may leave what is said to it unread, before it counts as away."""
LAST_WORDS = 0.5
"""Seconds that a runner has to take what was asked last."""


class SocketExecutor:
    """Attempts run where the runner at this socket runs them, which may be away for a while: launches then wait.

    A runner that restarts adopts what runs, so no attempt is lost because it was away. There are two requests at a
    time, which neither side ends: the body of one carries what is asked, the answer to the other carries the news.
    """

    def __init__(self, path: Path, epoch: int, slots: Mapping[str, int] | None = None) -> None:
        """`slots` are those that the daemon counts on."""
        self._path, self._epoch, self._slots = path, epoch, slots or {}
        self._outbox = Outbox()
        self._news: SimpleQueue[list[Outcome] | None] = SimpleQueue()
        self._ear = self._client()
        self._closed = False
        self._pause = FIRST_PAUSE
        self._hearing = Thread(target=self._hear, name="runner-news", daemon=True)
        self._hearing.start()

    def launch(self, specs: Sequence[LaunchSpec], epoch: int) -> None:
        """Start each attempt at most once, ever."""
        self._outbox.launch(specs, epoch)

    def stop(self, attempts: Mapping[str, float]) -> None:
        """End each attempt's whole process group."""
        self._outbox.stop(attempts)

    def reattach(self, attempts: Iterable[str]) -> None:
        """Find out about attempts launched by an earlier daemon."""
        self._outbox.reattach(attempts)

    def forget(self, attempts: Iterable[str]) -> None:
        """Their endings are durable elsewhere: their records may go."""
        self._outbox.forget(attempts)

    def outcomes(self) -> list[Outcome]:
        """Wait for news and take them all; empty only once closed."""
        taken = self._news.get()
        while taken is not None and not self._closed:
            try:
                more = self._news.get_nowait()
            except Empty:
                return taken
            taken = taken + more if more is not None else None
        self._news.put(None)  # for whoever asks again
        return []

    def discard(self, attempts: Collection[str]) -> bool:
        """Remove the logs of attempts that have ended; False while the runner is away."""
        try:
            with closing(self._client()) as client:
                client.read(client.ask("POST", "/discard", line(list(attempts))))
        except RunnerAway:
            return False
        return True

    def records(self) -> frozenset[str]:
        """Every attempt that the runner knows anything of; raises `RunnerAway`."""
        with closing(self._client()) as client:
            return frozenset(json.loads(client.read(client.ask("GET", "/records"))))

    def log(self, attempt: str, offset: int, limit: int) -> LogPart:
        """Output from `offset`, at most `limit` bytes; raises `RunnerAway`."""
        stretch = urlencode({"attempt": attempt, "offset": offset, "limit": limit})
        with closing(self._client()) as client:
            answer = client.ask("GET", f"/log?{stretch}")
            first, size, *hole = map(int, answer.headers["Log-Extent"].split())
            return LogPart(first, client.read(answer), size, (hole[0], hole[1]) if hole else None)

    def trouble(self) -> str | None:
        """Why nothing can start at the moment; None if the runner listens and answers."""
        return self._outbox.trouble()

    def close(self) -> None:
        """Leave the runner alone; tasks that run go on."""
        self._outbox.close(LAST_WORDS)
        self._closed = True
        self._news.put(None)
        self._ear.hang_up()
        self._hearing.join(LAST_WORDS)

    def _client(self, patience: float = SILENCE) -> RunnerClient:
        return RunnerClient(self._path, self._epoch, patience)

    def _hear(self) -> None:
        """Connect, take news until the connection ends, and again."""
        with closing(self._ear):
            while self._outbox.pause(0):
                try:
                    self._listen()
                    why = "the runner is away: it has ended"
                except RunnerAway as error:
                    why = str(error)
                except (ValueError, TypeError) as error:
                    why = f"the runner is of another version: {error}"
                self._leave(why)
                self._outbox.pause(self._pause)
                self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _listen(self) -> None:
        """One connection; from its beginning on the runner hears us and tells us."""
        answer = self._ear.ask("GET", "/news")
        self._ear.wait_for_ever()
        self._compare(json.loads(answer.headers["Slots"]))
        with closing(self._client(WRITE)) as mouth:
            mouth.begin("/calls", Session=answer.headers["Session"])
            self._outbox.connected(partial(self._say, mouth))
            said = Messages()
            for piece in () if self._closed else self._ear.stream(answer):
                for done, told in said.after(piece):
                    self._outbox.acknowledged(done)
                    self._take([outcome_of(each) for each in told])
                    self._pause = FIRST_PAUSE

    def _say(self, mouth: RunnerClient, data: bytes) -> None:
        """Both connections end together: what may not have been heard is said again in the next."""
        try:
            mouth.send(data)
        except RunnerAway:
            self._ear.hang_up()
            raise

    def _compare(self, offered: Mapping[str, int]) -> None:
        """An attempt for which the runner has no slot is refused, and has failed: say so before that happens."""
        log.info("the runner at %s listens", self._path)
        for group, slots in self._slots.items():
            if offered.get(group, 0) < slots:
                log.error(
                    "the runner offers %d slots of %r, the daemon counts on %d", offered.get(group, 0), group, slots
                )

    def _take(self, outcomes: list[Outcome]) -> None:
        if outcomes:
            self._outbox.over(outcome.attempt for outcome in outcomes if isinstance(outcome, Ended))
            self._news.put(outcomes)

    def _leave(self, why: str) -> None:
        """The connection has ended: what runs goes on, and what is to start waits."""
        self._ear.close()
        if self._outbox.away(why):
            log.warning("%s", why)
