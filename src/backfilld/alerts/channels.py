"""The channels of the administrator, reached through a sending process that lives as long as there is something."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from subprocess import DEVNULL, PIPE, Popen
from threading import Timer
from types import TracebackType

from backfilld.ports import Message

PATIENCE = 60.0
NO_ANSWER = "no answer in time, or the sending process has ended"
_COMMAND = (sys.executable, "-P", "-m", "backfilld.alerts.apprise")


class AppriseNotifier:
    """Sends through Apprise URLs by name; connects to no private address but those listed."""

    def __init__(self, urls: Mapping[str, str], allow_hosts: Sequence[str] = (), patience: float = PATIENCE) -> None:
        """`patience` are the seconds that a channel may take for one message."""
        self._urls, self._allow_hosts, self._patience = dict(urls), list(allow_hosts), patience
        self._sending: Popen[str] | None = None
        self._closed = False

    @property
    def channels(self) -> Collection[str]:
        """Their names."""
        return self._urls.keys()

    def send(self, messages: Iterable[Message]) -> Iterator[str | None]:
        """Hand over one message after the other, the next one when it is asked for.

        Answers None for each once its channel has accepted it, else what went wrong, without any secret of the channel.
        """
        with _Sender(self._allow_hosts, self._patience) as sender:
            for message in messages:
                url = self._urls.get(message.channel)
                if url is None:
                    yield f"there is no channel {message.channel} in the settings"
                    continue
                self._sending = sender.process()
                yield NO_ANSWER if self._closed else sender.ask([url, message.title, message.text])

    def close(self) -> None:
        """End a handing over that is under way, and begin none."""
        self._closed = True
        if self._sending is not None:
            self._sending.kill()


class _Sender:
    """A process that is started for the first message, and again after it had to be killed."""

    def __init__(self, allow_hosts: Sequence[str], patience: float) -> None:
        self._allow_hosts, self._patience = allow_hosts, patience
        self._process: Popen[str] | None = None

    def __enter__(self) -> _Sender:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def process(self) -> Popen[str]:
        """The process, started if there is none."""
        if self._process is None:
            self._process = Popen(
                _COMMAND, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True, bufsize=1, start_new_session=True
            )
            self._write(self._process, self._allow_hosts)
        return self._process

    def ask(self, message: list[str]) -> str | None:
        """What the process answers; one that takes too long is killed."""
        process = self.process()
        killer = Timer(self._patience, process.kill)
        killer.start()
        try:
            self._write(process, message)
            assert process.stdout is not None
            answer = process.stdout.readline()
        finally:
            killer.cancel()
        if not answer:
            self._end()
            return NO_ANSWER
        found: str | None = json.loads(answer)
        return found

    def _write(self, process: Popen[str], value: object) -> None:
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(value) + "\n")
        except BrokenPipeError:
            return  # it has ended: reading says so

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()  # whatever it was asked it has answered, or was killed for not answering
        process.communicate()
