"""When runs are looked at whose pause was to end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfilld.errors import StoreUnavailable
from backfilld.interfaces.http.doors.prefect.notes import OBJECT, PAUSED_UNTIL, VENDOR
from backfilld.interfaces.http.doors.prefect.pauses import ALARM, TROUBLE, Pauses
from backfilld.ports import Annotation

NOW = datetime(2024, 5, 1, tzinfo=UTC)
MOMENTS = st.integers(-3, 3).map(lambda hours: NOW + timedelta(hours=hours))


class Around:
    """Store, clock and alarm of one daemon."""

    def __init__(self, kept: Mapping[int, datetime]) -> None:
        self.notes = {str(run): until.isoformat() for run, until in kept.items()}
        self.alarm: datetime | None = None
        self.in_trouble = False
        self.pauses = Pauses(self, self, self)

    def now(self) -> datetime:
        return NOW

    def wake_at(self, name: str, moment: datetime | None) -> None:
        assert name == ALARM
        self.alarm = moment

    def annotate(self, notes: Iterable[Annotation], now: datetime) -> None:
        for note in notes:
            assert (note.vendor, note.object, note.key, note.value) == (VENDOR, OBJECT, PAUSED_UNTIL, None)
            self.notes.pop(note.id)

    def say(self, run: int, until: datetime | None) -> None:
        """What a client says, as the door leaves it."""
        self.notes.pop(str(run), None)
        if until is not None:
            self.notes[str(run)] = until.isoformat()
        with self.pauses.turn:
            self.pauses.keep(run, until)

    def annotations(self, vendor: str, kind: str, ids: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
        raise AssertionError("all are asked for at once")

    def annotated(self, vendor: str, kind: str, key: str) -> Mapping[str, Any]:
        if self.in_trouble:
            raise StoreUnavailable("away")
        return self.notes if (vendor, kind, key) == (VENDOR, OBJECT, PAUSED_UNTIL) else {}

    def looks(self, refused: Collection[int] = (), broken: Collection[int] = ()) -> list[int]:
        """The runs that are looked at in one go; one that is refused, or brings an error to light, stays paused."""
        found: list[int] = []

        def lapse(run: int) -> bool:
            found.append(run)
            if run in broken:
                raise ValueError("an error of ours")
            return run not in refused

        self.pauses.look(lapse)
        return found


@given(st.dictionaries(st.integers(0, 5), MOMENTS), st.dictionaries(st.integers(0, 5), st.none() | MOMENTS))
def test_what_is_due_is_looked_at_once_the_earliest_first(
    left: dict[int, datetime], said: dict[int, datetime | None]
) -> None:
    """Also what a daemon that has ended left, unless a client has said otherwise; the alarm is for the next one."""
    around = Around(left)
    due = [run for run, until in sorted(left.items(), key=lambda each: each[1]) if until <= NOW]
    assert around.looks() == due
    assert set(around.notes) == {str(run) for run in left if run not in due}
    for run, moment in said.items():
        around.say(run, moment)
    until = {run: moment for run, moment in (left | said).items() if moment and (run in said or run not in due)}
    over = {run for run, moment in until.items() if moment <= NOW}
    assert set(found := around.looks()) == over
    assert len(found) == len(over)
    assert around.alarm == min((moment for run, moment in until.items() if run not in over), default=None)
    assert around.looks() == []


def test_what_cannot_be_failed_keeps_nothing_else_from_it(caplog: pytest.LogCaptureFixture) -> None:
    """It is told once, and tried again when a daemon starts."""
    around = Around(dict.fromkeys((1, 2, 3), NOW))
    assert around.looks(refused=[1], broken=[2]) == [1, 2, 3]
    assert [(each.levelname, each.msg % each.args) for each in caplog.records] == [
        ("ERROR", "run 1 was paused for too long, and cannot be failed"),
        ("ERROR", "run 2 is to fail as it was paused for too long: that has failed"),
    ]
    assert (around.looks(), around.alarm, set(around.notes)) == ([], None, {"1", "2"})


def test_a_store_in_trouble_is_asked_again() -> None:
    """What it could not say is taken up when it can."""
    around = Around({1: NOW})
    around.in_trouble = True
    assert (around.looks(), around.alarm) == ([], NOW + TROUBLE)
    around.in_trouble = False
    assert (around.looks(), around.alarm) == ([1], None)
