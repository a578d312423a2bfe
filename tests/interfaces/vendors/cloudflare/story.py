"""What the official client for Python is given: run in an environment of its own."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudflare
from cloudflare import Cloudflare

base, slow, slow_token, account, token, reader, email, key, operation, gate = sys.argv[1:]
client = Cloudflare(api_token=token, base_url=base)
instances = client.workflows.instances
told: dict[str, Any] = {}


def until(holds: Callable[[Any], bool], workflow: str, name: str) -> Any:
    """The instance once that holds."""
    while not holds(found := instances.get(name, account_id=account, workflow_name=workflow)):
        time.sleep(0.02)
    return found


def edit(name: str, **asked: Any) -> str:
    """What a change of status is answered."""
    return str(instances.status.edit(name, account_id=account, workflow_name="gated", **asked).status)


def error(call: Callable[[], Any]) -> list[Any]:
    """How a refusal is raised."""
    try:
        call()
    except cloudflare.APIStatusError as found:
        return [type(found).__name__, found.status_code, isinstance(found.body["errors"][0]["code"], int)]
    return ["none"]


made = instances.create("gated", account_id=account, instance_id="py-1", params=json.dumps({"gate": gate}))
told["made"] = [made.id, made.status, made.trigger_source]
running = until(lambda it: it.status == "running" and it.step_count == 2, "gated", "py-1")
told["running"] = [running.params, [step.name for step in running.steps], running.success, running.end]
told["paused"] = edit("py-1", status="pause")
told["resumed"] = edit("py-1", status="resume")
told["terminated"] = edit("py-1", status="terminate", rollback=False)
ended = until(lambda it: it.end is not None, "gated", "py-1")
told["ended"] = [ended.status, ended.success, ended.steps[-1].success]
told["final"] = error(lambda: edit("py-1", status="pause"))
edit("py-1", status="restart", from_={"name": "gate", "count": 1, "type": "do"})
Path(gate).touch()
complete = until(lambda it: it.status == "complete", "gated", "py-1")
told["restarted"] = [[step.name, len(getattr(step, "attempts", []))] for step in complete.steps]
edit("py-1", status="restart")
complete = until(lambda it: it.status == "complete" and it.steps[0].attempts[1:], "gated", "py-1")
told["again"] = [[step.name, len(step.attempts)] for step in complete.steps]
newest = instances.get("py-1", account_id=account, workflow_name="gated", order="desc", simple="false").steps[0]
told["newest first"] = newest.name
simple = instances.get("py-1", account_id=account, workflow_name="gated", simple="true")
told["simple"] = [simple.step_count, simple.steps]

waits = {"account_id": account, "workflow_name": "gated", "instance_id": "py-2"}
instances.create("gated", account_id=account, instance_id="py-2", params=json.dumps({"gate": "/nowhere"}))
instances.events.create("approved", body={"by": "me"}, **waits)
told["event"] = instances.step(name="approved", type="waitForEvent", **waits).output
told["event's step"] = [step.type for step in instances.get(**waits).steps if step.name == "approved"]
instances.status.edit(status="terminate", **waits)

batch = instances.bulk(
    "nightly",
    account_id=account,
    body=[
        {"instance_id": "py-a", "params": json.dumps({"day": "2024-11-20"}), "location_hint": "default"},
        {"params": json.dumps({"day": "2024-11-21"}), "instance_retention": {"success_retention": "5 minutes"}},
        {"params": "none"},
    ],
)
told["batch"] = [[each.status for each in batch], batch.result[0].id]
for each in batch:
    until(lambda it: it.status == "complete", "nightly", each.id)
pages = instances.list("nightly", account_id=account, per_page=2)
newest_first = [each.id for each in pages]
told["pages"] = {each.id for each in batch} <= set(newest_first)
listed = instances.list("nightly", account_id=account, direction="asc", date_start="2020-01-01T00:00:00")
told["oldest first"] = [each.id for each in listed] == newest_first[::-1]
told["none"] = [each.id for each in instances.list("nightly", account_id=account, status="rollingBack")]
step = instances.step("py-a", account_id=account, workflow_name="nightly", name="load-1", type="step")
told["step"] = [step.status, step.output]
first = instances.step("py-a", account_id=account, workflow_name="nightly", name="load-1", type="step", attempt=1)
told["attempt"] = [first.status, first.error]
told["output"] = until(lambda it: True, "nightly", "py-a").output

flow = client.workflows.get("nightly", account_id=account)
told["workflow"] = [flow.name, flow.script_name, flow.instances["complete"], flow.triggered_on is not None]
told["workflows"] = [each.name for each in client.workflows.list(account_id=account, search="NIGHTLY", per_page=1)]
found = client.rules.lists.bulk_operations.get(operation.replace("-", ""), account_id=account)
told["operation"] = [found.id == operation.replace("-", ""), type(found).__name__, found.status]

with Cloudflare(api_email=email, api_key=key, base_url=base) as pair:
    told["pair"] = pair.workflows.get("nightly", account_id=account).name
with Cloudflare(api_token=reader, base_url=base, max_retries=0) as read:
    told["reader"] = error(lambda: read.workflows.instances.create("nightly", account_id=account))
with Cloudflare(api_token="cf-token-1", base_url=base, max_retries=0) as nobody:
    told["nobody"] = error(lambda: nobody.workflows.get("nightly", account_id=account))
one = instances.with_raw_response
told["errors"] = {
    "other account": error(lambda: client.workflows.get("nightly", account_id="f" * 32)),
    "no workflow": error(lambda: client.workflows.get("nowhere", account_id=account)),
    "no instance": error(lambda: instances.get("none", account_id=account, workflow_name="nightly")),
    "twice": error(lambda: instances.create("nightly", account_id=account, instance_id="py-a")),
    "too many": error(lambda: instances.bulk("nightly", account_id=account, body=[{}] * 101)),
    "no operation": error(lambda: client.rules.lists.bulk_operations.get("4da8", account_id=account)),
}
refused = one.get("py-a", account_id=account, workflow_name="nightly").retries_taken
told["retries"] = refused
patient = Cloudflare(api_token=slow_token, base_url=slow, max_retries=5).workflows.with_raw_response
told["waited"] = any(patient.get("nightly", account_id=account).retries_taken for _ in range(100))
print(json.dumps(told, default=str))
