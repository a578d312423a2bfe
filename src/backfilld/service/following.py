"""The output of an attempt while it grows."""

from __future__ import annotations

from collections.abc import Callable

from backfilld.ports import Executor, LogPart, StoredAttempt


class Following:
    """Reads on from an offset, a part a call, until the attempt has ended and all of it was read.

    A negative offset counts from the end that the output has at the first call.
    """

    def __init__(self, executor: Executor, attempt: StoredAttempt, again: Callable[[], StoredAttempt], offset: int):
        """`again` is the attempt as it is by then; the executor is asked for what it has written."""
        self._executor, self._again = executor, again
        self._name, self._ended, self._quiet = attempt.attempt, attempt.ended_at is not None, False
        self.offset = offset
        self.over = False
        """Nothing more will come."""

    def more(self, limit: int) -> LogPart | None:
        """What has come since the last call, if anything; raises what the executor raises.

        Where the middle was cut out the part begins behind the hole.
        """
        if self._quiet and not self._ended:  # looked at before the output: what is written last is not missed
            self._ended = self._again().ended_at is not None
        part = self._executor.log(self._name, self.offset, limit)
        self._quiet = not part.data
        self.offset = part.offset + len(part.data)
        self.over = self._quiet and self._ended
        return part if part.data else None
