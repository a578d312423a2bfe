"""An act on many items outlives the daemon."""

from __future__ import annotations

from daemon.host import Host, until

HOURLY = [{"task": "hourly", "virtual": True, "cron": "0 * * * *"}]


def test_an_act_on_many_items_goes_on_after_a_kill(host: Host) -> None:
    """What was answered as accepted is done, each item once, with one entry of the audit."""
    host.catalog(HOURLY, business_date_offset=0)
    host.start()
    operation = host.accepted("2024-01-01", "2024-05-29", roots=["hourly"], top={"auto_start_enabled": False})
    until(lambda: host.get(f"/v1/operations/{operation['id']}")["status"] == "completed")
    backfill = operation["backfill_id"]
    asked = {"state": "skipped", "filter": {"backfill": {"any_": [backfill]}}, "expect_count": 3_600}
    answer = host.client.post("/v1/task_instances/bulk_set_state", json=asked)
    assert answer.status_code == 202, answer.text
    host.kill()
    host.start()

    until(lambda: host.get(answer.headers["Location"])["status"] == "completed")
    assert host.get(answer.headers["Location"])["counts"]["accepted"] == 3_600
    assert host.ended(backfill)["counts"]["skipped"] == 3_600
    entries = [each for each in host.get("/v1/audit")["items"] if each["what"] == "skip"]
    assert [each["counts"]["accepted"] for each in entries] == [3_600]
