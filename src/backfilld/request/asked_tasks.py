"""What each mode lets a request name (spec 3), and the closed shape that comes of it (spec 4.3)."""

from __future__ import annotations

from collections.abc import Iterator

from backfilld.catalog.documents import Path, shown
from backfilld.catalog.models import Catalog, TaskId
from backfilld.request.faults import FieldFault
from backfilld.request.models import DefaultRunProperties
from backfilld.request.named_tasks import HOME, PROJECT_LISTS, RUN, Named, Names
from backfilld.request.selection import AllDownstream, Chain, General, ManualSelection, Selection

_ROOTS: Path = (RUN, "root_task_ids")
_INCLUDE: Path = (RUN, "include_task_ids")
_MODE: tuple[Path, ...] = ((RUN, "mode"), ("type",))


def dated_selection(run: DefaultRunProperties, names: Names, catalog: Catalog) -> Selection:
    """The closed shape of a SupplementData request without faults."""
    roots, include = [_id(named) for named in names.roots], [_id(named) for named in names.include]
    match run.mode:
        case "Chain":
            return Chain(include[0], include[1])
        case "General":
            return General(roots[0], frozenset(include))
        case "ManualSelection":
            return ManualSelection(frozenset(roots), frozenset(include))
        case "AllDownstream":
            wanted, scheduled = _wanted(names, catalog), catalog.of_type["Scheduled"]
            within = frozenset(task for task in scheduled if catalog.tasks[task].project_id in wanted)
            return AllDownstream(roots[0], frozenset(include), within)


def mode_faults(run: DefaultRunProperties, names: Names, catalog: Catalog) -> Iterator[FieldFault]:
    """What the mode does not let the request name."""
    yield from _count_faults(run)
    if run.mode == "Chain":
        yield from _narrowed_chain(run)
    elif run.mode != "AllDownstream":
        yield from _unwanted(names, catalog)


def _count_faults(run: DefaultRunProperties) -> Iterator[FieldFault]:
    roots, include = len(run.root_task_ids), len(run.include_task_ids)
    match run.mode:
        case "Chain":
            if roots:
                yield _miscounted(_ROOTS, roots, "none in mode Chain: name start and end in include_task_ids")
            if include != 2:
                yield _miscounted(_INCLUDE, include, "exactly [start, end] in mode Chain")
        case "ManualSelection":
            if not roots:
                yield _miscounted(_ROOTS, roots, "at least one task in mode ManualSelection")
        case "General" | "AllDownstream":
            if roots != 1:
                yield _miscounted(_ROOTS, roots, f"exactly one task in mode {run.mode}")


def _miscounted(path: Path, count: int, allowed: str) -> FieldFault:
    given = f"{count:,} task{'s' if count > 1 else ''}" if count else "nothing"
    return FieldFault(path, given, allowed, _MODE)


def _narrowed_chain(run: DefaultRunProperties) -> Iterator[FieldFault]:
    for name in PROJECT_LISTS:
        if given := getattr(run, name):
            yield FieldFault((RUN, name), shown(given), "nothing in mode Chain: a chain is never narrowed", _MODE)


def _unwanted(names: Names, catalog: Catalog) -> Iterator[FieldFault]:
    """Where the request names every task, one outside the wanted projects is a contradiction."""
    wanted = _wanted(names, catalog)
    rests_on = (*_MODE, *HOME, *((RUN, name) for name in PROJECT_LISTS))
    for named in names.roots + names.include:
        if named.task.project_id not in wanted:
            project = catalog.by_id[named.task.project_id].name
            allowed = f"a task of the wanted projects; this one is of {project}, which the project lists leave out"
            yield FieldFault(named.path, shown(named.task.name), allowed, rests_on)


def _wanted(names: Names, catalog: Catalog) -> frozenset[int]:
    return (names.include_projects or frozenset(catalog.by_id)) - names.exclude_projects


def _id(named: Named) -> TaskId:
    return named.task.id
