"""What goes by its retention, and what never does, on every database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ports.store_contract import ALWAYS, NOW, SHARED, Play, accepted, everything
from sqlalchemy import text
from store.place import Place

from backfilld.engine.events import BackfillChanged
from backfilld.engine.states import State
from backfilld.errors import NotFound, StoreConflict
from backfilld.planning.plan import instance_id
from backfilld.ports import InstanceFilter, Store, StoredBackfill
from backfilld.request.retention import Retention
from backfilld.store import expiring

HOUR = timedelta(hours=1)
KEEP = Retention(success=10 * HOUR, error=20 * HOUR)
TASKS = 3
ENDINGS = {"succeeded": State.SUCCEEDED, "failed": State.FAILED}


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest) -> Place:
    """Each kind of database."""
    found: Place = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def store(home: Place) -> Iterator[Store]:
    """A store with the lease taken."""
    opened = home.open()
    opened.take_lease(NOW)
    yield opened
    opened.close()


def ran(store: Store, outcomes: dict[str, datetime] | list[tuple[str, datetime]], number: int = 0) -> Play:
    """A backfill whose runs were settled so and then; each instance has two attempts. It is open."""
    pairs = list(outcomes.items()) if isinstance(outcomes, dict) else outcomes
    play = Play(store, accepted(store, dates=len(pairs), tasks=TASKS), tasks=TASKS, number=number)
    for run, (outcome, at) in zip(play.backfill.runs, pairs, strict=True):
        play.admit(run)
        for attempt, state in ((1, State.FAILED), (2, ENDINGS[outcome])):
            for ordinal in range(TASKS):
                play.claim(instance_id(run, ordinal), attempt=attempt)
                last = (attempt, ordinal) == (2, TASKS - 1)
                play.at = at - timedelta(seconds=1) if last else play.at
                play.end(instance_id(run, ordinal), state, attempt=attempt, settled=outcome if last else None)
    return play


def done(play: Play, at: datetime, outcome: str = "succeeded") -> StoredBackfill:
    """It has ended."""
    play.tell([BackfillChanged(play.backfill.id, True, outcome, at)])
    return play.store.backfill(play.backfill.id)


def cleared(store: Store, backfill: int, now: datetime, keep: Retention = KEEP) -> tuple[datetime | None, set[str]]:
    """All that may go at this moment has gone: when to look again, and whose logs were to be discarded."""
    then, discarded = store.expire(backfill, keep, now), set()
    while then is not None and then <= now:
        then = store.expire(backfill, keep, now)
    while (leaving := store.leaving(100)) is not None:
        discarded |= set(leaving.values())
        store.sweep(leaving.keys(), 100)
    return then, discarded


def names(store: Store, run: int) -> set[str]:
    """Of all attempts of a run."""
    return {each.attempt for n in range(TASKS) for each in store.attempts(instance_id(run, n))}


@settings(max_examples=6, deadline=None, suppress_health_check=SHARED)
@given(
    outcomes=st.lists(st.tuples(st.sampled_from([*ENDINGS]), st.integers(0, 30)), min_size=1, max_size=4),
    hours=st.integers(0, 60),
)
def test_runs_go_whole_when_their_time_is_over_and_no_others(
    store: Store, outcomes: list[tuple[str, int]], hours: int
) -> None:
    """By outcome, counted from the moment a run settled: its rows, bytes and attempts; of the others all stays."""
    store.take_lease(NOW)  # rounds are numbered anew
    play = ran(store, [(outcome, NOW + hour * HOUR) for outcome, hour in outcomes])
    backfill, now = done(play, NOW + 30 * HOUR), NOW + hours * HOUR
    before = {run: (names(store, run), store.run(run)) for run in backfill.runs}
    ends = {
        run: NOW + hour * HOUR + KEEP.of(outcome) for run, (outcome, hour) in zip(backfill.runs, outcomes, strict=True)
    }
    over = {run for run, end in ends.items() if end <= now}

    then, discarded = cleared(store, backfill.id, now)

    assert discarded == set().union(*(before[run][0] for run in over))
    for run, (attempts, as_it_was) in before.items():
        found = store.run(run)
        assert (found.counts, found.outcome, found.settled_at) == (
            as_it_was.counts,
            as_it_was.outcome,
            as_it_was.settled_at,
        )
        assert found.expired_at == (now if run in over else None)
        assert names(store, run) == (set() if run in over else attempts)
        assert len(store.state_bytes(run)) == (0 if run in over else TASKS)
    kept = everything(lambda after, limit: store.instances(InstanceFilter(backfill.id), after, limit), 100)
    assert len(kept) == TASKS * (len(outcomes) - len(over))
    own = NOW + 30 * HOUR + KEEP.success
    assert then == min([end for end in (*ends.values(), own) if end > now], default=None)
    assert (store.backfill(backfill.id).expired_at is not None) is (then is None)
    assert (store.expired_since(backfill.id) is not None) is bool(over)


def test_an_open_backfill_loses_nothing(store: Store) -> None:
    """However old its settled runs are: it may need them; once it is done their time is over at once."""
    play = ran(store, {"succeeded": NOW, "failed": NOW})

    assert store.kept_backfills() == ()
    assert cleared(store, play.backfill.id, NOW + 1000 * HOUR) == (None, set())
    done(play, NOW + 1000 * HOUR)
    assert store.kept_backfills() == (play.backfill.id,)
    assert len(cleared(store, play.backfill.id, NOW + 1000 * HOUR)[1]) == 4 * TASKS
    assert store.backfill(play.backfill.id).expired_at is None  # it ended only now
    then = NOW + 1000 * HOUR + KEEP.success
    assert cleared(store, play.backfill.id, then) == (None, set())
    assert store.backfill(play.backfill.id).expired_at == then
    assert store.kept_backfills() == ()


def test_runs_that_never_settled_count_from_the_end(store: Store) -> None:
    """What a failed date held back was never run: it goes with its backfill."""
    play = ran(store, {"failed": NOW})
    more = Play(store, accepted(store, dates=2), number=play.number)
    backfill = done(more, NOW + HOUR, "failed")

    assert cleared(store, backfill.id, NOW + 20 * HOUR)[0] == NOW + 21 * HOUR
    assert cleared(store, backfill.id, NOW + 21 * HOUR)[0] is None
    assert store.expired_since(play.backfill.id) is None


def test_history_outlives_what_made_it(store: Store) -> None:
    """The ledger, durations and the chain of the audit are the same when all rows have gone."""
    play = ran(store, {"succeeded": NOW, "failed": NOW})
    backfill = done(play, NOW)
    known = dict(store.ledger("Prod", [1, 2, 3], *ALWAYS)), dict(store.durations("Prod", [1, 2, 3]))

    assert cleared(store, backfill.id, NOW + 100 * HOUR)[0] is None

    assert all(known)
    assert known == (dict(store.ledger("Prod", [1, 2, 3], *ALWAYS)), dict(store.durations("Prod", [1, 2, 3])))
    assert store.broken_audit() is None
    assert store.backfill(backfill.id).plan_hash == backfill.plan_hash


def test_a_crash_between_two_steps_shows_nothing_half(home: Place) -> None:
    """From the first step on a run reads as gone; its rows follow in small steps, by whichever daemon is there."""
    first = home.open()
    first.take_lease(NOW)
    play = ran(first, {"succeeded": NOW, "failed": NOW})
    backfill, late = done(play, NOW), NOW + 100 * HOUR
    logs = names(first, backfill.first_run) | names(first, backfill.first_run + 1)
    first.expire(backfill.id, KEEP, late)
    first.close()

    discarded: set[str] = set()
    steps = 0
    while True:
        store = home.open()
        store.take_lease(NOW)
        assert store.instances(InstanceFilter(backfill.id), None, 10).items == ()
        assert store.state_bytes(backfill.first_run) == b""
        leaving = store.leaving(2)
        if leaving is None:
            break
        assert len(leaving) <= 2
        discarded |= set(leaving.values())
        for _ in range(2):  # as good as once
            store.sweep(leaving.keys(), 2)
        steps += 1
        store.close()
    assert discarded == logs
    assert steps >= 4 * TASKS / 2
    for run in backfill.runs:
        assert names(store, run) == set()
        with pytest.raises(NotFound):
            store.instance(instance_id(run, 0))
    store.close()


def test_what_is_going_is_found_by_its_index(sqlite: Place) -> None:
    """However many runs there are: a step reads no more than it deletes."""
    sqlite.open().close()
    engine = sqlite.engine()
    for leaving in (expiring.LEAVING_ATTEMPTS, expiring.LEAVING_INSTANCES):
        with engine.connect() as connection:
            asked = leaving.compile(engine, compile_kwargs={"literal_binds": True})
            steps = [row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {asked} LIMIT 9"))]
        assert "ix_run_going" in steps[0]
        assert [step.split()[0] for step in steps] == ["SCAN", "SEARCH"], steps
    engine.dispose()


def test_a_run_with_an_attempt_in_doubt_is_kept(store: Store) -> None:
    """As long as nobody knows the end of one of its attempts it is looked at again every hour."""
    play = ran(store, {"succeeded": NOW})
    play.claim(instance_id(play.backfill.first_run, 0), attempt=3)
    backfill, late = done(play, NOW), NOW + 100 * HOUR

    assert cleared(store, backfill.id, late) == (late + expiring.IN_DOUBT, set())
    assert store.expired_since(backfill.id) is None


def test_who_lost_the_lease_deletes_nothing(home: Place, store: Store) -> None:
    """Retention writes under the same epoch as everything else."""
    backfill = done(ran(store, {"succeeded": NOW}), NOW)
    home.execute("UPDATE lease SET epoch = epoch + 1")

    with pytest.raises(StoreConflict):
        store.expire(backfill.id, KEEP, NOW + 100 * HOUR)
    with pytest.raises(StoreConflict):
        store.sweep([], 2)
    assert names(store, backfill.first_run)
