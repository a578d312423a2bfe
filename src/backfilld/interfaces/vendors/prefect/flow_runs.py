"""A run as a flow run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from backfilld.dates import utc_text, utc_text_or_none
from backfilld.interfaces.vendors.prefect.history import State

Maker = Literal["DEPLOYMENT", "AUTOMATION"]


@dataclass(frozen=True, slots=True)
class FlowRun:
    """What a client is shown of a run, and may filter by; `said` is what was said when it was made."""

    number: int
    id: UUID
    name: str
    flow_id: UUID
    flow_name: str
    deployment_id: UUID | None
    deployment_name: str | None
    deployment_tags: tuple[str, ...]
    tags: tuple[str, ...]
    parameters: Mapping[str, Any]
    state: State
    created: datetime
    expected_start_time: datetime
    start_time: datetime | None
    end_time: datetime | None
    idempotency_key: str | None
    work_queue_name: str | None
    created_by_id: UUID
    created_by_type: Maker
    created_by: str
    said: Mapping[str, Any]
    flow_version: str | None = None
    parent_flow_run_id: UUID | None = None

    @property
    def next_scheduled_start_time(self) -> datetime | None:
        """When it is to start; None for one that is not scheduled any more."""
        return (self.state.due or self.expected_start_time) if self.state.type == "SCHEDULED" else None

    @property
    def parent_task_run_id(self) -> UUID | None:
        """The task run that has asked for it."""
        given = self.said.get("parent_task_run_id")
        return UUID(given) if given else None

    def view(self, now: datetime) -> dict[str, Any]:
        """As JSON."""
        ran = ((self.end_time or now) - self.start_time).total_seconds() if self.start_time else 0.0
        return {
            "id": str(self.id),
            "name": self.name,
            "flow_id": str(self.flow_id),
            "deployment_id": str(self.deployment_id) if self.deployment_id else None,
            "work_queue_name": self.work_queue_name,
            "flow_version": None,
            "parameters": dict(self.parameters),
            "idempotency_key": self.idempotency_key,
            "context": self.said.get("context", {}),
            "labels": self.said.get("labels", {}),
            "tags": list(self.tags),
            "parent_task_run_id": self.said.get("parent_task_run_id"),
            "state_id": str(self.state.id),
            "state_type": self.state.type,
            "state_name": self.state.name,
            "state": self.state.view(),
            "run_count": 1 if self.start_time else 0,
            "expected_start_time": utc_text(self.expected_start_time),
            "next_scheduled_start_time": utc_text_or_none(self.next_scheduled_start_time),
            "start_time": utc_text_or_none(self.start_time),
            "end_time": utc_text_or_none(self.end_time),
            "total_run_time": max(ran, 0.0),
            "auto_scheduled": self.created_by_type == "AUTOMATION",
            "created": utc_text(self.created),
            "updated": utc_text(max(self.created, self.state.timestamp)),
            "created_by": {
                "id": str(self.created_by_id),
                "type": self.created_by_type,
                "display_value": self.created_by,
            },
        }
