"""What the end of an attempt means for its instance."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from backfilld.catalog.models import Task
from backfilld.engine.events import AttemptEnded
from backfilld.engine.retries import retry_at
from backfilld.engine.states import AttemptState, Event


class Judgement(NamedTuple):
    """What happened to the instance, what the attempt is called, and what the next one is counted against."""

    event: Event
    attempt: AttemptState
    failures: int
    not_before: datetime | None = None


PLAIN_SUCCESS = Judgement(Event.SUCCEEDED, AttemptState.SUCCEEDED, 0)


def judge(ended: AttemptEnded, task: Task, failures: int, *, stopping: bool) -> Judgement:
    """Judge an ending after `failures` earlier ones; `stopping`: an operator has asked for it.

    An attempt that succeeded before the stop reached it has succeeded; however else it ends, its instance is cancelled.
    """
    state = ended.state
    if state is AttemptState.SUCCEEDED and ended.exit_code not in task.skip_exit_codes:
        return Judgement(Event.SUCCEEDED, state, failures) if failures else PLAIN_SUCCESS
    if stopping:
        return Judgement(Event.STOPPED, state, failures)
    if state is AttemptState.VOID:
        return Judgement(Event.VOIDED, state, failures)
    if state is AttemptState.LOST:
        return _lost(ended, task, failures + 1)
    if state is not AttemptState.STOPPED and ended.exit_code in task.skip_exit_codes:
        return Judgement(Event.SKIPPED, AttemptState.SUCCEEDED, failures)
    return _failed(ended, task, failures + 1)


def _failed(ended: AttemptEnded, task: Task, failures: int) -> Judgement:
    final = ended.state is AttemptState.FAILED and ended.exit_code in task.no_retry_exit_codes
    if final or failures > task.retries:
        return Judgement(Event.FAILED, ended.state, failures)
    return Judgement(Event.BACKED_OFF, ended.state, failures, retry_at(task, failures, ended.at))


def _lost(ended: AttemptEnded, task: Task, failures: int) -> Judgement:
    """A task that asks for it is retried at least once, and else as often as after failures."""
    if task.on_lost == "retry" and failures <= max(task.retries, 1):
        return Judgement(Event.BACKED_OFF, ended.state, failures, retry_at(task, failures, ended.at))
    return Judgement(Event.LOST, ended.state, failures)
