"""A random life of an engine: what a daemon, its tasks, its operators and its crashes may do, one step a call."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from random import Random

from drawing import VIRTUAL, draw
from engine.act_table import ACTS, COUNTS_FOR_NOTHING, VERDICTS
from engine.book import Book
from engine.naive import Books

from backfilld.catalog.models import RunPolicy
from backfilld.engine.asking import (
    Act,
    Answered,
    Asked,
    Change,
    Order,
    Pause,
    Replan,
    SetNotBefore,
    SetPriority,
    Targets,
    Word,
)
from backfilld.engine.engine import Engine
from backfilld.engine.events import (
    Accepted,
    AttemptClosed,
    AttemptEnded,
    AttemptMoved,
    AttemptStarted,
    Effect,
    Said,
    Start,
    Stop,
)
from backfilld.engine.marks import UNMARKED, BackfillMarks, Halt, OnFailure
from backfilld.engine.states import DEAD, SATISFIED, TERMINAL, AttemptState, Event, State
from backfilld.errors import DependencyLoop
from backfilld.planning.plan import Plan

GROUPS, RESERVED = {"g1": 3, "g2": 2}, {"g1": 1}
POLICIES = [
    *[None] * 6,
    RunPolicy("Daily", time(22), time(6)),
    RunPolicy("Daily", time(7), time(7, 30, 59)),
    RunPolicy("Weekend", time(22), time(6)),
    RunPolicy("Daily", time(0), time(12), immediately=True),
]
CRONS = ["0 0 * * *"] * 3 + ["0 */8 * * *", "0 6,18 * * *", "0 0 * * 1,3"]
NEVER_STARVES = timedelta(days=36_500)
_OPEN = frozenset(State) - TERMINAL
_WANTED = {
    Event.CANCELLED: State.CANCELLED,
    Event.SKIPPED: State.SKIPPED,
    Event.SET_SUCCEEDED: State.SUCCEEDED,
    Event.SET_FAILED: State.FAILED,
}
ENDS = [AttemptState.SUCCEEDED] * 12 + [AttemptState.FAILED] * 4 + [AttemptState.LOST, AttemptState.VOID]


class Trial:
    """One engine under test, the books that judge it, and a way to kill it."""

    def __init__(self, seed: int | Random, *, judge_every: int = 1) -> None:
        self.random = seed if isinstance(seed, Random) else Random(seed)
        self.now = datetime(2024, 1, 3, 7, tzinfo=UTC)
        self.patience = self.random.choice([timedelta(minutes=15), NEVER_STARVES])
        self.engine, self.books = self._new_engine(), Books(GROUPS, RESERVED)
        self.steps = self.starts = self.crashes = 0
        self._next_run, self._judge_every = 1, judge_every

    def say(self, *said: Said, acted: frozenset[int] = frozenset()) -> list[Effect]:
        """One round, judged."""
        effects = self.engine.handle(said, self.now)
        self.books.take(effects, self.now, acted)
        self._check_ends(effects)
        self.steps += 1
        self.starts += sum(isinstance(each, Start) for each in effects)
        if self.steps % self._judge_every == 0:
            self.books.check_all(self.now)
            assert self.engine.snapshot.holding() == self.books.holding()
        return effects

    def accept(self) -> None:
        """One more backfill of the same few tasks."""
        plan = random_plan(self.random)
        runs = range(self._next_run, self._next_run + len(plan.dates))
        self._next_run = runs.stop
        accepted = Accepted(
            len(self.books.of) + 1,
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
        self.books.accept(accepted)
        self.say(accepted)

    def end(self, most: int = 3) -> None:
        """Some attempts end, each somehow; late and strange news come along."""
        open_attempts = self.books.open()
        if not open_attempts:
            return
        chosen = self.random.sample(open_attempts, min(len(open_attempts), self.random.randint(1, most)))
        said = [self._ending(*each) for each in chosen]
        late = AttemptEnded(chosen[0][0], chosen[0][1] - 1, AttemptState.SUCCEEDED, 0, self.now)
        self.say(*said, late)
        assert self.engine.dropped == (late,)

    def begin(self) -> None:
        """A process exists."""
        unknown = [
            (instance, attempt)
            for instance, attempt in self.books.open()
            if instance not in self.books.book(instance).started
        ]
        if unknown:
            self.say(AttemptStarted(*self.random.choice(unknown), self.now))

    def wait(self) -> None:
        """Time goes to the next wake, or a little on."""
        wake = self.engine.next_wake(self.now)
        assert wake is None or wake >= self.now
        self.now = wake if wake and self.random.random() < 0.7 else self.now + timedelta(minutes=7)
        self.say()

    def turn_back(self) -> None:
        """Somebody sets the clock back."""
        self.now -= timedelta(minutes=self.random.randint(1, 800))
        self.say()

    def act(self) -> None:
        """An operator does anything to a backfill, some runs or some instances."""
        if not self.books.of:
            return
        book = self.random.choice(list(self.books.of.values()))
        number, kind = book.accepted.backfill, self.random.randint(0, 4)
        if kind <= 1:
            targets = Targets(number, runs=self.random.sample(list(book.accepted.runs), 1))
        elif kind <= 3:
            nodes = self.random.sample(sorted(book.upstream), min(2, len(book.upstream)))
            chosen = [book.instance(node) for node in nodes]
            targets = Targets(number, instances=self.random.choice([chosen, [*book.open] or chosen]))
        else:
            targets = Targets(number)
        name = self.random.choice([*ACTS, *["rerun", "release", "start", "resume"] * 3])
        self.ask(book, self._varied(ACTS[name]), name, targets)

    def ask(self, book: Book, act: Act, name: str, targets: Targets) -> None:
        """Say an act, and judge what it is answered by how the instances stood before."""
        aimed = {book.instance(node) for node in book.aimed(targets)}
        expected = {each: self._expected(book, name, each) for each in targets.instances or ()}
        if isinstance(act, Order):
            book.heed(act, targets)
        self._note_wishes(book, act, targets)
        effects = self.say(Asked(act, targets), acted=frozenset(aimed))
        (answered,) = (each for each in effects if isinstance(each, Answered))
        if targets.instances is None:
            return
        assert answered.verdicts.keys() == expected.keys()
        for instance, verdict in answered.verdicts.items():
            assert expected[instance] is None or verdict.word is expected[instance], (name, instance, verdict)
            if verdict.word is Word.ACCEPTED and isinstance(act, Change):
                self._check_done(book, act, instance)

    def _note_wishes(self, book: Book, act: Act, targets: Targets) -> None:
        """What running instances are to become once their processes are gone."""
        running = {each for each in map(book.instance, book.aimed(targets)) if each in book.open}
        single = targets.instances is not None
        for instance in running if isinstance(act, Change) or act is Order.STOP else ():
            if act is Order.STOP or act.event is Event.CANCELLED:
                book.wished[instance] = Event.CANCELLED
            elif act.event is not Event.RERUN or (single and act.force):
                book.wished[instance] = act.event

    def _check_ends(self, effects: list[Effect]) -> None:
        """What was stopped has become what was last asked, unless it had succeeded already and that is as good."""
        for each in effects:
            if isinstance(each, AttemptClosed) and (book := self.books.book(each.instance)).wished:
                wish, state = book.wished.pop(each.instance, None), book.state(book.node(each.instance))
                if wish is Event.RERUN:
                    assert state not in DEAD
                elif wish is not None:
                    late = each.state is AttemptState.SUCCEEDED and wish in (Event.CANCELLED, Event.SKIPPED)
                    assert state is _WANTED[wish] or (late and state in SATISFIED), (wish, state)

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

    def _expected(self, book: Book, name: str, instance: int) -> Word | None:
        """By the table; None where flags and marks, or other instances of the same act, have a say."""
        node = book.node(instance)
        if book.left_out(node):
            return Word.REJECTED if name in COUNTS_FOR_NOTHING else None
        stopping, held = instance in book.stopping, node in book.held
        if name in ("set_priority", "set_not_before", "trigger") or (stopping and name not in ("hold", "release")):
            return None
        if held and name in ("hold", "release"):
            return (
                {"hold": VERDICTS["release", book.state(node)], "release": Word.ACCEPTED}[name]
                if (name == "release" or book.state(node) in _OPEN)
                else Word.REJECTED
            )
        return VERDICTS[name, book.state(node)]

    def _check_done(self, book: Book, act: Change, instance: int) -> None:
        """What was accepted for an instance that did not run is done in the same round."""
        if instance in book.stopping:
            return
        state = book.state(book.node(instance))
        if act.event is Event.RERUN:
            assert state not in DEAD
        elif not book.left_out(book.node(instance)):
            assert state is _WANTED[act.event]

    def crash(self) -> None:
        """The daemon dies between two rounds; the next one has only what was told, and decides nothing anew."""
        living, self.engine = self.engine, self._new_engine()
        effects = self.engine.handle(self.books.restored(), self.now)
        assert all(isinstance(each, (Stop, AttemptMoved)) for each in effects), "stops are told again, nothing else"
        wake = self.engine.next_wake(self.now)
        assert wake is None or wake >= self.now
        self.crashes += 1
        if self.patience == NEVER_STARVES:  # how long somebody waited for a slot is not stored
            self.twin(living)

    def twin(self, living: Engine) -> None:
        """Both live through the same few events and must answer the same."""
        for _ in range(self.random.randint(1, 4)):
            open_attempts = self.books.open()
            if not open_attempts:
                return
            said = [self._ending(*self.random.choice(open_attempts))]
            expected = living.handle(said, self.now)
            found = self.say(*said)
            assert found == expected, "\n".join(map(str, ["found", *found, "expected", *expected]))

    def finish(self) -> None:
        """When nothing is held or paused any more, everything comes to rest by itself."""
        for book in self.books.of.values():
            for order in (Order.START, Order.RELEASE):
                self.ask(book, order, order.value, Targets(book.accepted.backfill))
        for _ in range(100_000):
            if self.books.open():
                self.end(most=6)
            elif self.engine.next_wake(self.now):
                self.now = self.engine.next_wake(self.now)
                self.say()
            elif not self._resumed():
                break
        self.books.check_all(self.now)
        assert all(book.done[0] for book in self.books.of.values()), "everything is done when nothing more can happen"

    def _resumed(self) -> bool:
        """Resume whatever is paused, by operators or by itself; false when nothing is."""
        found = False
        for book in self.books.of.values():
            number, runs = book.accepted.backfill, book.accepted.runs
            if book.marks.halt and not book.done[0]:
                self.ask(book, Order.RESUME, "resume", Targets(number))
                found = True
            paused = [run for position, run in enumerate(runs) if book.of_run(position).paused and not book.done[0]]
            if paused:
                self.ask(book, Order.RESUME, "resume", Targets(number, runs=paused))
                found = True
        return found

    def step(self) -> None:
        """Anything that may happen, in likely proportions."""
        kinds = [(self.end, 60), (self.begin, 8), (self.wait, 10), (self.act, 25), (self.crash, 2)]
        kinds.append((self.turn_back, 1))
        if sum(not book.done[0] for book in self.books.of.values()) < 3:
            kinds.append((self.accept, 10))
        steps, weights = zip(*kinds, strict=True)
        self.random.choices(steps, weights)[0]()

    def _new_engine(self) -> Engine:
        return Engine(GROUPS, RESERVED, self.patience)

    def _ending(self, instance: int, attempt: int) -> AttemptEnded:
        stopping = instance in self.books.book(instance).stopping
        state = AttemptState.STOPPED if stopping and self.random.random() < 0.8 else self.random.choice(ENDS)
        code = {AttemptState.SUCCEEDED: 0, AttemptState.FAILED: self.random.choice([1, 1, 1, 3, 99])}.get(state)
        return AttemptEnded(instance, attempt, state, code, self.now)


def random_plan(random: Random) -> Plan:
    """Up to five dates of up to six tasks with mixed cycles and every kind of edge."""
    while True:
        try:
            return _random_plan(random)
        except DependencyLoop:  # drawn by chance; draw again
            continue


def _random_plan(random: Random) -> Plan:
    names = [f"t{number}" for number in range(random.randint(1, 6))]
    lines, crossing = list(names), False
    for number, name in enumerate(names):
        for up in random.sample(names[:number], min(number, random.randint(0, 2))):
            lines.append(f"{up} -> {name}")
        if random.random() < 0.3:
            crossing = True
            lines.append(f"{random.choice(names[: number + 1])} -previous-> {name}")
        elif number and random.random() < 0.2:
            crossing = True
            lines.append(f"{random.choice(names[:number])} -{random.randint(2, 3)}-> {name}")
    first = random.randint(1, 5)
    days = range(first, first + random.randint(1, 5))
    fields = {name: _fields(random) for name in names}
    order = "Desc" if not crossing and random.random() < 0.5 else "Asc"
    strategy = random.choice(["Disable", "Upstream"])
    plan = draw("\n".join(lines), days=days, tasks=fields, order=order, strategy=strategy)
    return _leave_out(random, plan)


def _leave_out(random: Random, plan: Plan) -> Plan:
    bits = {
        position: random.getrandbits(plan.template(position).size)
        for position in range(len(plan.dates))
        if random.random() < 0.2
    }
    return plan.leaving_out("drawn by chance", bits)


def _fields(random: Random) -> dict[str, object]:
    fields = {
        "cron": random.choice(CRONS),
        "retries": random.choice([0, 0, 1, 2]),
        "retry_delay": timedelta(minutes=random.choice([0, 5])),
        "on_lost": random.choice(["stop", "retry"]),
        "max_active": random.choice([None, None, 1, 2]),
        "resource_group": random.choice(list(GROUPS)),
        "priority": random.choice([None, 1, 3]),
        "run_policy": random.choice(POLICIES),
        "timeout": random.choice([None, timedelta(minutes=10)]),
        "recurrence": random.choice(["Normal"] * 9 + ["Pause"]),
        "skip_exit_codes": frozenset({99}),
        "no_retry_exit_codes": frozenset({3}),
    }
    return fields | ({"action": VIRTUAL} if random.random() < 0.2 else {})
