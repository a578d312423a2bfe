"""Who holds cycles is never overlooked, whatever else is read at the same moment."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from backfilld.engine.snapshot import Snapshot
from backfilld.ports import Store
from backfilld.service.book import Book
from backfilld.service.holders import Holders

ACCEPTED = 5
KNOWN = SimpleNamespace(held=lambda: 1, dates=1)
ENTRY = SimpleNamespace(
    stored=SimpleNamespace(id=ACCEPTED, environment="Prod", dates=["2024-01-01"]),
    resolved=SimpleNamespace(at_once=False),
)


class Overtaken:
    """The first reader gets the snapshot from before the backfill was known; meanwhile another one sees the next."""

    acts: dict[int, int] = {}  # noqa: RUF012 - never changed

    def __init__(self) -> None:
        self.holders: Holders | None = None

    @property
    def snapshot(self) -> Snapshot:
        if self.holders is None:
            return Snapshot(cast(Any, {ACCEPTED: KNOWN}))
        others, self.holders = self.holders, None
        assert [holder.entry.stored.id for holder in others.of("Prod")] == [ACCEPTED]
        return Snapshot()


def test_one_who_reads_while_another_reads_overlooks_nobody() -> None:
    """A backfill between acceptance and the engine holds its cycles for everybody, however readers overtake."""
    recorded = Overtaken()
    book = cast(Book, SimpleNamespace(entry=lambda backfill: ENTRY))
    store = cast(Store, SimpleNamespace(backfill=lambda backfill: SimpleNamespace(done_at=None)))
    holders = Holders(store, book, cast(Any, recorded))
    holders.begins(ACCEPTED)
    recorded.holders = holders

    assert [holder.entry.stored.id for holder in holders.of("Prod")] == [ACCEPTED]
