"""The vendor's words for how something stands."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from backfilld.engine.states import HELD, STOPPING, AttemptState, State
from backfilld.interfaces.vendors.cloudflare.words import (
    ENDED,
    FINAL,
    OF_ATTEMPTS,
    OF_STATES,
    OF_WORDS,
    OPEN,
    STATUSES,
    status_of,
    status_of_step,
)


@pytest.mark.parametrize(
    ("word", "begun", "status"),
    [
        ("not_started", False, "queued"),
        ("queued", True, "queued"),
        ("waiting", False, "queued"),
        ("waiting", True, "waiting"),
        ("running", True, "running"),
        ("stopping", True, "terminated"),
        ("pausing", True, "waitingForPause"),
        ("paused", True, "paused"),
        ("succeeded", True, "complete"),
        ("failed", True, "errored"),
        ("cancelled", True, "terminated"),
    ],
)
def test_words_of_instances(word: str, begun: bool, status: str) -> None:
    """An instance that waits for its time or window is queued while nothing of it has run."""
    execution: Any = SimpleNamespace(word=word, begun=begun)
    assert status_of(execution) == status


@pytest.mark.parametrize(
    ("byte", "failures", "status"),
    [
        (State.WAITING, 0, "queued"),
        (State.READY, 0, "queued"),
        (State.READY, 1, "waiting"),
        (State.READY | HELD, 0, "paused"),
        (State.RUNNING, 0, "running"),
        (State.RUNNING | STOPPING, 0, "terminated"),
        (State.SUCCEEDED, 0, "complete"),
        (State.SKIPPED, 0, "complete"),
        (State.LEFT_OUT, 0, "complete"),
        (State.FAILED, 1, "errored"),
        (State.LOST, 0, "errored"),
        (State.CANCELLED, 0, "terminated"),
    ],
)
def test_words_of_steps(byte: int, failures: int, status: str) -> None:
    """A step that has failed and will be tried again is waiting."""
    stored = SimpleNamespace(byte=byte, state=State(byte & 0x0F), failures=failures)
    instance: Any = SimpleNamespace(stored=stored)
    assert status_of_step(instance) == status


def test_no_state_is_without_a_word() -> None:
    """Every state of ours has one, and only words that clients know."""
    assert OF_STATES.keys() == set(State)
    assert OF_ATTEMPTS.keys() == set(AttemptState)
    assert {*OF_STATES.values(), *OF_ATTEMPTS.values()} <= set(STATUSES)


def test_each_status_is_found_where_instances_have_it() -> None:
    """Of our words for an instance each is looked for once, among those that go on or those that have ended."""
    assert {word for words in ENDED.values() for word in words} == FINAL
    assert all(OF_WORDS[word] == status for status, words in ENDED.items() for word in words)
    assert {OF_WORDS[word] for word in OF_WORDS.keys() - FINAL} == OPEN
    assert not ENDED["rollingBack"]
