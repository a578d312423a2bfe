"""What is done to instances: pause, resume, terminate, restart, and events."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.responses import Response

from backfilld.dates import utc_text
from backfilld.engine.asking import Targets, Word
from backfilld.engine.states import State
from backfilld.errors import Fault, InvalidRequest
from backfilld.interfaces.http.doors.cloudflare.events import receive
from backfilld.interfaces.http.doors.cloudflare.places import INSTANCE, execution_of, executions_of, result
from backfilld.interfaces.http.doors.rest import Asked, endpoint
from backfilld.interfaces.vendors.cloudflare.reading import Edit, read_edit
from backfilld.interfaces.vendors.cloudflare.words import FINAL, status_of
from backfilld.service.access import Scope
from backfilld.service.executions import Execution, Executions
from backfilld.service.wishes import wish_of

EVENT = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
ACTS: Mapping[str, str] = {"pause": "pause", "resume": "resume", "terminate": "cancel", "restart": "rerun"}
OPEN = frozenset({"pause", "resume"})
"""What is done to instances that have not ended."""
HALTED = frozenset({"paused", "pausing"})
RESTARTED: Mapping[str, object] = {"force": True}
"""What of it runs is stopped first."""


def edit_status(asked: Asked) -> Response:
    """Do it; answers how the instance stands then."""
    asked.query()
    edit = read_edit(asked.document)
    executions, execution = executions_of(asked), execution_of(asked)
    if edit.act in OPEN and execution.word in FINAL:
        raise _refusal(edit.act, execution, "an instance that has not ended")
    _act(asked, edit, _targets(executions, execution, edit))
    if edit.act == "restart" and execution.word in HALTED:
        _act(asked, Edit("resume"), Targets(execution.shown.stored.id))
    now = asked.services.ticker.clock.now()
    return result({"status": status_of(execution_of(asked)), "timestamp": utc_text(now)})


def send_event(asked: Asked) -> Response:
    """Keep an event with an instance that has not ended."""
    asked.query()
    kind, execution = asked.path["event"], execution_of(asked)
    if not EVENT.fullmatch(kind):
        raise InvalidRequest([Fault("event_type", kind, "1 to 100 letters A-Z and a-z, digits, - and _")])
    if execution.word in FINAL:
        raise _refusal("an event", execution, "an instance that has not ended")
    at = receive(asked, execution, kind, asked.document.value)
    return result({"instanceId": execution.name, "timestamp": at})


def _targets(executions: Executions, execution: Execution, edit: Edit) -> Targets:
    """The whole, or where it is restarted its tasks: all of them, or one with what follows it."""
    number = execution.shown.stored.id
    if edit.act != "restart":
        return Targets(number)
    if edit.step is not None:
        return Targets(number, instances=(executions.step(execution, edit.step).instance.stored.id,))
    found = executions.instances(execution)
    return Targets(number, instances=[each.stored.id for each in found if each.stored.state is not State.LEFT_OUT])


def _act(asked: Asked, edit: Edit, targets: Targets) -> None:
    options = {**(RESTARTED if edit.act == "restart" else {}), **({"downstream": True} if edit.step else {})}
    wish = wish_of(ACTS[edit.act], options).of(asked.caller)
    verdicts = asked.services.operators.act(wish, targets).verdicts.values()
    refused = [each.reason for each in verdicts if each.word is Word.REJECTED]
    if refused and len(refused) == len(verdicts):
        raise InvalidRequest([Fault("status", edit.act, refused[0])])


def _refusal(what: str, execution: Execution, allowed: str) -> InvalidRequest:
    return InvalidRequest([Fault("status", f"{what} of one that is {status_of(execution)}", allowed)])


ROUTES = (
    endpoint("PATCH", f"{INSTANCE}/status", edit_status, Scope.OPERATE),
    endpoint("POST", f"{INSTANCE}/events/{{event}}", send_event, Scope.OPERATE),
)
