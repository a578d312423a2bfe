"""The parameters and tags that a request sets."""

from __future__ import annotations

from typing import Any

import pytest
from request.asking import asked, faults, paths, understood


@pytest.mark.parametrize(
    "given", [{"schema": "x", "region": "a b"}, "schema=x region='a b'", '{"schema": "x", "region": "a b"}']
)
def test_three_ways_to_write_parameters(given: object) -> None:
    """A mapping, `key=value` text and JSON text set the same, for a workflow and for a task."""
    found = understood(asked(workflow_id="daily", workflow_parameters=given, task_parameters={"clean/v2": given}))
    assert found.workflow_parameters == {"schema": "x", "region": "a b"}
    assert found.task_parameters == {2: {"schema": "x", "region": "a b"}}


def test_task_parameters_as_json_text() -> None:
    """The vendor's form: JSON text from a task to its parameters, as text or mapping."""
    found = understood(asked(task_parameters='{"1": "limit=10", "report": {"schema": 5}}'))
    assert found.task_parameters == {1: {"limit": "10"}, 5: {"schema": "5"}}


@pytest.mark.parametrize("workflow", [{}, {"workflow_id": None}, {"workflow_id": 1}, {"workflow_id": "1"}])
def test_workflow_parameters_need_one_workflow(workflow: dict[str, Any]) -> None:
    """With workflow id 1 there is no workflow whose parameters they could be."""
    (fault,) = faults(asked(workflow_parameters={"schema": "x"}, **workflow))
    assert fault.path == "workflow_parameters"
    assert "workflow id 1" in fault.allowed


def test_only_declared_names_may_be_set() -> None:
    """A name that the catalog does not declare for it is refused, with those that it does; in order."""
    request = asked(workflow_id="daily", workflow_parameters={"zone": "x", "limit": "1", "colour": "y"})
    found = faults({**request, "task_parameters": {"clean/v2": "limit=1"}})
    assert [fault.path for fault in found] == [
        "workflow_parameters.colour",
        "workflow_parameters.zone",
        "task_parameters.clean/v2.limit",
    ]
    assert found[0].allowed.endswith("declares: limit, region, schema")
    assert found[2].allowed.endswith("declares: region, schema")


def test_dev_declares_more() -> None:
    """A name of the Dev overlay may be set in Dev, and not in Prod."""
    request = asked(task_parameters={"extract": {"sandbox": "2"}})
    assert understood({**request, "env_type": "Dev"}).task_parameters == {1: {"sandbox": "2"}}
    assert paths(request) == ["task_parameters.extract.sandbox"]
    assert paths({**request, "env_type": "Test"}) == ["env_type"]


@pytest.mark.parametrize("name", ["PATH", "LD_PRELOAD", "PYTHONPATH", "BACKFILL_ID", "a-b", "9a", ""])
def test_names_that_decide_how_programs_run(name: str) -> None:
    """The deny list holds for requests too, whatever the catalog declares."""
    assert paths(asked(task_parameters={"extract": {name: "x"}})) == [
        "task_parameters.extract" + (f".{name}" if name else "")
    ]


@pytest.mark.parametrize("value", [None, True, 1.5, [], {"a": 1}, "two\nlines", "x" * 70_000, "${nonsense}"])
def test_values_that_no_environment_should_hold(value: object) -> None:
    """A value is one line of text, or a number whose text is certain."""
    assert paths(asked(task_parameters={"extract": {"limit": value}})) == ["task_parameters.extract.limit"]


@pytest.mark.parametrize("value", [5, True, [], "limit=1", "{", "[]", "[" * 100_000, '{"extract": NaN}', "1" * 5_000])
def test_task_parameters_of_a_wrong_shape(value: object) -> None:
    """Neither a mapping nor JSON text of one is one fault."""
    (fault,) = faults(asked(task_parameters=value))
    assert fault.path.startswith("task_parameters")


@pytest.mark.parametrize("value", [5, [], True, "x" * 200_001, "schema", "{", "${" * 90_000, "$[" * 90_000])
def test_workflow_parameters_of_a_wrong_shape(value: object) -> None:
    """Neither a mapping nor one of the texts is one fault, at once even where every `${` is left open."""
    assert paths(asked(workflow_id="daily", workflow_parameters=value)) == ["workflow_parameters"]


@pytest.mark.parametrize(
    "value", [{"extract": "limit=1", "1": "limit=2"}, '{"extract": "limit=1", "extract": "limit=2"}']
)
def test_a_task_gets_its_parameters_once(value: object) -> None:
    """The same task by id and by name, or twice in the text, would leave open which is meant."""
    (fault,) = faults(asked(task_parameters=value))
    assert fault.given == "task extract again"


def test_parameters_of_an_unknown_task() -> None:
    """A task that is not there is named at its own key."""
    assert paths(asked(task_parameters={"extarct": "limit=1", "load": "schema=x"})) == [
        "task_parameters.extarct",
        "task_parameters.load",
    ]


TAGS = [{"key": "ticket", "value": "D-17"}, {"key": "note", "value": ""}]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"ticket": "D-17", "note": ""}),
        ({"workflow_id": "daily"}, {"team": "ops", "ticket": "D-17", "note": ""}),
        ({"workflow_id": "daily", "tag_creation_policy": "Append"}, {"team": "ops", "ticket": "D-17", "note": ""}),
        ({"workflow_id": "daily", "tag_creation_policy": "Overwrite"}, {"ticket": "D-17", "note": ""}),
        ({"workflow_id": "daily", "tags": []}, {"team": "ops", "ticket": "none"}),
        ({"workflow_id": "daily", "tags": [], "tag_creation_policy": "Overwrite"}, {}),
    ],
)
def test_tags_append_or_overwrite(fields: dict[str, Any], expected: dict[str, str]) -> None:
    """Append: the workflow's tags and these, these win a key; Overwrite: these alone."""
    assert understood(asked(**{"tags": TAGS, **fields})).tags == expected


@pytest.mark.parametrize(
    ("tags", "path"),
    [
        ([*TAGS, TAGS[0]], "tags[2].key"),
        ([{"key": "a"}], "tags[0].value"),
        ([{"key": "a", "value": 5}], "tags[0].value"),
        ([{"key": "", "value": "x"}], "tags[0].key"),
        ([{"key": "a", "value": "b", "c": "d"}], "tags[0].c"),
        ({"a": "b"}, "tags"),
        (["a=b"], "tags[0]"),
        (None, "tags"),
    ],
)
def test_what_is_no_tag(tags: object, path: str) -> None:
    """A key comes once, key and value are texts, and there is nothing else."""
    assert paths(asked(tags=tags)) == [path]
