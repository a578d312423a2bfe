"""Whatever is asked, within the OpenAPI document or beside it: no error of the daemon, no answer that is not in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from daemon.host import Host
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from thorough import Judged, Rounds

HOLDS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
STREAM = "text/event-stream"
"""Such an answer has no end: streams have tests of their own."""


@pytest.fixture(scope="module")
def known(victim: Host) -> dict[str, Any]:
    """Something that is there, for each parameter of a path."""
    ended = min(each["id"] for each in victim.get("/v1/backfills")["items"])
    instance = victim.instances(ended)[0]
    operation = victim.accepted("2024-01-01", roots=["quick"])["id"]
    return {"backfill": ended, "run": instance["run_id"], "instance": instance["id"], "operation": operation}


def operations(document: Any) -> Iterator[Any]:
    """Every operation of the document whose answer ends."""
    for each in schemathesis.openapi.from_dict(document).get_all_operations():
        found = each.ok()
        answers = document["paths"][found.path][found.method]["responses"].values()
        if not any(STREAM in answer.get("content", {}) for answer in answers):
            yield found


def aimed(case: Case, known: dict[str, Any]) -> None:
    """Have it be about something that is there."""
    names = {"backfills": "backfill", "runs": "run", "task_instances": "instance", "operations": "operation"}
    what = case.operation.path.split("/")[2] if case.operation.path.count("/") > 2 else ""
    for name in case.path_parameters or {}:
        if (found := known.get(name if name in known else names.get(what, ""))) is not None:
            case.path_parameters[name] = found


def broken(victim: Host, operation: Any, mode: GenerationMode, known: dict[str, Any], examples: int) -> list[str]:
    """What does not hold of an operation."""
    base, told = str(victim.client.base_url).rstrip("/"), []
    headers = {"Authorization": victim.client.headers["Authorization"]}

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode), st.booleans())
    def ask(case: Case, aim: bool) -> None:
        if aim:
            aimed(case, known)
        answer = case.call(base_url=base, headers=headers)
        try:
            case.validate_response(answer, checks=HOLDS)
        except FailureGroup as failures:
            told.append(f"{operation.label}: {failures}")

    try:
        ask()
    except Unsatisfiable:  # nothing can be wrong with what has no parameter
        assert mode is GenerationMode.NEGATIVE
    return told


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_documented(
    victim: Host, known: dict[str, Any], mode: GenerationMode, rounds: Rounds, judged: Judged
) -> None:
    """Every operation, about things that are there and about others: status, media type and form are as documented."""
    examples = rounds(2, 120)
    found = list(operations(victim.get("/openapi.json")))
    if mode is GenerationMode.NEGATIVE and examples == 2:  # acts are one form of route many times
        found = [each for each in found if "acts" not in each.tags]
    told = [line for each in found for line in broken(victim, each, mode, known, examples)]
    assert not told, "\n\n".join(told)
    judged(len(found) * examples, f"{mode.value} requests")
