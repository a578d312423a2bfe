"""Several requests at once, and one run of a workflow with what it is handed: each under its caller's own name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import Path, Query
from starlette.responses import Response
from typing_extensions import TypedDict

from backfilld.catalog.documents import Document, shown
from backfilld.errors import Fault, InvalidRequest, NotFound
from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.bodies import TAKES_PAYLOAD, JsonBody
from backfilld.interfaces.http.documented import EXECUTION_BODY, body, problems
from backfilld.interfaces.http.queries import only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.views import BackfillView, OperationView, backfill_view, operation_view
from backfilld.request.execution import INSTANCE_ID, instance_id
from backfilld.service.access import Scope
from backfilld.service.batches import MOST_REQUESTS, Batches, Made, Wanted
from backfilld.service.executing import execute

router = Router(tags=["backfills"], scope=Scope.RUN)
IF_EXISTS = ("refuse", "return")
_BODY = body(
    {
        "type": "object",
        "properties": {
            "requests": {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_REQUESTS,
                "items": {
                    "type": "object",
                    "description": "A backfill request, and beside its fields an `instance_id`.",
                    "properties": {"instance_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,100}$"}},
                },
            },
            "if_exists": {"enum": list(IF_EXISTS), "default": IF_EXISTS[0]},
        },
        "required": ["requests"],
        "additionalProperties": False,
    }
)


class MadeView(TypedDict):
    """What came of a request: its backfill, and the operation that writes its runs; null where it was there already."""

    instance_id: str | None
    backfill_id: int
    operation: OperationView | None


class MadeList(TypedDict):
    """One a request, in their order."""

    items: list[MadeView]


@router.post(
    "/backfills/batch",
    summary="Submit several requests together",
    dependencies=[TAKES_PAYLOAD, only()],
    status_code=202,
    response_model=MadeList,
    responses=problems(409, 413),
    openapi_extra=_BODY,
)
def submit_batch(services: Served, document: JsonBody) -> Response:
    """All of them are accepted, or none: every fault of each is told.

    An `instance_id` is your own name for what is created, of which a project has no two. With `if_exists: return`
    what is there already is answered, else it is refused.
    """
    wanted, keep_existing = _asked(document)
    batches = Batches(services.backfills, services.store)
    made = batches.submit(wanted, services.ticker.clock.now(), keep_existing=keep_existing)
    return answer({"items": list(map(_made_view, made))}, 202)


@router.post(
    "/workflows/{workflow:path}/execute",
    summary="Execute a workflow",
    dependencies=[TAKES_PAYLOAD, only()],
    status_code=202,
    response_model=OperationView,
    responses=problems(404, 409, 413),
    openapi_extra=EXECUTION_BODY,
)
def execute_workflow(
    services: Served,
    workflow: Annotated[str, Path(max_length=255, description="The id or name of a Manual or Triggered workflow.")],
    document: JsonBody,
) -> Response:
    """One run of it, handed a payload: all of a Triggered workflow, of a Manual one its roots and what follows them."""
    operation = execute(services.backfills, workflow, document)
    return answer(operation_view(operation), 202, {"Location": f"/v1/operations/{operation.id}"})


@router.get(
    "/backfills/by_instance_id/{name}",
    scope=Scope.READ,
    summary="Show a backfill by its caller's name",
    dependencies=[only("project")],
    response_model=BackfillView,
    responses=problems(404),
)
def by_instance_id(
    services: Served,
    name: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$")],
    project: Annotated[int | None, Query(ge=0, description="Its project, where several have one of this name.")] = None,
) -> Response:
    """The backfill that was created with this `instance_id`."""
    found = services.views.named(name, project)
    if not found:
        raise NotFound("backfill with the instance_id", name)
    if len(found) > 1:
        projects = ", ".join(str(each.stored.project) for each in found)
        raise InvalidRequest([Fault("query.project", "nothing", f"one of the projects that have it: {projects}")])
    return answer(backfill_view(found[0]))


def _asked(document: Document) -> tuple[list[Wanted], bool]:
    given = document.value
    if not isinstance(given, Mapping):
        raise InvalidRequest([Fault("", shown(given), "an object with requests")])
    faults = [Fault(str(name), shown(given[name]), "only requests, if_exists") for name in given if name not in _KNOWN]
    requests, if_exists = given.get("requests"), given.get("if_exists", IF_EXISTS[0])
    if not isinstance(requests, list) or not 1 <= len(requests) <= MOST_REQUESTS:
        said = f"{len(requests)} items" if isinstance(requests, list) else shown(requests)
        faults.append(Fault("requests", said, f"a list of 1 to {MOST_REQUESTS} requests"))
        requests = []
    if if_exists not in IF_EXISTS:
        faults.append(Fault("if_exists", shown(if_exists), " or ".join(IF_EXISTS)))
    wanted = _wanted(requests, faults)
    if faults:
        raise InvalidRequest(faults)
    return wanted, if_exists == "return"


_KNOWN = ("requests", "if_exists")


def _wanted(requests: Sequence[object], faults: list[Fault]) -> list[Wanted]:
    """Each with its name apart; what is wrong with names joins the faults."""
    wanted = []
    for place, each in enumerate(requests):
        if not isinstance(each, Mapping):
            faults.append(Fault(f"requests[{place}]", shown(each), "a mapping of request fields"))
            continue
        name = each.get("instance_id")
        try:
            wanted.append(Wanted(_without_name(each), None if name is None else instance_id(name)))
        except ValueError:
            faults.append(Fault(f"requests[{place}].instance_id", shown(name), INSTANCE_ID))
    return wanted


def _without_name(request: Mapping[str, object]) -> Document:
    return Document("body.json", {key: value for key, value in request.items() if key != "instance_id"})


def _made_view(made: Made) -> MadeView:
    operation = None if made.operation is None else operation_view(made.operation)
    return {"instance_id": made.instance_id, "backfill_id": made.backfill, "operation": operation}
