"""Backfills: accept, list, show."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response
from typing_extensions import TypedDict

from backfilld.interfaces.alert_view import AlertView, alert_view
from backfilld.interfaces.http.answers import answer, page_answer
from backfilld.interfaces.http.bodies import TAKES_PAYLOAD, JsonBody
from backfilld.interfaces.http.documented import REQUEST_BODY, problems
from backfilld.interfaces.http.queries import (
    After,
    Before,
    Id,
    Limit,
    ProjectRef,
    Since,
    Words,
    WorkflowRef,
    only,
    words_of,
)
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.http.turns import brief
from backfilld.interfaces.views import (
    BackfillView,
    OperationView,
    backfill_view,
    operation_view,
)
from backfilld.ports import BackfillFilter
from backfilld.request.filters import LONGEST_PATTERN
from backfilld.service.access import Scope
from backfilld.service.overall import BackfillsAsked

router = Router(tags=["backfills"], scope=Scope.READ)
ALERTS_SHOWN = 10
MOST_TAGS = 20
Tags = Annotated[list[str] | None, Query(max_length=MOST_TAGS, description="`key` or `key=value`; all of them.")]


class WholeBackfillView(BackfillView):
    """A backfill with the newest messages to people about it, the newest first."""

    alerts: list[AlertView]


class BackfillPage(TypedDict):
    """Some backfills, and what to ask for as `after` to go on; null at the end."""

    items: list[BackfillView]
    next: int | None


@router.post(
    "/backfills",
    scope=Scope.RUN,
    summary="Submit a request",
    dependencies=[TAKES_PAYLOAD, only()],
    status_code=202,
    response_model=OperationView,
    responses=problems(409, 413),
    openapi_extra=REQUEST_BODY,
)
def submit(services: Served, document: JsonBody) -> Response:
    """Judge the request and remember it, durably; the operation goes on to write its runs."""
    operation = services.backfills.submit(document)
    return answer(operation_view(operation), 202, {"Location": f"/v1/operations/{operation.id}"})


@router.get(
    "/backfills",
    summary="List backfills",
    dependencies=[
        only(
            *("name", "name_like", "project", "workflow", "by", "created_after", "created_before", "after", "limit"),
            repeatable=("state", "tag"),
        )
    ],
    response_model=BackfillPage,
    responses=problems(),
)
@brief()
def list_backfills(
    services: Served,
    name: Annotated[str | None, Query(description="Called exactly so.")] = None,
    name_like: Annotated[
        str | None, Query(max_length=LONGEST_PATTERN, description="With this in its name; `%` is any text.")
    ] = None,
    project: ProjectRef = None,
    workflow: WorkflowRef = None,
    by: Annotated[str | None, Query(description="Who submitted it.")] = None,
    state: Words = None,
    tag: Tags = None,
    created_after: Since = None,
    created_before: Before = None,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """Accepted backfills that pass, the newest first.

    A page may be shorter than `limit` and yet not the last: `next` says so.
    """
    home = services.catalogs.home(project, workflow)
    words = words_of(state)
    tags = tuple(map(_tag, tag or ()))
    asked = BackfillsAsked(BackfillFilter(name, name_like, *home, by, created_after, created_before, tags=tags), words)
    return page_answer(services.overall.backfills(asked, after, limit), backfill_view)


def _tag(text: str) -> tuple[str, str | None]:
    key, equals, value = text.partition("=")
    return key, value if equals else None


@router.get(
    "/backfills/{backfill}",
    summary="Show a backfill",
    dependencies=[only()],
    response_model=WholeBackfillView,
    responses=problems(404),
)
@brief()
def show(services: Served, backfill: Id) -> Response:
    """What was asked, how it stands, and the newest messages about it."""
    shown = backfill_view(services.views.backfill(backfill))
    told = services.store.alerts(backfill, None, ALERTS_SHOWN)
    return answer({**shown, "alerts": [alert_view(each) for each in told.items]})


@router.get(
    "/backfills/{backfill}/request",
    summary="Show the request of a backfill",
    dependencies=[only()],
    response_model=dict[str, Any],
    responses=problems(404),
)
def asked(services: Served, backfill: Id) -> Response:
    """What was submitted, with ISO dates: it can be submitted again."""
    return answer(json.loads(services.store.backfill(backfill).request))
