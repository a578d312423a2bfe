"""What a restart does, and what other threads see."""

from datetime import datetime, timedelta

import pytest
from drawing import NOON, Play, draw

from backfilld.engine.alarms import Alarms
from backfilld.engine.asking import RERUN, Asked, InstanceFacts, Targets
from backfilld.engine.engine import Engine
from backfilld.engine.events import Accepted, BackfillChanged, OnFailure, Restored, RunFacts, Start, Stop
from backfilld.engine.snapshot import RUNS_A_PAGE
from backfilld.engine.states import STOPPING, State
from backfilld.planning.plan import instance_id

R, D, W = int(State.RUNNING), int(State.SUCCEEDED), int(State.WAITING)


def restored(states: bytes, **more) -> Restored:
    plan = draw("a -> c\nb -> c", tasks={"a": {"timeout": timedelta(hours=1)}})
    accepted = Accepted(1, plan, [7], "Prod", 1, 1, OnFailure.HOLD)
    return Restored(accepted, [RunFacts(7, states, True)], [], **more)


def test_a_stop_is_told_again():
    """Nobody knows whether a stop was carried out before the daemon died: it is told once more."""
    engine = Engine({"default": 9})
    effects = engine.handle([restored(bytes([R | STOPPING, R, W]))], NOON)

    assert [each for each in effects if isinstance(each, Stop)] == [
        Stop(instance_id(7, 0), 1, grace=timedelta(seconds=10))
    ]
    assert not [each for each in effects if isinstance(each, Start)]


def test_a_deadline_counts_from_the_recorded_start():
    """A timeout goes on from when the attempt is known to have started."""
    engine = Engine({"default": 9})
    began = NOON - timedelta(minutes=50)
    engine.handle([restored(bytes([R, R, W]), started={instance_id(7, 0): began})], NOON)

    assert engine.next_wake(NOON) == began + timedelta(hours=1)


def test_fewer_slots_after_a_restart():
    """What runs keeps running when a group has become smaller; nothing starts until enough has ended."""
    engine = Engine({"default": 1})
    engine.handle([restored(bytes([R, R, W]))], NOON)
    other = Accepted(2, draw("x"), [8], "Dev", 1, 1, OnFailure.HOLD)

    assert not [each for each in engine.handle([other], NOON) if isinstance(each, Start)]


def test_a_settled_backfill_comes_back_for_a_rerun():
    """A backfill that was done is restored silently, with the word that it had."""
    engine = Engine({"default": 1})

    assert engine.handle([restored(bytes([D, State.FAILED, W]))], NOON) == []
    assert engine.snapshot.backfills[1].word == "failed"
    assert engine.snapshot.backfills[1].run(0).held_back == 1


def test_what_was_set_without_an_attempt_has_none():
    """The number of the first attempt is one, also after an operator had set the instance succeeded long ago."""
    engine = Engine({"default": 1})
    engine.handle([restored(bytes([D, D, D]))], NOON)
    instance = instance_id(7, 0)
    known = [InstanceFacts(instance, 0, 0)]

    effects = engine.handle([Asked(RERUN, Targets(1, instances=[instance]), known)], NOON)
    assert Start(instance, 1) in effects


def test_only_what_changed_is_replaced():
    """A snapshot stays as it was taken; the next one shares every page and backfill that did not change."""
    engine = Engine({"default": 1})
    plan = draw("a", days=range(1, 29))
    runs = [*range(1, 29)]
    engine.handle([Accepted(1, plan, runs, "Prod", 1, 1, OnFailure.HOLD)], NOON)
    before = engine.snapshot
    engine.handle([Accepted(2, draw("b"), [99], "Dev", 1, 1, OnFailure.HOLD)], NOON)

    assert set(before.backfills) == {1}
    assert engine.snapshot.backfills[1] is before.backfills[1]
    engine.handle([], NOON)
    assert engine.snapshot.backfills[1] is before.backfills[1]
    assert [view.run for view in engine.snapshot.backfills[1].runs()] == runs
    assert len(before.backfills[1].pages) == -(-len(runs) // RUNS_A_PAGE)


def test_a_naive_moment_is_refused():
    """Only aware moments pass."""
    with pytest.raises(ValueError, match="no time zone"):
        Engine({}).handle([], datetime(2024, 1, 1))


def test_words_follow_what_is_counted():
    """Queued without a slot, running with one, waiting while a retry is not due."""
    play = Play(draw("a", days=range(1, 3), tasks={"a": {"retries": 1}}), groups={"default": 1}, parallelism=2)
    assert (play.word(1), play.word(2), play.word()) == ("running", "queued", "running")
    play.succeed("a@1")
    play.fail("a@2")
    assert (play.word(1), play.word(2), play.word()) == ("succeeded", "waiting", "waiting")


def test_alarms_ring_once_and_as_last_set():
    """An alarm set again rings only then; a dropped one never; old entries do not pile up."""
    alarms: Alarms[int] = Alarms()
    for minute in range(1000):
        alarms.set(1, NOON + timedelta(minutes=minute))
    alarms.set(2, NOON)
    alarms.set(3, NOON)
    alarms.drop(3)

    assert alarms.first() == NOON
    assert list(alarms.due(NOON + timedelta(minutes=998))) == [2]
    assert list(alarms.due(NOON + timedelta(minutes=999))) == [1]
    assert alarms.first() is None
    assert len(alarms._heap) < 200


def test_what_is_done_by_now_but_recorded_as_open_is_told():
    """A daemon died between what opened it and what would have come of that: its end is news, and told once."""
    engine = Engine({"default": 1})
    effects = engine.handle([restored(bytes([D, State.FAILED, W]), open=True)], NOON)

    assert effects == [BackfillChanged(1, True, "failed", NOON)]
    assert engine.handle([], NOON) == []
