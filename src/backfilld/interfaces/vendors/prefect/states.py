"""States as the client sends them: every key is kept and echoed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from backfilld.interfaces.vendors.prefect.transitions import StateType

LONGEST = 100_000
"""Characters of a message, as it would be on Prefect's own server a page of text."""


def _zoned(moment: datetime) -> datetime:
    """A time without an offset is in UTC, as on Prefect's own server."""
    try:
        return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(UTC)
    except OverflowError:
        raise ValueError("a time in the years 1 to 9999, in UTC") from None


Moment = Annotated[datetime, AfterValidator(_zoned)]
Text = Annotated[str, Field(max_length=LONGEST)]


class Body(BaseModel):
    """What a client asks; values are taken as leniently as Prefect's own server takes them."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Lenient(Body):
    """The top of a body, where keys that are not known are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class StateDetails(Body):
    """What Prefect knows of a state beside its type; of these only three act here (see docs/vendors.md)."""

    flow_run_id: UUID | None = None
    task_run_id: UUID | None = None
    child_flow_run_id: UUID | None = None
    scheduled_time: Moment | None = None
    cache_key: Text | None = None
    cache_expiration: Moment | None = None
    deferred: bool | None = False
    untrackable_result: bool = False
    pause_timeout: Moment | None = None
    pause_reschedule: bool = False
    pause_key: Text | None = None
    run_input_keyset: dict[str, str] | None = None
    refresh_cache: bool | None = None
    retriable: bool | None = None
    transition_id: UUID | None = None
    task_parameters_id: UUID | None = None
    traceparent: Text | None = None
    deployment_concurrency_lease_id: UUID | None = None


class AskedState(Body):
    """A state that is asked for."""

    type: StateType
    name: Annotated[str, Field(max_length=1_000)] | None = None
    message: Text | None = None
    data: Any = None
    state_details: StateDetails = StateDetails()

    @property
    def word(self) -> str:
        """Its name: the type capitalised unless one is given."""
        return self.name or self.type.capitalize()
