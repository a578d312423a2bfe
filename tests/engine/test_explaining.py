"""Why not yet: what is said of an instance is what the engine does with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from drawing import Play, draw, where
from engine.book import Book, Node
from engine.trial import Trial

from backfilld.engine.events import OnFailure
from backfilld.engine.explaining import (
    BLOCKED,
    DATE_AHEAD,
    DATE_PAUSED,
    NO_PLACE,
    PLACES_KEPT,
    SAMPLE,
    SHOWN,
    UPSTREAM,
    Asked,
    Crowd,
    Situation,
    Why,
)
from backfilld.engine.gates import Gate
from backfilld.engine.states import DEAD, SATISFIED, State
from backfilld.engine.upstream import Upstream

GATES = {gate.value for gate in Gate}
TIMED = {Gate.RETRY.value, Gate.NOT_BEFORE.value, Gate.CYCLE.value, Gate.WINDOW.value, DATE_AHEAD}
PAUSED = {Gate.PAUSED.value, DATE_PAUSED}
"""A pause may have an end."""
NOON = datetime(2024, 1, 19, 12, tzinfo=UTC)


def why(play: Play, name: str) -> Why:
    """What keeps the instance of this name."""
    plain, _, number = name.partition("#")
    backfill = int(number or 1)
    node = where(play.plans[backfill], plain)
    upstream = Upstream(play.plans[backfill]).of(node)
    found = play.engine.explainer.instance(Asked(backfill, *node, upstream, 0), play.now)
    assert found
    return found


def situation(play: Play, backfill: int = 1) -> Situation:
    """What the instances of a backfill wait for."""
    found = play.engine.explainer.backfill(backfill, play.now)
    assert found
    return found


def retried() -> Play:
    play = Play(draw("a", tasks={"a": {"retries": 1, "retry_delay": timedelta(minutes=5)}}))
    play.fail("a@19")
    return play


def queued() -> Play:
    play = Play(draw("a"))
    play.accept(draw("a"))
    return play


def elsewhere() -> Play:
    """The later of two backfills runs the cycle, for the earlier one was done when it came; now that is to run it."""
    play = Play(draw("a"), on_failure=OnFailure.CONTINUE)
    play.fail("a@19")
    play.accept(draw("a"))
    play.rerun("a@19")
    return play


def crowded() -> Play:
    play = Play(draw("a", days=(19, 20), tasks={"a": {"max_active": 1}}), parallelism=2)
    play.starts()
    return play


def full() -> Play:
    return Play(draw("a", days=(19, 20)), parallelism=2, groups={"default": 1})


def held() -> Play:
    return Play(draw("a", tasks={"a": {"recurrence": "Pause"}}))


def early() -> Play:
    return Play(draw("a", tasks={"a": {"cron": "30 12 * * *"}}), now=NOON.replace(hour=11), parallelism=1)


def between() -> Play:
    return Play(draw("a", tasks={"a": {"cron": "30 11,12 * * *"}}), now=NOON)


def failed_first() -> Play:
    play = Play(draw("a -> b", days=(19, 20)), on_failure=OnFailure.HOLD)
    play.fail("a@19")
    return play


@pytest.mark.parametrize(
    ("make", "name", "expected", "opens"),
    [
        (held, "a@19", Why(0x11, "held"), lambda play: play.release()),
        (
            retried,
            "a@19",
            Why(1, "retry_not_due", datetime(2024, 3, 1, 12, 5, tzinfo=UTC)),
            lambda play: play.wait(minutes=5),
        ),
        (early, "a@19T1230", Why(0, DATE_AHEAD, NOON.replace(minute=30)), lambda play: play.wait(minutes=90)),
        (
            between,
            "a@19T1230",
            Why(1, "cycle_not_come", NOON.replace(minute=30)),
            lambda play: play.wait(minutes=30),
        ),
        (queued, "a@19#2", Why(1, "queued_behind", backfill=1, run=1), lambda play: play.succeed("a@19")),
        (
            elsewhere,
            "a@19",
            Why(1, "runs_elsewhere", backfill=2, run=2, instance=2 << 20),
            lambda play: play.succeed("a@19#2"),
        ),
        (
            crowded,
            "a@20",
            Why(1, "max_active", crowd=Crowd("a", 1, 1, (1,))),
            lambda play: play.succeed("a@19"),
        ),
        (full, "a@20", Why(1, "no_slot", crowd=Crowd("default", 1, 1, (1,))), lambda play: play.succeed("a@19")),
        (
            lambda: Play(draw("a", days=(19, 20))),
            "a@20",
            Why(0, NO_PLACE, crowd=Crowd("dates in flight", 1, 1)),
            lambda play: play.succeed("a@19"),
        ),
        (
            failed_first,
            "a@20",
            Why(0, PLACES_KEPT, crowd=Crowd("dates in flight", 1, 1)),
            lambda play: play.cancel(days=[19]),
        ),
        (
            lambda: Play(draw("a -> b")),
            "b@19",
            Why(0, UPSTREAM, upstream=(1 << 20,)),
            lambda play: play.succeed("a@19"),
        ),
        (
            failed_first,
            "b@19",
            Why(0, BLOCKED, upstream=(1 << 20,)),
            lambda play: (play.rerun(), play.succeed("a@19")),
        ),
    ],
    ids=lambda each: each.code if isinstance(each, Why) else None,
)
def test_what_opens_the_gate_starts_the_instance(
    make: Callable[[], Play], name: str, expected: Why, opens: Callable[[Play], object]
) -> None:
    """The reason names what is in the way; once exactly that is out of the way, the instance starts."""
    play = make()
    play.starts()

    assert why(play, name) == expected
    opens(play)
    assert play.starts()[-1] == name
    assert why(play, name).code == "running"


def test_of_an_ended_one_the_state_is_said() -> None:
    """What is terminal has no reason but its state."""
    play = Play(draw("a -> b"))
    play.succeed("a@19")
    play.fail("b@19")

    assert (why(play, "a@19").code, why(play, "b@19").code) == ("succeeded", "failed")


def test_the_most_urgent_upstream_comes_first() -> None:
    """Of many upstream instances ten are named: failed ones, then running ones, then the rest; and how many more."""
    names = [f"u{number:02}" for number in range(14)]
    play = Play(draw("\n".join(f"{name} -> end" for name in names)), groups={"default": 3})
    play.fail("u01@19")
    play.succeed("u00@19")

    found = why(play, "end@19")
    assert (found.code, len(found.upstream), found.more) == (UPSTREAM, SHOWN, 3)
    assert [play.name(each) for each in found.upstream[:5]] == ["u01@19", "u02@19", "u03@19", "u04@19", "u05@19"]


def test_the_cause_of_what_is_blocked() -> None:
    """Through whatever waits in between, the failed one is found, and what only shares its upstream is not."""
    plan = draw("a -> b -> c -> d\nx -> d", left_out=["c@19"])
    play = Play(plan)
    play.succeed("x@19")
    play.fail("a@19")
    states = {name: why(play, f"{name}@19").state for name in "abcdx"}

    causes = Upstream(plan).causes(
        where(plan, "d@19"), lambda position, ordinal: states[plan.tasks[plan.template(position).tasks[ordinal]].name]
    )
    assert causes == [where(plan, "a@19")]
    assert why(play, "d@19").code == BLOCKED


def test_reasons_of_a_backfill() -> None:
    """Ready instances are counted by reason; the earliest moment speaks for all that wait for the clock."""
    fields = {"a": {"retries": 1, "retry_delay": timedelta(minutes=5)}, "h": {"recurrence": "Pause"}}
    play = Play(draw("a\nb\nh", days=range(1, 5), tasks=fields), parallelism=4, groups={"default": 5})
    play.fail("a@1")
    play.wait(minutes=1)
    play.fail("a@2")

    found = situation(play)
    assert {each.why.code: each.count for each in found.reasons} == {"held": 4, "no_slot": 1, "retry_not_due": 2}
    assert found.ready == 7
    assert found.next == datetime(2024, 3, 1, 12, 5, tzinfo=UTC)
    assert (found.placed, found.kept) == (frozenset(range(4)), False)


def test_of_very_many_only_some_are_asked() -> None:
    """A backfill with more ready instances than are asked says how many there are in all."""
    names = [f"t{number}" for number in range(SAMPLE + 100)]
    play = Play(draw("\n".join(names)), groups={"default": 50})

    found = situation(play)
    assert [(each.why.code, each.count) for each in found.reasons] == [("no_slot", SAMPLE)]
    assert found.ready == SAMPLE + 50


def test_of_very_many_each_date_is_asked() -> None:
    """A date with more ready instances than are asked does not hide another date's reason."""
    names = [f"t{number}" for number in range(SAMPLE)]
    play = Play(draw("\n".join(names), days=(1, 2)), groups={"default": 1}, parallelism=2)
    play.hold(days=[2])

    assert {each.why.code: each.count for each in situation(play).reasons} == {
        "no_slot": SAMPLE / 2,
        "held": SAMPLE / 2,
    }


