"""Whatever is thrown at it, the room answers with faults, soon and without growing."""

from __future__ import annotations

import json
import tracemalloc
from copy import deepcopy
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from request.asking import CATALOG, CIRCUMSTANCES, GOOD, asked, faults, ranged, understood
from request.wishes import wishes

from backfilld.catalog.documents import Ambiguous, Document
from backfilld.config.documents import document_of
from backfilld.errors import MOST_FAULTS, InvalidRequest
from backfilld.request.models import Analysis, BackfillRequest, BizDates, DefaultRunProperties, Periods, Tag
from backfilld.request.resolve import understand
from backfilld.request.spelling import pascal

FIELDS = [
    name
    for form in (BackfillRequest, Periods, BizDates, DefaultRunProperties, Analysis, Tag)
    for name in form.model_fields
]
KEYS = st.sampled_from([*FIELDS, *map(pascal, FIELDS), "task", "str", "int", "a[b]", "", "0", "nope"]) | st.text(
    max_size=5
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([39, 40, 5_000]).map(lambda digits: 10**digits)
    | st.floats()
    | st.text(max_size=8)
    | st.dates()
    | st.sampled_from(
        [
            "extract",
            "flights",
            "daily",
            "General",
            "Chain",
            "SupplementData",
            "true",
            "2013-01-01",
            "10:00:00",
            "-7d",
            "Manual",
            "ManualWorkflow",
            "TriggerWorkflow",
            "SmokeTest",
            "repair",
            "pushed",
            "mend",
            "yesterday",
            "-999999w",
        ]
    )
    | st.sampled_from([Ambiguous("010"), Ambiguous("22:00:00"), "\ud800", "\0", "a=b", '{"extract": "limit=1"}'])
)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=20
)


def judged(value: object) -> None:
    """Understood or refused with faults that can be told; anything else is a failure of the room."""
    try:
        understand(Document("r.yaml", value), CATALOG, CIRCUMSTANCES)
    except InvalidRequest as error:
        told = str(error)
    else:
        return
    assert told


@given(TREES)
def test_any_tree_is_judged(tree: object) -> None:
    """No value at all makes the room raise anything but its own refusal."""
    judged(tree)


@given(
    st.dictionaries(st.sampled_from(FIELDS), TREES, max_size=8),
    st.dictionaries(st.sampled_from(FIELDS), TREES, max_size=8),
)
def test_any_value_of_any_field_is_judged(fields: dict[str, Any], run: dict[str, Any]) -> None:
    """The same where the request is good but for some fields."""
    judged({**asked(run), **fields})


