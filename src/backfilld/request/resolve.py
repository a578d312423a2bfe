"""What a request means in a catalog: names become ids, flat fields a closed shape; every fault at once (spec 3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from backfilld.catalog.documents import Document, shown
from backfilld.catalog.models import Catalog, Project, Task, TaskId, Workflow
from backfilld.catalog.parameters import declared_names, read_parameters, workflow_names
from backfilld.catalog.references import Unresolved, find_project, find_task, find_tasks, find_workflow
from backfilld.dates import WHOLE_DAY, DayWindow, Period, merged
from backfilld.errors import Fault, InvalidRequest
from backfilld.request.models import BackfillRequest
from backfilld.request.reading import read_request
from backfilld.request.resolved import Limits, ResolvedRequest
from backfilld.request.selection import AllDownstream, Chain, General, ManualSelection, Selection

RUN = "default_run_properties"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is not the user's to say: when it was accepted, what history expects, and what the daemon allows."""

    accepted_at: datetime
    expected_seconds: Mapping[TaskId, float] = field(default_factory=dict)
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    resource_groups: frozenset[str] | None = None
    """None: any group is taken."""


def understand(
    document: Document, catalog: Catalog, circumstances: Circumstances
) -> tuple[BackfillRequest, ResolvedRequest]:
    """Read and resolve a document; raises `InvalidRequest` with every fault of shape and meaning, each in its place."""
    reading = read_request(document)
    faults, resolved = list(reading.faults), None
    if reading.request is not None:
        try:
            resolved = resolve(reading.request, catalog, circumstances)
        except InvalidRequest as error:
            faults += [reading.placed(fault) for fault in error.faults if not reading.hides(fault)]
    if faults or resolved is None or reading.request is None:
        raise InvalidRequest(faults)
    return reading.request, resolved


def resolve(request: BackfillRequest, catalog: Catalog, circumstances: Circumstances) -> ResolvedRequest:
    """The resolved request; raises `InvalidRequest` with every fault."""
    return _Resolution(request, catalog, circumstances).result()


