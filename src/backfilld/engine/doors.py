"""Run windows as the engine asks them: one answer until the next edge, and one alarm for all who wait."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from weakref import WeakValueDictionary

from backfilld.engine.alarms import Alarms
from backfilld.engine.run import Run
from backfilld.planning.plan import InstanceId, instance_id
from backfilld.planning.windows import RunWindow

_NEVER = datetime.max.replace(tzinfo=UTC)


class Door:
    """One run window; what it answers is worked out once for each time between two edges."""

    __slots__ = ("__weakref__", "_from", "_opens", "_rooms", "_until", "number", "waiting", "window")

    def __init__(self, number: int, window: RunWindow) -> None:
        self.number, self.window = number, window
        self.waiting: dict[InstanceId, tuple[Run, int]] = {}
        self._from = self._until = _NEVER
        self._opens: datetime | None = None
        self._rooms: dict[timedelta, datetime | None] = {}

    def shut_until(self, now: datetime) -> datetime | None:
        """When it opens next; None while it is open."""
        if not self._from <= now < self._until:
            self._look(now)
        return self._opens

    def open_since(self, now: datetime) -> datetime:
        """Since when it has been open without a break; `now` while it is shut."""
        return self._from if self.shut_until(now) is None else now

    def closes(self, now: datetime) -> datetime:
        """When what is open now closes; far ahead where it never does."""
        self.shut_until(now)
        return self._until

    def stays_open(self, now: datetime, length: timedelta) -> bool:
        """Whether it is open, and for so long."""
        return self.shut_until(now) is None and length <= self._until - now

    def next_opening(self, now: datetime) -> datetime | None:
        """When it opens after it has been shut; None if it never closes."""
        if opens := self.shut_until(now):
            return opens
        return None if self._until == _NEVER else self.window.next_open(self._until)

    def next_room(self, now: datetime, length: timedelta) -> datetime | None:
        """When it opens next for so long; None if it never does."""
        opens = self.next_opening(now)
        if length not in self._rooms:
            self._rooms[length] = self.window.next_room(opens, length) if opens else None
        return self._rooms[length]

    def _look(self, now: datetime) -> None:
        opens, closes = self.window.stretch(now)
        self._rooms = {}
        if opens <= now:
            self._from, self._until, self._opens = opens, closes or _NEVER, None
        else:
            self._from, self._until, self._opens = now, opens, opens


class Doors:
    """A door a window, however many backfills have it, and who waits where."""

    def __init__(self) -> None:
        self._numbers = count()
        self._known: WeakValueDictionary[RunWindow, Door] = WeakValueDictionary()
        self._waited_at: dict[int, Door] = {}
        self.openings: Alarms[int] = Alarms()
        """When doors open at which somebody waits, by their numbers."""

    def of(self, window: RunWindow | None) -> Door | None:
        """The window's door; a task without a window has none."""
        if window is None:
            return None
        door = self._known.get(window)
        if door is None:
            door = self._known[window] = Door(next(self._numbers), window)
        return door

    def wait(self, door: Door, run: Run, ordinal: int, now: datetime) -> None:
        """Wait until the door opens, or opens again."""
        door.waiting[instance_id(run.number, ordinal)] = run, ordinal
        if door.number not in self._waited_at:
            opens = door.next_opening(now)
            assert opens is not None
            self._waited_at[door.number] = door
            self.openings.set(door.number, opens)

    def leave(self, door: Door, instance: InstanceId) -> None:
        """Wait no longer; a door at which nobody waits wakes nobody."""
        if door.waiting.pop(instance, None) and not door.waiting:
            del self._waited_at[door.number]
            self.openings.drop(door.number)

    def forget(self, backfill: int, doors: Iterable[Door | None]) -> None:
        """Nobody of a backfill with these doors waits any longer."""
        for door in set(filter(None, doors)):
            for instance in [each for each, (run, _) in door.waiting.items() if run.owner == backfill]:
                self.leave(door, instance)

    def turned_back(self, now: datetime) -> None:
        """The clock was set back: a door may be open again that had been shut, and opens at another moment."""
        for number, door in self._waited_at.items():
            self.openings.set(number, door.shut_until(now) or now)

    def opening(self, now: datetime) -> list[tuple[Run, int]]:
        """Take those who waited for what is open now."""
        found: list[tuple[Run, int]] = []
        for number in self.openings.due(now) if self._waited_at else ():
            door = self._waited_at.pop(number)
            found += door.waiting.values()
            door.waiting = {}
        return found
