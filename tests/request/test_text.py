"""A stored request is read again exactly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from request.asking import CATALOG, CIRCUMSTANCES, GOOD, asked
from request.test_spellings import in_pascal
from request.wishes import wishes

from backfilld.catalog.documents import Document
from backfilld.errors import InvalidRequest
from backfilld.request.models import BackfillRequest
from backfilld.request.resolve import resolve, understand
from backfilld.request.text import request_of, request_text


@given(wishes())
def test_a_stored_request_means_the_same_after_a_restart(wish: dict[str, Any]) -> None:
    """From the text comes an equal request, which resolves to an equal one and has the same text."""
    request, resolved = understand(Document("r.yaml", wish), CATALOG, CIRCUMSTANCES)
    again = request_of(request_text(request))
    assert again == request
    assert again.model_fields_set == request.model_fields_set
    assert resolve(again, CATALOG, CIRCUMSTANCES) == resolved
    assert request_text(again) == request_text(request)


@given(wishes())
def test_the_text_is_canonical(wish: dict[str, Any]) -> None:
    """The spelling and the order of the fields leave no trace: the same request has the same text."""
    turned = dict(reversed(in_pascal(wish).items()))
    texts = {request_text(understand(Document("r", value), CATALOG, CIRCUMSTANCES)[0]) for value in (wish, turned)}
    assert len(texts) == 1


def test_the_text_says_what_was_given() -> None:
    """Defaults are not written down, dates are ISO, and letters are letters."""
    request = BackfillRequest.model_validate(asked(name="Übung", comment=None))
    assert json.loads(request_text(request)) == {**GOOD, "name": "Übung", "comment": None}
    assert "Übung" in request_text(request)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", "{", "[" * 100_000, '{"name": 1}', "1" * 5_000, '{"Name": "x", "name": "y"}', "\0"]
)
def test_another_text_is_no_stored_request(text: str) -> None:
    """A text that `request_text` did not write is refused as such."""
    with pytest.raises(InvalidRequest) as refused:
        request_of(text)
    assert refused.value.faults[0].allowed == "the text of a stored request"
