"""What a user saw of a plan is what runs; when it no longer would be, nothing is accepted."""

from __future__ import annotations

import json
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx
from daemon.host import NOTE, Host, asking, until

CHAIN = [
    {"task": "all", "command": NOTE},
    {"task": "load", "command": NOTE, "depends_on": ["all"]},
    {"task": "report", "command": NOTE, "depends_on": ["load"]},
]
WHOLE = {"mode": "AllDownstream", "roots": ["all"]}
MISSING = {"reprocess": "Missing"}
FAILED = {"reprocess": "Failed"}


def plan(host: Host, *dates: str, query: str = "", **fields: Any) -> dict[str, Any]:
    answer = host.client.post(f"/v1/plans{query}", json=asking(*dates, project=host.project, **fields))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def refused(host: Host, status: int, *dates: str, **fields: Any) -> dict[str, Any]:
    """The problem that answers a submission."""
    answer = host.client.post("/v1/backfills", json=asking(*dates, project=host.project, **fields))
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def codes(view: dict[str, Any]) -> dict[str, str]:
    """All but when it would end, which every plan of a daemon says."""
    return {each["code"]: each["severity"] for each in view["findings"] if each["code"] != "forecast_end"}


def left_out(view: dict[str, Any]) -> dict[tuple[str, str], list[str]]:
    return {(each["task"], each["why"]): each["dates"] for each in view["left_out"]}


def count_backfills(host: Host) -> int:
    return len(host.get("/v1/backfills?limit=500")["items"])


def test_the_plan_that_was_seen_is_the_plan_that_runs(work: Host) -> None:
    """With `expect_plan` a request is accepted while it still means the same, and every instance is one of the plan."""
    work.serve(CHAIN)
    seen = plan(work, "2024-01-01", "2024-01-03", query="?instances=true", **WHOLE)

    backfill = work.submit("2024-01-01", "2024-01-03", **WHOLE, top={"expect_plan": seen["plan_hash"]})

    assert work.ended(backfill)["plan_hash"] == seen["plan_hash"]
    ran = {(each["task"], each["bizdate"], each["cycle_time"]) for each in work.instances(backfill)}
    assert ran == {(each["task"], each["bizdate"], each["cycle_time"]) for each in seen["instances"]}


def test_a_plan_that_has_moved_is_refused_with_what_moved(work: Host) -> None:
    """Another catalog makes another plan: 409, the difference in words, the hash of today, and nothing written."""
    work.serve(CHAIN)
    seen = plan(work, "2024-01-01", **WHOLE)["plan_hash"]
    before = count_backfills(work)
    _reload(work, [*CHAIN, {"task": "mail", "command": NOTE, "depends_on": ["report"]}])

    problem = refused(work, 409, "2024-01-01", **WHOLE, top={"expect_plan": seen})

    assert problem["code"] == "plan_moved"
    assert "mail" in problem["detail"]
    now = plan(work, "2024-01-01", **WHOLE)["plan_hash"]
    assert problem["plan_hash"] == now
    assert any("mail" in change for change in problem["changes"])
    assert count_backfills(work) == before
    assert codes(plan(work, "2024-01-01", **WHOLE, top={"expect_plan": seen}))["plan_moved"] == "error"
    assert work.submit("2024-01-01", **WHOLE, top={"expect_plan": now[:12]})


def test_history_that_has_moved_is_refused_too(work: Host) -> None:
    """What ran meanwhile is left out of a plan for what is missing: it is not the plan that was seen."""
    work.serve(CHAIN)
    seen = plan(work, "2024-01-01", "2024-01-02", **WHOLE, top=MISSING)
    assert seen["counts"]["left_out"] == 0
    work.ended(work.submit("2024-01-01", roots=["all"]))

    problem = refused(work, 409, "2024-01-01", "2024-01-02", **WHOLE, top={**MISSING, "expect_plan": seen["plan_hash"]})

    assert "all" in problem["detail"]
    assert "left out" in problem["detail"]


