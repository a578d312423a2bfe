"""The same task, cycle and environment in two backfills."""

from drawing import Play, draw

from backfilld.engine.events import Accepted, Dismissed, OnFailure, Restored, RunFacts
from backfilld.engine.states import AttemptState, State

PLAN = "a -> b"


def test_the_later_backfill_waits_for_the_earlier_ones_date():
    """A cycle that an earlier backfill holds is queued behind it until that date is settled."""
    play = Play(draw(PLAN, days=[19]))
    play.accept(draw("a", days=[19]))

    assert play.starts() == ["a@19"]
    play.succeed("a@19")
    assert play.starts() == ["b@19"]
    play.succeed("b@19")
    assert play.starts() == ["a@19#2"]


def test_other_cycles_and_other_environments_do_not_meet():
    """Only the same cycle of the same task in the same environment waits."""
    play = Play(draw("a", days=[19]))
    play.accept(draw("a", days=[20]))
    play.accept(draw("a", days=[19]), environment="Dev")

    assert play.starts() == ["a@19", "a@20#2", "a@19#3"]


def test_a_backfill_that_is_done_holds_nothing():
    """Under Hold a failed date keeps every place, the backfill is done, and the later one may go on."""
    play = Play(draw(PLAN, days=[19, 20]), on_failure=OnFailure.HOLD)
    play.accept(draw("a", days=[20]))
    play.fail("a@19")

    assert play.starts() == ["a@19", "a@20#2"]


def test_never_twice_at_once_after_a_rerun():
    """An earlier backfill that is open again waits for a running instance of the later one."""
    play = Play(draw("a", days=[19]))
    play.accept(draw("a", days=[19]))
    play.fail("a@19")
    assert play.starts() == ["a@19", "a@19#2"]
    play.rerun(backfill=1)
    assert play.starts() == []
    play.end(AttemptState.FAILED, "a@19#2", exit_code=1)
    assert play.starts() == ["a@19"]


def test_what_the_earlier_backfill_left_out_it_does_not_hold():
    """A pass-through instance is nobody's rival."""
    play = Play(draw(PLAN, left_out=["a@19"]))
    play.accept(draw("a"))

    assert play.starts() == ["b@19", "a@19#2"]


def test_a_backfill_holds_the_dates_that_are_not_settled():
    """For everybody to see: a date is held until it is settled, and by nobody once the backfill is done."""
    play = Play(draw(PLAN, days=[1, 2, 3]), parallelism=2)
    assert play.engine.snapshot.holding() == {1: 0b111}
    play.succeed("a@2")
    play.succeed("b@2")
    assert play.engine.snapshot.holding() == {1: 0b101}
    play.cancel(days=[3])
    play.fail("a@1")
    play.end(AttemptState.STOPPED, "a@3")
    assert play.engine.snapshot.holding() == {}
    play.rerun(days=[1])
    assert play.engine.snapshot.holding() == {1: 0b001}


def test_a_held_date_is_held_against_others():
    """An instance that waits for its release keeps its date open, so that the later backfill waits too."""
    play = Play(draw("a", tasks={"a": {"recurrence": "Pause"}}))
    play.accept(draw("a"))

    assert play.starts() == []
    play.cancel()
    assert play.starts() == ["a@19#2"]


def test_who_comes_back_for_a_rerun_is_as_early_as_ever():
    """Acceptance decides who goes first, not the return; so a restart changes nothing."""
    plan = draw("a -> b")
    play = Play(plan)
    play.accept(plan)
    play.succeed("a@19")
    play.succeed("b@19")
    play.say(Dismissed(1))
    assert play.starts() == ["a@19", "b@19", "a@19#2"]
    accepted = Accepted(1, plan, [1], "Prod", 1, 1, OnFailure.CONTINUE)
    play.say(Restored(accepted, [RunFacts(1, bytes([State.SUCCEEDED] * 2), True)], []))
    play.rerun("a@19")
    play.succeed("a@19#2")
    assert play.starts() == ["a@19"]
