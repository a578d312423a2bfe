"""Effects as text that leaves out no field: two engines that tell the same have decided the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, assert_never

from backfilld.engine.asking import Answered, Verdict
from backfilld.engine.events import (
    AttemptClosed,
    AttemptMoved,
    BackfillChanged,
    BackfillMarked,
    Effect,
    InstanceMarked,
    Moved,
    RunAdmitted,
    RunChanged,
    RunMarked,
    Start,
    Stop,
)
from backfilld.engine.states import HELD, PASS_THROUGH, STATE_MASK, STOPPING, TRIGGERED, State
from backfilld.planning.plan import split_id

_FLAGS = {HELD: "held", PASS_THROUGH: "passed", STOPPING: "stopping", TRIGGERED: "triggered"}


def instance_text(instance: int) -> str:
    """Run and ordinal.

    >>> instance_text(3145729)
    '3.1'
    """
    run, ordinal = split_id(instance)
    return f"{run}.{ordinal}"


def moment_text(moment: datetime) -> str:
    """With a `Z`, since all are in UTC."""
    return moment.isoformat().replace("+00:00", "Z")


def told(effect: Effect) -> str:
    """One effect as a line."""
    match effect:
        case Start(instance=instance, attempt=attempt):
            return f"start {instance_text(instance)}#{attempt}"
        case Stop(instance=instance, attempt=attempt, grace=grace):
            return f"stop {instance_text(instance)}#{attempt} grace={grace.total_seconds():g}"
        case RunAdmitted(run=run):
            return f"open {run}"
        case Moved(instance=instance, byte=byte, attempt=attempt, failures=failures, not_before=not_before, at=at):
            said = _said(failures=failures or None, not_before=not_before, at=at)
            return f"{instance_text(instance)} {_byte_text(byte)} #{attempt}{said}"
        case AttemptClosed(instance=instance, attempt=attempt, state=state, exit_code=code, at=at):
            return f"closed {instance_text(instance)}#{attempt} {state.value}{_said(code=code, at=at)}"
        case AttemptMoved(instance=instance, attempt=attempt, state=state, at=at):
            return f"moved {instance_text(instance)}#{attempt} {state.value}{_said(at=at)}"
        case RunChanged():
            return _run_text(effect)
        case BackfillChanged(backfill=backfill, done=done, outcome=outcome, at=at):
            return f"backfill {backfill} {'done' if done else 'open'}{_said(outcome=outcome, at=at)}"
        case InstanceMarked(instance=instance, marks=marks):
            return f"marked {instance_text(instance)}{_said(**_set(marks))}"
        case RunMarked(run=run, marks=marks):
            return f"marked run {run}{_said(**_set(marks))}"
        case BackfillMarked(backfill=backfill, marks=marks, cause=cause):
            return f"marked backfill {backfill}{_said(**_set(marks), cause=cause)}"
        case Answered(of=noun, verdicts=verdicts):
            answers = (f"{_number(noun, each)}={_verdict_text(verdict)}" for each, verdict in verdicts.items())
            return f"answer {noun} {'; '.join(answers)}"
        case _:
            assert_never(effect)


def _run_text(changed: RunChanged) -> str:
    chunks = " ".join(f"{number}:{chunk.hex()}" for number, chunk in changed.chunks.items())
    counts = ",".join(map(str, changed.counts))
    said = _said(held_back=changed.held_back or None, outcome=changed.outcome, default=changed.default)
    settled = " settled" if changed.settled else ""
    return f"run {changed.run} of {changed.backfill} counts={counts}{settled}{said} bytes={chunks}"


def _byte_text(byte: int) -> str:
    flags = [name for flag, name in _FLAGS.items() if byte & flag]
    return "+".join([State(byte & STATE_MASK).name.lower(), *flags])


def _verdict_text(verdict: Verdict) -> str:
    reason = f" ({verdict.reason})" if verdict.reason else ""
    return f"{verdict.word.value}{reason}{_said(seconds=verdict.seconds)}"


def _number(noun: str, number: int) -> str:
    return instance_text(number) if noun == "instance" else str(number)


def _set(marks: Any) -> dict[str, Any]:
    """The fields that are not as they are by default."""
    return {each.name: found for each in fields(marks) if (found := getattr(marks, each.name)) != each.default}


def _said(**values: Any) -> str:
    return "".join(_pairs(values))


def _pairs(values: dict[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        match value:
            case None:
                continue
            case datetime():
                yield f" {name}={moment_text(value)}"
            case timedelta():
                yield f" {name}={value.total_seconds():g}"
            case Enum():
                yield f" {name}={value.value}"
            case _:
                yield f" {name}={value}"
