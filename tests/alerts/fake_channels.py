"""Channels that keep what they are given: `bad` accepts nothing, every other one all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from backfilld.ports import Message

WRONG = "it is out of order"


class FakeChannels:
    """A notifier without a world outside."""

    def __init__(self, *channels: str) -> None:
        self.channels: Collection[str] = channels
        self.accepted: list[Message] = []
        self.out_of_order = {"bad"}

    def send(self, messages: Iterable[Message]) -> Iterator[str | None]:
        for each in messages:
            if each.channel in self.out_of_order:
                yield WRONG
            else:
                self.accepted.append(each)
                yield None

    def close(self) -> None:
        """Nothing is under way."""
