"""Whatever a client sends is read, or refused with every fault at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfilld.catalog.documents import Document
from backfilld.errors import InvalidRequest
from backfilld.interfaces.vendors.cloudflare import queries, reading
from backfilld.interfaces.vendors.datadog import reading as datadog
from backfilld.interfaces.vendors.uuids import number_of, uuid_of

NEW = ["instance_id", "params", "instance_retention", "success_retention", "error_retention", "location_hint"]
EDITED = ["status", "rollback", "from", "name", "count", "type", "meta", "payload"]
ASKED = [
    "page",
    "per_page",
    "cursor",
    "direction",
    "order",
    "simple",
    "search",
    "attempt",
    "sort",
    "limit",
    "page[size]",
]
KEYS = st.sampled_from(NEW + EDITED + ASKED)
WORDS = st.sampled_from(
    ["pause", "terminate", "restart", "do", "queued", "asc", "true", "1", "5.0", "2026-01-01", "name"]
)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | WORDS
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(), inner, max_size=5)
)
QUERY = st.dictionaries(KEYS | st.text(), WORDS | st.text(), max_size=6)
BODIES = (reading.read_batch, reading.read_new, reading.read_edit, datadog.read_execution)
QUERIES = (queries.read_list, queries.read_whole, queries.read_step, queries.read_search, datadog.read_page)


@pytest.mark.parametrize("read", BODIES)
@given(value=JSON)
def test_any_body(read: Callable[[Document], Any], value: object) -> None:
    """A body of any shape is understood, or each of its faults has what was given and what is allowed."""
    _read(read, Document("body.json", value))


@pytest.mark.parametrize("read", QUERIES)
@given(value=QUERY)
def test_any_query(read: Callable[[Document], Any], value: dict[str, str]) -> None:
    """So is any query."""
    _read(read, Document("query", value))


@given(value=QUERY)
def test_any_query_for_workflows(value: dict[str, str]) -> None:
    """So is one for workflows."""
    _read(lambda query: datadog.read_workflows(query, None), Document("query", value))


def _read(read: Callable[[Document], Any], document: Document) -> None:
    try:
        read(document)
    except InvalidRequest as refused:
        faults = refused.faults
    else:
        return
    assert faults
    assert all(fault.given and fault.allowed for fault in faults)


@given(value=JSON)
def test_params_as_text_or_as_they_are(value: object) -> None:
    """JSON text means its value; what is no text means itself."""
    assert reading.decoded(json.dumps(value)) == value
    if not isinstance(value, str):
        assert reading.decoded(value) == value


@given(number=st.integers(0, 2**62 - 1), kind=st.sampled_from(["workflow", "run"]))
def test_a_uuid_has_its_number(number: int, kind: str) -> None:
    """It is read again from the UUID of its own kind, and of no other."""
    text = str(uuid_of(kind, number))
    assert number_of(kind, text) == number
    assert number_of(f"another {kind}", text) is None


@given(text=st.text())
def test_what_is_no_uuid(text: str) -> None:
    """Has no number."""
    assert number_of("workflow", text) is None
