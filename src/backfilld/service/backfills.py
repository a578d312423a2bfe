"""What users can do with requests."""

from __future__ import annotations

from dataclasses import dataclass

from backfilld.catalog.documents import Document
from backfilld.catalog.models import Catalog
from backfilld.planning.plan import Finding, Plan
from backfilld.planning.planner import make_plan
from backfilld.request.models import BackfillRequest
from backfilld.request.resolve import Circumstances, understand
from backfilld.request.resolved import ResolvedRequest


@dataclass(frozen=True, slots=True)
class Preview:
    """A request, what it means, and what it would run."""

    request: BackfillRequest
    resolved: ResolvedRequest
    plan: Plan
    catalog: Catalog

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop the request."""
        return tuple(finding for finding in self.plan.findings if finding.severity == "error")


def preview(document: Document, catalog: Catalog, circumstances: Circumstances) -> Preview:
    """The plan of a request; nothing is written.

    Raises `InvalidRequest` with every fault, and what `make_plan` raises. Errors in the plan are findings.
    """
    request, resolved = understand(document, catalog, circumstances)
    return Preview(request, resolved, make_plan(resolved, catalog, limits=circumstances.limits), catalog)
