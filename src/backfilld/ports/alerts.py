"""Messages to people: what is to be said through which channel, and how far each one is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Protocol

from backfilld.engine.explaining import Situation
from backfilld.request.alerts import AskedAlert


class AlertEvent(Enum):
    """What a message is about."""

    STARTED = "started"
    FIRST_FAILURE = "first_failure"
    STALLED = "stalled"
    STARVED = "starved"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Subject:
    """The backfill that a message is about, and what its request asks for."""

    backfill: int
    name: str
    dates: tuple[date, ...]
    size: int
    asked: AskedAlert | None


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something has happened to a backfill that may deserve a word.

    `runs` are its dates by word, `counts` its instances by word with those that never began as `not_begun`. `outcome`
    is there once it has ended, `situation` where nothing of it starts.
    """

    event: AlertEvent
    subject: Subject
    at: datetime
    runs: Mapping[str, int]
    counts: Mapping[str, int]
    outcome: str | None = None
    situation: Situation | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """One message about a backfill, through one channel."""

    backfill: int
    event: AlertEvent
    channel: str
    title: str
    text: str


class AlertState(Enum):
    """How far a message is."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """A message in the outbox: how often it was tried, when next, and what went wrong the last time."""

    id: int
    alert: Alert
    state: AlertState
    created_at: datetime
    tries: int
    next_try: datetime | None
    settled_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one try: SENT, FAILED for good, or WAITING for `next_try`."""

    alert: int
    state: AlertState
    at: datetime
    next_try: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What is handed to a channel."""

    channel: str
    title: str
    text: str


class Notifier(Protocol):
    """The channels that the administrator has configured."""

    @property
    def channels(self) -> Collection[str]:
        """Their names."""
        ...

    def send(self, messages: Iterable[Message]) -> Iterator[str | None]:
        """Hand over one message after the other, the next one when it is asked for.

        Answers None for each once its channel has accepted it, else what went wrong, without any secret of the channel.
        """
        ...

    def close(self) -> None:
        """End a handing over that is under way."""
        ...
