"""What a path names: a workflow by UUID, id, alias or name, and an instance of it."""

from __future__ import annotations

from collections.abc import Sequence

from backfilld.catalog.models import Workflow
from backfilld.errors import Fault, InvalidRequest, NotFound
from backfilld.interfaces.http.doors.rest import Asked
from backfilld.interfaces.vendors.uuids import number_of
from backfilld.service.executions import Execution, Executions, executable

WORKFLOWS = "/api/v2/workflows"
WORKFLOW = f"{WORKFLOWS}/{{workflow:path}}"
INSTANCES = f"{WORKFLOW}/instances"
INSTANCE = f"{INSTANCES}/{{instance}}"


def workflows_of(asked: Asked) -> list[Workflow]:
    """All that can be executed and are there for the caller."""
    return executable(asked.services.catalogs.current.there)


def workflow_of(asked: Asked) -> Workflow:
    """The workflow that the path names; raises `NotFound`, and `InvalidRequest` for a name that several have."""
    ref, flows = asked.path["workflow"], workflows_of(asked)
    found = [
        flow for flow in flows if ref in (str(flow.id), flow.name, flow.alias) or number_of("workflow", ref) == flow.id
    ]
    if not found:
        raise NotFound("workflow", ref)
    if len(found) > 1:
        raise InvalidRequest([Fault("workflow_id", ref, f"an id, as several have this name: {_ids(found)}")])
    return found[0]


def known_workflow(asked: Asked) -> Workflow:
    """The same where its clients read no body of a 404: an unknown one raises `InvalidRequest`."""
    try:
        return workflow_of(asked)
    except NotFound as error:
        raise InvalidRequest([Fault("workflow_id", str(error.ref), "a workflow that can be executed")]) from None


def executions_of(asked: Asked, flow: Workflow) -> Executions:
    """The instances of a workflow."""
    return Executions(flow, asked.services.backfills, asked.services.views, asked.services.store)


def execution_of(asked: Asked) -> tuple[Executions, Execution]:
    """The instance that the path names, among those of its workflow; raises `NotFound`."""
    executions = executions_of(asked, workflow_of(asked))
    return executions, executions.one(asked.path["instance"])


def _ids(flows: Sequence[Workflow]) -> str:
    return ", ".join(str(flow.id) for flow in flows[:5])
