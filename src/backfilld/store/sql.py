"""One store on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select, update

from backfilld.errors import StoreConflict
from backfilld.ports import (
    AttemptKey,
    IdempotencyKey,
    KeptAnswer,
    NewAct,
    NewAmendment,
    NewBackfill,
    Operation,
    Round,
    StoredBackfill,
    Tried,
)
from backfilld.request.retention import Retention
from backfilld.store import accepting, acts, amending, audit, expiring, keys, outbox, tables
from backfilld.store.acts import Acts
from backfilld.store.annotations import AnnotationStore
from backfilld.store.backlog import BacklogStore
from backfilld.store.database import Database
from backfilld.store.keys import UsedKeys
from backfilld.store.messages import Messages
from backfilld.store.migrate import migrate
from backfilld.store.moment import Moment
from backfilld.store.narrowed import NarrowedReader
from backfilld.store.reading import Reader
from backfilld.store.recording import Recorder
from backfilld.store.recovering import Recovery
from backfilld.store.scheduling import ScheduleStore
from backfilld.store.tokens import TokenStore

NO_LEASE = -1
"""An epoch that no lease ever has."""


class SqlStore(Reader, Acts, Recovery, ScheduleStore, TokenStore, Messages, UsedKeys, BacklogStore, AnnotationStore):
    """The port's `Store`. Opening it takes the lock (`StoreConflict` if a daemon has it) and migrates.

    Writers of any thread take turns; readers never wait for them.
    """

    _database: Database

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        try:
            with self._database.writing() as connection:
                migrate(connection)
        except BaseException:
            self._database.close()
            raise
        self._recorder = Recorder(self._database.dialect)
        self._epoch = NO_LEASE

    @contextmanager
    def at_one_moment(self) -> Iterator[Moment]:
        """All that is durable now, whatever is written meanwhile."""
        with self._database.reading_one_moment() as connection:
            yield Moment(connection)

    def seen_by(self, projects: frozenset[int]) -> NarrowedReader:
        """The same for somebody to whom only these projects are there."""
        return NarrowedReader(self._database, projects)

    def close(self) -> None:
        """Let go of the database and its lock."""
        self._database.close()

    def take_lease(self, now: datetime) -> int:
        """Become the one scheduler: the new epoch, greater than any before."""
        lease = tables.lease
        with self._database.writing() as connection:
            connection.execute(update(lease).values(epoch=lease.c.epoch + 1, taken_at=now, round=0))
            epoch: int = connection.execute(select(lease.c.epoch)).scalar_one()
        self._epoch = epoch
        return epoch

    def accept(self, new: NewBackfill, now: datetime) -> Operation:
        """Remember the backfill and its pending operation, and give it its run numbers."""
        return self.accept_all([new], now)[0]

    def accept_all(self, new: Sequence[NewBackfill], now: datetime) -> tuple[Operation, ...]:
        """The same for several that are asked for together: all of them, or none."""
        with self._leased() as connection:
            return accepting.accept(connection, new, now)

    def write_runs(self, operation: str, now: datetime) -> StoredBackfill:
        """Make the rows of the backfill's runs; then the operation is completed."""
        backfill = self.backfill(self.operation(operation).backfill)
        for runs in accepting.run_parts(backfill):
            with self._leased() as connection:
                accepting.insert_runs(connection, backfill.id, runs)
        with self._leased() as connection:
            accepting.end_operation(connection, operation, now)
        return backfill

    def fail_operation(self, operation: str, error: str, now: datetime) -> None:
        """The acceptance came to nothing: its backfill will never run."""
        backfill = self.operation(operation).backfill
        with self._leased() as connection:
            if accepting.end_operation(connection, operation, now, error):
                accepting.abandon(connection, backfill, now)

    def amend(self, new: NewAmendment, now: datetime) -> StoredBackfill:
        """Change a backfill as it was asked, and give the added dates their run numbers and rows."""
        with self._leased() as connection:
            amending.amend(connection, new, now)
        return self.backfill(new.backfill)

    def begin_act(self, new: NewAct, now: datetime) -> None:
        """Remember an act that is to be done."""
        with self._leased() as connection:
            acts.begin(connection, new, now)

    def reject_items(self, act: str, items: Sequence[int], reason: str) -> None:
        """The next items of an act are rejected, all for one reason, without anybody having been asked."""
        with self._leased() as connection:
            acts.reject_items(connection, act, items, reason)

    def end_act(self, act: str, now: datetime, error: str | None = None) -> None:
        """Nothing more of it will be done; the audit has it from then on."""
        with self._leased() as connection:
            acts.end(connection, act, now, error)

    def keep_catalog(self, version: UUID, content: str, now: datetime) -> None:
        """Remember a catalog version that something is going to name."""
        with self._leased() as connection:
            accepting.keep_catalog(connection, version, content, now)

    def audited(self, by: str, what: str, about: Mapping[str, object], now: datetime) -> None:
        """Remember that somebody did what has no other trace here."""
        with self._leased() as connection:
            audit.append(connection, [audit.entry(by, what, about)], now)

    def record(self, tick: Round) -> None:
        """All effects of one tick, or none; a round that is durable already is left alone."""
        with self._database.writing() as connection:
            if self._recorder.begin(connection, tick, self._epoch):
                self._recorder.write(connection, tick, self._epoch)
            else:
                self._check_lease(connection)

    def keep_answer(self, key: IdempotencyKey, answer: KeptAnswer, now: datetime) -> None:
        """Remember what is answered under this key; the first answer stays."""
        with self._leased() as connection:
            keys.keep_answer(connection, key, answer, now)

    def forget_keys(self, before: datetime, most: int) -> datetime | None:
        """Forget some of the keys that were used before; answers when the first of those that stay was used."""
        with self._leased() as connection:
            return keys.forget(connection, before, most)

    def kept_backfills(self) -> tuple[int, ...]:
        """Backfills that are done and of which something is kept, in the order of acceptance."""
        with self._database.reading() as connection:
            return expiring.kept_backfills(connection)

    def expire(self, backfill: int, keep: Retention, now: datetime) -> datetime | None:
        """Take some of its runs from view whose time is over; when to look again, None if never."""
        with self._leased() as connection:
            return expiring.expire(connection, backfill, keep, now)

    def leaving(self, most: int) -> Mapping[AttemptKey, str] | None:
        """Some attempts of runs that were taken from view; None where nothing is left of any such run."""
        with self._database.reading() as connection:
            return expiring.leaving(connection, most)

    def sweep(self, attempts: Collection[AttemptKey], most: int) -> None:
        """Delete the rows of these attempts; where there are none, some instances of the same runs."""
        with self._leased() as connection:
            expiring.sweep(connection, attempts, most)

    def tried(self, tried: Tried) -> None:
        """What came of handing a message over; one that is settled stays as it is."""
        with self._leased() as connection:
            outbox.settle(connection, tried)

    def came_to_terms(self) -> None:
        """Whatever hosts did since the backup is dealt with."""
        with self._leased() as connection:
            connection.execute(update(tables.lease).values(restored_at=None))

    @contextmanager
    def _leased(self) -> Iterator[Connection]:
        with self._database.writing() as connection:
            self._check_lease(connection)
            yield connection

    def _check_lease(self, connection: Connection) -> None:
        """Under the row's lock, so that nobody takes the lease before this transaction ends."""
        epoch = connection.execute(select(tables.lease.c.epoch).with_for_update()).scalar_one()
        if epoch != self._epoch:
            raise StoreConflict(f"the lease is at epoch {epoch}, this daemon's was {self._epoch}")
