"""The documentation is true: references lead somewhere, and answers have the documented form."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest
from interfaces.http.site import Site
from pydantic import TypeAdapter

from backfilld.interfaces.catalog_view import CatalogView, WholeTaskView
from backfilld.interfaces.failures_view import FailedView
from backfilld.interfaces.http.backfills import BackfillPage, WholeBackfillView
from backfilld.interfaces.http.catalog import ProjectPage, TaskPage, WorkflowPage
from backfilld.interfaces.http.instances import InstancePage
from backfilld.interfaces.http.neighbours import AttemptList
from backfilld.interfaces.http.operations import OperationPage
from backfilld.interfaces.http.resource_groups import GroupList
from backfilld.interfaces.http.runs import RunPage
from backfilld.interfaces.http.stored_plans import AmendmentList
from backfilld.interfaces.overview_view import OverviewView
from backfilld.interfaces.views import OperationView, RunView, WholeInstanceView
from backfilld.interfaces.web.reference import reference_page

OPEN = {"get /healthz", "get /readyz", "post /v1/session", "delete /v1/session"}


@pytest.fixture(scope="module")
def document(site: Site) -> Any:
    return site.get("/openapi.json")


def references(value: Any) -> Iterator[str]:
    """Every `$ref` below a value."""
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from references(part)


def test_references_lead_somewhere(document: Any) -> None:
    """Every schema that is referred to is there."""
    found = set(references(document))
    assert found
    assert found <= {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}


def test_every_operation_tells_its_problems(document: Any) -> None:
    """Each operation but health documents its errors as problems, and none as the framework's own form."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            failing = {code: it for code, it in operation["responses"].items() if code >= "4" and code != "416"}
            assert all(list(it["content"]) == ["application/problem+json"] for it in failing.values())
            assert path == "/healthz" or {"401", "422", "500"} <= failing.keys()
            assert ("404" in failing) == ("{" in path or path == "/v1/stream")
            assert operation["summary"]
            assert operation.get("security", True) == ([] if f"{method} {path}" in OPEN else True)
    assert "HTTPValidationError" not in document["components"]["schemas"]


class Reader(HTMLParser):
    """What a browser would show, and what it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts, self.tags, self.links, self.ids = list[str](), set[str](), set[str](), set[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.tags.add(tag)
        self.links |= {str(told[name]) for name in ("href", "src") if name in told}
        self.ids |= {str(told["id"])} if "id" in told else set()

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_reference_tells_all_of_the_document(site: Site, document: Any) -> None:
    """Each operation and each form is on the page; it loads nothing, and its links lead somewhere."""
    answer = site.http.get("/docs")
    page = Reader(answer.text)
    shown = "".join(page.texts)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f"{method.upper()}{path} {operation['summary']}" in shown
    assert page.ids == document["components"]["schemas"].keys()
    assert page.links - {f"#{name}" for name in page.ids} == {"openapi.json"}
    assert not page.tags & {"script", "link", "img", "iframe", "form"}
    style = answer.text.partition("<style>")[2].partition("</style>")[0]
    allowed = b64encode(sha256(style.encode()).digest()).decode()
    assert answer.headers["content-security-policy"].startswith(f"default-src 'none'; style-src 'sha256-{allowed}';")


def test_what_the_document_says_is_text() -> None:
    """Nothing that a description or a name holds becomes a part of the page."""
    evil = "<img src=x onerror=alert(1)>"
    said = {"summary": evil, "description": evil, "tags": [evil], "responses": {evil: {"description": evil}}}
    said["parameters"] = [{"name": evil, "in": evil, "schema": {"enum": [evil]}, "description": evil}]
    said["requestBody"] = {"description": evil, "content": {evil: {"schema": {"$ref": f"#/components/schemas/{evil}"}}}}
    form = {"description": evil, "properties": {evil: {"type": evil, "format": evil, "description": evil}}}
    info = {"title": evil, "version": evil, "description": evil}
    document = {
        "info": info,
        "paths": {evil: {"get": said}},
        "components": {"schemas": {evil: form, "other": {"x": evil}}},
    }
    assert "img" not in Reader(reference_page(document)).tags


def test_bodies_are_documented(document: Any) -> None:
    """What takes a request says so, with its schema."""
    for path in ("/v1/plans", "/v1/backfills"):
        content = document["paths"][path]["post"]["requestBody"]["content"]
        assert content["application/json"]["schema"] == {"$ref": "#/components/schemas/BackfillRequest"}
    assert "root_task_ids" in document["components"]["schemas"]["DefaultRunProperties"]["properties"]


def test_answers_have_the_documented_form(site: Site) -> None:
    """Each answer passes its documented schema, and has no field beyond it."""
    backfill = site.submit("picky", "silent", gate="of-the-form", days=2)
    site.stands(backfill, "failed")
    accepted = site.http.post("/v1/backfills", json=site.request("silent")).json()
    base = f"/v1/backfills/{backfill}"
    instance = site.instance(backfill, "picky")["id"]
    for form, value in [
        (OperationView, accepted),
        (BackfillPage, site.get("/v1/backfills")),
        (WholeBackfillView, site.get(base)),
        (FailedView, site.get(f"{base}/failures")),
        (RunPage, site.get(f"{base}/runs")),
        (RunPage, site.get("/v1/runs")),
        (RunView, site.get(f"/v1/runs/{instance >> 20}")),
        (InstancePage, site.get(f"{base}/task_instances")),
        (InstancePage, site.get("/v1/task_instances")),
        (InstancePage, site.get(f"/v1/task_instances/{instance}/downstream")),
        (AttemptList, site.get(f"/v1/task_instances/{instance}/attempts")),
        (AmendmentList, site.get(f"{base}/amendments")),
        (OperationPage, site.get("/v1/operations")),
        (CatalogView, site.get("/v1/catalog")),
        (ProjectPage, site.get("/v1/projects")),
        (WorkflowPage, site.get("/v1/workflows")),
        (TaskPage, site.get("/v1/tasks")),
        (WholeTaskView, site.get("/v1/tasks/5")),
        (GroupList, site.get("/v1/resource_groups")),
        (OverviewView, site.get("/v1/overview")),
        (WholeInstanceView, site.get(f"/v1/task_instances/{instance}")),
    ]:
        assert TypeAdapter(form).validate_python(value, strict=True) == value
