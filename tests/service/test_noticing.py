"""What of a round deserves a word: each event once a backfill, each ending each time, to whom it concerns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import time, timedelta
from typing import Any

import pytest
from drawing import NOON, Play, draw
from hypothesis import given
from hypothesis import strategies as st

from backfilld.alerts.rules import Policy, alerts_for
from backfilld.catalog.models import RunPolicy
from backfilld.engine.asking import CANCEL, Act, Order, Pause, SetPriority
from backfilld.engine.events import ByKind, Effect, OnFailure, Said
from backfilld.engine.marks import BackfillMarks, Halt
from backfilld.engine.snapshot import SETTLED
from backfilld.engine.states import AttemptState
from backfilld.interfaces.reasons import reason
from backfilld.ports import Alert, AlertEvent, Occasion, Subject
from backfilld.request.alerts import AskedAlert
from backfilld.service.noticing import Notices

HOUR = timedelta(hours=1)
NOBODY = Policy(None, frozenset(), reason)
OPERATOR = Policy("ops", frozenset(AlertEvent), reason)
MAIL = AskedAlert("SuccessFailure", ("Mail",))


class Heard(Play):
    """A play that somebody listens to."""

    def __init__(self, *plan: Any, asked: AskedAlert | None = MAIL, policy: Policy = NOBODY, **terms: Any) -> None:
        self.asked, self.policy, self.occasions, self.alerts = asked, policy, list[Occasion](), list[Alert]()
        self.notices = Notices(self.subject, self.heard, HOUR)
        super().__init__(*plan, **terms)

    def subject(self, number: int) -> Subject:
        plan = self.plans[number]
        return Subject(number, f"b{number}", plan.dates, plan.size, self.asked)

    def heard(self, occasion: Occasion) -> Sequence[Alert]:
        self.occasions.append(occasion)
        return alerts_for(occasion, self.policy)

    def say(self, *said: Said) -> list[Effect]:
        before = self.engine.snapshot
        effects = super().say(*said)
        self.alerts += self.notices.of(ByKind(effects), before, self.engine, self.now)
        return effects

    def events(self) -> list[str]:
        """What was noticed since this was last asked."""
        found, self.occasions = self.occasions, []
        return [f"{each.event.value} {each.outcome}" if each.outcome else each.event.value for each in found]


def test_a_life_that_succeeds() -> None:
    """It starts and it ends, whatever comes between."""
    play = Heard(draw("a -> b", days=(1, 2)))
    assert play.events() == ["started"]
    for name in ("a@1", "b@1", "a@2"):
        play.succeed(name)
    assert play.events() == []
    play.succeed("b@2")
    (ended,) = play.occasions
    assert (ended.event, ended.outcome, ended.at) == (AlertEvent.ENDED, "succeeded", NOON)
    assert (ended.runs, ended.counts) == ({"succeeded": 2}, {"succeeded": 4})


def test_a_failure_and_a_rerun() -> None:
    """The first failure is told once, each ending each time."""
    play = Heard(draw("a\nb -> c"))
    play.fail("a@19")
    assert play.events() == ["started", "first_failure"]
    play.fail("b@19")
    (ended,) = play.occasions
    assert ended.counts == {"waiting": 1, "failed": 2}
    assert play.events() == ["ended failed"]
    play.rerun()
    play.fail("a@19")
    play.succeed("b@19")
    play.succeed("c@19")
    assert play.events()[-1] == "ended failed"
    play.rerun("a@19")
    play.succeed("a@19")
    assert play.events()[-1] == "ended succeeded"


def test_what_is_lost_has_failed() -> None:
    """Nobody knows how it ended, so somebody has to look."""
    play = Heard(draw("a"))
    play.end(AttemptState.LOST, "a@19")
    assert play.events() == ["started", "first_failure", "ended failed"]


def test_failed_dates_that_keep_every_place() -> None:
    """Under Hold a backfill has failed when no other date can begin; what never began is told as such."""
    play = Heard(draw("a\nb", days=(1, 2, 3)), on_failure=OnFailure.HOLD)
    play.fail("a@1")
    play.succeed("b@1")
    ended = play.occasions[-1]
    assert (ended.event, ended.outcome) == (AlertEvent.ENDED, "failed")
    assert ended.counts == {"succeeded": 1, "failed": 1, "not_begun": 4}
    assert ended.runs == {"failed": 1, "queued": 2}


def test_a_retry_is_no_failure() -> None:
    """Only what has failed for good is told."""
    play = Heard(draw("a", tasks={"a": {"retries": 1}}))
    play.fail("a@19")
    assert play.events() == ["started"]


def test_stalled_behind_another() -> None:
    """Whose turn it is, and of which nothing could start for an hour, is told once, with the reason."""
    play = Heard(draw("a"))
    play.accept(draw("a"))
    assert play.events() == ["started"]
    assert play.notices.next_wake() == NOON + HOUR
    play.wait(minutes=59)
    play.act(SetPriority(3), backfill=2)  # what else is said of it changes nothing
    assert play.events() == []
    play.wait(minutes=1)
    (stalled,) = play.occasions
    assert (stalled.event, stalled.subject.backfill) == (AlertEvent.STALLED, 2)
    assert stalled.situation is not None
    assert [alike.why.code for alike in stalled.situation.reasons] == ["queued_behind"]
    assert play.notices.next_wake() is None
    play.wait(hours=5)
    assert play.events() == ["stalled"]


def test_who_starts_is_not_stalled() -> None:
    """An hour is counted from when the last of it ended; what runs itself, however long, stalls nothing."""
    play = Heard(draw("a\nb"), groups={"default": 1})
    play.accept(draw("a\nb", days=(20,)))
    play.wait(minutes=59)
    play.succeed("a@19")
    assert play.notices.next_wake() == NOON + 59 * timedelta(minutes=1) + HOUR  # of the first; the second runs
    assert play.word(backfill=2) == "running"
    play.wait(minutes=59)
    play.succeed("a@20#2")
    assert "stalled" not in play.events()


@pytest.mark.parametrize("act", [Pause(), CANCEL])
def test_who_is_paused_or_ended_is_not_stalled(act: Act) -> None:
    """Nothing is expected of it, and nobody wakes up for it."""
    play = Heard(draw("a"))
    play.accept(draw("a"))
    play.act(act, backfill=2)
    assert play.notices.next_wake() is None
    play.wait(hours=2)
    assert "stalled" not in play.events()


def test_who_has_nothing_to_start_is_not_stalled() -> None:
    """A backfill whose only date was paused before it began waits for an operator, and wakes up nobody."""
    play = Heard()
    play.accept(draw("a"), marks=BackfillMarks(Halt.NOT_STARTED))
    play.act(Pause(), days=[19])
    play.act(Order.START)
    for _ in range(3):
        play.wait(hours=1)
    assert play.notices.next_wake() is None
    assert play.events() == []


def test_who_waits_for_a_moment_is_not_stalled() -> None:
    """A window that is closed, and a retry that is not due, are no stall."""
    night = RunPolicy("Daily", time(22), time(6))
    play = Heard(draw("a", tasks={"a": {"retries": 1, "retry_delay": 3 * HOUR}}, policy=night))
    play.wait(hours=9)
    assert play.events() == []
    play.wait(hours=1)
    play.fail("a@19")
    play.wait(hours=2)
    assert play.events() == ["started"]
    assert play.notices.next_wake() is None


def test_starved() -> None:
    """Who had to be given a slot out of turn is told of once."""
    play = Heard(draw("a\nb\nc\nd"), groups={"default": 1}, priority=5)
    play.accept(draw("a\nb", days=(20,)))
    play.wait(minutes=15)
    play.succeed("a@19")
    assert {each.subject.backfill for each in play.occasions[1:]} == {2}
    assert sorted(play.events()[1:]) == ["started", "starved"]
    play.succeed("a@20#2")
    play.wait(minutes=15)
    play.succeed("b@19")
    assert play.engine.snapshot.backfills[2].fairness.starved == 2
    assert play.events() == []


def test_nobody_wakes_for_what_nobody_is_told() -> None:
    """Without anybody to be told of stalls there is no alarm for them."""
    play = Heard()
    play.notices = Notices(play.subject, play.heard)
    play.accept(draw("a"))
    play.accept(draw("a"))
    assert play.notices.next_wake() is None


KINDS = st.sampled_from(["Success", "Failure", "SuccessFailure"])
STEPS = st.lists(
    st.tuples(st.sampled_from(["end", "end", "end", "rerun", "cancel", "wait", "accept"]), st.randoms()), max_size=25
)


@given(kind=KINDS, steps=STEPS, hold=st.sampled_from(OnFailure), parallelism=st.integers(1, 3))
def test_each_ending_of_any_life_is_told_once(kind: Any, steps: Any, hold: OnFailure, parallelism: int) -> None:
    """Whatever happens, each time that a backfill comes to rest one message of the right kind goes out, or none.

    That it has come to rest is seen from its word, before and after each round.
    """
    asked = AskedAlert(kind, ("Mail", "Sms"))
    play = Heard(asked=asked, policy=OPERATOR, groups={"default": 3})
    expected: Counter[tuple[int, str, str]] = Counter()
    words: dict[int, str] = {}

    def look() -> None:
        for number, view in play.engine.snapshot.backfills.items():
            if view.word in SETTLED and words.get(number) != view.word:
                title = "was cancelled" if view.word == "cancelled" else f"has {view.word}"
                right = {"succeeded": ("Success", "SuccessFailure")}.get(view.word, ("Failure", "SuccessFailure"))
                channels = ["ops", *(("Mail", "Sms") if kind in right else ())]
                expected.update((number, channel, title) for channel in channels)
            words[number] = view.word

    for what, random in [("accept", None), *steps]:
        match what:
            case "accept" if len(play.plans) < 3:
                play.accept(draw("a -> b\nc", days=(1, 2)), on_failure=hold, parallelism=parallelism)
            case "end" if play.open:
                name = play.name(random.choice(sorted(play.open)))
                random.choice([play.succeed, play.succeed, play.fail])(name)
            case "rerun" | "cancel":
                number = random.choice(sorted(play.plans))
                act = play.rerun if what == "rerun" else play.cancel
                act(backfill=number, days=random.choice([None, [1], [2]]))
            case "wait":
                play.wait(minutes=20)
            case _:
                continue
        look()
    told = Counter(
        (alert.backfill, alert.channel, alert.title.partition(") ")[2])
        for alert in play.alerts
        if alert.event is AlertEvent.ENDED
    )
    assert told == expected
    others = Counter((each.backfill, each.event) for each in play.alerts if each.channel == "ops")
    assert all(count == 1 for (_, event), count in others.items() if event is AlertEvent.STARVED)
