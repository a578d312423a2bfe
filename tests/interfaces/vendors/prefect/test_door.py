"""What a client of the door does, and what becomes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interfaces.http.site import PATIENCE, Site
from interfaces.vendors.prefect.calling import DAILY, ON_CALL, SHOP, PrefectCaller, coded, ended
from interfaces.vendors.prefect.conftest import caller_at, token_at

from backfilld.interfaces.vendors.prefect.filters import FlowRunFilter
from backfilld.interfaces.vendors.prefect.ids import Kind, id_of
from backfilld.interfaces.vendors.prefect.states import StateDetails

AHEAD = (datetime.now(UTC) + timedelta(days=2)).isoformat()


def test_what_is_made_comes_back_as_it_was_said(prefect: PrefectCaller) -> None:
    """Every field of a run that is made is echoed, or acts; a key that is known answers the run that was made then."""
    parent, gate = str(uuid4()), prefect.gate()
    said = {
        "name": "bf-2024-11-20",
        "tags": ["bf", "k=v", "", "=of no key", "k=w", "x" * 255],
        "context": {"a": [1]},
        "labels": {"team": "ops", "n": 2},
        "parent_task_run_id": parent,
        "parameters": {"gate": gate, "day": "2024-11-20"},
        "idempotency_key": "any text: ÄÖ %",
        "work_queue_name": "default",
    }
    made = prefect.make(**said)
    with ended(prefect, made["id"]):
        assert {name: made[name] for name in said} == said
        assert (made["deployment_id"], made["flow_id"]) == (str(ON_CALL), str(SHOP))
        assert made["created_by"]["type"] == "DEPLOYMENT"
        again = prefect.make(status=200, idempotency_key=said["idempotency_key"], name="another")
        assert again["id"] == made["id"]
        assert prefect.found(idempotency_key={"any_": [said["idempotency_key"]]}) == ["bf-2024-11-20"]
        assert prefect.found(parent_task_run_id={"any_": [parent]}) == ["bf-2024-11-20"]
        assert prefect.found(work_queue_name={"any_": ["default"]}, tags={"all_": ["k=w"]}) == ["bf-2024-11-20"]
        prefect.until(made["id"], "RUNNING")
        Path(gate).touch()
        done = prefect.until(made["id"], "COMPLETED")
    assert done["start_time"] <= done["end_time"]
    assert done["total_run_time"] > 0
    wrote = prefect.post("/logs/filter", {"logs": {"flow_run_id": {"any_": [made["id"]]}}})
    assert [(line["name"], line["message"]) for line in wrote] == [("wait", "day 2024-11-20"), ("after", "done")]


def test_a_run_of_a_scheduled_workflow_is_one_business_date(prefect: PrefectCaller) -> None:
    """Its parameter `bizdate` says which; what fails can be completed, scheduled again, and deleted."""
    made = prefect.make(DAILY, parameters={"bizdate": "2024-01-05", "limit": "9"})
    run = made["id"]
    assert prefect.until(run, "FAILED")["name"] == "daily 2024-01-05"
    lines = {"logs": {"flow_run_id": {"any_": [run]}, "level": {"ge_": 20, "le_": 20}}, "limit": 1}
    assert prefect.post("/logs/filter", lines)[0]["message"] == "20240105 9"
    assert prefect.post("/logs/filter", {"logs": lines["logs"] | {"level": {"ge_": 30}}}) == []

    assert prefect.set(run, "COMPLETED", name="By hand", message="known")["state"]["name"] == "By hand"
    assert prefect.run(run)["state_name"] == "By hand"
    (again,) = prefect.bulk({"type": "SCHEDULED"}, {"id": {"any_": [run]}})
    assert (again["status"], again["state"]["type"]) == ("ACCEPT", "SCHEDULED")
    assert prefect.until(run, "FAILED")["state_name"] == "Failed"
    types = [state["type"] for state in prefect.get("/flow_run_states/", flow_run_id=run)]
    assert types[:1] + types[-2:] == ["SCHEDULED", "SCHEDULED", "FAILED"]
    assert {"COMPLETED", "FAILED"} <= set(types)

    assert prefect.http.delete(f"/flow_runs/{run}").status_code == 204
    prefect.get(f"/flow_runs/{run}", 404)
    assert prefect.post("/flow_runs/count", {"flow_runs": {"id": {"any_": [run]}}}) == 0


def test_what_is_scheduled_ahead_waits(prefect: PrefectCaller) -> None:
    """Until its time it is scheduled, also when it is pending meanwhile; whoever insists has it run at once."""
    state = {"type": "SCHEDULED", "name": "Later", "state_details": {"scheduled_time": AHEAD, "pause_key": "p"}}
    made = prefect.make(state=state)
    run = made["id"]
    with ended(prefect, run):
        assert (made["state_name"], made["state"]["state_details"]["pause_key"]) == ("Later", "p")
        assert datetime.fromisoformat(made["next_scheduled_start_time"]) == datetime.fromisoformat(AHEAD)
        for before in ("SCHEDULED", "PENDING"):
            found = prefect.set(run, "RUNNING", status=200)
            assert (found["status"], found["state"]["type"]) == ("WAIT", before)
            assert 0 < found["details"]["delay_seconds"] <= 2 * 24 * 3600
            prefect.set(run, "PENDING", force=before == "PENDING", status=201)
        assert prefect.run(run)["start_time"] is None
        assert prefect.set(run, "RUNNING", force=True, status=201)["status"] == "ACCEPT"
        native = prefect.site.until(f"/v1/runs/{int(run[-12:], 16)}", lambda it: it["status"] == "running")
        assert native["not_before"] is None


def test_a_pause_lasts_until_somebody_resumes(prefect: PrefectCaller) -> None:
    """What runs goes on, unless the pause is to end it; a pause that nobody ended in time is a failure."""
    made = [prefect.make() for _ in range(3)]
    plain, suspended, forgotten = (each["id"] for each in made)
    with ended(prefect, plain, suspended, forgotten):
        for each in (plain, suspended, forgotten):
            prefect.until(each, "RUNNING")
        prefect.set(plain, "PAUSED")
        prefect.set(suspended, "PAUSED", name="Suspended", state_details={"pause_reschedule": True})
        past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
        prefect.set(forgotten, "PAUSED", state_details={"pause_timeout": past})

        native = [f"/v1/runs/{int(each[-12:], 16)}" for each in (plain, suspended)]
        assert prefect.site.get(native[0])["status"] == "pausing"
        prefect.site.until(native[1], lambda it: it["status"] == "paused")
        assert prefect.run(suspended)["state_name"] == "Suspended"
        found = prefect.until(forgotten, "FAILED")
        assert found["state"]["message"] == "The flow was paused and never resumed."
        prefect.site.until(f"/v1/runs/{int(forgotten[-12:], 16)}", lambda it: it["status"] == "failed")
        for each in (plain, suspended):
            assert prefect.set(each, "RUNNING")["status"] == "ACCEPT"
            prefect.until(each, "RUNNING")
            prefect.site.until(f"/v1/runs/{int(each[-12:], 16)}", lambda it: it["status"] == "running")


def test_a_pause_of_somebody_else_has_no_end(prefect: PrefectCaller) -> None:
    """What a client has said of a pause is over once the run has gone on, also where it is paused natively then."""
    run = prefect.make()["id"]
    native = f"/v1/runs/{int(run[-12:], 16)}"
    with ended(prefect, run):
        prefect.until(run, "RUNNING")
        prefect.set(run, "PAUSED", message="mine", state_details={"pause_timeout": AHEAD})
        assert prefect.run(run)["state"]["message"] == "mine"
        for act in ("resume", "pause"):
            prefect.site.post(f"{native}/{act}")
        found = prefect.run(run)["state"]
        assert (found["message"], found["state_details"]["pause_timeout"]) == (None, None)


def test_a_pause_lapses_though_nobody_looks(prefect: PrefectCaller) -> None:
    """At its time a run has failed natively; one that was resumed before, or paused anew for longer, has not."""
    resumed, longer, forgotten = (prefect.make()["id"] for _ in range(3))
    natives = {run: f"/v1/runs/{int(run[-12:], 16)}" for run in (resumed, longer, forgotten)}
    with ended(prefect, resumed, longer, forgotten):
        for run, native in natives.items():
            prefect.site.until(native, lambda it: it["status"] == "running")
            prefect.set(run, "PAUSED", state_details={"pause_timeout": AHEAD})
        prefect.set(resumed, "RUNNING")
        prefect.set(longer, "PAUSED", force=True, state_details={"pause_timeout": AHEAD})
        soon = (datetime.now(UTC) + timedelta(seconds=0.3)).isoformat()
        prefect.set(forgotten, "PAUSED", force=True, state_details={"pause_timeout": soon})

        prefect.site.until(natives[forgotten], lambda it: it["status"] == "failed")
        assert prefect.site.get(natives[resumed])["status"] == "running"
        assert prefect.site.get(natives[longer])["status"] == "pausing"
        assert prefect.until(forgotten, "FAILED")["state"]["message"] == "The flow was paused and never resumed."


def test_one_date_of_a_backfill_goes_on_alone(prefect: PrefectCaller) -> None:
    """Dates that are not started, or paused as a whole, are let go one by one; the others stay where they are."""
    request = {
        "name": "reload",
        "project_id": "shop",
        "type": "SupplementData",
        "periods": {"biz_dates": [{"start_biz_date": "2024-02-01", "end_biz_date": "2024-02-03"}]},
        "default_run_properties": {"root_task_ids": [1], "parallelism": 3},
        "auto_start_enabled": False,
        "tags": [{"key": "ticket", "value": "D-17"}],
    }
    answer = prefect.site.http.post("/v1/backfills", json=request)
    prefect.site.until(answer.headers["Location"], lambda it: it["status"] == "completed")
    ours = prefect.post("/flow_runs/filter", {"flow_runs": {"tags": {"any_": ["ticket=D-17"]}}, "sort": "NAME_ASC"})
    assert [(run["name"], run["state_name"]) for run in ours] == [
        (f"reload 2024-02-0{day}", "Scheduled") for day in (1, 2, 3)
    ]
    assert {run["deployment_id"] for run in ours} == {None}
    first, second, third = (run["id"] for run in ours)

    assert prefect.set(second, "RUNNING")["status"] == "ACCEPT"
    prefect.until(second, "COMPLETED")
    assert [prefect.run(each)["state_type"] for each in (first, third)] == ["PAUSED", "PAUSED"]
    assert prefect.set(second, "SCHEDULED")["status"] == "ABORT"  # it is of no deployment
    assert {each["status"] for each in prefect.bulk({"type": "RUNNING"}, {"id": {"any_": [first, third]}})} == {
        "ACCEPT"
    }
    for each in (first, third):
        prefect.until(each, "COMPLETED")


def test_who_may_what(site: Site, prefect: PrefectCaller) -> None:
    """Reading, making and acting need their scopes; runs of other projects are not there at all."""
    made = prefect.make(state={"type": "SCHEDULED", "state_details": {"scheduled_time": AHEAD}})["id"]
    with caller_at(site, "read") as reader, caller_at(site, "run") as runner:
        assert reader.run(made)["id"] == made
        assert reader.post(f"/deployments/{ON_CALL}/create_flow_run", {}, 403)["exception_message"]
        runner.post(f"/flow_runs/{made}/set_state", {"state": {"type": "CANCELLED"}}, 403)
        runner.make(state={"type": "COMPLETED"}, status=403)
        later = runner.make(state={"type": "SCHEDULED", "state_details": {"scheduled_time": AHEAD}})["id"]
    with caller_at(site, "operate", projects=["other"]) as stranger:
        for path in (f"/flow_runs/{made}", f"/flows/{SHOP}", f"/deployments/{ON_CALL}", "/flows/name/shop"):
            stranger.get(path, 404)
        stranger.post(f"/flow_runs/{made}/set_state", {"state": {"type": "CANCELLED"}}, 404)
        assert stranger.bulk({"type": "CANCELLED"}) == []
        assert stranger.post("/flow_runs/bulk_delete", {}) == {"deleted": []}
        assert stranger.post("/logs/filter", {"logs": {"flow_run_id": {"any_": [made]}}}) == []
        theirs = id_of(Kind.DEPLOYMENT, 80)
        stranger.until(stranger.make(theirs, parameters=None)["id"], "COMPLETED")
        assert stranger.post("/flow_runs/count", {}) == 1
    assert prefect.post("/flow_runs/bulk_delete", {"flow_runs": {"id": {"any_": [made, later]}}})["deleted"] == [
        later,
        made,
    ]


def test_credentials(site: Site, prefect: PrefectCaller) -> None:
    """A token is good as API key, as auth string, and as the password in one; anything else is 401."""
    token, url = token_at(site, "read"), f"{site.http.base_url}/api/csrf-token"
    shown = {f"Bearer {token}": 422, f"Basic {coded(token)}": 422, f"Basic {coded('admin:' + token)}": 422}
    shown |= {"Bearer x": 401, "Basic x": 401, f"Basic {coded('a:b')}": 401, f"Digest {token}": 401, "": 401}
    for header, status in shown.items():
        answer = httpx.get(url, headers={"Authorization": header}, timeout=PATIENCE, trust_env=False)
        assert answer.status_code == status, header
        if status == 401:
            assert answer.json() == {"exception_message": "Unauthorized"}
    native = httpx.get(f"{site.http.base_url}/v1/runs", headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    assert native.status_code == 401


REFUSED = [
    ("/flow_runs/filter", {"limit": 201}, ["body", "limit"]),
    ("/flow_runs/filter", {"offset": -1}, ["body", "offset"]),
    ("/flow_runs/filter", {"offset": 2**70}, ["body", "offset"]),
    ("/flow_runs/filter", {"sort": "ID_ASC"}, ["body", "sort"]),
    ("/flow_runs/filter", {"flow_runs": {"odd": 1}}, ["body", "flow_runs", "odd"]),
    ("/flow_runs/filter", {"work_pools": {"name": {"any_": ["p"]}}}, ["body", "work_pools"]),
    ("/flow_runs/bulk_set_state", {"state": {"type": "RUNNING"}, "limit": 0}, ["body", "limit"]),
    ("/flow_runs/bulk_set_state", {"state": {"type": "RUNNING"}, "limit": 51}, ["body", "limit"]),
    ("/flow_runs/bulk_set_state", {"flow_runs": {}}, ["body", "state"]),
    ("/flow_runs/bulk_set_state", {"state": {"type": "running"}}, ["body", "state", "type"]),
    ("/flow_runs/bulk_set_state", {"state": {"type": "RUNNING", "odd": 1}}, ["body", "state", "odd"]),
    ("/flow_runs/bulk_delete", {"limit": 51}, ["body", "limit"]),
    ("/logs/filter", {}, ["body", "logs"]),
    (f"/deployments/{DAILY}/create_flow_run", {"parameters": {"bizdate": "soon"}}, None),
    (f"/deployments/{DAILY}/create_flow_run", {"parameters": {"nobody": "1"}}, ["body", "parameters", "nobody"]),
    (f"/deployments/{ON_CALL}/create_flow_run", {"job_variables": {"a": 1}}, ["body", "job_variables"]),
    (f"/deployments/{ON_CALL}/create_flow_run", {"work_queue_name": "none"}, ["body", "work_queue_name"]),
    (f"/deployments/{ON_CALL}/create_flow_run/bulk", [{}] * 101, ["body"]),
    ("/flows/", {"name": "shop", "tags": ["a"]}, ["body", "tags"]),
]


@pytest.mark.parametrize(("path", "body", "place"), REFUSED)
def test_what_is_refused(prefect: PrefectCaller, path: str, body: object, place: list[str] | None) -> None:
    """A fault is told with its place; keys at the top that nobody knows are passed over, as on the vendor's server."""
    found = prefect.post(path, body, 422)

    assert found["exception_message"] == "Invalid request received."
    assert place is None or [each["loc"] for each in found["exception_detail"]] == [place]


