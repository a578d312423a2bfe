"""A story told by the official client, for the environment that it is installed in: prints what it was given."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import UUID, uuid4

URL, KEY, SLOW_URL, SLOW_KEY, GATES = sys.argv[1:6]
os.environ["PREFECT_API_URL"] = URL
os.environ["PREFECT_CLIENT_RETRY_JITTER_FACTOR"] = "0"

from prefect.client.orchestration import SyncPrefectClient  # noqa: E402
from prefect.client.schemas.filters import (  # noqa: E402
    DeploymentFilter,
    DeploymentFilterName,
    FlowFilter,
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterName,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
    LogFilter,
    LogFilterFlowRunId,
    TaskRunFilter,
    WorkPoolFilter,
)
from prefect.client.schemas.objects import StateType  # noqa: E402
from prefect.client.schemas.sorting import FlowRunSort  # noqa: E402
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError  # noqa: E402
from prefect.states import Cancelled, Completed, Paused, Running, Scheduled  # noqa: E402

TOLD: dict[str, Any] = {}


def main() -> None:
    """One life after the other, then what goes wrong."""
    with SyncPrefectClient(URL, api_key=KEY) as client:
        TOLD["version"] = str(client.api_version())
        TOLD["checked"] = client.raise_for_api_version_mismatch() is None
        deployment = client.read_deployment_by_name("shop/on_call")
        flow = client.create_flow_from_name("shop")
        TOLD["deployment"] = [str(deployment.id), str(deployment.flow_id), str(flow), deployment.name]
        whole_life(client, deployment.id)
        paused_and_cancelled(client, deployment.id)
        many(client, deployment.id)
        errors(client)
    with SyncPrefectClient(SLOW_URL, auth_string=f"user:{SLOW_KEY}") as client:
        TOLD["after 429"] = [client.read_deployment(deployment.id).name for _ in range(3)]
    print(json.dumps(TOLD))


def gate(name: str) -> str:
    """A file that a run waits for."""
    return str(Path(GATES) / f"story-{name}")


def until(client: SyncPrefectClient, run: UUID, *types: str) -> Any:
    """The run once it is there."""
    end = monotonic() + 30
    while (found := client.read_flow_run(run)).state_type.value not in types:
        if monotonic() > end:
            raise TimeoutError(f"{found.state} is none of {types}")
        sleep(0.05)
    return found


def whole_life(client: SyncPrefectClient, deployment: UUID) -> None:
    """Make, poll, list, count, log."""
    said = {"parameters": {"gate": gate("a"), "day": "2024-11-20"}, "name": "story-a", "tags": ["story", "k=v"]}
    made = client.create_flow_run_from_deployment(deployment, idempotency_key="story-a", **said)
    again = client.create_flow_run_from_deployment(deployment, idempotency_key="story-a", **said)
    running = until(client, made.id, "RUNNING")
    Path(gate("a")).touch()
    done = until(client, made.id, "COMPLETED")
    lines = client.request("POST", "/logs/filter", json={"logs": {"flow_run_id": {"any_": [str(made.id)]}}}).json()
    of_run = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[made.id]))
    TOLD["whole life"] = {
        "same": made.id == again.id,
        "name": done.name,
        "tags": done.tags,
        "parameters": done.parameters,
        "run time": done.total_run_time.total_seconds() > 0,
        "in order": made.expected_start_time <= running.start_time <= done.end_time,
        "created by": done.created_by.type,
        "states": [state.type.value for state in client.read_flow_run_states(made.id)],
        "lines": [line["message"] for line in lines],
        "log": [line.message for line in client.read_logs(of_run)],
    }


def paused_and_cancelled(client: SyncPrefectClient, deployment: UUID) -> None:
    """Pause, resume, wait for a time, cancel, rerun, delete."""
    later = Scheduled(scheduled_time=datetime.now(UTC) + timedelta(days=1))
    made = client.create_flow_run_from_deployment(
        deployment, parameters={"gate": gate("b")}, name="story-b", tags=["story"], state=later
    )
    answers = [client.set_flow_run_state(made.id, Running())]
    answers.append(client.set_flow_run_state(made.id, Scheduled(), force=True))
    until(client, made.id, "RUNNING")
    for state in (Paused(timeout_seconds=3600, pause_key="key"), Running(), Cancelled(message="enough")):
        answers.append(client.set_flow_run_state(made.id, state))
    cancelled = until(client, made.id, "CANCELLED")
    answers.append(client.set_flow_run_state(made.id, Paused()))
    answers.append(client.set_flow_run_state(made.id, Completed(name="Known", message="by hand")))
    known = client.read_flow_run(made.id)
    client.delete_flow_run(made.id)
    TOLD["paused"] = {
        "answers": [[each.status.value, each.state.type.value, type(each.details).__name__] for each in answers],
        "wait": answers[0].details.delay_seconds,
        "pause key": answers[2].state.state_details.pause_key,
        "message": cancelled.state.message,
        "known": [known.state_name, known.state.message],
        "gone": raised(lambda: client.read_flow_run(made.id)),
    }


def many(client: SyncPrefectClient, deployment: UUID) -> None:
    """Several at once: made, found in every form, told, and deleted."""
    body = [{"name": f"story-many-{n}", "tags": ["many"], "parameters": {"gate": gate("c")}} for n in range(3)]
    made = client.request("POST", f"/deployments/{deployment}/create_flow_run/bulk", json=body).json()["results"]
    ids = [each["flow_run_id"] for each in made]
    wanted = FlowRunFilter(tags=FlowRunFilterTags(all_=["many"]), name=FlowRunFilterName(like_="STORY-MANY"))
    listed = client.read_flow_runs(flow_run_filter=wanted, sort=FlowRunSort.NAME_DESC, limit=2, offset=1)
    final = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.CANCELLED])))
    told = client.request(
        "POST",
        "/flow_runs/bulk_set_state",
        json={"state": {"type": "CANCELLED", "message": "operator"}, "flow_runs": {"id": {"any_": ids}}},
    ).json()["results"]
    one = FlowRunFilter(id=FlowRunFilterId(any_=[UUID(ids[0])]))
    nothing = {
        "flow_filter": FlowFilter(),
        "flow_run_filter": FlowRunFilter(),
        "deployment_filter": DeploymentFilter(),
        "task_run_filter": TaskRunFilter(),
        "work_pool_filter": WorkPoolFilter(),
    }
    TOLD["many"] = {
        "all": len(client.read_flow_runs(**nothing)) == client.count_flow_runs(**nothing) > 0,
        "made": [each["status"] for each in made],
        "listed": [run.name for run in listed],
        "told": [[each["status"], each["state"]["type"]] for each in told],
        "in order of ids": [each["flow_run_id"] for each in told] == sorted(ids, reverse=True),
        "count": client.count_flow_runs(flow_run_filter=one),
        "of deployment": client.count_flow_runs(
            flow_run_filter=wanted, deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=["on_call"]))
        ),
        "cancelled": len(client.read_flow_runs(flow_run_filter=final)) >= 3,
        "deleted": len(
            client.request(
                "POST", "/flow_runs/bulk_delete", json={"flow_runs": {"tags": {"any_": ["many"]}}, "limit": 50}
            ).json()["deleted"]
        ),
        "left": client.count_flow_runs(flow_run_filter=wanted),
    }


def errors(client: SyncPrefectClient) -> None:
    """What goes wrong is raised as the client raises it."""
    with SyncPrefectClient(URL, api_key="wrong") as stranger:
        TOLD["wrong key"] = raised(lambda: stranger.create_flow_from_name("shop"))
    TOLD["errors"] = {
        "no run": raised(lambda: client.read_flow_run(uuid4())),
        "no run to act on": raised(lambda: client.set_flow_run_state(uuid4(), Cancelled())),
        "no deployment": raised(lambda: client.read_deployment(uuid4())),
        "no flow": raised(lambda: client.create_flow_from_name("nobody")),
        "limit": raised(lambda: client.request("POST", "/flow_runs/bulk_set_state", json={"limit": 51})),
    }


def raised(act: Any) -> list[Any]:
    """The error, and the status that it tells."""
    try:
        act()
    except ObjectNotFound as error:
        return ["ObjectNotFound", error.http_exc.response.status_code]
    except PrefectHTTPStatusError as error:
        return ["PrefectHTTPStatusError", error.response.status_code]
    return ["nothing", None]


main()
