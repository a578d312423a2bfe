"""Schedules and their firings: a row a firing is what makes it happen once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from backfilld.dates import utc_text
from backfilld.ports import Firing, StoredFiring, StoredSchedule
from backfilld.store import audit, lookups, tables
from backfilld.store.database import Database
from backfilld.store.rows import AnyRow


class ScheduleStore:
    """The port's `StoreSchedules`."""

    _database: Database

    @abstractmethod
    def _leased(self) -> AbstractContextManager[Connection]:
        """A transaction of the one scheduler."""

    def keep_schedules(self, times: Mapping[str, str], now: datetime) -> None:
        """These are the schedules from now on; all before is decided for those that are new, or have other times."""
        with self._leased() as connection:
            known = {row.name: row.times for row in connection.execute(select(tables.schedule))}
            _insert(connection, {name: each for name, each in times.items() if name not in known}, now)
            for name, before in known.items():
                if (kept := times.get(name)) != before:
                    _change(connection, name, times=kept, decided_until=now)

    def schedules(self) -> Mapping[str, StoredSchedule]:
        """All that were ever seen, by name."""
        with self._database.reading() as connection:
            return {row.name: _schedule_of(row) for row in connection.execute(lookups.SCHEDULES)}

    def pause_schedule(self, name: str, by: str, now: datetime, address: str = "") -> bool:
        """Remember that it is not to fire; False if it is paused already."""
        row = tables.schedule.c
        pause = update(tables.schedule).where(row.name == name, row.paused_at.is_(None)).values(paused_at=now)
        with self._leased() as connection:
            if connection.execute(pause).rowcount == 0:
                return False
            audit.append(connection, [audit.entry(by, "pause", {"schedule": name, **audit.origin(address)})], now)
            return True

    def resume_schedule(self, name: str, by: str, now: datetime, address: str = "") -> bool:
        """Remember that it fires again: what came meanwhile is decided. False if it is not paused."""
        row = tables.schedule.c
        resume = update(tables.schedule).where(row.name == name, row.paused_at.is_not(None))
        with self._leased() as connection:
            if connection.execute(resume.values(paused_at=None, decided_until=now)).rowcount == 0:
                return False
            audit.append(connection, [audit.entry(by, "resume", {"schedule": name, **audit.origin(address)})], now)
            return True

    def pass_over(self, name: str, until: datetime) -> None:
        """What it had up to this moment is decided."""
        with self._leased() as connection:
            _decide(connection, name, until)

    def fired(self, firing: Firing) -> StoredFiring | None:
        """What became of it, if that is decided."""
        with self._database.reading() as connection:
            return find_fired(connection, firing)

    def last_firings(self, schedule: str, limit: int) -> tuple[StoredFiring, ...]:
        """The latest moments first."""
        with self._database.reading() as connection:
            found = connection.execute(lookups.FIRINGS, {"ref": schedule, "most": limit})
            return tuple(map(_firing_of, found))

    def refuse_firing(self, firing: Firing, reason: str, now: datetime) -> None:
        """It comes to nothing, for this reason; one that is decided already stays as it is."""
        with self._leased() as connection:
            if find_fired(connection, firing) is None:
                insert_firing(connection, StoredFiring(firing, now, None, None, reason))


def find_fired(connection: Connection, firing: Firing) -> StoredFiring | None:
    """What became of the firing, if that is decided."""
    row = tables.firing.c
    wanted = select(tables.firing).where(row.schedule == firing.schedule, row.moment == firing.moment)
    found = connection.execute(wanted).one_or_none()
    return None if found is None else _firing_of(found)


def insert_firing(connection: Connection, stored: StoredFiring) -> None:
    """What became of a firing, with its audit; if its time had come, what its schedule had before is decided too."""
    firing = stored.firing
    values = {"schedule": firing.schedule, "moment": firing.moment, "by": firing.by, "at": stored.at}
    came_to = {"operation_id": stored.operation, "backfill_id": stored.backfill, "refusal": stored.refusal}
    connection.execute(insert(tables.firing), values | came_to)
    if firing.by is None:
        _decide(connection, firing.schedule, firing.moment)
    audit.append(connection, [_entry(stored)], stored.at)


def _entry(stored: StoredFiring) -> audit.Entry:
    about: dict[str, object] = {"schedule": stored.firing.schedule, "moment": utc_text(stored.firing.moment)}
    by = stored.firing.by or audit.ITSELF
    if stored.refusal is not None:
        return audit.entry(by, "firing refused", about | {"why": stored.refusal})
    return audit.entry(by, "fired", about | {"backfill": stored.backfill})


def _insert(connection: Connection, times: Mapping[str, str], now: datetime) -> None:
    rows = [{"name": name, "times": each, "known_since": now, "decided_until": now} for name, each in times.items()]
    if rows:
        connection.execute(insert(tables.schedule), rows)


def _change(connection: Connection, name: str, **values: object) -> None:
    connection.execute(update(tables.schedule).where(tables.schedule.c.name == name).values(**values))


def _decide(connection: Connection, name: str, until: datetime) -> None:
    """Never less than before."""
    row = tables.schedule.c
    later = update(tables.schedule).where(row.name == name, row.decided_until < until)
    connection.execute(later.values(decided_until=until))


def _schedule_of(row: AnyRow) -> StoredSchedule:
    return StoredSchedule(row.name, row.known_since, row.decided_until, row.paused_at)


def _firing_of(row: AnyRow) -> StoredFiring:
    firing = Firing(row.schedule, row.moment, row.by)
    return StoredFiring(firing, row.at, row.operation_id, row.backfill_id, row.refusal)
