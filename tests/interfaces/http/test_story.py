"""From a request to its end, as a caller sees it."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_backfill_from_preview_to_success(site: Any) -> None:
    """A request is previewed, accepted, run to its end, and its log and output can be read."""
    plan = site.http.post("/v1/plans", json=site.request("extract", "handed")).json()
    backfill = site.submit("extract", "handed")
    done = site.stands(backfill, "succeeded")
    assert done["counts"]["succeeded"] == done["instances"] == plan["counts"]["instances"] == 2
    assert done["plan_hash"] == plan["plan_hash"]
    extract = site.instance(backfill, "extract")
    assert site.http.get(f"/v1/task_instances/{extract['id']}/log").text == "extract 20240101\n"
