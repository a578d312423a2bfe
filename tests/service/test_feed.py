"""Who looks on has the daemon's bytes: whatever happens, whenever they come, go and come back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from queue import Queue
from random import Random
from threading import Thread
from types import SimpleNamespace
from typing import Any

from drawing import NOON
from engine.book import Book
from engine.test_amended_lives import Life
from engine.trial import Trial
from hypothesis import given
from hypothesis import strategies as st

from backfilld.engine.events import ByKind, Effect, Moved, RunChanged, Said
from backfilld.engine.states import STATE_MASK, State
from backfilld.planning.plan import split_id
from backfilld.service.feed import Feed, Subscription
from backfilld.service.grid import KEPT
from backfilld.service.list_news import AT_MOST
from backfilld.service.matrix import Matrix
from backfilld.service.news import Counts, Delta, News, Over, Resync, Status

STEPS = 60
PATIENCE = 20
LARGEST_EXACT = 2**53
"""Up to where readers of JSON know whole numbers exactly."""


class Stored:
    """Books as the feed finds them in a store; reading takes its time, and what happens meanwhile is not waited for."""

    def __init__(self, books: Any) -> None:
        self.books = books
        self.meanwhile = lambda: None

    def entry(self, backfill: int) -> Any:
        accepted = self.books.of[backfill].accepted
        stored = SimpleNamespace(id=backfill, plan_hash=accepted.plan.hash, position=position_in(accepted.runs))
        return SimpleNamespace(stored=stored, plan=accepted.plan, changed=None, plan_changed=False)

    def backfill(self, backfill: int) -> Any:
        accepted, (done, outcome) = self.books.of[backfill].accepted, self.books.of[backfill].done
        stored = self.entry(backfill).stored
        stored.runs, stored.dates, stored.size = accepted.runs, accepted.plan.dates, accepted.plan.size
        stored.done_at, stored.outcome = NOON if done else None, outcome
        return stored

    def some_backfills(self, backfills: Iterable[int]) -> list[Any]:
        return list(map(self.backfill, sorted(backfills)))

    def run_sums(self, backfills: Iterable[int]) -> dict[int, Any]:
        """As if none were written yet."""
        return {}

    def runs(self, backfill: int, after: int, limit: int) -> Any:
        """As if none were written yet."""
        return SimpleNamespace(items=())

    def terms(self, stored: Any) -> Any:
        return SimpleNamespace(resolved=SimpleNamespace(project_id=stored.id % 2))

    def run_facts(self, backfill: int) -> Any:
        facts = self.books.of[backfill].restored().runs
        self.meanwhile()
        return facts


def position_in(runs: Sequence[int]) -> Any:
    return lambda run: list(runs).index(run) if run in runs else None


def recorded_bytes(book: Book) -> bytes:
    """What the books know of every instance, date after date."""
    plan, found = book.accepted.plan, bytearray()
    for position, run in enumerate(book.accepted.runs):
        nodes = [(position, ordinal) for ordinal in range(plan.template(position).size)]
        unopened = (book.state(node) | book.fresh(node) for node in nodes)
        found += book.states[run] if run in book.states else bytes(unopened)
    return bytes(found)


class Onlooker:
    """A client: opens its stream, then fetches the grid and applies what is newer; comes back with its last version."""

    def __init__(self, feed: Feed, backfill: int) -> None:
        self.backfill, self.states = backfill, bytearray()
        self.fetched, self.version = False, 0
        self.grid_version, self.held = 0, list[Delta]()
        self.last_id: int | None = None
        self.word = ""
        self.connect(feed)

    def connect(self, feed: Feed) -> None:
        """Open the stream, from where the last one broke off."""
        self.feed = feed
        self.line = Subscription(frozenset({self.backfill}), False, self.hear)
        feed.subscribe(self.line, self.last_id, self.begin)

    def begin(self, version: int, news: Sequence[News]) -> None:
        assert 0 < version < LARGEST_EXACT
        self.last_id = version
        self.hear(news)

    def leave(self) -> None:
        """Lose the connection."""
        self.feed.unsubscribe(self.line)

    def fetch(self) -> None:
        """Get all bytes, and bring them to where the stream is."""
        look = self.feed.look(self.backfill)
        self.states, self.grid_version, self.fetched = bytearray(look.states), look.version, True
        held, self.held = self.held, []
        for delta in held:
            self.apply(delta)

    def hear(self, news: Sequence[News]) -> None:
        for each in news:
            assert not isinstance(each, Over)
            self.last_id = each.version
            if each.backfill != self.backfill:
                continue
            match each:
                case Status():
                    self.word = each.word
                case Resync():
                    self.fetched, self.held = False, []
                case Delta() if self.fetched:
                    self.apply(each)
                case Delta():
                    self.held.append(each)

    def apply(self, delta: Delta) -> None:
        if delta.version > self.grid_version:
            for place, byte in zip(*delta.changed, strict=True):
                self.states[place] = byte
            counts = tuple(sum(byte & STATE_MASK == state for byte in self.states) for state in State)
            assert delta.counts == counts, "the counts are those of the bytes"


class Amending(Life):
    """A life whose rounds are kept."""

    def __init__(self, seed: int) -> None:
        self.rounds: list[list[Effect] | None] = []
        super().__init__(seed)

    def say(self, *said: Said, acted: frozenset[int] = frozenset()) -> list[Effect]:
        effects = super().say(*said, acted=acted)
        self.rounds.append(effects)
        return effects

    def crash(self) -> None:
        super().crash()
        self.rounds.append(None)

    def news(self) -> list[list[Effect] | None]:
        """The rounds since this was last asked; None where a new daemon began."""
        rounds, self.rounds = self.rounds, []
        return rounds


class Operated(Trial):
    """A life with every act, which is not judged here."""

    def news(self) -> list[list[Effect] | None]:
        """The rounds since this was last asked; None where a new daemon began."""
        lines = self.keeper.history[self.seen :]
        self.seen += len(lines)
        return [None if line.crash else line.effects for line in lines]

    seen = 0


class Brief(Operated):
    """Its backfills come and go, and its daemon lives."""

    def step(self) -> None:
        self._calm = True
        if self.random.random() < 0.3:
            self.accept()
        super().step()

    def crash(self) -> None:
        """Not here."""


class World:
    """A life of the engine, told to a feed round by round, and those who look on."""

    def __init__(self, life: Amending | Operated, random: Random) -> None:
        self.life, self.random = life, random
        self.clock = SimpleNamespace(now=lambda: self.now)
        self.now, self.epoch, self.told = NOON, 0, 0
        self.onlookers: list[Onlooker] = []
        self.away: list[Onlooker] = []
        self.begin()

    def begin(self) -> None:
        """A daemon starts."""
        self.epoch, self.rounds = self.epoch + 1, 0
        self.stored = Stored(self.life.books)
        self.stored.meanwhile = self.meanwhile
        acts = SimpleNamespace(get=lambda number, none: self.rounds)
        recorded = SimpleNamespace(snapshot=self.life.engine.snapshot, acts=acts)
        self.recorded = recorded
        self.feed = Feed(self.stored, self.stored, recorded, self.clock, self.epoch)
        self.away += self.onlookers
        self.onlookers = []

    def step(self) -> None:
        """Something happens; what is recorded is told, now or while somebody reads."""
        self.life.step()
        self.publish()
        self.stir()

    def publish(self) -> list[list[Effect]]:
        """Tell the rounds that were recorded."""
        rounds = self.life.news()
        for effects in rounds:
            if effects is None:
                self.begin()
            else:
                self.rounds += 1
                self.recorded.snapshot = self.life.engine.snapshot
                self.feed.published(self.rounds, ByKind(effects))
        return [effects for effects in rounds if effects is not None]

    def settle(self) -> None:
        """All rounds are told, everybody who has to fetch has done so: they have what the books have."""
        self.feed.batch()
        for each in self.onlookers:
            if not each.fetched:
                each.fetch()
        self.feed.batch()
        for each in self.onlookers:
            book = self.life.books.of[each.backfill]
            assert bytes(each.states) == recorded_bytes(book)
            assert each.word == self.word(each.backfill)

    def places(self, moved: Moved) -> Iterator[tuple[int, int]]:
        """Of which backfill an instance is, and where it lies in its grid."""
        run, ordinal = split_id(moved.instance)
        for backfill, book in self.life.books.of.items():
            if run in book.accepted.runs:
                begins = Matrix(self.stored.entry(backfill)).begins
                yield backfill, begins[list(book.accepted.runs).index(run)] + ordinal

    def word(self, backfill: int) -> str:
        view = self.recorded.snapshot.backfills.get(backfill)
        return view.word if view else self.life.books.of[backfill].done[1]

    def stir(self) -> None:
        """Somebody comes, goes, comes back, or fetches; time passes; news are told."""
        match self.random.randint(0, 8):
            case 0 if self.life.books.of and len(self.onlookers) < 3:
                self.onlookers.append(Onlooker(self.feed, self.random.choice(list(self.life.books.of))))
            case 1 if self.onlookers:
                gone = self.onlookers.pop(self.random.randrange(len(self.onlookers)))
                gone.leave()
                self.away.append(gone)
            case 2 if self.away:
                back = self.away.pop(self.random.randrange(len(self.away)))
                back.connect(self.feed)
                self.onlookers.append(back)
            case 3 if self.onlookers:
                self.random.choice(self.onlookers).fetch()
            case 4:
                self.now += timedelta(seconds=self.random.choice([1, 5, 70]))
            case 5:
                self.settle()
            case 6 if self.onlookers:
                self.blip(self.random.choice(self.onlookers))
            case _:
                self.feed.batch()

    def blip(self, one: Onlooker) -> None:
        """A connection is lost for a moment, in which little happens."""
        self.feed.batch()
        one.leave()
        self.life.end()
        self.publish()
        if one in self.onlookers:  # no daemon has died meanwhile
            self.feed.batch()
            one.connect(self.feed)

    def meanwhile(self) -> None:
        """While somebody reads the store a round may be recorded, and others be told of."""
        if self.random.random() < 0.3 and not isinstance(self.life, Amending):
            self.stored.meanwhile = lambda: None
            self.life.end()
            self.publish()
            self.feed.batch()


@given(st.integers(0, 10_000), st.booleans())
def test_who_looks_on_has_the_bytes(seed: int, amending: bool) -> None:
    """Grid and changes lead to what was recorded, over lost connections, long absences, restarts and amendments."""
    life = Amending(seed) if amending else Operated(seed, judge_every=10_000)
    life.accept()
    world = World(life, Random(seed))
    for _ in range(STEPS):
        world.step()
    world.settle()


@given(st.integers(0, 10_000))
def test_nothing_that_becomes_of_an_instance_is_kept_quiet(seed: int) -> None:
    """Each that was touched since the last news is named, also one that stands as before: attempts go on."""
    life, told = Operated(seed, judge_every=10_000), list[News]()
    world = World(life, Random(seed))
    for _ in range(STEPS // 10):
        life.accept()
        world.publish()
        watched = {number for number, book in life.books.of.items() if not book.done[0]}
        feed, line = world.feed, Subscription(frozenset(watched), False, told.extend)
        feed.subscribe(line, None, lambda version, news: None)
        told.clear()
        touched = set[tuple[int, int]]()
        for _ in range(4):
            life.step()
            for effects in world.publish():
                touched |= {place for each in effects if isinstance(each, Moved) for place in world.places(each)}
        if world.feed is not feed:
            continue  # another daemon, which knows nobody yet
        feed.batch()
        anew = {each.backfill for each in told if isinstance(each, Resync)}
        named = {(each.backfill, place) for each in told if isinstance(each, Delta) for place in each.changed.places}
        assert {each for each in touched if each[0] in watched - anew} <= named
        feed.unsubscribe(line)


def test_what_was_read_early_is_not_taken_for_told() -> None:
    """Bytes may be read before their round is told: who comes back from before that does not miss it."""
    life = Operated(1, judge_every=10_000)
    life.accept()
    life.accept()
    world = World(life, Random(1))
    world.publish()
    other, one = Onlooker(world.feed, 1), Onlooker(world.feed, 2)
    one.fetch()
    one.leave()
    world.now += 2 * KEPT
    world.feed.batch()
    before = recorded_bytes(life.books.of[2])
    while recorded_bytes(life.books.of[2]) == before:
        life.end()
        life.wait()
        world.publish()
    one.connect(world.feed)
    world.onlookers = [other, one]
    world.settle()


@given(st.integers(0, 10_000))
def test_a_list_hears_of_all_that_happened(seed: int) -> None:
    """Each backfill of which something has changed is told, once a second at most, with its last word in the end."""
    life, told = Brief(seed, judge_every=10_000), list[Counts]()
    world = World(life, Random(seed))
    line = Subscription(frozenset(), True, told.extend)
    world.feed.subscribe(line, None, lambda version, news: None)
    touched = set[int]()
    for _ in range(STEPS // 2):
        life.step()
        for effects in world.publish():
            touched |= {effect.backfill for effect in effects if isinstance(effect, RunChanged)}
        count = len(told)
        world.feed.batch()
        world.feed.batch()
        assert len({each.backfill for each in told[count:]}) == len(told[count:])
        world.now += timedelta(seconds=world.random.choice([0.1, 0.2, 0.5]))
    world.now += AT_MOST
    world.feed.batch()
    assert touched <= {each.backfill for each in told}
    last = {each.backfill: each.word for each in told}
    assert last == {number: world.word(number) for number in last}


def test_a_fault_is_told_and_ends_nothing() -> None:
    """Where news cannot be told everybody is told to look anew; in the end everybody is told that it is over."""
    life, told = Operated(3, judge_every=10_000), Queue[News]()
    world = World(life, Random(3))
    life.accept()
    world.publish()
    line = Subscription(frozenset({1}), True, lambda news: [told.put(each) for each in news])
    world.feed.subscribe(line, None, lambda version, news: None)
    world.stored.terms = None
    thread = Thread(target=world.feed.run)
    thread.start()
    life.accept()
    world.publish()
    seen = [told.get(timeout=PATIENCE)]
    while not isinstance(seen[-1], Resync) or seen[-1].backfill is not None:
        seen.append(told.get(timeout=PATIENCE))
    assert [each.backfill for each in seen if isinstance(each, Resync)] == [1, None]
    world.feed.stop()
    thread.join()
    assert isinstance(list(told.queue)[-1], Over)
