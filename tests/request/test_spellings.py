"""One request, two file formats, two spellings."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from request import dataworks
from request.asking import CATALOG, CIRCUMSTANCES, GOOD, asked, faults, faults_in, read, understood
from request.wishes import wishes

from backfilld.catalog.documents import Document
from backfilld.catalog.parse import parse_catalog
from backfilld.config.documents import document_of
from backfilld.config.yaml_text import yaml_documents
from backfilld.errors import InvalidRequest
from backfilld.request.alerts import AskedAlert
from backfilld.request.models import BackfillRequest
from backfilld.request.resolve import understand
from backfilld.request.resolved import ResolvedRequest
from backfilld.request.selection import ManualSelection
from backfilld.request.spelling import FREE, pascal, snake

FULL_YAML = """
name: january
project_id: 100
workflow_id: daily
type: SupplementData
periods:
  biz_dates: [{start_biz_date: 2013-01-01, end_biz_date: 2013-01-31}]
  start_time: "01:00:00"
  end_time: "02:00:00"
default_run_properties: {mode: General, root_task_ids: [extract], include_task_ids: [clean/v2, "3"], parallelism: 4}
workflow_parameters: {schema: 2013-01-01, region: 7}
task_parameters: {extract: {limit: 10}, "3": region=west}
auto_start_enabled: true
tags: [{key: a, value: b}]
"""
FULL_JSON = """
{"name": "january", "project_id": 100, "workflow_id": "daily", "type": "SupplementData",
 "periods": {"biz_dates": [{"start_biz_date": "2013-01-01", "end_biz_date": "2013-01-31"}],
             "start_time": "01:00:00", "end_time": "02:00:00"},
 "default_run_properties": {"mode": "General", "root_task_ids": ["extract"],
                            "include_task_ids": ["clean/v2", "3"], "parallelism": 4},
 "workflow_parameters": {"schema": "2013-01-01", "region": 7},
 "task_parameters": {"extract": {"limit": 10}, "3": "region=west"},
 "auto_start_enabled": true, "tags": [{"key": "a", "value": "b"}]}
"""


class Quoting(yaml.SafeDumper):
    """YAML as careful people write it: every text quoted, nothing said by reference."""

    def ignore_aliases(self, data: object) -> bool:
        return True


Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def in_pascal(value: Any, path: tuple[str, ...] = ()) -> Any:
    """The value with every field, but nothing of the user's own, in PascalCase."""
    if isinstance(value, list):
        return [in_pascal(item, path) for item in value]
    if not isinstance(value, dict):
        return value
    own = bool(path) and path[0] in FREE
    return {key if own else pascal(key): in_pascal(item, (*path, key)) for key, item in value.items()}


def test_yaml_and_json_give_the_same() -> None:
    """A request means the same in both formats, dates and numbers among the parameters included."""
    assert read(FULL_YAML) == read(FULL_JSON, "request.json")
    in_yaml, in_json = document_of(FULL_YAML, "r.yaml"), document_of(FULL_JSON, "r.json")
    assert understand(in_yaml, CATALOG, CIRCUMSTANCES)[0] == understand(in_json, CATALOG, CIRCUMSTANCES)[0]


@given(wishes())
def test_every_good_request_reads_alike_in_all_forms(wish: dict[str, Any]) -> None:
    """YAML, JSON and PascalCase never change what a request means."""
    plainly = understood(wish)
    assert read(json.dumps(wish), "r.json") == plainly
    assert read(yaml.dump(wish, Dumper=Quoting, sort_keys=False), "r.yaml") == plainly
    assert understood(in_pascal(wish)) == plainly


@given(wishes(), st.data())
def test_spellings_may_be_mixed(wish: dict[str, Any], data: st.DataObject) -> None:
    """Each field is read by itself: some may be in one spelling and some in the other."""
    mixed = {key if data.draw(st.booleans()) else pascal(key): value for key, value in wish.items()}
    assert understood(mixed) == understood(wish)


