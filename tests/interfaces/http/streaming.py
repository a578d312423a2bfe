"""A client of the stream, as a browser is one: events as they come, and where it broke off."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Event:
    name: str
    data: Any


PLACE = Event("id", {})


class Heard:
    """What came on one stream. `last_id` is what a browser would send when it comes back."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.events: list[Event] = []
        self.comments: list[str] = []
        self.last_id: str | None = None
        self._blocks = self._read()

    def until(self, holds: Callable[[Event], bool]) -> Event:
        """The next event that is so."""
        for event in self._blocks:
            if holds(event):
                return event
        raise AssertionError(f"the stream ended after {self.events[-3:]}")

    def named(self, name: str, **about: Any) -> Event:
        """The next event of a name whose data have these."""
        return self.until(lambda event: event.name == name and about.items() <= event.data.items())

    def place(self) -> str:
        """The id behind what was heard last: with this a browser comes back that breaks off now."""
        self.until(lambda event: event == PLACE)
        return str(self.last_id)

    def rest(self) -> list[Event]:
        """All events until the stream ends."""
        return [event for event in self._blocks if event != PLACE]

    def _read(self) -> Iterator[Event]:
        name, data, placed = "message", "", False
        for line in self.response.iter_lines():
            field, _, value = line.partition(": ")
            match field:
                case "event":
                    name = value
                case "data":
                    data = value
                case "id":
                    self.last_id, placed = value, True
                case "":
                    if data:
                        self.events.append(Event(name, json.loads(data)))
                        yield self.events[-1]
                    elif line:
                        self.comments.append(value)
                    elif placed:
                        yield PLACE
                    name, data, placed = "message", "", False
                case _:
                    raise AssertionError(f"no line of a stream: {line}")


@contextmanager
def streaming(http: httpx.Client, topics: str, last_id: str | None = None) -> Iterator[Heard]:
    """A stream that is open: what happens from now on is heard."""
    headers = {} if last_id is None else {"Last-Event-ID": last_id}
    with http.stream("GET", "/v1/stream", params={"topics": topics}, headers=headers) as response:
        assert response.status_code == 200, response.read()
        yield Heard(response)
