"""Amendments as JSON: what was changed, and what one would change."""

from __future__ import annotations

import json
from typing import Any

from typing_extensions import TypedDict

from backfilld.dates import utc_text
from backfilld.interfaces.dates_view import DatesView, dates_view
from backfilld.ports import StoredAmendment
from backfilld.service.amendment import Judged


class AmendmentView(TypedDict):
    """What was changed of a backfill: when, by whom, as it was asked, and the hash of the plan since."""

    number: int
    at: str
    by: str
    what: dict[str, Any]
    plan_hash: str


class AmendmentPlanView(TypedDict):
    """The backfill as it would be: its plan's hash and counts, and in sentences what would change. Nothing is done."""

    id: int
    dry_run: bool
    plan_hash: str
    dates: DatesView
    instances: int
    to_run: int
    changes: list[str]


def amendment_view(amendment: StoredAmendment) -> AmendmentView:
    """What was changed of a backfill as JSON."""
    return {
        "number": amendment.number,
        "at": utc_text(amendment.at),
        "by": amendment.by,
        "what": json.loads(amendment.body)["asked"],
        "plan_hash": amendment.plan_hash,
    }


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