@pytest.mark.parametrize("field", BackfillRequest.model_fields)
def test_every_field_has_one_pascal_spelling(field: str) -> None:
    """PascalCase and back is the same field, and no third spelling is taken."""
    assert snake(pascal(field)) == field
    assert snake(field.upper()) != field
    assert snake(field.capitalize()) != field or "_" not in field


@pytest.mark.parametrize("key", ["NAME", "nAME", "projectId", "Project_Id", "project-id", "ProjectID", " name", "Näme"])
def test_a_third_spelling_is_an_unknown_field(key: str) -> None:
    """Only snake_case and PascalCase are read; anything near them is refused, not guessed."""
    assert [fault.path for fault in faults({**GOOD, key: "x"})] == [key]


def test_the_same_field_in_two_spellings_is_refused() -> None:
    """Which of the two is meant, nobody knows, so that both are faults of one field and nothing follows from it."""
    (fault,) = faults({**GOOD, "ProjectId": 200})
    assert (fault.path, fault.allowed) == ("ProjectId", "project_id only once, in one spelling")
    text = "ProjectId: 200\n" + yaml.dump(GOOD, Dumper=Quoting, sort_keys=False)
    assert [(fault.path, str(fault.place)) for fault in faults_in(text)] == [("project_id", "request.yaml:3:1")]


def test_the_users_own_names_keep_their_spelling() -> None:
    """Below the parameters and the payload, keys are not fields: they are never respelled."""
    request = asked(payload={"SomeKey": 1, "some_key": 2})
    assert understood(request).payload == '{"SomeKey":1,"some_key":2}'
    (fault,) = faults({**request, "task_parameters": {"Extract": "limit=1"}})
    assert (fault.path, fault.given) == ("task_parameters.Extract", '"Extract"')
    (fault,) = faults(in_pascal(asked(workflow_id="daily", workflow_parameters={"Schema": "x"})))
    assert fault.path == "WorkflowParameters.Schema"


def vendor(request: object) -> ResolvedRequest:
    catalog = parse_catalog(yaml_documents(dataworks.CATALOG, "catalog.yaml"))
    circumstances = replace(CIRCUMSTANCES, resource_groups=frozenset({"rg-1"}))
    return understand(Document("body.json", request), catalog, circumstances)[1]


def test_a_recorded_vendor_body_is_a_request() -> None:
    """What the vendor's own client sent, less what is not built, resolves: ids and truth values written as text too."""
    found = vendor(dataworks.buildable_body())
    assert found.selection == ManualSelection(frozenset({1234}), frozenset({1234, 1235}))
    assert [(str(period.first), str(period.last)) for period in found.periods] == [
        ("2024-11-20", "2024-11-24"),
        ("2024-12-01", "2024-12-01"),
    ]
    assert (found.project_id, found.workflow_id, found.parallelism, found.priority) == (100, None, 2, 1)
    assert (found.exclude, found.resource_group, found.on_failure) == (frozenset({9}), "rg-1", "Continue")
    assert (found.task_parameters, found.tags) == ({1234: {"d": "1", "e": "2"}}, {"team": "ünï"})
    assert (found.analysed, found.blocked) == (True, False)
    assert found.alert == AskedAlert("Failure", ("Mail",))


def test_a_recorded_vendor_body_may_keep_its_task_parameters_as_text() -> None:
    """JSON text and the mapping that it holds are the same task parameters."""
    as_text = {**dataworks.buildable_body(), "TaskParameters": dataworks.FORM["TaskParameters"]}
    assert vendor(as_text) == vendor(dataworks.buildable_body())


def test_what_is_not_built_of_a_recorded_vendor_body_is_named() -> None:
    """The whole recorded body is refused for exactly what has no effect here, in the vendor's spelling."""
    with pytest.raises(InvalidRequest) as refused:
        vendor(dataworks.body())
    assert sorted(fault.path for fault in refused.value.faults) == [
        "DefaultRunProperties.DataSourceNameMappings",
        "WorkflowParameters",
    ]
