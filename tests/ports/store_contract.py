"""What every store promises; a test module per database gives it the `home` to run in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from functools import partial
from typing import Any, Protocol
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backfilld.engine.asking import (
    ACCEPTED,
    SET_SUCCEEDED,
    Answered,
    Asked,
    InstanceFacts,
    Targets,
    rejected,
)
from backfilld.engine.events import (
    AttemptClosed,
    AttemptMoved,
    BackfillChanged,
    BackfillMarked,
    Effect,
    InstanceMarked,
    Moved,
    RunAdmitted,
    RunChanged,
    RunFacts,
    RunMarked,
    Start,
)
from backfilld.engine.marks import BackfillMarks, Halt, InstanceMarks, OnFailure, RunMarks
from backfilld.engine.states import HELD, AttemptState, Event, State
from backfilld.errors import KeyReused, NotFound, StoreConflict
from backfilld.planning.history import Outcomes, Past
from backfilld.planning.plan import InstanceId, instance_id, split_id
from backfilld.ports import (
    BackfillFilter,
    Ended,
    Ending,
    IdempotencyKey,
    InstanceFilter,
    NewBackfill,
    OperationStatus,
    Page,
    Round,
    RunRows,
    Store,
    StoredBackfill,
)

NOW = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
FIRST = date(2013, 1, 1)
NIGHT = timedelta(hours=2)

ALWAYS = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
WORDS = {State.SUCCEEDED: "succeeded", State.FAILED: "failed", State.LOST: "lost"}

SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]
"""A property of the contract runs on every database, and makes a new backfill for each example."""


ENDS = st.tuples(
    st.sampled_from([*WORDS, State.CANCELLED]),
    st.integers(0, 3).map(lambda hours: NOW + timedelta(hours=hours)),
)
"""How an attempt ends, and when: seldom in the order in which it is told."""
EDGES = st.sampled_from([datetime(2012, 12, 29, tzinfo=UTC) + timedelta(hours=hour) for hour in range(0, 144, 2)]).map(
    lambda edge: edge + timedelta(microseconds=edge.day % 3 - 1)
)
"""Ends of ranges: on a cycle, just before and just after."""

MOMENTS = st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
PRIORITIES = st.none() | st.integers(1, 11)
INSTANCE_MARKS = st.builds(InstanceMarks, PRIORITIES, st.none() | st.sampled_from(Event), st.none() | st.uuids())
RUN_MARKS = st.builds(RunMarks, st.booleans(), MOMENTS, MOMENTS, PRIORITIES, st.integers(0, 3))
BACKFILL_MARKS = st.builds(
    BackfillMarks,
    st.none() | st.sampled_from(Halt),
    MOMENTS,
    st.booleans(),
    PRIORITIES,
    st.none() | st.integers(1, 10),
    st.none() | st.sampled_from(OnFailure),
)


class Home(Protocol):
    """Where a store lives: it can be opened again, and reached past the store."""

    def open(self) -> Store: ...

    def execute(self, statement: str) -> None: ...


def days(count: int, first: date = FIRST) -> tuple[date, ...]:
    return tuple(first + timedelta(days=number) for number in range(count))


def new_backfill(dates: int = 2, tasks: int = 3, dates_from: date = FIRST, **changes: Any) -> NewBackfill:
    given: dict[str, Any] = {
        "operation": str(uuid4()),
        "name": "january",
        "environment": "Prod",
        "priority": 1,
        "request": '{"name": "january"}',
        "resolved": "{}",
        "plan_hash": "abc",
        "catalog_version": UUID(int=7),
        "catalog_content": "the catalog",
        "dates": days(dates, dates_from),
        "size": dates * tasks,
        "project": 1,
    }
    return NewBackfill(**given | changes)


def accepted(store: Store, dates: int = 2, tasks: int = 3, **changes: Any) -> StoredBackfill:
    operation = store.accept(new_backfill(dates, tasks, **changes), NOW)
    return store.write_runs(operation.id, NOW)


def everything(ask: Any, limit: int) -> list[Any]:
    """All items of all pages."""
    items, after = [], None
    while True:
        page: Page[Any] = ask(after, limit)
        assert len(page.items) <= limit
        items += page.items
        after = page.next
        if after is None:
            return items


def seconds(moment: datetime) -> int:
    """Since 1970."""
    return int(moment.timestamp())


class Play:
    """Tells a store about runs of `tasks` instances, as an engine would, and keeps the state bytes.

    Each is one task at 02:00, unless `cycles` gives the seconds from midnight of each: then they are all of task 1.
    """

    def __init__(
        self,
        store: Store,
        backfill: StoredBackfill,
        tasks: int = 3,
        number: int = 0,
        cycles: Sequence[int] = (),
    ) -> None:
        self.store, self.backfill, self.number = store, backfill, number
        self.tasks = [1] * len(cycles) if cycles else range(1, tasks + 1)
        self.cycles = cycles or [7200] * tasks
        self.at = NOW
        self.tries: dict[InstanceId, int] = {}
        self.states: dict[int, bytearray] = {}

    def round(self, effects: Sequence[Effect], **beside: Any) -> Round:
        self.number += 1
        self.at += timedelta(seconds=1)
        return Round(self.number, self.at, effects, **beside)

    def tell(self, effects: Sequence[Effect], **beside: Any) -> Round:
        tick = self.round(effects, **beside)
        self.store.record(tick)
        return tick

    def rows(self, run: int) -> RunRows:
        position = run - self.backfill.first_run
        return RunRows(self.backfill.dates[position], self.tasks, self.cycles)

    def admit(self, run: int) -> None:
        self.states[run] = bytearray([State.READY] * len(self.tasks))
        self.tell([RunAdmitted(run), self.changed(run)], rows={run: self.rows(run)})

    def changed(self, run: int, *, settled: bool = False, outcome: str | None = None) -> RunChanged:
        states = bytes(self.states[run])
        counts = tuple(sum(byte & 15 == state for byte in states) for state in State)
        chunks = {chunk: states[chunk * 4096 : (chunk + 1) * 4096] for chunk in range(-(-len(states) // 4096))}
        return RunChanged(run, self.backfill.id, counts, 0, settled, outcome, None, chunks)

    def moved(self, instance: InstanceId, state: State, attempt: int = 1, **facts: Any) -> Moved:
        run, ordinal = split_id(instance)
        self.states[run][ordinal] = state
        return Moved(instance, state, attempt, facts.get("failures", 0), facts.get("not_before"), self.at)

    def claim(self, *instances: InstanceId, attempt: int = 1) -> dict[InstanceId, str]:
        claims = {instance: uuid4().hex for instance in instances}
        effects: list[Effect] = [Start(instance, attempt) for instance in instances]
        effects += [self.moved(instance, State.RUNNING, attempt) for instance in instances]
        runs = {split_id(instance)[0] for instance in instances}
        effects += [self.changed(run) for run in sorted(runs)]
        self.tell(effects, claims={(instance, attempt): uuid for instance, uuid in claims.items()})
        return claims

    def end(
        self,
        instance: InstanceId,
        state: State = State.SUCCEEDED,
        *,
        attempt: int = 1,
        seconds: float = 1,
        settled: str | None = None,
    ) -> Round:
        """The attempt ended with the instance in `state`; `settled` is the run's outcome if this was its last."""
        word = {
            State.SUCCEEDED: AttemptState.SUCCEEDED,
            State.FAILED: AttemptState.FAILED,
            State.LOST: AttemptState.LOST,
        }
        run, _ = split_id(instance)
        code = None if state is State.LOST else int(state is State.FAILED)
        closed = AttemptClosed(instance, attempt, word[state], code, self.at)
        moved = self.moved(instance, state, attempt)
        began = self.at + timedelta(seconds=1)
        told = Ended("", Ending.EXITED, code, began, began + timedelta(seconds=seconds), b'{"rows": 1}', "why")
        change = self.changed(run, settled=settled is not None, outcome=settled)
        return self.tell([closed, moved, change], endings={(instance, attempt): told})

    def settle(self, run: int, ends: Mapping[int, tuple[State, datetime]]) -> None:
        """One more attempt of each of these instances, by ordinal, ended so and then; the run is settled."""
        if run not in self.states:
            self.admit(run)
        told, effects = {}, []
        for ordinal, (state, ended) in ends.items():
            instance = instance_id(run, ordinal)
            attempt = self.tries[instance] = self.tries.get(instance, 0) + 1
            self.claim(instance, attempt=attempt)
            word = AttemptState[state.name] if state in WORDS else AttemptState.STOPPED
            effects += [AttemptClosed(instance, attempt, word, 0, ended), self.moved(instance, state, attempt)]
            told[instance, attempt] = Ended("", Ending.EXITED, 0, ended, ended)
        self.tell([*effects, self.changed(run, settled=True, outcome="succeeded")], endings=told)


