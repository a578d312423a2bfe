"""What is asked of a runner that comes and goes: nothing is left out, nothing changes its order."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfilld.executors.outbox import SILENCE, Outbox
from backfilld.executors.unix_http import RunnerAway
from backfilld.ports import LaunchSpec

MOMENT = datetime(2024, 1, 1, tzinfo=UTC)


def spec(attempt: str, payload: bytes | None = None) -> LaunchSpec:
    return LaunchSpec(attempt, "default", ("true",), {}, None, 0, MOMENT, payload)


class Ears:
    """A runner's end of one connection after another; what it was sent and what it did are two things."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.done: list[str] = []
        self.breaks = False

    def send(self, data: bytes) -> None:
        if self.breaks:
            raise RunnerAway("broken")
        self.heard += map(json.loads, data.splitlines())

    def do(self, count: int) -> int:
        """Do so many more of what this connection has brought; how many that were."""
        todo = self.heard[:count]
        del self.heard[:count]
        self.done += [call[1][0][0] for call in todo if call[0] == "launch"]
        return len(todo)


STEP = st.one_of(
    st.tuples(st.just("launch"), st.integers(1, 3)),
    st.tuples(st.sampled_from(["connect", "break", "lose", "forget"]), st.just(0)),
    st.tuples(st.sampled_from(["done", "silently done"]), st.integers(1, 4)),
)


@given(st.lists(STEP, max_size=30))
def test_whatever_breaks_every_launch_is_heard_and_in_its_order(steps: list[tuple[str, int]]) -> None:
    """Of any history of connections, losses and answers: once one connection lasts, everything was done, first to last.

    An attempt may be launched twice, which the runner knows to be one; a runner that was sent it is asked about it.
    """
    outbox, ears, launched, acknowledged = Outbox(), Ears(), 0, 0
    for step, number in [*steps, ("connect", 0), ("done", 1000)]:
        if step == "launch":
            outbox.launch([spec(str(launched + n)) for n in range(number)], 1)
            launched += number
        elif step == "connect":
            ears.breaks, ears.heard, acknowledged = False, [], 0
            outbox.connected(ears.send)
        elif step == "break":
            ears.breaks = True
        elif step == "lose":
            outbox.away("gone")
            ears.heard = []
        elif step == "forget":
            outbox.forget(["x"])
        elif not ears.breaks:
            acknowledged += ears.do(number)
            if step == "done" and outbox.trouble() is None:
                outbox.acknowledged(acknowledged)

    firsts = list(dict.fromkeys(ears.done))
    assert firsts == [str(n) for n in range(launched)]
    outbox.close(0.0)


@given(st.integers(0, 5), st.integers(0, 5))
def test_only_what_a_runner_may_know_is_asked_about(sent: int, unsent: int) -> None:
    """A launch that never left is launched, and not asked about first, which would make it void."""
    outbox, ears = Outbox(), Ears()
    outbox.connected(ears.send)
    outbox.launch([spec(f"a{n}") for n in range(sent)], 1)
    outbox.away("gone")
    outbox.launch([spec(f"b{n}") for n in range(unsent)], 1)
    ears.heard = []
    outbox.connected(ears.send)

    known = [f"a{n}" for n in range(sent)]
    launches = [call[1][0][0] for call in ears.heard if call[0] == "launch"]
    assert launches == [*known, *(f"b{n}" for n in range(unsent))]
    assert [call[1] for call in ears.heard if call[0] == "reattach"] == ([known] if known else [])


def test_a_stop_of_what_has_ended_is_not_said_again() -> None:
    """It would be looked for in a slot that another has by now."""
    outbox, ears = Outbox(), Ears()
    outbox.stop({"a": 1.0, "b": 2.0})
    outbox.over(["a"])
    outbox.connected(ears.send)

    assert ears.heard[0] == ["stop", {"b": 2.0}]


@pytest.mark.parametrize(("payload", "pieces"), [(None, 1), (b"x" * 100_000, 3)])
def test_large_launches_go_one_by_one(payload: bytes | None, pieces: int) -> None:
    """Small ones share one piece; a runner has its time for each large one; an empty piece would end the request."""
    outbox, sent = Outbox(), list[bytes]()
    outbox.connected(sent.append)
    outbox.launch([spec(str(n), payload) for n in range(3)], 1)

    assert len(sent) == pieces
    assert all(sent)
    assert b"".join(sent).count(b"\n") == 3


def test_a_runner_that_does_not_answer_is_told_of() -> None:
    """Connected and silent is as bad as away, after half a minute; with nothing asked, silence is rest."""
    now = 0.0
    outbox = Outbox(clock=lambda: now)
    outbox.connected(Ears().send)
    now = 10 * SILENCE
    resting = outbox.trouble()
    outbox.forget(["a"])
    now += SILENCE
    patient = outbox.trouble()
    now += 1
    silent = outbox.trouble()
    outbox.acknowledged(1)

    assert (resting, patient, outbox.trouble()) == (None, None, None)
    assert silent == "the runner has not answered for 31 s"