def test_missing_runs_what_never_succeeded_and_nothing_else(work: Host) -> None:
    """Judged per task and cycle: of a date on which one task failed, that task and what waited for it run."""
    ok = work.folder / "ok"
    ok.unlink(missing_ok=True)
    broken = {"task": "load", "command": f"{NOTE}; test -e {ok}", "depends_on": ["all"]}
    work.serve([CHAIN[0], broken, CHAIN[2]])
    first = work.submit("2024-01-01", "2024-01-02", **WHOLE, parallelism=2)
    assert work.ended(first)["status"] == "failed"
    ok.touch()
    seen = plan(work, "2024-01-01", "2024-01-03", **WHOLE, top=MISSING)
    assert left_out(seen) == {("all", "exists"): ["2024-01-01", "2024-01-02"]}
    assert seen["counts"] | {"tasks": 3} == {"dates": 3, "tasks": 3, "instances": 9, "left_out": 2}

    second = work.submit("2024-01-01", "2024-01-03", **WHOLE, top=MISSING)

    ended = work.ended(second)
    assert (ended["status"], ended["counts"]["succeeded"], ended["counts"]["left_out"]) == ("succeeded", 7, 2)
    assert work.started_cycles()["all 2024-01-02T00:00:00Z"] == 1
    assert work.started_cycles()["load 2024-01-02T00:00:00Z"] == 2
    nothing = plan(work, "2024-01-01", "2024-01-03", **WHOLE, top=MISSING)
    assert nothing["counts"]["left_out"] == 9
    assert codes(nothing)["nothing_left"] == "warning"
    assert work.ended(work.submit("2024-01-01", "2024-01-03", **WHOLE, top=MISSING))["status"] == "succeeded"


def test_failed_runs_what_failed_last_and_nothing_else(work: Host) -> None:
    """What succeeded exists, what never ran was not asked for: of two dates only the failed task of the first runs."""
    ok = work.folder / "ok-failed"
    ok.unlink(missing_ok=True)
    work.serve([{"task": "all", "command": NOTE}, {"task": "load", "command": f"{NOTE}; test -e {ok}"}])
    work.ended(work.submit("2024-01-01", roots=["all", "load"]))
    ok.touch()

    seen = plan(work, "2024-01-01", "2024-01-02", roots=["all", "load"], top=FAILED)
    assert left_out(seen) == {
        ("all", "exists"): ["2024-01-01"],
        ("all", "never ran"): ["2024-01-02"],
        ("load", "never ran"): ["2024-01-02"],
    }
    again = work.submit("2024-01-01", "2024-01-02", roots=["all", "load"], top=FAILED)
    assert work.ended(again)["counts"]["succeeded"] == 1
    assert work.started_cycles()["load 2024-01-02T00:00:00Z"] == 2


def test_what_another_backfill_holds_waits_or_is_left_out_or_refuses(work: Host) -> None:
    """`on_conflict` Queue says so, Skip leaves the cycles out, Reject refuses; once it is done nothing is held."""
    go = work.folder / "go"
    go.unlink(missing_ok=True)
    slow = {"task": "load", "command": f"{NOTE}; while ! test -e {go}; do sleep 0.05; done", "depends_on": ["all"]}
    work.serve([CHAIN[0], slow, CHAIN[2]])
    first = work.submit("2024-01-01", roots=["all", "load"], mode="ManualSelection")
    until(lambda: work.get(f"/v1/backfills/{first}")["counts"]["running"])

    assert codes(plan(work, "2024-01-01", **WHOLE))["held_elsewhere"] == "warning"
    skipping = plan(work, "2024-01-01", "2024-01-02", **WHOLE, top={"on_conflict": "Skip"})
    assert left_out(skipping) == {
        ("all", "in flight elsewhere"): ["2024-01-01"],
        ("load", "in flight elsewhere"): ["2024-01-01"],
    }
    problem = refused(work, 409, "2024-01-01", **WHOLE, top={"on_conflict": "Reject"})
    assert problem["code"] == "cycles_held"
    assert f"backfill {first}" in problem["detail"]
    second = work.submit("2024-01-01", "2024-01-02", **WHOLE, parallelism=2, top={"on_conflict": "Skip"})
    go.touch()
    assert work.ended(first)["status"] == work.ended(second)["status"] == "succeeded"
    assert work.started_cycles()["load 2024-01-02T00:00:00Z"] == 1
    assert "held_elsewhere" not in codes(plan(work, "2024-01-01", **WHOLE))
    assert work.ended(work.submit("2024-01-01", **WHOLE, top={"on_conflict": "Reject"}))["status"] == "succeeded"


