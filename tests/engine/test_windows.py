"""Run windows: outside nothing starts, what runs goes on, and nobody asks before the next opening."""

from datetime import UTC, datetime, time, timedelta

from drawing import NOON, VIRTUAL, Play, draw

from backfilld.catalog.models import RunPolicy
from backfilld.engine.engine import Engine
from backfilld.engine.events import Dismissed, InstanceFacts, OnFailure, Restored, RunFacts
from backfilld.engine.states import State

NIGHTS = RunPolicy("Daily", time(22), time(6))
FRIDAY = datetime(2024, 3, 1, tzinfo=UTC)
OPENING = FRIDAY + timedelta(hours=22)
CLOSED = FRIDAY + timedelta(days=1, hours=6, seconds=1)


def test_nothing_starts_before_the_window_opens():
    """The engine asks to be woken at the very opening, and starts then."""
    play = Play(draw("extract", policy=NIGHTS))

    assert play.starts() == []
    assert play.engine.next_wake(play.now) == OPENING
    play.wait(hours=9, minutes=59, seconds=59)
    assert play.starts() == []
    play.wait(seconds=1)
    assert play.starts() == ["extract@19"]
    assert play.engine.next_wake(play.now) is None


def test_what_runs_goes_on_and_nothing_follows_it():
    """An attempt outlives its window; what waits for it starts in the next one."""
    play = Play(draw("extract -> load", policy=NIGHTS), now=OPENING)

    play.now = CLOSED
    play.succeed("extract@19")
    assert (play.starts(), play.stops()) == (["extract@19"], [])
    assert play.engine.next_wake(play.now) == OPENING + timedelta(days=1)
    play.wait(hours=16)
    assert play.starts() == ["load@19"]


def test_the_last_second_is_open():
    """At the end that the policy names, and through its second, something may start."""
    play = Play(draw("extract -> load", policy=NIGHTS), now=OPENING)

    play.now = CLOSED - timedelta(microseconds=1)
    play.succeed("extract@19")
    assert play.starts() == ["extract@19", "load@19"]


def test_a_retry_waits_for_the_window_too():
    """A retry that falls due outside starts when the window opens."""
    plan = draw("extract", tasks={"extract": {"retries": 1, "retry_delay": timedelta(minutes=5)}}, policy=NIGHTS)
    play = Play(plan, now=OPENING)

    play.now = CLOSED - timedelta(minutes=1)
    play.fail("extract@19")
    assert play.engine.next_wake(play.now) == play.now + timedelta(minutes=5)
    play.wait(minutes=5)
    assert play.starts() == ["extract@19"]
    assert play.engine.next_wake(play.now) == OPENING + timedelta(days=1)


def test_a_task_without_a_process_obeys_its_window():
    """A virtual task marks a point in time as much as any other."""
    plan = draw("gate -> load", tasks={"gate": {"action": VIRTUAL, "run_policy": NIGHTS}})
    play = Play(plan)

    assert play.counts(19)[State.READY] == 1
    play.now = OPENING
    play.say()
    assert play.starts() == ["load@19"]


def test_a_task_with_a_window_holds_up_only_what_waits_for_it():
    """Tasks without a window start at any time."""
    play = Play(draw("extract -> load\nother", tasks={"extract": {"run_policy": NIGHTS}}))

    assert play.starts() == ["other@19"]
    assert play.word() == "running"
    play.succeed("other@19")
    assert (play.word(19), play.word()) == ("waiting", "waiting")


def test_however_many_wait_there_is_one_opening():
    """A thousand instances of two backfills with one policy wake the engine once."""
    names = "\n".join(f"t{number}" for number in range(500))
    play = Play(draw(names, policy=NIGHTS), groups={"default": 2000})
    play.accept(draw(names, days=[20], policy=NIGHTS))

    assert play.word() == play.word(backfill=2) == "waiting"
    play.now = play.engine.next_wake(play.now)
    play.say()
    assert len(play.starts()) == 1000
    assert play.engine.next_wake(play.now) is None


