"""Instances are shown: lists of them, one with its steps, one of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
INSTANT, LAST = timedelta(microseconds=1), datetime.max.replace(tzinfo=UTC)


def list_instances(asked: Asked) -> Response:
    """A page of them; past the last one it is empty, which is how clients know that they have all."""
    query = read_list(asked.query(*LIST))
    executions = executions_of(asked)
    found, total = _found(executions, query)
    page = found[: query.per_page]
    info: dict[str, Any] = {"count": len(page), "page": query.page, "per_page": query.per_page}
    info["total_count"] = total
    if len(found) > len(page):
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


def _found(executions: Executions, query: ListQuery) -> tuple[Sequence[int], int]:
    """The page's ids, and one more if there is one; and how many pass, wherever the cursor stands."""
    wanted = replace(executions.every, created_after=query.first, created_before=_behind(query.last))
    most = query.per_page + 1
    start = (query.page - 1) * query.per_page
    if query.status is not None:
        known, total = _of_status(executions, query, wanted, start + most)
        return known[start : start + most], total
    found = executions.numbers(wanted, most, ascending=query.ascending, after=query.cursor, skip=start)
    return found, executions.total(wanted)


def _behind(last: datetime | None) -> datetime | None:
    """The moment after the last one that is in; there is none where nothing comes after it."""
    return None if last is None or last > LAST - INSTANT else last + INSTANT


def _of_status(
    executions: Executions, query: ListQuery, wanted: BackfillFilter, most: int
) -> tuple[Sequence[int], int]:
    """The first ids of those with the status: the store knows how they have ended, others are looked at one by one."""
    going, total = set[int](), 0
    if query.status in OPEN:  # asked first: who ends meanwhile is found among those that have
        going.update(executions.going(wanted, lambda each: status_of(each) == query.status))
    behind = {each for each in going if _is_behind(each, query)}
    if outcomes := ENDED[str(query.status)]:
        ended = replace(wanted, outcomes=outcomes)
        behind.update(executions.numbers(ended, most, ascending=query.ascending, after=query.cursor))
        total = executions.total(ended)
    return sorted(behind, reverse=not query.ascending)[:most], total + len(going)


def _is_behind(number: int, query: ListQuery) -> bool:
    """Clients that were given a cursor count their pages from there."""
    return query.cursor is None or (number > query.cursor if query.ascending else number < query.cursor)


ROUTES = (
    endpoint("GET", f"{INSTANCE}/step", show_step, Scope.READ),
    endpoint("GET", INSTANCES, list_instances, Scope.READ),
    endpoint("GET", INSTANCE, show, Scope.READ),
)
