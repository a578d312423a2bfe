"""A request that was judged and found good, as the store takes it."""

from __future__ import annotations

from uuid import uuid4

from backfilld.engine.marks import UNMARKED, BackfillMarks, Halt
from backfilld.ports import Firing, NewBackfill
from backfilld.request.text import request_text
from backfilld.service.access import Caller
from backfilld.service.book import circumstances_text
from backfilld.service.previews import Preview


def new_backfill(
    made: Preview, caller: Caller, firing: Firing | None = None, instance_id: str | None = None
) -> NewBackfill:
    """What is to be remembered of it: asked by this caller, under their word for it, and the name that they gave it."""
    plan, resolved = made.plan, made.resolved
    return NewBackfill(
        operation=str(uuid4()),
        name=made.request.name,
        environment=resolved.environment,
        priority=resolved.priority or 1,
        request=request_text(made.request),
        resolved=circumstances_text(resolved),
        plan_hash=plan.hash,
        catalog_version=plan.catalog_version,
        catalog_content=made.catalog.content,
        dates=plan.dates,
        size=plan.size,
        project=resolved.project_id,
        workflow=resolved.workflow_id,
        tags=resolved.tags,
        by=(firing.by if firing else None) or caller.name,
        address=caller.address,
        instance_id=instance_id,
        left_out=plan.left_out,
        scheduled=not resolved.at_once,
        idempotency=caller.once,
        firing=firing,
        marks=UNMARKED if resolved.auto_start else BackfillMarks(Halt.NOT_STARTED),
    )
