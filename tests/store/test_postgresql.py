"""The store on a PostgreSQL server."""

from __future__ import annotations

import pytest
from ports.store_contract import NOW, Play, StoreContract, accepted
from store.place import Place

from backfilld.errors import StoreConflict, StoreUnavailable


class TestPostgresql(StoreContract):
    @pytest.fixture
    def home(self, postgresql: Place) -> Place:
        """A database."""
        return postgresql


def test_a_lost_session_is_replaced(postgresql: Place) -> None:
    """When the server ends the writer's session the round fails whole; told again, on a new session, it is written."""
    opened = postgresql.open()
    opened.take_lease(NOW)
    backfill = accepted(opened)
    play = Play(opened, backfill)
    postgresql.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")

    with pytest.raises(StoreUnavailable):
        play.admit(backfill.first_run)
    assert opened.run(backfill.first_run).admitted_at is None
    play.number = 0
    play.admit(backfill.first_run)
    assert opened.run(backfill.first_run).admitted_at == play.at
    with pytest.raises(StoreConflict):  # the lock came back with the session
        postgresql.open()
    opened.close()
