"""Messages wait with the round that caused them, are said once, and are settled once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from ports.store_contract import NOW, accepted, everything
from store.place import Place

from backfilld.errors import StoreConflict
from backfilld.ports import Alert, AlertEvent, AlertState, Round, Store, StoredAlert, Tried

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest) -> Place:
    """Each kind of database."""
    found: Place = request.getfixturevalue(request.param)
    return found


def alert(event: AlertEvent = AlertEvent.ENDED, channel: str = "Mail", backfill: int = 1) -> Alert:
    return Alert(backfill, event, channel, "a title", "a text\nof lines")


def alerts(store: Store, backfill: int | None = None) -> list[StoredAlert]:
    """All of them, in two pages or more, the newest first."""
    return everything(lambda after, limit: store.alerts(backfill, after, limit), 2)


def test_a_message_waits_with_its_round(home: Place) -> None:
    """It is there when the round is, once however often the round is told, and due at once; also after a restart."""
    store = home.open()
    store.take_lease(NOW)
    accepted(store)
    told = Round(1, NOW, [], alerts=[alert(), alert(channel="Sms")])
    for _ in range(2):
        store.record(told)
    store.close()

    store = home.open()
    found = store.due_alerts(NOW, 10)
    assert [each.alert for each in found] == list(told.alerts)
    assert store.due_alerts(NOW - MINUTE, 10) == ()
    assert store.due_alerts(NOW, 1) == found[:1]
    assert store.next_alert_try() == NOW
    assert alerts(store) == list(reversed(found))
    assert found[0] == StoredAlert(found[0].id, alert(), AlertState.WAITING, NOW, 0, NOW, None, "")
    store.close()


def test_only_an_ending_comes_again(home: Place) -> None:
    """Of any other event a channel hears once in the life of a backfill; a rerun that ends is a new ending."""
    store = home.open()
    store.take_lease(NOW)
    for number in (1, 2):
        store.record(Round(number, NOW, [], alerts=[alert(event) for event in AlertEvent]))
    again = [(each.alert.event, each.alert.channel) for each in alerts(store)]
    assert sorted(event.value for event, _ in again) == sorted([*(event.value for event in AlertEvent), "ended"])
    others = [alert(AlertEvent.STARTED, "Sms"), alert(AlertEvent.STARTED, backfill=2)]
    store.record(Round(3, NOW, [], alerts=others))
    assert len(alerts(store)) == len(again) + 2
    assert [each.alert for each in alerts(store, 2)] == others[1:]
    store.close()


def test_a_try(home: Place) -> None:
    """A message that was not accepted waits for its next try; one that was, or was given up, is never tried again."""
    store = home.open()
    store.take_lease(NOW)
    store.record(Round(1, NOW, [], alerts=[alert(), alert(channel="Sms")]))
    mail, sms = store.due_alerts(NOW, 10)

    store.tried(Tried(mail.id, AlertState.WAITING, NOW, NOW + MINUTE, "no answer"))
    store.tried(Tried(sms.id, AlertState.FAILED, NOW, error="no such number"))
    assert store.due_alerts(NOW, 10) == ()
    assert store.next_alert_try() == NOW + MINUTE
    waiting = replace(mail, tries=1, next_try=NOW + MINUTE, error="no answer")
    assert store.due_alerts(NOW + MINUTE, 10) == (waiting,)

    store.tried(Tried(mail.id, AlertState.SENT, NOW + MINUTE))
    store.tried(Tried(mail.id, AlertState.WAITING, NOW, NOW + MINUTE, "late news"))
    sent = replace(mail, state=AlertState.SENT, tries=2, next_try=None, settled_at=NOW + MINUTE, error="")
    failed = replace(sms, state=AlertState.FAILED, tries=1, next_try=None, settled_at=NOW, error="no such number")
    assert alerts(store) == [failed, sent]
    assert store.next_alert_try() is None
    assert store.due_alerts(NOW + 10 * MINUTE, 10) == ()
    store.close()


def test_only_the_scheduler_says_what_came_of_it(sqlite: Place) -> None:
    """Who lost the lease can settle nothing."""
    store = sqlite.open()
    store.take_lease(NOW)
    store.record(Round(1, NOW, [], alerts=[alert()]))
    (found,) = store.due_alerts(NOW, 10)
    sqlite.execute("UPDATE lease SET epoch = epoch + 1")
    with pytest.raises(StoreConflict):
        store.tried(Tried(found.id, AlertState.SENT, NOW))
    assert store.next_alert_try() == NOW
    store.close()