class _Resolution:
    """One request on its way; faults are gathered, and raised together at the end."""

    def __init__(self, request: BackfillRequest, catalog: Catalog, circumstances: Circumstances) -> None:
        self.request, self.catalog, self.given = request, catalog, circumstances
        self.run = request.default_run_properties
        self.faults: list[Fault] = []
        self.project: Project | None = None
        self.workflow: Workflow | None = None

    def result(self) -> ResolvedRequest:
        self._look_up()
        periods, window = self._periods(), self._window()
        roots, include = self._tasks("root_task_ids"), self._tasks("include_task_ids")
        exclude = self._tasks("exclude_task_ids")
        self._check_mode()
        self._check_run_properties()
        within = self._within(roots + include)
        workflow_parameters, task_parameters = self._workflow_parameters(), self._task_parameters()
        if self.faults or self.project is None:
            raise InvalidRequest(self.faults)
        return ResolvedRequest(
            selection=self._selection(roots, include, within),
            periods=periods,
            accepted_at=self.given.accepted_at,
            exclude=frozenset(task.id for task in exclude),
            window=window,
            order=self.run.order,
            environment=self.request.env_type,
            priority=self.run.priority,
            weight_strategy=self.run.priority_weight_strategy,
            resource_group=self.run.runtime_resource,
            expected_seconds=self.given.expected_seconds,
            project_id=self.project.id,
            workflow_id=self.workflow.id if self.workflow else None,
            parallelism=self.run.parallelism,
            on_failure=self.request.on_failure or ("Hold" if self.run.parallelism == 1 else "Continue"),
            workflow_parameters=workflow_parameters,
            task_parameters=task_parameters,
            tags=self._tags(),
        )

    def _fault(self, path: str, given: object, allowed: str) -> None:
        self.faults.append(Fault(path, given if isinstance(given, str) else shown(given), allowed))

    def _look_up(self) -> None:
        project = find_project(self.catalog, self.request.project_id)
        if isinstance(project, Unresolved):
            self.faults.append(project.fault("project_id"))
            return
        self.project = project
        workflow = find_workflow(self.catalog, project, self.request.workflow_id)
        if isinstance(workflow, Unresolved):
            self.faults.append(workflow.fault("workflow_id"))
        else:
            self.workflow = workflow

    def _periods(self) -> tuple[Period, ...]:
        if self.request.periods is None:
            self._fault("periods", "nothing", "ranges of business dates: type SupplementData needs them")
            return ()
        ranges, limits = self.request.periods.biz_dates, self.given.limits
        if len(ranges) > limits.ranges:
            self._fault("periods.biz_dates", f"{len(ranges)} ranges", f"at most {limits.ranges}")
        for number, each in enumerate(ranges):
            if each.end_biz_date < each.start_biz_date:
                path = f"periods.biz_dates[{number}].end_biz_date"
                self._fault(path, str(each.end_biz_date), f"not before start_biz_date ({each.start_biz_date})")
        periods = [Period(r.start_biz_date, r.end_biz_date) for r in ranges if r.start_biz_date <= r.end_biz_date]
        if (count := sum(map(len, merged(periods)))) > limits.dates:
            self._fault("periods.biz_dates", f"{count:,} business dates", f"at most {limits.dates:,}")
        return tuple(periods)

    def _window(self) -> DayWindow:
        periods = self.request.periods
        if periods is None or (periods.start_time is None and periods.end_time is None):
            return WHOLE_DAY
        if periods.start_time is None or periods.end_time is None:
            missing = "start_time" if periods.start_time is None else "end_time"
            self._fault(f"periods.{missing}", "nothing", "both start_time and end_time, or neither")
            return WHOLE_DAY
        if periods.end_time < periods.start_time:
            self._fault("periods.end_time", str(periods.end_time), f"not before start_time ({periods.start_time})")
        return DayWindow(periods.start_time, periods.end_time)

    def _tasks(self, name: str) -> tuple[Task, ...]:
        refs: list[object] = getattr(self.run, name)
        if self.project is None:
            return ()
        tasks, unresolved = find_tasks(self.catalog, refs, self.project, self.workflow)
        self.faults += [found.fault(f"{RUN}.{name}[{position}]") for position, found in unresolved]
        if name == "root_task_ids":
            self._check_home(tasks)
        return tasks

    def _check_home(self, roots: tuple[Task, ...]) -> None:
        """Roots are looked up in the workflow, or in the project."""
        for task in roots:
            if self.workflow and task.workflow_id != self.workflow.id:
                where = f"a task of workflow {self.workflow.name}; or leave workflow_id out"
            elif self.project and task.project_id != self.project.id:
                where = f"a task of project {self.project.name}"
            else:
                continue
            self._fault(f"{RUN}.root_task_ids", task.name, where)

    def _check_mode(self) -> None:
        run, roots, include = self.run, len(self.run.root_task_ids), len(self.run.include_task_ids)
        if run.mode == "Chain":
            if roots:
                self._fault(
                    f"{RUN}.root_task_ids", f"{roots} tasks", "none in mode Chain: name start and end as includes"
                )
            if include != 2:
                self._fault(f"{RUN}.include_task_ids", f"{include} tasks", "exactly [start, end] in mode Chain")
        elif run.mode == "ManualSelection":
            if not roots:
                self._fault(f"{RUN}.root_task_ids", "nothing", "at least one task in mode ManualSelection")
        elif roots != 1:
            self._fault(
                f"{RUN}.root_task_ids", f"{roots} tasks" if roots else "nothing", f"exactly one in mode {run.mode}"
            )

    def _check_run_properties(self) -> None:
        if self.run.parallelism > self.given.limits.parallelism:
            self._fault(
                f"{RUN}.parallelism", self.run.parallelism, f"an integer from 1 to {self.given.limits.parallelism}"
            )
        groups, wanted = self.given.resource_groups, self.run.runtime_resource
        if groups is not None and wanted is not None and wanted not in groups:
            self._fault(f"{RUN}.runtime_resource", wanted, "a resource group: " + ", ".join(sorted(groups)))

    def _within(self, named: tuple[Task, ...]) -> frozenset[TaskId]:
        """The tasks of the wanted projects. In other modes than AllDownstream the named tasks must be among them."""
        include, exclude = self._projects("include_project_ids"), self._projects("exclude_project_ids")
        if self.run.mode == "Chain" and (include or exclude):
            field_name = "include_project_ids" if include else "exclude_project_ids"
            self._fault(f"{RUN}.{field_name}", "projects", "none in mode Chain: a chain is never narrowed")
        wanted = (include or {project.id for project in self.catalog.projects}) - exclude
        if self.run.mode != "AllDownstream":
            for task in (task for task in named if task.project_id not in wanted):
                self._fault(f"{RUN}.include_project_ids", task.name, "only tasks of the wanted projects")
        return frozenset(task.id for task in self.catalog.tasks.values() if task.project_id in wanted)

    def _projects(self, name: str) -> set[int]:
        found: set[int] = set()
        for number, ref in enumerate(getattr(self.run, name)):
            project = find_project(self.catalog, ref)
            if isinstance(project, Unresolved):
                self.faults.append(project.fault(f"{RUN}.{name}[{number}]"))
            else:
                found.add(project.id)
        return found

    def _selection(self, roots: tuple[Task, ...], include: tuple[Task, ...], within: frozenset[TaskId]) -> Selection:
        included = frozenset(task.id for task in include)
        match self.run.mode:
            case "Chain":
                return Chain(include[0].id, include[1].id)
            case "General":
                return General(roots[0].id, included)
            case "ManualSelection":
                return ManualSelection(frozenset(task.id for task in roots), included)
            case "AllDownstream":
                return AllDownstream(roots[0].id, included, within)

    def _workflow_parameters(self) -> Mapping[str, str]:
        if self.request.workflow_parameters is None:
            return {}
        if self.workflow is None:
            allowed = "none without one workflow_id: name the workflow, or use task_parameters"
            self._fault("workflow_parameters", self.request.workflow_parameters, allowed)
            return {}
        names = workflow_names(self.catalog, self.workflow, self.request.env_type)
        return self._parameters("workflow_parameters", self.request.workflow_parameters, names)

    def _task_parameters(self) -> Mapping[TaskId, Mapping[str, str]]:
        given = self.request.task_parameters
        if given is None or self.project is None:
            return {}
        result: dict[TaskId, Mapping[str, str]] = {}
        for ref, value in (self._task_mapping(given) if isinstance(given, str) else given).items():
            task = find_task(self.catalog, ref, self.project, self.workflow)
            if isinstance(task, Unresolved):
                self.faults.append(task.fault(f"task_parameters.{ref}"))
                continue
            names = declared_names(self.catalog, task, self.request.env_type)
            result[task.id] = {**result.get(task.id, {}), **self._parameters(f"task_parameters.{ref}", value, names)}
        return result

    def _task_mapping(self, text: str) -> Mapping[str, object]:
        """The JSON text form: task to `key=value` text or mapping."""
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            self._fault("task_parameters", text, 'a mapping, or JSON text such as {"extract": "limit=10"}')
            return {}
        return found

    def _parameters(self, path: str, value: object, declared: frozenset[str]) -> Mapping[str, str]:
        values, faults = read_parameters(value)
        for fault in faults:
            self._fault(f"{path}.{fault.path}" if fault.path else path, fault.given, fault.allowed)
        for name in values.keys() - declared:
            known = ", ".join(sorted(declared)) or "none"
            self._fault(f"{path}.{name}", values[name], f"only parameters that the catalog declares: {known}")
        return values

    def _tags(self) -> Mapping[str, str]:
        own = {tag.key: tag.value for tag in self.request.tags}
        append = self.workflow is not None and self.request.tag_creation_policy == "Append"
        return {**self.workflow.tags, **own} if self.workflow and append else own
