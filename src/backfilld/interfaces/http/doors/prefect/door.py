"""The door itself: what Prefect's client may ask, under the paths that it knows."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from heapq import nsmallest
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from backfilld.errors import InvalidRequest, NotFound, StoreConflict, StoreUnavailable
from backfilld.interfaces.http.bodies import LARGEST_REQUEST
from backfilld.interfaces.http.doors.admission import Admission
from backfilld.interfaces.http.doors.prefect import catalog
from backfilld.interfaces.http.doors.prefect.acting import States
from backfilld.interfaces.http.doors.prefect.answers import Invalid, read, refused, sent
from backfilld.interfaces.http.doors.prefect.logs import lines
from backfilld.interfaces.http.doors.prefect.making import made_or_not, make
from backfilld.interfaces.http.doors.prefect.reading import FlowRuns, Seen
from backfilld.interfaces.http.doors.rest import Asked, Front, RestDoor, bearer_of, endpoint, only_header, whence
from backfilld.interfaces.http.services import Services
from backfilld.interfaces.vendors.prefect import history
from backfilld.interfaces.vendors.prefect.bodies import (
    AskedLogs,
    BulkDelete,
    BulkSetState,
    Counted,
    NewFlowRun,
    NewFlowRuns,
    SetState,
)
from backfilld.interfaces.vendors.prefect.filters import Filters, Listed
from backfilld.interfaces.vendors.prefect.sorting import sort_key
from backfilld.ports import TokenKind
from backfilld.service.access import Caller, Scope

VERSION = "3.8.8"
"""Of the server whose answers these are: the client asks for one of its own major version."""
DEFAULT_LIMIT = 200
READ, RUN, OPERATE = Scope.READ, Scope.RUN, Scope.OPERATE


def prefect(services: Services, admission: Admission) -> ASGIApp:
    """The app that answers Prefect's client."""
    return RestDoor(
        Front(services, admission, partial(_recognise, services), refused), _routes(States(services.pauses.turn))
    )


def _routes(states: States) -> Sequence[Route]:
    return [
        endpoint("GET", "/api/admin/version", lambda asked: sent(VERSION), READ),
        endpoint("GET", "/api/health", lambda asked: sent(True), READ),
        endpoint("GET", "/api/csrf-token", _no_csrf, READ),
        endpoint("POST", "/api/flow_runs/bulk_set_state", partial(_bulk_set_state, states), OPERATE),
        endpoint("POST", "/api/flow_runs/bulk_delete", partial(_bulk_delete, states), OPERATE),
        endpoint("POST", "/api/flow_runs/filter", partial(_list, states), READ),
        endpoint("POST", "/api/flow_runs/count", partial(_count, states), READ),
        endpoint("GET", "/api/flow_runs/{id}", partial(_show, states), READ),
        endpoint("DELETE", "/api/flow_runs/{id}", partial(_delete, states), OPERATE),
        endpoint("POST", "/api/flow_runs/{id}/set_state", partial(_set_state, states), OPERATE),
        endpoint("GET", "/api/flow_run_states/", partial(_states, states), READ),
        endpoint("POST", "/api/logs/filter", _logs, READ),
        *catalog.ROUTES,
        endpoint("POST", "/api/deployments/{id}/create_flow_run", partial(_make, states), RUN, LARGEST_REQUEST),
        endpoint(
            "POST", "/api/deployments/{id}/create_flow_run/bulk", partial(_make_many, states), RUN, LARGEST_REQUEST
        ),
    ]


def _recognise(services: Services, request: Request) -> Caller | None:
    """By a token as API key, or as the auth string or the password in one."""
    shown = bearer_of(request)
    if shown is None:
        shown = _basic(only_header(request, "authorization") or "")
    return None if shown is None else services.tokens.admitted(shown, whence(request), TokenKind.PREFECT)


def _basic(header: str) -> bytes | None:
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return b64decode(coded.strip(), validate=True).rpartition(b":")[2]
    except ValueError:
        return None


def _now(asked: Asked) -> datetime:
    return asked.services.ticker.clock.now()


def _runs(states: States, asked: Asked) -> FlowRuns:
    return FlowRuns(asked.services, _now(asked), partial(states.give_up, asked.services))


