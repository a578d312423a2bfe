"""Filters: each word of the grammar means what it says, alone and joined."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from request.naive_filters import naive

from backfilld.catalog.documents import Document, Path
from backfilld.request.filters import Criteria, InstanceCriteria, RunCriteria, forms_of, stages, wanted
from backfilld.request.models import Form
from backfilld.request.reading import read_form
from backfilld.request.resolved import Limits

PLACES: dict[Path, type[Form]] = {(): InstanceCriteria, **forms_of(InstanceCriteria)}
SMALL = st.integers(0, 3)
TEXT = st.text("abA%_ß", max_size=4)
OPERATORS = st.sampled_from(["and_", "or_"])


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(values, max_size=3)


def condition(**words: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Some words of a condition, any of which may be left out, or null."""
    return st.fixed_dictionaries(
        {}, optional={word: each | st.none() for word, each in words.items()} | {"operator": OPERATORS}
    )


NUMBERS = condition(any_=some(SMALL), not_any_=some(SMALL), before_=SMALL, after_=SMALL, is_null_=st.booleans())
TEXTS = condition(any_=some(TEXT), not_any_=some(TEXT), like_=TEXT, is_null_=st.booleans())
TAGS = condition(any_=some(TEXT), not_any_=some(TEXT), all_=some(TEXT), is_null_=st.booleans())
FILTERS = st.fixed_dictionaries({}, optional={"operator": OPERATORS, "attempt": NUMBERS, "task": TEXTS, "tags": TAGS})
ITEMS = st.fixed_dictionaries(
    {
        "attempt": st.lists(SMALL, max_size=1),
        "task": st.lists(TEXT, max_size=2),
        "tags": st.lists(TEXT, max_size=3, unique=True),
    }
)


def in_stages(criteria: Criteria, item: dict[str, list[Any]], *respects: set[str]) -> bool:
    """What is decided, once it is; a last stage decides."""
    for stage in stages(criteria, *respects):
        if (decided := stage.decide(item.__getitem__)) is not None:
            return decided
    raise AssertionError("nothing was decided")


@given(FILTERS, ITEMS)
def test_a_filter_means_what_each_of_its_words_says(asked: dict[str, Any], item: dict[str, list[Any]]) -> None:
    """Word by word, joined as each object says; nothing of it rests on when what of the item is learned."""
    criteria, expected = InstanceCriteria.model_validate(asked), naive(asked, item)
    assert in_stages(criteria, item, {"attempt", "task", "tags"}) is expected
    assert in_stages(criteria, item, {"tags"}, {"attempt"}, {"task"}) is expected
    assert in_stages(criteria, item, {"task"}, set(), {"attempt", "tags"}) is expected


@given(FILTERS, ITEMS)
def test_who_is_looked_up_directly_is_all_who_can_pass(asked: dict[str, Any], item: dict[str, list[Any]]) -> None:
    """What the only wanted values leave out would not pass."""
    criteria = InstanceCriteria.model_validate(asked)
    for respect in ("attempt", "task"):
        only = wanted(criteria, respect)
        assert only is None or set(only) & set(item[respect]) or not naive(asked, item)


@pytest.mark.parametrize(
    ("asked", "item", "passes"),
    [
        ({}, {}, True),
        ({"operator": "or_"}, {}, True),
        ({"id": {}}, {"id": [1]}, True),
        ({"id": {"any_": []}}, {"id": [1]}, False),
        ({"id": {"not_any_": []}}, {"id": [1]}, True),
        ({"id": {"any_": [1, 2], "not_any_": [2]}}, {"id": [2]}, False),
        ({"workflow": {"not_any_": ["daily"]}}, {"workflow": []}, False),
        ({"name": {"like_": "Jan%RY"}}, {"name": ["reload january again"]}, True),
        ({"name": {"like_": "a_c"}}, {"name": ["xABCx"]}, True),
        ({"tags": {"all_": ["team=ops", "d"]}}, {"tags": ["team", "team=ops"]}, False),
        ({"business_date": {"before_": "2024-01-02"}}, {"business_date": [date(2024, 1, 2)]}, True),
        ({"business_date": {"after_": "2024-01-03"}}, {"business_date": [date(2024, 1, 2)]}, False),
        (
            {"settled_at": {"after_": "2024-01-01T02:00:00+02:00"}},
            {"settled_at": [datetime(2024, 1, 1, tzinfo=UTC)]},
            True,
        ),
        ({"settled_at": {"is_null_": True}}, {"settled_at": []}, True),
        ({"settled_at": {"before_": "2024-01-01T00:00:00Z"}}, {"settled_at": []}, False),
    ],
)
def test_what_is_easily_mistaken(asked: dict[str, Any], item: dict[str, Any], passes: bool) -> None:
    """Empty lists, null, both ends of a range, and either case."""
    assert in_stages(RunCriteria.model_validate(asked), item, set(RunCriteria.model_fields)) is passes


def test_a_long_pattern_is_looked_for_in_short_time() -> None:
    """No pattern makes the search try each way to lay its parts."""
    test = InstanceCriteria.model_validate({"task": {"like_": "%a" * 400 + "b"}}).task
    assert test is not None
    assert not test.test()(["a" * 255])


def test_every_fault_of_a_filter_is_told_at_once() -> None:
    """Each with its path, what was given, and what is allowed."""
    asked = {
        "stat": {"any_": ["failed"]},
        "state": {"any_": ["done"]},
        "id": {"any_": ["7", True, -1], "or": 1},
        "cycle_time": {"before_": "2024-01-01T00:00:00"},
        "business_date": {"after_": "20240101"},
        "operator": "xor_",
        "attempt": [1],
    }
    found = read_form(Document("filter.json", asked, {}), InstanceCriteria, PLACES, Limits()).faults
    assert {fault.path: fault.allowed for fault in found} == {
        "stat": "no such field; did you mean state?",
        "state.any_[0]": "waiting, ready, running, succeeded, failed, lost, skipped, cancelled or left_out",
        "id.any_[0]": "an integer from 0 to 9223372036854775807",
        "id.any_[1]": "an integer from 0 to 9223372036854775807",
        "id.any_[2]": "an integer from 0 to 9223372036854775807",
        "id.or": "one of operator, any_, not_any_",
        "cycle_time.before_": "a time with its offset, such as 2024-05-06T22:00:00Z",
        "business_date.after_": "a date such as 2024-05-06",
        "operator": "and_ or or_",
        "attempt": "a mapping of operator, any_, not_any_, before_, after_, is_null_",
    }
