"""The example requests are right against the example catalog."""

from __future__ import annotations

from pathlib import Path

import pytest
from request.asking import CIRCUMSTANCES

from backfilld.catalog.parse import parse_catalog
from backfilld.config.documents import read_document, read_documents
from backfilld.planning.planner import make_plan
from backfilld.request.resolve import understand

CONFIG = Path(__file__).parents[2] / "config"


@pytest.mark.parametrize("file", sorted((CONFIG / "requests").glob("*.yaml")), ids=lambda file: file.name)
def test_an_example_request_can_be_planned(file: Path) -> None:
    """What users copy first is understood, selects something, and plans without an error."""
    catalog = parse_catalog(read_documents(CONFIG / "catalog"))
    _, resolved = understand(read_document(file), catalog, CIRCUMSTANCES)
    plan = make_plan(resolved, catalog)
    assert plan.size > 0
    assert not [finding for finding in plan.findings if finding.severity == "error"]


def test_there_is_an_example_of_every_type() -> None:
    """Users find each type but Manual, which is one of ManualWorkflow's tasks by name, ready to copy."""
    catalog = parse_catalog(read_documents(CONFIG / "catalog"))
    files = (CONFIG / "requests").glob("*.yaml")
    types = {understand(read_document(file), catalog, CIRCUMSTANCES)[1].type for file in files}
    assert types == {"SupplementData", "ManualWorkflow", "SmokeTest", "TriggerWorkflow"}


def test_the_example_says_what_the_contract_says() -> None:
    """January 2013, the extract and all that comes of it, four dates at a time."""
    catalog = parse_catalog(read_documents(CONFIG / "catalog"))
    _, found = understand(read_document(CONFIG / "requests" / "example.yaml"), catalog, CIRCUMSTANCES)
    assert [(str(period.first), str(period.last)) for period in found.periods] == [("2013-01-01", "2013-01-31")]
    assert (found.parallelism, found.priority, found.weight_strategy) == (4, 5, "Upstream")
    assert found.task_parameters == {1: {"limit": "10"}}
    assert found.tags == {"team": "ops", "ticket": "D-17"}
