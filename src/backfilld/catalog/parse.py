"""Documents to a checked catalog, or every fault with its place."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from operator import attrgetter
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid5

from backfilld.catalog.calendars import is_calendar, read_calendar
from backfilld.catalog.dependencies import loops, read_dependencies
from backfilld.catalog.documents import Document
from backfilld.catalog.fields import LARGEST_ID, Section, alias, choice, name, optional, section_of, text, whole
from backfilld.catalog.ids import hashed_id
from backfilld.catalog.models import WORKFLOW_TYPES, Catalog, Environment, OwnCalendar, Project, Task, Workflow
from backfilld.catalog.references import ALL_WORKFLOWS
from backfilld.catalog.tasks import parameters, read_defaults, read_task, tags, zone
from backfilld.errors import Fault, InvalidCatalog

_VERSIONS = UUID("0d5e1f7e-3c55-5a8c-8a43-5b6c9f0e2d17")
_OF_PROJECTS = ("project", "id", "timezone", "business_date_offset", "defaults", "environments", "workflows")
_OF_WORKFLOWS = ("workflow", "id", "type", "parameters", "tags", "owner", "description", "alias", "tasks")
_DRAFT = UUID(int=0)
T = TypeVar("T", Project, Workflow, Task, OwnCalendar)


def parse_catalog(documents: Iterable[Document], resource_groups: frozenset[str] | None = None) -> Catalog:
    """The catalog that the documents describe, each of them one project, one calendar, or a list of such.

    Its version is a UUIDv5 of its canonical content: their values in order, as JSON with sorted keys, so that comments,
    the order of keys and white space do not matter. `resource_groups` are the known ones; None: any will do. Raises
    `InvalidCatalog` with every fault.
    """
    documents = tuple(documents)
    reading = _Reading()
    for document in documents:
        for path, value in _items(document):
            for section in section_of(document, path, value, reading.faults):
                if is_calendar(value):
                    reading.calendars.append(_Seen(read_calendar(section), section))
                else:
                    _read_project(section, reading)
    _refuse_duplicates(reading)
    _refuse_aliases(reading)
    _refuse_unknown_groups(reading, resource_groups)
    catalog = _with_dependencies(reading)
    if reading.faults:
        raise InvalidCatalog(reading.faults)
    content = canonical(documents)
    return replace(catalog, version=uuid5(_VERSIONS, content), content=content)


def catalog_of(content: str) -> Catalog:
    """The catalog whose `content` this is, as it was when it was accepted."""
    return parse_catalog([Document("catalog", json.loads(content))])


def canonical(documents: Iterable[Document]) -> str:
    """The one text of all documents that say the same."""
    items = [value for document in documents for _, value in _items(document)]
    return json.dumps(items, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=date.isoformat)


@dataclass(frozen=True, slots=True)
class _Seen(Generic[T]):
    """Something that was read, and the section it was read from."""

    what: T
    section: Section


@dataclass(slots=True)
class _Reading:
    """Everything read so far, in the order of the documents."""

    faults: list[Fault] = field(default_factory=list)
    projects: list[_Seen[Project]] = field(default_factory=list)
    workflows: list[_Seen[Workflow]] = field(default_factory=list)
    tasks: list[_Seen[Task]] = field(default_factory=list)
    calendars: list[_Seen[OwnCalendar]] = field(default_factory=list)

    def catalog(self) -> Catalog:
        """The tasks in their workflows in their projects."""
        tasks = _grouped((task.what.workflow_id, task.what) for task in self.tasks)
        flows = [replace(flow.what, tasks=tuple(tasks.get(flow.what.id, ()))) for flow in self.workflows]
        workflows = _grouped((flow.project_id, flow) for flow in flows)
        projects = (replace(seen.what, workflows=tuple(workflows.get(seen.what.id, ()))) for seen in self.projects)
        return Catalog(_DRAFT, "", tuple(projects), {seen.what.name: seen.what for seen in self.calendars})


def _items(document: Document) -> list[tuple[tuple[int, ...], object]]:
    if isinstance(document.value, list):
        return [((number,), value) for number, value in enumerate(document.value)]
    return [((), document.value)]


def _read_project(section: Section, reading: _Reading) -> None:
    section.allow_only(_OF_PROJECTS)
    project_name = section.needed("project", name) or ""
    project = Project(
        id=section.take("id", whole(1, LARGEST_ID), hashed_id(project_name)),
        name=project_name,
        timezone=section.take("timezone", zone, "UTC"),
        business_date_offset=section.take("business_date_offset", whole(0, 31), 1),
        parameters={},
        environments=_environments(section.section("environments")),
        workflows=(),
    )
    defaults = read_defaults(section.section("defaults"))
    project = replace(project, parameters=defaults.parameters)
    reading.projects.append(_Seen(project, section))
    for inner in section.sections("workflows"):
        workflow = _read_workflow(inner, project)
        reading.workflows.append(_Seen(workflow, inner))
        for lines in inner.sections("tasks"):
            if task := read_task(lines, project, workflow, defaults):
                reading.tasks.append(_Seen(task, lines))


def _read_workflow(section: Section, project: Project) -> Workflow:
    section.allow_only(_OF_WORKFLOWS)
    workflow_name = section.needed("workflow", name) or ""
    return Workflow(
        id=_workflow_id(section, hashed_id(project.name, workflow_name)),
        name=workflow_name,
        project_id=project.id,
        type=section.take("type", choice(*WORKFLOW_TYPES), "Scheduled"),
        parameters=parameters(section),
        tags=tags(section),
        owner=section.take("owner", optional(text(255)), None),
        description=section.take("description", optional(text()), None),
        tasks=(),
        alias=section.take("alias", optional(alias), None),
    )


def _workflow_id(section: Section, hashed: int) -> int:
    given = section.take("id", whole(1, LARGEST_ID), hashed)
    if given != ALL_WORKFLOWS:
        return given
    section.refuse("id", "an integer from 2; workflow id 1 means all Scheduled workflows of a project")
    return hashed


def _environments(section: Section) -> dict[str, Environment]:
    if "Prod" in section:
        section.refuse("Prod", "Dev alone: Prod is the base, as it stands in defaults, workflows and tasks", "Prod")
    section.allow_only(["Dev"], judged=["Prod"])
    if "Dev" not in section:
        return {}
    overlay = section.section("Dev")
    overlay.allow_only(["parameters", "resource_group"])
    return {"Dev": Environment(parameters(overlay), overlay.take("resource_group", optional(name), None))}


def _refuse_duplicates(reading: _Reading) -> None:
    kinds: Sequence[tuple[str, Sequence[_Seen[Project]] | Sequence[_Seen[Workflow]] | Sequence[_Seen[Task]]]]
    kinds = (("project", reading.projects), ("workflow", reading.workflows), ("task", reading.tasks))
    for kind, seen in kinds:
        named = [item for item in seen if item.what.name]  # one without a name has its fault already
        twins = _refuse_twice(named, kind, _scope_and_name)
        others = [item for item in named if id(item) not in twins]
        _refuse_twice(others, "id", attrgetter("id"))
    _refuse_twice([seen for seen in reading.calendars if seen.what.name], "calendar", attrgetter("name"))


def _refuse_aliases(reading: _Reading) -> None:
    """Refuse an alias that another workflow of the project has, as its alias or its name."""
    names = {(seen.what.project_id, seen.what.name): seen.what.id for seen in reading.workflows}
    for seen in reading.workflows:
        flow = seen.what
        if flow.alias and names.setdefault((flow.project_id, flow.alias), flow.id) != flow.id:
            seen.section.refuse("alias", "one that no other workflow of the project has as its alias or its name")


def _scope_and_name(what: Project | Workflow | Task) -> Hashable:
    scope = 0 if isinstance(what, Project) else what.project_id if isinstance(what, Workflow) else what.workflow_id
    return scope, what.name


def _refuse_twice(seen: Iterable[_Seen[Any]], key: str, what: Callable[[Any], Hashable]) -> set[int]:
    """Refuse what comes a second time, naming the first; answers which ones."""
    first: dict[Hashable, Section] = {}
    refused = set()
    for item in seen:
        other = first.setdefault(what(item.what), item.section)
        if other is not item.section:
            refused.add(id(item))
            place = other.document.place_of((*other.path, key))
            given = attrgetter("id" if key == "id" else "name")(item.what)
            item.section.refuse(key, f"one that is not taken; {place or 'another'} has it already", str(given))
    return refused


def _refuse_unknown_groups(reading: _Reading, known: frozenset[str] | None) -> None:
    if known is None:
        return
    allowed = f"a resource group of the settings: {' '.join(sorted(known)) or 'there are none'}"
    for seen in reading.tasks:
        if seen.what.resource_group not in known:
            seen.section.refuse("resource_group", allowed, seen.what.resource_group)
    for project in reading.projects:
        for environment, overlay in project.what.environments.items():
            if overlay.resource_group is not None and overlay.resource_group not in known:
                path = ("environments", environment, "resource_group")
                project.section.accuse(path, overlay.resource_group, allowed)


def _with_dependencies(reading: _Reading) -> Catalog:
    """The catalog, its tasks with what they wait for; rings are refused once every name in them is known."""
    draft = reading.catalog()
    reading.tasks = [
        _Seen(replace(seen.what, depends_on=read_dependencies(seen.section, seen.what, draft)), seen.section)
        for seen in reading.tasks
    ]
    catalog = reading.catalog()
    sections = {seen.what.id: seen.section for seen in reading.tasks}
    for loop in loops(catalog):
        ring = " -> ".join(catalog.full_name(task) for task in loop)
        sections[loop[0]].refuse("depends_on", "no ring of tasks that wait for each other in the same cycle", ring)
    return catalog


def _grouped(pairs: Iterable[tuple[int, T]]) -> dict[int, list[T]]:
    groups: dict[int, list[T]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups
