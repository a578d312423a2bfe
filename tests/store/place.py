"""A database that a test may reach past the store."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, create_engine, text

from backfilld.store.sql import SqlStore


@dataclass(frozen=True, slots=True)
class Place:
    """A database by its URL."""

    url: str

    def open(self) -> SqlStore:
        return SqlStore(self.url)

    def execute(self, statement: str) -> None:
        engine = self.engine()
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def administer(self, statement: str) -> None:
        """Outside any transaction."""
        engine = self.engine().execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def engine(self) -> Engine:
        """Past the store."""
        return create_engine(self.url.replace("postgresql://", "postgresql+psycopg://"))
