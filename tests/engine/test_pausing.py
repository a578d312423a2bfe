"""Pause, resume and start; what a backfill pauses itself for; other terms while it runs."""

from datetime import timedelta

import pytest
from drawing import NOON, Play, draw

from backfilld.engine.asking import Order, Pause, Replan, SetPriority, Word
from backfilld.engine.events import BackfillMarked, RunMarked
from backfilld.engine.marks import BackfillMarks, Halt, OnFailure
from backfilld.engine.states import State

DAYS = range(1, 6)


def words(play: Play) -> list[str]:
    return [play.word(day) for day in DAYS]


def test_a_paused_backfill_starts_nothing_and_lets_go_on_what_runs():
    """Dates in flight keep their places; resumed, everything that is ready starts."""
    play = Play(draw("a -> b", days=DAYS), parallelism=2)
    play.act(Pause())
    assert (play.word(), words(play)) == ("pausing", ["pausing", "pausing", "paused", "paused", "paused"])
    play.succeed("a@1", "a@2")
    assert (play.starts(), play.word(), words(play)) == (["a@1", "a@2"], "paused", ["paused"] * 5)
    play.act(Order.RESUME)

    assert play.starts() == ["b@1", "b@2"]
    assert (play.word(), words(play)) == ("running", ["running", "running", "queued", "queued", "queued"])


def test_a_paused_backfill_holds_no_cycles():
    """Who waits behind it goes first now; resumed, it waits for what has started meanwhile."""
    play = Play(draw("a -> b"))
    play.accept(draw("a -> b"))
    assert play.starts() == ["a@19"]
    play.act(Pause())
    play.succeed("a@19")
    assert play.starts() == ["a@19#2"]
    play.act(Order.RESUME)
    assert play.starts() == ["b@19"]
    play.succeed("b@19")
    play.succeed("a@19#2")
    assert play.starts() == ["b@19#2"]


def test_a_pause_ends_at_its_moment():
    """Nothing but that wakes anybody; paused again, the last end counts."""
    play = Play(draw("a", days=DAYS))
    play.succeed("a@1")
    play.succeed("a@2")
    play.starts()
    play.act(Pause(NOON + timedelta(hours=1)))
    play.succeed("a@3")
    play.act(Pause(NOON + timedelta(hours=2)))
    assert play.engine.next_wake(play.now) == NOON + timedelta(hours=2)
    play.wait(hours=1)
    assert play.starts() == []
    play.wait(hours=1)
    assert (play.starts(), play.word()) == (["a@4"], "running")


def test_a_paused_date_is_passed_over():
    """Later ones take its turn; resumed, it has the next place."""
    play = Play(draw("a", days=DAYS))
    play.act(Pause(), days=[2])
    play.succeed("a@1")
    assert words(play) == ["succeeded", "paused", "running", "queued", "queued"]
    play.act(Order.RESUME, days=[2])
    play.succeed("a@3")
    assert play.starts() == ["a@1", "a@3", "a@2"]


def test_pauses_of_a_date_are_counted():
    """Only what has gone on in between is paused anew: another end is another end of the same pause."""
    play = Play(draw("a", days=DAYS))
    marked = []
    for act in (Pause(), Pause(NOON + timedelta(hours=1)), Order.RESUME, Pause()):
        play.act(act, days=[2])
        marked += [(each.marks.paused, each.marks.pauses) for each in play.effects if isinstance(each, RunMarked)]
    assert marked == [(True, 1), (True, 1), (False, 1), (True, 2)]


def test_a_paused_date_that_only_waits_for_others_needs_no_place():
    """What it waits for may need that; resumed, it queues again. A restart finds it so, too."""
    play = Play(draw("a -previous-> a\nb", days=DAYS), parallelism=2)
    assert sorted(play.starts()) == ["a@1", "b@1", "b@2"]
    play.succeed("b@2")
    assert play.starts() == []
    play.act(Pause(), days=[2])
    assert play.starts() == ["b@3"]
    play.succeed("a@1", "b@1", "b@3")
    play.act(Order.RESUME, days=[2])
    assert "a@2" in play.starts()


def test_a_date_of_a_paused_backfill_that_only_waits_for_others_has_no_place():
    """What it waits for may end meanwhile; resumed, it has a place before later ones. A restart finds it so, too."""
    play = Play(draw("a -previous-> a\nb", days=DAYS), parallelism=2)
    play.succeed("b@2")
    play.act(Pause())
    play.succeed("a@1", "b@1")
    assert State(play.counts(2).index(1)) is State.WAITING
    play.starts()
    play.act(Order.RESUME)
    assert sorted(play.starts()) == ["a@2", "b@3"]


def test_a_paused_date_in_flight_keeps_its_place():
    """With one date at a time nothing else begins."""
    play = Play(draw("a -> b", days=DAYS))
    play.act(Pause(), days=[1])
    play.succeed("a@1")
    assert (play.starts(), play.word(), play.word(2)) == (["a@1"], "paused", "queued")


def test_who_waits_behind_a_paused_date_goes_on():
    """Its cycles are free while it is paused."""
    play = Play(draw("a -> b", days=DAYS))
    play.accept(draw("a", days=[2]))
    assert play.starts() == ["a@1"]
    play.act(Pause(), days=[2])
    assert play.starts() == ["a@2#2"]


