"""What a state that is put in place does, as it stands natively."""

from __future__ import annotations

import pytest
from interfaces.http.site import Site
from interfaces.vendors.prefect.calling import PrefectCaller, ended
from interfaces.vendors.prefect.conftest import caller_at


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


def test_what_cannot_be_cancelled_is_not_deleted(site: Site, prefect: PrefectCaller) -> None:
    """Of a run of which a caller sees a part nothing is done: it goes on, and is shown."""
    days = {"biz_dates": [{"start_biz_date": "2024-02-01", "end_biz_date": "2024-02-01"}]}
    run_of = {"root_task_ids": [1], "mode": "AllDownstream"}
    asked = {"name": "shared", "project_id": "shop", "type": "SupplementData", "periods": days}
    answer = site.http.post(
        "/v1/backfills", json={**asked, "default_run_properties": run_of, "auto_start_enabled": False}
    )
    assert answer.status_code == 202, answer.text
    site.until(answer.headers["Location"], lambda it: it["status"] == "completed")
    mine = {"name": {"like_": "shared"}}
    (run,) = prefect.post("/flow_runs/filter", {"flow_runs": mine})
    with caller_at(site, "operate", projects=["shop"]) as part:
        assert part.http.delete(f"/flow_runs/{run['id']}").status_code == 422
        assert part.post("/flow_runs/bulk_delete", {"flow_runs": mine})["deleted"] == []
        assert part.run(run["id"])["state_type"] == "SCHEDULED"
    assert prefect.post("/flow_runs/bulk_delete", {"flow_runs": mine})["deleted"] == [run["id"]]
