"""Instances that the plan leaves out: passed through, once all their upstream is satisfied."""

from drawing import Play, draw
from hypothesis import given
from hypothesis import strategies as st

from backfilld.engine.fresh import Fresh
from backfilld.engine.states import HELD, PASS_THROUGH, RELEASED, STATE_MASK, State

GAP = draw("a -> b -> c", left_out=["b@19"])
WIDE = draw("\n".join(f"t{number}" for number in range(40)), tasks={"t7": {"recurrence": "Pause"}})


def test_they_take_no_slot_and_count_for_nothing():
    """With one slot that is taken they are passed through all the same, and the date has succeeded without them."""
    play = Play(draw("a -> b\nz", left_out=["a@19"]), groups={"default": 1})
    assert (play.starts(), play.counts(19)[State.LEFT_OUT]) == (["b@19"], 1)
    play.succeed("b@19")
    play.succeed("z@19")
    assert play.word() == "succeeded"


def test_a_failure_blocks_through_them_and_a_rerun_goes_through_them():
    """What is behind a left-out instance waits for the failure above it, and runs after its rerun."""
    play = Play(GAP)
    play.fail("a@19")
    assert (play.word(), play.engine.snapshot.backfills[1].run(0).held_back) == ("failed", 2)
    play.rerun()
    assert play.word() == "running"
    play.succeed("a@19")
    play.succeed("c@19")
    assert (play.word(), play.counts(19)) == ("succeeded", (0, 0, 0, 2, 0, 0, 0, 0, 1))


def test_a_cancelled_one_comes_back_as_what_it_was():
    """A rerun of a cancelled date passes through what the plan leaves out, again."""
    play = Play(GAP)
    play.cancel()
    play.fail("a@19")
    assert play.word() == "cancelled"
    play.rerun()
    play.succeed("a@19")
    play.succeed("c@19")
    assert play.counts(19) == (0, 0, 0, 2, 0, 0, 0, 0, 1)


def test_a_date_of_nothing_else_passes_at_once():
    """A date that is left out whole is settled as soon as it is admitted."""
    play = Play(draw("a -> b", days=[1, 2], left_out=["a@1", "b@1"]))

    assert (play.word(1), play.starts()) == ("succeeded", ["a@2"])


@given(st.integers(0, 2**40 - 1), st.sampled_from([0, HELD, RELEASED, State.CANCELLED, HELD | State.CANCELLED]))
def test_every_bit_is_one_instance(left_out, default):
    """Each instance's byte says alone whether it is passed through, held, or what was set for all."""
    plan = WIDE.leaving_out("chosen", {0: left_out})
    paused = next(n for n, task in enumerate(plan.template(0).tasks) if plan.tasks[task].task.recurrence == "Pause")

    for ordinal, byte in enumerate(Fresh(plan).states(0, default)):
        passed = bool(left_out >> ordinal & 1)
        held = not passed and (default & HELD or (ordinal == paused and not default & RELEASED))
        assert byte == default & STATE_MASK | PASS_THROUGH * passed | HELD * bool(held)
