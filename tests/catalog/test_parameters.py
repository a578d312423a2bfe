"""What parameters may be, how they are written, and which layer wins."""

from __future__ import annotations

from itertools import pairwise

import pytest
from catalog.writing import catalog
from hypothesis import given
from hypothesis import strategies as st

from backfilld.catalog.parameters import (
    RequestParameters,
    declared_names,
    effective_parameters,
    names_of,
    read_parameters,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1 b=2", {"a": "1", "b": "2"}),
        ("  a=1\n\tb=2  ", {"a": "1", "b": "2"}),
        ("", {}),
        ("a=", {"a": ""}),
        ("a=b=c", {"a": "b=c"}),
        ("a='x y' b=\"z 'w'\"", {"a": "x y", "b": "z 'w'"}),
        ("day=$[yyyy-mm-dd hh24:mi:ss-1/24] b=1", {"day": "$[yyyy-mm-dd hh24:mi:ss-1/24]", "b": "1"}),
        ("day=${yyyymmdd - 1}", None),
        ("day=${yyyymmdd-1}_${yyyymmdd} b=1", {"day": "${yyyymmdd-1}_${yyyymmdd}", "b": "1"}),
        ("a=it's b=2", {"a": "it's", "b": "2"}),
        ('{"a": "1", "b": 2}', {"a": "1", "b": "2"}),
        ({"a": "1", "b": 2}, {"a": "1", "b": "2"}),
    ],
)
def test_three_ways_to_write_parameters(text: object, expected: dict[str, str] | None) -> None:
    """A mapping, JSON text, or pairs split outside quotes, `${ }` and `$[ ]`, at the first `=`."""
    found, faults = read_parameters(text)
    assert (found, faults) == (expected, []) if expected is not None else faults


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (["a"], ""), ("a", ""), ("{", ""), ('{"a": "1", "a": "2"}', "a"), ("a=1 a=2", "a"), ('{"a": [1]}', "a"),
        ({"a": None}, "a"), ({"a": True}, "a"), ({"a": 1.5}, "a"), ({"1a": "x"}, "1a"), ({"a-b": "x"}, "a-b"),
        ({"a": "two\nlines"}, "a"), ({"a": "x\0"}, "a"), ({"a": "$nothing"}, "a"), ({"a": "x" * 70_000}, "a"),
        ({"ä": "x"}, "ä"), ({"": "x"}, ""), ('{"a": "\\ud800"}', "a"), ('{"a": %s}' % ("1" * 5_000), ""),
        ('{"a": NaN}', "a"),
    ],
)  # fmt: skip
def test_what_no_parameter_can_be(value: object, path: str) -> None:
    """One fault, with the parameter's name as its path."""
    assert [fault.path for fault in read_parameters(value)[1]] == [path]


@pytest.mark.parametrize(
    "name",
    ["PATH", "HOME", "SHELL", "ENV", "BASH_ENV", "IFS", "SHELLOPTS", "LD_PRELOAD", "PYTHONPATH", "BACKFILL_KEY",
     "BACKFILLD_ATTEMPT", "bizdate", "cyctime"],
)  # fmt: skip
def test_names_that_decide_how_programs_run_are_refused(name: str) -> None:
    """No catalog and no request can set them, by any of the three ways."""
    for value in ({name: "x"}, f"{name}=x", f'{{"{name}": "x"}}'):
        assert [fault.path for fault in read_parameters(value)[1]] == [name]


def test_the_planned_date_may_be_named_but_not_changed() -> None:
    """`bizdate=$bizdate` stands in many DataWorks requests and says what the daemon says anyway."""
    assert read_parameters("bizdate=$bizdate cyctime=${bdp.system.cyctime}")[1] == []
    assert len(read_parameters("bizdate=${yyyymmdd-1} cyctime=$bizdate")[1]) == 2


VALUES = st.text(alphabet="ab =$'\"5[]{}", max_size=8)


@given(st.dictionaries(st.sampled_from("abcdef"), VALUES))
def test_every_way_reads_the_same(values: dict[str, str]) -> None:
    """A value without quotes or expressions, put in quotes, reads as it does in a mapping."""
    plain = {key: value for key, value in values.items() if not set(value) & set("'\"$")}
    text = " ".join(f"{key}='{value}'" for key, value in plain.items())
    assert read_parameters(text) == read_parameters(plain) == (plain, [])


CATALOG_LAYERS = ("defaults", "overlay", "workflow", "task")
LAYERED = """
    project: p
    defaults: {parameters: {%s}}
    environments: {Dev: {parameters: {%s}}}
    workflows:
      - workflow: w
        parameters: {%s}
        tasks: [{task: t, virtual: true, parameters: {%s}}, {task: u, virtual: true, parameters: {only_u: "1"}}]
"""


LOW = ["defaults", "workflow", "request_workflow", "task", "overlay", "payload", "request_task"]
HIGH = ["defaults", "workflow", "task", "overlay", "payload", "request_task", "request_workflow"]
NEIGHBOURS = [
    (kind, lower, higher)
    for kind, layers in (("Scheduled", LOW), ("Triggered", LOW), ("Manual", HIGH))
    for lower, higher in pairwise(layers)
]


@pytest.mark.parametrize(("kind", "lower", "higher"), NEIGHBOURS)
def test_each_layer_beats_the_one_below_it(kind: str, lower: str, higher: str) -> None:
    """A request's parameters for its workflow rank below the catalog's task, and in a Manual workflow above all."""
    layers = HIGH if kind == "Manual" else LOW
    said = {layer: {"x": layer} if layer in (lower, higher) else {} for layer in layers}
    if "x" not in {**said["defaults"], **said["workflow"], **said["task"], **said["overlay"]}:
        said["defaults"] = {"x": "declared"}  # a request sets declared names only; this is below both
    found = catalog(
        LAYERED.replace("workflow: w", f"workflow: w\n        type: {kind}")
        % tuple(", ".join(f"{k}: {v}" for k, v in said[layer].items()) for layer in CATALOG_LAYERS)
    )
    [t, _] = found.tasks.values()
    request = RequestParameters(said["request_workflow"], said["payload"], said["request_task"])
    assert effective_parameters(found, t, "Dev", request) == {"x": higher}


def test_prod_has_no_overlay() -> None:
    """The overlay of Dev is neither set nor declared in Prod."""
    found = catalog(LAYERED % ("a: base", "a: dev, b: dev", "", ""))
    [t, _] = found.tasks.values()
    assert effective_parameters(found, t, "Prod") == {"a": "base"}
    assert effective_parameters(found, t, "Dev") == {"a": "dev", "b": "dev"}
    assert declared_names(found, t, "Prod") == {"a"}
    assert declared_names(found, t, "Dev") == {"a", "b"}


def test_a_request_sets_declared_names_only() -> None:
    """A name for another task of the workflow does not reach this one."""
    found = catalog(LAYERED % ("", "", "shared: x", "own: x"))
    t, u = found.tasks.values()
    [workflow] = found.workflows.values()
    request = RequestParameters(workflow={"only_u": "2", "shared": "y"})
    assert effective_parameters(found, t, "Prod", request) == {"shared": "y", "own": "x"}
    assert effective_parameters(found, u, "Prod", request) == {"shared": "y", "only_u": "1"}
    assert names_of(found, workflow.tasks, "Prod") == {"shared", "own", "only_u"}


def test_unclosed_expressions_cost_no_more_than_their_length() -> None:
    """Ninety thousand of them are read at once, not one after another to the end of the text."""
    _, faults = read_parameters("${" * 90_000)
    assert len(faults) == 1
