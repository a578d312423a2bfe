"""A store held against itself: nothing differs in what was recorded, and everything that was changed by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ports.store_contract import NOW, SHARED, Play, accepted
from store.place import Place

from backfilld.engine.states import State
from backfilld.errors import StoreUnavailable
from backfilld.planning.plan import instance_id
from backfilld.store.verifying import Difference, verified

ENDS = st.dictionaries(
    st.integers(0, 2),
    st.tuples(
        st.sampled_from([State.SUCCEEDED, State.FAILED, State.LOST, State.CANCELLED]),
        st.integers(0, 5).map(lambda hours: NOW + timedelta(hours=hours)),
    ),
    min_size=1,
)


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest) -> Place:
    """Each kind of database."""
    found: Place = request.getfixturevalue(request.param)
    return found


def found_in(home: Place) -> list[Difference]:
    """All that differs."""
    with verified(home.url.replace("postgresql://", "postgresql+psycopg://")) as found:
        return list(found)


def worked(home: Place) -> int:
    """A store in which an hour was worked: one run settled, one open with an attempt; the number of the first run."""
    store = home.open()
    store.take_lease(NOW)
    play = Play(store, accepted(store))
    first, second = play.backfill.runs
    play.settle(first, {0: (State.SUCCEEDED, NOW), 1: (State.FAILED, NOW)})
    play.settle(first, {1: (State.SUCCEEDED, NOW)})
    play.admit(second)
    play.claim(instance_id(second, 0))
    store.close()
    return first


@settings(max_examples=5, deadline=None, suppress_health_check=SHARED)
@given(tellings=st.lists(st.tuples(st.integers(0, 1), ENDS), max_size=4))
def test_nothing_differs_in_what_was_recorded(
    home: Place, tellings: list[tuple[int, dict[int, tuple[State, object]]]]
) -> None:
    """Whatever two backfills of the same cycles have run, in whatever order it was told, run again or not."""
    store = home.open()
    store.take_lease(NOW)
    plays = [Play(store, accepted(store, dates=1)) for _ in range(2)]
    number = 0
    for which, ends in tellings:
        play = plays[which]
        play.number = number
        play.settle(play.backfill.first_run, ends)  # type: ignore[arg-type]
        number = play.number
    store.close()

    assert found_in(home) == []


@pytest.mark.parametrize(
    ("change", "subject"),
    [
        ("UPDATE run SET succeeded = succeeded + 1 WHERE number = {run}", "instances by state"),
        ("UPDATE task_instance SET byte = 4 WHERE id = {instance}", "its byte among the run's"),
        ("UPDATE task_instance SET attempt = 7 WHERE id = {instance}", "its last attempt"),
        ("UPDATE attempt SET ended_at = NULL WHERE instance_id = {instance}", "by its last attempt"),
        ("UPDATE attempt SET ended_at = ended_at + 5000000 WHERE instance_id = {instance}", "ledger: task 1"),
        ("DELETE FROM ledger WHERE task_id = 2", "ledger: task 2"),
        ("UPDATE audit SET what = 'nothing' WHERE id = 1", "audit: entry 1"),
    ],
)
def test_what_was_changed_by_hand_is_found(sqlite: Place, change: str, subject: str) -> None:
    """Each kept fact, against what it was made of."""
    run = worked(sqlite)
    assert found_in(sqlite) == []

    sqlite.execute(change.format(run=run, instance=instance_id(run, 0)))

    assert [str(each) for each in found_in(sqlite) if subject in str(each)]


def test_a_store_that_cannot_be_read_is_told_of(empty_sqlite: Place) -> None:
    """In a sentence."""
    with pytest.raises(StoreUnavailable, match="cannot be read"), verified(empty_sqlite.url) as found:
        list(found)
