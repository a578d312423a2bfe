"""The outbox on a real store: nothing is lost, and nothing is said twice that was marked as said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alerts.fake_channels import WRONG, FakeChannels
from alerts.mail_server import MailServer
from hypothesis import given
from hypothesis import strategies as st

from backfilld.alerts.channels import AppriseNotifier
from backfilld.alerts.outbox import NEXT_TRY, TROUBLE, Outbox
from backfilld.alerts.rules import FIRST_PAUSE, LONGEST_PAUSE, after_refusal
from backfilld.errors import Expired, StoreUnavailable
from backfilld.ports import Alert, AlertEvent, AlertState, Message, Notifier, Round, StoredAlert
from backfilld.store.sql import SqlStore

NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
HOUR, DAYS = timedelta(hours=1), timedelta(days=3)
WAITING = StoredAlert(1, Alert(1, AlertEvent.ENDED, "Mail", "", ""), AlertState.WAITING, NOW, 0, NOW, None, "")


class Hands:
    """A clock and its one alarm, moved by the test."""

    def __init__(self) -> None:
        self.at, self.alarm = NOW, None

    def now(self) -> datetime:
        return self.at

    def wake_at(self, name: str, moment: datetime | None) -> None:
        assert name == NEXT_TRY
        self.alarm = moment


class Desk:
    """An outbox on a store of its own, and what writes into it."""

    def __init__(self, folder: Path, notifier: Notifier) -> None:
        self.hands, self._url, self._notifier = Hands(), f"sqlite:///{folder / 'store.db'}", notifier
        self.durably: Callable[[Callable[[], None]], None] = lambda write: write()
        self.details: Callable[[Alert], str] = lambda alert: f"more about {alert.backfill}"
        self.open()

    def open(self) -> None:
        """A daemon starts."""
        self.store, self._rounds = SqlStore(self._url), 0
        self.store.take_lease(self.hands.at)
        self.outbox = Outbox(
            self.store,
            self._notifier,
            self.hands,
            self.hands,
            durably=lambda write: self.durably(write),
            details=lambda alert: self.details(alert),
            give_up_after=DAYS,
        )

    def restart(self) -> None:
        """One daemon ends, the next begins, and looks into its outbox."""
        self.store.close()
        self.open()
        self.outbox.send_due()

    def write(self, *channels: str, backfill: int = 1) -> None:
        """A round that has something to say, through these channels."""
        self._rounds += 1
        alerts = [Alert(backfill, AlertEvent.ENDED, each, f"about {backfill}", "text") for each in channels]
        self.store.record(Round(self._rounds, self.hands.at, [], alerts=alerts))

    def alerts(self) -> list[StoredAlert]:
        """All of them, in order."""
        return list(reversed(self.store.alerts(None, None, 100).items))

    def states(self) -> list[AlertState]:
        return [each.state for each in self.alerts()]

    def ring(self) -> None:
        """Time passes until the alarm."""
        assert self.hands.alarm is not None
        assert self.hands.alarm > self.hands.at
        self.hands.at = self.hands.alarm
        self.outbox.send_due()


@pytest.fixture
def channels() -> FakeChannels:
    return FakeChannels("Mail", "Sms", "bad")


@pytest.fixture
def desk(tmp_path: Path, channels: FakeChannels) -> Iterator[Desk]:
    made = Desk(tmp_path, channels)
    yield made
    made.store.close()


def test_a_mail_server_that_is_down(tmp_path: Path) -> None:
    """What it does not take waits, over a restart too, and is sent once when it is up again; then nothing wakes."""
    with MailServer() as server:
        desk = Desk(tmp_path, AppriseNotifier({"Mail": server.url}, ["127.0.0.1"]))
        desk.write("Mail")
        desk.outbox.send_due()
        (waiting,) = desk.alerts()
        assert (waiting.state, waiting.tries, waiting.next_try) == (AlertState.WAITING, 1, NOW + FIRST_PAUSE)
        assert waiting.error == 'Connection error while submitting email to "127.0.0.1"'
        assert desk.hands.alarm == NOW + FIRST_PAUSE

        server.up()
        desk.restart()
        assert server.subjects == []  # its time has not come
        desk.ring()
        assert server.subjects == ["about 1"]
        assert server.accepted[0].get_content().split() == ["text", "more", "about", "1"]
        assert desk.states() == [AlertState.SENT]
        desk.restart()
        assert len(server.accepted) == 1
        assert desk.hands.alarm is None
        desk.store.close()


@pytest.mark.parametrize("error", [Expired("what failed in backfill", 1, NOW), ValueError("a bug")], ids=repr)
def test_details_that_are_gone_hold_nothing_up(error: Exception, desk: Desk, channels: FakeChannels) -> None:
    """A message goes without what can no longer be looked up, and so do those behind it."""

    def gone(alert: Alert) -> str:
        raise error

    desk.details = gone
    desk.write("Mail")
    desk.write("Mail", backfill=2)
    desk.outbox.send_due()
    assert [(message.title, message.text) for message in channels.accepted] == [
        ("about 1", "text"),
        ("about 2", "text"),
    ]
    assert desk.hands.alarm is None


def test_an_hour_of_outage(desk: Desk, channels: FakeChannels) -> None:
    """A channel that is out of order for an hour, whatever restarts meanwhile, gets its message within the next."""
    desk.write("bad")
    desk.outbox.send_due()
    while desk.hands.alarm:
        if desk.hands.alarm > NOW + HOUR:
            channels.out_of_order.clear()
        elif desk.alerts()[0].tries in (2, 3):
            desk.restart()
        desk.ring()
    assert [message.title for message in channels.accepted] == ["about 1"]
    assert desk.hands.at <= NOW + HOUR + LONGEST_PAUSE
    assert desk.alerts()[0].tries < 10


@given(st.timedeltas(timedelta(0), 2 * DAYS))
def test_an_outage_of_any_length(outage: timedelta) -> None:
    """Up to three days it costs at most an hour more, and less than ninety tries; after them nothing more is tried."""
    stored, now = WAITING, NOW
    while now <= NOW + outage:
        tried = after_refusal(stored, WRONG, now, DAYS)
        if tried.next_try is None:
            assert (tried.state, now) == (AlertState.FAILED, NOW + DAYS)
            assert outage >= DAYS
            return
        assert now < tried.next_try <= min(now + LONGEST_PAUSE, NOW + DAYS)
        stored, now = replace(stored, tries=stored.tries + 1, next_try=tried.next_try), tried.next_try
    assert stored.tries < 90


def test_giving_up(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """After three days a message is given up: it is shown as failed, the log says so, and nothing wakes for it."""
    desk.write("bad")
    desk.outbox.send_due()
    assert desk.hands.alarm == NOW + FIRST_PAUSE
    desk.hands.alarm = NOW + DAYS  # the host was off
    desk.ring()
    assert desk.hands.alarm is None
    (found,) = desk.alerts()
    assert (found.state, found.settled_at, found.error) == (AlertState.FAILED, NOW + DAYS, WRONG)
    assert f"was not accepted: {WRONG}; given up" in caplog.messages[-1]


def test_each_channel_for_itself(desk: Desk, channels: FakeChannels) -> None:
    """What one channel does not take keeps no other from its message."""
    desk.write("bad", "Mail", "Sms")
    desk.outbox.send_due()
    assert [message.channel for message in channels.accepted] == ["Mail", "Sms"]
    desk.ring()
    assert [message.channel for message in channels.accepted] == ["Mail", "Sms"]
    assert desk.states() == [AlertState.WAITING, AlertState.SENT, AlertState.SENT]


def test_marked_before_the_next_is_begun(desk: Desk, channels: FakeChannels) -> None:
    """A daemon that dies before the mark is durable repeats that message, and no other."""

    class Died(BaseException):
        pass

    def dies(write: Callable[[], None]) -> None:
        if len(channels.accepted) == 2:
            raise Died
        write()

    desk.durably = dies
    for number in (1, 2, 3):
        desk.write("Mail", backfill=number)
    with pytest.raises(Died):
        desk.outbox.send_due()
    assert desk.states() == [AlertState.SENT, AlertState.WAITING, AlertState.WAITING]
    desk.durably = lambda write: write()
    desk.restart()
    assert [message.title for message in channels.accepted] == ["about 1", "about 2", "about 2", "about 3"]


def test_a_store_in_trouble(desk: Desk, channels: FakeChannels) -> None:
    """The outbox asks again a minute later, and says nothing meanwhile."""
    desk.write("Mail")

    def troubled(write: Callable[[], None]) -> None:
        raise StoreUnavailable("the disk is full")

    desk.durably = troubled
    desk.outbox.send_due()
    assert desk.hands.alarm == NOW + TROUBLE
    desk.durably = lambda write: write()
    desk.ring()
    assert desk.states() == [AlertState.SENT]


def test_an_error_of_ours_silences_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What goes wrong while a message is made is logged, and all is tried again."""
    channels = FakeChannels("Mail")
    desk = Desk(tmp_path, channels)
    desk.write("Mail")
    desk.durably = lambda write: [][1]
    desk.outbox.send_due()
    assert "the outbox has failed" in caplog.messages[-1]
    assert desk.hands.alarm == NOW + TROUBLE
    desk.store.close()


