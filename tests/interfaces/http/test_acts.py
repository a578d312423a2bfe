"""Acts over HTTP: what they take, what they answer, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from interfaces.http.site import Site, open_site
from sqlalchemy import create_engine, text


def act(site: Site, path: str, **body: Any) -> dict[str, Any]:
    """The counts of an act, those that are any."""
    answer = site.http.post(path, json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["act"]
    return {word: number for word, number in found["counts"].items() if number}


def faults(site: Site, path: str, body: Any) -> dict[str, str]:
    """What is wrong with a body: by path, what is allowed."""
    answer = site.http.post(path, json=body)
    assert answer.status_code == 422, answer.text
    return {fault["path"]: fault["allowed"] for fault in answer.json()["errors"]}


@pytest.fixture
def held(site: Site) -> Iterator[int]:
    """A backfill of three dates whose first waits at a gate; it leaves its cycles to the next test."""
    backfill = site.submit("extract", "hold", "load", days=3, gate="acts")
    yield backfill
    site.post(f"/v1/backfills/{backfill}/cancel")
    site.stands(backfill, "cancelled")


def test_an_answer_has_the_backfill_and_each_verdict(site: Site, held: int) -> None:
    """One verdict an item, with the reason where it was rejected; the whole backfill beside it."""
    first = site.get(f"/v1/backfills/{held}/runs")["items"][0]["id"]
    found = site.post(f"/v1/runs/{first}/start")
    assert (found["id"], found["act"]["name"]) == (held, "start")
    (verdict,) = found["act"]["verdicts"]
    assert (verdict["of"], verdict["id"], verdict["verdict"], verdict["seconds"]) == ("run", first, "rejected", None)
    assert "backfill" in verdict["reason"]


@pytest.mark.parametrize(
    ("name", "body", "path"),
    [
        ("pause", {"unti": None}, "unti"),
        ("pause", {"until": "tomorrow"}, "until"),
        ("pause", {"until": "2024-01-01T00:00:00"}, "until"),
        ("pause", {"until": 5}, "until"),
        ("cancel", {"force": "yes"}, "force"),
        ("rerun", {"latest": "yes"}, "latest"),
        ("hold", {"force": True}, "force"),
        ("set_priority", {}, "priority"),
        ("set_priority", {"priority": 12}, "priority"),
        ("set_priority", {"priority": True}, "priority"),
        ("set_not_before", {}, "not_before"),
        ("replan", {}, "parallelism"),
        ("replan", {"parallelism": 0}, "parallelism"),
        ("replan", {"parallelism": 11}, "parallelism"),
        ("replan", {"on_failure": "Stop"}, "on_failure"),
        ("start", [], ""),
    ],
)
def test_an_option_that_is_wrong(name: str, body: Any, path: str, site: Site, held: int) -> None:
    """It is named with what is allowed, and nothing is done."""
    assert faults(site, f"/v1/backfills/{held}/{name}", body).keys() == {path}


def test_every_fault_of_a_body_is_told_at_once(site: Site, held: int) -> None:
    """Options and filters together, each with its path."""
    wrong = {"tasks": [], "states": ["done"], "start_biz_date": "soon", "day": 1}
    found = faults(site, f"/v1/backfills/{held}/acts", {"act": "skip", "filter": wrong})
    assert found.keys() == {"filter.tasks", "filter.states", "filter.start_biz_date", "filter.day"}
    assert faults(site, f"/v1/backfills/{held}/acts", {"act": "skip"}).keys() == {"filter"}
    assert faults(site, f"/v1/backfills/{held}/acts", {"act": "jump", "filter": {}}).keys() == {"act"}
    unknown = {"act": "skip", "filter": {"tasks": ["nobody", "load"]}}
    assert faults(site, f"/v1/backfills/{held}/acts", unknown).keys() == {"filter.tasks"}


def test_a_filter_names_instances_also_of_dates_that_have_not_begun(site: Site) -> None:
    """By task, state and date; one that nothing passes means nothing."""
    backfill = site.submit("extract", "hold", "load", days=3, gate="filtered")
    path = f"/v1/backfills/{backfill}/acts"
    one_day = {"start_biz_date": "2024-01-02", "end_biz_date": "2024-01-02"}

    assert act(site, path, act="hold", filter={"tasks": ["load"], **one_day}) == {"accepted": 1}
    assert act(site, path, act="hold", filter={"tasks": ["load"]}) == {"accepted": 2, "no_change": 1}
    assert act(site, path, act="skip", filter={"tasks": ["load"], "states": ["failed"]}) == {}
    assert act(site, path, act="release", filter={"tasks": ["load"]}) == {"accepted": 3}
    site.gate("filtered").touch()
    site.stands(backfill, "succeeded")


def test_terms_are_shown_as_they_are_now(site: Site, held: int) -> None:
    """What an act has set is shown of the backfill, its runs and its instances."""
    assert act(site, f"/v1/backfills/{held}/replan", parallelism=2, on_failure="Continue") == {"accepted": 1}
    assert act(site, f"/v1/backfills/{held}/replan", parallelism=2) == {"no_change": 1}
    assert act(site, f"/v1/backfills/{held}/set_priority", priority=7) == {"accepted": 1}
    found = site.get(f"/v1/backfills/{held}")
    assert (found["parallelism"], found["on_failure"], found["priority"]) == (2, "Continue", 7)

    last = site.get(f"/v1/backfills/{held}/runs")["items"][2]
    moment = "2199-01-01T00:00:00Z"
    assert act(site, f"/v1/runs/{last['id']}/set_not_before", not_before=moment) == {"accepted": 1}
    assert act(site, f"/v1/runs/{last['id']}/set_priority", priority=3) == {"accepted": 1}
    shown = site.get(f"/v1/backfills/{held}/runs")["items"][2]
    assert (shown["not_before"], shown["priority"]) == (moment, 3)
    load = site.instance(held, "load")
    assert act(site, f"/v1/task_instances/{load['id']}/set_priority", priority=11) == {"accepted": 1}
    assert site.get(f"/v1/task_instances/{load['id']}")["priority"] == 11


def test_an_act_on_what_is_done_leaves_nothing_behind(site: Site) -> None:
    """A backfill that an act could not bring back is forgotten by the engine at once, and shown as it is."""
    backfill = site.submit("silent", days=2)
    site.stands(backfill, "succeeded")
    first = site.instance(backfill, "silent")

    assert act(site, f"/v1/backfills/{backfill}/rerun") == {"no_change": 2}
    assert act(site, f"/v1/backfills/{backfill}/pause") == {"rejected": 1}
    site.until("/readyz", lambda it: backfill not in site.services.ticker.engine.snapshot.backfills)
    assert act(site, f"/v1/task_instances/{first['id']}/set_failed") == {"accepted": 1}
    assert site.stands(backfill, "failed")["counts"]["failed"] == 1


def test_a_rerun_by_the_running_catalog(site: Site) -> None:
    """Of all that a filter names; by the version of the plan itself nothing is otherwise, and none is shown."""
    backfill = site.submit("picky", gate="latest")
    site.stands(backfill, "failed")
    site.gate("latest").touch()
    path = f"/v1/backfills/{backfill}/acts"
    assert act(site, path, act="rerun", latest=True, filter={"tasks": ["picky"]}) == {"accepted": 1}
    site.stands(backfill, "succeeded")
    assert site.instance(backfill, "picky")["catalog_version"] is None
    version = site.get(f"/v1/backfills/{backfill}")["version_id"]
    entry = next(each for each in site.get("/v1/audit")["items"] if each["what"] == "rerun")
    assert entry["about"] == {
        "backfill": backfill,
        "filter": {"tasks": ["picky"]},
        "latest": True,
        "from": "127.0.0.1",
        "catalog_version": version,
    }


def test_the_ledger_follows_what_is_set(site: Site) -> None:
    """A cycle that was set to succeeded after its run was settled counts as one that has succeeded."""
    backfill = site.submit("picky", gate="never-set")
    site.stands(backfill, "failed")
    act(site, f"/v1/task_instances/{site.instance(backfill, 'picky')['id']}/set_succeeded")
    site.stands(backfill, "succeeded")

    request = site.request("picky", gate="never-set") | {"reprocess": "Missing"}
    assert site.http.post("/v1/plans", json=request).json()["counts"]["left_out"] == 1


def test_a_changed_audit_is_found(tmp_path: Path) -> None:
    """Whatever is changed or taken out of it, the check names the first entry that does not fit."""
    with open_site(tmp_path) as site:
        backfill = site.submit("silent")
        site.stands(backfill, "succeeded")
        assert site.get("/v1/audit/check") == {"whole": True, "broken": None}
        page = site.get("/v1/audit", limit=1)
        assert [item["about"]["backfill"] for item in page["items"]] == [backfill]
        assert page["next"] == page["items"][0]["id"]
    engine = create_engine(f"sqlite:///{tmp_path / 'backfilld.db'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit SET \"by\" = 'nobody' WHERE id = 2"))
    engine.dispose()
    with open_site(tmp_path) as site:
        assert site.get("/v1/audit/check") == {"whole": False, "broken": 2}


def test_an_act_may_follow_the_acceptance_at_once(site: Site) -> None:
    """The engine has heard of a backfill before it hears of an act on it, however fast that comes."""
    for _ in range(20):
        accepted = site.http.post("/v1/backfills", json=site.request("silent"))
        answer = site.http.post(f"/v1/backfills/{accepted.json()['backfill_id']}/cancel")
        assert answer.status_code == 200, answer.text
        assert answer.json()["act"]["name"] == "cancel"
