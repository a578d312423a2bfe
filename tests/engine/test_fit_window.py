"""fit_window: only that is started which ends before the window closes, nine times of ten."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from drawing import VIRTUAL, Play, draw
from hypothesis import given, settings
from hypothesis import strategies as some

from backfilld.catalog.models import RunPolicy
from backfilld.engine.explaining import Asked
from backfilld.engine.gates import Gate
from backfilld.planning.plan import Plan, split_id
from backfilld.planning.windows import RunWindow
from backfilld.request.durations import Duration, Durations

NIGHTS = RunPolicy("Daily", time(22), time(5, 59, 59))
FRIDAY = datetime(2024, 3, 1, tzinfo=UTC)
OPENING, CLOSING = FRIDAY + timedelta(hours=22), FRIDAY + timedelta(hours=30)
HOUR = 3600.0


def fitting(text: str, p90: dict[int, float], **more: Any) -> Plan:
    """A drawing with fit_window in the nights; tasks take less than half of `p90` seconds as a rule."""
    known = {task: Duration(seconds / 3, seconds) for task, seconds in p90.items()}
    return draw(text, durations=Durations(known), fit_window=True, **{"policy": NIGHTS, **more})


def why(play: Play, name: str) -> tuple[str, datetime | None]:
    """The code of what keeps an instance, and until when."""
    position, ordinal = split_id(play.instance(name))
    found = play.engine.explainer.instance(Asked(1, position - 1, ordinal, (), 0), play.now)
    assert found
    return found.code, found.until


def test_what_would_run_past_the_close_waits_for_the_next_opening():
    """With three hours left a task of two starts, and one of four waits, as explain says."""
    play = Play(fitting("short\nlong", {1: 2 * HOUR, 2: 4 * HOUR}), now=CLOSING - timedelta(hours=3))

    assert play.starts() == ["short@19"]
    tomorrow = OPENING + timedelta(days=1)
    assert why(play, "long@19") == (Gate.FIT.value, tomorrow)
    assert play.engine.next_wake(play.now) == tomorrow
    play.now = tomorrow
    play.say()
    assert play.starts() == ["long@19"]


def test_what_ends_with_the_last_second_fits():
    """The window is open through its last second, and a task may take up to that."""
    assert Play(fitting("a", {1: HOUR}), now=CLOSING - timedelta(hours=1)).starts() == ["a@19"]
    assert Play(fitting("a", {1: HOUR + 0.001}), now=CLOSING - timedelta(hours=1)).starts() == []


def test_longer_than_any_window_never_starts_by_itself():
    """Nobody is woken for it; who triggers it lifts this gate with the window."""
    play = Play(fitting("a", {1: 8.5 * HOUR}), now=OPENING)

    assert (play.starts(), why(play, "a@19"), play.engine.next_wake(play.now)) == ([], (Gate.FIT.value, None), None)
    play.trigger("a@19")
    assert play.starts() == ["a@19"]


def test_a_night_that_is_longer_has_room():
    """When the clocks are set back the night has an hour more: the task waits for that one."""
    plan = fitting("a", {1: 8.5 * HOUR}, zone="Europe/Berlin")
    october = datetime(2024, 10, 26, 20, tzinfo=UTC)
    play = Play(plan, now=october - timedelta(days=30))

    assert why(play, "a@19") == (Gate.FIT.value, october)
    while play.now < october:
        assert play.starts() == []
        play.now = play.engine.next_wake(play.now)
        play.say()
    assert (play.now, play.starts()) == (october, ["a@19"])


def test_without_history_the_assumption_counts():
    """A task that nobody has seen takes a minute, or what the settings say; one without a process takes nothing."""
    plan = draw(
        "a\ngate", durations=Durations({}, 120), tasks={"gate": {"action": VIRTUAL}}, fit_window=True, policy=NIGHTS
    )
    play = Play(plan, now=CLOSING - timedelta(seconds=90))

    assert play.starts() == []
    assert play.counts(19)[3] == 1


def test_without_a_window_it_has_no_effect():
    """What may start at any time fits at any time."""
    assert Play(fitting("a", {1: 1e6}, policy=None)).starts() == ["a@19"]


def test_a_retry_has_to_fit_too():
    """After a failure less of the window is left."""
    plan = fitting("a", {1: HOUR}, tasks={"a": {"retries": 1, "retry_delay": timedelta(minutes=40)}})
    play = Play(plan, now=CLOSING - timedelta(minutes=90))

    assert play.starts() == ["a@19"]
    play.fail("a@19")
    play.wait(minutes=40)
    assert (play.starts(), why(play, "a@19")[0]) == ([], Gate.FIT.value)


MOMENTS = some.datetimes(datetime(2024, 1, 20), datetime(2025, 1, 1), timezones=some.just(UTC))
TIMES = some.times().map(lambda moment: moment.replace(microsecond=0))


@settings(max_examples=40)
@given(
    kind=some.sampled_from(["Daily", "Weekend"]),
    edges=some.tuples(TIMES, TIMES).filter(lambda each: each[0] != each[1]),
    zone=some.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    seconds=some.lists(some.floats(1, 30 * HOUR), min_size=1, max_size=4),
    now=MOMENTS,
)
def test_nothing_that_takes_its_p90_runs_past_the_close(kind, edges, zone, seconds, now):
    """Whatever the window and wherever clocks change: what starts ends while the window that it started in is open.

    And what has room in a window to come within ten openings is not kept beyond that one.
    """
    policy = RunPolicy(kind, *edges)
    window = RunWindow.of(policy, zone)
    names = [f"t{number}" for number in range(len(seconds))]
    plan = fitting("\n".join(names), dict(enumerate(seconds, 1)), policy=policy, zone=zone)
    room = {name: _first_room(window, now, timedelta(seconds=each)) for name, each in zip(names, seconds, strict=True)}
    play, started = Play(plan, now=now), {}
    for _ in range(10):
        for name in play.starts():
            started[name.partition("@")[0]] = play.now
        wake = play.engine.next_wake(play.now)
        if wake is None:
            break
        play.now = wake
        play.say()
    for name, each in zip(names, seconds, strict=True):
        if name in started:
            closes = window.closes(started[name])
            assert closes is None or started[name] + timedelta(seconds=each) <= closes
            assert started[name] == room[name]
        else:
            assert room[name] is None or room[name] >= play.now


def _first_room(window: RunWindow, now: datetime, length: timedelta) -> datetime | None:
    """The naive answer: opening after opening, as the window itself tells them."""
    for _ in range(500):
        now = window.next_open(now)
        closes = window.closes(now)
        if closes is None or now + length <= closes:
            return now
        now = closes
    return None
