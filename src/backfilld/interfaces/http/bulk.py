"""Acts on all that a filter finds: few items are answered one by one, many go on as an operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from backfilld.catalog.documents import shown
from backfilld.engine.asking import Noun
from backfilld.errors import Fault, InvalidRequest
from backfilld.interfaces.bulk_view import BulkView, act_operation_view, bulk_view
from backfilld.interfaces.http.access import Admitted
from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.bodies import JsonBody
from backfilld.interfaces.http.documented import body, json_of, known_as, problems
from backfilld.interfaces.http.queries import only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served, Services
from backfilld.request.asked_act import (
    AskedAct,
    AskedOfInstances,
    AskedOfRuns,
    read_act_on_instances,
    read_act_on_runs,
)
from backfilld.service.access import Caller, Scope
from backfilld.service.bulk import PATIENCE, Begun, BulkWish
from backfilld.service.operators import Wish
from backfilld.service.wishes import ACTS, STATES, wish_of

router = Router(tags=["acts"], scope=Scope.OPERATE)
Asked = AskedOfRuns | AskedOfInstances


GOES_ON: dict[int | str, dict[str, Any]] = {
    202: {"description": "It goes on as an operation.", **json_of(known_as("ActOperationView"))}
}


@router.post(
    "/runs/bulk_set_state",
    summary="Act on the runs that pass a filter",
    dependencies=[only()],
    response_model=BulkView,
    responses=problems(403, 409, 413) | GOES_ON,
    openapi_extra=body(known_as("AskedOfRuns")),
)
def act_on_runs(services: Served, caller: Admitted, document: JsonBody) -> Response:
    """The act on each run that passes, as it stands then; whole, or as an operation that no restart loses."""
    return _act(services, caller, *read_act_on_runs(document))


@router.post(
    "/task_instances/bulk_set_state",
    summary="Act on the task instances that pass a filter",
    dependencies=[only()],
    response_model=BulkView,
    responses=problems(403, 409, 413) | GOES_ON,
    openapi_extra=body(known_as("AskedOfInstances")),
)
def act_on_instances(services: Served, caller: Admitted, document: JsonBody) -> Response:
    """The act on each task instance that passes, as it stands then; also of dates that have not begun."""
    return _act(services, caller, *read_act_on_instances(document))


def _wish(asked: Asked, faults: Sequence[Fault]) -> Wish:
    """The act that is asked for; raises `InvalidRequest` with every fault."""
    known = {fault.path for fault in faults}
    if known & {"act", "state"}:  # which act is meant nobody knows
        raise InvalidRequest(faults)
    try:
        wish = wish_of(_name(asked), asked.options())
    except InvalidRequest as error:
        raise InvalidRequest([*faults, *(fault for fault in error.faults if fault.path not in known)]) from None
    if faults:
        raise InvalidRequest(faults)
    return wish


def _name(asked: Asked) -> str:
    """The act by its name, given as such or by the state that it brings."""
    if (asked.act is None) == (asked.state is None):
        given = "neither act nor state" if asked.act is None else "both"
        raise InvalidRequest([Fault("act", given, "an act, or the state that it is to bring, not both")])
    name = STATES[str(asked.state)] if asked.act is None else asked.act
    if name not in ACTS:
        raise InvalidRequest([Fault("act", shown(name), f"one of {', '.join(ACTS)}")])
    return name


def _act(services: Services, caller: Caller, asked: Asked | None, faults: Sequence[Fault]) -> Response:
    if asked is None:
        raise InvalidRequest(faults)
    wanted = BulkWish(_wish(asked, faults).of(caller), asked.filter, _told(asked), asked.expect_count)
    of: Noun = "run" if isinstance(asked, AskedOfRuns) else "instance"
    found = services.bulk.find(wanted)
    if asked.dry_run:
        return answer(bulk_view(of, found.count, services.bulk.foresee(wanted, found), None))
    begun = services.bulk.begin(wanted, found)
    verdicts = begun.verdicts(PATIENCE) if begun.total <= asked.limit else None
    if verdicts is not None:
        return answer(bulk_view(of, begun.total, verdicts, begun.id))
    return goes_on(services, begun)


def goes_on(services: Services, begun: Begun) -> Response:
    """The act as an operation, and where to look how far it is."""
    view = act_operation_view(services.bulk.act(begun.id))
    return answer(view, 202, {"Location": f"/v1/operations/{begun.id}"})


def _told(asked: AskedAct) -> dict[str, object]:
    """What the audit says of the aim."""
    return asked.model_dump(mode="json", include={"filter", "reason"}, exclude_unset=True)
