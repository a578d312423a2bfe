"""Who asks the ticker is told whether it was done, and where nobody knows, that."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from backfilld.engine.events import Said
from backfilld.errors import MaybeDone, StoreUnavailable
from backfilld.service.callers import Callers, Job

SOON = 0.001


def asked(callers: Callers) -> str:
    """A question of no consequence."""

    def question() -> tuple[Sequence[Said], str]:
        return (), "answer"

    return callers.patiently(question, lambda result, effects: result)


def test_a_durable_answer() -> None:
    """It is given once its round is recorded."""

    def leave(job: Job) -> None:
        job()
        callers.answer([])

    callers = Callers(leave, lambda: None)
    assert asked(callers) == "answer"


def test_what_nobody_has_begun_is_never_done() -> None:
    """Its turn did not come in time: it is taken back, so whoever asked may ask again."""
    left: list[Job] = []
    callers = Callers(left.append, lambda: None, SOON)
    with pytest.raises(StoreUnavailable) as refused:
        asked(callers)
    assert not isinstance(refused.value, MaybeDone)
    assert [job() for job in left] == [()]
    callers.answer([])


def test_what_was_begun_may_be_done() -> None:
    """A round that cannot be recorded in time may be recorded yet."""
    callers = Callers(lambda job: [*job()].clear(), lambda: None, SOON)
    with pytest.raises(MaybeDone, match="look before you ask again: the store is busy"):
        asked(callers)


def test_a_store_in_trouble_is_not_asked() -> None:
    """Nothing is left to be done, and whoever asked is told why."""
    left: list[Job] = []
    with pytest.raises(StoreUnavailable, match="the disk is full"):
        asked(Callers(left.append, lambda: "the disk is full"))
    assert left == []
