"""Amendments over HTTP: dates, windows, waits and terms of a backfill that was accepted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from interfaces.http.site import Site


def amend(site: Site, backfill: int, status: int = 200, **body: Any) -> Any:
    """The answer to an amendment."""
    answer = site.http.patch(f"/v1/backfills/{backfill}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def faults(site: Site, backfill: int, **body: Any) -> dict[str, str]:
    """What is wrong with an amendment: by path, what is allowed."""
    return {each["path"]: each["allowed"] for each in amend(site, backfill, 422, **body)["errors"]}


def dates(first: str, last: str | None = None) -> list[dict[str, str]]:
    return [{"start_biz_date": first, "end_biz_date": last or first}]


def days(site: Site, backfill: int) -> list[str]:
    """The business dates of its runs, in run order."""
    return [run["bizdate"][-5:] for run in site.pages(f"/v1/backfills/{backfill}/runs", limit=2)]


def submitted(site: Site, ranges: list[dict[str, str]], *tasks: str, **more: Any) -> int:
    """A backfill of tasks on some dates, with more fields of a request."""
    request = site.request(*tasks, gate="amended") | {"periods": {"biz_dates": ranges}} | more
    answer = site.http.post("/v1/backfills", json=request)
    assert answer.status_code == 202, answer.text
    site.until(answer.headers["Location"], lambda operation: operation["status"] == "completed")
    return int(answer.json()["backfill_id"])


@pytest.fixture
def held(site: Site) -> Iterator[int]:
    """A backfill of three dates from the first of 2024 whose first date waits at a gate."""
    backfill = site.submit("extract", "hold", "load", days=3, gate="amended")
    yield backfill
    site.gate("amended").unlink(missing_ok=True)
    site.post(f"/v1/backfills/{backfill}/cancel")
    site.until(f"/v1/backfills/{backfill}", lambda it: it["done_at"])


def test_added_and_dropped_dates(site: Site) -> None:
    """Added ones run in their place, dropped ones never; each is shown as what it is."""
    backfill = submitted(site, dates("2024-01-01", "2024-01-03"), "silent", "handed", auto_start_enabled=False)
    found = amend(site, backfill, add_dates=dates("2023-12-30", "2023-12-31"), drop_dates=dates("2024-01-02"))

    assert (found["dates"]["count"], found["instances"], found["to_run"]) == (5, 10, 8)
    assert [each["number"] for each in found["amendments"]] == [1]
    assert found["amendments"][0]["what"] == {
        "add_dates": dates("2023-12-30", "2023-12-31"),
        "drop_dates": dates("2024-01-02"),
    }
    assert found["amendments"][0]["plan_hash"] == found["plan_hash"]
    assert days(site, backfill) == ["12-30", "12-31", "01-01", "01-02", "01-03"]
    site.post(f"/v1/backfills/{backfill}/start")
    done = site.stands(backfill, "succeeded")
    assert (done["counts"]["left_out"], done["counts"]["succeeded"]) == (2, 8)


def test_dates_are_added_while_it_runs_and_after_its_end(site: Site, held: int) -> None:
    """They run in run order like any other; a backfill that was done is open again until they are settled."""
    amend(site, held, add_dates=dates("2023-12-31"), parallelism=2)
    assert days(site, held) == ["12-31", "01-01", "01-02", "01-03"]
    site.gate("amended").touch()
    assert site.stands(held, "succeeded")["dates"]["count"] == 4

    found = amend(site, held, add_dates=dates("2024-01-05", "2024-01-06"))
    assert len(found["amendments"]) == 2
    done = site.stands(held, "succeeded")
    assert (done["counts"]["succeeded"], done["runs"]) == (3 * 6, {"succeeded": 6})
    added = site.pages(f"/v1/backfills/{held}/task_instances", limit=4)
    assert len({each["id"] for each in added}) == 18
    assert [each["id"] for each in added] == sorted(each["id"] for each in added)


def test_what_has_started_of_a_dropped_date_goes_on(site: Site, held: int) -> None:
    """Of the date in flight only what had not started is passed through; dates not begun are as a whole."""
    site.until(f"/v1/backfills/{held}", lambda it: it["counts"]["running"] == it["counts"]["succeeded"] == 1)
    found = amend(site, held, drop_dates=dates("2024-01-01", "2024-01-03"))
    assert found["to_run"] == 2
    assert site.instance(held, "load")["state"] == "waiting"
    site.gate("amended").touch()

    done = site.stands(held, "succeeded")
    assert (done["counts"]["succeeded"], done["counts"]["left_out"]) == (2, 7)


def test_a_cut_lets_an_instance_go_on(site: Site, held: int) -> None:
    """What it no longer waits for may never end; what else it waits for still counts."""
    load, hold = site.instance(held, "load"), site.instance(held, "hold")
    answer = site.http.post(f"/v1/task_instances/{load['id']}/cut", json={"upstream": [hold["id"]]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["amendments"][0]["what"] == {"cut": [{"instance": load["id"], "upstream": [hold["id"]]}]}
    site.until(f"/v1/task_instances/{load['id']}", lambda it: it["state"] == "failed")
    assert site.instance(held, "hold")["state"] == "running"


def test_a_cut_goes_on_behind_a_failure(site: Site) -> None:
    """A backfill that has failed goes on with what waits for the failure no longer."""
    backfill = site.submit("picky", "after_picky", gate="never-cut")
    site.stands(backfill, "failed")
    after, picky = site.instance(backfill, "after_picky")["id"], site.instance(backfill, "picky")["id"]
    amend(site, backfill, cut=[{"instance": after, "upstream": [picky]}])

    found = site.stands(backfill, "failed")
    assert (found["counts"]["succeeded"], found["counts"]["failed"]) == (1, 1)


def test_an_amendment_that_frees_nothing_leaves_it_done(site: Site) -> None:
    """A cut behind which nothing can go on: the backfill is done as before, and forgotten by the engine."""
    backfill = site.submit("picky", "after_picky", days=2, gate="never-freed", parallelism=1)
    site.stands(backfill, "failed")
    first, second = site.pages(f"/v1/backfills/{backfill}/task_instances", task="after_picky")
    amend(site, backfill, cut=[{"instance": second["id"], "upstream": [second["id"] - 1]}])

    site.stands(backfill, "failed")
    site.until("/readyz", lambda it: backfill not in site.services.ticker.engine.snapshot.backfills)
    assert first["state"] == "waiting"


def test_windows_and_terms(site: Site, held: int) -> None:
    """All parts of an amendment count at once; a null gives each task its own window again."""
    policy = {"type": "Daily", "start_time": "00:00:00", "end_time": "23:59:59", "immediately": True}
    found = amend(site, held, run_policy=policy, priority=9, parallelism=3, on_failure="Continue")
    shown = {name: found[name] for name in ("run_policy", "priority", "parallelism", "on_failure")}
    assert shown == {"run_policy": policy, "priority": 9, "parallelism": 3, "on_failure": "Continue"}
    assert site.get(f"/v1/backfills/{held}")["plan_hash"] == found["plan_hash"]
    site.until(f"/v1/backfills/{held}", lambda it: it["counts"]["running"] == 3)

    assert amend(site, held, run_policy=None)["run_policy"] is None


def test_nothing_is_written_by_a_dry_run(site: Site, held: int) -> None:
    """It answers what the plan would be, which the amendment then makes of it."""
    before = site.get(f"/v1/backfills/{held}")
    wish = {"add_dates": dates("2024-01-04", "2024-01-05"), "parallelism": 2}
    policy = {"type": "Weekend", "start_time": "22:00:00", "end_time": "06:00:00", "immediately": True}
    (change,) = amend(site, held, dry_run=True, run_policy=policy)["changes"]
    planned = amend(site, held, dry_run=True, **wish)
    after = site.get(f"/v1/backfills/{held}")

    assert change == "run policy: Weekend, 22:00:00 to 06:00:00, cycle times are not waited for"
    assert (planned["dates"]["count"], planned["instances"], planned["to_run"]) == (5, 15, 15)
    assert "parallelism: 2" in planned["changes"]
    assert any("2024-01-04" in each for each in planned["changes"])
    assert (after["amendments"], after["plan_hash"]) == ([], before["plan_hash"])
    assert amend(site, held, expect_plan=before["plan_hash"][:12], **wish)["plan_hash"] == planned["plan_hash"]
    moved = amend(site, held, 409, expect_plan=before["plan_hash"], parallelism=1)
    assert (moved["code"], moved["plan_hash"]) == ("plan_moved", planned["plan_hash"])


@pytest.mark.parametrize("dry_run", [{"dry_run": "true"}, {"DryRun": True}, {"DryRun": "True"}])
def test_a_dry_run_is_one_however_it_is_spelled(site: Site, held: int, dry_run: dict[str, Any]) -> None:
    """Every spelling that the form takes keeps the hands off."""
    assert amend(site, held, parallelism=2, **dry_run)["changes"] == ["parallelism: 2"]
    assert site.get(f"/v1/backfills/{held}")["amendments"] == []


@pytest.mark.parametrize("empty", [{"cut": []}, {"add_dates": []}, {"DropDates": []}, {"parallelism": None}])
def test_what_is_empty_changes_nothing(site: Site, held: int, empty: dict[str, Any]) -> None:
    """It would be an amendment of nothing, and bring back what is done."""
    assert faults(site, held, **empty).keys() == {""}


def test_every_fault_at_once(site: Site, held: int) -> None:
    """Shape, dates and terms together; then dates and waits against the plan; nothing is done."""
    wrong = {
        "parallelism": 11,
        "priority": 0,
        "on_failure": "Stop",
        "run_policy": {"type": "Daily", "start_time": "22:00:00", "end_time": "22:00:00"},
        "add_dates": [*dates("2024-01-09", "2024-01-08"), {"start_biz_date": "soon", "end_biz_date": "2024-01-08"}],
        "drop_dates": dates("2024-13-01"),
        "cut": [{"instance": "load", "upstream": []}],
        "dates": 1,
    }
    assert faults(site, held, **wrong).keys() == {
        "parallelism",
        "priority",
        "on_failure",
        "run_policy.end_time",
        "add_dates[0].end_biz_date",
        "add_dates[1].start_biz_date",
        "drop_dates[0].start_biz_date",
        "drop_dates[0].end_biz_date",
        "cut[0].instance",
        "cut[0].upstream",
        "dates",
    }
    load = site.instance(held, "load")["id"]
    against = {
        "add_dates": [*dates("2024-01-04"), *dates("2024-01-03", "2024-01-05")],
        "drop_dates": dates("2024-02-01"),
        "cut": [{"instance": load, "upstream": [load, 5]}, {"instance": 5, "upstream": [load]}],
    }
    assert faults(site, held, **against).keys() == {
        "add_dates[1]",
        "drop_dates[0]",
        "cut[0].upstream[0]",
        "cut[0].upstream[1]",
        "cut[1].instance",
    }
    assert faults(site, held).keys() == {""}
    assert faults(site, held, expect_plan="0" * 12).keys() == {""}
    assert site.get(f"/v1/backfills/{held}")["amendments"] == []
    amend(site, 10**6, 404, parallelism=2)
    strange = site.http.post(f"/v1/task_instances/{load}/cut", json={"upstream": [load], "force": True})
    assert [each["path"] for each in strange.json()["errors"]] == ["force"]


def test_words_for_dates_are_dates_by_then(site: Site, held: int) -> None:
    """They are counted from today, and shown as the dates that they mean."""
    found = amend(site, held, add_dates=[{"start_biz_date": "-1w", "end_biz_date": "yesterday"}])
    (said,) = found["amendments"][0]["what"]["add_dates"]
    assert found["dates"]["count"] == 3 + 7
    assert found["dates"]["last"] == said["end_biz_date"]


def test_what_is_done_takes_no_terms(site: Site) -> None:
    """Only dates, or waits behind a failure, can bring it back."""
    backfill = site.submit("silent", days=1)
    site.stands(backfill, "succeeded")
    found = amend(site, backfill, 422, parallelism=2, drop_dates=dates("2024-01-01"))["errors"]
    assert [each["path"] for each in found] == ["drop_dates", "parallelism"]
    assert found[1]["given"] == "2"


@pytest.mark.parametrize("terms", [{"on_failure": "Continue"}, {"parallelism": 2}])
def test_terms_bring_back_what_failed_with_dates_left(site: Site, terms: dict[str, Any]) -> None:
    """Dates were left waiting for the place that a failed one keeps: they go on with another, or with that one."""
    backfill = site.submit("picky", days=2, gate="never-opened", parallelism=1)
    assert site.stands(backfill, "failed")["runs"] == {"failed": 1, "queued": 1}
    amend(site, backfill, **terms)

    site.until(f"/v1/backfills/{backfill}", lambda it: it["runs"] == {"failed": 2} and it["done_at"])


def test_added_dates_are_judged_like_a_request(site: Site, held: int) -> None:
    """What another backfill holds stops a request that rejects that, and is left out of one that skips it."""
    rejecting = submitted(site, dates("2024-03-01"), "extract", "hold", on_conflict="Reject")
    refused = amend(site, rejecting, 409, add_dates=dates("2024-01-02"))
    assert refused["code"] == "cycles_held"
    assert site.get(f"/v1/backfills/{rejecting}")["amendments"] == []
    assert amend(site, rejecting, add_dates=dates("2024-03-02"))["to_run"] == 4

    skipping = submitted(site, dates("2024-04-01"), "extract", "hold", on_conflict="Skip")
    found = amend(site, skipping, add_dates=dates("2024-01-03", "2024-01-04"))
    assert (found["instances"], found["to_run"]) == (6, 4)
    site.gate("amended").touch()
    assert site.stands(skipping, "succeeded")["counts"]["left_out"] == 2
    site.stands(rejecting, "succeeded")


def test_what_exists_is_left_out_of_added_dates(site: Site) -> None:
    """`reprocess: Missing` counts for them, and for nothing that was accepted before."""
    site.stands(submitted(site, dates("2024-05-02"), "silent"), "succeeded")
    backfill = submitted(site, dates("2024-05-01"), "silent", reprocess="Missing")
    site.stands(backfill, "succeeded")
    found = amend(site, backfill, add_dates=dates("2024-05-02", "2024-05-03"))

    assert (found["instances"], found["to_run"]) == (3, 2)
    assert site.stands(backfill, "succeeded")["counts"]["left_out"] == 1


def test_who_amends_is_in_the_audit(site: Site, held: int) -> None:
    """One entry, with what was asked and the plan before and after."""
    before = site.get(f"/v1/backfills/{held}")["plan_hash"]
    after = amend(site, held, drop_dates=dates("2024-01-03"), parallelism=4)["plan_hash"]
    (entry,) = [
        each
        for each in site.get("/v1/audit", limit=100)["items"]
        if each["what"] == "amend" and each["about"]["backfill"] == held
    ]
    assert (entry["by"], entry["about"]["amendment"]) == ("local", 1)
    assert entry["about"]["drop_dates"] == dates("2024-01-03")
    assert (entry["about"]["before"]["plan_hash"], entry["about"]["after"]["plan_hash"]) == (before, after)
    assert (entry["about"]["before"]["parallelism"], entry["about"]["after"]["parallelism"]) == (1, 4)
    assert (entry["about"]["before"]["to_run"], entry["about"]["after"]["to_run"]) == (9, 6)
