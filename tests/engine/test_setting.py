"""Skip, set, rerun after success, trigger, stop, and what is set for single instances."""

from datetime import UTC, datetime, timedelta

import pytest
from drawing import NOON, Play, draw

from backfilld.engine.asking import (
    RERUN,
    SET_FAILED,
    SET_SUCCEEDED,
    SKIP,
    Asked,
    Change,
    InstanceFacts,
    Order,
    Pause,
    SetNotBefore,
    SetPriority,
    Targets,
    Word,
)
from backfilld.engine.engine import Engine
from backfilld.engine.events import Accepted, InstanceMarked, Restored, RunFacts, Start
from backfilld.engine.marks import OnFailure
from backfilld.engine.states import AttemptState, Event
from backfilld.planning.plan import instance_id

CHAIN = "a -> b -> c"
FIRST = 19


def verdict(answered) -> Word:
    (found,) = answered.verdicts.values()
    return found.word


@pytest.mark.parametrize("act", [SKIP, SET_SUCCEEDED])
def test_what_failed_is_passed(act):
    """Skipped or set to succeeded, it lets what waits for it run, and a kept place goes on."""
    play = Play(draw(CHAIN, days=[1, 2]), on_failure=OnFailure.HOLD)
    play.fail("a@1")
    assert (play.word(), play.word(1)) == ("failed", "failed")
    play.act(act, "a@1")

    assert play.starts() == ["a@1", "b@1"]
    play.succeed("b@1")
    play.succeed("c@1")
    assert (play.word(1), play.starts()) == ("succeeded", ["c@1", "a@2"])


def test_a_whole_run_is_skipped():
    """Also one that has not begun: its instances get rows, and later dates go on."""
    play = Play(draw("a -previous-> a -> b", days=[1, 2, 3]))
    play.act(SKIP, days=[2])
    play.succeed("a@1")
    play.succeed("b@1")

    assert play.starts() == ["a@1", "b@1", "a@3"]
    assert play.word(2) == "succeeded"


def test_what_runs_is_stopped_before_it_is_set():
    """The answer says how long that takes at the most; no other attempt starts, and the last word counts."""
    play = Play(draw(CHAIN, tasks={"a": {"retries": 5, "kill_grace": timedelta(seconds=2.5)}}))
    answered = play.act(SKIP, "a@19")
    (found,) = answered.verdicts.values()
    assert (found.word, found.seconds, play.stops()) == (Word.LATER, 3, ["a@19"])
    assert verdict(play.act(SET_SUCCEEDED, "a@19")) is Word.LATER
    assert (play.stops(), play.starts()) == ([], ["a@19"])
    play.end(AttemptState.STOPPED, "a@19")

    assert play.starts() == ["b@19"]
    assert play.counts(FIRST)[3] == 1


def test_who_insists_has_what_runs_run_again():
    """Stopped, and only then started as the next attempt."""
    play = Play(draw("a"))
    assert verdict(play.act(RERUN, "a@19")) is Word.REJECTED
    assert verdict(play.act(Change(Event.RERUN, force=True), "a@19")) is Word.LATER
    assert play.starts() == ["a@19"]
    play.end(AttemptState.STOPPED, "a@19")
    assert (play.starts(), play.open[play.instance("a@19")]) == (["a@19"], 2)


def test_a_stop_that_came_too_late_is_not_undone():
    """What had succeeded before it was reached can be set to failed, not skipped."""
    play = Play(draw("a\nb"))
    play.act(SKIP, "a@19")
    play.act(SET_FAILED, "b@19")
    play.succeed("a@19", "b@19")

    assert (play.counts(FIRST)[3], play.counts(FIRST)[4]) == (1, 1)


def test_a_success_that_is_run_again_takes_back_what_waits():
    """What is ready behind it waits again, what runs goes on, what has succeeded stays."""
    play = Play(draw("a -> b\na -> c\na -> d"), groups={"default": 1})
    play.succeed("a@19")
    assert play.starts() == ["a@19", "b@19"]
    play.act(RERUN, "a@19")
    assert play.counts(FIRST)[:3] == (2, 1, 1)
    play.succeed("b@19")
    assert play.starts() == ["a@19"]
    play.succeed("a@19")
    assert play.starts() == ["c@19"]