class Endings:
    """The ledger's rules by the letter: a word a cycle, the later ending's, and of one backfill the last one told."""

    def __init__(self) -> None:
        self.known: dict[int, dict[int, Past]] = {}

    def told(self, task: int, cycle: datetime, state: State, ended: datetime, backfill: int) -> None:
        if state not in WORDS:
            return
        cycles = self.known.setdefault(task, {})
        old = cycles.get(seconds(cycle))
        once = state is State.SUCCEEDED or (old is not None and old.succeeded_once)
        new = Past(WORDS[state], once, seconds(ended), backfill)  # type: ignore[arg-type]
        if old and old.backfill != backfill and old.ended_at > new.ended_at:
            new = old._replace(succeeded_once=once)
        cycles[seconds(cycle)] = new

    def read(self, tasks: Sequence[int], first: datetime, last: datetime) -> list[tuple[int, Outcomes]]:
        found = [
            (task, {cycle: past for cycle, past in self.known.get(task, {}).items() if self.within(cycle, first, last)})
            for task in tasks
        ]
        return [(task, outcomes) for task, outcomes in found if outcomes]

    def within(self, cycle: int, first: datetime, last: datetime) -> bool:
        return first <= datetime.fromtimestamp(cycle, UTC) <= last


class OnEveryStore:
    """Runs on every store; a subclass gives the fixture `home`."""

    @pytest.fixture
    def store(self, home: Home) -> Iterator[Store]:
        """A store with the lease taken."""
        opened = home.open()
        opened.take_lease(NOW)
        yield opened
        opened.close()


