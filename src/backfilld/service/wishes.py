"""Acts by their names, with what may be said with each: options as JSON, each checked, every fault at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from backfilld.catalog.documents import shown
from backfilld.engine.asking import Act, Change, Order, Pause, Replan, SetNotBefore, SetPriority
from backfilld.engine.marks import OnFailure
from backfilld.engine.states import Event
from backfilld.errors import Fault, InvalidRequest
from backfilld.request.models import MOST_DATES
from backfilld.service.operators import Wish

Options = Mapping[str, Any]


class Option(NamedTuple):
    """How a value is read, what is allowed, and its JSON schema; a wrong value raises `ValueError` or `TypeError`."""

    read: Callable[[Any], Any]
    allowed: str
    schema: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ActKind:
    """An act as doors know it: its meaning, what it is made of, and which options it takes."""

    meaning: str
    make: Callable[[Options], Act]
    options: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """Those of its options of which at least one has to be given."""


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _whole(most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise ValueError
        return value

    return read


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError
    return found


_MOMENT = "a time with its offset, such as 2024-05-06T22:00:00Z, or null"
OPTIONS: Mapping[str, Option] = {
    "force": Option(_truth, "true or false", {"type": "boolean"}),
    "downstream": Option(_truth, "true or false", {"type": "boolean"}),
    "latest": Option(_truth, "true or false", {"type": "boolean"}),
    "until": Option(_moment, _MOMENT, {"type": ["string", "null"], "format": "date-time"}),
    "not_before": Option(_moment, _MOMENT, {"type": ["string", "null"], "format": "date-time"}),
    "priority": Option(_whole(11), "an integer from 1 to 11", {"type": "integer", "minimum": 1, "maximum": 11}),
    "parallelism": Option(_whole(MOST_DATES), "an integer from 1 on", {"type": "integer", "minimum": 1}),
    "on_failure": Option(OnFailure, "Continue or Hold", {"enum": ["Continue", "Hold"]}),
}


def _change(event: Event) -> Callable[[Options], Act]:
    return lambda given: Change(event, given.get("force", False))


def _order(order: Order) -> Callable[[Options], Act]:
    return lambda given: order


ACTS: Mapping[str, ActKind] = {
    "start": ActKind("Begin a backfill that was accepted without being started.", _order(Order.START)),
    "pause": ActKind(
        "Start nothing more, until it is resumed or a moment comes; what runs goes on.",
        lambda given: Pause(given.get("until")),
        ("until",),
    ),
    "resume": ActKind("Let go on what is paused.", _order(Order.RESUME)),
    "cancel": ActKind("End what is not ended; what runs is stopped first.", _change(Event.CANCELLED), ("force",)),
    "rerun": ActKind(
        "Run again what failed, was lost or cancelled, and what waits for it; named instances also after success. "
        "With `latest` by the command, parameters, timeout and retries of the running catalog.",
        _change(Event.RERUN),
        ("force", "downstream", "latest"),
    ),
    "set_succeeded": ActKind(
        "Count it as succeeded; what runs is stopped first.", _change(Event.SET_SUCCEEDED), ("force",)
    ),
    "set_failed": ActKind("Count it as failed; what runs is stopped first.", _change(Event.SET_FAILED), ("force",)),
    "skip": ActKind("Pass it over: what waits for it goes on.", _change(Event.SKIPPED), ("force",)),
    "hold": ActKind(
        "Let nothing start that is not ended; what runs goes on, and its retry is held.", _order(Order.HOLD)
    ),
    "release": ActKind("Let go what is held, by an operator or by its `recurrence: Pause`.", _order(Order.RELEASE)),
    "trigger": ActKind(
        "Start it whatever its time, window or hold, once; what it waits for and slots still count.",
        _order(Order.TRIGGER),
    ),
    "stop": ActKind("End what runs; it is cancelled, never retried.", _order(Order.STOP)),
    "set_priority": ActKind(
        "Of a backfill: who goes first between backfills; of a run or instance: inside its backfill.",
        lambda given: SetPriority(given["priority"]),
        ("priority",),
        ("priority",),
    ),
    "set_not_before": ActKind(
        "Start it no earlier than this moment; null takes that back.",
        lambda given: SetNotBefore(given["not_before"]),
        ("not_before",),
        ("not_before",),
    ),
    "replan": ActKind(
        "Let a backfill go on under other terms; what is in flight stays.",
        lambda given: Replan(given.get("parallelism"), given.get("on_failure")),
        ("parallelism", "on_failure"),
        ("parallelism", "on_failure"),
    ),
}


STATES: Mapping[str, str] = {
    "succeeded": "set_succeeded",
    "failed": "set_failed",
    "skipped": "skip",
    "cancelled": "cancel",
    "ready": "rerun",
    "held": "hold",
    "released": "release",
    "paused": "pause",
    "queued": "resume",
}
"""The act that brings an item to a state; `paused` and `queued` are words of runs."""


def wish_of(name: str, given: Options) -> Wish:
    """The act of this name with these options; raises `InvalidRequest` with every fault."""
    kind = ACTS[name]
    read, faults = {}, list(_strange(kind.options, given))
    for option in kind.options:
        if option in given:
            try:
                read[option] = OPTIONS[option].read(given[option])
            except (ValueError, TypeError):
                faults.append(Fault(option, shown(given[option]), OPTIONS[option].allowed))
    if kind.needs and not given.keys() & set(kind.needs):
        faults += [Fault(kind.needs[0], "nothing", f"one of {', '.join(kind.needs)}")]
    if faults:
        raise InvalidRequest(faults)
    return Wish(name, kind.make(read), given, read.get("downstream", False), read.get("latest", False))


def _strange(options: tuple[str, ...], given: Options) -> list[Fault]:
    allowed = f"only {', '.join(options)}" if options else "no option: this act has none"
    return [Fault(name, shown(given[name]), allowed) for name in given if name not in options]
