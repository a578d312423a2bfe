"""Cancel, and rerun from failure."""

from datetime import timedelta

from drawing import Play, draw

from backfilld.engine.asking import RERUN, Asked, Targets
from backfilld.engine.events import BackfillChanged, Dismissed, RunChanged
from backfilld.engine.marks import OnFailure
from backfilld.engine.states import AttemptState, State

CHAIN = "extract -> load -> report"


def test_cancelling_a_backfill_stops_what_runs_and_cancels_the_rest():
    """What runs is stopped first and ends cancelled; the rest is cancelled at once, dates not begun by default."""
    play = Play(draw(CHAIN, days=range(1, 5), tasks={"extract": {"retries": 3}}), parallelism=2)
    play.cancel()

    assert play.stops() == ["extract@2", "extract@1"]
    assert play.word() == "running"
    defaults = {each.run: each.default for each in play.effects if isinstance(each, RunChanged)}
    assert set(defaults.values()) == {State.CANCELLED}
    assert play.word(4) == "cancelled"
    play.end(AttemptState.STOPPED, "extract@1")
    play.fail("extract@2")
    assert play.starts() == ["extract@1", "extract@2"]
    assert play.counts(1) == play.counts(2) == (0, 0, 0, 0, 0, 0, 0, 3, 0)
    assert play.word() == "cancelled"


def test_a_stop_that_comes_too_late_changes_nothing():
    """An attempt that succeeded before its stop reached it has succeeded."""
    play = Play(draw(CHAIN))
    play.cancel()
    play.succeed("extract@19")

    assert play.counts(19) == (0, 0, 0, 1, 0, 0, 0, 2, 0)
    assert play.word() == "cancelled"


def test_cancelling_one_instance_holds_back_what_is_behind_it():
    """What waits only for a cancelled instance settles the date as cancelled, other branches go on."""
    play = Play(draw("a -> b -> c\na -> d"))
    play.cancel("b@19")
    play.succeed("a@19")

    assert play.starts() == ["a@19", "d@19"]
    play.succeed("d@19")
    assert (play.word(), play.counts(19)) == ("cancelled", (1, 0, 0, 2, 0, 0, 0, 1, 0))


def test_cancelling_an_instance_that_backs_off_ends_its_retries():
    """A cancelled instance does not wake anybody for its retry."""
    play = Play(draw("a", tasks={"a": {"retries": 1, "retry_delay": timedelta(minutes=5)}}))
    play.fail("a@19")
    play.cancel("a@19")

    assert (play.word(), play.engine.next_wake(play.now)) == ("cancelled", None)


def test_rerun_runs_failures_and_what_waits_for_them():
    """A rerun starts failed instances afresh with the next attempt number; what succeeded stays."""
    play = Play(draw(CHAIN, tasks={"load": {"retries": 1, "retry_delay": timedelta(0)}}))
    play.succeed("extract@19")
    play.fail("load@19")
    play.fail("load@19")
    assert play.word() == "failed"
    play.rerun()

    assert play.open[play.instance("load@19")] == 3
    play.fail("load@19")
    assert play.open[play.instance("load@19")] == 4, "retries start fresh"
    play.succeed("load@19")
    play.succeed("report@19")
    assert play.word() == "succeeded"


def test_a_rerun_date_is_admitted_again_first():
    """A date that is rerun waits for a place like any other, and is first in order when there is one."""
    play = Play(draw("a -> b", days=range(1, 4)))
    play.fail("a@1")
    play.rerun(days=[1])

    assert play.word(1) == "queued"
    play.succeed("a@2")
    play.succeed("b@2")
    assert play.starts() == ["a@1", "a@2", "b@2", "a@1"]


