"""Acts on many items as JSON: verdicts, and how far one is that goes on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, NotRequired

from typing_extensions import TypedDict

from backfilld.dates import utc_text
from backfilld.engine.asking import Noun, Verdict, Word
from backfilld.interfaces.act_view import VerdictView
from backfilld.ports import StoredAct


class BulkView(TypedDict):
    """How many items the filter finds, and their verdicts by id; `counts` are of these.

    With `dry_run` there is no operation: the verdicts are what the first items would be answered.
    """

    operation_id: str | None
    count: int
    counts: dict[str, int]
    verdicts: list[VerdictView]


class ActOperationView(TypedDict):
    """An act on many items: pending, running, completed or failed, and how many are decided, by verdict.

    `asked` is the filter, the reason and the options that were given; `refusals` are the first of the items that it
    was not done to, or not at once.
    """

    id: str
    status: str
    act: str
    of: str
    by: str
    asked: dict[str, Any]
    total: int
    done: int
    counts: dict[str, int]
    refusals: list[VerdictView]
    accepted_at: str
    completed: NotRequired[str]
    error: NotRequired[str]


def bulk_view(of: Noun, count: int, verdicts: Mapping[int, Verdict], operation: str | None) -> BulkView:
    """The verdicts as JSON."""
    counts = Counter(verdict.word for verdict in verdicts.values())
    return {
        "operation_id": operation,
        "count": count,
        "counts": {word.value: counts[word] for word in Word},
        "verdicts": [
            _verdict(of, item, verdict.word.value, verdict.reason, verdict.seconds)
            for item, verdict in sorted(verdicts.items())
        ],
    }


def act_operation_view(act: StoredAct) -> ActOperationView:
    """The act as JSON."""
    view: ActOperationView = {
        "id": act.id,
        "status": act.status,
        "act": act.name,
        "of": act.of,
        "by": act.by,
        "asked": json.loads(act.asked),
        "total": act.total,
        "done": act.done,
        "counts": dict(act.counts),
        "refusals": [_verdict(act.of, *each) for each in act.refusals],
        "accepted_at": utc_text(act.accepted_at),
    }
    if act.completed_at is not None:
        view["completed"] = utc_text(act.completed_at)
    if act.error is not None:
        view["error"] = act.error
    return view


def _verdict(of: str, item: int, word: str, reason: str, seconds: int | None) -> VerdictView:
    return {"of": of, "id": item, "verdict": word, "reason": reason or None, "seconds": seconds}