def test_a_backfill_that_is_not_known() -> None:
    """Nothing is said of what the engine does not know."""
    play = Play(draw("a"))

    assert play.engine.explainer.backfill(2, play.now) is None
    assert play.engine.explainer.instance(Asked(2, 0, 0, (), 0), play.now) is None


def explained(trial: Trial) -> Iterator[tuple[Book, Node, Why]]:
    """Every instance that the trial's engine knows, with what is said of it."""
    for book in trial.books.known():
        upstream = Upstream(book.accepted.plan)
        for node in book.upstream:
            asked = Asked(book.accepted.backfill, *node, upstream.of(node), book.default(node[0]) | book.fresh(node))
            found = trial.engine.explainer.instance(asked, trial.now)
            assert found
            yield book, node, found


def judge(trial: Trial) -> None:
    """Hold everything that is said against the naive books."""
    blocked = {id(book): book.blocked() for book in trial.books.of.values()}
    for book, node, found in explained(trial):
        state = book.state(node)
        assert found.state is state
        assert (found.code in GATES) == (state is State.READY), "at rest, every ready instance has a shut gate"
        assert (found.code == BLOCKED) == (node in blocked[id(book)])
        assert found.code in PAUSED or (found.until is not None) == (found.code in TIMED)
        assert found.until is None or found.until > trial.now
        match found.code:
            case "waits_for" | "blocked":
                judge_upstream(book, node, found)
            case "no_place" | "places_kept" | "max_active" | "no_slot":
                assert found.crowd
                assert found.crowd.inside >= found.crowd.limit
            case "queued_behind":
                assert found.backfill in trial.books.of
                assert found.backfill < book.accepted.backfill


