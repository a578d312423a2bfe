"""Schemas for editors are true: they take every example, know every key, and refuse nothing that is accepted."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from backfilld.catalog.documents import Document
from backfilld.catalog.parse import parse_catalog
from backfilld.config.documents import read_documents
from backfilld.errors import Faulty
from backfilld.interfaces.cli.schema import Kind, schema_of
from backfilld.interfaces.cli.sending import plain
from backfilld.request.resolved import Limits
from backfilld.request.schedules import parse_schedules

CONFIG = Path(__file__).parents[2] / "config"
NAMED = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")
EXAMPLES = sorted(
    file for folder in ("requests", "catalog", "schedules", "demo") for file in (CONFIG / folder).glob("**/*.yaml")
)
JUDGES = {kind: Draft7Validator(schema_of(kind)) for kind in Kind}
CATALOG = [plain(document) for document in read_documents(CONFIG / "catalog" / "example.yaml")]
Spot = tuple[str | int, ...]


def kind_of(file: Path) -> Kind:
    """What the file's first line says it is."""
    found = NAMED.match(file.read_text())
    assert found, f"{file} does not name its schema"
    schema = (file.parent / found[1]).resolve()
    assert schema.parent == CONFIG / "schemas"
    assert schema.exists()
    return Kind(schema.stem)


@pytest.mark.parametrize("kind", Kind)
def test_what_is_shipped_is_what_the_command_prints(kind: Kind) -> None:
    """The files beside the examples are no copies of another day."""
    assert json.loads((CONFIG / "schemas" / f"{kind}.json").read_text()) == schema_of(kind)
    Draft7Validator.check_schema(schema_of(kind))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: str(file.relative_to(CONFIG)))
def test_examples(file: Path) -> None:
    """Each validates against the schema that its first line names; with a key too many it does not."""
    judge = JUDGES[kind_of(file)]
    for value in map(plain, read_documents(file)):
        assert [error.message for error in judge.iter_errors(value)] == []
        for wrong in with_a_key_too_many(value):
            assert not judge.is_valid(wrong)


def with_a_key_too_many(value: Any) -> Iterator[Any]:
    """The document, each time with an unknown key in another of its first mappings that are no free ones."""
    free = {"parameters", "tags", "holidays", "payload", "workflow_parameters", "task_parameters", "environments"}
    spots = [spot for spot in mappings(value) if not free & {each for each in spot if isinstance(each, str)}]
    for spot in spots[:12]:
        wrong = copy.deepcopy(value)
        at(wrong, spot)["no_such_key"] = 1
        yield wrong


def mappings(value: Any, spot: Spot = ()) -> Iterator[Spot]:
    if isinstance(value, dict):
        yield spot
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from mappings(each, (*spot, key))


def leaves(value: Any, spot: Spot = ()) -> Iterator[Spot]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*spot, key)
        yield from leaves(each, (*spot, key))


def at(value: Any, spot: Spot) -> Any:
    for key in spot:
        value = value[key]
    return value


@pytest.mark.parametrize(
    ("key", "value", "definition"),
    [
        ("project", {"project": "p", "?": 1}, "project"),
        ("workflow", {"project": "p", "workflows": [{"workflow": "w", "?": 1}]}, "workflow"),
        ("task", {"project": "p", "workflows": [{"workflow": "w", "tasks": [{"task": "t", "?": 1}]}]}, "task"),
        ("calendar", {"calendar": "c", "?": 1}, "calendar"),
    ],
)
def test_every_key_of_a_catalog(key: str, value: Any, definition: str) -> None:
    """A definition has the keys that the reader names where it meets one that it does not know."""
    with pytest.raises(Faulty) as refused:
        parse_catalog([Document("x.yaml", value)])
    (told,) = [fault.allowed for fault in refused.value.faults if "the key ?" in fault.given]
    assert (
        set(told.removeprefix("one of the keys ").split())
        == schema_of(Kind.CATALOG)["$defs"][definition]["properties"].keys()
    )


def test_every_key_of_a_schedule() -> None:
    """The same of schedules."""
    with pytest.raises(Faulty) as refused:
        parse_schedules([Document("x.yaml", {"?": 1})], Limits())
    (told,) = [fault.allowed for fault in refused.value.faults if "the key ?" in fault.given]
    assert (
        set(told.removeprefix("one of the keys ").split())
        == schema_of(Kind.SCHEDULE)["$defs"]["schedule"]["properties"].keys()
    )


VALUES = st.one_of(
    st.sampled_from([None, True, False, 0, 1, 11, 12, 400, -1, 1.5, [], [1], ["Sat"], {}, {"a": "b"}, {"task": 1}]),
    st.sampled_from(["", "7", "30s", "1h30m", "x", "22:00:00", "2024-01-02", "16MiB", "Skip", "Manual", "$bizdate"]),
    st.sampled_from(["retry", "previous", "a=b", "/tmp", "@daily", "Europe/Berlin", "m:f"]),
)


@settings(max_examples=150)
@given(st.sampled_from(sorted(leaves(CATALOG), key=str)), VALUES)
def test_nothing_is_refused_that_is_accepted(spot: Spot, value: Any) -> None:
    """Whatever is written in whatever place of a catalog: what the daemon takes, an editor does not mark."""
    changed = copy.deepcopy(CATALOG)
    at(changed, spot[:-1])[spot[-1]] = value
    try:
        parse_catalog([Document("x.yaml", changed)])
    except Faulty:
        return
    assert [error.message for error in JUDGES[Kind.CATALOG].iter_errors(changed)] == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.CATALOG, {"project": "p", "workflows": [{"workflow": "w", "tasks": [{"task": "t"}]}]}),
        (Kind.CATALOG, {"project": "p", "timezone": 3}),
        (Kind.CATALOG, {"project": "p", "workflows": [{"workflow": "w", "type": "Daily"}]}),
        (Kind.CATALOG, [{"calendar": "c", "weekend": ["Fryday"]}]),
        (Kind.REQUEST, {"project_id": 1, "type": "SupplementData"}),
        (Kind.REQUEST, {"name": "x", "project_id": 1, "type": "Supplement"}),
        (
            Kind.REQUEST,
            {"name": "x", "project_id": 1, "type": "Manual", "periods": {"biz_dates": [], "start_time": "9"}},
        ),
        (Kind.SCHEDULE, {"schedule": "s", "request": {}}),
        (Kind.SCHEDULE, [{"schedule": "s", "cron": "@daily", "catch_up": "twice", "request": {}}]),
    ],
)
def test_wrong_ones(kind: Kind, value: Any) -> None:
    """What lacks a key, or has a word that means nothing, is marked."""
    assert not JUDGES[kind].is_valid(value)
