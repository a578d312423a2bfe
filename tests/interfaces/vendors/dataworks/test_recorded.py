"""Requests as the official client was seen to send them are understood, byte by byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from interfaces.http.site import open_site
from interfaces.vendors.dataworks.calling import DataWorksCaller
from interfaces.vendors.dataworks.conftest import WIRE, caller_at

RECORDED: list[dict[str, Any]] = json.loads((Path(__file__).parent / "recorded_requests.json").read_text())["requests"]
REFUSED = {
    "CreateWorkflowInstances full": (400, "InvalidParameter.DataSourceNameMappings"),  # there are no data sources
    "CreateWorkflowInstances minimal, nothing set": (400, "MissingParameter.Name"),
    "GetCreateWorkflowInstancesResult": (404, "InvalidOperation.NotFound"),
    "GetWorkflowInstance": (404, "InvalidWorkflowInstance.NotFound"),
    "RerunWorkflowInstances": (404, "InvalidTaskInstance.NotFound"),
    "GetRerunWorkflowInstancesResult": (404, "InvalidOperation.NotFound"),
    "ExecuteAdhocWorkflowInstance": (400, "MissingParameter.Tasks"),
    "GetTaskInstance": (404, "InvalidTaskInstance.NotFound"),
    "GetTaskInstanceLog": (404, "InvalidTaskInstance.NotFound"),
    "ListTaskInstanceOperationLogs": (404, "InvalidTaskInstance.NotFound"),
    "ListDownstreamTaskInstances": (404, "InvalidTaskInstance.NotFound"),
    "ListUpstreamTaskInstances": (404, "InvalidTaskInstance.NotFound"),
    "TriggerSchedulerTaskInstance (query and form)": (404, "InvalidTask.NotFound"),
    "RemoveTaskInstanceDependencies (query and form)": (404, "InvalidTaskInstance.NotFound"),
    "GetWorkflow": (404, "InvalidWorkflow.NotFound"),  # 1 is all scheduled workflows together
    "GetTaskInstance with STS token": (400, "InvalidSecurityToken.NotSupported"),
    "GetTaskInstance with bearer token": (400, "IncompleteSignature"),  # it is signed here as well
}
"""What is there no more, or is no request; everything else is answered."""


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataWorksCaller]:
    """A caller of a daemon that has accepted nothing: the ids of the recording mean nothing to it."""
    with open_site(tmp_path_factory.mktemp("recorded"), WIRE) as site:
        yield caller_at(site, "operate")


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: str(recorded["call"]))
def test_a_recorded_request(untouched: DataWorksCaller, recorded: dict[str, Any]) -> None:
    """Method, query and body as they were sent, signed anew, are answered as their meaning is here."""
    headers, body = recorded["headers"], recorded["body_raw"].encode()
    assert headers["x-acs-content-sha256"] == sha256(body).hexdigest()
    more = {name: headers[name] for name in ("x-acs-security-token", "x-acs-bearer-token") if name in headers}
    named = {name.replace("-", "_"): value for name, value in more.items()}
    sent = {"x_acs_credentials_provider": headers.get("x-acs-credentials-provider", "static_ak"), **named}
    answer = untouched.raw(headers["x-acs-action"], recorded["method"], recorded["query_raw"], body, **sent)
    status, code = REFUSED.get(recorded["call"], (200, None))
    assert (answer.status_code, answer.json().get("Code")) == (status, code), answer.text