ODD = [
    None,
    True,
    -1,
    2**70,
    1e300,
    "\ud800",
    "\0",
    "x" * 3000,
    [None],
    {"a": 1},
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00+14",
]


@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_nothing_odd_breaks_it(prefect: PrefectCaller, data: st.DataObject) -> None:
    """Whatever stands in a field, the answer is one of the client's language, never an error of ours."""
    odd, value = data.draw(st.sampled_from(ODD)), data.draw(st.sampled_from(["any_", "like_", "after_", "is_null_"]))
    field = data.draw(st.sampled_from(sorted(FlowRunFilter.model_fields)))
    detail = data.draw(st.sampled_from(sorted(StateDetails.model_fields)))
    nothing = {"id": {"any_": []}}
    state = {"type": "SCHEDULED", "message": odd, "state_details": {detail: odd}}
    bodies = [
        ("/flow_runs/filter", {"flow_runs": {field: {value: odd}}, "limit": 1}),
        ("/flow_runs/filter", {"flow_runs": {field: odd}, "offset": odd}),
        ("/flow_runs/bulk_set_state", {"state": state, "flow_runs": nothing}),
        (f"/deployments/{ON_CALL}/create_flow_run/bulk", [{"name": odd, "tags": [odd], "state": state, "labels": odd}]),
        ("/flows/", {"name": odd}),
        ("/logs/filter", {"logs": {"flow_run_id": {"any_": []}, "timestamp": {"after_": odd}}}),
    ]
    for path, body in bodies:
        answer = prefect.http.post(path, content=json.dumps(body).encode())
        assert answer.status_code < 500, (path, body, answer.text)


