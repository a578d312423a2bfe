"""Which workflows a type of request is about (spec 3, table)."""

from __future__ import annotations

from collections.abc import Mapping

from backfilld.catalog.models import WorkflowType
from backfilld.request.resolved import RequestType

KIND: Mapping[RequestType, WorkflowType] = {
    "SupplementData": "Scheduled",
    "ManualWorkflow": "Manual",
    "Manual": "Manual",
    "SmokeTest": "Scheduled",
    "TriggerWorkflow": "Triggered",
}
OF_ONE_WORKFLOW: frozenset[RequestType] = frozenset({"ManualWorkflow", "TriggerWorkflow"})
"""These run a workflow, the others tasks."""


def types_for(kind: WorkflowType) -> str:
    """The types of request that run such workflows or their tasks.

    >>> types_for("Manual")
    'ManualWorkflow or Manual'
    """
    return " or ".join(found for found, its in KIND.items() if its == kind)
