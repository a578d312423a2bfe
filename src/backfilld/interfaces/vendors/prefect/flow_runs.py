"""A run as a flow run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from backfilld.dates import utc_text, utc_text_or_none
from backfilld.interfaces.vendors.prefect.history import State


@dataclass(frozen=True, slots=True)
class Home:
    """The flow and the deployment that a run is of; it may be of no deployment."""

    flow_id: UUID
    flow_name: str
    deployment_id: UUID | None = None
    deployment_name: str | None = None
    deployment_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Maker:
    """By whom a run was made."""

    id: UUID
    type: Literal["DEPLOYMENT", "AUTOMATION"]
    name: str

    def view(self) -> dict[str, str]:
        """As JSON."""
        return {"id": str(self.id), "type": self.type, "display_value": self.name}


@dataclass(frozen=True, slots=True)
class FlowRun:
    """What a client is shown of a run, and may filter by; `said` is what was said when it was made."""

    number: int
    id: UUID
    name: str
    home: Home
    tags: tuple[str, ...]
    parameters: Mapping[str, Any]
    state: State
    created: datetime
    expected_start_time: datetime
    start_time: datetime | None
    end_time: datetime | None
    idempotency_key: str | None
    work_queue_name: str | None
    maker: Maker
    said: Mapping[str, Any]
    flow_version: str | None = None
    parent_flow_run_id: UUID | None = None

    @property
    def deployment_id(self) -> UUID | None:
        """The deployment that it is of."""
        return self.home.deployment_id

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
        return {**self._home(), **self._asked(), **self._standing(), **self._timed(now)}

    def _home(self) -> dict[str, Any]:
        deployment = self.deployment_id
        return {
            "id": str(self.id),
            "name": self.name,
            "flow_id": str(self.home.flow_id),
            "deployment_id": str(deployment) if deployment else None,
            "flow_version": None,
            "auto_scheduled": self.maker.type == "AUTOMATION",
            "created_by": self.maker.view(),
        }

    def _asked(self) -> dict[str, Any]:
        return {
            "work_queue_name": self.work_queue_name,
            "parameters": dict(self.parameters),
            "idempotency_key": self.idempotency_key,
            "context": self.said.get("context", {}),
            "labels": self.said.get("labels", {}),
            "tags": list(self.tags),
            "parent_task_run_id": self.said.get("parent_task_run_id"),
        }

    def _standing(self) -> dict[str, Any]:
        return {
            "state_id": str(self.state.id),
            "state_type": self.state.type,
            "state_name": self.state.name,
            "state": self.state.view(),
            "run_count": 1 if self.start_time else 0,
        }

    def _timed(self, now: datetime) -> dict[str, Any]:
        ran = ((self.end_time or now) - self.start_time).total_seconds() if self.start_time else 0.0
        return {
            "expected_start_time": utc_text(self.expected_start_time),
            "next_scheduled_start_time": utc_text_or_none(self.next_scheduled_start_time),
            "start_time": utc_text_or_none(self.start_time),
            "end_time": utc_text_or_none(self.end_time),
            "total_run_time": max(ran, 0.0),
            "created": utc_text(self.created),
            "updated": utc_text(max(self.created, self.state.timestamp)),
        }
