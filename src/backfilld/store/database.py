"""Connections: one that writes, under a lock that only one daemon can hold, and others that only read."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Lock
from typing import IO, Any, Protocol

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from backfilld.errors import Fault, InvalidSettings, StoreConflict, StoreUnavailable
from backfilld.store.trouble import told

ADVISORY_KEY = int.from_bytes(b"bckflld", "big")
"""The daemon's name in PostgreSQL's table of advisory locks, which are per database."""

LOCKED_FOR = 500
"""Milliseconds that a writer waits for another's lock; short, as nothing can be stopped meanwhile."""


class Backend(Protocol):
    """What differs between the two databases."""

    writers: Engine
    readers: Engine

    def hold(self, connection: Connection) -> None:
        """Be the one daemon that writes here, as long as the connection lives; else `StoreConflict`."""
        ...

    def close(self) -> None:
        """Close the connections and release the lock."""
        ...


class Sqlite:
    """One file in WAL mode, with a lock file beside it."""

    def __init__(self, url: URL) -> None:
        if not url.database or url.database == ":memory:":
            raise _not_a_store(url)
        self._lock = locked(Path(f"{url.database}.lock"))
        self.writers = create_engine(url)
        self.readers = _readers(url)
        event.listen(self.writers, "connect", _prepare_sqlite_writer)
        event.listen(self.writers, "begin", _begin_immediate)

    def hold(self, connection: Connection) -> None:
        """The file lock, taken at the start, says so already."""

    def close(self) -> None:
        """Drop the connections, then the lock."""
        _dispose(self)
        self._lock.close()


class Postgresql:
    """A database on a server; the lock is an advisory one and lives as long as the writer's session."""

    def __init__(self, url: URL) -> None:
        self.readers = _readers(url)
        # Positional parameters, as in SQLite, so that one form of row serves both.
        self.writers = create_engine(
            _with_driver(url), paramstyle="format", connect_args={"options": "-c synchronous_commit=on"}
        )

    def hold(self, connection: Connection) -> None:
        """Take the session's advisory lock."""
        held = connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": ADVISORY_KEY})
        connection.commit()
        if not held:
            raise StoreConflict("another daemon holds this database")

    def close(self) -> None:
        """Drop the connections, and the lock with them."""
        _dispose(self)


class Readable(Protocol):
    """Where something can be read."""

    @property
    def is_local(self) -> bool:
        """Whether it is read from a file of this host, so that nobody waits for a network."""
        ...

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that cannot write."""
        ...


class Database:
    """The one writer connection, taken in turns, and as many readers as ask."""

    def __init__(self, url: str) -> None:
        self._backend = _backend(make_url(url))
        self._turn = Lock()
        self._writer: Connection | None = None
        self._idle: list[Connection] = []
        """Readers of a local store that nobody reads with."""
        self.dialect = self._backend.writers.dialect
        try:
            with self.writing():
                pass
        except BaseException:
            self.close()
            raise

    @property
    def is_local(self) -> bool:
        """Whether it is read from a file of this host, so that nobody waits for a network."""
        return self.dialect.name == "sqlite"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: durable once the block is left, undone if it raises."""
        with self._turn, self._in_our_words(), self._connected().begin():
            assert self._writer is not None
            yield self._writer

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that cannot write; each statement sees what is durable when it starts."""
        with self._in_our_words():
            connection = self._reader()
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            if self.is_local:
                self._idle.append(connection)
            else:  # the pool knows when the server has dropped them all
                connection.close()

    def _reader(self) -> Connection:
        """One that nobody reads with: to take it from SQLAlchemy's pool, and give it back, costs as much as a look."""
        try:
            return self._idle.pop()
        except IndexError:
            return self._backend.readers.connect()

    @contextmanager
    def reading_one_moment(self) -> Iterator[Connection]:
        """A reader to whom nothing changes until he is done."""
        with self.reading() as connection, _one_moment(connection):
            yield connection

    def close(self) -> None:
        """Close the writer and the readers, and release the lock."""
        with self._turn:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            while self._idle:
                self._idle.pop().close()
            self._backend.close()

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        """Errors of SQLAlchemy, and of the driver where a prepared statement speaks to it directly."""
        driver = self.dialect.loaded_dbapi
        try:
            yield
        except (IntegrityError, driver.IntegrityError) as error:
            raise StoreConflict(f"the store refused a row: {told(error)}") from error
        except (DBAPIError, driver.Error) as error:
            raise StoreUnavailable(f"the store does not answer: {told(error)}") from error

    def _connected(self) -> Connection:
        """The writer; a session that was lost took its lock along, so a new one has to take it again."""
        if self._writer is None or self._writer.invalidated:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            writer = self._backend.writers.connect()
            try:
                self._backend.hold(writer)
            except BaseException:
                writer.close()
                raise
            self._writer = writer
        return self._writer


@contextmanager
def reader_of_one_moment(url: str) -> Iterator[Connection]:
    """The same of a database that another process writes."""
    readers = _readers(make_url(url))
    try:
        with readers.connect() as connection, _one_moment(connection):
            yield connection
    finally:
        readers.dispose()


@contextmanager
def _one_moment(connection: Connection) -> Iterator[None]:
    """A transaction of SQLite sees what was durable at its first look, one of PostgreSQL only if it is told to."""
    sqlite = connection.dialect.name == "sqlite"
    connection.exec_driver_sql("BEGIN" if sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ")
    try:
        yield
    finally:
        connection.exec_driver_sql("COMMIT")


def _readers(url: URL) -> Engine:
    """Connections that cannot write; each statement is a transaction of its own."""
    if url.get_backend_name() == "sqlite":
        readers = create_engine(url, isolation_level="AUTOCOMMIT", pool_reset_on_return=None)
        event.listen(readers, "connect", _prepare_sqlite_reader)
        return readers
    only = {"options": "-c default_transaction_read_only=on"}
    return create_engine(_with_driver(url), isolation_level="AUTOCOMMIT", connect_args=only)


def _with_driver(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg")


def _backend(url: URL) -> Backend:
    match url.get_backend_name():
        case "sqlite":
            return Sqlite(url)
        case "postgresql":
            return Postgresql(url)
        case _:
            raise _not_a_store(url)


def _not_a_store(url: URL) -> InvalidSettings:
    allowed = "sqlite:///path/to/file or postgresql://user@host/database"
    return InvalidSettings([Fault("store", url.render_as_string(hide_password=True), allowed)])


def locked(path: Path) -> IO[str]:
    """The lock, held until the file is closed; `StoreConflict` while a daemon has it."""
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise StoreConflict(f"another daemon holds {path}") from None
    return file


def _dispose(backend: Backend) -> None:
    backend.writers.dispose()
    backend.readers.dispose()


def _prepare_sqlite_writer(connection: Any, record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would come too late to be IMMEDIATE
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA busy_timeout = {LOCKED_FOR}")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _prepare_sqlite_reader(connection: Any, record: object) -> None:
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA automatic_index = OFF")  # it would index all instances to look at those of few runs


def _begin_immediate(connection: Connection) -> None:
    connection.connection.cursor().execute("BEGIN IMMEDIATE")
