"""Whose turn it was for a slot, naively (spec 5, Who is next): judged where two rounds in a row are looked at."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import NamedTuple

from engine.book import Book, Node
from engine.naive import Books

from backfilld.engine.events import BackfillMarked, Effect, InstanceMarked, RunMarked, Start

NEVER = timedelta(days=36_500)
Lane = tuple[int, str]
"""Backfill and resource group."""


class Served(NamedTuple):
    """A backfill got a slot; `turn` and `before` are of its last one until then."""

    book: Book
    group: str
    turn: int
    before: datetime | None


class Fair:
    """Remembers who lacked nothing but a slot, since when, and who was served."""

    def __init__(self, books: Books, patience: timedelta) -> None:
        self._books, self._patience = books, patience
        self._lacking: dict[Lane, frozenset[Node]] = {}
        self._since: dict[Lane, datetime] = {}
        """Since when none of them has been lost."""
        self._last: dict[Lane, datetime] = {}
        self._served: list[Served] = []
        self._follows = False

    def forget(self) -> None:
        """How long somebody has waited for a slot is not stored."""
        self._lacking, self._since, self._served, self._follows = {}, {}, [], False

    def look(self, effects: list[Effect], now: datetime) -> None:
        """Note a round's starts before they are entered; after an act or another pause nothing is comparable."""
        self._last = {lane: at for lane, at in self._last.items() if at <= now}  # by a clock that was set back since
        self._served = self._starts(effects, now)
        if not self._follows or any(isinstance(each, BackfillMarked | RunMarked | InstanceMarked) for each in effects):
            self.forget()
        self._follows = False

    def remember(self, lacking: list[tuple[Book, Node]], now: datetime) -> None:
        """See whether the round was fair to those who lack nothing but a slot, before it and after it."""
        found: dict[Lane, set[Node]] = defaultdict(set)
        for book, node in lacking:
            found[book.accepted.backfill, book.task(node).resource_group].add(node)
        by_now = {lane: frozenset(nodes) for lane, nodes in found.items()}
        same = {lane for lane, nodes in by_now.items() if self._lacking.get(lane, nodes) <= nodes}
        for lane in by_now.keys() & self._lacking.keys():
            if by_now[lane] & self._lacking[lane]:
                self._judge(*lane, now, long=lane in same and now - self._since[lane] >= self._patience)
        fed = {(each.book.accepted.backfill, each.group) for each in self._served}
        self._since = {lane: min(now, self._since.get(lane, now)) if lane in same - fed else now for lane in by_now}
        self._lacking, self._follows = by_now, True

    def _starts(self, effects: list[Effect], now: datetime) -> list[Served]:
        found = []
        for each in effects:
            if isinstance(each, Start):
                book = self._books.book(each.instance)
                group = book.task(book.node(each.instance)).resource_group
                found.append(Served(book, group, book.turn, self._last.get((book.accepted.backfill, group))))
        for book, group, _, _ in found:
            self._last[book.accepted.backfill, group] = now
        return found

    def _judge(self, number: int, group: str, now: datetime, *, long: bool) -> None:
        """Nobody who was served was behind this backfill; `long`: it has waited too long."""
        mine = self._books.of[number]
        if any(each.book is mine for each in self._served):
            return
        for each in self._served:
            theirs = each.book.accepted
            privileged = theirs.scheduled and not mine.accepted.scheduled and group in self._books.reserved
            starved = self._patience < NEVER and (each.before is None or now - each.before >= self._patience)
            if each.group == group and not privileged and not starved:
                assert not long, "it starved"
                assert each.book.priority >= mine.priority, "a lower priority went first"
                assert each.book.priority > mine.priority or each.turn <= mine.turn, "it was not its turn"