@pytest.mark.parametrize(("channel", "state", "tries"), [("bad", AlertState.WAITING, 0), ("Mail", AlertState.SENT, 1)])
def test_stopped_while_a_message_goes(tmp_path: Path, channel: str, state: AlertState, tries: int) -> None:
    """It is marked if it is accepted; if not, it was as good as not tried."""

    class Stopping(FakeChannels):
        def send(self, messages: Iterable[Message]) -> Iterator[str | None]:
            for error in super().send(messages):
                desk.outbox.stop()
                yield error

    desk = Desk(tmp_path, Stopping())
    desk.write(channel)
    desk.outbox.send_due()
    (found,) = desk.alerts()
    assert (found.state, found.tries) == (state, tries)
    desk.store.close()


def test_stopping(desk: Desk, channels: FakeChannels) -> None:
    """Nothing is begun after `stop`; what is accepted meanwhile is still marked."""

    def stopping(write: Callable[[], None]) -> None:
        desk.outbox.stop()
        write()

    desk.durably = stopping
    desk.write("Mail", "Sms")
    desk.outbox.send_due()
    assert [message.channel for message in channels.accepted] == ["Mail"]
    assert desk.states() == [AlertState.SENT, AlertState.WAITING]
    desk.outbox.run()
    assert len(channels.accepted) == 1
