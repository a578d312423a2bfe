"""A backfill that goes on under an amended plan: what has started stays, what has not follows the plan (spec 5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from drawing import AS_BEFORE, NOON, Play, draw

from backfilld.catalog.models import RunPolicy
from backfilld.engine.asking import ACCEPTED, Order, Pause, Replan, SetPriority
from backfilld.engine.events import BackfillChanged, Moved, RunAdmitted, RunChanged
from backfilld.engine.marks import BackfillMarks, Halt, OnFailure
from backfilld.engine.states import HELD, PASS_THROUGH, STATE_MASK, State
from backfilld.planning.plan import instance_id
from backfilld.request.amendments import AddDates, Amendment, Cut, DatedInstance, DropDates

NIGHT = RunPolicy("Daily", time(22), time(6))
LINE = "a -> b"


def day(number: int) -> date:
    return date(2024, 1, number)


def add(*days: int) -> AddDates:
    return AddDates(tuple(map(day, days)))


def drop(bits: dict[int, int]) -> DropDates:
    return DropDates({day(each): ordinals for each, ordinals in bits.items()})


def cut(down: tuple[int, int], *ups: tuple[int, int]) -> Cut:
    one, *others = (DatedInstance(day(each), ordinal) for each, ordinal in (down, *ups))
    return Cut(one, tuple(others))


def amend(play: Play, text: str, days: range, *amendments: Amendment, terms: Replan = AS_BEFORE, **drawn: object):
    return play.amend(draw(text, days=days, amendments=amendments, **drawn), terms)


def test_added_dates_run_in_their_order():
    """Earlier dates go first as soon as a place is free, later ones last; what runs keeps its place and its number."""
    play = Play(draw(LINE, days=range(5, 7)))
    assert play.starts() == ["a@5"]
    amend(play, LINE, range(5, 7), add(4, 7))
    assert play.starts() == []
    play.succeed("a@5")
    play.succeed("b@5")
    assert play.starts() == ["b@5", "a@4"]
    for name in ("a@4", "b@4", "a@6", "b@6", "a@7", "b@7"):
        play.succeed(name)
    assert play.starts() == ["b@4", "a@6", "b@6", "a@7", "b@7"]
    assert [view.run for view in play.engine.snapshot.backfills[1].runs()] == [3, 1, 2, 4]
    assert play.word() == "succeeded"


def test_ready_ones_wait_for_an_added_date_and_started_ones_do_not():
    """What never had an attempt goes back to waiting; what runs goes on."""
    text = "a -previous-> a"
    play = Play(draw(text, days=range(5, 7), tasks={"a": {"max_active": 1}}), groups={"default": 0})
    amend(play, text, range(5, 7), add(4), tasks={"a": {"max_active": 1}})
    assert [play.counts(each)[State.READY] for each in (4, 5, 6)] == [1, 0, 0]
    assert play.word(5) == "queued"

    play = Play(draw(text, days=range(5, 7)))
    assert play.starts() == ["a@5"]
    amend(play, text, range(5, 7), add(4))
    play.succeed("a@5")
    assert play.starts() == ["a@4"], "its date comes before those that are left"
    play.succeed("a@4")
    assert play.starts() == ["a@6"]


def test_a_retry_waits_for_no_added_date():
    """With the cut that goes with it, what has started is tried again though an earlier date has come."""
    text, drawn = "a -previous-> a", {"tasks": {"a": {"retries": 3, "retry_delay": timedelta(0)}}}
    play = Play(draw(text, days=range(5, 7), **drawn))
    amend(play, text, range(5, 7), add(4), cut((5, 0), (4, 0)), **drawn)
    play.fail("a@5")
    assert play.starts() == ["a@5", "a@5"]


def test_an_added_date_does_not_wait_for_a_place_that_waits_for_it():
    """With one date in flight, the later date that now waits gives its place to the earlier one."""
    text = "a -previous-> a"
    play = Play(draw(text, days=range(5, 6), tasks={"a": {"run_policy": NIGHT}}))
    assert play.word(5) == "waiting"
    amend(play, text, range(5, 6), add(4), tasks={"a": {"run_policy": NIGHT}})
    play.wait(hours=10)
    assert play.starts() == ["a@4"]
    play.succeed("a@4")
    assert play.starts() == ["a@5"]


def test_more_dates_in_flight_than_allowed_make_room_together():
    """Fewer places than dates that wait for an earlier one: as many give theirs up as it takes."""
    text = "a -> b\nb -previous-> b"
    play = Play(draw(text, days=range(5, 8)), parallelism=3)
    play.succeed("a@6", "a@7")
    amend(play, text, range(5, 8), add(4), terms=Replan(parallelism=1))
    play.succeed("a@5")
    assert play.starts() == ["a@5", "a@6", "a@7", "a@4"]
    for name in ("a@4", "b@4", "b@5", "b@6", "b@7"):
        play.succeed(name)
    assert play.word() == "succeeded"


def test_a_done_backfill_opens_again_for_more_dates():
    """It is said to be open, and done again at its end."""
    play = Play(draw("a", days=range(5, 6)))
    play.succeed("a@5")
    assert play.word() == "succeeded"
    amend(play, "a", range(5, 6), add(6))
    assert [each.done for each in play.effects if isinstance(each, BackfillChanged)] == [False]
    assert play.starts() == ["a@5", "a@6"]
    play.succeed("a@6")
    assert play.word() == "succeeded"


def test_a_done_backfill_that_stays_done_says_so_again():
    """An amendment opens it in the store: a cut that frees nothing ends it at once."""
    play = Play(draw(LINE, days=range(5, 6)))
    play.succeed("a@5")
    play.succeed("b@5")
    amend(play, LINE, range(5, 6), cut((5, 1), (5, 0)))
    closed = [(each.done, each.outcome) for each in play.effects if isinstance(each, BackfillChanged)]
    assert closed == [(True, "succeeded")]


def test_what_is_dropped_is_left_out_and_gives_back_its_place():
    """What runs goes on, what had not started is passed through, held or not; the next date follows."""
    play = Play(draw("a -> b -> c", days=range(5, 8)))
    play.hold("c@5", days=None)
    play.hold(days=[6])
    amend(play, "a -> b -> c", range(5, 8), drop({5: 0b110, 6: 0b111}))
    assert play.counts(5)[State.WAITING] == 2
    play.succeed("a@5")
    assert (play.counts(5)[State.LEFT_OUT], play.counts(6)[State.LEFT_OUT]) == (2, 3)
    assert (play.word(5), play.word(6)) == ("succeeded", "succeeded")
    assert play.starts() == ["a@5", "a@7"]
    moved = [each for each in play.effects if isinstance(each, Moved)]
    assert not [each for each in moved if each.byte & HELD]


def test_a_ready_one_is_dropped_at_once():
    """What stands in line leaves it, and its run is settled in the same round."""
    play = Play(draw("a", days=range(5, 7)), groups={"default": 0})
    amend(play, "a", range(5, 7), drop({5: 1, 6: 1}))
    assert (play.word(5), play.word(6), play.word()) == ("succeeded", "succeeded", "succeeded")
    assert not play.starts()


def test_a_retry_in_line_is_not_dropped():
    """It has started: its date comes to what its attempts come to, whatever the bits say."""
    drawn = {"tasks": {"a": {"retries": 1, "retry_delay": timedelta(hours=1)}}}
    play = Play(draw("a", days=range(5, 6), **drawn))
    play.fail("a@5")
    amend(play, "a", range(5, 6), drop({5: 1}), **drawn)
    play.wait(hours=1)
    play.succeed("a@5")
    assert (play.starts(), play.counts(5)[State.SUCCEEDED]) == (["a@5", "a@5"], 1)
    assert not [each for each in play.effects if isinstance(each, Moved) and each.byte & PASS_THROUGH]


def test_a_failure_blocks_through_what_is_dropped():
    """As through anything that the plan leaves out; the run has failed."""
    play = Play(draw(LINE, days=range(5, 6)))
    play.fail("a@5")
    amend(play, LINE, range(5, 6), drop({5: 0b10}))
    assert (play.counts(5)[State.WAITING], play.word(5)) == (1, "failed")
    play.rerun("a@5")
    play.succeed("a@5")
    assert (play.counts(5)[State.LEFT_OUT], play.word(5)) == (1, "succeeded")


def test_a_dropped_date_to_come_is_not_waited_for():
    """A date that lies ahead and of which nothing is left to run comes to its end at once."""
    play = Play(now=datetime(2024, 1, 6, 12, tzinfo=UTC))
    play.accept(draw("a", days=range(6, 9)), parallelism=3)
    play.succeed("a@6")
    assert play.word() == "waiting"
    amend(play, "a", range(6, 9), drop({7: 1, 8: 1}))
    assert (play.word(), play.engine.next_wake(play.now)) == ("succeeded", None)


def test_a_dropped_date_is_paused_no_longer():
    """Nothing of it would start: its backfill is done without it."""
    play = Play(draw("a", days=range(5, 7)))
    play.act(Pause(), days=[6])
    play.succeed("a@5")
    assert play.word() != "succeeded"
    amend(play, "a", range(5, 7), drop({6: 1}))
    assert (play.word(6), play.word()) == ("succeeded", "succeeded")


def test_a_dropped_date_waits_for_another_whether_it_is_paused_or_not():
    """A pause does not take away again and again the place that a dropped date is given."""
    text = "a -previous-> a"
    play = Play(draw(text, days=range(5, 8)), parallelism=2)
    play.act(Pause(), days=[6])
    amend(play, text, range(5, 8), drop({6: 1}))
    assert play.word() == "running"
    play.succeed("a@5")
    assert (play.word(6), play.starts()) == ("succeeded", ["a@5", "a@7"])


def test_a_cut_wait_frees_at_once():
    """On its own date or another; all others wait as before."""
    text = "a -> b\na -> c\nb -previous-> b"
    play = Play(draw(text, days=range(5, 7)), parallelism=2)
    assert play.starts() == ["a@5", "a@6"]
    amend(play, text, range(5, 7), cut((5, 1), (5, 0)))
    assert play.starts() == ["b@5"]
    play.succeed("a@6")
    assert play.starts() == ["c@6"]
    amend(play, text, range(5, 7), cut((5, 1), (5, 0)), cut((6, 1), (5, 1)))
    assert play.starts() == ["b@6"]


def test_a_cut_sets_a_blocked_one_free():
    """Below a failure that it need not wait for, the run is open again and queues for a place."""
    play = Play(draw(LINE, days=range(5, 7)), on_failure=OnFailure.CONTINUE)
    play.fail("a@5")
    assert play.starts() == ["a@5", "a@6"]
    amend(play, LINE, range(5, 7), cut((5, 1), (5, 0)))
    assert play.word(5) == "queued"
    play.succeed("a@6")
    play.succeed("b@6")
    assert play.starts() == ["b@6", "b@5"]
    play.succeed("b@5")
    assert (play.word(5), play.word()) == ("failed", "failed")


def test_other_windows_count_at_once_both_ways():
    """Who waits at a shut window starts when the new one is open; who is in line stays when it is shut."""
    play = Play(draw("a", days=range(5, 7), policy=NIGHT), groups={"default": 1})
    assert (play.starts(), play.word(5)) == ([], "waiting")
    amend(play, "a", range(5, 7))
    assert play.starts() == ["a@5"]
    assert play.engine.next_wake(play.now) is None, "nobody waits at the old window"

    play = Play(draw("a\nb", days=range(5, 6)), groups={"default": 1})
    assert play.starts() == ["a@5"]
    amend(play, "a\nb", range(5, 6), policy=NIGHT)
    play.succeed("a@5")
    assert (play.starts(), play.word(5)) == ([], "waiting")
    assert play.engine.next_wake(play.now) == NOON.replace(hour=22)


def test_immediately_reaches_dates_that_were_passed_over():
    """A date to come begins at once when its cycle is no longer waited for."""
    play = Play(now=datetime(2024, 1, 6, 12, tzinfo=UTC))
    play.accept(draw("a", days=range(7, 9)), parallelism=2)
    assert (play.starts(), play.word(7)) == ([], "waiting")
    amend(play, "a", range(7, 9), policy=RunPolicy("Daily", time(0), time(23, 59, 59), immediately=True))
    assert play.starts() == ["a@7", "a@8"]


def test_terms_come_in_the_same_round():
    """More dates in flight, another priority: answered once, for the backfill; a done one takes them too."""
    play = Play(draw("a", days=range(5, 9)))
    answered = amend(play, "a", range(5, 9), add(9), terms=Replan(parallelism=3, priority=7))
    assert (answered.of, answered.verdicts) == ("backfill", {1: ACCEPTED})
    assert play.starts() == ["a@5", "a@6", "a@7"]
    marks = play.engine.snapshot.backfills[1].marks
    assert (marks.parallelism, marks.priority, marks.on_failure) == (3, 7, None)


def test_what_acts_have_set_stays():
    """Pauses with their alarms, priorities, a run's not-before, holds: by date, wherever it stands by now."""
    play = Play(draw("a\nb", days=range(5, 8)), groups={"default": 1}, parallelism=3)
    play.hold("a@6")
    play.act(SetPriority(9), "b@7")
    play.act(Order.HOLD, "a@7")
    play.succeed("a@5")
    amend(play, "a\nb", range(5, 8), add(3, 4), terms=Replan(parallelism=5))
    assert play.starts() == ["a@5", "b@7"]
    assert play.counts(6)[State.READY] == 2
    play.succeed("b@7")
    assert play.starts() == ["a@3"]


