"""The attempts that are open: what an executor calls them, what the engine does, and news of them in its words."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from backfilld.engine.events import AttemptEnded, AttemptStarted
from backfilld.engine.states import AttemptState
from backfilld.ports import AttemptKey, Ended, Ending, Outcome, Started

log = logging.getLogger(__name__)
_STATES = {
    Ending.STOPPED: AttemptState.STOPPED,
    Ending.LOST: AttemptState.LOST,
    Ending.VOID: AttemptState.VOID,
    Ending.REFUSED: AttemptState.FAILED,  # what cannot start now is tried again as its retries allow, not at once
}


class OpenAttempts:
    """Names (32 hexadecimal digits) by instance and number, and back. Ticker's thread, or before it runs."""

    def __init__(self) -> None:
        self._names: dict[AttemptKey, str] = {}
        self._keys: dict[str, AttemptKey] = {}

    def open(self, name: str, key: AttemptKey) -> None:
        """The attempt is claimed."""
        self._names[key], self._keys[name] = name, key
        if log.isEnabledFor(logging.DEBUG):
            _tell("attempt %s is open", name, key)

    def close(self, key: AttemptKey) -> str | None:
        """The attempt's ending is durable; its name, or None if it was not open."""
        name = self._names.pop(key, None)
        if name is not None:
            del self._keys[name]
            if log.isEnabledFor(logging.DEBUG):
                _tell("attempt %s is closed", name, key)
        return name

    def name(self, key: AttemptKey) -> str | None:
        """The open attempt's name."""
        return self._names.get(key)

    def event_of(self, outcome: Outcome, now: datetime) -> AttemptStarted | AttemptEnded | None:
        """The executor's news as the engine takes it; None about an attempt that is not open."""
        key = self._keys.get(outcome.attempt)
        if key is None:
            return None
        if isinstance(outcome, Started):
            return AttemptStarted(*key, at=outcome.at)
        by_exit_code = AttemptState.SUCCEEDED if outcome.exit_code == 0 else AttemptState.FAILED
        state = _STATES.get(outcome.ending, by_exit_code)
        return AttemptEnded(*key, state=state, exit_code=outcome.exit_code, at=outcome.ended_at or now)

    def endings(self, news: Iterable[object]) -> dict[AttemptKey, Ended]:
        """The endings of open attempts among the news."""
        ended = (each for each in news if isinstance(each, Ended))
        return {self._keys[each.attempt]: each for each in ended if each.attempt in self._keys}


def _tell(words: str, name: str, key: AttemptKey) -> None:
    instance, number = key
    log.debug(words, name, extra={"attempt": name, "instance": instance, "number": number})
