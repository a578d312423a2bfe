"""Acts on all that a filter finds: what they take, what they answer, and what goes on as an operation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from interfaces.http.site import Site, open_site

RUNS, INSTANCES = "/v1/runs/bulk_set_state", "/v1/task_instances/bulk_set_state"


def bulk(site: Site, path: str, **body: Any) -> Any:
    answer = site.http.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def counts(found: Any) -> dict[str, int]:
    """The verdicts that were any."""
    return {word: number for word, number in found["counts"].items() if number}


def faults(site: Site, path: str, body: Any) -> dict[str, str]:
    answer = site.http.post(path, json=body)
    assert answer.status_code == 422, answer.text
    return {fault["path"]: fault["allowed"] for fault in answer.json()["errors"]}


@pytest.fixture
def held(site: Site) -> Iterator[int]:
    """A backfill of four dates whose first waits at a gate; it leaves its cycles to the next test."""
    backfill = site.submit("extract", "hold", "load", days=4, gate="bulk")
    site.until(f"/v1/backfills/{backfill}", lambda it: it["counts"]["running"] == 1 and it["counts"]["succeeded"] == 1)
    yield backfill
    site.post(f"/v1/backfills/{backfill}/cancel")
    site.until(f"/v1/backfills/{backfill}", lambda it: it["done_at"] is not None)


def test_an_act_on_what_a_filter_finds(site: Site, held: int) -> None:
    """Each item has its verdict, by id; also instances of dates that have not begun, and one that is stopped first."""
    mine = {"backfill": {"any_": [held]}, "task": {"any_": ["hold"]}}
    found = bulk(site, INSTANCES, state="skipped", filter=mine, reason="no need")
    assert (found["count"], counts(found)) == (4, {"accepted": 3, "later": 1})
    assert [each["id"] for each in found["verdicts"]] == sorted(each["id"] for each in found["verdicts"])
    (later,) = [each for each in found["verdicts"] if each["verdict"] == "later"]
    assert later["seconds"] >= 0
    assert "stopped first" in later["reason"]

    entry = next(each for each in site.get("/v1/audit")["items"] if each["what"] == "skip")
    told = {"operation": found["operation_id"], "backfill": held, "filter": mine, "reason": "no need"}
    assert entry["about"] == told
    assert entry["counts"] == found["counts"]
    operation = site.get(f"/v1/operations/{found['operation_id']}")
    assert (operation["status"], operation["total"], operation["done"]) == ("completed", 4, 4)
    assert [each["verdict"] for each in operation["refusals"]] == ["later"]
