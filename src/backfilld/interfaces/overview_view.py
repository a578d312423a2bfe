"""What is going on now, as JSON."""

from __future__ import annotations

from typing_extensions import TypedDict

from backfilld.dates import utc_text, utc_text_or_none
from backfilld.engine.states import State
from backfilld.interfaces.forecast_view import to_the_second, why_stalled
from backfilld.interfaces.standstill_view import ReasonView, standstill_view
from backfilld.interfaces.starting_view import RunPolicyView, run_policy_view
from backfilld.interfaces.views import counts_view
from backfilld.service.overview import Attention, Hours, Open, Overview


class WindowView(TypedDict):
    """A run window, in the zone whose clocks it goes by; open from `opens_at` until `closes_at` (null: for ever)."""

    policy: RunPolicyView | None
    timezone: str
    open: bool
    opens_at: str
    closes_at: str | None


class OpenView(TypedDict):
    """An open backfill: in which hours something of it may start (none: always), and when it is expected to end.

    Expected ends are null while there is no forecast, and for what never ends by itself. `attention` says why somebody
    has to look: `not_continued`, `paused_itself`, `failed` (nothing will retry it) or `never_ends`.
    """

    backfill_id: int
    name: str
    project: str
    status: str
    counts: dict[str, int]
    windows: list[WindowView]
    expected_end_p50: str | None
    expected_end_p90: str | None
    attention: ReasonView | None


class OverviewView(TypedDict):
    """Open backfills: who needs somebody first, then the newest; `counts` by state and `open` are of all of them."""

    now: str
    open: int
    counts: dict[str, int]
    backfills: list[OpenView]


def overview_view(found: Overview) -> OverviewView:
    """The whole of it."""
    return {
        "now": utc_text(found.now),
        "open": found.size,
        "counts": counts_view(found.counts),
        "backfills": [_open(each, found) for each in found.backfills],
    }


def _open(each: Open, found: Overview) -> OpenView:
    shown, course = each.shown, each.latest.answer.courses[0] if each.latest.answer else None
    return {
        "backfill_id": shown.stored.id,
        "name": shown.stored.name,
        "project": shown.project,
        "status": shown.standing.word,
        "counts": counts_view(shown.standing.counts),
        "windows": [_window(hours, found) for hours in each.hours],
        "expected_end_p50": to_the_second(course.p50.end) if course else None,
        "expected_end_p90": to_the_second(course.p90.end) if course else None,
        "attention": _attention(each),
    }


def _window(hours: Hours, found: Overview) -> WindowView:
    return {
        "policy": run_policy_view(hours.window.policy),
        "timezone": hours.window.zone,
        "open": hours.opens <= found.now,
        "opens_at": utc_text(hours.opens),
        "closes_at": utc_text_or_none(hours.closes),
    }


def _attention(each: Open) -> ReasonView | None:
    if each.attention is None:
        return None
    return {"code": each.attention.value, "message": _message(each, each.attention)}


def _message(each: Open, attention: Attention) -> str:
    counts = each.shown.standing.counts
    if attention is Attention.FAILED:
        return f"{counts[State.FAILED] + counts[State.LOST]:,} failed, and nothing will retry them"
    stall = each.latest.answer.courses[0].p50.stall if each.latest.answer else None
    if attention is Attention.NEVER_ENDS:
        return why_stalled(stall) if stall else "it never ends by itself"
    standstill = standstill_view(each.shown)
    return standstill["message"] if standstill else "it does not go on by itself"
