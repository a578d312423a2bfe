"""Workflows are executed; instances are listed, shown and cancelled."""

from __future__ import annotations

from itertools import islice

from starlette.responses import Response

from backfilld.engine.asking import Targets
from backfilld.engine.snapshot import SETTLED
from backfilld.errors import Fault, Faulty, InvalidRequest
from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.bodies import LARGEST_REQUEST
from backfilld.interfaces.http.doors.datadog.allowances import Allowance, Exceeded
from backfilld.interfaces.http.doors.datadog.places import (
    INSTANCE,
    INSTANCES,
    execution_of,
    executions_of,
    known_workflow,
)
from backfilld.interfaces.http.doors.rest import Asked, endpoint
from backfilld.interfaces.vendors.datadog.reading import as_sent, read_execution, read_page
from backfilld.interfaces.vendors.datadog.rendering import listed, made, whole
from backfilld.service.access import Scope
from backfilld.service.executions import Executions
from backfilld.service.wishes import wish_of

WAITS = frozenset({"not_started", "queued"})
WAITING = "backfilld.waiting"
"""Where the door says how many of a workflow may wait."""
UNTIL_FEWER = 60
"""Seconds after which somebody may ask again who found too many waiting."""


def execute(asked: Asked) -> Response:
    """One instance with its payload."""
    asked.query()
    fields = read_execution(asked.document)
    executions = executions_of(asked, known_workflow(asked))
    refuse_too_many(executions, asked.request.scope[WAITING])
    try:
        found = executions.make([fields], [None], asked.services.ticker.clock.now())
    except Faulty as error:
        raise InvalidRequest([as_sent(fault) for fault in error.faults]) from None
    return answer(made(str(found[0].instance_id)))


def refuse_too_many(executions: Executions, most: int) -> None:
    """Raise `Exceeded` where so many of the workflow wait already; those that are open are looked at only then."""
    numbers = executions.open_numbers()
    if len(numbers) < most:
        return
    waiting = (each for each in executions.some(numbers) if each.word in WAITS)
    if sum(1 for _ in islice(waiting, most)) >= most:
        raise Exceeded(Allowance("workflow_queued_instances", most, UNTIL_FEWER, 0, UNTIL_FEWER))


def list_instances(asked: Asked) -> Response:
    """A page of them, the newest first."""
    page = read_page(asked.query("page[size]", "page[number]"))
    executions = executions_of(asked, known_workflow(asked))
    numbers = executions.numbers(executions.every, page.size, skip=page.number * page.size)
    return answer(listed(executions.named(numbers), executions.total(executions.every)))


def show(asked: Asked) -> Response:
    """How one stands."""
    asked.query()
    executions, execution = execution_of(asked)
    return answer(whole(execution, executions.steps(execution)))


def cancel(asked: Asked) -> Response:
    """End one that has not ended: one's own, or any with the scope for acts."""
    asked.query()
    if asked.body.strip():
        raise InvalidRequest([Fault("", "a body", "none: a cancel says no more")])
    _, execution = execution_of(asked)
    if execution.shown.stored.by != asked.caller.name:
        asked.caller.needs(Scope.OPERATE)
    if execution.word in SETTLED:
        raise InvalidRequest([Fault("instance_id", f"one that has {execution.word}", "an instance that has not ended")])
    wish = wish_of("cancel", {}).of(asked.caller)
    asked.services.operators.act(wish, Targets(execution.shown.stored.id))
    return answer(made(execution.name))


ROUTES = (
    endpoint("POST", INSTANCES, execute, Scope.RUN, LARGEST_REQUEST),
    endpoint("GET", INSTANCES, list_instances, Scope.READ),
    endpoint("PUT", f"{INSTANCE}/cancel", cancel, Scope.RUN),
    endpoint("GET", INSTANCE, show, Scope.READ),
)
