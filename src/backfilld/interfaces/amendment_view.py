"""What an amendment would change, as JSON."""

from __future__ import annotations

from typing_extensions import TypedDict

from backfilld.interfaces.views import DatesView, dates_view
from backfilld.service.amendment import Judged


class AmendmentPlanView(TypedDict):
    """The backfill as it would be: its plan's hash and counts, and in sentences what would change. Nothing is done."""

    id: int
    dry_run: bool
    plan_hash: str
    dates: DatesView
    instances: int
    to_run: int
    changes: list[str]


def amendment_plan_view(judged: Judged) -> AmendmentPlanView:
    """The judged amendment as JSON."""
    plan = judged.after.plan
    return {
        "id": judged.before.stored.id,
        "dry_run": True,
        "plan_hash": plan.hash,
        "dates": dates_view(plan.dates),
        "instances": plan.size,
        "to_run": plan.to_run,
        "changes": judged.changes,
    }
