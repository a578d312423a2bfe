"""Whatever is sent to DataWorks' door is answered, and is never an error of the daemon."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interfaces.http.site import open_site
from interfaces.vendors.dataworks.calling import DataWorksCaller
from interfaces.vendors.dataworks.conftest import WIRE, caller_at

from backfilld.interfaces.http.doors.dataworks.door import ACTIONS

NUMBERS = st.sampled_from(
    [0, 1, 2, 1 << 20, (1 << 20) + 1, 2**32, 2**52, 2**63 - 1, 2**63, -1, 100, 1234, 1704067200000]
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
ID_LISTS = st.lists(NUMBERS, max_size=3).map(json.dumps)
WORDS = st.sampled_from(["Prod", "Dev", "Running", "Success", "Id Desc", "SupplementData", "Scheduler", "true", ""])
VALUES = NUMBERS.map(str) | ID_LISTS | WORDS | JSON.map(json.dumps) | st.text(max_size=8)
LIKELY = {"ProjectId": st.just("100"), "Id": st.sampled_from(["1", str(1 << 20)]), "Ids": ID_LISTS}


@pytest.fixture(scope="module")
def open_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataWorksCaller]:
    """A daemon that nobody else looks at, with one backfill."""
    with open_site(tmp_path_factory.mktemp("hostile"), WIRE) as site:
        caller = caller_at(site, "operate")
        caller.created(1234, days=2, AutoStartEnabled=False)
        yield caller


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """An operation, and some of its fields with values that may be meant for others."""
    action = ACTIONS[draw(st.sampled_from(sorted(ACTIONS)))]
    names = [name for name, field in action.form.items() if field.needed or draw(st.booleans())]
    return action.name, {name: draw(LIKELY.get(name, VALUES) | VALUES) for name in names}


@settings(max_examples=150)
@given(asked=requests())
def test_any_fields(open_door: DataWorksCaller, asked: tuple[str, dict[str, str]]) -> None:
    """Each answer is a JSON object, an error with a code where it is one, and none is ours."""
    answer = open_door.send(*asked)
    told: Any = answer.json()
    assert answer.status_code < 500, answer.text
    assert isinstance(told["RequestId"], str)
    assert ("Code" in told) is (answer.status_code != 200)


@settings(max_examples=50)
@given(query=st.binary(max_size=40), body=st.binary(max_size=40), action=st.sampled_from(sorted(ACTIONS)))
def test_any_bytes(open_door: DataWorksCaller, query: bytes, body: bytes, action: str) -> None:
    """Bytes that are no query and no form are refused, signed or not."""
    text = "".join(f"%{byte:02x}" if byte > 126 or byte < 33 or byte in b'#"<>' else chr(byte) for byte in query)
    for signed in (True, False):
        headers = {} if signed else {"x_acs_action": "nobody"}
        answer = open_door.raw(action, "POST", text, body, **headers)
        assert answer.status_code < 500, answer.text
