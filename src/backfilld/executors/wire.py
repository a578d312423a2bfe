"""What a daemon and its runner write to each other: attempts, calls and news as JSON, one line a message.

The daemon says calls, one after another; the runner says pairs of how many of them it has done, and its news.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from backfilld.ports import Ended, Ending, LaunchSpec, Outcome, Started

Call = Sequence[Any]
"""The name of one of the runner's methods and its arguments, as JSON has them."""


def line(message: object) -> bytes:
    """One message. ASCII alone, so that nothing in it ends a line but its end."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


class Messages:
    r"""Finds the messages in a stream of bytes, each as soon as it is whole.

    >>> stream = Messages()
    >>> [list(stream.after(chunk)) for chunk in (b'[1]\n{"a"', b': 2}', b"\n[3")]
    [[[1]], [], [{'a': 2}]]
    """

    def __init__(self) -> None:
        self._begun: list[bytes] = []

    def after(self, chunk: bytes) -> Iterator[Any]:
        """The messages that this piece makes whole; raises ValueError for what is none."""
        for piece in chunk.splitlines(keepends=True):
            self._begun.append(piece)
            if piece.endswith(b"\n"):
                whole, self._begun = b"".join(self._begun), []
                yield json.loads(whole)


def launch_call(spec: LaunchSpec, epoch: int) -> Call:
    """`Runner.launch` of one attempt as a call."""
    said = [
        spec.attempt,
        spec.group,
        spec.command,
        dict(spec.environment),
        spec.cwd,
        spec.log_limit,
        spec.not_after.isoformat(),
        _bytes_json(spec.payload),
    ]
    return "launch", [said], epoch


def specs_of(said: Iterable[Sequence[Any]]) -> list[LaunchSpec]:
    """The attempts that a call asks to launch; raises ValueError or TypeError for what is none."""
    return [
        LaunchSpec(attempt, group, tuple(command), environment, cwd, limit, _moment(not_after), _bytes_of(payload))
        for attempt, group, command, environment, cwd, limit, not_after, payload in said
    ]


def outcome_json(outcome: Outcome) -> list[Any]:
    """One piece of news."""
    if isinstance(outcome, Started):
        return [outcome.attempt, outcome.at.isoformat(), outcome.pid]
    return [
        outcome.attempt,
        outcome.ending.value,
        outcome.exit_code,
        _moment_json(outcome.started_at),
        _moment_json(outcome.ended_at),
        _bytes_json(outcome.output),
        outcome.reason,
    ]


def outcome_of(said: Sequence[Any]) -> Outcome:
    """The news as it was told.

    >>> ended = Ended("0" * 32, Ending.EXITED, 3, output=b"{}")
    >>> outcome_of(outcome_json(ended)) == ended
    True
    """
    if len(said) == 3:
        attempt, at, pid = said
        return Started(attempt, datetime.fromisoformat(at), pid)
    attempt, ending, code, started, ended, output, reason = said
    return Ended(attempt, Ending(ending), code, _moment_of(started), _moment_of(ended), _bytes_of(output), reason)


def _moment(said: str) -> datetime:
    moment = datetime.fromisoformat(said)
    if moment.tzinfo is None:
        raise ValueError(f"{said} has no zone")
    return moment


def _moment_json(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment_of(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None


def _bytes_json(data: bytes | None) -> str | None:
    return None if data is None else b64encode(data).decode()


def _bytes_of(said: str | None) -> bytes | None:
    return None if said is None else b64decode(said, validate=True)
