"""What a state that is put in place does, as it stands natively."""

from __future__ import annotations

import pytest
from interfaces.vendors.prefect.calling import PrefectCaller, ended


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("COMPLETED", "succeeded"),
        ("FAILED", "failed"),
        ("CRASHED", "failed"),
        ("CANCELLED", "cancelled"),
        ("CANCELLING", "cancelled"),
    ],
)
def test_each_end_is_done(prefect: PrefectCaller, kind: str, word: str) -> None:
    """What runs is stopped first; natively the run has ended as it was said."""
    run = prefect.make()["id"]
    prefect.until(run, "RUNNING")
    assert prefect.set(run, kind)["status"] == "ACCEPT"
    prefect.site.until(f"/v1/runs/{int(run[-12:], 16)}", lambda it: it["status"] == word)


def test_a_limit_takes_those_with_the_greatest_ids(prefect: PrefectCaller) -> None:
    """Of states and of deletions; the others stay as they are."""
    runs = [prefect.make(tags=["limited"])["id"] for _ in range(3)]
    mine = {"tags": {"any_": ["limited"]}}
    with ended(prefect, runs[0]):
        told = prefect.bulk({"type": "CANCELLED"}, mine, limit=1)
        assert [each["flow_run_id"] for each in told] == runs[2:]
        deleted = prefect.post("/flow_runs/bulk_delete", {"flow_runs": mine, "limit": 2})["deleted"]
        assert deleted == [runs[2], runs[1]]
        assert prefect.post("/flow_runs/count", {"flow_runs": mine}) == 1
