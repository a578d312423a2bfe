"""After a restored backup: the host remembers what the store has forgotten, and the store what the host has removed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from backfilld.errors import ProductError
from backfilld.ports import Ended, Ending, Executor, Outcome, Store, StoredAttempt

log = logging.getLogger(__name__)
GRACE = 10.0
"""Seconds that an attempt which nobody knows has from TERM to KILL."""
AWAY = 1.0
"""Seconds before a host is asked again."""
FORGOTTEN = "the store was restored from a backup, and the host has no record of this attempt any more"


@dataclass(frozen=True, slots=True)
class Terms:
    """Which open attempts the host can tell of, and what is known of the others at once."""

    told_by_host: Sequence[str]
    news: Sequence[Outcome] = ()
    restored: bool = False


def come_to_terms(
    store: Store, executor: Executor, attempts: Iterable[StoredAttempt], pause: Callable[[float], None] = time.sleep
) -> Terms:
    """Make host and restored store agree before anything starts; of any other store everything is the host's to tell.

    An attempt that the store does not know was started after the backup: it is ended and listed, so that none of its
    instance's new attempts overlaps it. One that is open here and that the host has no record of is lost: it may
    have succeeded, and that it never started would be a guess.
    """
    names = [attempt.attempt for attempt in attempts]
    since = store.restored_at()
    if since is None:
        return Terms(names)
    records = _records(executor, pause)
    strangers = store.strangers(sorted(records))
    log.warning("this store was restored at %s; the host has %d attempts that it does not know", since, len(strangers))
    others = _end(executor, strangers)
    lost = [Ended(name, Ending.LOST, reason=FORGOTTEN) for name in names if name not in records]
    return Terms([name for name in names if name in records], [*others, *lost], restored=True)


def _records(executor: Executor, pause: Callable[[float], None]) -> Collection[str]:
    while True:
        try:
            return executor.records()
        except ProductError as error:
            log.warning("%s; asking again: nothing starts before the host has told what it runs", error)
            pause(AWAY)


def _end(executor: Executor, strangers: Collection[str]) -> list[Outcome]:
    """Wait until nothing of these lives; answers what was told of others meanwhile."""
    waiting, others = set(strangers), list[Outcome]()
    if waiting:
        executor.stop(dict.fromkeys(strangers, GRACE))
    while waiting:
        for outcome in executor.outcomes():
            if outcome.attempt not in strangers:
                others.append(outcome)
            elif isinstance(outcome, Ended) and outcome.attempt in waiting:
                waiting.remove(outcome.attempt)
                code = "" if outcome.exit_code is None else f", exit code {outcome.exit_code}"
                about = {"attempt": outcome.attempt}
                log.warning("unknown here: attempt %s, %s%s", outcome.attempt, outcome.ending.value, code, extra=about)
    executor.forget(strangers)
    return others
