"""The account's workflows: those that can be executed, whoever does it."""

from __future__ import annotations

from collections import Counter

from starlette.responses import Response

from backfilld.catalog.models import Workflow
from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.doors.cloudflare.places import (
    WORKFLOW,
    WORKFLOWS,
    executions_of,
    project_of,
    result,
    workflow_of,
    workflows_of,
)
from backfilld.interfaces.http.doors.rest import Asked, endpoint
from backfilld.interfaces.vendors.cloudflare.envelope import enveloped
from backfilld.interfaces.vendors.cloudflare.queries import read_search
from backfilld.interfaces.vendors.cloudflare.rendering import Json, called, workflow
from backfilld.interfaces.vendors.cloudflare.words import OF_WORDS, status_of
from backfilld.service.access import Scope


def list_workflows(asked: Asked) -> Response:
    """A page of those whose name, or alias, has what is searched for, by name."""
    query = read_search(asked.query("search", "page", "per_page"))
    found = [flow for flow in workflows_of(asked) if query.search.casefold() in called(flow).casefold()]
    found.sort(key=called)
    page = found[(query.page - 1) * query.per_page : query.page * query.per_page]
    info = {"count": len(page), "page": query.page, "per_page": query.per_page, "total_count": len(found)}
    return answer(enveloped([_rendered(asked, flow) for flow in page], info))


def show_workflow(asked: Asked) -> Response:
    """One, and how many of its instances stand how."""
    asked.query()
    return result(_rendered(asked, workflow_of(asked)))


def _rendered(asked: Asked, flow: Workflow) -> Json:
    executions = executions_of(asked, flow)
    ended, going = executions.count()
    counts = Counter(map(status_of, going))
    for word, count in ended.items():
        counts[OF_WORDS[word]] += count
    return workflow(flow, project_of(asked).name, counts, executions.times())


ROUTES = (
    endpoint("GET", WORKFLOWS, list_workflows, Scope.READ),
    endpoint("GET", WORKFLOW, show_workflow, Scope.READ),
)
