"""What a request means in a catalog: names become ids, flat fields a closed shape; every fault at once (spec 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from backfilld.catalog.documents import Document, shown
from backfilld.catalog.models import Catalog, TaskId, Workflow
from backfilld.dates import aware
from backfilld.errors import Fault, InvalidRequest
from backfilld.request.asked_dates import asked_periods, asked_window, date_faults
from backfilld.request.asked_parameters import AskedParameters
from backfilld.request.asked_tasks import mode_faults, selection_of
from backfilld.request.faults import MORE, MOST_FAULTS, FieldFault, standing
from backfilld.request.models import BackfillRequest, DefaultRunProperties, Tag
from backfilld.request.named_tasks import RUN, Names
from backfilld.request.reading import read_request
from backfilld.request.resolved import Limits, ResolvedRequest
from backfilld.request.unbuilt import unbuilt_faults

History = Callable[[str], Mapping[TaskId, float]]
"""The seconds that each task is expected to take in an environment; tasks without any are left out."""


def no_history(environment: str) -> Mapping[TaskId, float]:
    """Nothing is known of any task."""
    return {}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is not the user's to say: when it was accepted, what history expects, and what the daemon allows."""

    accepted_at: datetime
    history: History = no_history
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    resource_groups: frozenset[str] | None = None
    """None: any group is taken."""

    def __post_init__(self) -> None:
        aware(self.accepted_at)


def understand(
    document: Document, catalog: Catalog, circumstances: Circumstances
) -> tuple[BackfillRequest, ResolvedRequest]:
    """Read and resolve a document.

    Raises `InvalidRequest` with every fault of shape and meaning, each as the user spelled the field, in the order of
    the document.
    """
    reading = read_request(document, circumstances.limits)
    if reading.request is None:
        raise InvalidRequest(sorted(reading.faults, key=_by_place))
    found = _resolved(reading.request, catalog, circumstances)
    if isinstance(found, ResolvedRequest) and not reading.faults:
        return reading.request, found
    later = [] if isinstance(found, ResolvedRequest) else found
    placed = filter(None, map(reading.placed, later[:MOST_FAULTS]))
    more = [MORE] if len(later) > MOST_FAULTS else []
    raise InvalidRequest(sorted((*reading.faults, *placed), key=_by_place) + more)


def resolve(request: BackfillRequest, catalog: Catalog, circumstances: Circumstances) -> ResolvedRequest:
    """The resolved request; raises `InvalidRequest` with every fault."""
    found = _resolved(request, catalog, circumstances)
    if isinstance(found, ResolvedRequest):
        return found
    more = [MORE] if len(found) > MOST_FAULTS else []
    raise InvalidRequest([fault.for_people(fault.path) for fault in found[:MOST_FAULTS]] + more)


def _resolved(
    request: BackfillRequest, catalog: Catalog, circumstances: Circumstances
) -> ResolvedRequest | list[FieldFault]:
    names = Names(catalog, request, circumstances.limits.ids)
    parameters = AskedParameters(catalog, request, names)
    run, workflow = request.default_run_properties, names.home.workflow
    faults = [
        *unbuilt_faults(request),
        *names.faults,
        *date_faults(request.periods, circumstances.limits),
        *mode_faults(run, names, catalog),
        *_run_faults(run, circumstances),
        *parameters.faults,
        *_tag_faults(request.tags),
    ]
    if faults or names.home.project is None:
        return standing(faults)
    return ResolvedRequest(
        selection=selection_of(run, names, catalog),
        periods=asked_periods(request.periods),
        accepted_at=circumstances.accepted_at,
        exclude=frozenset(named.task.id for named in names.exclude),
        window=asked_window(request.periods),
        order=run.order,
        environment=request.env_type,
        priority=run.priority,
        weight_strategy=run.priority_weight_strategy,
        resource_group=run.runtime_resource,
        expected_seconds=circumstances.history(request.env_type),
        project_id=names.home.project.id,
        workflow_id=workflow.id if workflow else None,
        parallelism=run.parallelism,
        on_failure=request.on_failure or _default_on_failure(run.parallelism),
        workflow_parameters=parameters.of_workflow,
        task_parameters=parameters.of_tasks,
        tags=_tags(request, workflow),
    )


def _run_faults(run: DefaultRunProperties, circumstances: Circumstances) -> Iterator[FieldFault]:
    most, groups, wanted = circumstances.limits.parallelism, circumstances.resource_groups, run.runtime_resource
    if run.parallelism > most:
        yield FieldFault((RUN, "parallelism"), shown(run.parallelism), f"an integer from 1 to {most}")
    if groups is not None and wanted is not None and wanted not in groups:
        allowed = f"a resource group: {', '.join(sorted(groups)) or 'there is none'}"
        yield FieldFault((RUN, "runtime_resource"), shown(wanted), allowed)


def _tag_faults(tags: list[Tag]) -> Iterator[FieldFault]:
    seen: set[str] = set()
    for position, tag in enumerate(tags):
        if tag.key in seen:
            yield FieldFault(("tags", position, "key"), shown(tag.key), "every key once")
        seen.add(tag.key)


def _tags(request: BackfillRequest, workflow: Workflow | None) -> Mapping[str, str]:
    own = {tag.key: tag.value for tag in request.tags}
    return {**workflow.tags, **own} if workflow and request.tag_creation_policy == "Append" else own


def _default_on_failure(parallelism: int) -> Literal["Continue", "Hold"]:
    return "Hold" if parallelism == 1 else "Continue"


def _by_place(fault: Fault) -> tuple[int, int]:
    """In the order of the document; what stands nowhere comes first."""
    return (fault.place.line, fault.place.column) if fault.place else (0, 0)
