"""What is durable at one moment, read while others write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from backfilld.store.database import reader_of_one_moment
from backfilld.store.reading import Reader
from backfilld.store.recovering import Recovery


class Moment(Reader, Recovery):
    """The port's `Recorded`, read in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._database = _OneReader(connection)


class _OneReader:
    """Reads with the same connection again and again."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def is_local(self) -> bool:
        """Whether it reads from a file of this host."""
        return self._connection.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The connection, as a reader's."""
        yield self._connection


@contextmanager
def at_one_moment(url: str) -> Iterator[Moment]:
    """What another process's store holds now; takes no lock, and waits for nobody."""
    with reader_of_one_moment(url) as connection:
        yield Moment(connection)
