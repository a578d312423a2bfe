"""Workflows that can be executed."""

from __future__ import annotations

from starlette.responses import Response

from backfilld.catalog.models import Workflow
from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.doors.datadog.places import WORKFLOW, WORKFLOWS, executions_of, workflow_of, workflows_of
from backfilld.interfaces.http.doors.rest import Asked, endpoint
from backfilld.interfaces.vendors.datadog.reading import read_workflows
from backfilld.interfaces.vendors.datadog.rendering import TRIGGER, Known, has, order, workflow
from backfilld.service.access import Scope

TRIGGERS = "filter[triggerIds]"
LIST = ("limit", "page", "sort", "filter[query]", "filter[includeUnpublished]", "filter[includeSpecs]")


def list_workflows(asked: Asked) -> Response:
    """A page of those that pass."""
    triggers = asked.request.query_params.getlist(TRIGGERS)
    query = read_workflows(asked.query(*LIST, repeatable=(TRIGGERS,)), triggers or None)
    everything = workflows_of(asked)
    found = [flow for flow in everything if has(flow, query.text) and (not triggers or TRIGGER in triggers)]
    known = order([_known(asked, flow) for flow in found], query.sort)
    start = query.page.number * query.page.size
    page = [workflow(each, spec=query.specs) for each in known[start : start + query.page.size]]
    counts = {"totalCount": len(everything), "totalFilteredCount": len(found)}
    return answer({"data": page, "meta": {"page": counts}})


def show_workflow(asked: Asked) -> Response:
    """One, with its steps."""
    asked.query()
    return answer({"data": workflow(_known(asked, workflow_of(asked)), spec=True)})


def _known(asked: Asked, flow: Workflow) -> Known:
    return Known(flow, executions_of(asked, flow).times())


ROUTES = (
    endpoint("GET", WORKFLOWS, list_workflows, Scope.READ),
    endpoint("GET", WORKFLOW, show_workflow, Scope.READ),
)
