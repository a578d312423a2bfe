"""What a scrape of Prometheus gets."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from backfilld.interfaces.http.access import Admitted
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.queries import only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served, Services
from backfilld.service.access import NotOfAll, Scope

router = Router(tags=["metrics"], scope=Scope.READ, version="")
_TEXT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


@router.get("/metrics", summary="Figures for Prometheus", dependencies=[only()], responses=_TEXT | problems(403))
async def metrics(services: Served, caller: Admitted) -> Response:
    """The text of Prometheus, version 0.0.4. It tells of all projects: a token for some of them is not enough."""
    if caller.projects is not None:
        raise NotOfAll("figures are")
    loop = asyncio.get_running_loop()
    asked = loop.time()
    await asyncio.sleep(0)
    return await run_in_threadpool(_answer, services, loop.time() - asked)


def _answer(services: Services, lag: float) -> Response:
    # a library that only scrapes need
    from backfilld.interfaces.metrics_view import MEDIA_TYPE, metrics_text

    return Response(metrics_text(services.measuring.figures(), lag), media_type=MEDIA_TYPE)
