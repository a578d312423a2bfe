"""Runs of workflows that are not scheduled, each handed a payload of its own."""

from __future__ import annotations

from backfilld.catalog.documents import Document
from backfilld.catalog.models import Catalog, Workflow
from backfilld.catalog.references import Unresolved, find_project, id_in
from backfilld.errors import Fault, InvalidRequest, NotFound
from backfilld.ports import Operation
from backfilld.request.execution import as_asked, read_execution, request_for
from backfilld.service.backfills import Backfills


def execute(backfills: Backfills, workflow: str, document: Document) -> Operation:
    """Have one run of a workflow, named by its id or name, accepted.

    Raises `NotFound` for a workflow that the caller does not see, `InvalidRequest`, and what `Backfills.submit` raises.
    """
    asked = read_execution(document)
    request = request_for(asked, _found(backfills.catalog, workflow, asked.project))
    try:
        return backfills.submit(request, instance_id=asked.instance_id)
    except InvalidRequest as error:
        raise InvalidRequest(list(map(as_asked, error.faults))) from None


def _found(catalog: Catalog, ref: str, project: object) -> Workflow:
    """The one workflow that is meant."""
    number = id_in(ref)
    found = [flow for flow in catalog.workflows.values() if number == flow.id or ref == flow.name]
    if project is not None:
        home = find_project(catalog, project)
        if isinstance(home, Unresolved):
            raise InvalidRequest([Fault("project", home.given, home.allowed)])
        found = [flow for flow in found if flow.project_id == home.id]
    if not found:
        raise NotFound("workflow", ref)
    if len(found) > 1:
        names = ", ".join(catalog.by_id[flow.project_id].name for flow in found[:5])
        raise InvalidRequest([Fault("project", "nothing", f"one of the projects that have a workflow {ref}: {names}")])
    return found[0]
