"""What failed in a backfill, and which failures are the same."""

from __future__ import annotations

from starlette.responses import Response

from backfilld.interfaces.failures_view import FailedView, failed_view
from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.queries import Id, only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.service.access import Scope
from backfilld.service.failures import FailuresOf

router = Router(tags=["backfills"], scope=Scope.READ)


@router.get(
    "/backfills/{backfill}/failures",
    summary="What failed in a backfill",
    dependencies=[only()],
    response_model=FailedView,
    responses=problems(404, 410),
)
def failures(services: Served, backfill: Id) -> Response:
    """Instances that failed or were lost, newest first, and in groups by the last line that each wrote.

    Of very many the newest 1,000 are grouped, and 100 are shown with the last lines of their logs.
    """
    found = FailuresOf(services.store, services.views, services.executor).backfill(backfill)
    return answer(failed_view(found))