def test_of_two_requests_at_the_same_moment_one_is_refused(work: Host) -> None:
    """Reject is judged at the acceptance itself: two that want the same cycles are never both accepted."""
    go = work.folder / "go-race"
    go.unlink(missing_ok=True)
    work.serve([{"task": "all", "command": f"while ! test -e {go}; do sleep 0.05; done"}])
    body = asking("2024-01-01", roots=["all"], project=work.project, top={"on_conflict": "Reject"})
    for _ in range(5):
        answers = _at_once(work, body, 6)
        assert sorted(each.status_code for each in answers) == [202, 409, 409, 409, 409, 409]
        go.touch()
        (accepted,) = (each.json() for each in answers if each.status_code == 202)
        work.ended(accepted["backfill_id"])
        go.unlink()


def test_what_has_changed_since_a_backfill(work: Host) -> None:
    """A plan against an earlier backfill says what is different, and nothing where nothing is."""
    work.serve(CHAIN)
    first = work.submit("2024-01-01", **WHOLE)
    same = plan(work, "2024-01-01", query=f"?against={first}", **WHOLE)["difference"]
    assert (same["changed"], same["sentences"]) == (False, [])

    _reload(work, CHAIN[:2])
    less = plan(work, "2024-01-01", "2024-01-02", query=f"?against={first}", **WHOLE)["difference"]

    assert less["changed"]
    told = " ".join(less["sentences"])
    assert "report" in told
    assert "2024-01-02" in told
    unknown = work.client.post("/v1/plans?against=999999", json=asking(roots=["all"], project=work.project))
    assert unknown.status_code == 404


def test_relative_dates_are_stored_as_the_dates_that_they_meant(work: Host) -> None:
    """`-7d` to `yesterday` are seven dates at submission, and the same seven when the request is read again."""
    work.serve(CHAIN)
    seen = plan(work, "-7d", "yesterday", **WHOLE)
    backfill = work.submit("-7d", "yesterday", **WHOLE)

    (asked,) = work.get(f"/v1/backfills/{backfill}/request")["periods"]["biz_dates"]

    assert (asked["start_biz_date"], asked["end_biz_date"]) == (seen["dates"][0], seen["dates"][-1])
    assert len(seen["dates"]) == 7
    work.act("backfills", backfill, "cancel")


def test_upstream_that_never_succeeded_is_told_until_it_has(work: Host) -> None:
    """A task that reads what nobody made is warned of; not any more once that has succeeded."""
    work.serve(CHAIN)
    before = plan(work, "2024-01-01", roots=["load"])
    assert codes(before) == {"upstream_never_succeeded": "warning"}
    off = {"analysis": {"enabled": False}}
    assert codes(plan(work, "2024-01-01", roots=["load"], **off)) == {}
    work.ended(work.submit("2024-01-01", roots=["all"]))
    assert codes(plan(work, "2024-01-01", roots=["load"])) == {}


