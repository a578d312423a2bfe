"""What follows from the end of an attempt."""

from datetime import timedelta

import pytest
from drawing import NOON, Play, draw

from backfilld.catalog.cron import parse_cron
from backfilld.catalog.models import Clock, Command, Task
from backfilld.engine.events import AttemptClosed, AttemptEnded, AttemptMoved, Moved, Start, Stop
from backfilld.engine.retries import retry_at
from backfilld.engine.states import AttemptState, State

HOUR = timedelta(hours=1)


def play_one(**fields) -> Play:
    play = Play(draw("task -> next", tasks={"task": fields}))
    play.starts()
    return play


def state_of(play: Play, name: str) -> Moved:
    (moved,) = [each for each in play.effects if isinstance(each, Moved) and play.name(each.instance) == name]
    return moved


def test_a_failure_with_retries_left_backs_off():
    """A failed attempt with retries left waits its delay, twice as long each time, and then is failed for good."""
    play = play_one(retries=2, retry_delay=timedelta(seconds=30))

    for seconds in (30, 60):
        play.fail("task@19")
        assert play.word() == "waiting"
        assert play.engine.next_wake(play.now) == play.now + timedelta(seconds=seconds)
        play.wait(seconds=seconds - 1)
        assert play.starts() == []
        play.wait(seconds=1)
        assert play.starts() == ["task@19"]
    assert play.open[play.instance("task@19")] == 3
    play.fail("task@19")
    assert (play.word(), play.engine.next_wake(play.now)) == ("failed", None)


@pytest.mark.parametrize(
    ("delay", "backoff", "failures", "expected"),
    [
        (timedelta(seconds=30), 2.0, 1, timedelta(seconds=30)),
        (timedelta(seconds=30), 2.0, 4, timedelta(seconds=240)),
        (timedelta(seconds=30), 2.0, 50, HOUR),
        (timedelta(seconds=30), 2.0, 5000, HOUR),
        (timedelta(seconds=30), 1.0, 9, timedelta(seconds=30)),
        (2 * HOUR, 2.0, 3, 2 * HOUR),
        (timedelta(0), 2.0, 3, timedelta(0)),
    ],
)
def test_backoff_is_capped(delay, backoff, failures, expected):
    """The delay grows by the backoff, up to an hour or to the delay itself where that is longer."""
    clock = Clock(parse_cron("@daily"), "UTC", 0)
    task = Task(1, "t", 1, 1, clock, Command("true"), retry_delay=delay, retry_backoff=backoff)

    assert retry_at(task, failures, NOON) == NOON + expected


def test_an_exit_code_may_mean_skip():
    """An exit code that means skip satisfies downstream and is no failure."""
    play = play_one(skip_exit_codes=frozenset({99}), retries=2)
    play.fail("task@19", exit_code=99)

    assert play.starts() == ["next@19"]
    assert play.counts(19)[State.SKIPPED] == 1


def test_an_exit_code_may_mean_no_retry():
    """An exit code that means no retry fails at once though retries are left."""
    play = play_one(no_retry_exit_codes=frozenset({3}), retries=2)
    play.fail("task@19", exit_code=3)

    assert play.word() == "failed"


def test_a_timeout_stops_the_attempt_and_counts_as_a_failure():
    """Past its timeout an attempt is stopped, ends `stopped`, and is retried like any failure."""
    play = play_one(timeout=HOUR, kill_grace=timedelta(seconds=7), retries=1, retry_delay=timedelta(0))
    play.begin("task@19")
    assert play.engine.next_wake(play.now) == play.now + HOUR
    play.wait(minutes=60)

    (stop,) = [each for each in play.effects if isinstance(each, Stop)]
    assert stop.grace == timedelta(seconds=7)
    assert AttemptState.STOPPING in [each.state for each in play.effects if isinstance(each, AttemptMoved)]
    assert play.engine.next_wake(play.now) is None
    play.end(AttemptState.STOPPED, "task@19")
    assert [each.state for each in play.effects if isinstance(each, AttemptClosed)] == [AttemptState.STOPPED]
    assert play.starts() == ["task@19"]
    play.end(AttemptState.STOPPED, "task@19")
    assert play.word() == "failed"


def test_an_attempt_that_ended_has_no_deadline():
    """Nothing is stopped after it has ended, and nobody is woken for it."""
    play = play_one(timeout=HOUR)
    play.begin("task@19")
    play.succeed("task@19")
    assert play.engine.next_wake(play.now) is None


def test_a_lost_attempt_is_lost():
    """Nobody knows how it ended: it is not run again, whatever its retries, and blocks its downstream."""
    play = play_one(retries=5)
    play.end(AttemptState.LOST, "task@19")

    assert play.counts(19)[State.LOST] == 1
    assert play.word() == "failed"


def test_a_lost_attempt_is_retried_where_the_task_says_so():
    """With `on_lost: retry` a lost attempt is followed by a new one, once even without retries."""
    play = play_one(on_lost="retry", retry_delay=timedelta(0))
    play.end(AttemptState.LOST, "task@19")

    assert play.starts() == ["task@19"]
    assert play.open[play.instance("task@19")] == 2
    play.end(AttemptState.LOST, "task@19")
    assert play.word() == "failed"


def test_a_void_attempt_never_was():
    """A void attempt is followed by the next at once and is no failure."""
    play = play_one(retries=0)
    for _ in range(3):
        play.end(AttemptState.VOID, "task@19")
    assert play.starts() == ["task@19"] * 3
    assert play.open[play.instance("task@19")] == 4
    moved = state_of(play, "task@19")
    assert (moved.byte, moved.attempt, moved.failures) == (State.RUNNING, 4, 0)


def test_older_attempts_and_strangers_are_dropped():
    """What is said of an older attempt, or of an instance nobody knows, changes nothing and is handed back."""
    play = play_one(retries=1, retry_delay=timedelta(0))
    task = play.instance("task@19")
    play.fail("task@19")
    late = AttemptEnded(task, 1, AttemptState.SUCCEEDED, 0, play.now)
    stranger = AttemptEnded(999 << 20, 1, AttemptState.SUCCEEDED, 0, play.now)

    assert play.say(late, stranger) == []
    assert play.engine.dropped == (late, stranger)
    assert play.say() == []
    assert play.engine.dropped == ()


def test_an_instance_is_told_once_a_round_as_it_is_at_its_end():
    """Ended, unblocked and started in one round: one fact for each instance, the last."""
    play = play_one()
    play.succeed("task@19")

    moved = [(play.name(each.instance), each.byte, each.attempt) for each in play.effects if isinstance(each, Moved)]
    assert moved == [("task@19", State.SUCCEEDED, 1), ("next@19", State.RUNNING, 1)]
    assert [each.attempt for each in play.effects if isinstance(each, Start)] == [1]
