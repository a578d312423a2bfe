"""Hold and release, and tasks that are planned but held."""

from datetime import timedelta

from drawing import VIRTUAL, Play, draw

from backfilld.engine.asking import Answered
from backfilld.engine.engine import Engine
from backfilld.engine.events import OnFailure, Restored, RunChanged, RunFacts
from backfilld.engine.states import HELD, RELEASED, State

PAUSED = {"b": {"recurrence": "Pause"}}


def test_a_paused_task_is_planned_but_waits_for_its_release():
    """What the catalog pauses keeps its date open and starts when it is released, once."""
    play = Play(draw("a -> b -> c", tasks=PAUSED))
    play.succeed("a@19")

    assert (play.starts(), play.word(19), play.counts(19)) == (["a@19"], "queued", (1, 1, 0, 1, 0, 0, 0, 0, 0))
    play.release("b@19")
    play.release("b@19")
    assert play.starts() == ["b@19"]
    play.succeed("b@19")
    play.succeed("c@19")
    assert play.word() == "succeeded"


def test_what_the_plan_leaves_out_is_not_held():
    """A paused task that is left out is passed through like any other, and no hold keeps it."""
    play = Play(draw("a -> b -> c", tasks=PAUSED, left_out=["b@19"]))
    play.hold("b@19")
    play.succeed("a@19")

    assert play.starts() == ["a@19", "c@19"]


def test_a_hold_outlasts_what_it_waits_for():
    """A held instance becomes ready like any other, and is turned away until it is released."""
    play = Play(draw("a -> b\nz"))
    play.hold("b@19")
    play.succeed("a@19", "z@19")

    assert play.starts() == ["a@19", "z@19"]
    assert not play.engine.snapshot.backfills[1].run(0).held_back
    play.release()
    assert play.starts() == ["b@19"]


def test_holding_a_backfill_stops_nothing_that_runs():
    """What runs goes on; what follows it, and every date that has not begun, waits for the release."""
    play = Play(draw("a -> b", days=range(1, 4)), parallelism=2)
    play.hold()
    play.succeed("a@1", "a@2")

    assert (play.starts(), play.stops()) == (["a@1", "a@2"], [])
    play.release(days=[1])
    play.succeed("b@1")
    assert play.starts() == ["b@1"], "the third date has its place and is held"
    play.release()
    assert play.starts() == ["b@2", "a@3"]


def test_a_running_instance_is_held_at_its_retry():
    """A hold on what runs has effect when it is tried again."""
    play = Play(draw("a", tasks={"a": {"retries": 1, "retry_delay": timedelta(0)}}))
    play.hold("a@19")
    play.fail("a@19")

    assert play.starts() == ["a@19"]
    play.release()
    assert play.starts() == ["a@19"]


def test_nobody_is_woken_for_what_is_held():
    """A held instance has no moment at which it may start; released, it waits for its own again."""
    play = Play(draw("a", tasks={"a": {"retries": 1, "retry_delay": timedelta(minutes=5)}}))
    play.fail("a@19")
    due = play.engine.next_wake(play.now)
    play.hold()

    assert play.engine.next_wake(play.now) is None
    play.release()
    assert play.engine.next_wake(play.now) == due


def test_a_held_virtual_task_does_not_succeed():
    """A task without a process is held like any other."""
    play = Play(draw("a -> b", tasks={"a": {"action": VIRTUAL, "recurrence": "Pause"}}))

    assert (play.starts(), play.counts(19)[State.READY]) == ([], 1)
    play.release("a@19")
    assert play.starts() == ["b@19"]


def test_a_hold_survives_cancel_and_rerun():
    """Held is a flag: only a release takes it away, whatever becomes of the instance."""
    play = Play(draw("a -> b", days=range(1, 3)))
    play.hold(days=[2])
    play.cancel()
    play.succeed("a@1")
    play.rerun()
    assert play.starts() == ["a@1", "b@1"]
    play.succeed("b@1")
    assert play.starts() == []
    play.release("a@2")
    assert play.starts() == ["a@2"]


def test_a_date_that_was_cancelled_before_it_began_cannot_be_held():
    """What is terminal is left alone: its rerun runs at once."""
    play = Play(draw("a", days=range(1, 3)))
    play.cancel(days=[2])
    play.hold(days=[2])
    play.rerun()
    play.succeed("a@1")

    assert play.starts() == ["a@1", "a@2"]


def test_a_failure_above_a_held_instance_settles_the_date():
    """To release what waits only for a failure would change nothing: the date has failed, and the next one goes on."""
    play = Play(draw("a -> b", days=range(1, 3), tasks=PAUSED))
    play.fail("a@1")

    assert (play.word(1), play.starts()) == ("failed", ["a@1", "a@2"])
    play.rerun(days=[1])
    play.hold("b@1")
    play.cancel(days=[2])
    play.succeed("a@2")
    play.succeed("a@1")
    assert play.starts() == ["a@1"]


def test_an_act_on_dates_that_have_not_begun_is_told_as_their_default():
    """A hold, a release from what the plan holds, and a cancel of a held date are each one byte of the run."""
    play = Play(draw("a -> b", days=range(1, 3), tasks=PAUSED))
    told = []
    for act in (play.hold, play.cancel, play.release, play.rerun, play.hold):
        act(days=[2])
        told += [each.default for each in play.effects if isinstance(each, RunChanged)]

    assert told == [HELD, HELD | State.CANCELLED, RELEASED | State.CANCELLED, RELEASED, HELD]
    play.hold("a@1", "b@2")
    assert [each.default for each in play.effects if isinstance(each, RunChanged)] == [None, None], "it has rows now"


def test_a_release_of_dates_that_hold_nothing_is_no_change():
    """Nothing is recorded for dates of which nothing is held."""
    play = Play(draw("a", days=range(1, 30)))
    play.release()

    assert [type(each) for each in play.effects] == [Answered]


def test_what_acts_have_set_for_a_date_holds_after_a_restart():
    """A date that was held, or released, before it began is so under the next daemon."""
    play = Play()
    plan = draw("a -> b\nx", days=range(1, 4), tasks=PAUSED)
    accepted = play.accepted(plan, 3, 1, OnFailure.CONTINUE, "Prod")
    facts = [RunFacts(1, b"", admitted=False, default=HELD), RunFacts(2, b"", admitted=False, default=RELEASED)]
    play.engine = Engine({"default": 9})
    play.say(Restored(accepted, facts, []))

    assert play.starts() == ["a@2", "x@2", "a@3", "x@3"]
    play.succeed("a@2", "a@3")
    assert play.starts() == ["b@2"]
    assert [view.counts[State.READY] for view in play.engine.snapshot.backfills[1].runs()] == [2, 0, 1]
