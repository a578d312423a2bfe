"""The payload: any JSON for the file of every attempt, and what of it sets parameters."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from request.asking import CATALOG, CIRCUMSTANCES, asked, at_once, faults, faults_in, paths, read, understood

from backfilld.catalog.documents import Document
from backfilld.errors import InvalidRequest
from backfilld.request.models import LARGEST_PAYLOAD, BackfillRequest
from backfilld.request.resolve import resolve, understand
from backfilld.request.text import request_of, request_text

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=10)
NUMBERS = st.integers(-(10**39), 10**39) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@given(JSON)
def test_any_json_is_kept_as_it_was_given(payload: object) -> None:
    """The file gets the very value, in the order of its keys, after a restart too; null is no payload."""
    request, found = understand(Document("r.json", asked(payload={"in": payload})), CATALOG, CIRCUMSTANCES)
    assert found.payload == compact({"in": payload})
    again = resolve(request_of(request_text(request)), CATALOG, CIRCUMSTANCES)
    assert again.payload == found.payload
    assert again == found


@pytest.mark.parametrize("payload", [False, 0, "", [], {}, "text", [1, {"b": 1, "a": 2}]])
def test_a_payload_need_not_be_an_object(payload: object) -> None:
    """Anything but null is one; only objects have parameters."""
    found = understood(asked(payload=payload))
    assert (found.payload, found.payload_parameters) == (compact(payload), {})


def test_null_is_no_payload() -> None:
    """Without a payload there is no file."""
    assert understood(asked(payload=None)) == understood(asked())
    assert understood(asked()).payload is None


def test_its_scalars_set_declared_parameters() -> None:
    """Texts and integers whose names the catalog declares are parameters; all else is in the file alone."""
    payload = {"limit": 5, "schema": "x", "colour": "red", "PATH": "/bin", "a-b": 1, "region": {"name": "east"}}
    found = understood(asked(payload=payload))
    assert found.payload_parameters == {"limit": "5", "schema": "x"}
    assert found.payload == compact(payload)


@pytest.mark.parametrize(
    ("kind", "run", "expected"),
    [
        ("ManualWorkflow", {}, {"scope", "depth", "schema", "title"}),
        ("ManualWorkflow", {"root_task_ids": ["mend"]}, {"scope", "schema", "title"}),
        ("TriggerWorkflow", {"exclude_task_ids": ["forward"]}, {"schema", "source"}),
        ("Manual", {"root_task_ids": ["find", "recover"]}, {"scope", "depth", "schema"}),
        ("SmokeTest", {}, {"schema"}),
    ],
)
def test_they_reach_the_tasks_that_run(kind: str, run: dict[str, Any], expected: set[str]) -> None:
    """What only a task declares that does not run is no parameter here, right or wrong."""
    names = ["scope", "depth", "schema", "title", "source", "target", "limit", "region"]
    assert understood(at_once(kind, run, payload=dict.fromkeys(names, "x"))).payload_parameters.keys() == expected
    assert understood(
        at_once(kind, run, payload={name: "two\nlines" for name in names if name not in expected})
    ).payload
    wrong = at_once(kind, run, payload=dict.fromkeys(names, "two\nlines"))
    assert set(paths(wrong)) == {f"payload.{name}" for name in expected}


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (False, "false"), (1.5, "1.5"), (7, "7"), ("07", "07"), ("", ""), (None, None)]
)
def test_a_scalar_is_the_text_that_json_has_for_it(value: object, text: str | None) -> None:
    """Truth and numbers are as they were written, a text is itself, and null sets nothing."""
    found = understood(asked(payload={"limit": value})).payload_parameters
    assert found == ({} if text is None else {"limit": text})


@pytest.mark.parametrize("value", ["two\nlines", "x" * 70_000, "${nonsense}"])
def test_a_declared_name_with_a_value_that_no_environment_holds(value: object) -> None:
    """It would set a parameter and cannot: that is a fault at its own path, in Dev for the names of Dev."""
    (fault,) = faults(asked(payload={"limit": value, "note": value}))
    assert fault.path == "payload.limit"
    assert "the catalog declares" in fault.allowed
    sandbox = asked(payload={"sandbox": value})
    assert understood(sandbox).payload_parameters == {}
    assert paths({**sandbox, "env_type": "Dev"}) == ["payload.sandbox"]
    assert paths({**sandbox, "env_type": "Test"}) == ["env_type"]


def test_the_most_that_a_payload_may_be() -> None:
    """One megabyte of compact UTF-8 is taken, a byte more is one fault, whatever white space it came with."""
    most = "é" * ((LARGEST_PAYLOAD - 2) // 2)
    assert len((understood(asked(payload=most)).payload or "").encode()) == LARGEST_PAYLOAD
    (fault,) = faults(asked(payload=most + "x"))
    assert (fault.path, fault.allowed) == (
        "payload",
        "at most 1,048,576 bytes of compact JSON; these are 1,048,577",
    )


def test_a_payload_in_a_file() -> None:
    """YAML's dates are the texts that JSON would have; what its readers disagree about asks for quotes."""
    text = "name: x\nproject_id: flights\ntype: SupplementData\ndefault_run_properties: {root_task_ids: [1]}\n"
    text += "periods: {biz_dates: [{start_biz_date: today, end_biz_date: today}]}\n"
    assert read(text + "payload: {since: 2013-01-01, share: 0.5, 7: [yes please]}\n").payload == (
        '{"since":"2013-01-01","share":0.5,"7":["yes please"]}'
    )
    (fault,) = faults_in(text + "payload: {rows: [1, {at: 22:00:00}]}\n")
    assert (fault.path, fault.allowed.partition(":")[0]) == ("payload.rows[1].at", "quote it")


@pytest.mark.parametrize("payload", [{1, 2}, object(), float("nan"), {"a": float("inf")}, "\ud800", {"a": 10**5_000}])
def test_what_is_no_json(payload: object) -> None:
    """Whatever a door hands over that JSON cannot say is one fault."""
    with pytest.raises(InvalidRequest) as refused:
        understood(asked(payload=payload))
    (fault,) = refused.value.faults
    assert fault.path.startswith("payload")
    with pytest.raises(ValueError, match="a JSON value"):
        BackfillRequest.model_validate(asked(payload=payload))