def test_a_retry_waits_for_what_is_run_again():
    """A running instance whose upstream was taken back is not tried again before that is there."""
    play = Play(draw("a -> b", tasks={"b": {"retries": 1, "retry_delay": timedelta(0)}}))
    play.succeed("a@19")
    play.act(RERUN, "a@19")
    play.fail("b@19")
    assert play.starts() == ["a@19", "b@19", "a@19"]
    play.succeed("a@19")
    assert play.starts() == ["b@19"]


def test_a_success_that_is_set_to_failed_blocks_what_waits():
    """On its own date and on later ones; skipped after all, they go on."""
    play = Play(draw("a -> b\na -previous-> b", days=[1, 2]), parallelism=2, groups={"default": 2})
    play.succeed("a@1")
    play.succeed("a@2")
    play.starts()
    play.act(SET_FAILED, "a@1")
    play.end(AttemptState.LOST, "b@1")
    play.succeed("b@2")

    assert (play.word(1), play.word(2)) == ("failed", "succeeded"), "the second date had begun"
    play.act(SKIP, "a@1")
    play.rerun()
    assert play.starts() == ["b@1"]


def test_a_finished_date_comes_back():
    """After success nothing of it is in memory but its bytes; run again, later dates wait for it as ever."""
    play = Play(draw("a -> b\nb -previous-> a", days=[1, 2, 3]))
    for name in ("a@1", "b@1"):
        play.succeed(name)
    play.act(RERUN, "a@1", "b@1")
    assert play.word(1) == "queued"
    play.succeed("a@2")
    play.succeed("b@2")
    assert play.starts()[-1] == "a@1"
    play.succeed("a@1")
    play.succeed("b@1")
    assert (play.word(1), play.word(2), play.starts()[-1]) == ("succeeded", "succeeded", "a@3")


def test_what_is_left_out_hands_on_that_it_waits_again():
    """An instance that the plan passes through is left out again once its upstream is there."""
    play = Play(draw(CHAIN, left_out=["b@19"]), groups={"default": 1})
    play.hold("c@19")
    play.succeed("a@19")
    play.act(RERUN, "a@19")
    play.release()
    assert play.starts() == ["a@19", "a@19"]
    play.succeed("a@19")
    assert play.starts() == ["c@19"]


def test_a_date_that_was_blocked_by_some_waits_for_all_again():
    """One cycle of an earlier date has failed: another one, run again, opens the later date meanwhile."""
    play = Play(draw("a -2-> c", days=[1, 2], tasks={"a": {"cron": "0 */8 * * *"}}), parallelism=2)
    play.fail("a@1")
    play.succeed("a@1T0800", "a@1T1600", "a@2", "a@2T0800", "a@2T1600")
    assert play.word(2) == "failed"
    play.act(RERUN, "a@1T0800")
    assert play.word(2) == "queued"
    play.succeed("a@1T0800")
    assert play.word(2) == "failed"
    play.rerun()
    play.succeed("a@1")
    assert play.starts()[-2:] == ["c@1", "c@2"]


def test_a_trigger_lifts_time_and_hold_once():
    """Held and not due, it starts; its retry is held, and waits for its time, again."""
    play = Play(draw("a", tasks={"a": {"retries": 5, "retry_delay": timedelta(minutes=5)}}))
    play.fail("a@19")
    play.hold()
    assert play.starts() == ["a@19"]
    play.act(Order.TRIGGER, "a@19")
    assert play.starts() == ["a@19"]
    play.fail("a@19")
    play.wait(minutes=60)
    assert play.starts() == []
    play.release()
    assert play.starts() == ["a@19"]


def test_a_trigger_waits_for_what_is_upstream():
    """It is remembered until then, and starts although it is held."""
    play = Play(draw("a -> b"))
    play.hold("b@19")
    play.act(Order.TRIGGER, "b@19")
    assert play.starts() == ["a@19"]
    play.succeed("a@19")
    assert play.starts() == ["b@19"]


def test_a_trigger_does_not_lift_a_pause():
    """Only time, window and hold."""
    play = Play(draw("a -> b"))
    play.act(Order.TRIGGER, "b@19")

    play.act(Pause())
    play.succeed("a@19")
    assert play.starts() == ["a@19"]


def test_a_stop_ends_what_runs_alone():
    """Of a backfill: the running ones; what waits for them is blocked, other dates go on."""
    play = Play(draw("a -> b", days=[1, 2], tasks={"a": {"retries": 3}}))
    play.act(Order.STOP)
    assert play.stops() == ["a@1"]
    play.end(AttemptState.STOPPED, "a@1")

    assert (play.word(1), play.starts()) == ("cancelled", ["a@1", "a@2"])


