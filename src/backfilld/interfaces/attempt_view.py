"""Attempts as JSON, with what their tasks handed back."""

from __future__ import annotations

import json
from math import isfinite

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from backfilld.catalog.documents import too_deep
from backfilld.dates import utc_text, utc_text_or_none
from backfilld.ports import StoredAttempt
from backfilld.service.views import ShownOutput


class AttemptView(TypedDict):
    """One start of an instance; `output` is the JSON that the task handed back."""

    id: str
    number: int
    state: str
    claimed_at: str
    started_at: str | None
    ended_at: str | None
    exit_code: int | None
    reason: str
    output: object


class OutputView(TypedDict):
    """What the last attempt of a task instance handed back, as JSON."""

    task_instance_id: int
    task_id: int
    task: str
    bizdate: str
    output: object


def output_view(shown: ShownOutput) -> OutputView:
    """The output as JSON."""
    return {
        "task_instance_id": shown.stored.instance,
        "task_id": shown.stored.task,
        "task": shown.task,
        "bizdate": shown.business_date.isoformat(),
        "output": output_of(shown.stored.output),
    }


def attempt_view(attempt: StoredAttempt) -> AttemptView:
    """The attempt as JSON."""
    return {
        "id": attempt.attempt,
        "number": attempt.number,
        "state": attempt.state.value,
        "claimed_at": utc_text(attempt.claimed_at),
        "started_at": utc_text_or_none(attempt.started_at),
        "ended_at": utc_text_or_none(attempt.ended_at),
        "exit_code": attempt.exit_code,
        "reason": attempt.reason,
        "output": output_of(attempt.output),
    }


def output_of(data: bytes | None) -> object:
    """What a task handed back, as a value that every reader of JSON takes: numbers without a JSON form become null.

    So does the whole where it is nested deeper than a document may be, which many readers refuse.

    >>> output_of(b'{"rows": 3, "share": NaN}'), output_of(b"[" * 100 + b"]" * 100)
    ({'rows': 3, 'share': None}, None)
    """
    if data is None:
        return None
    try:
        value: object = json.loads(data, parse_constant=lambda name: None, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    return None if too_deep(value) else value


def _finite(text: str) -> float | None:
    number = float(text)
    return number if isfinite(number) else None