def test_every_type_runs(work: Host) -> None:
    """Outside SupplementData there is one instance a task, now, with its workflow's rules."""
    work.serve(CHAIN)
    _reload(work, CHAIN, more=_OTHER_WORKFLOWS)
    body = {"name": "now", "project_id": work.project}

    manual = _ended(work, {**body, "type": "ManualWorkflow", "workflow_id": "by_hand"})
    assert _tasks(work, manual) == {"prepare": "succeeded", "apply": "succeeded"}
    one = _ended(work, {**body, "type": "Manual", **_roots("apply")})
    assert _tasks(work, one) == {"apply": "succeeded"}
    triggered = _ended(work, {**body, "type": "TriggerWorkflow", "workflow_id": "on_event"})
    assert _tasks(work, triggered) == {"react": "succeeded"}
    smoke = {**body, "type": "SmokeTest", **_roots("load")}
    refusal = work.client.post("/v1/backfills", json=smoke)
    assert (refusal.status_code, "smoke_test" in refusal.text) == (422, True)
    tested = _ended(work, {**smoke, "env_type": "Dev"})
    assert _tasks(work, tested) == {"load": "succeeded"}
    assert tested["dates"]["count"] == 1


def test_a_plan_that_changed_over_a_restart_stays_paused_and_says_why(host: Host) -> None:
    """States are never read into another plan: the backfill pauses with reason `plan_changed`, and what moved."""
    host.catalog(CHAIN)
    host.start()
    waiting = host.submit("2100-01-01", **WHOLE)
    host.kill()
    _forge_hash(host, waiting)
    host.start()

    found = host.get(f"/v1/backfills/{waiting}")

    assert found["status"] == "paused"
    assert found["reason"]["code"] == "plan_changed"
    assert "cycles" in found["reason"]["message"]
    answer = host.client.post(f"/v1/backfills/{waiting}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "plan_changed")


_OTHER_WORKFLOWS = [
    {
        "workflow": "by_hand",
        "type": "Manual",
        "tasks": [
            {"task": "prepare", "command": "true"},
            {"task": "apply", "command": "true", "depends_on": ["prepare"]},
        ],
    },
    {"workflow": "on_event", "type": "Triggered", "tasks": [{"task": "react", "command": "true"}]},
]


def _roots(*tasks: str) -> dict[str, Any]:
    return {"default_run_properties": {"root_task_ids": list(tasks)}}


def _ended(host: Host, body: dict[str, Any]) -> dict[str, Any]:
    answer = host.client.post("/v1/backfills", json=body)
    assert answer.status_code == 202, answer.text
    return host.ended(answer.json()["backfill_id"])


def _tasks(host: Host, backfill: dict[str, Any]) -> dict[str, str]:
    return {each["task"]: each["state"] for each in host.instances(backfill["id"])}


def _reload(host: Host, tasks: list[dict[str, Any]], more: list[dict[str, Any]] | None = None) -> None:
    """Another catalog of the same project for the running daemon."""
    workflow = {"workflow": "w", "parameters": {"ledger": str(host.ledger)}, "tasks": tasks}
    whole = {"project": host.project, "timezone": "UTC", "workflows": [workflow, *(more or [])]}
    (host.folder / "catalog" / "p.yaml").write_text(json.dumps(whole))
    loaded = host.told().count("is running")
    assert host.process is not None
    host.process.send_signal(signal.SIGHUP)
    until(lambda: host.told().count("is running") > loaded or "is refused" in host.told())
    assert "is refused" not in host.told(), host.told()


def _at_once(host: Host, body: dict[str, Any], many: int) -> list[httpx.Response]:
    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(lambda _: host.client.post("/v1/backfills", json=body), range(many)))


def _forge_hash(host: Host, backfill: int) -> None:
    """As if other cycles had been accepted: what new time-zone data would do."""
    with closing(sqlite3.connect(host.state / "backfilld.db")) as database, database:
        (stored,) = database.execute("select plan_hash from backfill where id = ?", [backfill]).fetchone()
        forged = "0" * 24 + stored[24:40] + "0" * 8 + stored[48:]
        database.execute("update backfill set plan_hash = ? where id = ?", [forged, backfill])
