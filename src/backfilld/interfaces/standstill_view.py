"""Why nothing of a backfill goes on, as JSON."""

from __future__ import annotations

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from backfilld.engine.marks import Halt
from backfilld.engine.snapshot import SETTLED
from backfilld.service.views import ShownBackfill


class ReasonView(TypedDict):
    """Why something does not go on: a stable code, and a sentence."""

    code: str
    message: str


_HALTS = {
    Halt.NOT_STARTED: "it was accepted without being started: backfill start {id}",
    Halt.OPERATOR: "an operator has paused it: backfill resume {id}",
    Halt.FAILED_DATES: "it paused itself, as so many dates have failed (max_failed_dates): backfill resume {id}",
    Halt.FIRST: "it paused itself, as its first dates are settled (first): backfill resume {id}",
}


def standstill_view(shown: ShownBackfill) -> ReasonView | None:
    """Why nothing of it goes on."""
    halt = shown.stored.marks.halt
    if shown.obstacle is not None:
        return {"code": shown.obstacle.code, "message": str(shown.obstacle)}
    if halt is None or shown.standing.word in SETTLED:
        return None
    return {"code": halt.value, "message": _HALTS[halt].format(id=shown.stored.id)}