def test_what_is_not_there(prefect: PrefectCaller) -> None:
    """Unknown paths, ids that are none, methods that a path does not have, and JSON that is none."""
    for path in ("/flow_runs/no-id", f"/flow_runs/{uuid4()}", "/nowhere", f"/deployments/{uuid4()}"):
        assert "detail" in prefect.get(path, 404)
    assert prefect.get("/nowhere", 404) == {"detail": "Not Found"}
    assert prefect.http.put("/flow_runs/filter").status_code == 405
    broken = prefect.http.post("/flow_runs/filter", content=b'{"limit": 1, "limit": 2}')
    assert broken.status_code == 422
    assert broken.json()["exception_detail"][0]["type"] == "json_invalid"
    assert prefect.post("/flow_runs/count", {"unheard_of": 1}) >= 0
    many = prefect.post(f"/deployments/{ON_CALL}/create_flow_run/bulk", [{"name": "\n"}])
    assert [each["status"] for each in many["results"]] == ["FAILED"]
    assert many["results"][0]["error"]


def test_projects_and_workflows(prefect: PrefectCaller) -> None:
    """Flows and deployments are found by name; one that is asked for has to be in the catalog."""
    flow = prefect.get("/flows/name/shop")
    assert flow == prefect.get(f"/flows/{SHOP}") == prefect.post("/flows/", {"name": "shop", "tags": [], "labels": {}})
    found = prefect.get("/deployments/name/shop/on_call")
    assert found == prefect.get(f"/deployments/{ON_CALL}")
    assert (found["id"], found["flow_id"], found["tags"]) == (str(ON_CALL), str(SHOP), ["team=ops", "plain"])
    assert prefect.post("/deployments/", {"name": "on_call", "flow_id": str(SHOP)}) == found
    prefect.post("/flows/", {"name": "nobody"}, 404)
    prefect.post("/deployments/", {"name": "nobody", "flow_id": str(SHOP)}, 404)
