from datetime import UTC, datetime

import pytest
from pipeline import DEMO, catalog_tasks

from backfilld.catalog.models import Catalog
from backfilld.catalog.parse import parse_catalog
from backfilld.config.documents import read_document, read_documents
from backfilld.planning.plan import Plan
from backfilld.planning.planner import make_plan
from backfilld.request.resolve import Circumstances, understand

ACCEPTED = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """The demo's catalog, as the daemon reads it."""
    return parse_catalog(read_documents(DEMO / "catalog"), frozenset({"default"}))


def plan_of(catalog: Catalog, request: str) -> Plan:
    _, resolved = understand(read_document(DEMO / request), catalog, Circumstances(ACCEPTED))
    return make_plan(resolved, catalog)


def edges(plan: Plan) -> int:
    """How many instances wait for how many others, on the same date and across dates."""
    positions = range(len(plan.dates))
    within = sum(plan.template(at).edges for at in positions)
    across = sum(len(wait.children) * len(wait.parents) for at in positions for wait in plan.cross_waits(at))
    return within + across


@pytest.mark.parametrize(
    ("request_file", "dates", "instances"), [("january.yaml", 31, 1_740), ("year.yaml", 365, 20_492)]
)
def test_the_requests_plan_every_task(catalog: Catalog, request_file: str, dates: int, instances: int):
    """January is 1,740 instances and the year 20,492, of all eleven tasks, with nothing to complain about."""
    plan = plan_of(catalog, request_file)

    assert (len(plan.dates), plan.size) == (dates, instances)
    assert {planned.task.name for planned in plan.tasks} == set(catalog_tasks())
    assert plan.findings == ()


def test_the_edges_of_january(catalog: Catalog):
    """1,855 edges inside the plan: an hour waits for its date's flights, a date for its hours, a week for its dates."""
    assert edges(plan_of(catalog, "january.yaml")) == 1_855
