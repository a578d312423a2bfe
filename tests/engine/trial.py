"""A random life of a daemon's engine: tasks, operators, clocks, stores and crashes do what they may, a step a call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

from engine.act_table import ACTS
from engine.book import Book
from engine.drawings import GROUPS, Drawing, some_drawing
from engine.fair import NEVER
from engine.host import Host
from engine.keeper import Keeper, MakeEngine, Setting, plain_engine
from engine.naive import Books

from backfilld.engine.asking import Act, Asked, Order, Pause, Replan, SetNotBefore, SetPriority, Targets
from backfilld.engine.engine import Engine
from backfilld.engine.events import (
    Accepted,
    AttemptClosed,
    AttemptEnded,
    AttemptStarted,
    BackfillChanged,
    Dismissed,
    Effect,
    Said,
    Start,
)
from backfilld.engine.marks import UNMARKED, BackfillMarks, Halt, OnFailure
from backfilld.engine.states import AttemptState

CLOCKS = [
    *[("UTC", datetime(2024, 1, 3, 7, tzinfo=UTC))] * 4,
    ("America/New_York", datetime(2024, 3, 9, 20, tzinfo=UTC)),
    ("America/New_York", datetime(2024, 11, 2, 20, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2024, 10, 26, 20, tzinfo=UTC)),
]
"""Where windows are read, and when a life begins: the evening before the clocks change, or while cycles still come."""
SETTINGS = tuple(
    Setting(dict(zip(GROUPS, slots, strict=True)), {"g1": 1} if slots[0] > 1 else {}, patience, budget)
    for budget in [None, 1, 2, 30]
    for slots in [(3, 2), (2, 1), (1, 1)]
    for patience in [timedelta(minutes=5), Setting.patience, NEVER, NEVER]
)
NAMES = [*ACTS, *["rerun", "release", "start", "resume"] * 3]
ENDS = [AttemptState.SUCCEEDED] * 12 + [AttemptState.FAILED] * 4 + [AttemptState.LOST, AttemptState.VOID]
CODES = {AttemptState.SUCCEEDED: [0], AttemptState.FAILED: [1, 1, 1, 3, 99]}


_BUSY, _FREE, _IDLE = (
    list(accumulate(weights))
    for weights in [(60, 8, 8, 10, 0, 2, 0.5, 0.5), (60, 8, 8, 9, 10, 2, 0.5, 0.5), (0, 0, 10, 5, 10, 3, 0.5, 0.5)]
)
"""How likely each kind of step is."""


class Trial:
    """One engine under test with its store and host, and everything that may befall them."""

    settings = SETTINGS

    def __init__(self, seed: int | Random, *, judge_every: int = 1, make: MakeEngine = plain_engine) -> None:
        self.random = seed if isinstance(seed, Random) else Random(seed)
        self.zone, self.now = self.random.choice(CLOCKS)
        self.keeper, self.host = Keeper(self.random.choice(self.settings), make, judge_every=judge_every), Host()
        self.drawings: dict[int, Drawing] = {}
        self.starts = 0
        self._next_run = 1
        self._done: list[int] = []
        """Backfills that the engine is to forget in the next round."""
        self._calm = False
        self._steps = [self.end, self.begin, self.wait, self.act, self.accept, self.reattach, self.crash, self.turn]

    @property
    def engine(self) -> Engine:
        """The one that lives now."""
        return self.keeper.engine

    @property
    def books(self) -> Books:
        """What was recorded."""
        return self.keeper.books

    @property
    def steps(self) -> int:
        """Rounds so far."""
        return len(self.keeper.history)

    def step(self) -> None:
        """Anything that may happen, in likely proportions; hardly anything is done to what is at rest."""
        open_backfills = [book for book in self.books.of.values() if not book.done[0]]
        weights = _BUSY if len(open_backfills) > 2 else _FREE if self.host.living else _IDLE
        self.random.choices(self._steps, cum_weights=weights)[0]()

    def say(self, *said: Said) -> None:
        """One round as a daemon makes it: decide, record, act; it may die in between, and recording may take long."""
        said = (*map(Dismissed, self._done), *said)
        self._done = []
        effects = self.keeper.decide(said, self.now)
        self.settle(said, effects, 1 if self._calm else self.random.random())

    def settle(self, said: tuple[Said, ...], effects: list[Effect], fate: float) -> None:
        """Record, then act."""
        if fate < 0.002:
            self.do(self.keeper.crash(self.now, said))  # nothing was recorded, so nothing has happened
            return
        self.keeper.record(said, effects, self.now)
        if fate < 0.004:
            self.crash()  # what was recorded was never done
            return
        late = self._while_it_is_recorded(fate) if fate < 0.01 else None
        self.do(effects)
        if late is not None:
            self.say(*late)

    def do(self, effects: list[Effect]) -> None:
        """Act on what is durable."""
        for each in effects:
            match each:
                case Start():
                    self.host.launch(each.instance, each.attempt)
                    self.starts += 1
                case AttemptClosed():
                    self.host.forget(each.instance, each.attempt)
                case BackfillChanged(done=True):
                    self._done.append(each.backfill)

    def accept(self) -> None:
        """One more backfill of the same few tasks."""
        drawing, plan = some_drawing(self.random, self.zone)
        runs = range(self._next_run, self._next_run + len(plan.dates))
        number, self._next_run = len(self.drawings) + 1, runs.stop
        self.drawings[number] = drawing
        accepted = Accepted(
            number,
            plan,
            runs,
            self.random.choice(["Prod", "Prod", "Dev"]),
            self.random.randint(1, 2),
            self.random.randint(1, 3),
            self.random.choice(list(OnFailure)),
            self.random.random() < 0.1,
            self.random.choice([None, None, None, 1, 2]),
            self.random.choice([None, None, None, 1, 3]),
            self.random.choice([UNMARKED] * 5 + [BackfillMarks(Halt.NOT_STARTED)]),
            self.random.random() < 0.3,
        )
        self.say(accepted)

    def end(self, most: int = 2) -> None:
        """Some attempts end, each somehow; not every answer arrives, and old ones come again."""
        living = list(self.host.living.items())
        if not living:
            return
        chosen = self.random.sample(living, min(len(living), self.random.randint(1, most)))
        said = [self._ended(*each) for each in chosen]
        if self.random.random() < 0.05:
            return  # nobody hears of it before somebody asks
        instance, attempt = living[0]
        old = AttemptEnded(instance, attempt - 1, AttemptState.SUCCEEDED, 0, self.now)
        again = said[: self.random.random() < 0.05]
        self.say(old, *said, *again)

    def begin(self) -> None:
        """A process is known to exist."""
        unknown = [each for each in self.host.living.items() if each[0] not in self.books.book(each[0]).started]
        if unknown:
            self.say(AttemptStarted(*self.random.choice(unknown), self.now))

    def reattach(self) -> None:
        """The host is asked about attempts of which nothing was heard."""
        found = [self.host.reattach(*each, self.now) for each in self.books.open()]
        said = [each for each in found if each]
        if said:
            self.say(*said)

    def wait(self) -> None:
        """Time goes to the next wake, or a little on."""
        wake = self.engine.next_wake(self.now)
        self.now = wake if wake and self.random.random() < 0.7 else self.now + timedelta(minutes=7)
        self.say()

    def turn(self) -> None:
        """Somebody sets the clock, mostly back."""
        self.now += timedelta(minutes=self.random.randint(-800, 400))
        self.say()

    def act(self) -> None:
        """An operator does anything to a backfill, some runs or some instances."""
        if not self.books.of:
            return
        books = list(self.books.of.values())
        book = self.random.choice([each for each in books if not each.done[0] or self.random.random() < 0.02] or books)
        self.ask(book, self._varied(ACTS[self.random.choice(NAMES)]), self._targets(book))

    def ask(self, book: Book, act: Act, targets: Targets) -> None:
        """Say an act; what the engine has forgotten is brought back for it, and forgotten again if it stays done."""
        number = book.accepted.backfill
        self._done = [each for each in self._done if each != number]
        back = [book.restored()] if book.gone else []
        self.say(*back, Asked(act, targets, book.known(targets)))
        if not book.gone and book.done[0] and number not in self._done:
            self._done.append(number)

    def crash(self) -> None:
        """The daemon dies, and what it had not said is lost; the host goes on."""
        living, clean = self.engine, not self._done
        self._done = []
        self.do(self.keeper.crash(self.now))
        left_over = living.goes_on or self.engine.goes_on
        twins = clean and not left_over and self.keeper.setting.patience == NEVER
        if twins and self.books.open() == list(self.host.living.items()):  # how long somebody waited is not stored
            self.twin(living)

    def twin(self, living: Engine) -> None:
        """Both live through the same few events and must answer the same."""
        for _ in range(self.random.randint(1, 4)):
            if not self.host.living:
                return
            said = [self._ended(*self.random.choice(list(self.host.living.items())))]
            expected, found = living.handle(said, self.now), self.keeper.say(said, self.now)
            assert found == expected, "\n".join(map(str, ["found", *found, "expected", *expected]))
            self.do(found)

    def finish(self) -> None:
        """When nothing is held or paused any more, everything comes to rest by itself."""
        self._calm = True
        for book in list(self.books.of.values()):
            for order in (Order.START, Order.RELEASE) if not book.done[0] else ():
                self.ask(book, order, Targets(book.accepted.backfill))
        for _ in range(100_000):
            if self.host.living:
                self.end(most=6)
            elif self.books.open():
                self.reattach()
            elif wake := self.engine.next_wake(self.now):
                self.now = wake
                self.say()
            elif not self._resumed():
                break
        self.keeper.judge(self.now)
        assert all(book.done[0] for book in self.books.of.values()), "everything is done when nothing more can happen"

    def _resumed(self) -> bool:
        """Resume whatever is paused, by operators or by itself; false when nothing is."""
        found = False
        for book in [each for each in self.books.of.values() if not each.done[0]]:
            number, runs = book.accepted.backfill, book.accepted.runs
            if book.marks.halt:
                self.ask(book, Order.RESUME, Targets(number))
                found = True
            paused = [run for position, run in enumerate(runs) if book.of_run(position).paused and not book.done[0]]
            if paused:
                self.ask(book, Order.RESUME, Targets(number, runs=paused))
                found = True
        return found

    def _targets(self, book: Book) -> Targets:
        number, kind = book.accepted.backfill, self.random.randint(0, 4)
        if kind <= 1:
            return Targets(number, runs=self.random.sample(list(book.accepted.runs), 1))
        if kind == 4:
            return Targets(number)
        nodes = self.random.sample(list(book.upstream), min(2, len(book.upstream)))
        chosen = [book.instance(node) for node in nodes]
        return Targets(number, instances=self.random.choice([chosen, [*book.open] or chosen]))

    def _varied(self, act: Act) -> Act:
        """With other numbers and moments."""
        moment = self.random.choice([None, self.now + timedelta(minutes=self.random.randint(1, 90))])
        match act:
            case Pause():
                return Pause(moment)
            case SetNotBefore():
                return SetNotBefore(moment)
            case SetPriority():
                return SetPriority(self.random.randint(1, 11))
            case Replan():
                return Replan(self.random.choice([None, 1, 2, 3]), self.random.choice([None, *OnFailure]))
            case _:
                return act

    def _while_it_is_recorded(self, fate: float) -> list[Said]:
        """Time passes, and an attempt ends: of that the next round hears, at once."""
        self.now += timedelta(minutes=int(fate * 1000))
        return [self._ended(*each) for each in list(self.host.living.items())[:1]]

    def _ended(self, instance: int, attempt: int) -> AttemptEnded:
        stopping = instance in self.books.book(instance).stopping
        state = AttemptState.STOPPED if stopping and self.random.random() < 0.8 else self.random.choice(ENDS)
        codes: Sequence[int | None] = CODES.get(state, [None])
        ended = AttemptEnded(instance, attempt, state, self.random.choice(codes), self.now)
        self.host.end(ended)
        return ended