def test_a_backfill_that_is_not_started_waits_for_its_start():
    """It holds no cycles, can be cancelled, and can neither be paused nor resumed."""
    play = Play()
    waiting = BackfillMarks(Halt.NOT_STARTED)
    play.accept(draw("a"), marks=waiting)
    play.accept(draw("a"))
    assert (play.starts(), play.word(), play.word(19)) == (["a@19#2"], "not_started", "not_started")
    assert {play.act(each).verdicts[1].word for each in (Pause(), Order.RESUME)} == {Word.REJECTED}
    play.succeed("a@19#2")
    play.act(Order.START)
    assert play.starts() == ["a@19"]
    assert play.act(Order.START).verdicts[1].word is Word.NO_CHANGE


def test_it_pauses_once_when_its_first_dates_are_settled():
    """No more than these begin before, whatever the parallelism; after that it goes on to the end."""
    play = Play(draw("a", days=DAYS), parallelism=3, first=2)
    assert play.starts() == ["a@1", "a@2"]
    play.succeed("a@1")
    assert play.starts() == []
    play.succeed("a@2")
    assert (play.word(), play.starts()) == ("paused", [])
    play.act(Order.RESUME)
    assert play.starts() == ["a@3", "a@4", "a@5"]


def test_first_dates_that_are_all_there_are_pause_nothing():
    """With nothing left to look at it is done, and a rerun goes through."""
    play = Play(draw("a", days=[1, 2]), parallelism=2, first=2)
    play.succeed("a@1")
    play.fail("a@2")
    assert play.word() == "failed"
    play.rerun()
    assert play.starts() == ["a@1", "a@2", "a@2"]


def test_it_pauses_whenever_a_date_fails_and_so_many_have():
    """Resumed, one more failure is enough; a failure that was mended does not count."""
    play = Play(draw("a", days=DAYS), max_failed_dates=2)
    play.fail("a@1")
    play.fail("a@2")
    assert (play.word(), [each.marks.halt for each in play.effects if isinstance(each, BackfillMarked)]) == (
        "paused",
        [Halt.FAILED_DATES],
    )
    play.act(Order.RESUME)
    play.fail("a@3")
    assert play.word() == "paused"
    play.rerun(days=[1, 2, 3])
    play.act(Order.RESUME)
    play.starts()
    for day in (1, 2, 3):
        play.succeed(f"a@{day}")
    play.fail("a@4")
    assert play.word() == "running"


def test_what_is_done_is_not_paused():
    """There is nothing to pause, to start with other terms, or to give a turn."""
    play = Play(draw("a"))
    play.succeed("a@19")

    for act in (Pause(), Replan(parallelism=2), SetPriority(3)):
        assert play.act(act).verdicts[1].word is Word.REJECTED
    assert play.act(Pause(), days=[19]).verdicts[1].word is Word.REJECTED


def test_a_pause_ends_later():
    """One until a moment that has passed is a mistake: nothing is paused."""
    play = Play(draw("a"))
    for days in (None, [19]):
        assert play.act(Pause(NOON), days=days).verdicts[1].reason == "that moment has passed"
    assert play.word() == "running"
    assert play.act(Pause(NOON + timedelta(seconds=1))).verdicts[1].word is Word.ACCEPTED


def test_more_dates_begin_at_once_and_fewer_begin_none():
    """Lowered, what is in flight stays, and no date begins before fewer are in flight than may be."""
    play = Play(draw("a", days=DAYS))
    play.act(Replan(parallelism=3))
    assert play.starts() == ["a@1", "a@2", "a@3"]
    play.act(Replan(parallelism=1))
    play.succeed("a@1")
    play.succeed("a@2")
    assert play.starts() == []
    play.succeed("a@3")
    assert play.starts() == ["a@4"]
    assert play.act(Replan(parallelism=1)).verdicts[1].word is Word.NO_CHANGE


@pytest.mark.parametrize("terms", [Replan(parallelism=2), Replan(on_failure=OnFailure.CONTINUE)])
def test_other_terms_bring_back_what_failed_with_dates_left(terms: Replan):
    """With a place more, or with the failed date's own, the dates that were left waiting go on."""
    play = Play(draw("a", days=DAYS), on_failure=OnFailure.HOLD, parallelism=1)
    play.fail("a@1")
    assert (play.word(), play.starts()) == ("failed", ["a@1"])
    assert play.act(SetPriority(3)).verdicts[1].word is Word.ACCEPTED
    assert play.word() == "failed"

    assert play.act(terms).verdicts[1].word is Word.ACCEPTED
    assert (play.word(), play.starts()) == ("running", ["a@2"])


def test_failed_dates_give_their_places_when_they_no_longer_keep_them():
    """Under Continue a backfill that had failed goes on; under Hold again its failed dates take their places back."""
    play = Play(draw("a", days=DAYS), on_failure=OnFailure.HOLD, parallelism=2)
    play.fail("a@1")
    play.act(Replan(on_failure=OnFailure.CONTINUE))
    assert play.starts() == ["a@1", "a@2", "a@3"]
    play.act(Replan(on_failure=OnFailure.HOLD))
    play.succeed("a@2")
    assert play.starts() == [], "the failed date has one of two places again, and the third date the other"
    play.fail("a@3")
    assert play.word() == "failed"


def test_a_backfill_of_higher_priority_goes_first():
    """From the next slot on."""
    play = Play(draw("a\nb"), groups={"default": 1})
    play.accept(draw("x\ny"), environment="Dev")
    play.act(SetPriority(5), backfill=2)
    play.succeed("a@19")
    assert play.starts() == ["a@19", "x@19#2"]
