"""The helper works for who waits, and for nobody else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from queue import Queue
from threading import Event, Thread

import pytest

from backfilld.daemon.forecaster import BUSY, FOR_NOBODY, PATIENCE, QUEUE, HelperForecaster
from backfilld.engine.turns import STARVATION_AFTER
from backfilld.errors import ForecastFailed
from backfilld.ports import AS_ASKED, Capacity, ForecastQuestion
from backfilld.service.leaving import STAYS, MayLeave

NOW = datetime(2024, 5, 6, tzinfo=UTC)
QUESTION = ForecastQuestion(1, (AS_ASKED,), NOW, NOW, Capacity({}, {}, STARVATION_AFTER, 60), "")


class LeavesAtWork(MayLeave):
    """Leaves once its helper is at work, when that is allowed."""

    def __init__(self) -> None:
        super().__init__()
        self.at_work, self.may_go = Event(), Event()
        self._waits = 0

    @contextmanager
    def when_gone(self, tell: Callable[[], None]) -> Iterator[None]:
        """First while it waits for its turn, then while the helper works."""
        self._waits += 1
        with super().when_gone(tell):
            if self._waits == 2:
                self.at_work.set()
                assert self.may_go.wait(PATIENCE)
                self.leave()
            yield


def children() -> set[str]:
    """The processes that we have now."""
    return {each for task in Path(f"/proc/{os.getpid()}/task").iterdir() for each in _children(task)}


def _children(task: Path) -> list[str]:
    try:
        return (task / "children").read_text().split()
    except FileNotFoundError:  # a thread that has just ended
        return []


def test_who_leaves_is_worked_for_no_more(tmp_path: Path) -> None:
    """Neither at work nor in the queue: the helper is killed, the turn is given on, and nothing is begun.

    The queue is short, and who finds it full is told so at once.
    """
    forecaster, first = HelperForecaster(f"sqlite:///{tmp_path}/none.db", nice=0), LeavesAtWork()
    others, told, before = [MayLeave() for _ in range(QUEUE + 1)], Queue[str](), children()

    def ask(asker: MayLeave) -> None:
        with pytest.raises(ForecastFailed) as failed:
            forecaster.answer(QUESTION, asker)
        told.put(str(failed.value))

    asking = [Thread(target=ask, args=[each]) for each in (first, *others)]
    asking[0].start()
    assert first.at_work.wait(PATIENCE)
    for thread in asking[1:]:
        thread.start()
    assert told.get(timeout=PATIENCE / 2) == BUSY  # whichever came last
    for asker in others:
        asker.leave()
    first.may_go.set()
    for thread in asking:
        thread.join(PATIENCE)
    assert [told.get_nowait() for _ in range(QUEUE + 1)] == [FOR_NOBODY] * (QUEUE + 1)
    assert children() - before == set()
    forecaster.close()
    with pytest.raises(ForecastFailed, match="the daemon ends"):  # so it has its turn
        forecaster.answer(QUESTION, STAYS)
