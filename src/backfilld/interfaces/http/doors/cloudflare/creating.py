"""Instances are made: one, or up to a hundred together."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from backfilld.errors import Faulty, InvalidRequest, NotFound
from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.bodies import LARGEST_REQUEST
from backfilld.interfaces.http.doors.cloudflare.places import INSTANCES, executions_of, result
from backfilld.interfaces.http.doors.rest import Asked, endpoint
from backfilld.interfaces.vendors.cloudflare.envelope import enveloped
from backfilld.interfaces.vendors.cloudflare.reading import New, as_sent, asks_the_same, read_batch, read_new
from backfilld.interfaces.vendors.cloudflare.rendering import Json, made
from backfilld.service.access import Scope
from backfilld.service.executions import Executions

SENT_AGAIN = "x-stainless-retry-count"
"""How often a client has sent a request before."""


def create(asked: Asked) -> Response:
    """One instance."""
    asked.query()
    return result(_made(asked, [read_new(asked.document)], many=False)[0])


def create_batch(asked: Asked) -> Response:
    """All of them, or none."""
    asked.query()
    found = _made(asked, read_batch(asked.document), many=True)
    count = len(found)
    info = {"count": count, "page": 1, "per_page": count, "total_count": count}
    return answer(enveloped(found, info))


def _made(asked: Asked, new: Sequence[New], *, many: bool) -> list[Json]:
    """What is answered needs nothing of the store: a failure after they were made would have them made again."""
    executions = executions_of(asked)
    version = str(asked.services.catalogs.current.whole.version)
    if not new or _were_made(asked, executions, new):
        return [made(str(each.name), version, executions.workflow) for each in new]
    fields, names = [each.fields for each in new], [each.name for each in new]
    try:
        found = executions.make(fields, names, asked.services.ticker.clock.now())
    except Faulty as error:
        raise InvalidRequest([as_sent(fault, many=many) for fault in error.faults]) from None
    return [made(str(each.instance_id), version, executions.workflow) for each in found]


def _were_made(asked: Asked, executions: Executions, new: Sequence[New]) -> bool:
    """Whether a client sends again, by itself, what its caller has had made: the first answer was lost."""
    if asked.request.headers.get(SENT_AGAIN, "0") == "0" or not all(each.name for each in new):
        return False
    try:
        known = [executions.one(str(each.name)).shown for each in new]
    except NotFound:
        return False
    return all(
        shown.stored.by == asked.caller.name and asks_the_same(shown.terms.request, each)
        for shown, each in zip(known, new, strict=True)
    )


ROUTES = (
    endpoint("POST", f"{INSTANCES}/batch", create_batch, Scope.RUN, LARGEST_REQUEST),
    endpoint("POST", INSTANCES, create, Scope.RUN, LARGEST_REQUEST),
)
