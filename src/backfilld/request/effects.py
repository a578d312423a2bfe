"""What would have no effect, and is refused rather than ignored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import attrgetter

from backfilld.catalog.documents import Path, shown
from backfilld.request.faults import FieldFault
from backfilld.request.models import BackfillRequest
from backfilld.request.resolved import RequestType

_OF_DATES: Mapping[Path, object] = {
    ("reprocess",): "All",
    ("on_conflict",): "Queue",
    ("calendar",): None,
    ("max_failed_dates",): None,
    ("first",): None,
    ("default_run_properties", "mode"): "ManualSelection",
    ("default_run_properties", "include_project_ids"): [],
    ("default_run_properties", "exclude_project_ids"): [],
}
_ROOTS: Mapping[Path, object] = {("default_run_properties", "root_task_ids"): []}
_INCLUDE: Mapping[Path, object] = {("default_run_properties", "include_task_ids"): []}
_EXCLUDE: Mapping[Path, object] = {("default_run_properties", "exclude_task_ids"): []}
WITHOUT_EFFECT: Mapping[RequestType, Mapping[Path, object]] = {
    "SupplementData": {},
    "ManualWorkflow": {**_OF_DATES, **_INCLUDE},
    "TriggerWorkflow": {**_OF_DATES, **_ROOTS},
    "Manual": {**_OF_DATES, **_INCLUDE, **_EXCLUDE},
    "SmokeTest": {**_OF_DATES, **_INCLUDE, **_EXCLUDE},
}
"""By type of request, the fields that mean nothing in it (spec 3, below the table), with the only value they take."""


def idle_faults(request: BackfillRequest) -> Iterator[FieldFault]:
    """The fields that ask for more than their type of request can mean."""
    for path, only in WITHOUT_EFFECT[request.type].items():
        if (found := _at(path, request)) != only:
            allowed = f"to be left out: it would have no effect in type {request.type}"
            yield FieldFault(path, shown(found), allowed, (("type",),))


def _at(path: Path, request: BackfillRequest) -> object:
    found: object = attrgetter(".".join(map(str, path)))(request)
    return found
