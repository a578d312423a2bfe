"""The channels of alerts, for whoever tries one."""

from __future__ import annotations

from collections.abc import Collection
from copy import copy

from backfilld.ports import Clock, Message, Notifier, Store
from backfilld.service.access import ITSELF, Caller

TITLE = "backfilld: a test"
TEXT = "Somebody tries this channel; alerts about backfills come through it."


class Channels:
    """They belong to the host, whoever asks; its outbox knows nothing of what goes through them here."""

    def __init__(self, notifier: Notifier, store: Store, clock: Clock) -> None:
        self.notifier, self._store, self._clock = notifier, store, clock
        self._caller = ITSELF

    def for_(self, caller: Caller) -> Channels:
        """The same for somebody, who is named in the audit."""
        mine = copy(self)
        mine._caller = caller
        return mine

    @property
    def names(self) -> Collection[str]:
        """Those that are configured."""
        return self.notifier.channels

    def tried(self, channel: str) -> str | None:
        """Hand a message to one of them now; None once it has accepted it, else what went wrong.

        The audit has it before that: no message leaves the host of which nobody knows who has sent it.
        """
        about = {"channel": channel, "from": self._caller.address}
        self._store.audited(self._caller.name, "try channel", about, self._clock.now())
        (error,) = self.notifier.send([Message(channel, TITLE, TEXT)])
        return error
