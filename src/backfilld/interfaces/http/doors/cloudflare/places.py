"""What a path names: an account, a workflow of it, an instance of that."""

from __future__ import annotations

from starlette.responses import Response

from backfilld.catalog.models import Project, Workflow
from backfilld.errors import NotFound, ProductError
from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.doors.rest import Asked
from backfilld.interfaces.vendors.cloudflare.envelope import enveloped
from backfilld.service.executions import Execution, Executions, executable

ACCOUNT = "/client/v4/accounts/{account}"
WORKFLOWS = f"{ACCOUNT}/workflows"
WORKFLOW = f"{WORKFLOWS}/{{workflow:path}}"
INSTANCES = f"{WORKFLOW}/instances"
INSTANCE = f"{INSTANCES}/{{instance}}"


class NoAccount(ProductError):
    """An account that is no project, or none that the caller sees."""

    code = "forbidden"


def project_of(asked: Asked) -> Project:
    """The project that is this account; raises `NoAccount`."""
    named = asked.services.accounts
    for project in asked.services.catalogs.current.there.projects:
        account = named.get(project.name) or named.get(str(project.id)) or f"{project.id:032}"
        if account == asked.path["account"]:
            return project
    raise NoAccount(f"the account {asked.path['account']} is none of this token's")


def workflows_of(asked: Asked) -> list[Workflow]:
    """The workflows of the account; raises `NoAccount`."""
    return executable(asked.services.catalogs.current.there, project_of(asked).id)


def workflow_of(asked: Asked) -> Workflow:
    """The workflow that the path names, by its alias or its name; raises `NotFound`."""
    name = asked.path["workflow"]
    found = next((flow for flow in workflows_of(asked) if name in (flow.name, flow.alias)), None)
    if found is None:
        raise NotFound("workflow", name)
    return found


def executions_of(asked: Asked, workflow: Workflow | None = None) -> Executions:
    """The instances of the workflow."""
    services = asked.services
    return Executions(workflow or workflow_of(asked), services.backfills, services.views, services.store)


def execution_of(asked: Asked) -> Execution:
    """The instance that the path names; raises `NotFound`."""
    return executions_of(asked).one(asked.path["instance"])


def result(content: object) -> Response:
    """An answer that is no list."""
    return answer(enveloped(content))
