"""Health and readiness: open to everybody, and answered on the event loop, so never behind other requests."""

from __future__ import annotations

from starlette.responses import Response
from typing_extensions import TypedDict

from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.problems import problem
from backfilld.interfaces.http.queries import only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import OpenToAll

router = Router(tags=["health"], scope=None, version="")


class Health(TypedDict):
    """The daemon's state in one word."""

    status: str


@router.get("/healthz", summary="Whether the process answers", dependencies=[only()], response_model=Health)
async def alive() -> Response:
    """200 as long as the process answers at all."""
    return answer({"status": "alive"})


@router.get(
    "/readyz",
    summary="Whether work goes on",
    dependencies=[only()],
    response_model=Health,
    responses=problems(),
)
async def ready(services: OpenToAll) -> Response:
    """200, or 503 with what is wrong."""
    trouble = services.ticker.trouble or services.executor.trouble()
    return answer({"status": "ready"}) if trouble is None else problem("not_ready", trouble)
