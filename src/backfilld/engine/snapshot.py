"""What other threads may look at: frozen, and replaced only where something has changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from backfilld.engine.backfill import Backfill
from backfilld.engine.run import NO_COUNTS, Run
from backfilld.engine.states import State

RUNS_A_PAGE = 128
SETTLED = frozenset({"succeeded", "failed", "cancelled"})
"""The words of runs and backfills that have come to rest."""


class RunView(NamedTuple):
    """A run's number, its instances by state (all zero until it is opened), those held back, and its word."""

    run: int
    counts: tuple[int, ...]
    held_back: int
    word: str


@dataclass(frozen=True, slots=True)
class BackfillView:
    """A backfill's word, its runs in run order, in pages, and whether cycles of its open runs are its own."""

    backfill: int
    word: str
    pages: tuple[tuple[RunView, ...], ...]
    holds: bool
    """False once it is done, and for one whose cycle is the moment of acceptance."""

    def run(self, position: int) -> RunView:
        """The run of the date at `position`."""
        return self.pages[position // RUNS_A_PAGE][position % RUNS_A_PAGE]

    def runs(self) -> Iterator[RunView]:
        """Every run, in run order."""
        for page in self.pages:
            yield from page

    def held(self) -> int:
        """The positions whose cycles it holds, as bits: those of its runs that are not settled (spec 5, Gates)."""
        if not self.holds:
            return 0
        return int("".join("01"[run.word not in SETTLED] for run in self.runs())[::-1] or "0", 2)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every backfill that the engine knows."""

    backfills: Mapping[int, BackfillView] = field(default_factory=dict)

    def holding(self) -> dict[int, int]:
        """The backfills that hold cycles, and the positions of which dates, as bits."""
        return {number: held for number, view in self.backfills.items() if (held := view.held())}


def with_changes(old: Snapshot, backfills: Mapping[int, Backfill], changed: Iterable[Run]) -> Snapshot:
    """The snapshot after a round in which these runs changed, and the backfills that are known now."""
    by_owner: dict[int, list[Run]] = {}
    for run in changed:
        by_owner.setdefault(run.owner, []).append(run)
    if not by_owner and old.backfills.keys() == backfills.keys():
        return old
    return Snapshot(
        {
            number: _view(old.backfills.get(number), backfill, by_owner[number])
            if number in by_owner
            else old.backfills.get(number) or _view(None, backfill, ())
            for number, backfill in backfills.items()
        }
    )


def run_word(backfill: Backfill, run: Run) -> str:
    """The run's word: its outcome, or what it is about."""
    if run.settled:
        return run.outcome or "cancelled"
    if run.counts[State.RUNNING]:
        return "running"
    asleep = run.asleep and len(run.asleep) == run.counts[State.READY]
    return "waiting" if asleep or (not run.placed and backfill.lies_ahead(run.position)) else "queued"


def backfill_word(backfill: Backfill) -> str:
    """The backfill's word, from those of the runs in flight."""
    if backfill.done:
        return backfill.result()
    flying = [backfill.runs[position] for position in backfill.places.holders]
    words = {run_word(backfill, run) for run in flying if not run.settled}
    if "running" in words:
        return "running"
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
        pages[number] = tuple(page)
    holds = not (backfill.done or backfill.accepted.at_once)
    return BackfillView(backfill.number, backfill_word(backfill), tuple(pages), holds)


def _untouched(backfill: Backfill) -> list[tuple[RunView, ...]]:
    numbers = backfill.accepted.runs
    return [
        tuple(RunView(number, NO_COUNTS, 0, "queued") for number in numbers[start : start + RUNS_A_PAGE])
        for start in range(0, len(numbers), RUNS_A_PAGE)
    ]
