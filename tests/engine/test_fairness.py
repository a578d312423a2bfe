"""Turns, reserved slots, and nobody starves: spec 5, Who is next, on many backfills at once."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time, timedelta
from heapq import heappop, heappush
from itertools import combinations

from drawing import NOON, Play, draw
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backfilld.catalog.models import RunPolicy
from backfilld.engine.engine import Engine
from backfilld.engine.events import AttemptEnded, Dismissed, InstanceFacts, OnFailure, Restored, RunFacts, Start
from backfilld.engine.states import AttemptState, State
from backfilld.planning.plan import instance_id

MINUTE = timedelta(minutes=1)
PATIENCE = timedelta(minutes=15)
MANY = "\n".join(f"t{number}" for number in range(40))


def test_equal_backfills_take_turns():
    """Backfills of equal priority are served in turn, whoever came first."""
    play = Play(draw("a\nb\nc"), groups={"default": 1})
    play.accept(draw("a\nb\nc", days=[20]))
    names = []
    while play.open:
        names += play.starts()
        play.succeed(*map(play.name, play.open))

    assert names == ["a@19", "a@20#2", "b@19", "b@20#2", "c@19", "c@20#2"]


def test_who_had_no_slot_for_long_gets_the_next_one():
    """Whatever the priorities; then priority decides again, and both are counted."""
    play = Play(draw(MANY), groups={"default": 1}, starvation_after=PATIENCE, priority=5)
    play.accept(draw("a\nb", days=[20]), priority=1)

    names = play.starts()
    for _ in range(4):
        play.now += 5 * MINUTE
        play.succeed(*map(play.name, play.open))
        names += play.starts()
    assert names == ["t0@19", "t1@19", "t2@19", "a@20#2", "t3@19"]
    served = play.engine.snapshot.backfills[2].fairness
    assert (served.starts, served.starved, served.waits_since) == (1, 1, NOON + 15 * MINUTE)
    assert play.engine.snapshot.backfills[1].fairness.starved == 0
    play.cancel(backfill=2)
    play.say(Dismissed(2))
    assert (2 in play.engine.snapshot.backfills, play.engine.starved) == (False, 1)


def test_who_is_first_anyway_is_not_counted_as_starved():
    """A backfill that only waits for its own tasks is served in its turn, however long they take."""
    play = Play(draw("a\nb"), groups={"default": 1}, starvation_after=PATIENCE)

    play.now += 60 * MINUTE
    play.succeed("a@19")
    assert play.starts() == ["a@19", "b@19"]
    assert play.engine.snapshot.backfills[1].fairness == (2, 0, None)


def test_who_could_not_start_was_not_waiting_for_a_slot():
    """An instance that is held does not grow impatient: its time counts from the release."""
    play = Play(draw(MANY), groups={"default": 1}, starvation_after=PATIENCE, priority=5)
    play.accept(draw("a", days=[20]), priority=1)
    play.hold(backfill=2)

    play.now += 20 * MINUTE
    play.release(backfill=2)
    assert play.engine.snapshot.backfills[2].fairness.waits_since == play.now
    play.succeed("t0@19")
    assert play.starts() == ["t0@19", "t1@19"]


def test_hours_in_which_its_window_was_closed_do_not_count():
    """Nobody asks while all slots are taken; what waits through a closed window has waited since it opened again."""
    nights = RunPolicy("Daily", time(22), time(6))
    early = NOON.replace(hour=5, minute=50)
    play = Play(draw(MANY), groups={"default": 1}, now=early, starvation_after=PATIENCE, priority=5)
    play.accept(draw("a", days=[20], policy=nights), priority=1)
    assert play.engine.snapshot.backfills[2].fairness.waits_since == early

    play.now = NOON.replace(hour=22, minute=5)
    play.succeed("t0@19")
    assert play.starts() == ["t0@19", "t1@19"]
    assert play.engine.snapshot.backfills[2].fairness.waits_since == NOON.replace(hour=22)


def test_a_slot_for_anything_of_it_ends_its_wait():
    """Who was given a slot begins to wait anew, also where something else had waited before."""
    play = Play(draw("t0\nt1"), groups={"default": 1}, starvation_after=PATIENCE)
    play.accept(draw("low\nhigh", days=[20], tasks={"high": {"priority": 3, "recurrence": "Pause"}}))

    play.now += 5 * MINUTE
    play.release("high@20", backfill=2)
    play.succeed("t0@19")
    assert play.starts() == ["t0@19", "high@20#2"]
    assert play.engine.snapshot.backfills[2].fairness.waits_since == play.now


def test_a_clock_set_back_makes_nobody_patient():
    """A wait that would begin in the future begins now."""
    play = Play(draw("t0"), groups={"default": 1}, starvation_after=PATIENCE)
    play.accept(draw("a", days=[20]))

    play.wait(hours=-3)
    assert play.engine.snapshot.backfills[2].fairness.waits_since == play.now


def test_reserved_slots_are_for_scheduled_requests():
    """Others take what is not reserved; a scheduled one takes its share and what is free of theirs."""
    play = Play(draw(MANY), groups={"default": 3}, reserved={"default": 1})

    assert play.starts() == ["t0@19", "t1@19"]
    play.accept(draw("a\nb", days=[20]), scheduled=True)
    assert play.starts() == ["a@20#2"]
    play.succeed("a@20#2")
    assert play.starts() == ["b@20#2"]
    play.succeed("b@20#2", "t0@19")
    assert play.starts() == ["t2@19"]


def test_a_higher_priority_does_not_open_reserved_slots():
    """Nor does it keep a scheduled request of lower priority from them."""
    play = Play(draw(MANY), groups={"default": 2}, reserved={"default": 1}, priority=11)
    play.accept(draw("a\nb", days=[20]), scheduled=True, priority=1)

    assert play.starts() == ["t0@19", "a@20#2"]
    play.succeed("a@20#2")
    assert play.starts() == ["b@20#2"]


def test_turns_and_starts_outlive_the_daemon():
    """Of equal backfills the one whose last claim is older is first after a restart; all their starts still count."""
    play = Play()
    ready, ran = bytes([State.READY, State.WAITING]), bytes([State.SUCCEEDED, State.READY])
    terms = 1, 1, OnFailure.CONTINUE, "Prod"
    one, other = (play.accepted(draw("a -> b", days=[day]), *terms) for day in (19, 20))
    engine = Engine({"default": 1})
    retried = InstanceFacts(instance_id(2, 0), 3, 0)
    said = [
        Restored(one, [RunFacts(1, ready, admitted=True)], [], turn=2_000),
        Restored(other, [RunFacts(2, ran, admitted=True)], [retried], turn=1_000),
    ]

    [start] = [each for each in engine.handle(said, NOON) if isinstance(each, Start)]
    assert start.instance == instance_id(2, 1)
    assert [engine.snapshot.backfills[number].fairness.starts for number in (1, 2)] == [0, 3 + 1]


class Contest:
    """Backfills of independent tasks that all could start from the first moment; each start is held to the rules."""

    def __init__(self, asked: list[dict], slots: dict[str, int], reserved: dict[str, int]) -> None:
        self.slots, self.reserved, self.asked = slots, reserved, asked
        self.play = Play(groups=slots, reserved=reserved, starvation_after=PATIENCE)
        self.ends: list[tuple[datetime, int, int]] = []
        self.left: dict[int, Counter[str]] = {}
        self.waits_since: dict[tuple[int, str], datetime] = {}
        self.together: dict[tuple[int, int], list[int]] = {}
        self.running: Counter[tuple[str, bool]] = Counter()
        self.waits: dict[int, list[timedelta]] = {}

    def run(self) -> None:
        """All of it, to the end."""
        for number, each in enumerate(self.asked, 1):
            tasks = {f"t{n}": {"resource_group": group} for n, group in enumerate(each["groups"])}
            self.left[number] = Counter(each["groups"])
            self.waits_since |= {(number, group): self.play.now for group in set(each["groups"])}
            self.together |= {(other, number): [0, 0] for other in range(1, number)}
            plan = draw("\n".join(tasks), tasks=tasks, days=[number])
            self.play.accept(plan, priority=each["priority"], scheduled=each["scheduled"])
            self.take()
        while self.ends:
            self.play.now = self.ends[0][0]
            said = []
            while self.ends and self.ends[0][0] == self.play.now:
                _, instance, attempt = heappop(self.ends)
                self.running[self.place(instance)[1:]] -= 1
                said.append(AttemptEnded(instance, attempt, AttemptState.SUCCEEDED, 0, self.play.now))
            self.play.open.clear()
            self.play.say(*said)
            self.take()

    def place(self, instance: int) -> tuple[int, str, bool]:
        """Whose instance it is, its group, and whether it is a scheduled one's."""
        task, _, rest = self.play.name(instance).partition("@")
        number = int(rest.partition("#")[2] or 1)
        asked = self.asked[number - 1]
        return number, asked["groups"][int(task[1:])], asked["scheduled"]

    def take(self) -> None:
        """Judge what has started, in its order."""
        for effect in self.play.effects:
            if isinstance(effect, Start):
                self.judge(effect)

    def judge(self, start: Start) -> None:
        number, group, scheduled = self.place(start.instance)
        since = self.waits_since[number, group]
        for (other, its_group), theirs in self.waits_since.items():
            if its_group == group and other != number and self.could_take(other, group):
                starves = theirs <= self.play.now - PATIENCE
                assert not starves or since <= theirs, "somebody else had waited too long, and longer"
        self.waits.setdefault(number, []).append(self.play.now - since)
        self.running[group, scheduled] += 1
        others = self.running[group, False]
        assert others <= self.slots[group] - self.reserved.get(group, 0), "a reserved slot was taken"
        assert others + self.running[group, True] <= self.slots[group], "more than the slots"
        self.count(number, group)
        length = self.asked[number - 1]["minutes"] * MINUTE
        heappush(self.ends, (self.play.now + length, start.instance, start.attempt))

    def could_take(self, number: int, group: str) -> bool:
        """Whether it may take the slot that is just given."""
        free = self.slots[group] - self.reserved.get(group, 0) - self.running[group, False]
        return self.asked[number - 1]["scheduled"] or free > 0

    def count(self, number: int, group: str) -> None:
        self.left[number][group] -= 1
        self.waits_since[number, group] = self.play.now
        if not self.left[number][group]:
            del self.waits_since[number, group]
        for pair in combinations(self.left, 2):
            if number in pair and pair in self.together:
                self.together[pair][pair.index(number)] += 1
                one, other = self.together[pair]
                if self.equals(*pair):
                    assert abs(one - other) <= 1, "they did not take turns"
                if not all(self.left[each].total() for each in pair):
                    del self.together[pair]

    def equals(self, one: int, other: int) -> bool:
        """Whether they compete for the same slots with the same right."""
        mine, theirs = self.asked[one - 1], self.asked[other - 1]
        same = all(mine[key] == theirs[key] for key in ("priority", "scheduled"))
        return same and set(mine["groups"]) == set(theirs["groups"]) and len(set(mine["groups"])) == 1


