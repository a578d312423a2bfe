"""An engine whose rounds are recorded in the naive books and judged there; a crash leaves nothing but the books."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from engine.answers import Expected, check_end
from engine.endings import Ending
from engine.fair import Fair
from engine.naive import Books

from backfilld.engine.asking import Answered, Asked
from backfilld.engine.engine import Engine
from backfilld.engine.events import (
    Accepted,
    AttemptClosed,
    AttemptEnded,
    AttemptMoved,
    ByKind,
    Dismissed,
    Effect,
    Restored,
    Said,
    Stop,
)


@dataclass(frozen=True)
class Setting:
    """What an engine is made with."""

    groups: Mapping[str, int] = field(default_factory=lambda: {"g1": 3, "g2": 2})
    reserved: Mapping[str, int] = field(default_factory=lambda: {"g1": 1})
    patience: timedelta = timedelta(minutes=15)
    budget: int | None = None


MakeEngine = Callable[[Setting], Engine]


def plain_engine(setting: Setting) -> Engine:
    """The engine as it is."""
    return Engine(setting.groups, setting.reserved, setting.patience, setting.budget)


class Line(NamedTuple):
    """One round of a history; after a crash what was recorded is said, and with it what was accepted unheard."""

    at: datetime
    said: tuple[Said, ...]
    effects: list[Effect]
    crash: bool = False


class Keeper:
    """Says things to an engine, and enters what it answers once that is durable."""

    def __init__(self, setting: Setting, make: MakeEngine = plain_engine, *, judge_every: int = 1) -> None:
        """`judge_every`: of so many rounds, the rules that look at everything are asked in two that follow."""
        self.setting, self._make, self._judge_every = setting, make, judge_every
        self.engine, self.books = make(setting), Books(setting.groups, setting.reserved)
        self._fair = Fair(self.books, setting.patience)
        self.history: list[Line] = []
        self.deciding: Line | None = None
        """A round that is not recorded yet."""
        self.crashes = 0

    def say(self, said: Sequence[Said], now: datetime) -> list[Effect]:
        """One round, durable at once."""
        effects = self.decide(said, now)
        self.record(said, effects, now)
        return effects

    def decide(self, said: Sequence[Said], now: datetime) -> list[Effect]:
        """What the engine answers: nothing of it counts before it is recorded."""
        self.deciding = self.deciding or Line(now, tuple(said), [])
        effects = self.engine.handle(said, now)
        wake = self.engine.next_wake(now)
        assert self.engine.goes_on or wake is None or wake > now, "what was due was not done: it spins"
        assert wake == now or not self.engine.goes_on, "what was left over was not called for"
        return effects

    def record(self, said: Sequence[Said], effects: list[Effect], now: datetime) -> None:
        """A round is durable: enter it, and judge it."""
        self._enter(Line(now, tuple(said), effects))
        expected = [self._expect(each) for each in said]
        self._fair.look(effects, now)
        acted = frozenset[int]().union(*(each.aimed for each in expected if each))
        kinds = ByKind(effects)
        endings = self._endings(said)
        self.books.take(effects, now, acted)
        closed = {each.instance: each for each in kinds.of(AttemptClosed)}
        for instance, ending in endings.items():
            ending.judge(closed.get(instance))
        for each in closed.values():
            check_end(self.books.book(each.instance), each)
        for each, answered in zip(filter(None, expected), kinds.of(Answered), strict=True):
            each.judge(answered)
        if len(self.history) % self._judge_every in (0, 1):
            self.judge(now)

    def judge(self, now: datetime) -> None:
        """Ask the rules that look at everything."""
        self._fair.remember(self.books.check_all(now, goes_on=self.engine.goes_on), now)
        assert self.engine.snapshot.holding() == self.books.holding(), "the snapshot shows other cycles as taken"

    def crash(self, now: datetime, lost: Sequence[Said] | None = None) -> list[Effect]:
        """The daemon dies; the next one has only what was recorded. Unless a round was lost it decides nothing anew.

        But for what the last round has left over: that goes on, also where it was the round that was lost.
        """
        left_over = self.engine.goes_on
        accepted = tuple(each for each in lost or () if isinstance(each, Accepted))  # durable before it heard of it
        for each in accepted:
            self.books.accept(each)
        self.engine, self.deciding = self._make(self.setting), Line(now, accepted, [], crash=True)
        effects = self.decide(self.books.restored(), now)
        if lost is None and not left_over and self.history and self.history[-1].at == now:
            assert all(isinstance(each, (Stop, AttemptMoved)) for each in effects), "stops are told again, nothing else"
        self._fair.forget()
        self._enter(Line(now, accepted, effects, crash=True))
        self.books.take(effects, now)
        self.crashes += 1
        return effects

    def _enter(self, line: Line) -> None:
        self.history.append(line)
        self.deciding = None

    def _endings(self, said: Sequence[Said]) -> dict[int, Ending]:
        """The first news of each open attempt's end; all else is dropped."""
        found: dict[int, Ending] = {}
        for each in said:
            if isinstance(each, AttemptEnded):
                book = self.books.book(each.instance)
                if book.open.get(each.instance) != each.attempt or each.instance in found:
                    assert each in self.engine.dropped, "old news was heeded"
                else:
                    found[each.instance] = Ending(book, each)
        return found

    def _expect(self, said: Said) -> Expected | None:
        """Enter what was said, as far as the books are to know of it."""
        match said:
            case Accepted():
                self.books.accept(said)
            case Restored(accepted=accepted):
                self.books.of[accepted.backfill].gone = False
            case Dismissed(backfill=backfill):
                self.books.of[backfill].gone = said not in self.engine.dropped
            case Asked(targets=targets) if said not in self.engine.dropped:
                return Expected(self.books.of[targets.backfill], said)
        return None