def _spots(value: Any) -> list[tuple[Any, Any]]:
    """Every container with every key of it."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [spot for key in keys for spot in _spots(value[key])]


@given(wishes(), st.data())
def test_any_mutation_of_a_good_request_is_judged(wish: dict[str, Any], data: st.DataObject) -> None:
    """A few random cuts, swaps and respellings in a good request never surprise the room."""
    mutant = deepcopy(wish)
    for _ in range(data.draw(st.integers(1, 3))):
        if spots := _spots(mutant):
            container, key = data.draw(st.sampled_from(spots))
            match data.draw(st.sampled_from(["cut", "swap", "respell"])):
                case "cut":
                    del container[key]
                case "respell" if isinstance(container, dict):
                    container[data.draw(KEYS)] = container[key]
                case _:
                    container[key] = data.draw(TREES)
    judged(mutant)


@given(
    st.text(max_size=200)
    | wishes().map(json.dumps).flatmap(lambda text: st.integers(0, len(text)).map(lambda at: text[:at]))
)
def test_whatever_a_text_holds_is_judged(text: str) -> None:
    """What the reader of files makes of half a file, or of no request at all, is judged like any value."""
    for name in ("r.yaml", "r.json"):
        try:
            value = document_of(text, name).value
        except InvalidRequest:
            continue
        judged(value)


def nested(depth: int, wrap: Any) -> object:
    value: object = 1
    for _ in range(depth):
        value = wrap(value)
    return value


MEGABYTE = 2**20
HUGE: dict[str, Any] = {
    "all years": lambda: ranged(("0001-01-01", "9999-12-31")),
    "two hundred years": lambda: ranged(("1980-01-01", "2179-12-31")),
    "parallelism": lambda: asked({"parallelism": 10**9}),
    "10,000 digits": lambda: asked({"parallelism": 10**9_999, "root_task_ids": [10**9_999]}, project_id=10**9_999),
    "10,000 digits as text": lambda: asked({"root_task_ids": ["9" * 10_000]}, project_id="9" * 10_000),
    "40 digits": lambda: asked({"root_task_ids": [10**39]}, project_id=10**39),
    "long texts": lambda: asked(
        {"root_task_ids": ["x" * MEGABYTE], "runtime_resource": "x" * MEGABYTE}, name="x" * MEGABYTE
    ),
    "long key": lambda: {**GOOD, "x" * MEGABYTE: 1},
    "100,000 ids": lambda: asked({"root_task_ids": list(range(100_000))}),
    "100,000 names": lambda: asked({"root_task_ids": [f"extract{n}" for n in range(100_000)]}),
    "100,000 nothings": lambda: asked({"root_task_ids": [None] * 100_000, "exclude_project_ids": [[]] * 100_000}),
    "100,000 ranges": lambda: ranged(*[("2013-01-01", "2013-01-31")] * 100_000),
    "100,000 tags": lambda: asked(tags=[{"key": "a", "value": "b"}] * 100_000),
    "100,000 fields": lambda: {**GOOD, **{f"field_{n}": n for n in range(100_000)}},
    "900 fields": lambda: {**GOOD, **{f"field_{n}": n for n in range(900)}},
    "10,000 tasks": lambda: asked(task_parameters={f"extract{n}": "limit=1" for n in range(10_000)}),
    "10,000 parameters": lambda: asked(task_parameters={"extract": {f"limit{n}": 1 for n in range(10_000)}}),
    "100,000 parameters": lambda: asked(task_parameters={"extract": {f"limit{n}": 1 for n in range(100_000)}}),
    "words": lambda: asked(workflow_id="daily", workflow_parameters="x " * 100_000),
    "open ends": lambda: asked(workflow_id="daily", workflow_parameters="${" * 100_000),
    "open ends in a task": lambda: asked(task_parameters={"extract": "a=$[" * 40_000}),
    "open quotes": lambda: asked(workflow_id="daily", workflow_parameters="a='\"" * 50_000),
    "deep lists": lambda: asked({"root_task_ids": nested(100_000, lambda inner: [inner])}),
    "deep mappings": lambda: asked(payload=nested(100_000, lambda inner: {"a": inner})),
    "a large payload": lambda: asked(payload={f"limit{n}": "x" * 20 for n in range(60_000)}),
    "a large text as payload": lambda: asked(payload="x" * 4 * MEGABYTE),
    "100,000 nothings in a payload": lambda: asked(payload={"limit": "two\nlines", "rows": [None] * 100_000}),
    "a calendar's name": lambda: asked(calendar="x" * MEGABYTE),
    "a plan's hash": lambda: asked(expect_plan="0" * MEGABYTE),
    "far back": lambda: ranged(*[("-999999w", "-999999d")] * 7),
    "100,000 tasks of another type": lambda: asked({"root_task_ids": [32] * 100_000}),
    "10,000 tasks of another type": lambda: asked({"root_task_ids": [32] * 10_000, "include_task_ids": [51] * 10_000}),
    "deep text": lambda: asked(task_parameters='{"extract":' * 18_000),
}


@pytest.mark.parametrize("make", HUGE.values(), ids=HUGE.keys())
def test_a_hostile_size_is_refused_at_once(make: Any) -> None:
    """Within a second of the processor's time, and with no more faults than anybody reads."""
    value = make()
    before = process_time()
    told = faults(value)
    assert process_time() - before < 1
    assert len(told) <= 2 * (MOST_FAULTS + 1)


@pytest.mark.parametrize("case", ["two hundred years", "100,000 ids", "long texts", "100,000 tags"])
def test_a_hostile_size_takes_no_memory(case: str) -> None:
    """What is refused for its size is not expanded or copied first."""
    value = HUGE[case]()
    tracemalloc.start()
    try:
        faults(value)
        assert tracemalloc.get_traced_memory()[1] < 16 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_a_hundred_thousand_faults_are_not_told_one_by_one() -> None:
    """The first faults are told, and that there are more."""
    told = faults(HUGE["100,000 ids"]())
    assert len(told) == MOST_FAULTS + 2
    assert told[-1].given == "more faults than these"


def test_ten_thousand_good_references_are_taken() -> None:
    """The bounds on what is wrong bound nothing that is right."""
    assert len(understood(asked({"root_task_ids": [1, "extract"] * 5_000})).selection.roots) == 1  # type: ignore[union-attr]
