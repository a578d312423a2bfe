"""Events that are sent to instances: no task waits for one, so each is kept with its instance, and shown there."""

from __future__ import annotations

from uuid import uuid4

from backfilld.dates import utc_text
from backfilld.errors import Fault, InvalidRequest
from backfilld.interfaces.http.doors.rest import Asked
from backfilld.interfaces.vendors.cloudflare.rendering import Received
from backfilld.ports import Annotation
from backfilld.service.executions import Execution

VENDOR, KIND = "cloudflare", "instance"
MOST_EVENTS = 100


def events_of(asked: Asked, execution: Execution) -> list[Received]:
    """The oldest first."""
    number = str(execution.shown.stored.id)
    known = asked.services.annotations.annotations(VENDOR, KIND, [number]).get(number, {})
    return sorted((Received(**each) for each in known.values()), key=lambda event: event.at)


def receive(asked: Asked, execution: Execution, kind: str, payload: object) -> str:
    """Keep one; answers when it came."""
    if len(events_of(asked, execution)) >= MOST_EVENTS:
        raise InvalidRequest([Fault("", f"event {MOST_EVENTS + 1}", f"at most {MOST_EVENTS} events an instance")])
    now = asked.services.ticker.clock.now()
    at, number = utc_text(now), str(execution.shown.stored.id)
    event = {"type": kind, "at": at, "payload": payload}
    asked.services.annotations.annotate([Annotation(VENDOR, KIND, number, uuid4().hex, event)], now)
    return at
