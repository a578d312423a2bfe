"""What a request means in a catalog: names become ids, flat fields a closed shape; every fault at once (spec 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from backfilld.catalog.cycles import zone_of
from backfilld.catalog.documents import Document, shown
from backfilld.catalog.models import Catalog, Project, RunPolicy, TaskId, Workflow
from backfilld.catalog.parameters import names_of
from backfilld.catalog.run_policies import another_time_than
from backfilld.dates import aware
from backfilld.errors import MORE, MOST_FAULTS, Fault, InvalidRequest
from backfilld.request.alerts import AskedAlert, channel_faults, channels_of
from backfilld.request.asked_at_once import at_once_faults, at_once_selection, what_runs
from backfilld.request.asked_dates import asked_periods, asked_window, date_faults, dated
from backfilld.request.asked_parameters import AskedParameters, basis
from backfilld.request.asked_payload import AskedPayload
from backfilld.request.asked_tasks import dated_selection, mode_faults
from backfilld.request.durations import ASSUMED, Duration, Durations
from backfilld.request.effects import idle_faults
from backfilld.request.faults import FieldFault, standing
from backfilld.request.kinds import KIND
from backfilld.request.models import BackfillRequest, DefaultRunProperties, Tag, compact
from backfilld.request.named_tasks import RUN, Names
from backfilld.request.reading import read_request
from backfilld.request.resolved import Limits, ResolvedRequest

History = Callable[[str], Mapping[TaskId, Duration]]
"""How long each task takes in an environment; tasks of which nothing is known are left out."""


def no_history(environment: str) -> Mapping[TaskId, Duration]:
    """Nothing is known of any task."""
    return {}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is not the user's to say: when it was accepted, what history expects, and what the daemon allows."""

    accepted_at: datetime
    history: History = no_history
    assumed_seconds: float = ASSUMED.total_seconds()
    """What a task takes of which nothing is known."""
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    resource_groups: frozenset[str] | None = None
    """None: any group is taken."""
    channels: frozenset[str] | None = None
    """Through which alerts can go; None: any is taken."""
    permitted: frozenset[int] | None = None
    """The projects that the caller may see, by id; to him any other is none. None: all."""
    dates_from: datetime | None = None
    """What words for dates are counted from; None: from the acceptance."""

    def __post_init__(self) -> None:
        aware(self.accepted_at)


def understand(
    document: Document, catalog: Catalog, circumstances: Circumstances
) -> tuple[BackfillRequest, ResolvedRequest]:
    """Read and resolve a document; in the request that comes back relative dates are dates, and none is left out.

    Raises `InvalidRequest` with every fault of shape and meaning, each as the user spelled the field, in the order of
    the document.
    """
    reading = read_request(document, circumstances.limits)
    if reading.request is None:
        raise InvalidRequest(sorted(reading.faults, key=_by_place))
    judged = _Judged(reading.request, catalog, circumstances)
    if not reading.faults and (found := judged.resolved()):
        return judged.request, found
    placed = filter(None, map(reading.placed, judged.faults[:MOST_FAULTS]))
    more = [MORE] if len(judged.faults) > MOST_FAULTS else []
    raise InvalidRequest(sorted((*reading.faults, *placed), key=_by_place) + more)


def resolve(request: BackfillRequest, catalog: Catalog, circumstances: Circumstances) -> ResolvedRequest:
    """The resolved request; raises `InvalidRequest` with every fault."""
    judged = _Judged(request, catalog, circumstances)
    if found := judged.resolved():
        return found
    more = [MORE] if len(judged.faults) > MOST_FAULTS else []
    raise InvalidRequest([fault.for_people(fault.path) for fault in judged.faults[:MOST_FAULTS]] + more)


