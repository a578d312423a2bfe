"""Instances are shown: lists of them, one with its steps, one of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from backfilld.catalog.documents import shown
from backfilld.errors import Fault, InvalidRequest, NotFound
from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.doors.cloudflare.events import events_of
from backfilld.interfaces.http.doors.cloudflare.places import (
    INSTANCE,
    INSTANCES,
    execution_of,
    executions_of,
    result,
)
from backfilld.interfaces.http.doors.rest import Asked, endpoint
from backfilld.interfaces.vendors.cloudflare.envelope import enveloped
from backfilld.interfaces.vendors.cloudflare.queries import ListQuery, StepQuery, read_list, read_step, read_whole
from backfilld.interfaces.vendors.cloudflare.rendering import listed, one_event, one_step, whole
from backfilld.interfaces.vendors.cloudflare.words import ENDED, OPEN, status_of
from backfilld.ports import BackfillFilter
from backfilld.service.access import Scope
from backfilld.service.executions import Execution, Executions

LIST = ("status", "date_start", "date_end", "direction", "page", "per_page", "cursor")
INSTANT = timedelta(microseconds=1)


def list_instances(asked: Asked) -> Response:
    """A page of them; past the last one it is empty, which is how clients know that they have all."""
    query = read_list(asked.query(*LIST))
    executions = executions_of(asked)
    numbers = _numbers(executions, query)
    start = (query.page - 1) * query.per_page
    left = _from(numbers, query)
    page = left[start : start + query.per_page]
    info: dict[str, Any] = {"count": len(page), "page": query.page, "per_page": query.per_page}
    info["total_count"] = len(numbers)
    if page and start + query.per_page < len(left):
        info["cursor"] = str(page[-1])
    return answer(enveloped([listed(each, executions.workflow) for each in executions.some(page)], info))


def show(asked: Asked) -> Response:
    """One with its steps, and the events that it was sent."""
    query = read_whole(asked.query("order", "simple"))
    executions, execution = executions_of(asked), execution_of(asked)
    found = whole(execution, executions.steps(execution), events_of(asked, execution), simple=query.simple)
    return result({**found, "steps": found["steps"][::-1]} if query.descending else found)


def show_step(asked: Asked) -> Response:
    """One step, or one of its attempts."""
    query = read_step(asked.query("name", "type", "attempt"))
    executions, execution = executions_of(asked), execution_of(asked)
    if query.type == "waitForEvent":
        return result(_event(asked, execution, query))
    step = executions.step(execution, query.name)
    if query.attempt is None:
        return result(one_step(step, None))
    found = next((each for each in step.attempts if each.number == query.attempt), None)
    if found is None:
        raise NotFound("attempt", f"{query.attempt} of step {query.name}")
    return result(one_step(step, found))


def _event(asked: Asked, execution: Execution, query: StepQuery) -> dict[str, Any]:
    if query.attempt not in (None, 1):
        raise InvalidRequest([Fault("query.attempt", shown(query.attempt), "1: an event comes once")])
    found = [each for each in events_of(asked, execution) if each.type == query.name]
    if not found:
        raise NotFound("event", query.name)
    return one_event(found[-1])


def _numbers(executions: Executions, query: ListQuery) -> Sequence[int]:
    """Those that pass, in the order that is asked for."""
    before = None if query.last is None else query.last + INSTANT
    wanted = replace(executions.every, created_after=query.first, created_before=before)
    found = executions.numbers(wanted) if query.status is None else _of_status(executions, wanted, query.status)
    return found[::-1] if query.ascending else found


def _of_status(executions: Executions, wanted: BackfillFilter, status: str) -> Sequence[int]:
    """The newest first; only those that go on are looked at one by one, the store knows how the others have ended."""
    found = set[int]()
    if status in OPEN:  # asked first: who ends meanwhile is found among those that have
        found.update(executions.numbers(replace(wanted, open=True), lambda each: status_of(each) == status))
    if ENDED[status]:
        found.update(executions.numbers(replace(wanted, outcomes=ENDED[status])))
    return sorted(found, reverse=True)


def _from(numbers: Sequence[int], query: ListQuery) -> Sequence[int]:
    """Those behind the cursor: clients that were given one count their pages from there."""
    cursor = query.cursor
    if cursor is None:
        return numbers
    return [each for each in numbers if (each > cursor if query.ascending else each < cursor)]


ROUTES = (
    endpoint("GET", f"{INSTANCE}/step", show_step, Scope.READ),
    endpoint("GET", INSTANCES, list_instances, Scope.READ),
    endpoint("GET", INSTANCE, show, Scope.READ),
)
