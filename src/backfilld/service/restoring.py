"""A stored backfill as the engine takes it up again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from backfilld.catalog.models import Catalog
from backfilld.engine.asking import InstanceFacts
from backfilld.engine.events import Restored
from backfilld.errors import Expired
from backfilld.planning.plan import split_id
from backfilld.ports import Recorded, Store, StoredAttempt
from backfilld.service.book import Book, Entry

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def restored(store: Recorded, book: Book, entry: Entry, open_attempts: Iterable[StoredAttempt]) -> Restored:
    """All facts of the backfill; `open_attempts` may have those of other backfills too.

    Its turn comes after those whose newest open attempt was claimed earlier; one that has none goes first.
    """
    mine = [each for each in open_attempts if entry.stored.position(split_id(each.instance)[0]) is not None]
    instances = store.instance_facts(entry.stored.id)
    return Restored(
        accepted=replace(entry.accepted(), marks=store.backfill(entry.stored.id).marks),
        runs=store.run_facts(entry.stored.id),
        instances=instances,
        started={attempt.instance: attempt.started_at for attempt in mine if attempt.started_at is not None},
        turn=max((_turn(attempt.claimed_at) for attempt in mine), default=0),
        catalogs=catalogs_of(book, instances),
    )


def reopened(store: Store, book: Book, entry: Entry) -> Restored:
    """All facts of a backfill that is done, for who wants something changed; `Expired` once some of them have gone."""
    refuse_expired(store, entry)
    return restored(store, book, entry, ())


def refuse_expired(store: Store, entry: Entry) -> None:
    """Raise `Expired` for a backfill of which some facts have gone: it cannot be taken up again."""
    if since := store.expired_since(entry.stored.id):
        number = f"{entry.stored.id} has run"
        raise Expired("some of what backfill", number, since, "; submit what is to run again")


def catalogs_of(book: Book, instances: Iterable[InstanceFacts]) -> tuple[Catalog, ...]:
    """Every catalog version that the facts name."""
    versions = {each.marks.catalog_version for each in instances} - {None}
    return tuple(book.catalog(version) for version in versions if version)


def _turn(claimed_at: datetime) -> int:
    """Microseconds since 1970: grows with each claim, and faster than the engine counts them.

    >>> _turn(datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC))
    2000000
    """
    return (claimed_at - _EPOCH) // timedelta(microseconds=1)
