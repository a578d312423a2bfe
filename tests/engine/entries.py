"""What the engine told, round by round: entered, and each line of it held against the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from engine.book import Book, Node
from engine.hours import within_hours

from backfilld.catalog.models import Virtual
from backfilld.engine.events import (
    CHUNK,
    Accepted,
    AttemptClosed,
    AttemptMoved,
    BackfillChanged,
    BackfillMarked,
    Effect,
    InstanceMarked,
    Moved,
    Restored,
    RunAdmitted,
    RunChanged,
    RunMarked,
    Start,
    Stop,
)
from backfilld.engine.states import (
    STATE_MASK,
    AttemptState,
    State,
)
from backfilld.planning.plan import split_id

_BEGUN = frozenset({State.RUNNING, State.SUCCEEDED})
_UNSTARTED = frozenset({State.WAITING, State.READY})
_PLAIN = bytes(byte & STATE_MASK for byte in range(256))


class Entries:
    """All backfills; takes the effects of each round and holds them against the rules."""

    def __init__(self, groups: Mapping[str, int], reserved: Mapping[str, int] = {}) -> None:
        self.groups, self.reserved = groups, reserved
        self.of: dict[int, Book] = {}
        self.book_of_run: dict[int, Book] = {}
        self._turn = 0
        self._opened: set[int] = set()
        self._triggers_over: list[tuple[Book, Node]] = []
        self._paused: set[tuple[int, int]] | None = None
        """Backfill and date, if this round has marked any: those that were paused before it, and still are."""

    def accept(self, accepted: Accepted) -> None:
        """One more backfill."""
        book = self.of[accepted.backfill] = Book(accepted)
        self.book_of_run |= dict.fromkeys(accepted.runs, book)

    def book(self, instance: int) -> Book:
        """Whose instance it is."""
        return self.book_of_run[split_id(instance)[0]]

    def known(self) -> list[Book]:
        """Those that the engine has not forgotten."""
        return [book for book in self.of.values() if not book.gone]

    def open(self) -> list[tuple[int, int]]:
        """Every open attempt."""
        return [pair for book in self.of.values() for pair in book.open.items()]

    def take(self, effects: list[Effect], now: datetime, acted: frozenset[int] = frozenset()) -> None:
        """Enter one round, checking each line; an act has named these instances."""
        self._paused = None
        self._opened = {each.run for each in effects if isinstance(each, RunAdmitted)}
        moved = [each.instance for each in effects if isinstance(each, Moved)]
        assert len(moved) == len(set(moved)), "an instance was told twice in a round"
        for effect in effects:
            self._enter(effect, acted)
        self._check_starts([each for each in effects if isinstance(each, Start)], now)
        for book, node in self._triggers_over:
            book.triggered.discard(node)
        self._triggers_over.clear()
        for book in {id(book): book for book in map(self.book, moved)}.values():
            self._check_places(book)

    def _enter(self, effect: Effect, acted: frozenset[int]) -> None:
        match effect:
            case RunAdmitted(run=run):
                self._admit(run)
            case AttemptClosed():
                self._close(effect)
            case AttemptMoved(state=AttemptState.RUNNING):
                self.book(effect.instance).started[effect.instance] = effect.at
            case Start():
                self._start(effect)
            case Stop():
                assert self.book(effect.instance).open[effect.instance] == effect.attempt
                self.book(effect.instance).stopping.add(effect.instance)
            case Moved():
                self._move(effect, acted)
            case InstanceMarked(instance=instance, marks=marks):
                self.book(instance).instance_marks[instance] = marks
            case RunMarked() | BackfillMarked():
                self._mark(effect)
            case RunChanged():
                self._change(effect)
            case BackfillChanged():
                self.of[effect.backfill].done = effect.done, effect.outcome

    def _close(self, closed: AttemptClosed) -> None:
        book = self.book(closed.instance)
        assert book.open.pop(closed.instance, None) == closed.attempt, "it was not open"
        book.started.pop(closed.instance, None)
        book.stopping.discard(closed.instance)

    def _mark(self, marked: RunMarked | BackfillMarked) -> None:
        before = self._paused_by_now()
        if isinstance(marked, RunMarked):
            self.book_of_run[marked.run].run_marks[marked.run] = marked.marks
        else:
            self.of[marked.backfill].mark(marked.marks)
        self._paused = before & self._paused_by_now()

    def _admit(self, run: int) -> None:
        book = self.book_of_run[run]
        assert run not in book.states, "rows are made once"
        position = book.accepted.runs.index(run)
        size = book.accepted.plan.template(position).size
        book.states[run] = bytearray(book.fresh((position, ordinal)) for ordinal in range(size))

    def _start(self, start: Start) -> None:
        book = self.book(start.instance)
        assert start.instance not in book.open, "two attempts at once"
        known = book.facts.get(start.instance)
        assert start.attempt == (known.attempt if known else 0) + 1, "attempts are numbered on"
        self._check_max_active(book, book.node(start.instance))
        book.open[start.instance] = start.attempt
        self._turn += 1
        book.turn = self._turn

    def _move(self, moved: Moved, acted: frozenset[int]) -> None:
        run, ordinal = split_id(moved.instance)
        book = self.book_of_run[run]
        before = book.state(node := book.node(moved.instance))
        begun = moved.byte & STATE_MASK in _BEGUN and before is not State.RUNNING and moved.instance not in acted
        assert not begun or node not in book.held or node in book.triggered, "it was held"
        assert not begun or not self._was_paused(book, node[0]), "it was paused"
        if begun and isinstance(book.task(node).task.action, Virtual):
            assert within_hours(book, node, moved.at), "passed outside its window"
        book.states[run][ordinal] = moved.byte
        book.facts[moved.instance] = moved
        running = moved.byte & STATE_MASK == State.RUNNING
        if moved.byte & STATE_MASK not in _UNSTARTED:
            self._triggers_over.append((book, node))
        assert running == (moved.instance in book.open), "running is having an open attempt"
        if running:
            assert book.open[moved.instance] == moved.attempt

    def _was_paused(self, book: Book, position: int) -> bool:
        """Before the round, and ever since."""
        return book.paused(position) and (self._paused is None or (book.accepted.backfill, position) in self._paused)

    def _change(self, changed: RunChanged) -> None:
        book = self.book_of_run[changed.run]
        book.runs[changed.run] = changed
        if changed.settled:
            book.keeping.discard(book.accepted.runs.index(changed.run))
        states = book.states.get(changed.run, bytearray())
        for number, chunk in changed.chunks.items():
            assert chunk == bytes(states[number * CHUNK : (number + 1) * CHUNK]), "chunks are the instances' bytes"
        plain = states.translate(_PLAIN)
        assert changed.counts == tuple(map(plain.count, range(len(State)))), "counts equal the bytes"

    def _check_starts(self, starts: list[Start], now: datetime) -> None:
        for start in starts:
            book = self.book(start.instance)
            node = book.node(start.instance)
            assert book.satisfied(node), "started before its upstream"
            assert book.not_before(node) <= now, "started before its time"
            assert not isinstance(book.task(node).task.action, Virtual)
            assert within_hours(book, node, now), "started outside its window"
            assert not self.held_by_earlier(book, node), "its cycle belongs to an earlier backfill"
        if starts:
            self._check_limits()

    def _check_limits(self) -> None:
        running = [(book, book.node(instance)) for book in self.of.values() for instance in book.open]
        groups = Counter(book.task(node).resource_group for book, node in running)
        assert all(count <= self.groups[group] for group, count in groups.items()), "more than the slots"
        others = Counter(book.task(node).resource_group for book, node in running if not book.accepted.scheduled)
        assert all(count <= self.open_to_all(group) for group, count in others.items()), "a reserved slot was taken"
        keys = Counter(book.cycles[node] for book, node in running)
        assert all(count == 1 for count in keys.values()), "the same cycle twice at once"

    def open_to_all(self, group: str) -> int:
        """The slots that any request may take."""
        return self.groups[group] - self.reserved.get(group, 0)

    def _check_max_active(self, book: Book, node: Node) -> None:
        """Judged as it starts: what runs already may have been started under another catalog's limit."""
        task = book.task(node).task
        running = sum(
            each.task(each.node(instance)).task.id == task.id for each in self.of.values() for instance in each.open
        )
        assert task.max_active is None or running < task.max_active, "more than max_active"

    def holding(self) -> dict[int, int]:
        """Whose cycles are taken, and on which dates."""
        open_dates = {
            number: sum(1 << position for position in range(len(book.accepted.runs)) if book.holds_cycles(position))
            for number, book in self.of.items()
            if not book.accepted.at_once
        }
        return {number: dates for number, dates in open_dates.items() if dates}

    def _paused_by_now(self) -> set[tuple[int, int]]:
        """Backfill and date; what goes on within a round may start in it, and it may pause itself at its end."""
        found = {(number, each) for number, book in self.of.items() for each in book.paused_dates()}
        return found if self._paused is None else found & self._paused

    def _check_places(self, book: Book) -> None:
        """Nobody takes a place while there are fewer of them than dates in flight."""
        flying = book.now_flying()
        known = book.flying | book.keeping
        assert len(flying) <= book.parallelism or flying <= known, "more dates in flight than allowed"
        settled = {run for run, told in book.runs.items() if told.settled}
        fresh = any(book.accepted.runs[position] in self._opened for position in flying)
        if fresh and book.accepted.first is not None and not book.marks.looked:
            begun = self._opened | book.settled | {book.accepted.runs[position] for position in book.flying}
            counted = len(flying) + len(settled & begun)  # one without a place may settle once others have begun
            assert counted <= book.accepted.first, "more was begun than its first dates"
        book.flying, book.settled = flying, settled

    def held_by_earlier(self, book: Book, node: Node) -> bool:
        """Whether an earlier-accepted backfill holds its cycle."""
        for other in self.of.values():
            if other is book:
                return False
            position = other.holders.get(book.cycles[node])
            if position is not None and other.holds_cycles(position):
                return True
        return False

    def restored(self) -> list[Restored]:
        """Everything a daemon would find after a crash, in order of acceptance; what was done stays forgotten."""
        for book in self.of.values():
            book.gone = book.done[0]
            book.stopping.clear()  # whether that was heard, nobody knows
        return [book.restored() for book in self.known()]
