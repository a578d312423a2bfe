"""A plan half made: what its hash, its findings and its tasks are worked out from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from backfilld.catalog.models import Catalog, Task
from backfilld.planning.bridging import Bridged
from backfilld.planning.templates import Templates
from backfilld.request.resolved import ResolvedRequest


@dataclass(frozen=True, slots=True)
class Draft:
    """What is selected, in topological order, on which dates, with which edges."""

    request: ResolvedRequest
    catalog: Catalog
    dates: tuple[date, ...]
    tasks: tuple[Task, ...]
    bridged: Bridged
    templates: Templates
