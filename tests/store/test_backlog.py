"""What is not done: counted on both databases as it is open, and no longer once it is done."""

from __future__ import annotations

import pytest
from ports.store_contract import NOW, accepted
from store.place import Place

from backfilld.engine.events import BackfillChanged
from backfilld.ports import Alert, AlertEvent, AlertState, Backlog, Round, Tried


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest) -> Place:
    """Each kind of database."""
    found: Place = request.getfixturevalue(request.param)
    return found


def test_what_is_open_is_counted(home: Place) -> None:
    """Instances of open backfills, and messages that wait or were given up; nothing of what is done or sent."""
    store = home.open()
    store.take_lease(NOW)
    assert store.backlog() == Backlog(0, 0, 0)

    first, second = accepted(store, dates=2, tasks=3), accepted(store, dates=4, tasks=2)
    said = [Alert(first.id, AlertEvent.ENDED, channel, "a title", "") for channel in ("Mail", "Sms", "ops")]
    store.record(Round(1, NOW, [], alerts=said))
    assert store.backlog() == Backlog(first.size + second.size, 3, 0)

    sent, failed, _ = (each.id for each in store.due_alerts(NOW, 3))
    store.tried(Tried(sent, AlertState.SENT, NOW))
    store.tried(Tried(failed, AlertState.FAILED, NOW, error="no such address"))
    store.record(Round(2, NOW, [BackfillChanged(first.id, True, "succeeded", NOW)]))
    assert store.backlog() == Backlog(second.size, 1, 1)

    store.record(Round(3, NOW, [BackfillChanged(first.id, False, None, NOW)]))
    assert store.backlog().instances == first.size + second.size
    store.close()
