"""What other threads may look at: frozen, and replaced only where something has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from backfilld.engine.backfill import Backfill
from backfilld.engine.marks import BackfillMarks, Halt
from backfilld.engine.run import NO_COUNTS, Run
from backfilld.engine.states import State
from backfilld.engine.turns import NO_SLOTS_YET, Fairness, fairness

RUNS_A_PAGE = 128
SETTLED = frozenset({"succeeded", "failed", "cancelled"})
"""The words of runs and backfills that have come to rest."""
NOT_STARTED, PAUSING, PAUSED = "not_started", "pausing", "paused"
HOLD_NOTHING = SETTLED | {PAUSING, PAUSED}


class RunView(NamedTuple):
    """A run's number, its instances by state (all zero until it is opened), those held back, and its word."""

    run: int
    counts: tuple[int, ...]
    held_back: int
    word: str


class RunPage(tuple[RunView, ...]):
    """Some runs in run order. What they count together is added up when it is first asked for: most pages stay."""

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """Their instances by state, of those that are opened."""
        return added(run.counts for run in self)

    @cached_property
    def words(self) -> Mapping[str, int]:
        """How many of them have each word."""
        return Counter(run.word for run in self)


@dataclass(frozen=True, slots=True)
class BackfillView:
    """A backfill's word, its runs in run order, in pages, and whether cycles of its open runs are its own."""

    backfill: int
    word: str
    pages: tuple[RunPage, ...]
    holds: bool
    """False once it is done, while it is halted, and for one whose cycle is the moment of acceptance."""
    marks: BackfillMarks
    fairness: Fairness = NO_SLOTS_YET

    def run(self, position: int) -> RunView:
        """The run of the date at `position`."""
        return self.pages[position // RUNS_A_PAGE][position % RUNS_A_PAGE]

    def find(self, run: int, position: int) -> RunView | None:
        """The run of this number, whose date has this position by now; None while an amendment is under way."""
        seen = self.run(position) if position // RUNS_A_PAGE < len(self.pages) else None
        return seen if seen and seen.run == run else None

    @property
    def dates(self) -> int:
        """How many runs it has."""
        return sum(map(len, self.pages))

    def runs(self) -> Iterator[RunView]:
        """Every run, in run order."""
        for page in self.pages:
            yield from page

    @property
    def counts(self) -> tuple[int, ...]:
        """Instances by state; those of runs that were never opened are in none of them."""
        return added(page.counts for page in self.pages)

    @property
    def words(self) -> Counter[str]:
        """Its runs by word."""
        return words_in(self.pages)

    def held(self) -> int:
        """The positions whose cycles it holds, as bits: those of its runs that are open and not paused."""
        if not self.holds:
            return 0
        return int("".join("01"[run.word not in HOLD_NOTHING] for run in self.runs())[::-1] or "0", 2)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every backfill that the engine knows."""

    backfills: Mapping[int, BackfillView] = field(default_factory=dict)

    def holding(self) -> dict[int, int]:
        """The backfills that hold cycles, and the positions of which dates, as bits."""
        return {number: held for number, view in self.backfills.items() if (held := view.held())}


def with_changes(
    old: Snapshot,
    backfills: Mapping[int, Backfill],
    changed: Iterable[Run],
    marked: Collection[int] = (),
    rewaited: Iterable[int] = (),
) -> Snapshot:
    """The snapshot after a round in which these runs changed, acts marked some backfills, and some wait otherwise.

    It has the backfills that are known now.
    """
    by_owner: dict[int, list[Run]] = {number: [] for number in rewaited}
    for run in changed:
        by_owner.setdefault(run.owner, []).append(run)
    for number in marked:  # every run of it may have another word
        by_owner[number] = list(backfills[number].runs.values())
    if not by_owner and old.backfills.keys() == backfills.keys():
        return old
    return Snapshot(
        {
            number: _view(None if number in marked else old.backfills.get(number), backfill, by_owner[number])
            if number in by_owner
            else old.backfills.get(number) or _view(None, backfill, ())
            for number, backfill in backfills.items()
        }
    )


def added(counts: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    """Counts by state, together.

    >>> added([(1, 0, 0), (2, 0, 1)])
    (3, 0, 1)
    """
    return tuple(map(sum, zip(*counts, strict=True))) or NO_COUNTS


def words_in(pages: Iterable[RunPage]) -> Counter[str]:
    """How many runs of these pages have each word."""
    return sum((Counter(page.words) for page in pages), Counter())


def run_word(backfill: Backfill, run: Run) -> str:
    """The run's word: its outcome, or what it is about."""
    if run.settled:
        return run.outcome or "cancelled"
    if backfill.halted or run.marks.paused:
        return PAUSING if run.counts[State.RUNNING] else idle_word(backfill, paused=True)
    if run.counts[State.RUNNING]:
        return "running"
    asleep = run.asleep and len(run.asleep) == run.counts[State.READY]
    return "waiting" if asleep or (not run.placed and backfill.lies_ahead(run.position)) else "queued"


def idle_word(backfill: Backfill, *, paused: bool = False) -> str:
    """The word of what has nothing running: it waits for its turn, unless it is paused, or all of the backfill is."""
    if backfill.marks.halt is Halt.NOT_STARTED:
        return NOT_STARTED
    return PAUSED if paused or backfill.halted else "queued"


def backfill_word(backfill: Backfill) -> str:
    """The backfill's word, from those of the runs in flight."""
    if backfill.done:
        return backfill.result()
    flying = [backfill.runs[position] for position in backfill.places.holders]
    words = {run_word(backfill, run) for run in flying if not run.settled}
    if backfill.halted:
        return PAUSING if PAUSING in words else idle_word(backfill)
    if "running" in words:
        return "running"
    if words and words <= {PAUSING, PAUSED}:
        return PAUSING if PAUSING in words else PAUSED
    return "waiting" if words == {"waiting"} or (not words and backfill.passed_over) else "queued"


def _view(old: BackfillView | None, backfill: Backfill, changed: Iterable[Run]) -> BackfillView:
    pages = list(old.pages if old else _untouched(backfill))
    by_page: dict[int, list[Run]] = {}
    for run in changed:
        by_page.setdefault(run.position // RUNS_A_PAGE, []).append(run)
    for number, runs in by_page.items():
        page = list(pages[number])
        for run in runs:
            page[run.position % RUNS_A_PAGE] = RunView(
                run.number, tuple(run.counts), run.held_back, run_word(backfill, run)
            )
        pages[number] = RunPage(page)
    holds = backfill.holds_cycles and not backfill.accepted.at_once
    pages_now, word = tuple(pages), backfill_word(backfill)
    return BackfillView(backfill.number, word, pages_now, holds, backfill.marks, fairness(backfill))


def _untouched(backfill: Backfill) -> list[RunPage]:
    numbers, word = backfill.accepted.runs, idle_word(backfill)
    return [
        RunPage(RunView(number, NO_COUNTS, 0, word) for number in numbers[start : start + RUNS_A_PAGE])
        for start in range(0, len(numbers), RUNS_A_PAGE)
    ]
