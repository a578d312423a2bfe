"""Task instances: list, show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import Query
from starlette.responses import Response
from typing_extensions import TypedDict

from backfilld.engine.states import State
from backfilld.errors import Fault, InvalidRequest
from backfilld.interfaces.attempt_view import OutputView, output_view
from backfilld.interfaces.http.answers import answer, page_answer
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.queries import After, Before, FirstDate, Id, LastDate, Limit, Number, Since, only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.http.turns import brief
from backfilld.interfaces.views import (
    InstanceView,
    WholeInstanceView,
    instance_view,
    whole_instance_view,
)
from backfilld.ports import InstanceFilter
from backfilld.request.filters import StateWord
from backfilld.service.access import Scope
from backfilld.service.views import Views

router = Router(tags=["task instances"], scope=Scope.READ)
MOST_TASKS = 1000
Tasks = Annotated[list[str] | None, Query(max_length=MOST_TASKS, description="Ids or names; any of them.")]
States = Annotated[list[StateWord] | None, Query(description="Any of these states.")]
LARGEST_PAGE_OF_OUTPUTS = 100
"""Each may have 64 KB."""


class InstancePage(TypedDict):
    """Some task instances by id, and what to ask for as `after` to go on; null at the end."""

    items: list[InstanceView]
    next: int | None


FILTERS = ("run", "start_biz_date", "end_biz_date", "changed_after", "changed_before", "after", "limit")


@router.get(
    "/backfills/{backfill}/task_instances",
    summary="List the task instances of a backfill",
    dependencies=[only(*FILTERS, repeatable=("task", "state"))],
    response_model=InstancePage,
    responses=problems(404, 410),
)
@brief("run", plan_of="backfill")
def list_instances(
    services: Served,
    backfill: Id,
    run: Number = None,
    task: Tasks = None,
    state: States = None,
    first: FirstDate = None,
    last: LastDate = None,
    changed_after: Since = None,
    changed_before: Before = None,
    after: After = None,
    limit: Limit = 100,
) -> Response:
    """By run, then in the order of the plan; also those of dates that are not admitted yet.

    A page may be shorter than `limit` and yet not the last: `next` says so.
    """
    tasks = None if task is None else task_ids(services.views, backfill, task, "query.task")
    stretch = first, last, changed_after, changed_before
    wanted = InstanceFilter(backfill, run, tasks, _states(state), *stretch)
    return page_answer(services.views.instances(wanted, after, limit), instance_view)


@router.get(
    "/task_instances",
    summary="List task instances",
    dependencies=[only("backfill", *FILTERS, repeatable=("task", "state"))],
    response_model=InstancePage,
    responses=problems(),
)
def list_all(
    services: Served,
    backfill: Number = None,
    run: Number = None,
    task: Tasks = None,
    state: States = None,
    first: FirstDate = None,
    last: LastDate = None,
    changed_after: Since = None,
    changed_before: Before = None,
    after: After = None,
    limit: Limit = 100,
) -> Response:
    """Of all backfills, by run, then in the order of the plan; names of tasks are those of the running catalog.

    A page may be shorter than `limit` and yet not the last: `next` says so. What has expired is left out.
    """
    tasks = None if task is None else services.catalogs.task_ids(task)
    stretch = first, last, changed_after, changed_before
    wanted = InstanceFilter(backfill, run, tasks, _states(state), *stretch)
    return page_answer(services.overall.instances(wanted, after, limit), instance_view)


def _states(words: list[StateWord] | None) -> frozenset[State] | None:
    return None if words is None else frozenset(State[word.upper()] for word in words)


@router.get(
    "/task_instances/{instance}",
    summary="Show a task instance",
    dependencies=[only()],
    response_model=WholeInstanceView,
    responses=problems(404, 410),
)
@brief(plan_of="instance")
def show(services: Served, instance: Id) -> Response:
    """One task instance with its attempts."""
    shown = services.views.instance(instance)
    return answer(whole_instance_view(shown, services.store.attempts(instance)))  # it is there, and seen


class OutputPage(TypedDict):
    """Some outputs in the order of their instances, and what to ask for as `after` to go on; null at the end."""

    items: list[OutputView]
    next: int | None


@router.get(
    "/backfills/{backfill}/output",
    summary="What the tasks of a backfill handed back",
    dependencies=[only("after", "limit")],
    response_model=OutputPage,
    responses=problems(404, 410),
)
def outputs(
    services: Served,
    backfill: Id,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE_OF_OUTPUTS, description="The most items a page has.")] = 100,
) -> Response:
    """Of each task instance that handed something back, by run, then in the order of the plan.

    A page may be shorter than `limit` and yet not the last: `next` says so.
    """
    return page_answer(services.views.outputs(backfill, after, limit), output_view)


def task_ids(views: Views, backfill: int, refs: Iterable[str], path: str) -> frozenset[int]:
    """The tasks of these ids and names; raises `InvalidRequest` for those that the backfill does not have."""
    found = {ref: views.task_ids(backfill, ref) for ref in refs}
    if unknown := [ref for ref, ids in found.items() if not ids]:
        raise InvalidRequest([Fault(path, ref, "the id or name of a task of this backfill") for ref in unknown])
    return frozenset().union(*found.values())
