"""The rules of spec 5 once more, naively: every instance is looked at anew, from the facts that the engine told."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from engine.book import Book, Node
from engine.entries import Entries
from engine.hours import within_hours

from backfilld.catalog.models import Virtual
from backfilld.engine.states import HELD, STATE_MASK, STOPPING, State


class Books(Entries):
    """All backfills, to be held against the rules after any round."""

    def check_all(self, now: datetime, *, goes_on: bool = False) -> list[tuple[Book, Node]]:
        """Hold every instance against the rules: nothing that could go on stands still, and the words are true.

        Where the next round `goes_on`, dates may wait for it, and instances without a process. Answers who lacks
        nothing but a slot.
        """
        for book in self.of.values():
            self._check_flags(book)
            self._check_runs(book, now, goes_on=goes_on)
        able = self._could_start(now)
        lacking = [each for each in able if not _is_virtual(*each)]
        assert goes_on or len(lacking) == len(able), "it needs no slot, and waits"
        running = [(book, book.node(instance)) for book in self.of.values() for instance in book.open]
        groups = Counter(book.task(node).resource_group for book, node in running)
        others = Counter(book.task(node).resource_group for book, node in running if not book.accepted.scheduled)
        for book, node in lacking:
            group = book.task(node).resource_group
            full = groups[group] >= self.groups[group]
            assert full or (not book.accepted.scheduled and others[group] >= self.open_to_all(group)), "it could start"
        return lacking

    def _check_flags(self, book: Book) -> None:
        """Held is what the plan or an operator holds, and nothing else; who is to stop was told to."""
        for run, states in book.states.items():
            position = book.accepted.runs.index(run)
            held = {(position, ordinal) for ordinal, byte in enumerate(states) if byte & HELD}
            assert held == {node for node in book.held if node[0] == position}, "held is what somebody holds"
            stopping = {book.instance((position, ordinal)) for ordinal, byte in enumerate(states) if byte & STOPPING}
            assert stopping <= book.stopping, "nobody was told to stop"

    def _check_runs(self, book: Book, now: datetime, *, goes_on: bool) -> None:
        blocked = book.blocked()
        verdicts = [book.verdict(position, blocked) for position in range(len(book.accepted.runs))]
        for position, run in enumerate(book.accepted.runs):
            told = book.runs.get(run)
            assert (told.outcome if told else None) == verdicts[position], "settled is at rest"
            assert (told.settled if told else False) == (verdicts[position] is not None), "settled is at rest"
            if told:
                assert told.held_back == sum(node[0] == position for node in blocked)
        flying = book.now_flying()
        kept = {position for position, word in enumerate(verdicts) if book.keeps_place(position, word)}
        assert not flying & {position for position, word in enumerate(verdicts) if word}
        done = all(verdicts) or (len(kept) >= book.parallelism and not flying)
        assert book.done[0] == done, "done is when nothing more can happen"
        for node in book.upstream if not goes_on else ():
            if book.state(node) is State.WAITING and book.satisfied(node) and not verdicts[node[0]]:
                self._check_waits_for_place(book, node[0], flying | kept, verdicts, now)

    def _check_waits_for_place(
        self, book: Book, position: int, taken: set[int], verdicts: list[str | None], now: datetime
    ) -> None:
        """A date with something to do has no place only when all are taken, or it lies ahead."""
        assert position not in taken
        size = book.accepted.plan.template(position).size
        first = max(
            filter(None, [min(book.due((position, each)) for each in range(size)), book.of_run(position).not_before])
        )
        if first > now or book.paused(position):
            return
        idle = {each for each in range(position) if not verdicts[each]} - taken
        assert len(taken) + len(idle) >= book.admissible(verdicts), "a place is free and a date waits for it"

    def _could_start(self, now: datetime) -> list[tuple[Book, Node]]:
        """Who is ready, and every gate but the slot is open; some need none."""
        running = [(book, book.node(instance)) for book in self.of.values() for instance in book.open]
        tasks = Counter(book.task(node).task.id for book, node in running)
        taken = {book.cycles[node] for book, node in running}
        found = []
        for book, node in self.ready():
            task = book.task(node).task
            if (
                book.not_before(node) <= now
                and not book.paused(node[0])
                and (node not in book.held or node in book.triggered)
                and book.cycles[node] not in taken
                and not self.held_by_earlier(book, node)
                and within_hours(book, node, now)
                and (task.max_active is None or _is_virtual(book, node) or tasks[task.id] < task.max_active)
            ):
                found.append((book, node))
        return found

    def ready(self) -> list[tuple[Book, Node]]:
        """Every ready instance."""
        return [
            (book, (position, ordinal))
            for book in self.of.values()
            for position, run in enumerate(book.accepted.runs)
            for ordinal, byte in enumerate(book.states.get(run, b""))
            if byte & STATE_MASK == State.READY
        ]


def _is_virtual(book: Book, node: Node) -> bool:
    """Whether it has no process."""
    return isinstance(book.task(node).task.action, Virtual)
