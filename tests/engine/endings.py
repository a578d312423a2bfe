"""What has to come of an attempt's end, naively (spec 5, Instance): taken before the round, judged after it."""

from __future__ import annotations

from datetime import timedelta

from engine.book import Book

from backfilld.catalog.models import Task
from backfilld.engine.events import AttemptClosed, AttemptEnded
from backfilld.engine.states import STOPPING, AttemptState, State

_AGAIN = frozenset({State.WAITING, State.READY, State.RUNNING})


class Ending:
    """The end of the open attempt of an instance."""

    def __init__(self, book: Book, ended: AttemptEnded) -> None:
        self.ended, self._book, self._node = ended, book, book.node(ended.instance)
        self._task = book.task(self._node).task
        known = book.facts.get(ended.instance)
        self._failures = known.failures if known else 0
        stopping = bool(book.byte(self._node) & STOPPING)
        self._counts = ended.state is not AttemptState.VOID
        self._state = _state(ended, self._task, self._failures, stopping=stopping)
        self._wished = ended.instance in book.wished

    def judge(self, closed: AttemptClosed | None) -> None:
        """Hold what the engine has told of the attempt and of its instance against the rules."""
        assert closed is not None, "an end was not heeded"
        if not self._wished:  # else an operator's wish comes on top
            self._judge_state(self._book.state(self._node))
        skipped = self._state is State.SKIPPED
        assert closed.state is (AttemptState.SUCCEEDED if skipped else self.ended.state), "it was called otherwise"
        assert (closed.exit_code, closed.at) == (self.ended.exit_code, self.ended.at)

    def _judge_state(self, state: State) -> None:
        if self._state is not None:
            assert state is self._state, f"{self.ended.state.value} was taken for {state.name}"
        else:
            assert state in _AGAIN, "a retry was left"
            self._judge_again(state)

    def _judge_again(self, state: State) -> None:
        moved = self._book.facts[self.ended.instance]
        failures = self._failures + self._counts
        assert moved.failures == failures, "failures were miscounted"
        due = self.ended.at + _delay(self._task, failures) if self._counts else None
        if state is State.RUNNING:
            assert due is None or due <= moved.at, "a retry came too early"
        else:
            assert moved.not_before == due, "a retry is not due when it should be"


def _state(ended: AttemptEnded, task: Task, failures: int, *, stopping: bool) -> State | None:
    """What the instance becomes; None: it is to start again."""
    skips = ended.exit_code in task.skip_exit_codes and ended.state is not AttemptState.STOPPED
    if ended.state is AttemptState.SUCCEEDED and not skips:
        return State.SUCCEEDED
    if stopping:
        return State.CANCELLED
    if skips:
        return State.SKIPPED
    if ended.state is AttemptState.VOID:
        return None
    if ended.state is AttemptState.LOST:
        return None if task.on_lost == "retry" and failures < max(task.retries, 1) else State.LOST
    hopeless = ended.state is AttemptState.FAILED and ended.exit_code in task.no_retry_exit_codes
    return State.FAILED if hopeless or failures >= task.retries else None


def _delay(task: Task, failures: int) -> timedelta:
    """Longer each time, up to an hour."""
    longest = max(timedelta(hours=1), task.retry_delay)
    return min(task.retry_delay * task.retry_backoff ** (failures - 1), longest)