def test_a_window_that_closes_on_a_line_for_slots():
    """Who had no slot while it was open waits for the next opening, not for a slot."""
    play = Play(draw("a\nb", policy=NIGHTS), groups={"default": 1}, now=OPENING)

    play.now = CLOSED
    play.succeed("a@19")
    assert play.starts() == ["a@19"]
    assert play.word(19) == "waiting"
    play.wait(hours=16)
    assert play.starts() == ["b@19"]


def test_what_was_cancelled_is_not_woken():
    """Nobody waits at the door for an instance that has ended otherwise, whether its backfill is forgotten or not."""
    play = Play(draw("extract", policy=NIGHTS))
    play.cancel()
    assert play.engine.next_wake(play.now) is None
    play.say(Dismissed(1))
    play.now = OPENING
    assert play.say() == []


def test_immediately_lifts_the_cycle_time_of_a_date_that_lies_ahead():
    """Dates wholly in the future are admitted and run, in order, one at a time as always."""
    whole_day = RunPolicy("Daily", time(0), time(23, 59, 59), immediately=True)
    now = datetime(2024, 1, 19, 12, tzinfo=UTC)
    play = Play(draw("extract", days=range(20, 22), policy=whole_day), now=now)

    assert play.starts() == ["extract@20"]
    play.succeed("extract@20")
    assert play.starts() == ["extract@21"]


def test_immediately_lifts_nothing_else():
    """The window is waited for, and so is a retry."""
    policy = RunPolicy("Daily", time(22), time(6), immediately=True)
    plan = draw("extract", days=[30], tasks={"extract": {"retries": 1}}, policy=policy)
    play = Play(plan, now=datetime(2024, 1, 19, 12, tzinfo=UTC))

    assert play.starts() == []
    play.wait(hours=10)
    assert play.starts() == ["extract@30"]
    play.fail("extract@30")
    assert play.engine.next_wake(play.now) == play.now + timedelta(seconds=30)


def test_a_task_of_its_own_that_does_not_wait_opens_its_date():
    """A date is not wholly in the future while one of its tasks may start; the others wait for their cycles."""
    at_any_time = RunPolicy("Daily", time(0), time(23, 59, 59), immediately=True)
    play = Play(
        draw("early\nlate", tasks={"early": {"run_policy": at_any_time}}), now=datetime(2024, 1, 18, tzinfo=UTC)
    )

    assert play.starts() == ["early@19"]
    assert play.engine.next_wake(play.now) == datetime(2024, 1, 19, tzinfo=UTC)


def test_a_clock_set_back_out_of_the_window():
    """Nothing starts outside its window by the clock as it reads now."""
    play = Play(draw("extract -> load", policy=NIGHTS), now=OPENING)

    play.now -= timedelta(hours=1)
    play.succeed("extract@19")
    assert play.starts() == ["extract@19"]
    assert play.engine.next_wake(play.now) == OPENING


def test_a_clock_set_back_into_the_window():
    """What waits for the next opening need not wait any more when the clock reads an open hour again."""
    play = Play(draw("extract", policy=NIGHTS), now=CLOSED)

    assert play.starts() == []
    play.wait(hours=-1)
    assert play.starts() == ["extract@19"]


def test_after_a_restart_the_window_is_worked_out_again():
    """Nothing of windows is stored: what was ready waits for the next opening."""
    play = Play()
    accepted = play.accepted(draw("extract", policy=NIGHTS), 1, 1, OnFailure.CONTINUE, "Prod")
    ready = RunFacts(1, bytes([State.READY]), admitted=True)
    engine = Engine({"default": 1})

    assert engine.handle([Restored(accepted, [ready], [InstanceFacts(1 << 20, 0, 0)])], NOON) == []
    assert engine.next_wake(NOON) == OPENING
    assert engine.snapshot.backfills[1].word == "waiting"
