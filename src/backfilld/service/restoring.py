"""A stored backfill as the engine takes it up again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from backfilld.engine.events import Restored
from backfilld.planning.plan import split_id
from backfilld.ports import Store, StoredAttempt
from backfilld.service.book import Entry


def restored(store: Store, entry: Entry, open_attempts: Iterable[StoredAttempt]) -> Restored:
    """All facts of the backfill; `open_attempts` may have those of other backfills too."""
    return Restored(
        accepted=replace(entry.accepted(), marks=store.backfill(entry.stored.id).marks),
        runs=store.run_facts(entry.stored.id),
        instances=store.instance_facts(entry.stored.id),
        started={
            attempt.instance: attempt.started_at
            for attempt in open_attempts
            if attempt.started_at is not None and split_id(attempt.instance)[0] in entry.stored.runs
        },
    )
