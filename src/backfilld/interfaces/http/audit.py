"""The audit: who did what, and what became of backfills."""

from __future__ import annotations

import json

from starlette.responses import Response
from typing_extensions import TypedDict

from backfilld.dates import utc_text
from backfilld.interfaces.http.answers import answer, page_answer
from backfilld.interfaces.http.documented import problems
from backfilld.interfaces.http.queries import After, Limit, Number, only
from backfilld.interfaces.http.routes import Router
from backfilld.interfaces.http.services import Served
from backfilld.interfaces.http.turns import brief
from backfilld.ports import StoredAudit
from backfilld.service.access import Scope

router = Router(prefix="/audit", tags=["audit"], scope=Scope.ADMIN)


class AuditView(TypedDict):
    """An act, or a change of a backfill or its runs; `hash` is over it and `previous`, the hash of the one before."""

    id: int
    at: str
    by: str
    what: str
    about: dict[str, object]
    counts: dict[str, int]
    previous: str
    hash: str


class AuditPage(TypedDict):
    """Some entries, the newest first, and what to ask for as `after` to go on; null at the end."""

    items: list[AuditView]
    next: int | None


class AuditCheck(TypedDict):
    """Whether every entry is as it was written, and the first that is not."""

    whole: bool
    broken: int | None


@router.get(
    "",
    summary="List the audit",
    dependencies=[only("backfill", "after", "limit")],
    response_model=AuditPage,
    responses=problems(),
)
@brief("backfill")
def entries(services: Served, backfill: Number = None, after: After = None, limit: Limit = 100) -> Response:
    """Acts, and changes of backfills and their runs, of all or of one backfill; the newest first."""
    store = services.store
    found = store.audit(after, limit) if backfill is None else store.audit_about(backfill, after, limit)
    return page_answer(found, _view)


@router.get(
    "/check",
    summary="Check the audit",
    dependencies=[only()],
    response_model=AuditCheck,
    responses=problems(),
)
def check(services: Served) -> Response:
    """Follow the chain of hashes from the first entry to the last."""
    broken = services.store.broken_audit()
    return answer({"whole": broken is None, "broken": broken})


def _view(found: StoredAudit) -> AuditView:
    return {
        "id": found.id,
        "at": utc_text(found.at),
        "by": found.by,
        "what": found.what,
        "about": json.loads(found.about),
        "counts": json.loads(found.counts),
        "previous": found.previous,
        "hash": found.hash,
    }