def judge_upstream(book: Book, node: Node, found: Why) -> None:
    upstream = Upstream(book.accepted.plan)
    unmet = {book.instance(up) for up in upstream.of(node) if book.state(up) not in SATISFIED}
    direct = {book.instance(up) for up in book.upstream[node] if book.state(up) not in SATISFIED}
    assert direct <= unmet
    assert set(found.upstream) <= unmet
    assert len(found.upstream) + found.more == len(unmet) > 0
    if found.code == BLOCKED:
        causes = upstream.causes(node, lambda position, ordinal: book.state((position, ordinal)))
        assert causes
        assert all(book.state(cause) in DEAD for cause in causes)


def judge_backfills(trial: Trial) -> None:
    """Counts and the next moment of each backfill follow from what is said of its instances."""
    said = list(explained(trial))
    for book in trial.books.known():
        found = trial.engine.explainer.backfill(book.accepted.backfill, trial.now)
        assert found
        mine = [each for owner, _, each in said if owner is book]
        assert sum(each.count for each in found.reasons) == sum(each.state is State.READY for each in mine)
        assert found.next == min((each.until for each in mine if each.until), default=None)
        assert all(one.count >= other.count for one, other in pairwise(found.reasons))


def lived(seed: int) -> Iterator[Trial]:
    """A random life, after each of its steps, once nothing is left over of it."""
    trial = Trial(seed, judge_every=1_000)
    for _ in range(5 + seed % 36):
        trial.step()
        while trial.engine.goes_on:
            trial.say()
        yield trial


def test_in_random_lives() -> None:
    """Whatever happened: states, reasons, upstream and counts are those of the books, and a crash changes none."""
    for seed in range(100):
        for trial in lived(seed):
            judge(trial)
        judge_backfills(trial)


def test_what_is_due_is_no_reason_any_more() -> None:
    """At the moment that a reason names it is the reason no longer; for a date the engine wakes by itself."""
    for seed in range(60):
        for trial in islice(lived(seed), 4, None, 5):
            judge_first_moment(trial)


def judge_first_moment(trial: Trial) -> None:
    """What is due first is no reason any more once its moment has come."""
    timed = [(found.until, book, node, found.code) for book, node, found in explained(trial) if found.until]
    if not timed:
        return
    until, book, node, code = min(timed, key=lambda each: each[0])
    wake = trial.engine.next_wake(trial.now)
    if code in (DATE_AHEAD, DATE_PAUSED):  # a ready instance may wait for a slot or a window as well, and not be called
        assert wake is not None
        assert wake <= until
    trial.now = until
    trial.say()
    (after,) = (found for owner, at, found in explained(trial) if (owner, at) == (book, node))
    assert after.code != code or after.until is None or after.until > until