def test_not_before_of_an_instance_and_of_a_run():
    """Neither starts earlier; taken back, it starts at once."""
    play = Play(draw("a -> b", days=[1, 2]))
    play.act(SetNotBefore(NOON + timedelta(hours=1)), "b@1")
    play.succeed("a@1")
    assert (play.starts(), play.word(1)) == (["a@1"], "waiting")
    assert play.engine.next_wake(play.now) == NOON + timedelta(hours=1)
    play.act(SetNotBefore(None), "b@1")
    assert play.starts() == ["b@1"]
    play.act(SetNotBefore(NOON + timedelta(hours=2)), days=[2])
    play.succeed("b@1")
    assert (play.starts(), play.word()) == ([], "waiting")
    play.wait(hours=2)
    assert play.starts() == ["a@2"]


def test_a_not_before_that_is_taken_back_wakes_nobody():
    """Its moment may come when the backfill is done, and forgotten."""
    play = Play(draw("a", days=[1]), groups={"default": 0})
    play.act(SetNotBefore(NOON + timedelta(hours=1)), days=[1])
    assert play.engine.next_wake(play.now) == NOON + timedelta(hours=1)
    play.act(SetNotBefore(None), days=[1])
    assert play.engine.next_wake(play.now) is None


def test_a_date_that_only_waits_for_others_needs_no_place_before_its_time():
    """The next has it at once, and not at the next restart; its time come, it queues again."""
    play = Play(draw("a -previous-> a\nb", days=range(1, 6)), parallelism=2)
    play.succeed("b@2")
    assert sorted(play.starts()) == ["a@1", "b@1", "b@2"]
    play.act(SetNotBefore(NOON + timedelta(hours=1)), days=[2])
    assert (play.starts(), play.word(2)) == (["b@3"], "waiting")
    play.succeed("a@1", "b@1", "b@3")
    assert "a@2" not in play.starts()
    play.wait(hours=1)
    assert "a@2" in play.starts()


def test_a_clock_that_is_set_back_leaves_dates_ahead():
    """One that only waits for others is passed over, too, until its time comes again."""
    play = Play(draw("a -previous-> a\nb", days=range(1, 6)), parallelism=2)
    play.succeed("b@2")
    play.wait(days=-60)
    assert [play.word(day) for day in range(1, 6)] == ["running", *["waiting"] * 4]
    assert play.engine.next_wake(play.now) == datetime(2024, 1, 2, tzinfo=UTC)


def test_priority_inside_a_backfill():
    """A higher one goes first, of an instance before that of its run; a lower one goes last."""
    play = Play(draw("a\nb\nc", days=[1, 2]), groups={"default": 1}, parallelism=2)
    play.act(SetPriority(5), days=[2])
    play.act(SetPriority(9), "c@1")
    assert [each.instance for each in play.effects if isinstance(each, InstanceMarked)] == [play.instance("c@1")]
    for name in ("a@1", "c@1", "a@2", "b@2", "c@2"):
        play.succeed(name)
    assert play.starts() == ["a@1", "c@1", "a@2", "b@2", "c@2", "b@1"]


def test_attempts_that_only_the_store_knows_are_numbered_on():
    """After a restart the engine knows of a success only its byte: the act brings the rest."""
    engine, instance = Engine({"default": 1}), instance_id(7, 0)
    accepted = Accepted(1, draw("a"), [7], "Prod", 1, 1, OnFailure.HOLD)
    engine.handle([Restored(accepted, [RunFacts(7, bytes([3]), admitted=True)], [])], NOON)
    known = [InstanceFacts(instance, attempt=4, failures=0)]

    effects = engine.handle([Asked(RERUN, Targets(1, instances=[instance]), known)], NOON)
    assert [each for each in effects if isinstance(each, Start)] == [Start(instance, 5)]


def test_of_another_backfill_there_is_no_such_instance():
    """Who names what the backfill does not have is told so."""
    play = Play(draw("a"))
    play.accept(draw("b"), environment="Dev")

    (answered, *_) = play.say(Asked(SKIP, Targets(1, instances=[play.instance("b@19#2")])))
    assert verdict(answered) is Word.REJECTED
