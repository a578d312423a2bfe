"""Runs of deployments: accepted once a key, started in the state that is asked for."""

from __future__ import annotations

from backfilld.catalog.models import Workflow
from backfilld.errors import InvalidRequest, ProductError
from backfilld.interfaces.http.doors.accepted import once_accepted, written
from backfilld.interfaces.http.doors.prefect.acting import States
from backfilld.interfaces.http.doors.prefect.notes import MADE, OBJECT, VENDOR
from backfilld.interfaces.http.doors.prefect.reading import FlowRuns, Seen
from backfilld.interfaces.http.services import Services
from backfilld.interfaces.vendors.prefect.bodies import NewFlowRun
from backfilld.interfaces.vendors.prefect.ids import Kind, id_of
from backfilld.interfaces.vendors.prefect.making import as_asked, instance_id, request_for
from backfilld.interfaces.vendors.prefect.states import AskedState
from backfilld.ports import Annotation, Operation, StoredBackfill
from backfilld.service.access import Caller, Scope

TO_COME = frozenset({"SCHEDULED", "PENDING", "RUNNING", "PAUSED"})
"""First states that whoever may run things may give; any other is an act on what is there."""


def make(
    services: Services, caller: Caller, states: States, workflow: Workflow, asked: NewFlowRun
) -> tuple[Seen, bool]:
    """The run, and whether it was made now: with a key that is known it is the run that was made then.

    Raises `InvalidRequest` with the fields as they are called here, and what `Backfills.submit` raises.
    """
    state = asked.state or AskedState(type="SCHEDULED")
    caller.needs(Scope.RUN if state.type in TO_COME else Scope.OPERATE)
    if asked.idempotency_key is None:
        operation = _accepted(services, workflow, asked)
        with once_accepted():
            return _made(services, caller, states, written(services, operation), asked), True
    with states.keys:  # two that come at once with one key are one run
        known = _known(services, workflow, asked.idempotency_key)
        if known is not None and (seen := _finished(services, known)):
            return seen, False
        stored = known or written(services, _accepted(services, workflow, asked))
        return _made(services, caller, states, stored, asked), known is None


def _made(services: Services, caller: Caller, states: States, stored: StoredBackfill, asked: NewFlowRun) -> Seen:
    """The run with all that was said of it, started in its first state."""
    number = stored.runs[0]
    note = Annotation(VENDOR, OBJECT, str(number), MADE, asked.said)
    services.annotations.annotate([note], services.ticker.clock.now())
    states.begin(services, caller, _seen(services, number), asked.state or AskedState(type="SCHEDULED"))
    return _seen(services, number)


def _known(services: Services, workflow: Workflow, key: str) -> StoredBackfill | None:
    return next(iter(services.store.named([instance_id(key)], workflow.project_id)), None)


def _finished(services: Services, known: StoredBackfill) -> Seen | None:
    """The run, unless a daemon has ended while it was being made: then the rest of that is done now."""
    seen = _seen(services, known.runs[0])
    return seen if seen.kept or seen.shown.word != "not_started" else None


def _accepted(services: Services, workflow: Workflow, asked: NewFlowRun) -> Operation:
    name = None if asked.idempotency_key is None else instance_id(asked.idempotency_key)
    try:
        return services.backfills.submit(request_for(asked, workflow), instance_id=name)
    except InvalidRequest as error:
        raise InvalidRequest(list(map(as_asked, error.faults))) from None


def _seen(services: Services, number: int) -> Seen:
    return FlowRuns(services, services.ticker.clock.now()).one(id_of(Kind.FLOW_RUN, number))


def made_or_not(
    services: Services, caller: Caller, states: States, workflow: Workflow, asked: NewFlowRun
) -> dict[str, str | None]:
    """One of several: what came of it. A store in trouble is no reason to have those made again that were made."""
    try:
        seen, _ = make(services, caller, states, workflow, asked)
    except ProductError as error:
        return {"flow_run_id": None, "status": "FAILED", "error": str(error)}
    return {"flow_run_id": str(seen.flow_run.id), "status": "CREATED", "error": None}
