"""Documents to schedules, or every fault with its place: a schedule is a clock and a whole request (spec 8)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from backfilld.catalog.documents import Document, Path, path_text
from backfilld.catalog.fields import LONGEST_NAME, Refused, Section, choice, section_of
from backfilld.catalog.schedules import CatchUp, Schedule
from backfilld.catalog.tasks import cron, zone
from backfilld.errors import MORE, Fault, InvalidSchedules
from backfilld.request.effects import idle_faults
from backfilld.request.faults import FieldFault
from backfilld.request.models import BackfillRequest
from backfilld.request.reading import read_request
from backfilld.request.resolved import Limits

_KEYS = ("schedule", "cron", "timezone", "catch_up", "request")
_CATCH_UPS: tuple[CatchUp, ...] = ("once", "all", "none")
_NAME = re.compile(r"(?!\d+$)[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", re.ASCII)
_DATE = " 2024-05-06"
"""What each firing adds to the name of its request."""


def parse_schedules(documents: Iterable[Document], limits: Limits = Limits()) -> tuple[Schedule, ...]:  # noqa: B008
    """The schedules that the documents describe, each of them one schedule or a list of such.

    Of their requests the shape is judged here, what they select at each firing. Raises `InvalidSchedules` with every
    fault.
    """
    faults: list[Fault] = []
    found: dict[str, tuple[Schedule, Section]] = {}
    for section in _sections(documents, faults):
        schedule = _read(section, limits)
        if schedule is None:
            continue
        _, first = found.setdefault(schedule.name, (schedule, section))
        if first is not section:
            place = first.document.place_of((*first.path, "schedule"))
            section.refuse("schedule", f"one that is not taken; {place or 'another'} has it already")
    if faults:
        raise InvalidSchedules(faults)
    return tuple(schedule for schedule, _ in found.values())


def _sections(documents: Iterable[Document], faults: list[Fault]) -> Iterator[Section]:
    for document in documents:
        if isinstance(document.value, list):
            for number, value in enumerate(document.value):
                yield from section_of(document, (number,), value, faults)
        else:
            yield from section_of(document, (), document.value, faults)


def _read(section: Section, limits: Limits) -> Schedule | None:
    """The schedule; None where it has no name or no times."""
    section.allow_only(_KEYS)
    name, times = section.needed("schedule", _name), section.needed("cron", cron)
    timezone = section.take("timezone", zone, "UTC")
    catch_up: CatchUp = section.take("catch_up", choice(*_CATCH_UPS), "once")
    template = _template(section, limits)
    if name is None or times is None or template is None:
        return None
    return Schedule(name, times, timezone, template, catch_up)


def _name(value: object) -> str:
    if isinstance(value, str) and _NAME.fullmatch(value):
        return value
    raise Refused("a name of 1 to 100 letters, digits, `_`, `.` and `-`, a letter or digit first, not of digits alone")


def _template(section: Section, limits: Limits) -> Document | None:
    """The request under `request`, its faults told under their full paths."""
    if "request" not in section:
        section.accuse(("request",), "nothing", "`request:` is needed here")
        return None
    path: Path = (*section.path, "request")
    template = _part(section.document, path, section.values["request"])
    reading = read_request(template, limits)
    placed = map(reading.placed, _faults(reading.request)) if reading.request else ()
    section.faults.extend(_below(path, fault) for fault in (*reading.faults, *filter(None, placed)))
    return template


def _faults(request: BackfillRequest) -> Iterator[FieldFault]:
    yield from idle_faults(request)
    longest = LONGEST_NAME - len(_DATE)
    if len(request.name) > longest:
        given = f"{len(request.name)} characters"
        yield FieldFault(("name",), given, f"at most {longest} characters: each firing adds its date")


def _part(document: Document, path: Path, value: object) -> Document:
    """What stands at a path as a document of its own."""
    depth = len(path)
    places = {place[depth:]: where for place, where in document.places.items() if place[:depth] == path}
    return Document(document.file, value, places)


def _below(path: Path, fault: Fault) -> Fault:
    if fault is MORE:
        return fault
    inner = fault.path if fault.path.startswith("[") else f".{fault.path}" if fault.path else ""
    return replace(fault, path=path_text(path) + inner)
