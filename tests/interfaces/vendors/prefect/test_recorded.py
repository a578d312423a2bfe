"""What the client was seen to send, byte by byte but for ids and credentials, and that it is answered as it reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
from interfaces.http.site import PATIENCE, Site
from interfaces.vendors.prefect.calling import coded
from interfaces.vendors.prefect.conftest import token_at

from backfilld.interfaces.vendors.prefect.ids import Kind, id_of

RECORDED = json.loads((Path(__file__).parent / "recorded_requests.json").read_text())["requests"]
OURS = {
    "27390d70-d030-4631-b10c-0c8cceafff63": str(id_of(Kind.FLOW, 9)),
    "64064186-fba1-44c2-80aa-283649523601": str(id_of(Kind.DEPLOYMENT, 90)),
}
THEIR_RUN = "2a7fc736-d35d-48d5-9f54-16958855d12b"
STATUS = {
    "api version check": 200,
    "create_flow_from_name (first change request is preceded by the CSRF probe)": 200,
    "create_deployment (raw request)": 200,
    "create_flow_run_from_deployment": 201,
    "read_flow_run": 200,
    "read_flow_runs": 200,
    "count_flow_runs": 200,
    "bulk_set_state through client.request": 200,
    "set_flow_run_state": 201,
    "read_flow_run_states": 200,
    "read_logs": 200,
    "read_deployment": 200,
    "delete_flow_run": 204,
}


def test_each_request_that_was_seen(site: Site) -> None:
    """A story as it was recorded: made, listed, cancelled, looked at and deleted."""
    ours, answers = dict(OURS), dict[str, Any]()
    authorization = {"authorization": f"Basic {coded('user:' + token_at(site, 'operate'))}"}
    with httpx.Client(base_url=site.http.base_url, timeout=PATIENCE, trust_env=False) as http:
        for each in RECORDED:
            told = f"{each['path']}?{each['query_raw']}" if each["query_raw"] else each["path"]
            headers = each["headers"] | authorization
            body = translated(each["body_raw"], ours).encode()
            answer = http.request(each["method"], translated(told, ours), headers=headers, content=body)
            expected = 422 if each["path"] == "/api/csrf-token" else STATUS[each["call"]]
            assert answer.status_code == expected, (each["call"], answer.text)
            answers[each["call"]] = answer.json() if answer.content else None
            if answer.status_code == 201 and "create_flow_run" in each["call"]:
                ours[THEIR_RUN] = answer.json()["id"]

    assert answers["api version check"] == "3.8.8"
    made = answers["create_flow_run_from_deployment"]
    assert (made["name"], made["tags"], made["parameters"]) == ("bf-2024-11-20", ["bf"], {"day": "2024-11-20"})
    assert made["id"] in [run["id"] for run in answers["read_flow_runs"]]
    assert answers["count_flow_runs"] == 1
    (result,) = answers["bulk_set_state through client.request"]["results"]
    assert (result["flow_run_id"], result["status"], result["details"]) == (
        made["id"],
        "ACCEPT",
        {"type": "accept_details"},
    )
    one = answers["set_flow_run_state"]
    assert (one["status"], one["state"]["message"]) == ("ACCEPT", "one")
    assert one["state"]["state_details"]["transition_id"] == "cceb3eee-0236-4816-8a39-7e8a64b91fc3"
    messages = [state["message"] for state in answers["read_flow_run_states"]]
    assert messages[-2:] == ["operator", "one"]


def translated(text: str, ours: dict[str, str]) -> str:
    for theirs, mine in ours.items():
        text = text.replace(theirs, mine)
    return text
