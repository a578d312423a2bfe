"""Projects as flows, workflows as deployments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from starlette.responses import Response

from backfilld.catalog.models import Project, Workflow
from backfilld.errors import NotFound
from backfilld.interfaces.http.doors.prefect.answers import read, sent
from backfilld.interfaces.http.doors.rest import Asked, endpoint
from backfilld.interfaces.http.services import Services
from backfilld.interfaces.vendors.prefect.bodies import NewDeployment, NewFlow
from backfilld.interfaces.vendors.prefect.ids import Kind, id_of, number_of
from backfilld.service.access import Scope

T = TypeVar("T")


def flow(services: Services, wanted: str) -> Project:
    """The project of a flow's id; `NotFound` if there is none."""
    return _of(Kind.FLOW, "flow", services.backfills.catalog.by_id, wanted)


def flow_named(services: Services, name: str) -> Project:
    """The project of this name; `NotFound` if there is none."""
    found = next((each for each in services.backfills.catalog.by_id.values() if each.name == name), None)
    if found is None:
        raise NotFound("flow, which is a project of the catalog,", name)
    return found


def deployment(services: Services, wanted: str) -> Workflow:
    """The workflow of a deployment's id; `NotFound` if there is none."""
    return _of(Kind.DEPLOYMENT, "deployment", services.backfills.catalog.workflows, wanted)


def deployment_named(project: Project, name: str) -> Workflow:
    """The project's workflow of this name; `NotFound` if there is none."""
    found = next((each for each in project.workflows if each.name == name), None)
    if found is None:
        raise NotFound(f"deployment, which is a workflow of {project.name},", name)
    return found


def flow_view(project: Project) -> dict[str, Any]:
    """As JSON; the catalog does not say since when."""
    found = {"id": str(id_of(Kind.FLOW, project.id)), "name": project.name}
    return found | {"tags": [], "labels": {}, "created": None, "updated": None}


def deployment_view(workflow: Workflow) -> dict[str, Any]:
    """As JSON."""
    return {
        "id": str(id_of(Kind.DEPLOYMENT, workflow.id)),
        "name": workflow.name,
        "flow_id": str(id_of(Kind.FLOW, workflow.project_id)),
        "description": workflow.description,
        "parameters": dict(workflow.parameters),
        "tags": [f"{key}={value}" if value else key for key, value in workflow.tags.items()],
        "labels": {},
        "paused": False,
        "enforce_parameter_schema": True,
        "created": None,
        "updated": None,
    }


def _flow_asked(asked: Asked) -> Response:
    return sent(flow_view(flow_named(asked.services, read(asked, NewFlow).name)))


def _flow_named(asked: Asked) -> Response:
    return sent(flow_view(flow_named(asked.services, asked.path["name"])))


def _flow(asked: Asked) -> Response:
    return sent(flow_view(flow(asked.services, asked.path["id"])))


def _deployment_asked(asked: Asked) -> Response:
    wanted = read(asked, NewDeployment)
    return sent(deployment_view(deployment_named(flow(asked.services, str(wanted.flow_id)), wanted.name)))


def _deployment_named(asked: Asked) -> Response:
    return sent(deployment_view(deployment_named(flow_named(asked.services, asked.path["flow"]), asked.path["name"])))


def _deployment(asked: Asked) -> Response:
    return sent(deployment_view(deployment(asked.services, asked.path["id"])))


ROUTES = (
    endpoint("POST", "/api/flows/", _flow_asked, Scope.RUN),
    endpoint("GET", "/api/flows/name/{name}", _flow_named, Scope.READ),
    endpoint("GET", "/api/flows/{id}", _flow, Scope.READ),
    endpoint("POST", "/api/deployments/", _deployment_asked, Scope.RUN),
    endpoint("GET", "/api/deployments/name/{flow}/{name}", _deployment_named, Scope.READ),
    endpoint("GET", "/api/deployments/{id}", _deployment, Scope.READ),
)


def _of(kind: Kind, what: str, there: Mapping[int, T], wanted: str) -> T:
    number = _number(kind, wanted)
    found = None if number is None else there.get(number)
    if found is None:
        raise NotFound(what, wanted)
    return found


def _number(kind: Kind, wanted: str) -> int | None:
    try:
        return number_of(kind, UUID(wanted))
    except ValueError:
        return None