def test_a_place_that_can_do_nothing_goes_to_an_earlier_date():
    """A later date that only waits for a rerun one gives it its place: both would else wait for ever."""
    play = Play(draw("a -> b\nb -previous-> b\nz", days=range(1, 3)))
    play.succeed("z@1")
    play.fail("a@1")
    play.succeed("a@2")
    play.rerun(days=[1])
    play.succeed("z@2")

    assert play.starts()[-1] == "a@1"
    play.succeed("a@1")
    play.succeed("b@1")
    play.succeed("b@2")
    assert play.word() == "succeeded"


def test_rerun_of_one_date_revives_the_dates_that_wait_for_it():
    """A settled date that was held back only by an earlier one opens again with it."""
    play = Play(draw("sum -previous-> sum", days=range(1, 4)), parallelism=3)
    play.fail("sum@1")
    assert [play.word(day) for day in (1, 2, 3)] == ["failed"] * 3
    play.rerun("sum@1")
    assert [play.word(day) for day in (1, 2, 3)] == ["running", "queued", "queued"]

    for day in (1, 2, 3):
        play.succeed(f"sum@{day}")
    assert play.word() == "succeeded"


def test_held_back_by_a_cancel_is_cancelled_and_by_a_failure_is_failed():
    """A date that only waits for others takes the word of what it waits for."""
    drawn = draw("sum -previous-> sum", days=range(1, 4))
    cancelled, failed = Play(drawn, parallelism=3), Play(drawn, parallelism=3)
    cancelled.cancel("sum@1")
    cancelled.end(AttemptState.STOPPED, "sum@1")
    failed.fail("sum@1")

    assert [cancelled.word(day) for day in (1, 2, 3)] == ["cancelled"] * 3
    assert [failed.word(day) for day in (1, 2, 3)] == ["failed"] * 3


def test_rerun_brings_back_dates_that_were_cancelled_before_they_began():
    """A rerun lifts the default that a cancel has set on a date without instances."""
    play = Play(draw("sum -previous-> sum", days=range(1, 4)))
    play.cancel()
    play.end(AttemptState.STOPPED, "sum@1")
    assert play.word() == "cancelled"
    play.rerun()
    for day in (1, 2, 3):
        play.succeed(f"sum@{day}")

    assert play.word() == "succeeded"


def test_an_act_may_name_an_instance_of_a_date_that_has_not_begun():
    """Cancelling one instance ahead of time, or rerunning one of a cancelled date, leaves its neighbours alone."""
    play = Play(draw("a\nb", days=range(1, 4)))
    play.cancel("a@2")
    play.cancel(days=[3])
    play.rerun("a@3")
    play.succeed("a@1", "b@1")
    assert play.starts() == ["a@1", "b@1", "b@2"]
    play.succeed("b@2")
    assert play.starts() == ["a@3"]
    play.succeed("a@3")
    assert [play.word(day) for day in (1, 2, 3)] == ["succeeded", "cancelled", "cancelled"]


def test_done_is_told_once_and_again_when_it_is_undone():
    """A backfill says when it is done and when it is open again."""
    play = Play(draw("a"), on_failure=OnFailure.HOLD)
    told = []
    for act in (lambda: play.fail("a@19"), play.say, play.rerun, lambda: play.succeed("a@19")):
        act()
        told += [(each.done, each.outcome) for each in play.effects if isinstance(each, BackfillChanged)]

    assert told == [(True, "failed"), (False, None), (True, "succeeded")]


def test_only_what_is_done_can_be_dismissed():
    """A dismissed backfill is forgotten, so that a rerun of it is not heeded; an open one stays."""
    play = Play(draw("a"))
    play.say(Dismissed(1))
    assert play.engine.dropped == (Dismissed(1),)
    play.fail("a@19")
    play.say(Asked(RERUN, Targets(1)), Dismissed(1))
    assert play.engine.dropped == (Dismissed(1),), "the rerun in the same round has opened it again"
    play.succeed("a@19")
    play.say(Dismissed(1))
    assert play.engine.snapshot.backfills == {}
    play.say(Asked(RERUN, Targets(1)))
    assert len(play.engine.dropped) == 1