class StoreContract(OnEveryStore):
    """What every store promises of backfills, runs, instances and attempts."""

    # Acceptance

    def test_what_was_accepted_outlives_the_daemon(self, home: Home) -> None:
        """An acceptance that was answered is there after a restart, word for word, with its catalog."""
        given = new_backfill(40, left_out={0: 1 << 17 | 1, 39: 4}, environment="Dev", priority=7, scheduled=False)
        first = home.open()
        first.take_lease(NOW)
        operation = first.accept(given, NOW)
        first.close()

        second = home.open()
        assert second.pending_operations() == (operation,)
        stored = second.backfill(operation.backfill)
        for name in (
            "name",
            "environment",
            "priority",
            "request",
            "resolved",
            "plan_hash",
            "dates",
            "size",
            "left_out",
            "scheduled",
        ):
            assert getattr(stored, name) == getattr(given, name)
        assert (stored.accepted_at, stored.done_at, stored.outcome) == (NOW, None, None)
        assert second.catalog(given.catalog_version) == "the catalog"
        assert second.open_backfills() == ()
        second.close()

    def test_an_acceptance_may_be_repeated(self, store: Store) -> None:
        """The same operation again, or the same key for the same request, is answered with what was accepted first."""
        given = new_backfill(idempotency=IdempotencyKey("somebody", "k", "digest"))
        operation = store.accept(given, NOW)

        assert store.accept(given, NOW + NIGHT) == operation
        again = new_backfill(idempotency=IdempotencyKey("somebody", "k", "digest"))
        assert store.accept(again, NOW + NIGHT) == operation
        with pytest.raises(KeyReused):
            store.accept(new_backfill(idempotency=IdempotencyKey("somebody", "k", "another digest")), NOW)
        assert len(store.backfills(None, 10).items) == 1

    def test_run_numbers_are_given_once(self, store: Store) -> None:
        """Each backfill has one block of run numbers, and no two blocks share one, written or not."""
        unwritten = store.backfill(store.accept(new_backfill(3), NOW).backfill)
        first, second = accepted(store, 5), accepted(store, 1)

        numbers = [*unwritten.runs, *first.runs, *second.runs]
        assert len(set(numbers)) == 9
        assert [run.number for run in store.runs(first.id, None, 100).items] == list(first.runs)
        assert [run.business_date for run in store.runs(first.id, None, 100).items] == list(first.dates)
        assert store.runs(unwritten.id, None, 100).items == ()

    def test_writing_the_runs_completes_the_operation_once(self, store: Store) -> None:
        """Writing the runs again changes nothing, not even the moment of completion."""
        operation = store.accept(new_backfill(4), NOW)
        backfill = store.write_runs(operation.id, NOW + NIGHT)
        runs = store.runs(backfill.id, None, 10)

        assert store.write_runs(operation.id, NOW + 2 * NIGHT) == backfill
        assert store.runs(backfill.id, None, 10) == runs
        done = store.operation(operation.id)
        assert (done.status, done.completed_at) == (OperationStatus.COMPLETED, NOW + NIGHT)
        assert store.pending_operations() == ()
        assert store.open_backfills() == (backfill,)

    def test_a_hundred_years_of_dates(self, store: Store) -> None:
        """36,600 dates are accepted, written and listed, each once and in run order."""
        backfill = accepted(store, dates=36_600)

        runs = everything(lambda after, limit: store.runs(backfill.id, after, limit), 10_000)
        assert [(run.number, run.business_date) for run in runs] == list(
            zip(backfill.runs, backfill.dates, strict=True)
        )
        assert store.open_backfills() == (backfill,)

    def test_an_acceptance_that_failed(self, store: Store) -> None:
        """A failed operation says why, and its backfill is done and never opened; a completed one cannot fail."""
        operation = store.accept(new_backfill(), NOW)
        store.fail_operation(operation.id, "no room", NOW + NIGHT)

        failed = store.operation(operation.id)
        assert (failed.status, failed.error, failed.completed_at) == (OperationStatus.FAILED, "no room", NOW + NIGHT)
        assert (store.pending_operations(), store.open_backfills()) == ((), ())
        assert store.backfill(operation.backfill).outcome == "failed"

        completed = store.accept(new_backfill(), NOW)
        written = store.write_runs(completed.id, NOW)
        store.fail_operation(completed.id, "too late", NOW + NIGHT)
        assert store.operation(completed.id).status is OperationStatus.COMPLETED
        assert store.open_backfills() == (written,)

    # The lease

    def test_one_daemon_at_a_time(self, home: Home) -> None:
        """A second daemon is turned away while the first has the store, and let in afterwards."""
        first = home.open()
        with pytest.raises(StoreConflict):
            home.open()
        first.close()
        home.open().close()

    def test_each_start_has_a_greater_epoch(self, home: Home) -> None:
        """The epoch grows with every lease, over restarts too."""
        epochs = []
        for _ in range(3):
            store = home.open()
            epochs.append(store.take_lease(NOW))
            store.close()
        assert epochs == sorted(set(epochs))

    def test_who_lost_the_lease_writes_nothing(self, home: Home, store: Store) -> None:
        """Once somebody else took the lease every write is refused, and leaves nothing."""
        backfill = accepted(store)
        pending = store.accept(new_backfill(), NOW)
        play = Play(store, backfill)
        home.execute("UPDATE lease SET epoch = epoch + 1, round = 0")

        with pytest.raises(StoreConflict):
            play.admit(backfill.first_run)
        with pytest.raises(StoreConflict):
            store.accept(new_backfill(), NOW)
        with pytest.raises(StoreConflict):
            store.write_runs(pending.id, NOW)
        with pytest.raises(StoreConflict):
            store.fail_operation(pending.id, "", NOW)
        assert store.run(backfill.first_run).admitted_at is None
        assert len(store.backfills(None, 10).items) == 2
        assert store.pending_operations() == (pending,)

    def test_without_a_lease_nothing_is_written(self, home: Home) -> None:
        """A store that was only opened refuses to write."""
        store = home.open()
        with pytest.raises(StoreConflict):
            store.accept(new_backfill(), NOW)
        with pytest.raises(StoreConflict):
            store.record(Round(1, NOW, []))
        store.close()

    # Rounds

    def test_a_restart_finds_what_was_recorded(self, home: Home) -> None:
        """Runs, states, instances and open attempts are recovered as they were told, by the next daemon."""
        first = home.open()
        epoch = first.take_lease(NOW)
        backfill = accepted(first, dates=3)
        run, other, untouched = backfill.runs
        play = Play(first, backfill)
        play.admit(run)
        play.admit(other)
        one, two, three = (instance_id(run, ordinal) for ordinal in range(3))
        claims = play.claim(one, two)
        play.end(one)
        retry = play.at + NIGHT
        play.tell(
            [
                AttemptMoved(two, 1, AttemptState.RUNNING, play.at),
                play.moved(three, State.READY, 0, not_before=retry),
                play.changed(run),
            ]
        )
        first.close()

        second = home.open()
        assert second.open_backfills() == (backfill,)
        assert second.run_facts(backfill.id) == (
            RunFacts(run, bytes([State.SUCCEEDED, State.RUNNING, State.READY]), admitted=True),
            RunFacts(other, bytes([State.READY] * 3), admitted=True),
        )
        assert second.instance_facts(backfill.id) == (InstanceFacts(two, 1, 0), InstanceFacts(three, 0, 0, retry))
        (still,) = second.open_attempts()
        assert (still.attempt, still.instance, still.number, still.epoch) == (claims[two], two, 1, epoch)
        assert (still.state, still.started_at) == (AttemptState.RUNNING, play.at - timedelta(seconds=1))
        assert second.run(untouched).admitted_at is None
        second.close()

    def test_an_attempt_is_told_whole(self, store: Store) -> None:
        """What the executor and the engine know of an attempt is kept: moments, exit code, output, reason."""
        backfill = accepted(store)
        play = Play(store, backfill)
        play.admit(backfill.first_run)
        instance = instance_id(backfill.first_run, 1)
        play.claim(instance)
        claimed_at = play.at
        play.end(instance, State.FAILED, seconds=2.5)

        (attempt,) = store.attempts(instance)
        assert (attempt.state, attempt.exit_code, attempt.output) == (AttemptState.FAILED, 1, b'{"rows": 1}')
        assert (attempt.claimed_at, attempt.reason) == (claimed_at, "why")
        assert attempt.started_at
        assert attempt.ended_at
        assert attempt.ended_at - attempt.started_at == timedelta(seconds=2.5)
        assert store.open_attempts() == ()

    def test_an_attempt_may_start_and_end_in_one_round(self, store: Store) -> None:
        """The start is kept when it is told together with the ending, and the ending knows none."""
        backfill = accepted(store)
        play = Play(store, backfill)
        play.admit(backfill.first_run)
        instance = instance_id(backfill.first_run, 0)
        play.claim(instance)
        began = play.at + timedelta(microseconds=5)
        ended = play.at + NIGHT
        running = AttemptMoved(instance, 1, AttemptState.RUNNING, began)
        play.tell([running, AttemptClosed(instance, 1, AttemptState.LOST, None, ended)])

        (attempt,) = store.attempts(instance)
        assert (attempt.state, attempt.started_at, attempt.ended_at) == (AttemptState.LOST, began, ended)

    def test_the_last_of_several_facts_counts(self, store: Store) -> None:
        """Of several moves of an instance, or changes of a run, in one round the last one is kept, chunks of all."""
        backfill = accepted(store)
        run = backfill.first_run
        play = Play(store, backfill)
        play.admit(run)
        instance = instance_id(run, 2)
        before = play.changed(run)
        moves = [play.moved(instance, State.RUNNING), play.moved(instance, State.FAILED, failures=1)]
        last = RunChanged(run, backfill.id, (0, 2, 0, 0, 1, 0, 0, 0, 0), 4, False, None, State.CANCELLED, {})
        play.tell([*moves, before, last])

        stored = store.instance(instance)
        assert (stored.state, stored.failures, stored.changed_at) == (State.FAILED, 1, moves[1].at)
        facts = store.run(run)
        assert (facts.counts, facts.held_back, facts.default) == (last.counts, 4, State.CANCELLED)
        assert store.state_bytes(run) == before.chunks[0]

    def test_instances_are_born_as_the_round_leaves_them(self, store: Store) -> None:
        """A run's rows have the states, flags and facts of the round that admits it."""
        backfill = accepted(store)
        run = backfill.first_run
        play = Play(store, backfill)
        play.states[run] = bytearray([State.READY, State.WAITING | HELD, State.READY])
        later = NOW + NIGHT
        moved = Moved(instance_id(run, 2), State.READY, 0, 0, later, NOW)
        play.tell([moved, RunAdmitted(run), play.changed(run)], rows={run: play.rows(run)})

        first, second, third = store.instances(InstanceFilter(backfill.id), None, 10).items
        assert [instance.byte for instance in (first, second, third)] == [1, State.WAITING | HELD, 1]
        assert (second.state, third.not_before, first.not_before) == (State.WAITING, later, None)
        assert [instance.task for instance in (first, second, third)] == [1, 2, 3]
        assert first.cycle_time == datetime(2013, 1, 1, 2, tzinfo=UTC)
        assert store.run(run).admitted_at == play.at

    def test_a_run_is_admitted_again_after_a_rerun(self, store: Store) -> None:
        """The second admission keeps the rows, and moves them as told."""
        backfill = accepted(store)
        run = backfill.first_run
        play = Play(store, backfill)
        play.admit(run)
        instance = instance_id(run, 0)
        play.claim(instance)
        play.end(instance, State.FAILED, settled="failed")
        again = play.moved(instance, State.READY)
        play.tell([RunAdmitted(run), again, play.changed(run)], rows={run: play.rows(run)})
        play.claim(instance, attempt=2)

        assert [attempt.number for attempt in store.attempts(instance)] == [1, 2]
        first, second = store.last_times([instance, instance_id(run, 1)], 5)[instance]
        assert (first.number, first.state, first.ended_at) == (
            1,
            AttemptState.FAILED,
            store.attempts(instance)[0].ended_at,
        )
        assert (second.number, second.state, second.ended_at) == (2, AttemptState.CLAIMED, None)
        assert store.last_times([instance, instance_id(run, 1)], 1) == {instance: (second,)}
        assert len(store.instances(InstanceFilter(backfill.id), None, 10).items) == 3
        assert not store.run(run).settled

    def test_a_round_is_written_once(self, store: Store) -> None:
        """A round whose answer was lost may be told again: rows, durations and ledger stay as they are."""
        backfill = accepted(store, tasks=1)
        play = Play(store, backfill, tasks=1)
        play.admit(backfill.first_run)
        instance = instance_id(backfill.first_run, 0)
        play.claim(instance)
        last = play.end(instance, settled="succeeded")
        seen = self.memory(store, backfill)

        store.record(last)
        assert self.memory(store, backfill) == seen

    def memory(self, store: Store, backfill: StoredBackfill) -> tuple[object, ...]:
        """All that a store can say about a backfill."""
        instances = store.instances(InstanceFilter(backfill.id), None, 1000).items
        return (
            store.backfill(backfill.id),
            store.runs(backfill.id, None, 1000),
            [store.state_bytes(run) for run in backfill.runs],
            instances,
            [store.attempts(instance.id) for instance in instances],
            store.open_attempts(),
            store.durations("Prod", range(10)),
            list(store.ledger("Prod", [1], *ALWAYS)),
        )

    def test_no_attempt_is_claimed_twice(self, store: Store) -> None:
        """A second claim is refused with its whole round, and the round can be told again without it."""
        backfill = accepted(store)
        run = backfill.first_run
        play = Play(store, backfill)
        play.admit(run)
        one, two = instance_id(run, 0), instance_id(run, 1)
        play.claim(one)
        seen = self.memory(store, backfill)
        claims = {(one, 1): uuid4().hex, (two, 1): uuid4().hex}
        moved = play.moved(two, State.RUNNING)
        bad = play.round([Start(two, 1), Start(one, 1), moved, play.changed(run)], claims=claims)

        with pytest.raises(StoreConflict):
            store.record(bad)
        assert self.memory(store, backfill) == seen
        store.record(Round(bad.number, bad.at, [Start(two, 1), moved, play.changed(run)], claims=claims))
        assert store.instance(two).state is State.RUNNING

    def test_what_is_not_there_cannot_change(self, store: Store) -> None:
        """A move of an instance without a row is refused with its whole round."""
        backfill = accepted(store)
        run, other = backfill.runs
        play = Play(store, backfill)
        play.admit(run)
        seen = self.memory(store, backfill)
        strange = Moved(instance_id(other, 0), State.RUNNING, 1, 0, None, NOW)

        with pytest.raises(StoreConflict):
            play.tell([play.moved(instance_id(run, 0), State.RUNNING), strange, play.changed(run)])
        assert self.memory(store, backfill) == seen

    def test_chunks_of_a_large_run(self, store: Store) -> None:
        """A run of several chunks is kept whole, and a changed chunk replaces only itself."""
        backfill = accepted(store, dates=1, tasks=10_000)
        run = backfill.first_run
        play = Play(store, backfill, tasks=10_000)
        play.admit(run)
        assert store.state_bytes(run) == bytes([State.READY]) * 10_000
        play.states[run][5000] = State.RUNNING
        whole = play.changed(run)
        play.tell([RunChanged(run, backfill.id, whole.counts, 0, False, None, None, {1: whole.chunks[1]})])

        assert store.state_bytes(run) == bytes(play.states[run])
        assert store.run(run).counts[State.RUNNING] == 1
        assert len(everything(lambda a, n: store.instances(InstanceFilter(backfill.id), a, n), 3000)) == 10_000

    def test_a_backfill_ends_and_opens_again(self, store: Store) -> None:
        """A done backfill is not open; one that a rerun opened again is."""
        backfill = accepted(store)
        play = Play(store, backfill)
        play.tell([BackfillChanged(backfill.id, True, "failed", NOW + NIGHT)])
        done = store.backfill(backfill.id)
        assert (done.done_at, done.outcome, store.open_backfills()) == (NOW + NIGHT, "failed", ())
        assert store.outcomes(BackfillFilter()) == {"failed": 1}
        ended = [BackfillFilter(outcomes=frozenset({word})) for word in ("failed", "succeeded")]
        assert [store.backfill_numbers(each) for each in ended] == [(backfill.id,), ()]

        play.tell([BackfillChanged(backfill.id, False, None, NOW + 2 * NIGHT)])
        assert store.open_backfills() == (backfill,)
        assert [store.backfill_numbers(each) for each in ended] == [(), ()]

    # History

    def test_settled_runs_make_the_ledger(self, store: Store) -> None:
        """A cycle's last ending is recorded when its run settles: how, when, by whom, whether it ever succeeded."""
        backfill = accepted(store, dates=4, tasks=1)
        play = Play(store, backfill, tasks=1)
        ended = [NOW + NIGHT * position for position in range(4)]
        states = [State.SUCCEEDED, State.FAILED, State.SUCCEEDED]
        for run, state, at in zip(backfill.runs, states, ended, strict=False):
            play.settle(run, {0: (state, at)})
        play.admit(backfill.runs[3])
        play.claim(instance_id(backfill.runs[3], 0))
        cycles = [datetime(2013, 1, day, 2, tzinfo=UTC) for day in (1, 2, 3)]
        one, two, three = (
            Past(WORDS[state], state is State.SUCCEEDED, seconds(at), backfill.id)  # type: ignore[arg-type]
            for state, at in zip(states, ended, strict=False)
        )
        keys = list(map(seconds, cycles))
        assert list(store.ledger("Prod", [1], *ALWAYS)) == [(1, dict(zip(keys, (one, two, three), strict=True)))]
        assert list(store.ledger("Prod", [1], cycles[1], cycles[1])) == [(1, {keys[1]: two})]
        assert list(store.ledger("Dev", [1], *ALWAYS)) == []

        again = accepted(store, dates=1, tasks=1)
        Play(store, again, tasks=1, number=play.number).settle(again.first_run, {0: (State.LOST, ended[3])})
        lost = Past("lost", True, seconds(ended[3]), again.id)
        assert list(store.ledger("Prod", [1], cycles[0], cycles[0])) == [(1, {keys[0]: lost})]

    def test_tasks_come_in_the_order_asked(self, store: Store) -> None:
        """A ledger of many tasks is read in their order, each whole, without those that have nothing."""
        backfill = accepted(store, dates=1, tasks=200)
        play = Play(store, backfill, tasks=200)
        play.settle(backfill.first_run, {task - 1: (State.SUCCEEDED, NOW) for task in range(2, 201, 2)})

        found = list(store.ledger("Prod", range(200, 0, -1), *ALWAYS))
        cycle = seconds(datetime(2013, 1, 1, 2, tzinfo=UTC))
        past = Past("succeeded", True, seconds(NOW), backfill.id)
        assert found == [(task, {cycle: past}) for task in range(200, 0, -2)]
        assert list(store.ledger("Prod", [], *ALWAYS)) == []
        assert list(store.succeeded("Prod", range(200, 0, -1), *ALWAYS)) == [(task, {cycle}) for task, _ in found]

    def test_a_rerun_after_a_set_back_clock_counts(self, store: Store) -> None:
        """Within a backfill the ending told last counts, whatever the host's clock said."""
        backfill = accepted(store, dates=1, tasks=1)
        play = Play(store, backfill, tasks=1)
        play.settle(backfill.first_run, {0: (State.FAILED, NOW)})
        play.settle(backfill.first_run, {0: (State.SUCCEEDED, NOW - NIGHT)})

        ((_, outcomes),) = store.ledger("Prod", [1], *ALWAYS)
        assert list(outcomes.values()) == [Past("succeeded", True, seconds(NOW - NIGHT), backfill.id)]

    def test_what_was_paused_settles_late(self, store: Store) -> None:
        """A run that settles after another backfill ended its cycle later does not hide that ending."""
        paused, other = accepted(store, dates=1, tasks=1), accepted(store, dates=1, tasks=1)
        play = Play(store, other, tasks=1)
        play.settle(other.first_run, {0: (State.SUCCEEDED, NOW + NIGHT)})
        Play(store, paused, tasks=1, number=play.number).settle(paused.first_run, {0: (State.FAILED, NOW)})

        ((_, outcomes),) = store.ledger("Prod", [1], *ALWAYS)
        assert list(outcomes.values()) == [Past("succeeded", True, seconds(NOW + NIGHT), other.id)]

    def test_a_virtual_task_ended_when_it_changed(self, store: Store) -> None:
        """What succeeds without an attempt is recorded with the moment of its change, and has no duration."""
        backfill = accepted(store, dates=1, tasks=1)
        play = Play(store, backfill, tasks=1)
        play.admit(backfill.first_run)
        moved = play.moved(instance_id(backfill.first_run, 0), State.SUCCEEDED, 0)
        play.tell([moved, play.changed(backfill.first_run, settled=True, outcome="succeeded")])

        ((_, outcomes),) = store.ledger("Prod", [1], *ALWAYS)
        assert list(outcomes.values()) == [Past("succeeded", True, seconds(moved.at), backfill.id)]
        assert store.durations("Prod", [1]) == {}

    def test_what_is_of_no_schedule_has_no_cycles(self, store: Store) -> None:
        """A backfill that is not of its tasks' schedules leaves the ledger alone; how long its tasks took is kept."""
        backfill = accepted(store, dates=1, tasks=1, scheduled=False)
        Play(store, backfill, tasks=1).settle(backfill.first_run, {0: (State.SUCCEEDED, NOW)})

        assert list(store.ledger("Prod", [1], *ALWAYS)) == []
        assert store.durations("Prod", [1]) == {1: (0, 0)}

    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=SHARED)
    @given(data=st.data())
    def test_the_ledger_forgets_nothing_and_makes_nothing_up(self, store: Store, data: st.DataObject) -> None:
        """Whatever backfills end how, when and how often, each cycle of any range reads as its endings tell."""
        environment, endings = str(uuid4()), Endings()
        store.take_lease(NOW)
        number = 0
        for _ in range(data.draw(st.integers(1, 3))):
            cycles = data.draw(st.sampled_from([(7200,), (0, 3600, 7200), (60, 120, 86340)]))
            backfill = accepted(store, dates=4, dates_from=date(2012, 12, 30), environment=environment)
            play = Play(store, backfill, number=number, cycles=cycles)
            for run in data.draw(st.lists(st.sampled_from(backfill.runs), max_size=6)):
                ends = data.draw(st.dictionaries(st.integers(0, len(cycles) - 1), ENDS, min_size=1))
                play.settle(run, ends)
                midnight = datetime.combine(backfill.dates[run - backfill.first_run], datetime.min.time(), UTC)
                for ordinal, (state, ended) in ends.items():
                    cycle = midnight + timedelta(seconds=cycles[ordinal])
                    endings.told(1, cycle, state, ended, backfill.id)
            number = play.number
        first, last = sorted(data.draw(st.tuples(EDGES, EDGES)))
        for asked in ((first, last), ALWAYS):
            assert list(store.ledger(environment, [2, 1], *asked)) == endings.read([2, 1], *asked)
            done = dict(store.succeeded(environment, [2, 1], *asked))
            for task, outcomes in endings.read([2, 1], *asked):
                ever = {cycle for cycle, past in outcomes.items() if past.succeeded_once}
                assert done.get(task, set()) & outcomes.keys() == ever

    def test_durations_are_those_of_successes(self, store: Store) -> None:
        """Failed attempts and other environments do not count, nor does an attempt count twice after a rerun."""
        backfill = accepted(store, dates=1, tasks=3)
        run = backfill.first_run
        play = Play(store, backfill)
        play.admit(run)
        instances = [instance_id(run, ordinal) for ordinal in range(3)]
        play.claim(*instances)
        play.end(instances[0], seconds=10)
        play.end(instances[1], State.FAILED, seconds=1000)
        play.end(instances[2], seconds=1, settled="failed")
        assert store.durations("Prod", [1, 2, 3, 4]) == {1: (10, 10), 3: (1, 1)}
        assert store.durations("Dev", [1]) == {}

        play.at += NIGHT
        for attempt, seconds in ((2, 20), (3, 60)):
            play.tell([play.moved(instances[0], State.READY, attempt - 1), play.changed(run)])
            play.claim(instances[0], attempt=attempt)
            play.end(instances[0], attempt=attempt, seconds=seconds, settled="failed")
            play.at += NIGHT
        assert store.durations("Prod", [1, 2, 3]) == {1: (20, 60), 3: (1, 1)}

    def test_one_moment_stands_still(self, store: Store) -> None:
        """Who reads at one moment sees nothing of what is recorded meanwhile; all others do."""
        first = accepted(store, dates=1)
        with store.at_one_moment() as moment:
            known = {each.id for each in moment.open_backfills()}
            second = accepted(store, dates=1)
            play = Play(store, first)
            play.admit(first.first_run)
            assert (first.id in known, {each.id for each in moment.open_backfills()}) == (True, known)
            assert moment.run_facts(first.id) == ()
        with store.at_one_moment() as moment:
            assert {each.id for each in moment.open_backfills()} == known | {second.id}
            assert [each.run for each in moment.run_facts(first.id)] == [first.first_run]

    # Doors

    def test_filters(self, store: Store) -> None:
        """Instances are found by run, task and state, alone and together."""
        backfill = accepted(store, dates=3)
        play = Play(store, backfill)
        for run in backfill.runs:
            play.admit(run)
        failed = [instance_id(backfill.runs[position], position) for position in (1, 2)]
        play.claim(*failed)
        for instance in failed:
            play.end(instance, State.FAILED)

        def found(**wanted: Any) -> list[InstanceId]:
            return [i.id for i in store.instances(InstanceFilter(backfill.id, **wanted), None, 100).items]

        last = backfill.runs[2]
        bad = frozenset({State.FAILED, State.LOST})
        assert len(found()) == 9
        assert found(run=last) == [instance_id(last, ordinal) for ordinal in range(3)]
        assert found(states=bad) == failed
        assert found(run=last, states=bad) == failed[1:]
        assert found(tasks=frozenset({2}), states=bad) == failed[:1]
        assert found(tasks=frozenset({1})) == [instance_id(run, 0) for run in backfill.runs]
        assert found(states=frozenset({State.LOST})) == found(tasks=frozenset({99})) == []
        assert store.instances(InstanceFilter(backfill.id + 1), None, 10).items == ()

    def test_backfills_come_newest_first(self, store: Store) -> None:
        """Pages of backfills go from the newest to the oldest, without a gap."""
        ids = [accepted(store, dates=1).id for _ in range(5)]
        assert [b.id for b in everything(store.backfills, 2)] == ids[::-1]

    def test_a_backfill_is_found_by_its_plan(self, store: Store) -> None:
        """The beginning of a plan's hash finds the newest backfill of that plan, to the letter, and no other."""
        old, new, _ = (accepted(store, dates=1, plan_hash=plan) for plan in ("abc1", "abc2", "abd1"))

        assert store.backfill_by_hash("abc") == new
        assert store.backfill_by_hash("abc1") == old
        for stranger in ("ab1", "abc10", "ABC", "ab%", "ab_1", "g"):
            assert store.backfill_by_hash(stranger) is None

    def test_what_does_not_exist(self, store: Store) -> None:
        """Asking for one thing that is not there says so."""
        for ask, ref in (
            (store.operation, "nothing"),
            (store.catalog, UUID(int=1)),
            (store.backfill, 99),
            (store.run, 99),
            (store.instance, 99),
        ):
            with pytest.raises(NotFound):
                ask(ref)  # type: ignore[operator]
        assert store.attempts(99) == ()
        assert store.last_times([99], 5) == {}
        assert store.state_bytes(99) == b""

    def test_moments_are_exact_and_universal(self, store: Store) -> None:
        """A moment comes back to the microsecond, aware, in UTC; a naive one is refused."""
        there = NOW.astimezone(timezone(timedelta(hours=-5)))
        operation = store.operation(store.accept(new_backfill(), there).id)
        assert (operation.accepted_at, operation.accepted_at.utcoffset()) == (NOW, timedelta(0))
        with pytest.raises(ValueError, match="no time zone"):
            store.record(Round(1, NOW, [BackfillChanged(operation.backfill, True, None, NOW.replace(tzinfo=None))]))

    @settings(max_examples=15, deadline=None, database=None, suppress_health_check=SHARED)
    @given(data=st.data())
    def test_pages_are_complete(self, store: Store, data: st.DataObject) -> None:
        """While runs are admitted in any order between pages, a reader sees every older row once, in order."""
        backfill = accepted(store, dates=6)
        store.take_lease(NOW)
        play = Play(store, backfill)
        waiting = data.draw(st.permutations(list(backfill.runs)))
        start = data.draw(st.integers(0, 6))
        for run in waiting[:start]:
            play.admit(run)
        before = {i.id for i in store.instances(InstanceFilter(backfill.id), None, 100).items}
        rest = list(waiting[start:])
        seen: list[InstanceId] = []
        after: int | None = None
        while True:
            page = store.instances(InstanceFilter(backfill.id), after, data.draw(st.integers(1, 7)))
            seen += [instance.id for instance in page.items]
            after = page.next
            if after is None:
                break
            if rest and data.draw(st.booleans()):
                play.admit(rest.pop())
        assert seen == sorted(set(seen))
        assert before <= set(seen)

    @settings(max_examples=15, deadline=None, database=None, suppress_health_check=SHARED)
    @given(of_instance=INSTANCE_MARKS, of_run=RUN_MARKS, of_backfill=BACKFILL_MARKS)
    def test_what_acts_have_set_is_there_again(
        self, home: Home, of_instance: InstanceMarks, of_run: RunMarks, of_backfill: BackfillMarks
    ) -> None:
        """Of an instance, of a run that was never admitted and of the backfill; the last word on each counts."""
        first = home.open()
        first.take_lease(NOW)
        backfill = accepted(first)
        run, untouched = backfill.runs
        play, two = Play(first, backfill), instance_id(run, 1)
        play.admit(run)
        play.tell([InstanceMarked(two, InstanceMarks(1)), RunMarked(untouched, RunMarks(paused=True))])
        marked = InstanceMarked(two, of_instance), RunMarked(untouched, of_run)
        play.tell([*marked, BackfillMarked(backfill.id, of_backfill)])
        first.close()

        second = home.open()
        assert second.backfill(backfill.id).marks == of_backfill
        assert (second.run(untouched).marks, second.instance(two).marks) == (of_run, of_instance)
        facts = {each.run: each for each in second.run_facts(backfill.id)}
        assert (untouched in facts) == (of_run != RunMarks())
        assert facts.get(untouched, facts[run]).marks == (of_run if untouched in facts else RunMarks())
        known = [InstanceFacts(two, 0, 0, None, of_instance)]
        assert list(second.instance_facts(backfill.id)) == [each for each in known if of_instance != InstanceMarks()]
        assert second.facts_of([two]) == tuple(known)
        second.close()

    def test_a_backfill_may_come_marked(self, store: Store) -> None:
        """One that is not to start yet is known as such from its acceptance on."""
        waiting = BackfillMarks(Halt.NOT_STARTED)
        assert accepted(store, marks=waiting).marks == waiting

    def test_attempts_of_what_has_succeeded_are_numbered_on(self, store: Store) -> None:
        """Who was tried more than once is told to the next daemon, as long as its run is not all satisfied."""
        store.take_lease(NOW)
        backfill = accepted(store)
        run = backfill.first_run
        play, instance = Play(store, backfill), instance_id(run, 0)
        play.admit(run)
        play.claim(instance)
        play.tell([play.moved(instance, State.READY, failures=1), play.changed(run)])
        play.claim(instance, attempt=2)
        play.end(instance, attempt=2)
        skipped = play.moved(instance_id(run, 1), State.SKIPPED)
        play.tell([skipped, play.changed(run)])

        assert [(each.instance, each.attempt) for each in store.instance_facts(backfill.id)] == [
            (instance, 2),
            (instance_id(run, 1), 1),
        ]

    def test_an_act_after_the_end_is_in_the_ledger(self, store: Store) -> None:
        """A run that was settled, and is settled otherwise by an act, gives the ledger its new end, and no duration."""
        store.take_lease(NOW)
        backfill = accepted(store, dates=1, tasks=1)
        (run,) = backfill.runs
        play, instance = Play(store, backfill, tasks=1), instance_id(run, 0)
        play.admit(run)
        play.claim(instance)
        play.end(instance, State.FAILED, settled="failed")
        assert [past.ending for _, found in store.ledger("Prod", [1], *ALWAYS) for past in found.values()] == ["failed"]
        asked = Asked(SET_SUCCEEDED, Targets(backfill.id, instances=[instance]))
        answered = Answered(asked, "instance", {instance: ACCEPTED})
        moved = play.moved(instance, State.SUCCEEDED)._replace(at=play.at + timedelta(seconds=1))
        play.tell([answered, moved, play.changed(run, settled=True, outcome="succeeded")])

        assert [past.ending for _, found in store.ledger("Prod", [1], *ALWAYS) for past in found.values()] == [
            "succeeded"
        ]
        assert store.durations("Prod", [1]) == {}

    def test_the_audit_is_a_chain(self, home: Home) -> None:
        """One entry an act, with the counts of its verdicts, durable with what it did; a changed one is found."""
        store = home.open()
        store.take_lease(NOW)
        backfill = accepted(store)
        play = Play(store, backfill)
        asked = Asked(SET_SUCCEEDED, Targets(backfill.id), by="local", name="set_succeeded", about='{"backfill":1}')
        verdicts = dict(zip(backfill.runs, (ACCEPTED, rejected("it is done")), strict=True))
        tick = play.tell([Answered(asked, "run", verdicts)])
        store.record(tick)
        play.tell([BackfillMarked(backfill.id, BackfillMarks(Halt.FIRST), cause="paused by itself")])
        play.tell([BackfillChanged(backfill.id, True, "failed", play.at)])

        entries = everything(store.audit, 2)
        assert [(each.by, each.what, each.counts) for each in entries] == [
            ("backfilld", "failed", "{}"),
            ("backfilld", "paused by itself", "{}"),
            ("local", "set_succeeded", '{"accepted":1,"rejected":1}'),
            ("local", "accepted", "{}"),
        ]
        assert [each.id for each in entries] == [4, 3, 2, 1]
        assert everything(partial(store.audit_about, backfill.id), 3) == entries
        assert everything(partial(store.audit_about, backfill.id + 1), 3) == []
        assert store.broken_audit() is None
        store.close()
        home.execute("UPDATE audit SET counts = '{}' WHERE id = 2")
        changed = home.open()
        assert changed.broken_audit() == 2
        changed.close()
        home.execute("DELETE FROM audit WHERE id = 2")
        taken_out = home.open()
        assert taken_out.broken_audit() == 2
        taken_out.close()
