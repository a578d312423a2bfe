"""Which backfills stand otherwise than a moment ago, for those who look at a list of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from backfilld.engine.snapshot import BackfillView
from backfilld.service.grid import KEPT
from backfilld.service.news import Counts, Resync
from backfilld.service.standing import HasSnapshot

AT_MOST = timedelta(seconds=1)
"""No backfill is told of more often."""
CAME_LATE = "what was missed is not remembered"


class ListNews:
    """What has changed from one snapshot to the next. One thread at a time."""

    def __init__(self, recorded: HasSnapshot, shown: Callable[[int, int], Counts]) -> None:
        """`shown` tells how a backfill stands at a version."""
        self._recorded, self._shown = recorded, shown
        self._seen: Mapping[int, BackfillView] = {}
        self._stirred: set[int] = set()
        self._told_at: datetime | None = None
        self._used_at: datetime | None = None
        self._changed_at: dict[int, int] = {}
        self._floor = 0

    def use(self, version: int, now: datetime) -> None:
        """Somebody looks at the list: follow it, from this version on if nobody did."""
        if not self.wanted(now):
            self._seen, self._stirred = self._recorded.snapshot.backfills, set()
            self._changed_at, self._floor = {}, version + 1
        self._used_at = now

    def wanted(self, now: datetime) -> bool:
        """Whether somebody looks at the list, or did a moment ago."""
        return self._used_at is not None and now < self._used_at + KEPT

    def stir(self, backfills: Iterable[int]) -> None:
        """Something of these has changed; they may have come and gone since the last look at all of them."""
        self._stirred.update(backfills)

    def news(self, version: int, now: datetime) -> list[Counts]:
        """How those stand that have changed since the last time; nothing while that was a moment ago."""
        if not self._is_behind() or self._rest(now):
            return []
        before, after = self._seen, self._recorded.snapshot.backfills
        changed = {number for number in after if before.get(number) is not after[number]}
        changed |= before.keys() - after.keys() | self._stirred
        found = [self._shown(number, version) for number in sorted(changed)]
        self._seen, self._told_at, self._stirred = after, now, set()
        self._changed_at |= {each.backfill: version for each in found}
        return found

    def since(self, version: int, newest: int) -> Iterator[Counts | Resync]:
        """How those stand that have changed after a version."""
        if version < self._floor:
            yield Resync(None, newest, CAME_LATE)
            return
        for number, changed_at in self._changed_at.items():
            if changed_at > version:
                yield self._shown(number, newest)

    def next_look(self, now: datetime) -> timedelta | None:
        """How long until there may be more to tell; None where nothing has changed."""
        return self._rest(now) if self._is_behind() else None

    def _is_behind(self) -> bool:
        return bool(self._stirred) or self._seen is not self._recorded.snapshot.backfills

    def _rest(self, now: datetime) -> timedelta:
        return max(self._told_at + AT_MOST - now, timedelta()) if self._told_at else timedelta()