contestants = st.lists(
    st.fixed_dictionaries(
        {
            "groups": st.lists(st.sampled_from(["g1", "g2"]), min_size=1, max_size=25)
            | st.lists(st.just("g1"), min_size=5, max_size=25),
            "priority": st.sampled_from([1, 1, 2, 11]),
            "scheduled": st.sampled_from([False, False, True]),
            "minutes": st.integers(1, 40),
        }
    ),
    min_size=2,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(contestants, st.integers(1, 4), st.integers(0, 3))
def test_nobody_starves(asked, slots, reserved):
    """A slot goes to who has waited longest of those that waited too long; equals differ by one start at most.

    So nobody waits longer than `starvation_after` and one task's length for each of those that may be before it.
    """
    reserved = {"g1": min(reserved, slots - 1)}
    contest = Contest(asked, {"g1": slots, "g2": 2}, reserved)
    contest.run()

    assert not any(left.total() for left in contest.left.values()), "everything has run"
    length = max(each["minutes"] for each in asked) * MINUTE
    assert max(map(max, contest.waits.values())) <= PATIENCE + len(asked) * length


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 6), st.integers(1, 14), st.integers(1, 3))
def test_a_low_priority_waits_its_patience_and_one_task(high, minutes, slots):
    """Where nobody else starves, it waits `starvation_after` and one task's length, however many are before it."""
    busy = {"groups": ["g1"] * 60, "priority": 11, "scheduled": False, "minutes": minutes}
    assume(high * minutes * MINUTE <= PATIENCE * slots)
    contest = Contest([busy] * high + [busy | {"groups": ["g1"] * 3, "priority": 1}], {"g1": slots}, {})
    contest.run()

    waits = contest.waits[high + 1]
    assert len(waits) == 3
    assert max(waits) <= PATIENCE + minutes * MINUTE
