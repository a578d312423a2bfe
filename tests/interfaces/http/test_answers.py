"""What is said of whatever a task may have handed back."""

from __future__ import annotations

import json

import pytest

from backfilld.interfaces.http.answers import page_answer
from backfilld.ports import Page


@pytest.mark.parametrize("item", ["\ud800", 2**70, -(2**70), "ä", {"a": [1.5, None, True]}, 2**63])
def test_a_page_is_json_whatever_it_holds(item: object) -> None:
    """Texts that are no valid Unicode and numbers of any size come through, like all else."""
    answer = page_answer(Page((item,), 7), lambda each: each)
    assert json.loads(bytes(answer.body)) == {"items": [item], "next": 7}
