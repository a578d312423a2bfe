"""A catalog and a good request for the request room's tests, and the two things that can come of a request."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from backfilld.catalog.documents import Document
from backfilld.catalog.parse import parse_catalog
from backfilld.config.documents import document_of
from backfilld.config.yaml_text import yaml_documents
from backfilld.errors import Fault, InvalidRequest
from backfilld.request.resolve import Circumstances, understand
from backfilld.request.resolved import ResolvedRequest

CATALOG = parse_catalog(
    yaml_documents(
        """
project: flights
id: 100
defaults: {parameters: {schema: main}}
environments: {Dev: {parameters: {sandbox: "1"}}}
workflows:
  - workflow: daily
    id: 1001
    parameters: {region: east}
    tags: {team: ops, ticket: none}
    tasks:
      - {task: extract, id: 1, virtual: true, parameters: {limit: "0"}}
      - {task: clean/v2, id: 2, virtual: true, depends_on: [extract]}
      - {task: load, id: 3, virtual: true, depends_on: [clean/v2]}
  - workflow: weekly
    id: 1002
    tasks:
      - {task: load, id: 4, virtual: true}
      - {task: report, id: 5, virtual: true, depends_on: [load], smoke_test: true}
  - workflow: repair
    id: 1003
    type: Manual
    parameters: {scope: all}
    tags: {team: fixers}
    tasks:
      - {task: find, id: 31, virtual: true, parameters: {depth: "1"}}
      - {task: mend, id: 32, virtual: true, depends_on: [find]}
      - {task: report, id: 33, virtual: true, depends_on: [mend], parameters: {title: none}}
      - {task: tidy, id: 34, virtual: true}
  - workflow: rescue
    id: 1004
    type: Manual
    tasks: [{task: recover, id: 41, virtual: true, depends_on: [{workflow: repair, task: mend}]}]
  - workflow: pushed
    id: 1005
    type: Triggered
    tags: {team: inbox}
    tasks:
      - {task: receive, id: 51, virtual: true, parameters: {source: none}}
      - {task: forward, id: 52, virtual: true, depends_on: [receive], parameters: {target: none}}
---
project: finance
id: 200
workflows: [{workflow: rates, id: 2001, tasks: [{task: feed, id: 21, virtual: true, parameters: {currency: EUR}}]}]
""",
        "catalog.yaml",
    )
)
CIRCUMSTANCES = Circumstances(datetime(2026, 1, 1, tzinfo=UTC), resource_groups=frozenset({"default", "heavy"}))
GOOD: dict[str, Any] = {
    "name": "january",
    "project_id": "flights",
    "type": "SupplementData",
    "periods": {"biz_dates": [{"start_biz_date": "2013-01-01", "end_biz_date": "2013-01-31"}]},
    "default_run_properties": {"root_task_ids": ["extract"]},
}
AT_ONCE: dict[str, tuple[str | None, list[str]]] = {
    "ManualWorkflow": ("repair", []),
    "TriggerWorkflow": ("pushed", []),
    "Manual": (None, ["mend", "recover"]),
    "SmokeTest": (None, ["report"]),
}
"""By type, the workflow and the roots that a good request names."""


def asked(run: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """The good request with other fields, and other run properties."""
    request = {**deepcopy(GOOD), **fields}
    if run is not None:
        request["default_run_properties"] = {**request["default_run_properties"], **run}
    return request


def ranged(*ranges: tuple[object, object], **window: object) -> dict[str, Any]:
    """The good request for these ranges of business dates."""
    return asked(
        periods={"biz_dates": [{"start_biz_date": first, "end_biz_date": last} for first, last in ranges], **window}
    )


def at_once(kind: str, run: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A good request of a type without dates, with other fields and run properties."""
    home, roots = AT_ONCE[kind]
    properties = {**({"root_task_ids": roots} if roots else {}), **(run or {})}
    request = {"name": "once", "project_id": "flights", "type": kind, "default_run_properties": properties}
    return {**request, **({"workflow_id": home} if home else {}), **fields}


def understood(value: object, circumstances: Circumstances = CIRCUMSTANCES) -> ResolvedRequest:
    return understand(Document("request.yaml", value), CATALOG, circumstances)[1]


def faults(value: object, circumstances: Circumstances = CIRCUMSTANCES) -> list[Fault]:
    """The faults of a request, which must have some."""
    with pytest.raises(InvalidRequest) as refused:
        understood(value, circumstances)
    return list(refused.value.faults)


def paths(value: object) -> list[str]:
    return [fault.path for fault in faults(value)]


def read(text: str, name: str = "request.yaml") -> ResolvedRequest:
    return understand(document_of(text, name), CATALOG, CIRCUMSTANCES)[1]


def faults_in(text: str, name: str = "request.yaml") -> list[Fault]:
    """The faults of a request file."""
    with pytest.raises(InvalidRequest) as refused:
        read(text, name)
    return list(refused.value.faults)
