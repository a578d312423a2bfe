"""Random lives of backfills that are amended at any moment, judged by the naive books, live and after a crash."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from drawing import VIRTUAL, draw
from engine.book import Book, Node
from engine.naive import Books

from backfilld.catalog.models import RunPolicy
from backfilld.engine.asking import CANCEL, RERUN, SKIP, Act, Answered, Asked, Order, Pause, Replan, Targets
from backfilld.engine.engine import Engine
from backfilld.engine.events import (
    Accepted,
    Amended,
    AttemptEnded,
    AttemptMoved,
    BackfillChanged,
    BackfillMarked,
    Effect,
    RunChanged,
    Said,
    Start,
    Stop,
)
from backfilld.engine.explaining import Asked as AskedWhy
from backfilld.engine.marks import OnFailure
from backfilld.engine.states import AttemptState, State
from backfilld.engine.upstream import Upstream
from backfilld.errors import DependencyLoop
from backfilld.planning.amending import cuts_for_started
from backfilld.planning.plan import Plan
from backfilld.request.amendments import AddDates, Amendment, Cut, DatedInstance, DropDates, NewRunPolicy

GROUPS = {"g1": 2, "g2": 1}
NEVER_STARVES = timedelta(days=36_500)
NIGHT = RunPolicy("Daily", time(22), time(6))
POLICIES = [None, None, NIGHT, RunPolicy("Daily", time(0), time(12), immediately=True)]
ENDS = [AttemptState.SUCCEEDED] * 7 + [AttemptState.FAILED] * 2 + [AttemptState.LOST, AttemptState.VOID]
ACTS: list[Act] = [Order.HOLD, Order.RELEASE, CANCEL, RERUN, RERUN, SKIP, Pause(), Order.RESUME, Order.STOP]
NOT_COMPARED = (Answered, AttemptMoved, BackfillChanged, BackfillMarked, Stop)
"""Told by one of a living and a restored engine alone: the act, stops that are said again, what the store knows."""
TRIES = 5


@dataclass
class Drawing:
    """What a backfill was asked, and how it was amended since."""

    text: str
    days: list[int]
    tasks: dict[str, dict[str, object]]
    order: str
    amendments: list[Amendment] = field(default_factory=list)

    def plan(self, *more: Amendment) -> Plan:
        """The plan as it is by now, or with more amendments."""
        amendments = tuple(self.amendments) + more
        return draw(self.text, days=self.days, tasks=self.tasks, order=self.order, amendments=amendments)


class Life:
    """An engine with a few backfills; every round is recorded and judged."""

    def __init__(self, seed: int) -> None:
        self.random, self.now = Random(seed), datetime(2024, 1, 5, 7, tzinfo=UTC)
        self.budget = (None, 1, 3)[seed % 3]
        self.engine, self.books = new_engine(self.budget), Books(GROUPS)
        self.drawings: dict[int, Drawing] = {}
        self.amended = self.next_run = 1

    def say(self, *said: Said, acted: frozenset[int] = frozenset()) -> list[Effect]:
        effects = self.engine.handle(said, self.now)
        self.books.take(effects, self.now, acted)
        self.books.check_all(self.now, goes_on=self.engine.goes_on)
        return effects

    def accept(self) -> None:
        drawing = self.drawn()
        number, plan = len(self.drawings) + 1, drawing.plan()
        runs = range(self.next_run, self.next_run + len(plan.dates))
        self.next_run, self.drawings[number] = runs.stop, drawing
        accepted = Accepted(
            number, plan, runs, "Prod", 1, self.random.randint(1, 3), self.random.choice(list(OnFailure))
        )
        accepted = replace(accepted, max_failed_dates=self.random.choice([None, None, 1, 2]))
        self.books.accept(accepted)
        self.say(accepted)

    def end(self) -> None:
        open_attempts = self.books.open()
        if open_attempts:
            chosen = self.random.sample(open_attempts, self.random.randint(1, len(open_attempts)))
            self.say(*(self.ended(*each) for each in chosen))

    def wait(self) -> None:
        wake = self.engine.next_wake(self.now)
        self.now = wake if wake and self.random.random() < 0.7 else self.now + timedelta(minutes=7)
        self.say()

    def act(self) -> None:
        book = self.some_book()
        if not self.known(book):
            return
        act, number = self.random.choice(ACTS), book.accepted.backfill
        runs = self.random.sample(list(book.accepted.runs), 1)
        nodes = self.random.sample(sorted(book.upstream), min(2, len(book.upstream)))
        whole_run = isinstance(act, Pause) or act is Order.RESUME or self.random.random() < 0.5
        targets = Targets(number, runs=runs) if whole_run else Targets(number, instances=[*map(book.instance, nodes)])
        aimed = frozenset(map(book.instance, book.aimed(targets)))
        if isinstance(act, Order):
            book.heed(act, targets)
        self.say(Asked(act, targets, book.known(targets)), acted=aimed)

    def amend(self) -> None:
        """One or two amendments of any kind, in one round or over a crash between the store and the engine."""
        book = self.some_book()
        number, drawing = book.accepted.backfill, self.drawings[book.accepted.backfill]
        new = [each for _ in range(self.random.randint(1, 2)) for each in self.amendments(book, drawing)]
        if len({type(each) for each in new}) < len(new) - sum(isinstance(each, Cut) for each in new):
            return
        try:
            plan = drawing.plan(*new)
        except DependencyLoop:  # with other dates some cycles would wait for each other: refused
            return
        new += cuts_for_started(book.accepted.plan, plan, self.started(book))
        plan = drawing.plan(*new)
        drawing.amendments += new
        living, left_over, terms = self.engine, self.engine.goes_on, self.terms()
        accepted = self.rewrite(book, plan)
        restored = [
            each.restored() for each in self.books.of.values() if self.known(each) or each is self.books.of[number]
        ]
        twin, back = new_engine(self.budget), [] if self.known(book) else [book.restored()]
        effects = self.say(*back, Amended(accepted, Asked(terms, Targets(number))))
        self.amended += 1
        found = twin.handle(restored, self.now)
        if terms == Replan() and not (left_over or living.goes_on or twin.goes_on):
            assert moved(found) == moved(effects)
            self.compare(number, living, twin)

    def amendments(self, book: Book, drawing: Drawing) -> list[Amendment]:
        """One of any kind that the service would let through."""
        plan, kind = book.accepted.plan, self.random.choice(["add", "add", "drop", "cut", "cut", "windows"])
        if kind == "add":
            days = [day for day in range(1, 12) if date(2024, 1, day) not in plan.dates]
            chosen = sorted(self.random.sample(days, min(len(days), self.random.randint(1, 2))))
            if not chosen:
                return []
            return [AddDates(tuple(date(2024, 1, day) for day in chosen), {date(2024, 1, chosen[0]): 0b10})]
        if kind == "drop":
            position = self.random.randrange(len(plan.dates))
            fresh = [node for node in book.upstream if node[0] == position and self.never_started(book, node)]
            bits = sum(1 << ordinal for _, ordinal in fresh if not book.left_out((position, ordinal)))
            bits &= self.random.choice([-1, self.random.getrandbits(8)])
            return [DropDates({plan.dates[position]: bits})] if bits else []
        if kind == "cut":
            edges = [(node, up) for node, ups in book.upstream.items() for up in ups]
            some = self.random.sample(edges, min(len(edges), 2))
            return [Cut(dated(plan, node), (dated(plan, up),)) for node, up in some]
        return [NewRunPolicy(self.random.choice(POLICIES))]

    def rewrite(self, book: Book, plan: Plan) -> Accepted:
        """The amendment is durable: the store has its rows and its plan, and what was done is open again."""
        old, known = book.accepted, dict(zip(book.accepted.plan.dates, book.accepted.runs, strict=True))
        for day in (day for day in plan.dates if day not in known):
            known[day], self.next_run = self.next_run, self.next_run + 1
        accepted = replace(old, plan=plan, runs=[known[day] for day in plan.dates])
        amended = Book(accepted)
        for name in ("states", "runs", "facts", "open", "started", "stopping", "turn", "done", "marks"):
            setattr(amended, name, getattr(book, name))
        for name in ("run_marks", "instance_marks", "wished", "settled"):
            setattr(amended, name, getattr(book, name))
        there = {position: accepted.runs.index(run) for position, run in enumerate(old.runs)}
        new = {node for node in amended.held if accepted.runs[node[0]] not in old.runs}
        kept = {(there[position], ordinal) for position, ordinal in book.held}
        amended.held = {node for node in new | kept if not amended.left_out(node)}
        amended.flying = {there[position] for position in book.flying}
        self.books.of[accepted.backfill] = amended
        self.books.book_of_run |= dict.fromkeys(accepted.runs, amended)
        return accepted

    def compare(self, number: int, living: Engine, twin: Engine) -> None:
        """Both see and explain the same, and answer the same to what comes."""
        for _ in range(3):
            assert view(living, number) == view(twin, number)
            assert self.explained(living, number) == self.explained(twin, number)
            open_attempts = self.books.open()
            said = [self.ended(*self.random.choice(open_attempts))] if open_attempts else []
            found = twin.handle(said, self.now)
            assert told(self.say(*said)) == told(found)

    def explained(self, engine: Engine, number: int) -> list[object]:
        book = self.books.of[number]
        upstream = Upstream(book.accepted.plan)
        whys = (
            AskedWhy(number, *node, upstream.of(node), book.default(node[0]) | book.fresh(node))
            for node in book.upstream
        )
        return [engine.explainer.instance(why, self.now) for why in whys]

    def crash(self) -> None:
        """What was done is not taken up again."""
        self.engine = new_engine(self.budget)
        restored = [book.restored() for book in self.books.of.values() if not book.done[0]]
        self.books.take(self.engine.handle(restored, self.now), self.now)

    def finish(self) -> None:
        """When nothing is held or paused any more, everything comes to rest by itself."""
        for _ in range(10_000):
            if self.books.open():
                self.end()
            elif wake := self.engine.next_wake(self.now):
                self.now = wake
                self.say()
            elif not self.go_on():
                break
        assert all(book.done[0] for book in self.books.of.values()), "everything is done when nothing more can happen"

    def go_on(self) -> bool:
        """Release and resume whatever is not done; false when there is nothing."""
        paused = [book for book in self.books.of.values() if not book.done[0]]
        for book in paused:
            number = book.accepted.backfill
            book.heed(Order.RELEASE, Targets(number))
            runs = list(book.accepted.runs)
            everything = frozenset(map(book.instance, book.upstream))
            self.say(*(Asked(act, Targets(number)) for act in (Order.RELEASE, Order.RESUME)), acted=everything)
            self.say(Asked(Order.RESUME, Targets(number, runs=runs)))
        return bool(paused)

    def step(self) -> None:
        kinds = [(self.end, 30), (self.wait, 8), (self.act, 8), (self.amend, 12), (self.crash, 2)]
        steps, weights = zip(*kinds, strict=True)
        self.random.choices(steps, weights)[0]()

    def known(self, book: Book) -> bool:
        """Whether the engine knows the backfill."""
        return book.accepted.backfill in self.engine.snapshot.backfills

    def some_book(self) -> Book:
        return self.random.choice(list(self.books.of.values()))

    def terms(self) -> Replan:
        return self.random.choice([Replan(), Replan(), Replan(parallelism=3), Replan(on_failure=OnFailure.CONTINUE)])

    def started(self, book: Book) -> list[DatedInstance]:
        """What runs, or is to be tried again."""
        going = [node for node in book.upstream if book.state(node) in (State.READY, State.RUNNING)]
        return [dated(book.accepted.plan, node) for node in going if not self.never_started(book, node)]

    def never_started(self, book: Book, node: Node) -> bool:
        """Whether it is open and never had an attempt."""
        told = book.facts.get(book.instance(node))
        return book.state(node) in (State.WAITING, State.READY) and not (told and told.attempt)

    def ended(self, instance: int, attempt: int) -> AttemptEnded:
        state = self.random.choice(ENDS)
        code = {AttemptState.SUCCEEDED: 0, AttemptState.FAILED: 1}.get(state)
        return AttemptEnded(instance, attempt, state, code, self.now)

    def drawn(self) -> Drawing:
        """Up to three dates of up to four tasks with every kind of edge, some across dates."""
        random = self.random
        names = [f"t{number}" for number in range(random.randint(2, 4))]
        lines = [*names, *(f"{random.choice(names[:n])} -> {name}" for n, name in enumerate(names) if n)]
        crossing = random.random() < 0.6
        for number, name in enumerate(names) if crossing else ():
            if random.random() < 0.5:
                lines.append(f"{random.choice(names[: number + 1])} -previous-> {name}")
            elif number:
                lines.append(f"{names[0]} -3-> {name}")
        tasks = {name: self.fields() for name in names}
        days = sorted(random.sample(range(2, 9), random.randint(1, 3)))
        return Drawing("\n".join(lines), days, tasks, "Asc" if crossing else random.choice(["Asc", "Desc"]))

    def fields(self) -> dict[str, object]:
        fields: dict[str, object] = {
            "cron": self.random.choice(["0 0 * * *", "0 0 * * *", "0 */12 * * *"]),
            "retries": self.random.choice([0, 1, 2]),
            "retry_delay": timedelta(minutes=self.random.choice([0, 5])),
            "on_lost": self.random.choice(["stop", "retry"]),
            "max_active": self.random.choice([None, None, 1]),
            "resource_group": self.random.choice(list(GROUPS)),
            "run_policy": self.random.choice(POLICIES),
            "recurrence": self.random.choice(["Normal"] * 7 + ["Pause"]),
        }
        return fields | ({"action": VIRTUAL} if self.random.random() < 0.2 else {})


def new_engine(budget: int | None) -> Engine:
    return Engine(GROUPS, {}, NEVER_STARVES, budget)


def dated(plan: Plan, node: Node) -> DatedInstance:
    return DatedInstance(plan.dates[node[0]], node[1])


def told(effects: list[Effect]) -> tuple[set[str], list[Start]]:
    """What a round came to, whoever answers it; starts in their order."""
    starts = [each for each in effects if isinstance(each, Start)]
    return {str(each) for each in effects if not isinstance(each, (*NOT_COMPARED, Start))}, starts


def moved(effects: list[Effect]) -> tuple[set[str], list[Start]]:
    """The same without what a restored engine takes as told: how its runs stand."""
    return told([each for each in effects if not isinstance(each, RunChanged) or each.chunks])


def view(engine: Engine, number: int) -> object:
    """What a snapshot says of a backfill, but how slots were given: that is not stored."""
    return replace(engine.snapshot.backfills[number], fairness=None)


def test_amended_at_any_moment():
    """Every rule holds in every round; a crash before the engine heard of an amendment changes nothing."""
    amended = 0
    for seed in range(70):
        life = Life(seed)
        life.accept()
        life.accept()
        for _ in range(25):
            life.step()
        life.finish()
        amended += life.amended
    assert amended > 250
