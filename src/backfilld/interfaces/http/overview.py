"""What is going on now, at one look."""

from __future__ import annotations

from starlette.responses import Response

from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.queries import only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.overview_view import OverviewView, overview_view
from backfilld.service.access import Scope

router = Router(tags=["backfills"], scope=Scope.READ)


@router.get(
    "/overview",
    summary="Show what is going on",
    dependencies=[only()],
    response_model=OverviewView,
    responses=problems(),
)
def overview(services: Served) -> Response:
    """Figures over all open backfills, and each of the newest 200: its run windows, its expected end, what it lacks."""
    return answer(overview_view(services.overviews.now()))
