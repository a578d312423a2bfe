"""Acts on all that a filter finds: what they take, what they answer, and what goes on as an operation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from interfaces.http.site import Site
from pydantic import TypeAdapter

from backfilld.interfaces.bulk_view import ActOperationView, BulkView

RUNS, INSTANCES = "/v1/runs/bulk_set_state", "/v1/task_instances/bulk_set_state"


def bulk(site: Site, path: str, **body: Any) -> Any:
    answer = site.http.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def counts(found: Any) -> dict[str, int]:
    """The verdicts that were any."""
    return {word: number for word, number in found["counts"].items() if number}


def words(found: Any) -> list[tuple[int, str]]:
    """The verdicts by item."""
    return [(each["id"], each["verdict"]) for each in found["verdicts"]]


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


def of(backfill: int, **more: Any) -> dict[str, Any]:
    """A filter over one backfill."""
    return {"backfill": {"any_": [backfill]}, **more}


def test_an_act_on_what_a_filter_finds(site: Site, held: int) -> None:
    """Each item has its verdict, by id; also instances of dates that have not begun, and one that is stopped first."""
    mine = of(held, task={"any_": ["hold"]})
    found = bulk(site, INSTANCES, state="skipped", filter=mine, reason="no need")
    assert (found["count"], counts(found)) == (4, {"accepted": 3, "later": 1})
    assert [each["id"] for each in found["verdicts"]] == sorted(each["id"] for each in found["verdicts"])
    (later,) = [each for each in found["verdicts"] if each["verdict"] == "later"]
    assert later["seconds"] >= 0
    assert "stopped first" in later["reason"]

    entry = next(each for each in site.get("/v1/audit")["items"] if each["what"] == "skip")
    told = {
        "operation": found["operation_id"],
        "backfill": held,
        "filter": mine,
        "reason": "no need",
        "from": "127.0.0.1",
    }
    assert entry["about"] == told
    assert entry["counts"] == found["counts"]
    operation = site.get(f"/v1/operations/{found['operation_id']}")
    assert (operation["status"], operation["total"], operation["done"]) == ("completed", 4, 4)
    assert [each["verdict"] for each in operation["refusals"]] == ["later"]
    assert TypeAdapter(BulkView).validate_python(found, strict=True) == found
    assert TypeAdapter(ActOperationView).validate_python(operation, strict=True) == operation


def test_what_would_be_answered(site: Site, held: int) -> None:
    """A dry run changes nothing, says how many there are and what the first would be answered: then they are."""
    last = of(held, business_date={"any_": ["2024-01-04"]})
    bulk(site, RUNS, state="cancelled", filter=last)
    for path, act in ((RUNS, "pause"), (RUNS, "hold"), (INSTANCES, "hold"), (RUNS, "rerun"), (INSTANCES, "set_failed")):
        asked = {"act": act, "filter": of(held)}
        dry = bulk(site, path, **asked, dry_run=True)
        assert (dry["operation_id"], dry["count"]) == (None, 4 if path is RUNS else 12)
        assert bulk(site, path, **asked, dry_run=True)["verdicts"] == dry["verdicts"]
        assert words(bulk(site, path, **asked, expect_count=dry["count"])) == words(dry), act


def test_another_number_than_was_seen(site: Site, held: int) -> None:
    """Nothing is done where the filter finds another number of items than the caller expects."""
    asked = {"state": "held", "filter": of(held, state={"any_": ["waiting"]})}
    answer = site.http.post(INSTANCES, json={**asked, "expect_count": 3})
    assert (answer.status_code, answer.json()["code"], answer.json()["count"]) == (409, "count_differs", 10)
    assert not any(each["held"] for each in site.pages(f"/v1/backfills/{held}/task_instances"))
    assert counts(bulk(site, INSTANCES, **asked, expect_count=10)) == {"accepted": 10}
    assert counts(bulk(site, INSTANCES, state="released", filter=of(held, held={"any_": [True]}))) == {"accepted": 10}


def test_acts_on_runs(site: Site, held: int) -> None:
    """By the state that they bring, or by name; each run has its verdict, and is found by its word then."""
    last = of(held, business_date={"after_": "2024-01-03"})
    assert counts(bulk(site, RUNS, state="paused", filter=last)) == {"accepted": 2}
    assert counts(bulk(site, RUNS, act="set_priority", priority=7, filter=of(held))) == {"accepted": 4}
    paused = of(held, state={"any_": ["paused"]}, priority={"any_": [7]})
    assert counts(bulk(site, RUNS, state="queued", filter=paused)) == {"accepted": 2}
    assert counts(bulk(site, RUNS, state="queued", filter=of(held))) == {"no_change": 4}
    (verdict,) = bulk(site, RUNS, act="start", filter={**last, "business_date": {"any_": ["2024-01-04"]}})["verdicts"]
    assert (verdict["of"], verdict["verdict"]) == ("run", "rejected")


def test_more_than_the_limit_goes_on_as_an_operation(site: Site, held: int) -> None:
    """It is answered at once, tells how far it is, and has one entry in the audit once it has ended."""
    asked = {"state": "held", "filter": of(held, state={"any_": ["waiting"]}), "limit": 9}
    answer = site.http.post(INSTANCES, json=asked)
    assert answer.status_code == 202, answer.text
    operation = site.until(answer.headers["Location"], lambda it: it["status"] == "completed")
    assert (operation["act"], operation["of"], operation["total"], operation["done"]) == ("hold", "instance", 10, 10)
    assert operation["counts"]["accepted"] == 10
    told = [each for each in site.get("/v1/audit")["items"] if each["about"].get("operation") == operation["id"]]
    assert [(each["what"], each["counts"]) for each in told] == [("hold", operation["counts"])]


def test_acts_are_listed_and_stopped(site: Site, held: int) -> None:
    """The newest first; one that has ended stays as it is, and an acceptance is no act."""
    asked = {"state": "held", "filter": of(held)}
    first, second = (bulk(site, RUNS, **asked)["operation_id"] for _ in range(2))
    listed = [each["id"] for each in site.pages("/v1/operations", kind="act", limit=3)]
    assert listed.index(second) < listed.index(first)
    before = site.get(f"/v1/operations/{second}")
    answer = site.http.delete(f"/v1/operations/{second}")
    assert (answer.status_code, answer.json()) == (200, before)
    accepted = site.get("/v1/operations")["items"][0]["id"]
    assert site.http.delete(f"/v1/operations/{accepted}").status_code == 404


def test_an_act_on_very_many_dates_is_done_in_parts(site: Site) -> None:
    """The answer is that of one round, a verdict for each date; the audit has it once."""
    backfill = site.submit("hold", days=501, gate="years")
    found = site.post(f"/v1/backfills/{backfill}/cancel")
    assert (found["id"], found["act"]["counts"]["accepted"]) == (backfill, 501)
    assert {each["of"] for each in found["act"]["verdicts"]} == {"run"}
    assert site.stands(backfill, "cancelled")["runs"] == {"cancelled": 501}
    told = [each for each in site.get("/v1/audit")["items"] if each["about"].get("backfill") == backfill]
    assert [each["counts"] for each in told if each["what"] == "cancel"] == [found["act"]["counts"]]


def test_a_filter_of_one_backfill_takes_any_number(site: Site) -> None:
    """More than one round takes go on in parts, and each has its verdict."""
    backfill = site.submit("hold", "load", "hourly", days=45, gate="more-years")
    answer = site.http.post(f"/v1/backfills/{backfill}/acts", json={"act": "hold", "filter": {"tasks": ["hourly"]}})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["act"]["verdicts"]) == 1_000
    counts = answer.json()["act"]["counts"]
    assert counts["accepted"] + counts["rejected"] == 45 * 24  # those of the first date may have ended before
    site.post(f"/v1/backfills/{backfill}/cancel")
    site.stands(backfill, "cancelled")


def test_a_filter_that_finds_nothing(site: Site) -> None:
    """That is no error: nothing is meant, and nothing done."""
    found = bulk(site, INSTANCES, state="skipped", filter={"id": {"any_": []}})
    assert (found["count"], found["verdicts"]) == (0, [])
    assert bulk(site, RUNS, state="skipped", filter=of(2**40), dry_run=True)["count"] == 0


def test_the_same_key_does_nothing_again(site: Site, held: int) -> None:
    """Who sends it again is answered as before."""
    asked, key = {"state": "held", "filter": of(held)}, {"Idempotency-Key": f"hold-{held}"}
    first, second = (site.http.post(RUNS, json=asked, headers=key) for _ in range(2))
    assert counts(first.json()) == {"accepted": 4}
    assert second.json() == first.json()


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"filter": {}}, {"act"}),
        ({"filter": {}, "act": "skip", "state": "skipped"}, {"act"}),
        ({"filter": {}, "act": "jump"}, {"act"}),
        ({"filter": {}, "act": ""}, {"act"}),
        ({"filter": {}, "state": "waiting", "limit": 0}, {"state", "limit"}),
        ({"state": "held"}, {"filter"}),
        ({"state": "held", "force": True, "filter": {"stat": {}}}, {"force", "filter.stat"}),
        ({"act": "set_priority", "filter": {}}, {"priority"}),
        ({"act": "skip", "filter": {"state": {"any_": ["done"]}}, "expect": 1}, {"filter.state.any_[0]", "expect"}),
        ({"act": "set_not_before", "not_before": "2024-01-01T00:00:00", "filter": {}}, {"not_before"}),
        ([], {""}),
    ],
)
def test_every_fault_is_told_at_once(body: Any, paths: set[str], site: Site) -> None:
    """Each with its path; nothing is done."""
    assert faults(site, INSTANCES, body).keys() == paths
