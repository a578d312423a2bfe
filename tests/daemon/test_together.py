"""Work shared among the processors."""

from __future__ import annotations

import os
from functools import partial

import pytest

from backfilld.daemon.together import together
from backfilld.errors import ForecastFailed

# newer Pythons warn where threads run: the test runner has some, the helper has none
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


def number_here(number: int) -> tuple[int, int]:
    """A piece of work: its number, and the process that has done it."""
    return number, os.getpid()


def test_all_is_done_in_order_and_no_more_processes_work_than_there_are_processors() -> None:
    """Each result stands where its work stood; each processor has one process, ours among them."""
    found = together([partial(number_here, number) for number in range(7)])
    assert [number for number, _ in found] == list(range(7))
    workers = {pid for _, pid in found}
    assert os.getpid() in workers
    assert len(workers) == min(7, len(os.sched_getaffinity(0)))


def test_one_piece_of_work_needs_no_other_process() -> None:
    """Nothing is forked for what is done here anyway."""
    assert together([partial(number_here, 0)]) == [(0, os.getpid())]


def fail() -> tuple[int, int]:
    """A piece of work that comes to nothing."""
    raise ValueError("this work fails")


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="all work is done here where there is one processor")
def test_work_that_fails_elsewhere_fails_here_with_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    """What went wrong is written to standard error, and no result is made up."""
    with pytest.raises(ForecastFailed, match="status 70"):
        together([partial(number_here, 0), fail])
    assert "this work fails" in capfd.readouterr().err
