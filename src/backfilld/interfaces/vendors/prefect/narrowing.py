"""What a filter says in words that the store knows too: of what it leaves out nothing can pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from backfilld.interfaces.vendors.prefect.filters import Filters, FlowRunFilter
from backfilld.interfaces.vendors.prefect.ids import Kind, number_of
from backfilld.interfaces.vendors.prefect.transitions import TYPES, StateType

OPEN = "open"
_SETTLED: Mapping[StateType, str] = {
    "COMPLETED": "succeeded",
    "FAILED": "failed",
    "CRASHED": "failed",
    "CANCELLED": "cancelled",
    "CANCELLING": "cancelled",
}
"""How a run has ended that is shown in one of these states; in any other state it has not ended."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Where all runs that pass are: None lets all be there."""

    flows: frozenset[int] | None = None
    deployments: frozenset[int] | None = None
    words: frozenset[str] | None = None
    """How those have ended that have; any that has not may pass."""
    keys: Sequence[str] | None = None
    """Idempotency keys."""


def narrowed(filters: Filters) -> Narrowed:
    """What every run that passes has in common."""
    runs = filters.flow_runs
    all_hold = runs is not None and runs.operator == "and_"
    asked = runs if all_hold else None
    return Narrowed(
        _numbers(Kind.FLOW, [_ids(filters.flows)]),
        _numbers(Kind.DEPLOYMENT, [_ids(filters.deployments), _of_runs(asked)]),
        _words(asked),
        asked.idempotency_key.any_ if asked and asked.idempotency_key else None,
    )


def _ids(asked: object) -> Sequence[UUID] | None:
    """The only ids of flows, or deployments, with which a run can pass."""
    ids = getattr(asked, "id", None)
    return ids.any_ if ids is not None and getattr(asked, "operator", None) == "and_" else None


def _of_runs(asked: FlowRunFilter | None) -> Sequence[UUID] | None:
    wanted = asked.deployment_id if asked else None
    return wanted.any_ if wanted is not None and wanted.operator == "and_" else None


def _numbers(kind: Kind, asked: Iterable[Sequence[UUID] | None]) -> frozenset[int] | None:
    """Those of our numbers that all of the lists have."""
    found = [{number_of(kind, each) for each in ids} for ids in asked if ids is not None]
    return frozenset(each for each in set.intersection(*found) if each is not None) if found else None


def _words(asked: FlowRunFilter | None) -> frozenset[str] | None:
    state = asked.state if asked else None
    if state is None or state.operator != "and_" or state.type is None:
        return None
    wanted = set(TYPES if state.type.any_ is None else state.type.any_) - set(state.type.not_any_ or ())
    return frozenset(_SETTLED[each] for each in wanted if each in _SETTLED) | {OPEN}