class _Judged:
    """A request looked at from all sides: its faults, or what it means."""

    def __init__(self, asked: BackfillRequest, catalog: Catalog, circumstances: Circumstances) -> None:
        self._catalog, self._circumstances = catalog, circumstances
        seen = catalog if circumstances.permitted is None else catalog.only(circumstances.permitted)
        self._names = Names(seen, asked, circumstances.limits.ids)
        self._project = self._names.home.project
        self.request = dated(asked, _today(circumstances, self._project)) if self._project else asked
        self._at_once = at_once_selection(asked, self._names)
        runs = what_runs(self._at_once, self._names, catalog)
        self._parameters = AskedParameters(catalog, asked, self._names, runs)
        self._payload = AskedPayload(asked.payload, self._declared(seen, runs), basis(runs))
        self.faults = standing(list(self._found(asked)))

    def resolved(self) -> ResolvedRequest | None:
        """What the request means; None while there are faults."""
        if self.faults or self._project is None:
            return None
        request, names, workflow = self.request, self._names, self._names.home.workflow
        found = ResolvedRequest(
            selection=self._at_once or dated_selection(request.default_run_properties, names, self._catalog),
            periods=asked_periods(request.periods),
            accepted_at=self._circumstances.accepted_at,
            exclude=frozenset(named.task.id for named in names.exclude),
            window=asked_window(request.periods),
            durations=Durations(self._circumstances.history(request.env_type), self._circumstances.assumed_seconds),
            project_id=self._project.id,
            workflow_id=workflow.id if workflow else None,
            permitted=self._circumstances.permitted,
            workflow_parameters=self._parameters.of_workflow,
            task_parameters=self._parameters.of_tasks,
            payload=None if request.payload is None else compact(request.payload),
            payload_parameters=self._payload.parameters,
            tags=_tags(request, workflow),
        )
        return _as_asked(found, request)

    def _found(self, asked: BackfillRequest) -> Iterator[FieldFault]:
        limits = self._circumstances.limits
        yield from idle_faults(asked)
        yield from self._names.faults
        yield from date_faults(asked, self.request, limits)
        if asked.type == "SupplementData":
            yield from mode_faults(asked.default_run_properties, self._names, self._catalog)
        else:
            yield from at_once_faults(asked, self._names, self._catalog)
        yield from _run_faults(asked.default_run_properties, self._circumstances)
        yield from self._parameters.faults
        yield from self._payload.faults
        yield from _tag_faults(asked.tags)

    def _declared(self, seen: Catalog, runs: frozenset[TaskId] | None) -> frozenset[str]:
        """The names that a payload may set: what any task declares that may be run."""
        if not isinstance(self.request.payload, Mapping):
            return frozenset()
        tasks = seen.of_type[KIND[self.request.type]] if runs is None else runs
        return names_of(self._catalog, (self._catalog.tasks[task] for task in tasks), self.request.env_type)


def _as_asked(found: ResolvedRequest, request: BackfillRequest) -> ResolvedRequest:
    """With all that a request says in words that need no catalog."""
    run = request.default_run_properties
    return replace(
        found,
        type=request.type,
        environment=request.env_type,
        order=run.order,
        priority=run.priority,
        weight_strategy=run.priority_weight_strategy,
        resource_group=run.runtime_resource,
        run_policy=_policy(run),
        parallelism=run.parallelism,
        on_failure=request.on_failure or _default_on_failure(run.parallelism),
        reprocess=request.reprocess,
        on_conflict=request.on_conflict,
        calendar=request.calendar,
        analysed=run.analysis.enabled,
        blocked=run.analysis.blocked,
        expect_plan=request.expect_plan,
        auto_start=request.auto_start_enabled,
        alert=_alert(run),
        max_failed_dates=request.max_failed_dates,
        first=request.first,
        fit_window=request.fit_window,
    )


def _today(circumstances: Circumstances, project: Project) -> date:
    now = circumstances.dates_from or circumstances.accepted_at
    return now.astimezone(zone_of(project.timezone)).date()


def _run_faults(run: DefaultRunProperties, circumstances: Circumstances) -> Iterator[FieldFault]:
    most, groups, wanted = circumstances.limits.parallelism, circumstances.resource_groups, run.runtime_resource
    if run.parallelism > most:
        yield FieldFault((RUN, "parallelism"), shown(run.parallelism), f"an integer from 1 to {most}")
    if groups is not None and wanted is not None and wanted not in groups:
        allowed = f"a resource group: {', '.join(sorted(groups)) or 'there is none'}"
        yield FieldFault((RUN, "runtime_resource"), shown(wanted), allowed)
    if run.alert:
        yield from channel_faults((RUN, "alert", "notice_type"), run.alert.notice_type, circumstances.channels)
    if run.run_policy and run.run_policy.start_time == run.run_policy.end_time:
        path, given = (RUN, "run_policy", "end_time"), run.run_policy.end_time
        yield FieldFault(path, shown(str(given)), another_time_than(given))


def _alert(run: DefaultRunProperties) -> AskedAlert | None:
    return AskedAlert(run.alert.type, channels_of(run.alert.notice_type)) if run.alert else None


def _policy(run: DefaultRunProperties) -> RunPolicy | None:
    asked = run.run_policy
    return RunPolicy(asked.type, asked.start_time, asked.end_time, asked.immediately) if asked else None


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