def _no_csrf(asked: Asked) -> Response:
    """The client asks before it changes anything, and goes on without."""
    return sent({"detail": "CSRF protection is disabled."}, 422)


def _show(states: States, asked: Asked) -> Response:
    return sent(_runs(states, asked).one(asked.path["id"]).flow_run.view(_now(asked)))


def _states(states: States, asked: Asked) -> Response:
    asked.query("flow_run_id")
    given = asked.request.query_params.get("flow_run_id")
    if given is None:
        missing = {"type": "missing", "loc": ["query", "flow_run_id"], "msg": "Field required", "input": None}
        raise Invalid([missing], None)
    seen = _runs(states, asked).one(given)
    found = history.states(seen.flow_run.id, seen.kept, seen.facts, seen.stored.accepted_at, _now(asked))
    return sent([each.view() for each in found])


def _list(states: States, asked: Asked) -> Response:
    wanted = read(asked, Listed)
    found = _in_order(wanted, _runs(states, asked).passing(wanted))
    return sent([seen.flow_run.view(_now(asked)) for seen in found])


def _in_order(wanted: Listed, found: Iterator[Seen]) -> Sequence[Seen]:
    limit = DEFAULT_LIMIT if wanted.limit is None else wanted.limit
    if wanted.sort in (None, "ID_DESC"):
        return list(islice(found, wanted.offset, wanted.offset + limit))
    key = sort_key(wanted.sort)
    return nsmallest(wanted.offset + limit, found, key=lambda seen: key(seen.flow_run))[wanted.offset :]


def _count(states: States, asked: Asked) -> Response:
    return sent(_runs(states, asked).count(read(asked, Counted)))


def _set_state(states: States, asked: Asked) -> Response:
    wanted = read(asked, SetState)
    seen = _runs(states, asked).one(asked.path["id"])
    outcome = states.put(asked.services, asked.caller, seen, wanted.state, force=wanted.force)
    return sent(outcome.view(), 201 if outcome.made else 200)


def _bulk_set_state(states: States, asked: Asked) -> Response:
    wanted = read(asked, BulkSetState)
    found = list(islice(_runs(states, asked).passing(Filters(flow_runs=wanted.flow_runs)), wanted.limit))
    return sent({"results": [_result(states, asked, seen, wanted) for seen in found]})


def _result(states: States, asked: Asked, seen: Seen, wanted: SetState) -> dict[str, Any]:
    """Of one run of several: one that goes wrong is no reason not to go on."""
    try:
        outcome = states.put(asked.services, asked.caller, seen, wanted.state, force=wanted.force)
    except (StoreUnavailable, StoreConflict, NotFound) as error:
        said = {"type": "abort_details", "reason": str(error)}
        return {"flow_run_id": str(seen.flow_run.id), "status": "ABORT", "state": None, "details": said}
    return {"flow_run_id": str(seen.flow_run.id), **outcome.view()}


def _delete(states: States, asked: Asked) -> Response:
    states.delete(asked.services, asked.caller, _runs(states, asked).one(asked.path["id"]))
    return Response(status_code=204)


def _bulk_delete(states: States, asked: Asked) -> Response:
    wanted = read(asked, BulkDelete)
    deleted = []
    for seen in list(islice(_runs(states, asked).passing(Filters(flow_runs=wanted.flow_runs)), wanted.limit)):
        with suppress(InvalidRequest):  # one that goes on is not among those that are gone
            states.delete(asked.services, asked.caller, seen)
            deleted.append(str(seen.flow_run.id))
    return sent({"deleted": deleted})


def _logs(asked: Asked) -> Response:
    return sent(lines(asked.services, read(asked, AskedLogs)))


def _make(states: States, asked: Asked) -> Response:
    workflow = catalog.deployment(asked.services, asked.path["id"])
    seen, new = make(asked.services, asked.caller, states, workflow, read(asked, NewFlowRun))
    return sent(seen.flow_run.view(_now(asked)), 201 if new else 200)


def _make_many(states: States, asked: Asked) -> Response:
    workflow = catalog.deployment(asked.services, asked.path["id"])
    wanted = read(asked, NewFlowRuns).root
    found = [made_or_not(asked.services, asked.caller, states, workflow, each) for each in wanted]
    return sent({"results": found})