def test_a_date_that_is_paused_stays_so():
    """And goes on by itself, when it was to."""
    play = Play(draw("a", days=range(5, 7)))
    play.act(Pause(play.now + timedelta(hours=1)), days=[6])
    amend(play, "a", range(5, 7), add(4))
    play.succeed("a@5")
    play.succeed("a@4")
    assert (play.starts(), play.word(6)) == (["a@5", "a@4"], "paused")
    play.wait(hours=1)
    assert play.starts() == ["a@6"]


def test_first_dates_and_failures_are_counted_on():
    """A backfill that was looked at does not pause for a look again; failures before count."""
    play = Play(draw("a", days=range(5, 7)), first=1, max_failed_dates=2)
    play.fail("a@5")
    assert play.word() == "paused"
    play.act(Order.RESUME)
    amend(play, "a", range(5, 7), add(7))
    play.succeed("a@6")
    assert play.starts() == ["a@5", "a@6", "a@7"]
    play.fail("a@7")
    assert play.engine.snapshot.backfills[1].marks.looked


def test_other_backfills_are_queued_behind_added_dates():
    """The cycles of an added date are the backfill's own from then on, those of a dropped one no longer."""
    play = Play(draw("a", days=range(5, 6)))
    play.accept(draw("a", days=range(6, 8)), parallelism=2)
    assert play.starts() == ["a@5", "a@6#2", "a@7#2"]
    play.accept(draw("a", days=range(8, 10)), parallelism=2, marks=BackfillMarks(Halt.NOT_STARTED))
    amend(play, "a", range(5, 6), add(9))
    play.act(Order.START, backfill=3)
    assert play.starts() == ["a@8#3"]
    amend(play, "a", range(5, 6), add(9), drop({9: 1}))
    assert play.starts() == ["a@9#3"]


def test_an_unknown_backfill_is_not_heeded():
    """What the engine has let go of is to be restored first."""
    play = Play(draw("a"))
    amended = play.amended(draw("a", days=range(18, 20)))
    other = Play()
    other.say(amended)
    assert other.engine.dropped == (amended,)


def test_only_what_is_different_is_told():
    """An amendment of one date tells nothing of instances of the others."""
    play = Play(draw(LINE, days=range(5, 9)), parallelism=2)
    amend(play, LINE, range(5, 9), drop({6: 0b10}), add(9))
    assert [(each.instance, each.byte & STATE_MASK) for each in play.effects if isinstance(each, Moved)] == [
        (instance_id(2, 1), State.WAITING)
    ]
    assert [each.run for each in play.effects if isinstance(each, RunChanged)] == [2]
    assert not [each for each in play.effects if isinstance(each, RunAdmitted)]
