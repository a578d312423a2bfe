"""Live re-planning: other terms, dates, windows and waits for a backfill that was accepted."""

from __future__ import annotations

from starlette.responses import Response

from backfilld.catalog.documents import Document, shown
from backfilld.errors import Fault, InvalidRequest
from backfilld.interfaces.amendment_view import AmendmentPlanView, amendment_plan_view
from backfilld.interfaces.http.access import Admitted
from backfilld.interfaces.http.answers import answer
from backfilld.interfaces.http.bodies import JsonBody
from backfilld.interfaces.http.documented import AMENDMENT_BODY, body, problems
from backfilld.interfaces.http.queries import Id, only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.views import BackfillView, backfill_view
from backfilld.service.access import Scope

router = Router(tags=["backfills"], scope=Scope.OPERATE)
CUT_BODY = body(
    {
        "type": "object",
        "properties": {"upstream": {"type": "array", "items": {"type": "integer"}, "minItems": 1}},
        "required": ["upstream"],
        "additionalProperties": False,
    }
)


@router.patch(
    "/backfills/{backfill}",
    summary="Amend a backfill",
    dependencies=[only()],
    response_model=BackfillView | AmendmentPlanView,
    responses=problems(404, 409, 410, 413),
    openapi_extra=AMENDMENT_BODY,
)
def amend(services: Served, caller: Admitted, backfill: Id, document: JsonBody) -> Response:
    """All of it, or nothing; what has started goes on. Answers the backfill, with `dry_run` what would change."""
    judged = services.amending.amend(backfill, document, caller)
    if judged.dry_run:
        return answer(amendment_plan_view(judged))
    return answer(backfill_view(services.views.backfill(backfill)))


@router.post(
    "/task_instances/{instance}/cut",
    summary="Cut: a task instance",
    dependencies=[only()],
    response_model=BackfillView,
    responses=problems(404, 409, 410, 413),
    openapi_extra=CUT_BODY,
)
def cut(services: Served, caller: Admitted, instance: Id, document: JsonBody) -> Response:
    """An amendment: it no longer waits for the `upstream` that is named by ids. Answers the whole backfill."""
    backfill = services.views.instance(instance).backfill
    given = document.value if isinstance(document.value, dict) else {}
    if strange := [Fault(str(name), shown(given[name]), "only upstream") for name in given if name != "upstream"]:
        raise InvalidRequest(strange)
    asked = {"cut": [{"instance": instance, **given}]}
    services.amending.amend(backfill, Document(document.file, asked, {}), caller)
    return answer(backfill_view(services.views.backfill(backfill)))
