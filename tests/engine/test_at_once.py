"""Backfills outside SupplementData: one run, whose cycle is the moment of acceptance."""

from datetime import timedelta

from drawing import NOON, Play, draw

JOB = {"a": {"cron": "0 12 * * *"}}
"""Its cycle is noon, as if the request had been accepted then."""


def test_two_in_the_same_second_do_not_conflict():
    """Each runs the same task at the same moment as the other."""
    play = Play(draw("a -> b", tasks=JOB), at_once=True)
    play.accept(draw("a -> b", tasks=JOB), at_once=True)

    assert play.starts() == ["a@19T1200", "a@19T1200#2"]
    assert play.engine.snapshot.holding() == {}


def test_a_scheduled_cycle_at_that_moment_is_another():
    """Neither an earlier nor a later backfill of the schedule is queued behind it, nor it behind them."""
    play = Play(draw("a -> b", tasks=JOB))
    play.accept(draw("a -> b", tasks=JOB), at_once=True)
    play.accept(draw("a", tasks=JOB), environment="Dev", at_once=True)
    play.accept(draw("a", tasks=JOB), environment="Dev")

    assert play.starts() == ["a@19T1200", "a@19T1200#2", "a@19T1200#3", "a@19T1200#4"]


def test_no_cycle_time_is_waited_for():
    """A clock that was set back after the acceptance holds nothing up."""
    play = Play(now=NOON.replace(month=1, day=18))
    play.accept(draw("a -> b", tasks=JOB), at_once=True)

    assert (play.starts(), play.engine.next_wake(play.now)) == (["a@19T1200"], None)
    play.now -= timedelta(days=1)
    play.succeed("a@19T1200")
    assert play.starts() == ["b@19"]


def test_max_active_counts_them():
    """A task that runs once at a time runs once at a time, whoever asked."""
    plan = draw("a", tasks={"a": {"max_active": 1}})
    play = Play(plan, at_once=True)
    play.accept(plan, at_once=True)
    play.accept(plan)

    assert play.starts() == ["a@19"]
    play.succeed("a@19")
    assert play.starts() == ["a@19#2"]
    play.succeed("a@19#2")
    assert play.starts() == ["a@19#3"]
